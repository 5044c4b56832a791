"""Reading an answer in few goes instead of one for each token, and the limit on its silence.

A paced stream wakes the program for each token, and waking costs more than the work that is
then done. Whoever draws at most so many times a second loses nothing when what came since
the last read stays with the operating system until the next one. Nothing is read ahead, so
a server that is too quick is held back as ever.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any

import httpx

_QUICK = 16_384
"""Bytes of one read after which the next follows at once: so much comes that each read is worth it."""


class Gathering:
    """Has the network of one response read at most once in a while.

    It stands in for the `read` of the response's network stream, which httpx gives out as the
    extension `network_stream`, until it is closed. What comes after a pause is read at once:
    only a read soon after another one waits. Where there is no such stream it does nothing.

    Args:
        response: whose body is about to be read.
        gather_s: seconds from one read to the next; 0 to read whatever comes at once.
    """

    def __init__(self, response: httpx.Response, gather_s: float) -> None:
        self.on = False
        """Whether reads wait; not before the first of what the user sees has come."""
        self._gather_s = gather_s
        self._stream: Any = response.extensions.get("network_stream") if gather_s else None
        self._again_at = 0.0
        self._first = True
        """Whether no read has waited for the server since reading was last put off."""

        if self._stream is not None:
            self._read = self._stream.read
            # One TLS record is read at a time, so that one read does not tell what else is there.
            tls = self._stream.get_extra_info("ssl_object") is not None
            self._stream.read = self._read_records if tls else self._read_bytes

    def close(self) -> None:
        """Give the stream its own `read` back: the connection may serve another request."""
        if self._stream is not None:
            del self._stream.read
            self._stream = None

    async def _read_bytes(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        await self._its_time()
        data: bytes = await self._read(max_bytes, timeout)
        if self.on and len(data) < _QUICK:
            self._again_at = asyncio.get_running_loop().time() + self._gather_s
        return data

    async def _read_records(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """Read on until a read has to wait for the server a second time, then put off the next one."""
        await self._its_time()
        loop = asyncio.get_running_loop()
        rounds: list[bool] = []
        # Called before anything that the read may wait for can come.
        waits = loop.call_soon(rounds.append, True)
        try:
            data: bytes = await self._read(max_bytes, timeout)
        finally:
            waits.cancel()
        if self.on and rounds:
            if not self._first:
                self._again_at = loop.time() + self._gather_s
            self._first = not self._first
        return data

    async def _its_time(self) -> None:
        if self._again_at:
            wait = self._again_at - asyncio.get_running_loop().time()
            self._again_at = 0.0
            if wait > 0 and self.on:
                await asyncio.sleep(wait)


class Silence:
    """Ends a wait that lasts too long with a `TimeoutError`: one timer for any number of waits.

    Enter it around each wait. The timer is not set anew for each; when it goes off it looks
    how long the wait of that moment has lasted.

    Args:
        limit: seconds that a wait may last; changes count from the next wait on.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._until = 0.0
        self._waiting: asyncio.Task[Any] | None = None
        self._cancelling = 0
        self._over = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can be kept from waiting too long")
        self._cancelling = task.cancelling()
        self._waiting = task
        self._until = until = self._loop.time() + self.limit
        if self._timer is None or self._timer.when() > until:
            self._set(until)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._waiting = self._waiting, None
        if self._over and task is not None:
            self._over = False
            # As in `asyncio.timeout`: whoever else cancels the task meanwhile has the last word.
            if task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
                raise TimeoutError from error

    def close(self) -> None:
        """Forget the timer; nothing is waited for any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, when: float) -> None:
        self.close()
        self._timer = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._waiting is None or self._over:
            return
        if self._loop.time() < self._until:
            self._set(self._until)
            return
        self._over = True
        self._waiting.cancel()
