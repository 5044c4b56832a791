"""A screen whose changes are found with less work than Textual takes."""

from __future__ import annotations

from textual.screen import Screen

from fmtui.ui.terminal.compositor import SparingCompositor
from fmtui.ui.terminal.known import strange


class LeanScreen(Screen[None]):
    """A screen that draws only what changed, if the framework is the known one.

    Args:
        lean: whether it may.
        classes: CSS classes.
    """

    def __init__(self, *, lean: bool, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        if lean and not strange():
            self._compositor = SparingCompositor()
