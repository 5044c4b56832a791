"""Writes TOML values the way session files need them, which no general writer does.

Three promises must never break, because files are indexed as bytes and cut by crashes:
no line of a multi-line string starts with `[[`, no string ever holds three quotes in a
row, and everything but a multi-line string stays on its own line. Besides, `cat` on a
session file must be harmless: no control character is written as itself.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_IN_LINE = re.compile(f'[{_CONTROLS}\n"\\\\]')
# A lone quote inside a long text stays readable; runs of them and one before the end could close it.
_IN_LINES = re.compile(f'[{_CONTROLS}\\\\]|"{{2,}}|"\\Z')
_LOOKS_LIKE_HEADER = re.compile(r"^\[(?=\[)", re.MULTILINE)
_SHORT = {"\b": "\\b", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\"}


def _escaped(match: re.Match[str]) -> str:
    found = match.group()
    if found[0] == '"':
        return '\\"' * len(found)
    return _SHORT.get(found) or f"\\u{ord(found):04x}"


def line(text: str) -> str:
    """Return the text as a TOML string on one line."""
    return f'"{_IN_LINE.sub(_escaped, text)}"'


def lines(text: str) -> str:
    """Return the text as a multi-line TOML string that reads as it was typed.

    What is read back is the same text, carriage returns and control characters included.
    """
    body = _IN_LINES.sub(_escaped, text)
    if "[[" in body:
        body = _LOOKS_LIKE_HEADER.sub(r"\\u005b", body)
    return f'"""\n{body}"""'


def value(thing: object) -> str:
    """Return any TOML value on one line; tables are written inline.

    Raises:
        TypeError: TOML has no such value, `None` for instance.
    """
    match thing:
        case bool():
            return "true" if thing else "false"
        case str():
            return line(thing)
        case int():
            return str(thing)
        case float():
            return repr(thing) if math.isfinite(thing) else str(thing)
        case datetime():
            return moment(thing)
        case date() | time():
            return thing.isoformat()
        case Mapping():
            inside = ", ".join(f"{key(str(name))} = {value(item)}" for name, item in thing.items())
            return f"{{ {inside} }}" if inside else "{}"
        case list() | tuple():
            return f"[{', '.join(value(item) for item in thing)}]"
        case _:
            raise TypeError(f"TOML has no value for {type(thing).__name__}")


def table_or_json(table: Mapping[str, object]) -> str:
    """Return the table inline; as a string of JSON where TOML cannot say it, as with `null`."""
    try:
        return value(table)
    except TypeError:
        return line(json.dumps(table, ensure_ascii=False, default=str))


def key(name: str) -> str:
    """Return a key, quoted where it must be."""
    return name if _BARE_KEY.fullmatch(name) else line(name)


def moment(when: datetime) -> str:
    """Return a date with time; UTC ends in `Z` and a whole second has no fraction."""
    return when.isoformat().replace("+00:00", "Z")
