"""The modes of a terminal: whether it shows what is typed, and gives it line by line."""

from __future__ import annotations

import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def modes_kept(number: int) -> Iterator[None]:
    """Leave the modes of a terminal as they were, whatever is done to them meanwhile.

    Args:
        number: its file; nothing is done where that is no terminal.
    """
    try:
        before = termios.tcgetattr(number)
    except termios.error:
        yield
        return
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(number, termios.TCSANOW, before)
