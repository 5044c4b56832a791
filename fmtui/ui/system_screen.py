"""The dialog that shows the session's system prompt, and changes it."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from fmtui.ui.dialog import Dialog
from fmtui.ui.prompt import Prompt
from fmtui.ui.system_editor import SystemEditor


class SystemScreen(Dialog[str | None]):
    """Returns the text as it was kept, empty to take it back; None when the user left.

    Args:
        text: what there is.
        source: where it comes from: `session` or `endpoint`; empty when there is none.
    """

    BINDINGS = [Binding("escape", "leave", show=False)]

    DEFAULT_CSS = """
    SystemScreen > Vertical {
        width: 92;
        max-height: 90%;
    }
    SystemScreen SystemEditor {
        min-height: 5;
        max-height: 60vh;
    }
    SystemScreen Static {
        height: auto;
        color: $text-muted;
        &:ansi { text-style: dim; }
    }
    """

    def __init__(self, text: str, source: str) -> None:
        super().__init__()
        self._text = text
        self._source = source

    def compose(self) -> ComposeResult:
        """Lay out the editor, and what else there is to know."""
        editor = SystemEditor("What the model is told before everything else")
        editor.restore(self._text)
        box = Vertical()
        origin = {"session": "set for this session", "endpoint": "from the configuration"}.get(
            self._source, ""
        )
        box.border_title = Content(f"System prompt · {origin}" if origin else "System prompt · none")
        box.border_subtitle = Content("Enter keeps it · Ctrl+J adds a line · Esc leaves")
        with box:
            yield editor
            yield Static(
                "Kept with the session. Empty, it is the configuration's again. /system NAME takes that of "
                "one of your prompts, /system back the one before.",
                markup=False,
            )

    def on_mount(self) -> None:
        """Begin in the editor."""
        self.query_one(SystemEditor).focus()

    @on(Prompt.Submitted)
    def _kept(self, message: Prompt.Submitted) -> None:
        message.stop()
        self.dismiss(message.text)
