"""The part of the chat screen that hands on what is chosen in the sidebar."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import TYPE_CHECKING

from textual.worker import Worker

from fmtui.ui.chat_choices import Choices
from fmtui.ui.chat_choosing import Choosing
from fmtui.ui.chat_reading_screen import ReadingScreen
from fmtui.ui.setup import Setup
from fmtui.ui.sidebar import Sidebar

if TYPE_CHECKING:  # after the first frame
    from fmtui.ui.completion import Completing
    from fmtui.ui.prompt import Prompt


class ChoosingScreen(ReadingScreen):
    """What a screen is that hands on what the user chooses to be asked with."""

    _choices: Choices
    _choosing: Choosing
    _setup: Setup
    _completing: Completing | None = None

    def start_worker(self, work: Awaitable[None], group: str) -> Worker[None]:
        """Run something beside the screen until it ends or the screen goes."""
        worker = self.run_worker(work, group=group, exit_on_error=False)
        task = worker._task  # noqa: SLF001 - what ends it without a word
        if task is not None:
            self._go_on_for(task)
            if isinstance(work, Coroutine):
                # Work that is cancelled before it began has to be closed, or Python complains of it.
                task.add_done_callback(lambda _: work.close())
        return worker

    def complete_words(self) -> None:
        """Offer from now on what words of the prompt may become."""
        from fmtui.ui.chat_completing import completing  # noqa: PLC0415 - after the first frame

        self._completing = completing(
            self.prompt, self.mount, self.start_worker, self.table, self._setup, self._works.attaching
        )
        self._completing.rows_below = self._pending_rows

    def _on_text_area_changed(self, message: Prompt.Changed) -> None:
        if self._completing is not None and message.text_area is self.prompt:
            self._completing.look()

    def on_descendant_blur(self) -> None:
        """Close what is offered for a word once the prompt is left."""
        if self._completing is not None and not self.prompt.has_focus:
            self._completing.close()

    def _on_sidebar_assigned(self, message: Sidebar.Assigned) -> None:
        self._choosing.assign(message.name, message.text)

    def _on_sidebar_parameters_requested(self) -> None:
        self._choosing.set_parameter("params.show", "")

    def _on_sidebar_endpoint_chosen(self, message: Sidebar.EndpointChosen) -> None:
        self._choices.choose_endpoint(message.name)
        self._choosing.changed()

    def _on_sidebar_mode_chosen(self, message: Sidebar.ModeChosen) -> None:
        self._choices.mode = message.choice
        self._choosing.changed()

    def _on_sidebar_model_picker_requested(self) -> None:
        self.start_worker(self._choosing.switch_model(), "dialog")
