"""Lines to strips: the only place where the conversation meets colours.

A strip is made for a row that is on the screen and kept while it may come back; scrolling
by one line makes one strip.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.strip import Strip

from fmtui.ui.conversation.colours import LOOKS
from fmtui.ui.conversation.lines import Line, mark_of, style_of, width_of
from fmtui.ui.conversation.styles import Style

MARGIN = 1
"""Empty columns at the left; as many stand between the text and the scroll bar."""
MAX_TEXT = 100
"""Columns of text at most, unless it is said otherwise: longer lines are hard to read."""
THUMB = "▐"
CURSOR = "▌"
"""Stands in the margin beside what the keyboard's cursor is at."""

_KEPT_STRIPS = 1_000


def text_width(width: int, most: int = MAX_TEXT) -> int:
    """Return the columns that text may use in a widget of that width, if it may have `most`."""
    return max(1, min(width - 2 * MARGIN - 1, most))


class Painter:
    """Makes the strips of one width and one set of styles; another of either needs another painter.

    Args:
        width: columns of the whole widget.
        look: gives the style of a style text and a mark; asked when a row first needs it, as most
            conversations do without most styles.
        thumb: the style text of the scroll bar's thumb.
    """

    def __init__(self, width: int, look: Callable[[str, int], RichStyle], thumb: str) -> None:
        self.made = 0
        """How many strips were made."""
        self._width = width
        self._look = look
        self._styles: dict[tuple[int, int], RichStyle] = {}
        self._base = self._style(Style.PLAIN)
        self._margin = Segment(" " * MARGIN, self._base)
        self._thumb = Segment(THUMB, look(thumb, 0))
        self._strips: dict[tuple[Line, bool], Strip] = {}

    def strip(self, line: Line | None, *, thumb: bool) -> Strip:
        """Return the strip of one row; None is an empty one.

        Args:
            line: what the row shows.
            thumb: whether the scroll bar's thumb is in its last column.
        """
        key = line or (), thumb
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= _KEPT_STRIPS:
                self._strips.clear()
            strip = self._strips[key] = self._make(*key)
        return strip

    def _style(self, number: int) -> RichStyle:
        key = style_of(number), mark_of(number)
        style = self._styles.get(key)
        if style is None:
            style = self._styles[key] = self._look(LOOKS.get(key[0], ""), key[1])
        return style

    def _make(self, line: Line, thumb: bool) -> Strip:  # noqa: FBT001 - both come from the key
        self.made += 1
        at_cursor = bool(line) and line[0][1] == Style.CURSOR
        segments = [Segment(CURSOR, self._style(Style.CURSOR)) if at_cursor else self._margin]
        used = MARGIN
        for text, number in line:
            if text:
                segments.append(Segment(text, self._style(number)))
                used += width_of(text)
        room = self._width - 1
        if used < room:
            segments.append(Segment(" " * (room - used), self._base))
        body = Strip(segments, max(used, room))
        if used > room:
            body = body.crop(0, room)
        end = self._thumb if thumb else Segment(" ", self._base)
        return Strip([*body, end], self._width)
