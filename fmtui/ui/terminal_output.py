"""The thread that writes to the terminal.

Textual's own keeps thirty texts in a queue and then holds up whoever writes, which is the
event loop: with a terminal that is stopped no key is read any more and no reply can be
stopped. Here nobody is held up. What the terminal takes at once is written at once, as
waking a thread for it takes longer than writing. The rest waits in memory for the thread,
and `Pace` sees to it that no frame joins it while another is on its way.
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
        self.fit: Callable[[str], str] | None = None
        """Changes texts to what the terminal can show; None where that is everything."""
        self._encoding = file.encoding or "utf-8", file.errors or "replace"
        self._waiting: list[bytes] = []
        self._changing = threading.Lock()
        self._news = threading.Event()
        """Set when there is something for the thread to write, or nothing will be any more."""
        self._ready = -1
        """The file to write to that does not wait, while the thread has nothing to write; else -1."""
        self._spent_s = 0.0
        self._stopping = False
        self._gone = False
        self._hurry, self._hurried = os.pipe()
        """The first is readable when there is no more time."""

    def write(self, text: str) -> None:
        """Have a text written; never waits."""
        if self.fit is not None:
            text = self.fit(text)
        data = text.encode(*self._encoding)
        with self._changing:
            if self._gone or self._stopping:  # another program has the terminal now
                return
            self._pace.queued()
            data = self._put_at_once(data)
            if data:
                self._ready = -1
                self._waiting.append(data)
                self._news.set()
            else:
                self._pace.taken(0.0)

    def _put_at_once(self, data: bytes) -> bytes:
        """Write what the terminal takes without waiting, if it is its turn; return the rest."""
        if self._ready < 0:
            return data
        try:
            return data[os.write(self._ready, data) :]
        except OSError:  # it takes nothing now, or is gone: the thread finds out
            return data

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def isatty(self) -> bool:
        """Return True, as Textual's does."""
        return True

    def fileno(self) -> int:
        """Return the number of the terminal's file."""
        return self._file.fileno()

    def run(self) -> None:
        """Write what there is until it is stopped."""
        number = _own(self._file.fileno())
        while data := self._next(number):
            start = time.monotonic()
            try:
                self._put(number, data)
            except OSError:  # it is gone; what could still come has nowhere to go
                with self._changing:
                    self._gone = True
                    self._waiting.clear()
                self._lost()
            self._spent_s += time.monotonic() - start
        if number != self._file.fileno():
            os.close(number)

    def _next(self, number: int) -> bytes:
        """Return what is to be written next, waiting for it; nothing when it is time to end."""
        with self._changing:
            if not self._waiting:
                self._pace.taken(self._spent_s)
                self._spent_s = 0.0
                if not self._stopping:
                    self._news.clear()
                    self._ready = number if number != self._file.fileno() else -1
        self._news.wait()
        with self._changing:
            # One at a time: what comes last gives the terminal back and must not be lost with a frame.
            return self._waiting.pop(0) if self._waiting else b""

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
            end = b"".join(self._waiting)
            self._waiting.clear()
        # There is room again when the kernel drops what it holds, for when the terminal goes on.
        with suppress(OSError, termios.error):
            termios.tcflush(number, termios.TCOFLUSH)
            termios.tcflow(number, termios.TCOON)
        with suppress(BlockingIOError):
            os.write(number, _WHOLE_AGAIN + end)

    def stop(self) -> None:
        """Have everything written and end; a terminal that takes nothing holds this up for a moment only."""
        with self._changing:
            self._stopping = True
            self._ready = -1
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
