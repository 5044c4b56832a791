"""What a value of a parameter may be: judged as TOML has it, read as a person types it. Pure."""

from __future__ import annotations

import math
from typing import Any, Literal

from fmtui.core.chat import Mode
from fmtui.core.record import NamedTuple
from fmtui.core.text import normalised

Shape = Literal["whole", "number", "text", "texts", "flag", "word", "thinking", "table"]

OURS = ("messages", "prompt", "stream", "model")
"""Fields of the body that are no parameters: fmtui sets them itself."""
BOTH: tuple[Mode, ...] = ("chat", "completion")
CHAT: tuple[Mode, ...] = ("chat",)
COMPLETION: tuple[Mode, ...] = ("completion",)
_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")
_LONGEST = 100_000
"""Characters of a text that is no system prompt; more was pasted by mistake."""


def _written(value: object) -> str:
    import json  # noqa: PLC0415 - the first frame does without it

    return json.dumps(value, ensure_ascii=False)


def _read(text: str) -> object:
    import json  # noqa: PLC0415 - likewise

    return json.loads(text)


class Parameter(NamedTuple):
    """One parameter."""

    name: str
    """As people, TOML files and, where it is one, the body of a request have it."""
    shape: Shape
    wanted: str
    """What its value must be, to follow “must be”."""
    help: str
    """One sentence."""
    modes: tuple[Mode, ...] = BOTH
    """Where it applies."""
    least: float = 0
    most: float = math.inf
    above: bool = False
    """Whether the value must be above `least`."""
    choices: tuple[str, ...] = ()
    left_out: str = "not sent"
    """What it comes to when no layer says anything, in words."""

    def taken(self, value: object) -> Any:
        """Return a value as it is used.

        Raises:
            ValueError: it is none; the text is `wanted`.
        """
        taken = _TAKERS[self.shape](self, value)
        if taken is None:
            raise ValueError(self.wanted)
        return taken

    def parsed(self, text: str) -> Any:
        """Return the value that a person typed.

        Raises:
            ValueError: with a sentence for the person, when it is none.
        """
        try:
            return self.taken(_PARSERS.get(self.shape, _as_typed)(text))
        except ValueError:
            raise ValueError(f"{self.name} must be {self.wanted}") from None

    def typed(self, value: object) -> str:
        """Return a value as a person may type it: what `parsed` reads back."""
        if self.shape == "texts" and isinstance(value, list | tuple):
            plain = len(value) == 1 and value[0] == _stop_typed(value[0])[0]
            return str(value[0]) if plain else _written(list(value))
        if self.shape == "text":
            text = str(value)
            plain = text == text.strip() and text.isprintable() and not text.startswith('"')
            return text if plain else _written(text)
        if isinstance(value, bool):
            return "true" if value else "false"
        if self.shape == "table":
            return _written(value)
        return f"{value:g}" if isinstance(value, float) else str(value)


# ---- judging ----------------------------------------------------------------
# Each returns None for what is no value.


def _whole(self: Parameter, value: object) -> int | None:
    return value if type(value) is int and self.least <= value <= self.most else None


def _number(self: Parameter, value: object) -> float | None:
    if type(value) is not int and type(value) is not float:
        return None
    low = value > self.least if self.above else value >= self.least
    return float(value) if low and value <= self.most else None


def _text(self: Parameter, value: object) -> str | None:
    # An empty system prompt is one: it stands in the way of another layer's.
    if not isinstance(value, str) or (self.name != "system" and not 0 < len(value) <= _LONGEST):
        return None
    return normalised(value)


def _texts(self: Parameter, value: object) -> list[str] | None:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not items or len(items) > self.most:
        return None
    return list(items) if all(isinstance(item, str) and item for item in items) else None


def _flag(_: Parameter, value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _word(self: Parameter, value: object) -> str | None:
    return str(value) if value in self.choices else None


def _thinking(self: Parameter, value: object) -> int | str | None:
    return _whole(self, value) if isinstance(value, int) else _word(self, value)


def _table(_: Parameter, value: object) -> dict[str, Any] | None:
    if not isinstance(value, dict) or set(value) & set(OURS) or not is_json(value):
        return None
    return dict(value)


_TAKERS = {
    "whole": _whole,
    "number": _number,
    "text": _text,
    "texts": _texts,
    "flag": _flag,
    "word": _word,
    "thinking": _thinking,
    "table": _table,
}


def is_json(value: object) -> bool:
    """Return whether JSON can express a value, and TOML too: no dates, no null, no infinite numbers."""
    if isinstance(value, dict):
        return all(isinstance(name, str) for name in value) and all(map(is_json, value.values()))
    if isinstance(value, list):
        return all(map(is_json, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | int)


# ---- typing -----------------------------------------------------------------


def _as_typed(text: str) -> object:
    return text.strip().lower()


def _whole_typed(text: str) -> object:
    cleaned = text.strip().replace("_", "").replace(",", "")
    # Python may refuse to read a number of many digits, which is none of ours either.
    return int(cleaned) if cleaned.isascii() and cleaned.lstrip("-").isdigit() and len(cleaned) < 20 else None


def _number_typed(text: str) -> object:
    return float(text.strip().replace(",", "."))


def _text_typed(text: str) -> object:
    return quoted(text) if text.strip().startswith('"') else text


def quoted(text: str) -> object:
    """Return what a text is in JSON; the text itself when it is none."""
    try:
        return _read(text)
    except (ValueError, RecursionError):
        return text


def _stop_typed(text: str) -> list[object]:
    """Return the texts of a list or text as JSON writes them, else the text itself, its escapes read."""
    found = quoted(text.strip()) if text.strip()[:1] in ("[", '"') else text
    if isinstance(found, list):
        return found
    return [found if found != text else text.replace("\\n", "\n").replace("\\t", "\t")]


def _flag_typed(text: str) -> object:
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _thinking_typed(text: str) -> object:
    number = _whole_typed(text)
    return text.strip().lower() if number is None else number


def _table_typed(text: str) -> object:
    """Return what is written as JSON has it, or as the configuration file."""
    try:
        return _read(text)
    except ValueError:
        import tomllib  # noqa: PLC0415 - most people type no table

        found = tomllib.loads(f"it = {text.strip()}")
        return found["it"] if len(found) == 1 else None


_PARSERS = {
    "whole": _whole_typed,
    "number": _number_typed,
    "text": _text_typed,
    "texts": _stop_typed,
    "flag": _flag_typed,
    "thinking": _thinking_typed,
    "table": _table_typed,
}
