"""An app that opens a dialog over a screen with commands, for the tests of dialogs."""

from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen

from fmtui.ui.commands import bindings
from fmtui.ui.rows import RowList
from fmtui.ui.status import StatusLine


class HostScreen(Screen[None]):
    """Has the commands, as the chat screen has."""

    BINDINGS = bindings()  # type: ignore[assignment]  # a list of Binding is what Textual reads

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[str] = []

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield RowList(empty="none yet")

    def action_command(self, id_: str) -> None:
        self.ran.append(id_)


class DialogApp(App[None]):
    """Opens one dialog and records what it returned."""

    ENABLE_COMMAND_PALETTE = False  # as in fmtui

    def __init__(self, dialog: ModalScreen[Any] | None = None) -> None:
        super().__init__()
        self.animation_level = "none"  # as in fmtui
        self.dialog = dialog
        self.host = HostScreen()
        self.results: list[Any] = []

    def get_default_screen(self) -> Screen[None]:
        return self.host

    def on_mount(self) -> None:
        if self.dialog is not None:
            self.push_screen(self.dialog, self.results.append)


def screen_text(pilot: Pilot[None]) -> str:
    """Return the characters on the screen."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)
