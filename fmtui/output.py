"""Standard output and standard error, and how fmtui speaks on them.

Bytes go straight to the descriptor, so nothing is held back in a buffer and nothing is
left in one at exit. Little is imported: complaints must come out whatever state the rest
is in.
"""

from __future__ import annotations

import io
import os
import select
from typing import TextIO

from fmtui.core.errors import FmtuiError
from fmtui.core.record import NamedTuple
from fmtui.core.text import printable


class UnwrittenError(OSError):
    """Standard output cannot be written, though its reader has not left."""

    def __str__(self) -> str:
        return f"Standard output cannot be written: {self.strerror}."


class Outlet:
    """One of the standard streams.

    Args:
        stream: the stream; None when the process was started without it.
        vital: whether it is an error that it cannot be written; else what is written is lost.
    """

    def __init__(self, stream: TextIO | None, *, vital: bool = True) -> None:
        self._stream = stream
        self._vital = vital
        self._descriptor: int | None = None
        self.is_terminal = False
        if stream is not None:
            self.is_terminal = stream.isatty()
            try:
                self._descriptor = stream.fileno()
            except (OSError, io.UnsupportedOperation):
                self._descriptor = None
        self.encoding = (stream.encoding if stream is not None else None) or "utf-8"

    def write(self, text: str) -> None:
        """Write the text at once, as far as the reader takes it.

        Raises:
            BrokenPipeError: the reader is gone.
            UnwrittenError: the disk is full, or the terminal is gone.
        """
        if self._stream is None or not text:
            return
        try:
            self._write(self._stream, text)
        except BrokenPipeError:
            if self._vital:
                raise
        except OSError as error:
            if self._vital:
                raise UnwrittenError(error.errno, error.strerror) from error

    def _write(self, stream: TextIO, text: str) -> None:
        if self._descriptor is None:
            stream.write(text)
            stream.flush()
            return
        stream.flush()
        data = memoryview(text.encode(self.encoding, "replace"))
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:  # someone made the shared pipe non-blocking
                select.select([], [self._descriptor], [])


class Streams(NamedTuple):
    """Standard input, output and error."""

    input: TextIO | None
    out: Outlet
    err: Outlet


def complaint(error: FmtuiError) -> str:
    """Return an error as it is written to standard error: a sentence, and a line with the hint."""
    return note(error.message, error.hint)


def note(message: str, hint: str = "") -> str:
    """Return a line for standard error, and below it the hint."""
    lines = f"fmtui: {printable(message.strip())}\n"
    if hint:
        lines += f"       {printable(hint.strip())}\n"
    return lines
