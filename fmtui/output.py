"""Writes to standard output and error without ever making the reply wait.

A pipe or a terminal may stop reading for as long as it likes (a pager, Ctrl+S). The
writing is therefore done in a thread of its own: received text is kept on disk and
Ctrl+C works all the same. Bytes go straight to the descriptor, one delta at a time, so
nothing is held back in a buffer and nothing is left in one at exit.
"""

from __future__ import annotations

import asyncio
import io
import os
import queue
import select
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from fmtui.core.errors import FmtuiError
from fmtui.core.text import printable

_DRAIN_S = 1.0
"""How long a stopped command waits for a reader that takes nothing."""


class Outlet:
    """One of the standard streams.

    Args:
        stream: the stream; None when the process was started without it.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._descriptor: int | None = None
        self.is_terminal = False
        if stream is not None:
            self.is_terminal = stream.isatty()
            try:
                self._descriptor = stream.fileno()
            except (OSError, io.UnsupportedOperation):
                self._descriptor = None
        self._encoding = (stream.encoding if stream is not None else None) or "utf-8"

    def write(self, text: str) -> None:
        """Write the text at once, as far as the reader takes it.

        Raises:
            OSError: the reader is gone, or the disk is full.
        """
        if self._stream is None or not text:
            return
        if self._descriptor is None:
            self._stream.write(text)
            self._stream.flush()
            return
        self._stream.flush()
        data = memoryview(text.encode(self._encoding, "replace"))
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:  # someone made the shared pipe non-blocking
                select.select([], [self._descriptor], [])


@dataclass(frozen=True, slots=True)
class Streams:
    """Standard input, output and error."""

    input: TextIO | None
    out: Outlet
    err: Outlet


class Writer:
    """Writes to outlets in a thread, in the order given.

    Args:
        on_failure: called once for an outlet that cannot be written to any more, in the
            event loop that made the writer.
    """

    def __init__(self, on_failure: Callable[[Outlet, OSError], None]) -> None:
        self._on_failure = on_failure
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[tuple[Outlet, str] | None] = queue.SimpleQueue()
        self._drained = asyncio.Event()
        # A daemon: a reader that never reads must not keep the process alive.
        threading.Thread(target=self._work, name="output", daemon=True).start()

    def put(self, outlet: Outlet, text: str) -> None:
        """Write the text as soon as what stands before it is written."""
        if text:
            self._queue.put((outlet, text))

    async def finish(self, *, patient: bool) -> None:
        """Return when all is written; unless `patient`, give a reader that takes nothing up."""
        self._queue.put(None)
        try:
            async with asyncio.timeout(None if patient else _DRAIN_S):
                await self._drained.wait()
        except TimeoutError:
            return

    def _work(self) -> None:
        broken: set[int] = set()
        while (item := self._queue.get()) is not None:
            outlet, text = item
            if id(outlet) in broken:
                continue
            try:
                outlet.write(text)
            except OSError as error:
                broken.add(id(outlet))
                self._tell(self._on_failure, outlet, error)
        self._tell(self._drained.set)

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:  # the loop has been closed meanwhile: nobody waits any more
            return


def complaint(error: FmtuiError) -> str:
    """Return an error as it is written to standard error: a sentence, and a line with the hint."""
    return note(error.message, error.hint)


def note(message: str, hint: str = "") -> str:
    """Return a line for standard error, and below it the hint."""
    lines = f"fmtui: {printable(message.strip())}\n"
    if hint:
        lines += f"       {printable(hint.strip())}\n"
    return lines
