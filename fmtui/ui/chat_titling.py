"""A title that the model finds: the part of the chat screen behind `/title`."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from fmtui.core.chat import Said, Turn
from fmtui.core.errors import FmtuiError
from fmtui.core.text import money, one_line
from fmtui.ui.chat_replies import Question
from fmtui.ui.chat_sessions import OpenSession
from fmtui.ui.chat_shelf import while_running
from fmtui.ui.figures import ended_line

if TYPE_CHECKING:
    from fmtui.ui.chat_parts import Services

TITLER = "You name conversations. Answer with the name alone."
INSTRUCTION = (
    "Name this conversation in its own language, in at most seven words, without quotes and full stop.\n\n"
    "It begins:\n{prompt}\n\nIt ends:\n{answer}"
)
TOKENS = 300
"""max_tokens of the request: a title is short, but some models think first."""
SHOWN = 1500
"""Characters of the first prompt and of the last answer that are sent."""
LENGTH = 60

_BEFORE = re.compile(r"^(?:title|name)\s*:\s*", re.IGNORECASE)
_AROUND = " \t\"'`*#_“”„‚‘’«».:"


class Titling:
    """Asks the model for a title of the shown session."""

    def __init__(self, services: Services) -> None:
        self._stage = services.stage
        self._shelf = services.shelf
        self._choices = services.choices
        self._replies = services.replies

    async def do(self, command_id: str, _argument: str = "") -> bool:
        """Do `/title`; it is the only command."""
        if command_id != "session.title":
            return False
        await self._shelf.ready.wait()
        shown = self._shelf.shown
        if shown is None:
            pass
        elif shown.running:
            self._stage.refuse(while_running(self._stage))
        elif not shown.leaf:
            self._stage.tell("There is nothing to name yet; /rename sets a title.", "warning")
        elif not self._choices.chosen().params.model:
            lists = f"{self._stage.way('model.switch')} lists them"
            self._stage.tell(f"No model is chosen; {lists}. /rename sets a title without one.", "warning")
        else:
            self._replies.start(shown, lambda: self._lead(shown))
        return True

    async def _lead(self, opened: OpenSession) -> None:
        """Ask; nothing of it becomes a turn, and the conversation is shown as it was."""
        if not await self._shelf.take_over(opened):
            self._stage.tell("This session can only be read here.", "warning")
            return
        chosen = self._choices.chosen()
        settled = await self._choices.settled(chosen)
        params = replace(settled, system=TITLER, max_tokens=TOKENS, stop=(), suffix="", echo=None)
        said = await asyncio.to_thread(_said, opened)
        stop = self._stage.way("reply.stop")
        self._stage.tell(f"One small request to {one_line(params.model, 60)} for a title; {stop} stops it.")
        question = Question(chosen.endpoint, params, Turn("", "user", "", opened.leaf))
        try:
            turn = await self._replies.aside(opened, question, [Said("user", said)])
        finally:
            await self._shelf.show_again(opened)
        title = clean(turn.text)
        if turn.outcome != "complete" or not title:
            words = ended_line(turn)[0] if turn.outcome != "complete" else "the model said nothing"
            self._stage.tell(f"There is no new title: {words}", "warning")
            return
        try:
            await asyncio.to_thread(opened.session.rename, title)
        except FmtuiError as error:
            self._stage.tell(error, "warning")
            return
        cost = "" if turn.cost is None else f", for {money(turn.cost)}"
        self._stage.tell(f"Titled “{title}”{cost}.")


def _said(opened: OpenSession) -> str:
    path = opened.session.path_to(opened.leaf)
    turns = [path[index] for index in range(len(path))] if len(path) <= 2 else [path[0], path[len(path) - 1]]
    prompt = next((turn.text for turn in turns if turn.role == "user"), "")
    answer = next((turn.text for turn in reversed(turns) if turn.role == "assistant"), "")
    return INSTRUCTION.format(prompt=prompt[:SHOWN], answer=answer[-SHOWN:])


def clean(text: str) -> str:
    """Return a title in what a model said: its first line that says something, without decoration."""
    for line in text.splitlines():
        words = one_line(_BEFORE.sub("", line.strip(_AROUND))).strip(_AROUND)
        if words:
            return one_line(words, LENGTH)
    return ""
