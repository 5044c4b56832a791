"""What all dialogs look like."""

from __future__ import annotations

from textual.screen import ModalScreen, ScreenResultType


class Dialog(ModalScreen[ScreenResultType]):
    """A framed box over the chat: the one container that is right below the screen."""

    DEFAULT_CSS = """
    Dialog {
        align: center middle;
    }
    Dialog > Vertical, Dialog > VerticalScroll {
        width: 76;
        max-width: 96%;
        height: auto;
        padding: 0 1;
        background: $surface;
        border: round $primary;
        border-title-color: $text;
        border-subtitle-color: $text-muted;
        scrollbar-size-vertical: 1;
    }
    """

    def action_leave(self) -> None:
        """Leave without a result."""
        self.dismiss()
