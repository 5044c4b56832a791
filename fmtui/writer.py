"""Writes while a reply comes, without ever making the reply wait.

A pipe or a terminal may stop reading for as long as it likes (a pager, Ctrl+S). The
writing is therefore done in a thread of its own: received text is kept on disk and
Ctrl+C works all the same.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable

from fmtui.output import Outlet

_DRAIN_S = 1.0
"""How long a stopped command waits for a reader that takes nothing."""


class Direct:
    """Writes at once, while no reply comes that it could hold up."""

    def put(self, outlet: Outlet, text: str) -> None:
        """Write the text.

        Raises:
            OSError: the reader is gone, or the disk is full.
        """
        outlet.write(text)


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
