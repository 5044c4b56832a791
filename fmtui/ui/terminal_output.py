"""The thread that writes to the terminal.

Textual's own keeps thirty texts in a queue and then holds up whoever writes, which is the
event loop: with a terminal that is stopped no key is read any more and no reply can be
stopped. Here nobody is held up. What is written waits in memory, and `Pace` sees to it
that no frame joins it while another is on its way.
"""

from __future__ import annotations

import os
import select
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from fmtui.ui.pace import Pace

LEAVE_S = 0.4
"""Seconds that leaving waits for the terminal to take what is left."""
_WHOLE_AGAIN = b"\x18\x1b[?2026l"
"""Ends a sequence that was cut, and an update that was not finished."""


class TerminalOutput(threading.Thread):
    """Writes texts to a terminal, in the place of Textual's writer thread.

    Args:
        file: the terminal.
        pace: is told what waits and what was taken.
        lost: called from this thread when the terminal is gone.
    """

    def __init__(self, file: TextIO, pace: Pace, lost: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="textual-output")
        self._file = file
        self._pace = pace
        self._lost = lost
        self._texts: list[str] = []
        self._changing = threading.Lock()
        self._news = threading.Event()
        """Set when there is something to write, or nothing will be any more."""
        self._stopping = False
        self._gone = False
        self._hurry, self._hurried = os.pipe()
        """The first is readable when there is no more time."""

    def write(self, text: str) -> None:
        """Have a text written; never waits."""
        with self._changing:
            if self._gone:
                return
            self._pace.queued()
            self._texts.append(text)
            self._news.set()

    def flush(self) -> None:
        """Do nothing: the thread writes at once."""

    def isatty(self) -> bool:
        """Return True, as Textual's does."""
        return True

    def fileno(self) -> int:
        """Return the number of the terminal's file."""
        return self._file.fileno()

    def run(self) -> None:
        """Write what there is until it is stopped."""
        number = _own(self._file.fileno())
        encoding, errors = self._file.encoding or "utf-8", self._file.errors or "replace"
        spent_s = 0.0
        while (text := self._next(spent_s)) is not None:
            start = time.monotonic()
            try:
                self._put(number, text.encode(encoding, errors))
            except OSError:  # it is gone; what could still come has nowhere to go
                with self._changing:
                    self._gone = True
                    self._texts.clear()
                self._lost()
            spent_s = time.monotonic() - start
        if number != self._file.fileno():
            os.close(number)

    def _next(self, spent_s: float) -> str | None:
        """Return what is to be written next, waiting for it; None when it is time to end."""
        with self._changing:
            if not self._texts:
                self._pace.taken(spent_s)
                if not self._stopping:
                    self._news.clear()
        self._news.wait()
        with self._changing:
            text = "".join(self._texts)
            self._texts.clear()
            return text or None

    def _put(self, number: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(number, rest) :]
            except BlockingIOError:
                hurry, _, _ = select.select([self._hurry], [number], [])
                if hurry:
                    self._drop(number)
                    return

    def _drop(self, number: int) -> None:
        """Leave out what the terminal did not take, and give it back as well as can be."""
        with self._changing:
            end = "".join(self._texts)
            self._texts.clear()
        # There is room again when the kernel drops what it holds, for when the terminal goes on.
        with suppress(OSError, termios.error):
            termios.tcflush(number, termios.TCOFLUSH)
            termios.tcflow(number, termios.TCOON)
        with suppress(BlockingIOError):
            os.write(number, _WHOLE_AGAIN + end.encode())

    def stop(self) -> None:
        """Have everything written and end; a terminal that takes nothing holds this up for a moment only."""
        with self._changing:
            self._stopping = True
            self._news.set()
        self.join(LEAVE_S)
        if self.is_alive():
            os.write(self._hurried, b"x")
            self.join(LEAVE_S)
        if not self.is_alive() and self._hurry >= 0:
            os.close(self._hurry)
            os.close(self._hurried)
            self._hurry = self._hurried = -1


def _own(number: int) -> int:
    """Return a file of the same terminal that does not wait when it is written to.

    The one there is belongs to the shell as well, which must not come to know that.
    """
    try:
        return os.open(os.ttyname(number), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:  # a terminal without a name here: writing waits, in this thread
        return number
