"""Prompts out, replies in: the part of the chat screen that sends and hears."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from fmtui.core.chat import Event, Turn
from fmtui.core.errors import FmtuiError
from fmtui.core.text import one_line
from fmtui.ui.chat_choices import Choices
from fmtui.ui.chat_replies import Replies
from fmtui.ui.chat_sessions import OpenSession, answered
from fmtui.ui.chat_shelf import Shelf, Stage
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.figures import ended_line


class Talk:
    """Sends prompts of the shown session and takes in the replies of all.

    Args:
        stage: the screen.
        connected: whether the screen is still there; replies may end after it.
    """

    def __init__(
        self,
        stage: Stage,
        shelf: Shelf,
        choices: Choices,
        board: StatusBoard,
        connected: Callable[[], bool],
    ) -> None:
        self.replies: Replies
        self._stage = stage
        self._shelf = shelf
        self._choices = choices
        self._board = board
        self._connected = connected
        self._one_at_a_time = asyncio.Lock()

    def submit(self, text: str) -> None:
        """Send a prompt, or give it back with the reason why it cannot be sent now."""
        self._stage.start_worker(self._send(text), "send")

    @contextlib.contextmanager
    def _sending(self) -> Iterator[None]:
        """Say that something happens: before the first request modules are loaded and lists asked for."""
        self._board.sending = True
        self._board.update()
        try:
            yield
        finally:
            self._board.sending = False
            self._board.update()

    def _refusal(self) -> str:
        shown = self._shelf.shown
        if shown is None:
            return "No session is open yet."
        if shown.running:
            return "A reply is running; Esc stops it, or wait for its end."
        if shown.session.read_only:
            return f"Open in another window ({shown.session.owner}); Ctrl+N starts a new session."
        if not self._choices.params.model:
            return "No model is chosen; F5 lists them, or type a name there."
        return ""

    async def _send(self, text: str) -> None:
        async with self._one_at_a_time:
            if not self._shelf.ready.is_set():
                # Seen at once all the same; showing the session replaces it.
                self._stage.conversation.begin(Turn.prompt(text, ""))
                with self._sending():
                    await self._shelf.ready.wait()
            await self._shelf.take_over()
            opened, refusal = self._shelf.shown, self._refusal()
            if refusal or opened is None:
                self._stage.prompt.restore(text)
                self._stage.tell(refusal, "warning")
                return
            prompt = Turn.prompt(text, opened.leaf)
            conversation = self._stage.conversation
            conversation.drop_after(opened.leaf)
            conversation.begin(prompt)
            conversation.follow()
            try:
                await asyncio.to_thread(opened.session.append, prompt)
            except FmtuiError as error:
                self._shelf.storage_failed(error)
            await self._ask(opened, prompt)
        await self._shelf.save_draft()
        await self._shelf.list_sessions()

    async def retry(self) -> None:
        """Ask again for an answer to the last prompt, as a sibling of the one there is."""
        async with self._one_at_a_time:
            refusal = self._refusal()
            shown = self._shelf.shown
            prompt = None if refusal or shown is None else await asyncio.to_thread(last_prompt, shown)
            if prompt is None or shown is None:
                self._stage.tell(refusal or "There is no answered prompt to ask again.", "warning")
                return
            self._stage.conversation.drop_after(prompt.id)
            self._stage.conversation.follow()
            await self._ask(shown, prompt)

    async def _ask(self, opened: OpenSession, prompt: Turn) -> None:
        with self._sending():
            await self._choices.settle_mode()
            await self.replies.start(opened, self._choices.endpoint, self._choices.asked(), prompt)
        if self._shelf.shown is opened and opened.exchange is not None:
            # With what has come while the worker started.
            self._stage.conversation.begin_reply(opened.exchange.reply.turn("interrupted"))
        self._board.update()

    def reply_event(self, opened: OpenSession, turn_id: str, event: Event) -> None:
        """Pass one event of a reply to the conversation, if that is what it shows."""
        if self._shelf.shown is opened:
            self._stage.conversation.feed(turn_id, event)

    def reply_ended(self, opened: OpenSession, turn: Turn) -> None:
        """Show how a reply ended, and give the prompt back if nothing of an answer came."""
        self._shelf.lull.stir()
        prompt = opened.prompt
        given_back = ""
        if answered(turn):
            opened.leaf = turn.id
        elif prompt is not None:
            opened.leaf = prompt.parent
            given_back = prompt.text
        if not self._connected():
            return
        if self._shelf.shown is opened:
            self._ended_here(opened, turn, given_back)
            self._stage.start_worker(self._shelf.list_sessions(), "list")
        else:
            words, tone = ended_line(turn)
            title = one_line(opened.session.title, 40)
            self._stage.tell(f"{title}: {words}", "error" if tone == "error" else "information")
            self._stage.start_worker(self._ended_elsewhere(opened, given_back), f"ended-{opened.id}")

    def _ended_here(self, opened: OpenSession, turn: Turn, given_back: str) -> None:
        conversation = self._stage.conversation
        if given_back:
            self._stage.prompt.restore(given_back)
        self._board.last = turn
        if turn.is_empty:
            conversation.drop_after(opened.leaf)
        else:
            conversation.finish(turn)
        self._board.update()

    async def _ended_elsewhere(self, opened: OpenSession, given_back: str) -> None:
        await self._shelf.leave(opened, given_back)
        await self._shelf.list_sessions()

    def storage_failed(self, error: FmtuiError) -> None:
        """Say that the disk refused."""
        self._shelf.storage_failed(error)


def last_prompt(opened: OpenSession) -> Turn | None:
    """Return the last prompt that was answered in the shown branch; None when there is none."""
    turns = opened.session.path_to(opened.leaf) if opened.leaf else ()
    for index in range(len(turns) - 1, -1, -1):
        if turns[index].role == "user":
            return turns[index]
    return None
