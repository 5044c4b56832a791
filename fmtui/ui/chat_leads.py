"""What comes before a request: the part of the chat screen that finds out what to ask, and shows it.

Until the request is about to leave, the screen stays as it is; what is asked anew gets a
place beside what there is, and nothing is written over.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from fmtui.core.chat import Turn
from fmtui.core.continuing import can_continue
from fmtui.core.errors import FmtuiError, SessionLockedError
from fmtui.ui.chat_choices import Choices, Chosen
from fmtui.ui.chat_context import Contexts
from fmtui.ui.chat_pictures import Sight
from fmtui.ui.chat_replies import Question
from fmtui.ui.chat_sessions import OpenSession
from fmtui.ui.chat_shelf import Shelf, Stage

if TYPE_CHECKING:  # sessions bring it
    from fmtui.core.sessions import Session


class Leads:
    """Leads up to the requests of sessions.

    Args:
        stage: the screen.
        contexts: keeps requests within the model's window.
        sight: knows what pictures a model takes.
    """

    def __init__(
        self, stage: Stage, shelf: Shelf, choices: Choices, contexts: Contexts, sight: Sight
    ) -> None:
        self._sight = sight
        self._stage = stage
        self._shelf = shelf
        self._choices = choices
        self._contexts = contexts

    async def may_write(self, opened: OpenSession) -> bool:
        """Return whether the session can be added to; say why not."""
        if await self._shelf.take_over(opened):
            return True
        owner = opened.session.owner
        why = (
            f"Nothing is added here while {owner} has this session"
            if owner
            else "This session is only read here"
        )
        self._stage.tell(f"{why}; {self._stage.way('session.new')} starts a new one.", "warning")
        return False

    async def prompt(
        self, opened: OpenSession, prompt: Turn, chosen: Chosen, anew: Turn | None = None
    ) -> Question | None:
        """Bring a prompt on the screen and on the disk, and find out how to ask.

        Args:
            opened: its session.
            prompt: what was typed.
            chosen: whom to ask, with what.
            anew: the prompt that it is a sibling of, if it is not added at the end.
        """
        if not await self.may_write(opened) or not await self._sight.takes(prompt, chosen):
            return None
        siblings = 0
        if anew is not None:
            siblings = len(await asyncio.to_thread(opened.session.siblings, anew.id))
        elif prompt.parent != opened.leaf:  # taken over from a window that went on with it
            prompt = opened.prompt = replace(prompt, parent=opened.leaf)
        if self._shelf.shown is opened:
            conversation = self._stage.conversation
            conversation.drop_after(prompt.parent)
            if siblings:
                conversation.place(prompt.id, siblings + 1, siblings + 1)
            conversation.begin(prompt)
            conversation.follow()
        try:
            await asyncio.to_thread(opened.session.append, prompt)
        except SessionLockedError as error:
            self._stage.tell(error, "warning")
            return None
        except FmtuiError as error:
            self._shelf.storage_failed(error)
        opened.walked = ""
        self._stage.start_worker(self._kept(opened), "kept")
        question = Question(chosen.endpoint, await self._choices.settled(chosen), prompt)
        return question if await self._contexts.fits(opened, question) else None

    async def _kept(self, opened: OpenSession) -> None:
        """Drop the draft of what is a turn on the disk now, and list the session as it is."""
        await self._shelf.keep(opened)
        await self._shelf.list_sessions()

    async def again(self, opened: OpenSession, chosen: Chosen, turn_id: str = "") -> Question | None:
        """Find the prompt to ask again.

        Args:
            opened: its session.
            chosen: whom to ask, with what.
            turn_id: the prompt, or an answer to it; empty for the last prompt that is shown.
        """
        if not await self.may_write(opened):
            return None
        prompt, _ = await asyncio.to_thread(asked_and_answer, opened.session, turn_id or opened.leaf)
        if prompt is None:
            self._stage.tell("There is no answered prompt to ask again.", "warning")
            return None
        return await self._beside(
            opened, Question(chosen.endpoint, await self._choices.settled(chosen), prompt)
        )

    async def rest(self, opened: OpenSession, turn_id: str = "") -> Question | None:
        """Find the answer to go on with, and the prompt that it answers.

        It is asked of the model that gave the answer, with `max_tokens` as it is set now; where
        that one's endpoint is not offered any more, of the model that is chosen.

        Args:
            opened: its session.
            turn_id: the answer; empty for the last one that is shown.
        """
        if not await self.may_write(opened):
            return None
        found = await asyncio.to_thread(asked_and_answer, opened.session, turn_id or opened.leaf)
        prompt, cut = found
        why = can_continue(cut) if cut is not None else "There is no reply to continue."
        if why or cut is None or prompt is None:
            self._stage.tell(why or "There is no prompt that it answers.", "warning")
            return None
        chosen, asked = self._choices.chosen(), cut.params
        params = await self._choices.settled(chosen)
        endpoint = chosen.endpoint
        if asked is not None and asked.model:
            for each in self._choices.endpoints:
                if each.name == asked.endpoint:
                    endpoint = each
                    params = replace(asked, max_tokens=params.max_tokens)
        return await self._beside(opened, Question(endpoint, params, prompt, cut))

    async def _beside(self, opened: OpenSession, question: Question) -> Question | None:
        """Make room for one more answer to a prompt that has some."""
        if not await self._contexts.fits(opened, question):
            return None
        prompt = opened.prompt = question.prompt
        opened.coming = await asyncio.to_thread(_answers, opened.session, prompt.id) + 1
        if self._shelf.shown is opened:
            self._stage.conversation.drop_after(prompt.id)
            self._stage.conversation.follow()
        return question


def asked_and_answer(session: Session, turn_id: str) -> tuple[Turn | None, Turn | None]:
    """Return a prompt and its answer, of which the turn is one; either may be missing."""
    turns = session.path_to(turn_id) if turn_id else ()
    answer: Turn | None = None
    for index in range(len(turns) - 1, -1, -1):
        turn = turns[index]
        if turn.role == "user":
            return turn, answer
        answer = answer or turn
    return None, answer


def _answers(session: Session, prompt_id: str) -> int:
    """Return how many answers a prompt has that the user may want to come back to."""
    answers = session.tree().children(prompt_id)
    return len([each for each in answers if session.turn(each).says_something])
