"""What all dialogs look like."""

from __future__ import annotations

from textual.events import Mount
from textual.screen import ModalScreen, ScreenResultType

from fmtui.ui.rest import spares_bytes


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

    def _on_mount(self, _event: Mount) -> None:
        if spares_bytes(self.app):
            # To darken what is below it takes as long as the dialog itself, and as long again afterwards.
            self.styles.background = "transparent"

    def action_leave(self) -> None:
        """Leave without a result."""
        self.dismiss()
