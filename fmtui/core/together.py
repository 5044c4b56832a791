"""Work that is done once for all who want it at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class Together(Generic[_T]):
    """Lets several wait for one piece of work, where a lock would let each do it again.

    Who stops waiting stops nobody else's; when the last one has stopped, so has the work.
    """

    def __init__(self) -> None:
        self._running: asyncio.Task[_T] | None = None
        self._waiting = 0

    async def run(self, start: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Return what the work gives that is going on, or else is started now."""
        if self._running is None or self._running.done():
            self._running, self._waiting = asyncio.create_task(start()), 0
        task = self._running
        self._waiting += 1
        try:
            await asyncio.wait([task])
        finally:
            if task is self._running:
                self._waiting -= 1
                if not self._waiting:
                    self._running = None
                    await _ended(task)
        return task.result()


async def _ended(task: asyncio.Task[Any]) -> None:
    """End a task that nobody waits for, and return when nothing of it is left."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # looked at, so that asyncio does not complain of a failure that nobody saw
