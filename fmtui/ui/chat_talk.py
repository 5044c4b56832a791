"""Prompts out, replies in: the part of the chat screen that sends and hears."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fmtui.core.chat import Event, Turn
from fmtui.core.errors import FmtuiError
from fmtui.core.text import one_line
from fmtui.ui.chat_replies import Question
from fmtui.ui.chat_sending import Sending
from fmtui.ui.chat_sessions import OpenSession, answered
from fmtui.ui.chat_unsent import Back
from fmtui.ui.conversation.messages import Chunk, Ended
from fmtui.ui.figures import ended_line, failure_text

if TYPE_CHECKING:  # replies are imported after the first frame
    from fmtui.core.exchange import Bills


class Talk(Sending):
    """Sends prompts of the shown session and takes in the replies of all."""

    _chunk: Chunk | None = None
    """What was posted last to the conversation."""

    def reply_began(self, opened: OpenSession, turn: Turn) -> None:
        """Show that a reply is waited for."""
        if self._shelf.shown is opened:
            if opened.coming > 1:
                self._stage.conversation.place(turn.id, opened.coming, opened.coming)
            self._stage.conversation.begin_reply(turn)
            self.waiting.show()  # taking the session over may have brought what waited in another window
        self._board.update()

    def reply_event(self, opened: OpenSession, turn_id: str, event: Event) -> None:
        """Pass one event of a reply to the conversation, if that is what it shows."""
        if self._shelf.shown is opened:
            conversation = self._stage.conversation
            if self._chunk is None or not self._chunk.add(turn_id, event, shows=conversation.shows):
                self._chunk = Chunk(turn_id, event, shows=conversation.shows)
                conversation.post_message(self._chunk)
            self._board.heard(event)

    def reply_ended(self, opened: OpenSession, turn: Turn | None) -> None:
        """Show how a reply ended; go back to what was before if nothing of an answer came."""
        self._shelf.ended(opened, turn)
        prompt, opened.prompt = opened.prompt, None
        back, opened.back, opened.coming = opened.back, None, 0
        came = turn is not None and answered(turn) and (back is None or not nothing_in(turn))
        if came and turn is not None:
            opened.leaf, opened.walked = turn.id, ""
        elif back is not None:
            self._go_back(opened, prompt, back, turn)
        elif prompt is not None:
            self._shelf.give_back(opened, opened.take_back(prompt))
        if not self._connected():
            return
        self._costs.update()
        self._contexts.update()
        if self._shelf.shown is opened:
            self._ended_here(opened, turn, asked=prompt is not None, back=back is not None and not came)
            self._stage.start_worker(self._kept(opened), "kept")
        elif turn is not None:
            words, tone = ended_line(turn)
            title = one_line(opened.session.title, 40)
            self._stage.tell(f"{title}: {words}", "error" if tone == "error" else "information")
        # A title or the like was asked for: what waits has nothing to do with how that ended.
        queued = self.waiting.next(opened, turn, came=came, aside=prompt is None and back is None)
        if queued is not None:
            self._ask(opened, queued.text, queued.chosen or self._choices.chosen())
        elif self._shelf.shown is not opened:
            self._stage.start_worker(self._ended_elsewhere(opened), f"ended-{opened.id}")

    def _go_back(self, opened: OpenSession, prompt: Turn | None, back: Back, turn: Turn | None) -> None:
        """Follow on from what was there before something was asked anew, which brought nothing."""
        opened.leaf = opened.walked = back.leaf
        if prompt is not None and back.editing is not None:
            edited = opened.take_back(prompt)
            opened.leaf = back.leaf
            if self._shelf.shown is opened and opened.editing is None:
                self.waiting.edit(opened, back.editing.turn, edited)
            else:
                self._shelf.give_back(opened, edited)
        if turn is not None and turn.outcome == "complete":
            self._stage.tell("Nothing more came: the model takes its reply to be complete.")
        elif turn is not None and turn.error is not None:
            self._stage.tell(failure_text(turn.error), "error")

    def _ended_here(self, opened: OpenSession, turn: Turn | None, *, asked: bool, back: bool) -> None:
        conversation = self._stage.conversation
        if turn is not None:
            self._board.last = turn
        if turn is not None and turn.notices:  # such as that a parameter was refused
            choices = self._choices
            self._stage.sidebar.show(choices.asked(), choices.mode, choices.rows())
        if back:
            if asked:
                self._stage.start_worker(self._shelf.show_again(opened), "back")
        elif turn is not None and not turn.is_empty:
            conversation.post_message(Ended(turn))
        elif asked:
            conversation.drop_after(opened.leaf)
        self._board.update()

    def branch_shown(self, opened: OpenSession) -> None:
        """Take note that another branch of the shown session is shown."""
        path = opened.path
        self._board.last = path[len(path) - 1] if len(path) else None
        self._costs.update()
        self._contexts.update()
        self._board.update()

    async def _kept(self, opened: OpenSession) -> None:
        """Keep what is unsent now, and list the session as it is."""
        await self._shelf.keep(opened)
        if opened.session.has_on_disk(opened.leaf):
            self._board.written()
        await self._shelf.list_sessions()

    async def _ended_elsewhere(self, opened: OpenSession) -> None:
        await self._shelf.leave(opened)
        await self._shelf.list_sessions()

    async def ask_again(self, opened: OpenSession, question: Question, turn: Turn) -> Question | None:
        """Return the same question once there is room for it, which the server said there was not."""
        error = turn.error
        if error is None or error.type != "context_length" or answered(turn):
            return None
        shown = self._shelf.shown is opened
        if not shown or not self._connected():
            return None
        self._stage.conversation.finish(turn)
        if not await self._contexts.fits(opened, question, error):
            return None
        if self._shelf.shown is opened:
            self._stage.conversation.drop_after(question.prompt.id)
        return question

    def storage_failed(self, error: FmtuiError) -> None:
        """Say that the disk refused."""
        self._shelf.storage_failed(error)

    async def bill(self, opened: OpenSession, question: Question) -> Bills | None:
        """Return what knows the cost of a reply, and notes it."""
        return await self._costs.bill(opened, question.endpoint, question.params.model)


def nothing_in(turn: Turn) -> bool:
    """Return whether a reply holds not even a thought."""
    return not (turn.text or turn.reasoning or turn.tool_calls)
