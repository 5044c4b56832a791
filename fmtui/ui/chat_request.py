"""Showing what would be sent: the part of the chat screen behind `/request`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from fmtui.core.chat import Turn
from fmtui.core.errors import FmtuiError
from fmtui.ui.chat_leads import asked_and_answer
from fmtui.ui.chat_marked import CONTEXT_ID
from fmtui.ui.chat_replies import Question
from fmtui.ui.request_screen import RequestScreen

if TYPE_CHECKING:
    from fmtui.core.written import Form
    from fmtui.ui.chat_parts import Services
    from fmtui.ui.chat_sessions import OpenSession


class Showing:
    """Shows a request before it is sent, or as it would be sent again."""

    def __init__(self, services: Services) -> None:
        self._stage = services.stage
        self._shelf = services.shelf
        self._choices = services.choices
        self._talk = services.talk
        self._replies = services.replies

    async def do(self, command_id: str, _argument: str = "") -> bool:
        """Do `/request`; it is the only command."""
        if command_id != "reply.request":
            return False
        self._stage.start_worker(self._show(), "dialog")
        return True

    async def _show(self) -> None:
        await self._shelf.ready.wait()
        shown = self._shelf.shown
        if shown is None:
            return
        chosen = self._choices.chosen()
        try:
            what, prompt = await self._prompt(shown)
            if prompt is None:
                self._stage.tell("There is nothing to send yet: type a prompt.", "warning")
                return
            question = Question(chosen.endpoint, await self._choices.settled(chosen), prompt)
            written = await self._replies.written(shown, question)
        except FmtuiError as error:
            self._stage.tell(error, "warning")
            return
        text = await asyncio.to_thread(written.form, "request")
        forms: dict[Form, str] = {"curl": "curl", "python": "Python", "json": "its JSON"}
        copies: dict[str, tuple[str, Callable[[], str]]] = {
            form: (name, partial(written.form, form)) for form, name in forms.items()
        }
        self._stage.app.push_screen(RequestScreen(what, text, copies))

    async def _prompt(self, opened: OpenSession) -> tuple[str, Turn | None]:
        """Return what is shown, in words, and its prompt: that at the cursor, the typed one, or the last."""
        at = self._stage.conversation.cursor_turn
        at = "" if at == CONTEXT_ID else at
        typed = self._stage.prompt.unsent
        if typed.strip() and not at:
            editing = opened.editing
            parent = opened.leaf if editing is None else editing.turn.parent
            return "what is typed", Turn.prompt(await self._talk.whole(typed), parent)
        leaf = at or opened.leaf
        prompt = (await asyncio.to_thread(asked_and_answer, opened.session, leaf))[0] if leaf else None
        return ("the prompt at the cursor, asked again" if at else "the last prompt, asked again"), prompt
