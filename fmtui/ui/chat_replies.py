"""The replies that run: the part of the chat screen that owns their workers.

A worker belongs to its session, not to what the screen shows: another session can be
opened while a reply streams on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from textual.worker import Worker

from fmtui.core.chat import Event, Failure, Outcome, Params, Progress, Request, Retrying, Said, Turn
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import FmtuiError, StorageError
from fmtui.core.record import record
from fmtui.ui.chat_sessions import OpenSession
from fmtui.ui.gently import Easily

if TYPE_CHECKING:  # the client brings httpx, which the first frame does without
    from fmtui.core.client import Client
    from fmtui.core.exchange import Bills, Exchange, Streams
    from fmtui.core.sessions import Session
    from fmtui.core.written import Written

log = logging.getLogger(__name__)


@record
class Question:
    """One request: whom to ask, with what, and the last turn of what is said."""

    endpoint: Endpoint
    params: Params
    prompt: Turn
    continues: Turn | None = None
    """The answer to the prompt that is gone on with; None for an answer from its beginning."""


Lead = Callable[[], Awaitable[Question | None]]


class _Running:
    """One worker. One that is cancelled before its first step would never say that it ended."""

    def __init__(self, opened: OpenSession) -> None:
        self.worker: Worker[None] | None = None
        self._opened = opened
        self.begun = False
        self.stopped = False

    def stop(self, outcome: Outcome = "stopped") -> None:
        """End it now, or at its first step; what came of it is kept as this."""
        self.stopped = True
        if self._opened.exchange is not None:
            self._opened.exchange.cancelled_as = outcome
        if self.begun and self.worker is not None:
            self.worker.cancel()


class Audience(Protocol):
    """Who hears of running replies: the chat screen."""

    def reply_began(self, opened: OpenSession, turn: Turn) -> None:
        """Take the turn that a reply begins as, when its request is about to leave."""
        ...

    def reply_event(self, opened: OpenSession, turn_id: str, event: Event) -> None:
        """Take one event of a reply; called in order."""
        ...

    def reply_ended(self, opened: OpenSession, turn: Turn | None) -> None:
        """Take the turn that a reply became, however it ended; None when nothing was asked."""
        ...

    def storage_failed(self, error: StorageError) -> None:
        """Take what the disk refused."""
        ...

    async def ask_again(self, opened: OpenSession, question: Question, turn: Turn) -> Question | None:
        """Return what to ask after a reply has ended that is to be asked for anew; mostly None."""
        ...

    async def sees(self, question: Question) -> bool:
        """Return whether pictures are sent to who is asked; what is not known is tried."""
        ...

    async def bill(self, opened: OpenSession, question: Question) -> Bills | None:
        """Return what knows the cost of a reply, and notes it."""
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
        self._running: dict[str, _Running] = {}
        self._retry_at: dict[str, float] = {}
        self._none_runs = asyncio.Event()
        self._refused: set[tuple[str, str]] = set()
        """Endpoints and models that do not go on with an answer that is the last message."""

    def start(self, opened: OpenSession, lead: Lead) -> None:
        """Send a prompt and take in its reply: work of its session, which `stop` ends at any point.

        Args:
            opened: the session, in which nothing runs.
            lead: what comes before the request; returns what to ask, None when it is not to be asked.
        """
        running = self._running[opened.id] = _Running(opened)
        opened.running = True
        running.worker = self._run_worker(self._run(opened, lead, running), f"reply-{opened.id}")

    async def _run(self, opened: OpenSession, lead: Lead, running: _Running) -> None:
        turn: Turn | None = None
        try:
            running.begun = True
            question = None if running.stopped else await lead()
            while question is not None:
                said = opened.session.said_to(
                    question.prompt.id, reasoning=question.params.send_reasoning is True
                )
                exchange = await self._begun(opened, question, opened.session, Easily(said))
                question = await self._audience.ask_again(opened, question, await exchange.run())
        except FmtuiError as error:
            turn = self._failed(opened, Failure.of(error))
        except Exception:
            # The one boundary where anything unexpected becomes a visible failed turn.
            log.exception("a reply ended in an unexpected error")
            bug = Failure("bug", "fmtui itself failed on this reply.", None, "The log has the details.")
            turn = self._failed(opened, bug)
        finally:
            last, opened.exchange, opened.running = opened.exchange, None, False
            del self._running[opened.id]
            self._retry_at.pop(opened.id, None)
            if last is not None:
                turn = turn or last.turn or last.reply.turn("stopped")
            self._audience.reply_ended(opened, turn)
            if not self._running:
                self._none_runs.set()

    async def aside(self, opened: OpenSession, question: Question, said: Sequence[Said]) -> Turn:
        """Ask something before the question itself: shown as a reply and billed, but no turn is kept of it.

        Args:
            opened: the session, in which a lead runs.
            question: whom to ask, with what, and the prompt below which it is shown.
            said: what to send.
        """
        try:
            exchange = await self._begun(opened, question, None, said)
            return await exchange.run()
        finally:
            opened.exchange = None

    async def _begun(
        self, opened: OpenSession, question: Question, keeps: Session | None, said: Iterable[Said]
    ) -> Exchange:
        """Return the exchange of a request that is about to leave, and show it."""
        from fmtui.core.exchange import Exchange  # noqa: PLC0415 - after the first frame
        from fmtui.core.portions import PAUSE_S  # noqa: PLC0415 - same

        streams: Streams = await self._connect()
        if question.continues is not None:
            from fmtui.core.continuing import Continuing  # noqa: PLC0415 - most replies are whole

            streams = Continuing(streams, question.continues, self._refused)

        def post(event: Event) -> None:
            if isinstance(event, Retrying):
                self._retry_at[opened.id] = time.monotonic() + event.after_s
            self._audience.reply_event(opened, exchange.reply.id, event)

        exchange = Exchange(
            streams,
            keeps,
            question.endpoint,
            await self._request(opened, question, said),
            parent=question.prompt.id,
            post=post,
            on_storage_error=self._audience.storage_failed,
            bill=await self._audience.bill(opened, question),
            pause_s=PAUSE_S,
            begun=question.continues,
        )
        opened.exchange = exchange
        self._audience.reply_began(opened, exchange.reply.turn("interrupted"))
        return exchange

    async def _request(self, opened: OpenSession, question: Question, said: Iterable[Turn | Said]) -> Request:
        from fmtui.core.attachments import Pictures  # noqa: PLC0415 - after the first frame
        from fmtui.core.attachments_disk import PictureFolder  # noqa: PLC0415 - same

        kept = PictureFolder(opened.session.path.parent)
        return Request(question.params, said, Pictures(kept.fetch, sees=await self._audience.sees(question)))

    async def written(self, opened: OpenSession, question: Question) -> Written:
        """Return the request of a question as it would leave now, without keys; nothing is sent.

        Args:
            opened: the session.
            question: whom to ask; its prompt follows the turn that it names, and need not be kept.

        Raises:
            FmtuiError: it could not be sent.
        """
        prompt, said = question.prompt, list[Turn | Said]()
        if prompt.parent:
            reasoning = question.params.send_reasoning is True
            said += await asyncio.to_thread(list, opened.session.said_to(prompt.parent, reasoning=reasoning))
        client = await self._connect()
        return await client.written(question.endpoint, await self._request(opened, question, [*said, prompt]))

    def _failed(self, opened: OpenSession, failure: Failure) -> Turn:
        """Return what came as a failed turn; one that the conversation has, if nothing was asked yet."""
        from fmtui.core.reply import Reply  # noqa: PLC0415 - after the first frame

        exchange = opened.exchange
        if exchange is not None:
            return replace(exchange.turn or exchange.reply.turn("error"), outcome="error", error=failure)
        turn = replace(Reply(Params(""), "").turn("error"), error=failure)
        self._audience.reply_began(opened, turn)
        return turn

    def stop(self, opened: OpenSession) -> bool:
        """Stop what the session sends or receives, keeping what came; return whether there was anything."""
        running = self._running.get(opened.id)
        if running is not None:
            running.stop()
        return running is not None

    async def stop_all(self, within_s: float, outcome: Outcome) -> None:
        """Stop every reply and wait until what came of each is kept as this, at most so many seconds."""
        for running in self._running.values():
            running.stop(outcome)
        if self._running:
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
