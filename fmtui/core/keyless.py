"""Errors and records as they may be written down: without what may be a key.

The words of the transport are left out, since its errors quote headers; elsewhere what
looks like a key is masked. Tracebacks come without local variables.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import TypeAlias

from fmtui.core.text import MASK

_ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)
_TRANSPORT = frozenset({"httpx", "httpcore", "h11", "anyio"})
_KEYS = r"(?i:\b(bearer|basic)\s+[^\s'\"]+)|\b(?:dapi|dose|sk-|eyJ)[\w.-]{12,}|(?<=://)[^\s/@]+:[^\s/@]+(?=@)"


def told(error: BaseException) -> str:
    """Return an error as it may be written down: its type, and its words where they cannot hold a key."""
    name = type(error).__qualname__
    if type(error).__module__.partition(".")[0] in _TRANSPORT or not str(error):
        return name
    return f"{name}: {unkeyed(str(error))}"


def unkeyed(text: str) -> str:
    """Return the text with everything masked that looks like a key."""
    return re.sub(_KEYS, MASK, text)


class KeylessFormatter(logging.Formatter):
    """Writes records without keys."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as text."""
        return unkeyed(super().format(record))

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name of the base class
        """Return an error and what led to it."""
        return "".join(_lines(ei[1], set())) if ei[1] is not None else ""


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    """Yield what led to an error, and then the error, as Python prints them."""
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _lines(cause, seen)
        how = "directly caused" if error.__cause__ is not None else "was being handled during"
        yield f"\nThe error above {how} this one:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{told(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            if id(each) not in seen:
                yield from _lines(each, seen)
