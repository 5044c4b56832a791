"""The one line at the bottom of the screen."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from fmtui.core.text import one_line
from fmtui.ui.figures import Tone
from fmtui.ui.fitting import cells, fit


class StatusLine(Widget):
    """One row: what is going on at the left, what can be done at the right.

    It never becomes two rows. Where both do not fit the right part goes first, then the left
    is cut. The colour repeats what the words say.
    """

    COMPONENT_CLASSES = {"status--right"}

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        padding: 0 1;
        color: $text-muted;
        &:ansi { text-style: dim; }
        & .status--right { color: $text-muted; }
        &.-good { color: $text-success; text-style: none; }
        &.-warning { color: $text-warning; text-style: none; }
        &.-error { color: $text-error; text-style: none; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._left = self._right = ""
        self._tone: Tone = "plain"

    def show(self, left: str, right: str = "", tone: Tone = "plain") -> None:
        """Say something else; the texts may be anyone's."""
        if (left, right, tone) == (self._left, self._right, self._tone):
            return
        if tone != self._tone:
            self.remove_class(f"-{self._tone}").add_class(f"-{tone}")
        self._left, self._right, self._tone = left, right, tone
        self.refresh()

    def render(self) -> Content:
        """Return the row."""
        width = self.content_size.width
        left, right = one_line(self._left, 500), one_line(self._right, 500)
        gap = width - cells(left) - cells(right)
        if not right or gap < 2:
            return Content(fit(left, width))
        muted = self.get_visual_style("status--right")
        return Content.assemble(left, " " * gap, (right, muted))
