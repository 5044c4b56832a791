"""A screen whose changes are found with less work than Textual takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fmtui.ui.terminal.compositor import SparingCompositor
from fmtui.ui.terminal.known import strange

if TYPE_CHECKING:
    from textual.screen import Screen

    _Base = Screen[None]
else:  # one part of a screen: Textual goes through each class of one, which takes longer than its import
    _Base = object


class LeanScreen(_Base):
    """What a screen is that draws only what changed, if the framework is the known one.

    Args:
        lean: whether it may.
        classes: CSS classes.
    """

    def __init__(self, *, lean: bool, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        if lean and not strange():
            self._compositor = SparingCompositor()
