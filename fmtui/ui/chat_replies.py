"""The replies that run: the part of the chat screen that owns their workers.

A worker belongs to its session, not to what the screen shows: another session can be
opened while a reply streams on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from textual.worker import Worker

from fmtui.core.chat import Event, Failure, Params, Progress, Request, Retrying, Turn
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import StorageError
from fmtui.ui.chat_sessions import OpenSession
from fmtui.ui.gently import Easily

if TYPE_CHECKING:  # the client brings httpx, which the first frame does without
    from fmtui.core.client import Client
    from fmtui.core.exchange import Exchange

log = logging.getLogger(__name__)


class Audience(Protocol):
    """Who hears of running replies: the chat screen."""

    def reply_event(self, opened: OpenSession, turn_id: str, event: Event) -> None:
        """Take one event of a reply; called in order."""
        ...

    def reply_ended(self, opened: OpenSession, turn: Turn) -> None:
        """Take the turn that a reply became, however it ended."""
        ...

    def storage_failed(self, error: StorageError) -> None:
        """Take what the disk refused."""
        ...


class Replies:
    """Starts, stops and describes the replies of all open sessions.

    Args:
        connect: gives the client.
        audience: hears of every event and end.
        run_worker: starts a worker in a group; the screen's own method.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Client]],
        audience: Audience,
        run_worker: Callable[[Awaitable[None], str], Worker[None]],
    ) -> None:
        self._connect = connect
        self._audience = audience
        self._run_worker = run_worker
        self._workers: dict[str, Worker[None]] = {}
        self._retry_at: dict[str, float] = {}
        self._none_runs = asyncio.Event()

    async def start(self, opened: OpenSession, endpoint: Endpoint, params: Params, prompt: Turn) -> None:
        """Ask for a reply to a prompt that the session holds."""
        from fmtui.core.exchange import Exchange  # noqa: PLC0415 - after the first frame

        request = Request(params, Easily(opened.session.said_to(prompt.id)))
        client = await self._connect()

        def post(event: Event) -> None:
            if isinstance(event, Retrying):
                self._retry_at[opened.id] = time.monotonic() + event.after_s
            self._audience.reply_event(opened, exchange.reply.id, event)

        exchange = Exchange(
            client,
            opened.session,
            endpoint,
            request,
            parent=prompt.id,
            post=post,
            on_storage_error=self._audience.storage_failed,
        )
        opened.exchange, opened.prompt = exchange, prompt
        began = asyncio.Event()
        worker = self._run_worker(self._run(opened, exchange, began), f"reply-{opened.id}")
        # A worker cancelled before its first step would never say that it ended.
        await began.wait()
        if opened.exchange is exchange:
            self._workers[opened.id] = worker

    async def _run(self, opened: OpenSession, exchange: Exchange, began: asyncio.Event) -> None:
        began.set()
        try:
            await exchange.run()
        except Exception:
            # The one boundary where anything unexpected becomes a visible failed turn.
            log.exception("a reply ended in an unexpected error")
            broken = Failure("bug", "fmtui itself failed on this reply.", None, "The log has the details.")
            turn = exchange.turn or exchange.reply.turn("error")
            exchange.turn = replace(turn, outcome="error", error=broken)
        finally:
            self._workers.pop(opened.id, None)
            self._retry_at.pop(opened.id, None)
            opened.exchange = None
            self._audience.reply_ended(opened, exchange.turn or exchange.reply.turn("stopped"))
            if not self._workers:
                self._none_runs.set()

    def stop(self, opened: OpenSession) -> bool:
        """Stop the session's reply, keeping what has come; return whether there was one."""
        worker = self._workers.get(opened.id)
        if worker is None:
            return False
        worker.cancel()
        return True

    async def stop_all(self, within_s: float) -> None:
        """Stop every reply and wait until what came of each is kept, at most so many seconds."""
        for worker in self._workers.values():
            worker.cancel()
        if self._workers:
            self._none_runs.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._none_runs.wait(), within_s)

    def standing(self, opened: OpenSession) -> tuple[Progress, Retrying | None] | None:
        """Return the figures of the session's running reply and what is left of a wait before a retry."""
        exchange = opened.exchange
        if exchange is None:
            return None
        retrying = exchange.reply.retrying
        if retrying is not None:
            left = self._retry_at.get(opened.id, 0.0) - time.monotonic()
            retrying = Retrying(left, retrying.reason, retrying.attempt) if left > 0 else None
        return exchange.reply.progress(), retrying
