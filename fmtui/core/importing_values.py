"""What all kinds of imported files have in common: values are what they seem, or not there at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fmtui.core.errors import FmtuiError, UsageError
from fmtui.core.record import NamedTuple
from fmtui.core.session_file import EPOCH
from fmtui.core.text import normalised, one_line

_KINDS = (
    "an export of fmtui (TOML, JSON, Markdown, HTML), of ChatGPT (conversations.json or the .zip), or of llm"
)


class Broken(NamedTuple):
    """A session of a file that cannot be taken over."""

    name: str
    problem: FmtuiError


def refused(name: str, why: str, hint: str = "") -> UsageError:
    """Return the error for a file that cannot be taken over; `why` goes on after "cannot be imported"."""
    return UsageError(f"{one_line(name)} cannot be imported: {why}.", hint or f"It should be {_KINDS}.")


def text_of(value: object) -> str:
    """Return a text as it is stored; empty for anything else."""
    return normalised(value) if isinstance(value, str) else ""


def moment_of(value: object) -> datetime:
    """Return a date in UTC from what may be ISO text or seconds since 1970; `EPOCH` for anything else."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**40:
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return EPOCH
    return EPOCH


def count_of(value: object) -> int | None:
    """Return a number of tokens, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 2**53:
        return None
    return value


def parsed(text: str) -> Mapping[str, Any]:
    """Return a JSON object that may be anything; an empty one when it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
