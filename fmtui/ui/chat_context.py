"""How full the model's window is: the part of the chat screen that warns before it overflows.

What a conversation has outgrown is left out of what is sent, or a summary is sent in its
place. No turn is touched: the session keeps where what is sent of it begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.app import App

from fmtui.core.chat import Failure, Turn
from fmtui.core.errors import FmtuiError, SessionLockedError
from fmtui.ui.chat_choices import Choices
from fmtui.ui.chat_costs import Costs
from fmtui.ui.chat_replies import Question, Replies
from fmtui.ui.chat_sessions import OpenSession
from fmtui.ui.chat_shelf import Shelf, Stage, while_running
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.figures import ended_line

if TYPE_CHECKING:  # prices are looked up with the first request, and most starts never show the dialog
    from fmtui.core.hints import Hint
    from fmtui.core.room import Room
    from fmtui.core.sessions import Session
    from fmtui.ui.overflow_screen import Option, OverflowScreen
    from fmtui.ui.prompt import Prompt


class Contexts:
    """Keeps requests within the model's window, as the user wants it.

    Args:
        stage: the screen.
        costs: knows windows and prices.
        app: gives the app, which shows dialogs.
    """

    def __init__(
        self,
        stage: Stage,
        shelf: Shelf,
        choices: Choices,
        costs: Costs,
        board: StatusBoard,
        app: Callable[[], App[object]],
    ) -> None:
        self.replies: Replies
        """Asks for summaries; set once."""
        self._stage = stage
        self._shelf = shelf
        self._choices = choices
        self._costs = costs
        self._board = board
        self._app = app
        self._asked = 0

    # ---- before a request

    async def fits(self, opened: OpenSession, question: Question, refusal: Failure | None = None) -> bool:
        """Return whether a request is to leave, after what is sent was shortened where the user wants that.

        Args:
            opened: the session, in which a lead runs.
            question: what is to be asked.
            refusal: why the server refused it as too long, if it did.
        """
        hint = await self._costs.hint(question.endpoint, question.params.model)
        window = None if hint is None else hint.window
        if refusal is None and (window is None or opened.overflow == "go_on"):
            return True
        said = "" if refusal is None else refusal.message
        room = await asyncio.to_thread(_measured, opened.session, question, window, refused=said)
        if refusal is None and not room.load.overflows:
            return True
        if opened.overflow == "drop" and refusal is None and room.drop is not None:
            await self._begin(opened, room, room.drop)
            return True
        words = f"{room.words()} " + (
            "The request has no room in it." if refusal is None else "The server refused the request."
        )
        late = refusal is not None
        return await self._choose(opened, question, room, hint, words, may_go_on=True, late=late)

    async def _choose(
        self,
        opened: OpenSession,
        question: Question,
        room: Room,
        hint: Hint | None,
        words: str,
        *,
        may_go_on: bool,
        late: bool = False,
    ) -> bool:
        """Let the user choose; return whether a request is to leave.

        Where one may go on, the dialog comes by itself; `late` says that it does so long after
        the key that sent the prompt.
        """
        from fmtui.ui.overflow_screen import Option, OverflowScreen  # noqa: PLC0415 - most starts never show it

        app, prompt = self._app(), self._stage.prompt
        options = [_drop_option(room), _summary_option(room, hint)]
        title = "The context is full" if may_go_on else "Shorten what is sent"
        if may_go_on:
            about = "The server may refuse it, or cut the reply. Nothing is asked again in this session."
            options.append(Option("go_on", "Go on anyway", about))
        options.append(Option("", "Back to the editor", "Nothing is sent, and nothing is lost."))
        while True:
            shown = self._shelf.shown is opened
            if may_go_on and (not shown or _is_busy(app, prompt, late=late)):
                if shown:
                    offers = "/shorten, or asking again with Enter, offers what can be left out."
                    self._stage.tell(f"{words} Nothing more is sent. {offers}", "warning")
                return False
            typed = prompt.type_in if may_go_on else None
            choice = await _ask(app, self._board, OverflowScreen(title, words, options, typed))
            if choice == "drop" and room.drop is not None:
                opened.overflow = "drop"
                await self._begin(opened, room, room.drop)
                return True
            if choice == "go_on":
                opened.overflow = "go_on"
                return True
            if choice != "summarise" or await self._summarise(opened, question, room):
                return choice == "summarise"
            late = True

    async def _begin(self, opened: OpenSession, room: Room, index: int, summary: str = "") -> None:
        """Send the conversation from a turn on."""
        from fmtui.core.room import begun  # noqa: PLC0415 - see below

        try:
            await asyncio.to_thread(room.begin, index, summary)
        except SessionLockedError as error:
            self._stage.tell(error, "warning")
        except FmtuiError as error:
            self._shelf.storage_failed(error)
        await self._shelf.show_again(opened)
        self._stage.tell(begun(index, summarised=bool(summary)))

    async def _summarise(self, opened: OpenSession, question: Question, room: Room) -> bool:
        """Have the model sum up the oldest turns, and send that in their place; return whether it could."""
        from fmtui.core.room import oldest, summary_in  # noqa: PLC0415 - sessions brought most of it

        index = room.summarise
        if index is None:
            return False
        params, said = await asyncio.to_thread(room.to_summarise)
        self._stage.tell(f"{oldest(index)} are summarised first; {self._stage.way('reply.stop')} stops that.")
        aside = Question(question.endpoint, params, question.prompt)
        turn: Turn | None = None
        try:
            turn = await self.replies.aside(opened, aside, said)
        finally:
            self._costs.update()
            summary = "" if turn is None else summary_in(turn)
            if not summary:
                await self._shelf.show_again(opened)
        if not summary:
            words = ended_line(turn)[0] if turn.outcome != "complete" else "it is empty"
            self._stage.tell(f"There is no summary: {words}", "warning")
            return False
        await self._begin(opened, room, index, summary)
        return True

    # ---- at rest

    def session_shown(self, settings: object, *, fresh: bool) -> None:
        """Say how full the context of another session is."""
        del settings, fresh
        self.update()

    def update(self) -> None:
        """Say how full the context is now, if that is much."""
        shown = self._shelf.shown
        if shown is not None:
            self._asked += 1
            self._stage.start_worker(self._update(shown, self._asked), "context")

    async def _update(self, opened: OpenSession, asked: int) -> None:
        room, _ = await self._room(opened)
        if asked == self._asked:  # otherwise a later one is on its way
            self._board.full = None if room is None else room.load.share
            self._board.update()

    async def _room(self, opened: OpenSession) -> tuple[Room | None, Hint | None]:
        """Return what the next request has before its prompt, None where the window is not known."""
        question = self._question(opened)
        hint = await self._costs.hint(question.endpoint, question.params.model)
        if hint is None or hint.window is None:
            return None, hint
        return await asyncio.to_thread(_measured, opened.session, question, hint.window), hint

    def _question(self, opened: OpenSession) -> Question:
        """Return what would be asked now, with an empty prompt."""
        chosen = self._choices.chosen()
        return Question(chosen.endpoint, self._choices.asked(), Turn("", "user", "", opened.leaf))

    # ---- commands

    async def do(self, command_id: str, _argument: str = "") -> bool:
        """Do one of the commands about what is sent; return False when it is none."""
        if command_id not in {"session.context", "session.shorten", "session.whole"}:
            return False
        shown = self._shelf.shown
        if shown is None:
            pass
        elif command_id == "session.context":
            await self._show(shown)
        elif shown.running:
            self._stage.refuse(while_running(self._stage))
        elif command_id == "session.shorten":
            self.replies.start(shown, lambda: self._shorten(shown))
        else:
            await self._send_whole(shown)
        return True

    async def _shorten(self, opened: OpenSession) -> None:
        """Let the user shorten what is sent before it has to be."""
        question = self._question(opened)
        hint = await self._costs.hint(question.endpoint, question.params.model)
        window = None if hint is None else hint.window
        room = await asyncio.to_thread(_measured, opened.session, question, window, halve=True)
        if not await self._shelf.take_over(opened):
            self._stage.tell(_only_read(self._stage), "warning")
        elif room.drop is None and room.summarise is None:
            self._stage.tell("There is nothing that could be left out.", "warning")
        else:
            before = opened.overflow
            await self._choose(opened, question, room, hint, room.words(), may_go_on=False)
            opened.overflow = before

    async def _send_whole(self, opened: OpenSession) -> None:
        found = opened.session.cut_of(opened.leaf) if opened.leaf else None
        opened.overflow = "ask"
        if found is None or not found[1]:
            self._stage.tell("All of the conversation is sent already.")
        elif await self._shelf.take_over(opened):
            path = await asyncio.to_thread(opened.session.path_to, opened.leaf)
            try:
                await asyncio.to_thread(_begin_history, opened.session, path.id_of(0))
            except FmtuiError as error:
                self._stage.tell(error, "warning")
            await self._shelf.show_again(opened)
            self._stage.tell("All of the conversation is sent again.")
        self.update()

    async def _show(self, opened: OpenSession) -> None:
        """Show all that is known of what is sent."""
        from fmtui.ui.facts_screen import FactsScreen  # noqa: PLC0415 - most starts never show it

        question = self._question(opened)
        hint = await self._costs.hint(question.endpoint, question.params.model)
        window = None if hint is None else hint.window
        room = await asyncio.to_thread(_measured, opened.session, question, window)
        facts = [
            ("model", f"{question.params.model or 'none'} at {question.endpoint.name}"),
            ("window", room.window(question.params.model)),
            ("taken", room.taken()),
            ("reply", f"max_tokens {question.params.max_tokens:,}"),
            ("sent", room.sent()),
            ("when full", _WHEN_FULL[opened.overflow]),
        ]
        note = "" if room.load.window else "Without a window nothing warns before it overflows."
        self._app().push_screen(FactsScreen("Context", facts, note))


_WHEN_FULL = {
    "ask": "you are asked",
    "drop": "the oldest turns are left out, as you chose; /whole takes that back",
    "go_on": "it is sent all the same, as you chose; /whole takes that back",
}


def _is_busy(app: App[object], prompt: Prompt, *, late: bool) -> bool:
    """Return whether the user is at something that no dialog may come over; `late`: typing is that too."""
    if app.screen is not prompt.screen:
        return True
    return late and (bool(prompt.text) or app.focused not in (None, prompt))


async def _ask(app: App[object], board: StatusBoard, dialog: OverflowScreen) -> str:
    board.asking = True
    board.update()
    try:
        return await app.push_screen_wait(dialog)
    except asyncio.CancelledError:  # the app ends: no key but the dialog's own gets here
        if dialog.is_current:
            dialog.dismiss("")
        raise
    finally:
        board.asking = False
        board.update()


def _measured(
    session: Session, question: Question, window: int | None, *, refused: str = "", halve: bool = False
) -> Room:
    from fmtui.core.room import Room  # noqa: PLC0415 - sessions brought most of it

    return Room(session, question.params, question.prompt, window, refused=refused, halve=halve)


def _begin_history(session: Session, first: str) -> None:
    from fmtui.core.context import Cut  # noqa: PLC0415 - sessions brought it

    session.begin_history(Cut(first, datetime.now(UTC)))


def _drop_option(room: Room) -> Option:
    from fmtui.core.room import oldest  # noqa: PLC0415 - most starts never show it
    from fmtui.ui.overflow_screen import Option  # noqa: PLC0415 - same

    if room.drop is None:
        why = "The prompt alone has no room: shorten it, or lower max_tokens."
        return Option("drop", "Leave out the oldest turns", why, possible=False)
    about = f"{room.on_drop()} Done without a question when it is full again."
    return Option("drop", f"Leave out {oldest(room.drop).lower()}", about)


def _summary_option(room: Room, hint: Hint | None) -> Option:
    from fmtui.core.room import oldest  # noqa: PLC0415 - most starts never show it
    from fmtui.ui.overflow_screen import Option  # noqa: PLC0415 - same

    if room.summarise is None:
        why = "They are too long for one request, or there is nothing to summarise."
        return Option("summarise", "Summarise the oldest turns", why, possible=False)
    return Option("summarise", f"Summarise {oldest(room.summarise).lower()}", room.on_summary(hint))


def _only_read(stage: Stage) -> str:
    return f"This session can only be read here; {stage.way('session.new')} starts a new one."
