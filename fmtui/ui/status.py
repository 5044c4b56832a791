"""The one line at the bottom of the screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from fmtui.core.text import one_line
from fmtui.ui.figures import SEPARATOR, Tone
from fmtui.ui.fitting import cells, fit
from fmtui.ui.looks import MUTED, look
from fmtui.ui.painting import Paint

_GAP = 2
"""Blanks at least between the left and the right."""


class StatusLine(Widget):
    """One row: what is going on at the left, what can be done at the right.

    It never becomes two rows. Where all does not fit, the left part is said in ever fewer words
    as far as that is enough; else the right part goes first, then the left is cut. What must be
    seen stays at the right. The colour repeats what the words say.
    """

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        padding: 0 1;
        color: $text-muted;
        &:ansi { text-style: dim; }
        &.-good { color: $text-success; text-style: none; }
        &.-warning { color: $text-warning; text-style: none; }
        &.-error { color: $text-error; text-style: none; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._left = self._right = self._urgent = ""
        self._fewer: Sequence[str] = ()
        self._tone: Tone = "plain"

    def show(
        self,
        left: str,
        right: str = "",
        tone: Tone = "plain",
        *,
        urgent: str = "",
        fewer: Sequence[str] = (),
        paint: Paint = Widget.refresh,
    ) -> None:
        """Say something else; the texts may be anyone's.

        Args:
            left: what is going on.
            right: what can be done.
            tone: of the left part.
            urgent: what must be seen however narrow the screen is; stands before the right part.
            fewer: the left part in ever fewer words, for where it leaves no room for the right one.
            paint: has the line painted.
        """
        shown = self._left, self._right, self._tone, self._urgent, self._fewer
        if (left, right, tone, urgent, fewer) == shown:
            return
        if tone != self._tone:
            self.remove_class(f"-{self._tone}").add_class(f"-{tone}")
        self._left, self._right, self._tone, self._urgent, self._fewer = left, right, tone, urgent, fewer
        paint(self)

    def render(self) -> Content:
        """Return the row."""
        width = self.content_size.width
        left, right, urgent = (one_line(text, 500) for text in (self._left, self._right, self._urgent))
        both = SEPARATOR.join(text for text in (urgent, right) if text)
        rooms = [width - cells(each) - _GAP if each else width for each in (both, urgent)]
        shorter = (left, *(one_line(text, 500) for text in self._fewer))
        fitting = (text for room in rooms for text in shorter if cells(text) <= room)
        left = next(fitting, left)
        right = both if cells(left) <= rooms[0] else urgent
        if not right:
            return Content(fit(left, width))
        left = fit(left, max(0, width - cells(right) - _GAP))
        right = fit(right, width - cells(left))
        gap = width - cells(left) - cells(right)
        muted = look(self.app, MUTED)
        return Content.assemble(left, " " * gap, (right, muted))
