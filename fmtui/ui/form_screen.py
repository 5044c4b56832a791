"""What all dialogs are in which fields stand below each other, with a word about them at the end."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from textual import on
from textual.binding import Binding
from textual.events import DescendantFocus
from textual.screen import ScreenResultType
from textual.widget import Widget

from fmtui.ui.dialog import Dialog


class FormScreen(Dialog[ScreenResultType]):
    """Fields in a column that scrolls; the arrows go to the next, and stay at the ends as in lists."""

    BINDINGS = [
        Binding("escape", "leave", show=False),
        Binding("up", "go(-1)", show=False),
        Binding("down", "go(1)", show=False),
    ]

    HAS_FIELDS = True
    """Tells what keeps keys that an arrow changes what the next one is for."""

    DEFAULT_CSS = """
    FormScreen > Vertical {
        max-height: 94%;
    }
    FormScreen VerticalScroll {
        height: auto;
        scrollbar-size-vertical: 1;
    }
    """

    @abstractmethod
    def fields(self) -> Sequence[Widget]:
        """Return the fields, in the order in which they are shown."""

    @on(DescendantFocus)
    def _bring_into_view(self, event: DescendantFocus) -> None:
        event.widget.scroll_visible(animate=False)

    def action_go(self, by: int) -> None:
        """Move the focus to the field above or below."""
        fields = self.fields()
        here = next((index for index, field in enumerate(fields) if field.has_focus_within), 0)
        fields[max(0, min(len(fields) - 1, here + by))].focus()
