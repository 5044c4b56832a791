"""The part of the chat screen that hands on what is done while a conversation is read."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from fmtui.core.text import one_line
from fmtui.ui.chat_telling import TellingScreen
from fmtui.ui.conversation.widget import Conversation
from fmtui.ui.terminal.app import LeanApp

if TYPE_CHECKING:  # after the first frame
    from fmtui.ui.chat_works import Works
    from fmtui.ui.find_bar import FindBar

TITLE = 60
"""Characters of a session's title in that of the window."""


class ReadingScreen(TellingScreen):
    """What a screen is that hands on what the conversation and the row for finding text report."""

    conversation: Conversation

    @property
    @abstractmethod
    def _works(self) -> Works:
        """What works behind what is seen."""

    def put_on_clipboard(self, text: str) -> None:
        """Copy what was cut or copied in a field."""
        self._works.reading.put_on_clipboard(text)

    def send_to_terminal(self, data: str) -> None:
        """Write a sequence to the terminal that changes nothing that is seen."""
        if isinstance(self.app, LeanApp):
            self.app.send_to_terminal(data)

    def entitle(self, title: str) -> None:
        """Name the window of the terminal by what is shown in it."""
        if isinstance(self.app, LeanApp):
            self.app.entitle(f"{one_line(title, TITLE)} - fmtui" if title else "fmtui")

    async def show_bar(self, bar: FindBar) -> None:
        """Show the row for finding text: below the prompt, which it does not cover."""
        await self.mount(bar, after=self.prompt)

    async def show_found(self, text: str, turn_id: str, nth: int = 0) -> None:
        """Go to what was found in a turn of the conversation, past as many places before it."""
        await self._works.reading.show_found(text, turn_id, nth)

    def _on_find_bar_typed(self, message: FindBar.Typed) -> None:
        if message.text != self.conversation.sought:
            self.conversation.find(message.text)

    def _on_find_bar_stepped(self, message: FindBar.Stepped) -> None:
        self.conversation.find_next(message.count)

    def _on_find_bar_entered(self) -> None:
        self._works.reading.entered()

    def _on_find_bar_closed(self) -> None:
        self._works.reading.close()

    def _on_conversation_find_changed(self, message: Conversation.FindChanged) -> None:
        self._works.reading.found(message)

    def _on_conversation_selected(self) -> None:
        self._works.reading.selected()

    def _on_conversation_link_shown(self, message: Conversation.LinkShown) -> None:
        self._works.reading.show_link(message.target)

    def _on_conversation_link_chosen(self, message: Conversation.LinkChosen) -> None:
        self._works.reading.choose_link(message.target)
