"""The part of the chat screen that shows notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget

from fmtui.core.errors import FmtuiError
from fmtui.ui.command import Command
from fmtui.ui.commands import way_to
from fmtui.ui.terminal.screen import LeanScreen

if TYPE_CHECKING:  # there is no notice on the first frame
    from fmtui.ui.chat_shelf import Severity
    from fmtui.ui.conversation.widget import Conversation
    from fmtui.ui.notices import Notices
    from fmtui.ui.pending_bar import PendingBar

NOTICE_S = 8.0
"""Seconds for which a notice stays."""


class TellingScreen(LeanScreen):
    """What a screen is that shows notices above its prompt."""

    bottom: Widget
    """What notices stand above: the prompt, or its place while there is none."""
    conversation: Conversation
    table: Sequence[Command]
    """The commands, with the keys that the user has for them."""
    _notices: Notices | None = None
    _pending: PendingBar | None = None

    def way(self, command_id: str) -> str:
        """Return how a command is reached: its first key, else what is typed for it."""
        return way_to(command_id, self.table, reading=self.conversation.has_focus)

    def pending(self, rows: Sequence[str]) -> None:
        """Show what is not sent yet, right above the prompt."""
        if self._pending is None:
            if not rows:
                return
            from fmtui.ui.pending_bar import PendingBar  # noqa: PLC0415 - see above

            self._pending = PendingBar()
            self.mount(self._pending, before=self.bottom)
        self._pending.say(rows)

    def _pending_rows(self) -> int:
        """Return how many rows are said of what is not sent yet."""
        most = self.size.height // 3
        return 0 if self._pending is None else min(most, len(self._pending.words.splitlines()))

    def tell(self, problem: FmtuiError | str, severity: Severity = "information") -> None:
        """Show a notice; foreign text in it acts on nothing."""
        self.tell_for(NOTICE_S, str(problem), severity)

    def tell_for(self, seconds: float, words: str, severity: Severity = "information") -> None:
        """Show a notice for so many seconds."""
        if not self.is_attached:
            return
        if self._notices is None:
            from fmtui.ui.notices import Notices  # noqa: PLC0415 - see above

            self._notices = Notices(lambda: self.is_active)
            self.mount(self._notices, before=self.bottom)
        self._notices.tell(words, severity, seconds)
