"""A view that may stop following once a reply fills the window: the reader starts at its first line."""

from __future__ import annotations

from typing import Any

from fmtui.core.chat import Turn
from fmtui.ui.conversation.places import Position, moved, start_of
from fmtui.ui.conversation.view import View


class StoppingView(View):
    """Follows replies to their end, or until their first line is at the top; takes what `View` does."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.goes_along = True
        """Whether following goes on when a reply fills the window."""
        self._stops = False  # whether it ends where the last turn begins at the top

    def begin_reply(self, turn: Turn) -> None:
        """Add a reply that is coming at the end."""
        super().begin_reply(turn)
        self._stops = self.following and not self.goes_along

    def follow(self) -> None:
        """Go to the end and stay there."""
        super().follow()
        self._stops = False

    @property
    def top(self) -> Position:
        """The line in the first row."""
        top = super().top
        start = start_of(len(self.entries) - 1)
        if not (self._stops and self.following and top > start):
            return top
        self.following = self._stops = self._held = False
        self._top = start
        self._seen = moved(self.entries, start, self.height)
        return start
