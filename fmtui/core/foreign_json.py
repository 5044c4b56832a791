"""Reading JSON that a server wrote, and never so much of it that nothing else gets a turn.

Text is read at once however long it is; millions of lists or numbers are not, and they take
twenty times their size in memory. Nor would a thread help: the reader lets no other run.
"""

from __future__ import annotations

import json
import math

MAX_VALUES = 100_000
"""Values that a piece of JSON may hold: they are read in less than a tenth of a second."""


def read_json(text: str, most: int = MAX_VALUES) -> object:
    """Return what the text stands for.

    Raises:
        ValueError: it is no JSON, or holds more than `most` values.
        RecursionError: its values lie too deep in each other.
    """
    # Two characters are the least that a value takes.
    if len(text) > 2 * most and _values(text, most) > most:
        raise ValueError("too many values")
    return json.loads(text)


def number_in(value: object) -> float | None:
    """Return the finite number that a value is, or that it is as a text; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _values(text: str, most: int) -> int:
    """Return about how many values there are; what stands in strings does not count."""
    plain = text.replace("\\\\", "").replace('\\"', "")
    if plain.count('"') > 2 * most:
        return most + 1
    outside = "".join(plain.split('"')[::2])
    return outside.count(",") + outside.count("[") + outside.count("{")
