"""What is done with whole turns: edited, asked again, gone on with, deleted, walked among branches.

A part of the chat screen. It acts on the turn at the cursor of the conversation, without a
cursor on the last one; and never writes over anything.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fmtui.core.chat import TurnList, Turns
from fmtui.core.errors import FmtuiError
from fmtui.core.record import NamedTuple
from fmtui.core.state import Choice
from fmtui.ui.chat_leads import asked_and_answer
from fmtui.ui.chat_marked import CONTEXT_ID
from fmtui.ui.chat_sessions import OpenSession, leaf_after
from fmtui.ui.chat_shelf import while_running

if TYPE_CHECKING:
    from fmtui.core.session_index import BranchPath
    from fmtui.core.sessions import Session
    from fmtui.ui.chat_parts import Services

KEEP_S = 1.0
"""Seconds after going to another branch until that is kept: whoever walks on writes once."""


class _Branch(NamedTuple):
    """A branch to show."""

    path: Turns
    leaf: str
    """The turn that the next prompt follows."""
    end: str
    """Its last turn."""
    at: str
    """The turn to go to."""


class Turning:
    """Does the commands about turns and about prompts that wait."""

    def __init__(self, services: Services) -> None:
        self._stage = services.stage
        self._shelf = services.shelf
        self._desk = services.desk
        self._choices = services.choices
        self._choosing = services.choosing
        self._talk = services.talk
        self._walked = 0

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do a command; return False when it is none of these."""
        at = self._at
        match command_id:
            case "reply.retry" if argument:
                self._stage.start_worker(self._retry_with(at, argument), "dialog")
            case "reply.retry":
                self._talk.retry(at)
            case "reply.continue":
                self._talk.go_on(at)
            case "turn.retry_with":
                self._stage.start_worker(self._retry_with(at, argument), "dialog")
            case "turn.compare":
                self._stage.start_worker(self._compare(at), "dialog")
            case "queue.send":
                self._talk.send_queued()
            case "queue.take":
                self._take_back(argument)
            case (
                "turn.edit" | "turn.delete" | "turn.undelete" | "turn.next_sibling" | "turn.previous_sibling"
            ):
                self._stage.start_worker(self._in_session(command_id, at, argument), "turns")
            case _:
                return False
        return True

    @property
    def _at(self) -> str:
        turn_id = self._stage.conversation.cursor_turn
        return "" if turn_id == CONTEXT_ID else turn_id

    async def _in_session(self, command_id: str, at: str, argument: str) -> None:
        await self._shelf.ready.wait()
        shown = self._shelf.shown
        if shown is None:
            return
        try:
            if command_id == "turn.edit":
                await self._edit(shown, at)
            elif shown.running:
                self._stage.refuse(while_running(self._stage))
            elif command_id == "turn.delete":
                await self._delete(shown, at)
            elif command_id == "turn.undelete":
                await self._undelete(shown)
            else:
                await self._walk(shown, at, 1 if command_id == "turn.next_sibling" else -1, argument)
        except FmtuiError as error:
            self._stage.refuse(error)

    # ---- asking

    async def _retry_with(self, at: str, name: str) -> None:
        """Ask a model for this once; the next prompt goes to the one that is chosen."""
        shown = self._shelf.shown
        if shown is not None and shown.running:  # before anybody looks through a list for nothing
            self._stage.refuse(while_running(self._stage))
            return
        tried = await self._tried(at)
        choice = await self._choosing.pick(name, "Ask another model", tried)
        if choice is not None:
            self._talk.retry(at, self._choices.chosen_once(choice))

    async def _tried(self, at: str) -> set[Choice]:
        """Return the models that have answered already, else the one that would be asked anyway."""
        shown, asked = self._shelf.shown, self._choices.params
        tried = await asyncio.to_thread(_answered_by, shown.session, at or shown.leaf) if shown else set()
        return tried or {(asked.endpoint, asked.model)}

    async def _edit(self, opened: OpenSession, at: str) -> None:
        if not await self._talk.may_write(opened):
            return
        prompt = None
        if at or not opened.running:  # without a cursor the last is meant, not the one before it
            prompt, _ = await asyncio.to_thread(asked_and_answer, opened.session, at or opened.leaf)
        if prompt is None:
            why = while_running(self._stage) if opened.running else "There is no prompt to edit yet."
            self._stage.refuse(why)
        elif self._shelf.shown is opened:
            self._talk.waiting.edit(opened, prompt)

    def _take_back(self, argument: str) -> None:
        number = int(argument) if argument.isdecimal() else -1 if argument else 0
        if not self._talk.waiting.take_back(number):
            why = f"No prompt {argument} is queued." if argument else "No prompt is queued."
            self._stage.refuse(why, "information")

    # ---- branches

    async def _compare(self, at: str) -> None:
        """Show the replies to a prompt side by side, and go to the one that is chosen."""
        from fmtui.ui.chat_comparing import replies_at  # noqa: PLC0415 - few sessions ever need it
        from fmtui.ui.compare_screen import CompareScreen  # noqa: PLC0415 - same

        await self._shelf.ready.wait()
        shown = self._shelf.shown
        if shown is None:
            return
        end = shown.walked or shown.leaf
        found = await asyncio.to_thread(replies_at, shown.session, end, at)
        if found is None or len(found.turns) < 2:
            way = self._stage.way("turn.retry_with")
            self._stage.refuse(f"There are no two replies to compare here; {way} asks for another one.")
            return
        screen = CompareScreen(found.prompt.text, found.turns, found.shown)
        chosen: int | None = await self._stage.app.push_screen_wait(screen)
        if chosen is not None and self._shelf.shown is shown:
            await self._walk(shown, found.turns[found.shown].id, 0, str(chosen + 1))

    async def _walk(self, opened: OpenSession, at: str, count: int, argument: str) -> None:
        number = int(argument) if argument.isdecimal() else 0
        if argument and not number:
            self._stage.refuse("A branch is named by its number, as in: /sibling 2")
            return
        found = await asyncio.to_thread(
            _beside, opened.session, opened.walked or opened.leaf, at, count, number
        )
        if isinstance(found, str):
            self._stage.refuse(found, "information")
            return
        self._show(opened, found)
        opened.walked = found.end
        self._walked += 1
        walked = self._walked

        async def keep() -> None:
            if walked == self._walked:
                await self._desk.keep_shown(opened)

        self._stage.wait(KEEP_S, keep)

    async def _delete(self, opened: OpenSession, at: str) -> None:
        if not await self._talk.may_write(opened):
            return
        end = opened.walked or opened.leaf
        count, branch = await asyncio.to_thread(_deleted, opened.session, at or end)
        if not count:
            self._stage.tell("There is nothing to delete yet.")
            return
        opened.walked = ""
        self._show(opened, branch)
        what = "This turn is" if count == 1 else f"This turn and {count - 1:,} below it are"
        undo = self._stage.way("turn.undelete")
        self._stage.tell(f"{what} deleted; {undo} undoes that, also after a restart.")

    async def _undelete(self, opened: OpenSession) -> None:
        if not await self._talk.may_write(opened):
            return
        branch = await asyncio.to_thread(_brought_back, opened.session)
        if branch is None:
            self._stage.tell("Nothing is deleted here.")
            return
        opened.walked = ""
        self._show(opened, branch)
        self._stage.tell("What was deleted last is back.")

    def _show(self, opened: OpenSession, branch: _Branch) -> None:
        opened.path, opened.leaf = branch.path, branch.leaf
        if self._shelf.shown is opened:
            self._stage.conversation.show(opened.shown_path(), opened.places, at=branch.at)
            self._talk.branch_shown(opened)


def _beside(session: Session, end: str, at: str, count: int, number: int) -> _Branch | str:
    """Return the branch of a sibling, or why there is none.

    Args:
        session: has the branches.
        end: the last turn of the one that is shown.
        at: the turn at the cursor; empty for the last that has siblings. So is one that has none.
        count: how many siblings further, back for a negative number.
        number: which of them instead, counted from 1.
    """
    path = session.path_to(end)
    turn_id = ""
    for index in range(len(path)):
        each = path.id_of(index)
        turn_id = each if each in path.places else turn_id
        if each == at:
            break
    if not turn_id:
        return "There is no other branch here; asking again or editing a prompt makes one."
    siblings = session.siblings(turn_id)
    index = number - 1 if number else siblings.index(turn_id) + count
    if not 0 <= index < len(siblings):
        which = (
            f"no branch {number}" if number else f"no branch {'after' if count > 0 else 'before'} this one"
        )
        return f"There is {which}, of {len(siblings)}."
    return _branch(session, session.tree().leaf_below(siblings[index]), siblings[index])


def _answered_by(session: Session, turn_id: str) -> set[Choice]:
    """Return who gave the answers to a prompt, of which the turn is one or the prompt itself."""
    prompt, _ = asked_and_answer(session, turn_id)
    answers = [session.turn(each) for each in session.tree().children(prompt.id)] if prompt else []
    return {
        (each.params.endpoint, each.params.model) for each in answers if each.params and each.says_something
    }


def _branch(session: Session, end: str, at: str) -> _Branch:
    path: BranchPath | TurnList = session.path_to(end) if end else TurnList()
    return _Branch(path, leaf_after(path)[0], end, at)


def _deleted(session: Session, turn_id: str) -> tuple[int, _Branch]:
    """Delete a turn and all below it; return how many turns that are, and the branch to show then."""
    tree = session.tree()
    turn_id = turn_id or session.path_to().last
    if turn_id not in tree:
        return 0, _Branch(TurnList(), "", "", "")
    siblings = session.siblings(turn_id)
    others = [each for each in siblings if each != turn_id]
    count, end = len(tree.below(turn_id)), tree.beside(turn_id, siblings)
    session.delete(turn_id, end)
    branch = _branch(session, end, next((each for each in others if end in tree.below(each)), end))
    # A prompt whose only answer goes stays, to be asked again or gone on from.
    return count, branch if others else branch._replace(leaf=end)


def _brought_back(session: Session) -> _Branch | None:
    turn_id = session.undelete()
    return _branch(session, session.path_to().last, turn_id) if turn_id else None
