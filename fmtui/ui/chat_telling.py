"""The part of the chat screen that shows notices."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

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
    from fmtui.ui.prompt import Prompt

NOTICE_S = 8.0
"""Seconds for which a notice stays."""
BACK_S = 0.5
"""Seconds until what was typed for a command that is refused comes back: what was typed right behind it,
on a slow line in one go with it, must not become its end."""


class TellingScreen(LeanScreen):
    """What a screen is that shows notices above its prompt."""

    bottom: Widget
    """What notices stand above: the prompt, or its place while there is none."""
    conversation: Conversation
    table: Sequence[Command]
    """The commands, with the keys that the user has for them."""
    _notices: Notices | None = None
    _pending: PendingBar | None = None

    def __init__(self, *, lean: bool, classes: str | None = None) -> None:
        self._commands: WeakKeyDictionary[asyncio.Task[None], str] = WeakKeyDictionary()
        """Commands that are done, as they were typed, by what does them."""
        super().__init__(lean=lean, classes=classes)

    @property
    @abstractmethod
    def prompt(self) -> Prompt:
        """The editor."""

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

    async def as_typed(self, text: str, doing: Awaitable[None]) -> None:
        """Do a command that was typed, which comes back if it is refused, unless it is a bare name.

        That would mostly be in the way of what is typed next; undo brings it back.
        """
        if (task := asyncio.current_task()) is not None and len(text.split(None, 1)) > 1:
            self._commands[task] = text
        await doing

    def _go_on_for(self, task: asyncio.Task[None]) -> None:
        """Take note that work was begun, maybe for a command that was typed."""
        if text := self._typed_now:
            self._commands[task] = text

    @property
    def _typed_now(self) -> str:
        """The command for which this is run, as it was typed; empty for one that came by a key."""
        task = asyncio.current_task()
        return "" if task is None else self._commands.get(task, "")

    def refuse(self, why: FmtuiError | str, severity: Severity = "warning") -> None:
        """Say why a command is not done; what was typed for it comes back, unless the user went on since."""
        self.tell(why, severity)
        if text := self._typed_now:
            self.set_timer(BACK_S, lambda: self.prompt.take_back(text))

    def tell_for(self, seconds: float, words: str, severity: Severity = "information") -> None:
        """Show a notice for so many seconds."""
        if not self.is_attached:
            return
        if self._notices is None:
            from fmtui.ui.notices import Notices  # noqa: PLC0415 - see above

            self._notices = Notices(lambda: self.is_active)
            self.mount(self._notices, before=self.bottom)
        self._notices.tell(words, severity, seconds)
