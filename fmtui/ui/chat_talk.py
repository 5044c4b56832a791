"""Prompts out, replies in: the part of the chat screen that sends and hears."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from fmtui.core.chat import Event, Turn
from fmtui.core.errors import FmtuiError, SessionLockedError
from fmtui.core.text import one_line
from fmtui.ui.chat_choices import Choices, Chosen
from fmtui.ui.chat_context import Contexts
from fmtui.ui.chat_costs import Costs
from fmtui.ui.chat_pictures import Sight
from fmtui.ui.chat_replies import Question, Replies
from fmtui.ui.chat_sessions import OpenSession, answered
from fmtui.ui.chat_shelf import Shelf, Stage
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.figures import ended_line

if TYPE_CHECKING:  # replies are imported after the first frame
    from fmtui.core.exchange import Bills


class Talk:
    """Sends prompts of the shown session and takes in the replies of all.

    Args:
        stage: the screen.
        costs: knows what replies cost.
        contexts: keeps requests within the model's window.
        connected: whether the screen is still there; replies may end after it.
    """

    def __init__(
        self,
        stage: Stage,
        shelf: Shelf,
        choices: Choices,
        board: StatusBoard,
        costs: Costs,
        contexts: Contexts,
        connected: Callable[[], bool],
    ) -> None:
        self.replies: Replies
        self._stage = stage
        self._shelf = shelf
        self._choices = choices
        self._board = board
        self._costs = costs
        self._contexts = contexts
        self._connected = connected
        self._sight = Sight(stage, choices, costs)
        self.sees = self._sight.sees
        self.before_sending: Callable[[str], bool] = lambda _text: False
        """Looks at each prompt; returns whether it has something to do first, and sends it later."""
        self._early: tuple[str, Chosen] | None = None
        """A prompt that was sent before the first session was open."""

    def submit(self, text: str) -> None:
        """Send a prompt, or give it back with the reason why it cannot be sent now."""
        if not self.before_sending(text):
            self.send(text)

    def send(self, text: str) -> None:
        """Send a prompt that is as it should be; or give it back, likewise."""
        self._submit(text, self._choices.chosen())

    def _submit(self, text: str, chosen: Chosen) -> None:
        shown = self._shelf.shown if self._shelf.ready.is_set() else None
        if shown is None and self._early is None:
            self._early = text, chosen
            # Seen at once all the same; showing the session replaces it.
            self._stage.conversation.begin(Turn.prompt(text, ""))
            self._set_opening(opening=True)
            self._stage.start_worker(self._when_open(), "send")
            return
        refusal = self._refusal(shown, chosen)
        if refusal or shown is None:
            self._stage.prompt.restore(text)
            self._stage.tell(refusal, "warning")
            return
        prompt = Turn.prompt(text, shown.leaf)
        shown.outgoing.append(prompt)  # part of the draft until it is a turn on the disk
        shown.prompt = prompt
        self.replies.start(shown, lambda: self._lead(shown, prompt, chosen))
        self._board.update()

    async def _when_open(self) -> None:
        await self._shelf.ready.wait()
        early, self._early = self._early, None
        self._set_opening(opening=False)
        if early is not None:
            self._submit(*early)

    def _set_opening(self, *, opening: bool) -> None:
        self._board.opening = opening
        self._board.update()

    def stop(self) -> bool:
        """Stop what the shown session sends or receives; return whether there was anything."""
        shown = self._shelf.shown
        return self.stop_early() or (shown is not None and self.replies.stop(shown))

    def stop_early(self) -> bool:
        """Give back a prompt that waits for the first session; return whether there was one."""
        early, self._early = self._early, None
        if early is not None:
            self._stage.prompt.restore(early[0])
            self._stage.conversation.drop_after("")
            self._set_opening(opening=False)
        return early is not None

    def _refusal(self, shown: OpenSession | None, chosen: Chosen) -> str:
        if shown is None:
            return f"A prompt is on its way; {self._stage.way('reply.stop')} takes it back."
        if shown.running:
            return f"A reply is running; {self._stage.way('reply.stop')} stops it, or wait for its end."
        if not chosen.params.model:
            way = self._stage.way("model.switch")
            if self._choices.awaited:
                name = one_line(chosen.endpoint.name, 40)
                return f"{name} is still asked for its models: wait a moment, or type a name with {way}."
            lists = f"{way} lists them, or type a name there."
            # What an empty conversation says already is said once.
            missing = self._choices.missing if shown.leaf else ""
            return f"No model is chosen; {lists} {missing}".rstrip()
        return ""

    async def _may_write(self, opened: OpenSession) -> bool:
        """Return whether the session can be added to; say why not."""
        if await self._shelf.take_over(opened):
            return True
        owner = opened.session.owner
        why = f"Open in another window ({owner})" if owner else "This session can only be read here"
        self._stage.tell(f"{why}; {self._stage.way('session.new')} starts a new session.", "warning")
        return False

    async def _lead(self, opened: OpenSession, prompt: Turn, chosen: Chosen) -> Question | None:
        """Bring a prompt on the screen and on the disk, and find out how to ask."""
        if not await self._may_write(opened) or not await self._sight.takes(prompt, chosen):
            return None
        if prompt.parent != opened.leaf:  # taken over from a window that went on with it
            prompt = opened.prompt = replace(prompt, parent=opened.leaf)
        if self._shelf.shown is opened:
            conversation = self._stage.conversation
            conversation.drop_after(opened.leaf)
            conversation.begin(prompt)
            conversation.follow()
        try:
            await asyncio.to_thread(opened.session.append, prompt)
        except SessionLockedError as error:
            self._stage.tell(error, "warning")
            return None
        except FmtuiError as error:
            self._shelf.storage_failed(error)
        self._stage.start_worker(self._kept(opened), "kept")
        question = Question(chosen.endpoint, await self._choices.settled(chosen), prompt)
        return question if await self._contexts.fits(opened, question) else None

    def retry(self) -> None:
        """Ask again for an answer to the last prompt, as a sibling of the one there is."""
        chosen, shown = self._choices.chosen(), self._shelf.shown
        refusal = self._refusal(shown, chosen)
        if refusal or shown is None:
            self._stage.tell(refusal, "warning")
            return
        self.replies.start(shown, lambda: self._lead_again(shown, chosen))
        self._board.update()

    async def _lead_again(self, opened: OpenSession, chosen: Chosen) -> Question | None:
        """Find the prompt to ask again; until the request leaves the screen stays as it is."""
        if not await self._may_write(opened):
            return None
        prompt = await asyncio.to_thread(last_prompt, opened)
        if prompt is None:
            self._stage.tell("There is no answered prompt to ask again.", "warning")
            return None
        question = Question(chosen.endpoint, await self._choices.settled(chosen), prompt)
        if not await self._contexts.fits(opened, question):
            return None
        opened.prompt = prompt
        if self._shelf.shown is opened:
            self._stage.conversation.drop_after(prompt.id)
            self._stage.conversation.follow()
        return question

    async def _kept(self, opened: OpenSession) -> None:
        """Drop the draft of what is a turn on the disk now, and list the session as it is."""
        await self._shelf.keep(opened)
        await self._shelf.list_sessions()

    def reply_began(self, opened: OpenSession, turn: Turn) -> None:
        """Show that a reply is waited for."""
        if self._shelf.shown is opened:
            self._stage.conversation.begin_reply(turn)
        self._board.update()

    def reply_event(self, opened: OpenSession, turn_id: str, event: Event) -> None:
        """Pass one event of a reply to the conversation, if that is what it shows."""
        if self._shelf.shown is opened:
            self._stage.conversation.feed(turn_id, event)

    def reply_ended(self, opened: OpenSession, turn: Turn | None) -> None:
        """Show how a reply ended, and give the prompt back if nothing of an answer came."""
        self._shelf.ended(opened, turn)
        prompt, opened.prompt = opened.prompt, None
        if turn is not None and answered(turn):
            opened.leaf = turn.id
        elif prompt is not None:
            self._shelf.give_back(opened, opened.take_back(prompt))
        if not self._connected():
            return
        self._costs.update()
        self._contexts.update()
        if self._shelf.shown is opened:
            self._ended_here(opened, turn, asked=prompt is not None)
            self._stage.start_worker(self._kept(opened), "kept")
        else:
            if turn is not None:
                words, tone = ended_line(turn)
                title = one_line(opened.session.title, 40)
                self._stage.tell(f"{title}: {words}", "error" if tone == "error" else "information")
            self._stage.start_worker(self._ended_elsewhere(opened), f"ended-{opened.id}")

    def _ended_here(self, opened: OpenSession, turn: Turn | None, *, asked: bool) -> None:
        conversation = self._stage.conversation
        if turn is not None:
            self._board.last = turn
        if turn is not None and turn.notices:  # such as that a parameter was refused
            choices = self._choices
            self._stage.sidebar.show(choices.asked(), choices.mode, choices.rows())
        if turn is not None and not turn.is_empty:
            conversation.finish(turn)
        elif asked:
            conversation.drop_after(opened.leaf)
        self._board.update()

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


def last_prompt(opened: OpenSession) -> Turn | None:
    """Return the last prompt that was answered in the shown branch; None when there is none."""
    turns = opened.session.path_to(opened.leaf) if opened.leaf else ()
    for index in range(len(turns) - 1, -1, -1):
        if turns[index].role == "user":
            return turns[index]
    return None
