"""Prompts out: the part of the chat screen that sends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fmtui.core.chat import Turn
from fmtui.core.text import one_line
from fmtui.ui.chat_choices import Choices, Chosen
from fmtui.ui.chat_context import Contexts
from fmtui.ui.chat_costs import Costs
from fmtui.ui.chat_pictures import Sight
from fmtui.ui.chat_replies import Question, Replies
from fmtui.ui.chat_sessions import OpenSession
from fmtui.ui.chat_shelf import Shelf, Stage, while_running
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.chat_unsent import Back, Editing, Queued
from fmtui.ui.chat_waiting import Waiting

if TYPE_CHECKING:  # what leads to a request is imported after the first frame
    from fmtui.ui.chat_leads import Leads


_LEADING = {
    "model.switch",
    "params.set",
    "params.unset",
    "template.system",
    "session.new",
    "session.duplicate",
    "session.whole",
}
"""Commands that change what the next prompt is asked with, or where."""


class Aside:
    """A prompt that was sent and is still made ready: part of its session's draft until it goes.

    Args:
        send: sends a prompt of the shown session.
        stage: has the editor.
        shelf: knows that session.
        text: the prompt as it was typed.
    """

    def __init__(self, send: Callable[[str], None], stage: Stage, shelf: Shelf, text: str) -> None:
        self._send = send
        self._stage = stage
        self._shelf = shelf
        self._prompt = Turn.prompt(text, "")
        self._opened = shelf.shown
        if self._opened is not None:
            self._opened.outgoing.append(self._prompt)

    def send(self, text: str) -> str:
        """Send the prompt as it is now; return why it is not sent, if another session is shown by now."""
        if self._opened is None or self._shelf.shown is self._opened:
            self._forget()
            self._send(text)
            return ""
        self.give_back()
        return "Another session is shown by now; the prompt waits in its own."

    def give_back(self) -> None:
        """Put it back into the editor of its session. One that was left has it in its draft."""
        opened = self._opened
        if opened is not None and (self._shelf.shown is opened or opened.running):
            self._forget()
            self._shelf.give_back(opened, self._prompt.text)
        elif opened is None:
            self._stage.prompt.restore(self._prompt.text)

    def _forget(self) -> None:
        if self._opened is not None and self._prompt in self._opened.outgoing:
            self._opened.outgoing.remove(self._prompt)


class Sending:
    """Sends prompts of the shown session.

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
        self.waiting = Waiting(stage, shelf, board)
        self._sight = Sight(stage, choices, costs)
        self.sees = self._sight.sees
        self.before_sending: Callable[[str], bool] = lambda _text: False
        """Looks at each prompt; returns whether it has something to do first, and sends it later."""
        self.whole: Callable[[str], Awaitable[str]]
        """Returns a prompt as it would be sent."""
        self._early: list[tuple[str, Chosen]] = []
        """Prompts that were sent before the first session was open."""
        self._leading = 0
        """Commands that are still done and that prompts wait for."""
        self._behind: list[str] = []
        """Prompts that were sent behind them."""

    def submit(self, text: str) -> None:
        """Send a prompt, or queue it while a reply runs; where neither can be, give it back and say why."""
        if self._leading:
            self._behind.append(text)
        elif not self.before_sending(text):
            self.send(text)

    def in_order(self, command_id: str, doing: Awaitable[None]) -> Awaitable[None]:
        """Return what does a command, for which prompts that are sent from now on wait if it changes them."""
        if command_id not in _LEADING:
            return doing
        self._leading += 1
        return self._lead(doing)

    async def _lead(self, doing: Awaitable[None]) -> None:
        try:
            await doing
        finally:
            self._leading -= 1
            if not self._leading:
                behind, self._behind = self._behind, []
                for text in behind:
                    self.submit(text)

    def put_aside(self, text: str) -> Aside:
        """Keep a prompt that has to be made ready first, as nothing is lost meanwhile."""
        return Aside(self.send, self._stage, self._shelf, text)

    def send(self, text: str) -> None:
        """Send a prompt that is as it should be; or queue it or give it back, likewise."""
        self._submit(text, self._choices.chosen())

    def _submit(self, text: str, chosen: Chosen) -> None:
        shown = self._shelf.shown if self._shelf.ready.is_set() else None
        if shown is None:
            self._early.append((text, chosen))
            if len(self._early) == 1:
                # Seen at once all the same; showing the session replaces it.
                self._stage.conversation.begin(Turn.prompt(text, ""))
                self._set_opening(opening=True)
                self._stage.start_worker(self._when_open(), "send")
            return
        if shown.running and shown.editing is None:
            self.waiting.add(shown, Queued(text, chosen))
            return
        refusal = self._refusal(shown, chosen)
        if shown.running:  # and what Esc leaves first is what is edited
            send = self._stage.way("prompt.send")
            refusal = f"A reply is running; {send} makes a branch of this when it has ended."
        if refusal:
            self._stage.prompt.restore(text)
            self._stage.tell(refusal, "warning")
            return
        editing, shown.editing, shown.place = shown.editing, None, None
        self._ask(shown, text, chosen, editing)

    def _ask(self, opened: OpenSession, text: str, chosen: Chosen, editing: Editing | None = None) -> None:
        """Send a prompt: at the end, or beside the one that was edited."""
        anew = None if editing is None else editing.turn
        prompt = Turn.prompt(text, opened.leaf if anew is None else anew.parent)
        opened.outgoing.append(prompt)  # part of the draft until it is a turn on the disk
        opened.prompt = prompt
        if editing is not None:
            opened.back = Back(opened.leaf, editing)
            opened.edits.pop(editing.turn.id, None)
            self._stage.prompt.restore(editing.draft)
            self.waiting.show()
        self.replies.start(opened, lambda: self._leads.prompt(opened, prompt, chosen, anew))
        self._board.update()

    async def _when_open(self) -> None:
        await self._shelf.ready.wait()
        early, self._early = self._early, []
        self._set_opening(opening=False)
        for text, chosen in early:
            self._submit(text, chosen)

    def _set_opening(self, *, opening: bool) -> None:
        self._board.opening = opening
        self._board.update()

    def stop(self) -> bool:
        """Stop or leave the first of these there is, and return whether there was any.

        A command for whose end a prompt waits, a prompt that is edited, what is sent or received here:
        what is right above the editor goes first, as it says there.
        """
        shown = self._shelf.shown
        return (
            self._stage.prompt.give_up()
            or self.stop_early()
            or (shown is not None and (self.waiting.leave(shown) or self.replies.stop(shown)))
        )

    def stop_early(self) -> bool:
        """Give back what waits for the first session; return whether there was anything."""
        early, self._early = self._early, []
        for text, _ in reversed(early):
            self._stage.prompt.restore(text)
        if early:
            self._stage.conversation.drop_after("")
            self._set_opening(opening=False)
        return bool(early)

    def _refusal(self, shown: OpenSession | None, chosen: Chosen) -> str:
        if shown is None:
            return f"A prompt is on its way; {self._stage.way('reply.stop')} takes it back."
        if shown.running:
            return while_running(self._stage)
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

    @property
    def _leads(self) -> Leads:
        from fmtui.ui.chat_leads import Leads  # noqa: PLC0415 - after the first frame

        return Leads(self._stage, self._shelf, self._choices, self._contexts, self._sight)

    async def may_write(self, opened: OpenSession) -> bool:
        """Return whether the session can be added to; say why not."""
        return await self._leads.may_write(opened)

    def retry(self, turn_id: str = "", chosen: Chosen | None = None) -> None:
        """Ask again for an answer, as a sibling of the one there is.

        Args:
            turn_id: the answer or its prompt; empty for the last.
            chosen: whom to ask instead of what is chosen, for this once.
        """
        chosen = chosen or self._choices.chosen()
        self._anew(chosen, lambda opened: self._leads.again(opened, chosen, turn_id))

    def send_queued(self) -> None:
        """Send the prompts that wait, one after the other."""
        shown = self._shelf.shown
        if shown is None or not shown.queue:
            self._stage.tell("No prompt is queued; prompts that are sent while a reply runs are.")
            return
        if shown.running:
            shown.held = ""
            self.waiting.show()
            return
        chosen = shown.queue[0].chosen or self._choices.chosen()
        refusal = self._refusal(shown, chosen)
        if refusal:
            self._stage.refuse(refusal)
        elif (queued := self.waiting.first(shown)) is not None:
            self._ask(shown, queued.text, chosen)

    def go_on(self, turn_id: str = "") -> None:
        """Go on with an answer that was cut, the last if none is named."""
        self._anew(self._choices.chosen(), lambda opened: self._leads.rest(opened, turn_id))

    def _anew(self, chosen: Chosen, lead: Callable[[OpenSession], Awaitable[Question | None]]) -> None:
        shown = self._shelf.shown
        refusal = self._refusal(shown, chosen)
        if refusal or shown is None:
            self._stage.refuse(refusal)
            return
        shown.back = Back(shown.leaf)
        self.replies.start(shown, lambda: lead(shown))
        self._board.update()
