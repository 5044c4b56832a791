"""One prompt and its reply, from the disk to the wire and back.

The app and `fmtui ask` share this, so that both keep the same promises: received text is
on disk within a second, and whatever ends the reply, what came of it is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol, TypeVarTuple

from fmtui.core.chat import Event, Outcome, ReasoningDelta, Request, Turn, Usage
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import FmtuiError, StorageError
from fmtui.core.portions import portions_of
from fmtui.core.reply import Reply, outcome_of
from fmtui.core.text import normalised

Ts = TypeVarTuple("Ts")

CHECKPOINT_S = 0.5
"""Seconds between two checkpoints of a running reply; the promise is one second."""


class Streams(Protocol):
    """Whatever can stream a reply: the client, or a test's script."""

    def stream(self, endpoint: Endpoint, request: Request) -> AsyncGenerator[Event, None]:
        """Yield the events of one reply; raise `FmtuiError` when it fails."""
        ...


class Keeps(Protocol):
    """Whatever keeps the turns of one session. Every method may be called from any thread."""

    def checkpoint(self, head: Turn, text: str, reasoning: str) -> None:
        """Keep more of a running reply.

        Args:
            head: the reply's turn without its text.
            text: what came since the last checkpoint.
            reasoning: likewise.

        Raises:
            StorageError: it could not be written; it is written with the next checkpoint.
        """
        ...

    def finish(self, turn: Turn) -> None:
        """Keep the turn that a reply became and drop its checkpoint."""
        ...

    def abandon(self, turn_id: str) -> None:
        """Drop the checkpoint of a reply of which nothing came."""
        ...


class Bills(Protocol):
    """Whatever knows what a reply costs, and notes it."""

    def cost(self, usage: Usage | None) -> float | None:
        """Return what so many tokens cost in dollars; None where that is not known."""
        ...

    def note(self, turn: Turn) -> None:
        """Note what a reply cost that has ended; called in a thread.

        Raises:
            StorageError: it could not be written.
        """
        ...

    def failed(self, error: StorageError) -> None:
        """Take what `note` raised."""
        ...


class Exchange:
    """Runs one reply and keeps it.

    `reply` may be read at any time from the event loop that runs it. Disk work runs in a
    thread. A failing disk never ends a reply: `on_storage_error` hears of it, once.
    `parent` is the id of the turn that the reply follows, the last of the request. With `pause_s`
    a very long piece of text is posted in portions, with a pause of so many seconds behind each;
    it is kept at once all the same. `begun` is an answer that was cut and is gone on with: the
    reply begins with what it had, and where nothing is added, nothing is kept.
    """

    def __init__(
        self,
        streams: Streams,
        keeps: Keeps | None,
        endpoint: Endpoint,
        request: Request,
        *,
        parent: str,
        post: Callable[[Event], None],
        on_storage_error: Callable[[StorageError], None],
        bill: Bills | None = None,
        pause_s: float = 0.0,
        begun: Turn | None = None,
    ) -> None:
        self.request = request
        self.reply = Reply(request.params, parent, begun=begun)
        self._begun = begun
        self.turn: Turn | None = None
        """The reply as it was kept, once it has ended in any way."""
        self.cancelled_as: Outcome = "stopped"
        """What the reply counts as when it is cancelled: `interrupted` where nobody wished that."""
        self._streams = streams
        self._keeps = keeps
        self._bill = bill
        self._endpoint = endpoint
        self._post = post
        self._on_storage_error = on_storage_error
        self._storage_failed = False
        self._arrived = asyncio.Event()
        self._pause_s = pause_s
        self._unposted: tuple[bool, int] = False, 0

    async def run(self) -> Turn:
        """Stream the reply to its end, keep it, and return it as a turn.

        What the server or network did wrong is in the turn's `outcome` and `error`, never
        raised. Cancelling keeps what has come, as `cancelled_as`, and goes on raising
        `asyncio.CancelledError`; the turn is then in `self.turn`.
        """
        saver = asyncio.create_task(self._save_as_it_comes())
        failure: FmtuiError | None = None
        outcome: Outcome = "error"
        try:
            async with aclosing(self._streams.stream(self._endpoint, self.request)) as events:
                async for event in events:
                    self.reply.add(event)
                    self._arrived.set()
                    await self._posted(event)
            outcome = "complete"
        except FmtuiError as error:
            failure = error
            outcome = outcome_of(error)
        except asyncio.CancelledError:
            outcome = self.cancelled_as
            raise
        finally:
            turn = self.reply.turn(outcome, failure)
            if self._begun is not None and not self.reply.started:
                turn = replace(turn, text="", reasoning="")
            if self._bill is not None:
                turn = replace(turn, cost=self._bill.cost(turn.usage))
            self.turn = turn
            saver.cancel()
            await self._keep(saver, turn)
        return self.turn

    async def _posted(self, event: Event) -> None:
        """Post an event, a very long one in portions; what is left when that is stopped is in the reply."""
        if not self._pause_s:
            self._post(event)
            return
        for portion, left in portions_of(event):
            self._unposted = isinstance(event, ReasoningDelta), left
            self._post(portion)
            if left:
                await asyncio.sleep(self._pause_s)

    def so_far(self) -> Turn:
        """Return the running reply as far as it was posted, for who begins to show it now."""
        turn = self.reply.turn("interrupted")
        of_reasoning, left = self._unposted
        if left and of_reasoning:
            return replace(turn, reasoning=normalised(self.reply.reasoning[:-left]))
        return replace(turn, text=normalised(self.reply.text[:-left])) if left else turn

    async def _save_as_it_comes(self) -> None:
        """Write a checkpoint soon after text came, at most every `CHECKPOINT_S`; idle otherwise."""
        keeps = self._keeps
        if keeps is None:
            return
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            text, reasoning = self.reply.take_new()
            if text or reasoning:
                await self._on_disk(self._failed, keeps.checkpoint, self.reply.head(), text, reasoning)
            await asyncio.sleep(CHECKPOINT_S)

    async def _keep(self, saver: asyncio.Task[None], turn: Turn) -> None:
        """Keep what the reply became, after its last checkpoint."""
        try:
            await _to_its_end(saver)
        finally:
            try:
                nothing = turn.is_empty or (self._begun is not None and not self.reply.started)
                if self._keeps is not None and nothing:
                    await self._on_disk(self._failed, self._keeps.abandon, turn.id)
                elif self._keeps is not None:
                    await self._on_disk(self._failed, self._keeps.finish, turn)
            finally:
                if self._bill is not None and turn.cost is not None:
                    await self._on_disk(self._bill.failed, self._bill.note, turn)
            # What is no failure of the disk is a fault of ours: raised, but only once the turn is kept.
            if not saver.cancelled():
                saver.result()

    def _failed(self, error: StorageError) -> None:
        if not self._storage_failed:
            self._storage_failed = True
            self._on_storage_error(error)

    async def _on_disk(
        self, failed: Callable[[StorageError], None], work: Callable[[*Ts], None], *arguments: *Ts
    ) -> None:
        """Do disk work in a thread, and return when it is done."""
        # A future of the thread, not a task: a loop that ends cancels every task there is.
        working = asyncio.get_running_loop().run_in_executor(None, work, *arguments)
        try:
            await _to_its_end(working)
        finally:
            error = working.exception()
            if isinstance(error, StorageError):
                failed(error)
            elif error is not None:
                raise error


async def _to_its_end(work: asyncio.Future[None]) -> None:
    """Wait for work that must not be left half-done; only then be cancelled by whoever wished it meanwhile.

    A second cancellation, as when the app exits, must not lose the turn.
    """
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
