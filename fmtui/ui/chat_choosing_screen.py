"""The part of the chat screen that hands on what is chosen in the sidebar."""

from __future__ import annotations

from collections.abc import Awaitable

from textual import on
from textual.worker import Worker

from fmtui.ui.chat_choices import Choices
from fmtui.ui.chat_choosing import Choosing
from fmtui.ui.chat_reading import ReadingScreen
from fmtui.ui.sidebar import Sidebar


class ChoosingScreen(ReadingScreen):
    """A screen that hands on what the user chooses to be asked with."""

    _choices: Choices
    _choosing: Choosing

    def start_worker(self, work: Awaitable[None], group: str) -> Worker[None]:
        """Run something beside the screen until it ends or the screen goes."""
        return self.run_worker(work, group=group, exit_on_error=False)

    @on(Sidebar.Assigned)
    def _assigned(self, message: Sidebar.Assigned) -> None:
        self._choosing.assign(message.name, message.text)

    @on(Sidebar.ParametersRequested)
    def _parameters_wanted(self) -> None:
        self._choosing.set_parameter("params.show", "")

    @on(Sidebar.EndpointChosen)
    def _endpoint_chosen(self, message: Sidebar.EndpointChosen) -> None:
        self._choices.choose_endpoint(message.name)
        self._choosing.changed()

    @on(Sidebar.ModeChosen)
    def _mode_chosen(self, message: Sidebar.ModeChosen) -> None:
        self._choices.mode = message.choice
        self._choosing.changed()

    @on(Sidebar.ModelPickerRequested)
    def pick_model(self) -> None:
        """Let the user choose a model."""
        self.start_worker(self._choosing.switch_model(), "dialog")
