"""Selecting in the conversation by mouse: by character, by word, by line, across turns.

The focus stays where it is: what is typed goes on into the prompt. What is selected stays
while text comes, the view moves and the window changes its size; a click without moving the
mouse clears it. While something is pointed at or selected the view follows no reply: the text
would move away. Only while the mouse is held beyond an edge does a timer run, which scrolls.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

from textual import events
from textual.message import Message
from textual.timer import Timer

from fmtui.ui.conversation.folding import FoldingView
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.marks import Span, marked
from fmtui.ui.conversation.moving import Moving
from fmtui.ui.conversation.paint import MARGIN
from fmtui.ui.conversation.places import Place, Position, moved
from fmtui.ui.conversation.selection import (
    Selection,
    Spot,
    Stretch,
    characters,
    found,
    found_end,
    kept,
    kept_end,
    line_of,
    offset_at,
    whole_line,
    word,
)
from fmtui.ui.conversation.styles import Mark

AGAIN_S = 0.5
"""Seconds in which another click makes a double click."""
EDGE_S = 0.05
"""Seconds between two steps of scrolling while the mouse is held beyond an edge."""
MOST_ROWS = 100_000
"""Lines that can be copied at once."""


class Selecting(Moving):
    """A view in which text can be selected.

    Args:
        view: what is shown.
        id: the widget's id.
    """

    class Selected(Message, namespace="conversation"):
        """Posted when something was selected with the mouse."""

    def __init__(self, view: FoldingView, id: str | None) -> None:  # noqa: A002 - the name that every widget of Textual uses
        super().__init__(view, id)
        self._selection: Selection | None = None
        self._anchor: Stretch | None = None
        """What the mouse was pressed on; None while it is not held."""
        self._in_passing = True
        """Whether nothing was selected when the mouse was pressed: then a click stops no following."""
        self._drawn_out = False
        self._clicks = 0
        self._clicked_at = float("-inf")
        self._clicked_place = (-1, -1)
        self._pointer = (0, 0)
        self._edge: Timer | None = None

    # ---- what is selected

    @property
    def has_selection(self) -> bool:
        """Whether anything is selected."""
        return self._selection is not None

    def clear_selection(self) -> None:
        """Select nothing; follow again if that is all that was stopped, and nothing came since."""
        if self._selection is not None:
            self._selection = None
            self._view.take_hold(at_end=True)
            self._draw()

    def selected_text(self) -> str | None:
        """Return the text of what is selected, fit for the clipboard; None when it is too much to copy."""
        if self._selection is None:
            return ""
        lines: list[Line] = []
        for position in self._positions_of(self._selection):
            if len(lines) >= MOST_ROWS:
                return None
            lines.append(line_of(self._view.entries, position))
        start, stop = self._selection.start, self._selection.stop
        from fmtui.ui.conversation.copying import copied  # noqa: PLC0415 - when it is needed

        return copied(lines, start.offset, stop.offset)

    def _positions_of(self, selection: Selection) -> Iterator[Position]:
        position, last = selection.start.position, selection.stop.position
        while position <= last:
            yield position
            following = moved(self._view.entries, position, 1)
            if following == position:
                return
            position = following

    def _select(self, anchor: Stretch, head: Stretch) -> None:
        selection = Selection(anchor, head)
        self._selection = selection if selection.start < selection.stop else None
        self._draw()

    def _kept_selection(self) -> list[Place]:
        """Return the selection as places that stay when the text is wrapped anew."""
        if self._selection is None or not self._view.entries.width:
            return []
        entries = self._view.entries
        ends = (*self._selection.anchor, *self._selection.head)
        return [(kept, kept_end)[number % 2](entries, spot) for number, spot in enumerate(ends)]

    def _restore_selection(self, places: list[Place]) -> None:
        if places:
            entries = self._view.entries
            ends = [(found, found_end)[number % 2](entries, place) for number, place in enumerate(places)]
            self._selection = Selection((ends[0], ends[1]), (ends[2], ends[3]))

    def forget_places(self, turns: int = 0) -> None:
        """Forget all places in turns that are gone: all but the first `turns`."""
        self._anchor = None
        if self._selection and self._selection.stop.position.turn >= turns:
            self._selection = None

    # ---- what is marked

    def _positions(self, count: int) -> list[Position]:
        """Return the positions of the first rows."""
        positions = [self._view.top]
        for _ in range(count - 1):
            positions.append(moved(self._view.entries, positions[-1], 1))
        return positions

    def _decorated(self, rows: list[Line | None]) -> list[Line | None]:
        """Return the lines on the screen with what is marked of them."""
        if not self._has_marks():
            return rows
        lines = [line for line in rows if line is not None]
        return [*self._mark(self._positions(len(lines)), lines), *rows[len(lines) :]]

    def _has_marks(self) -> bool:
        return self._selection is not None

    def _mark(self, positions: list[Position], lines: list[Line]) -> list[Line]:
        selection = self._selection
        if selection is None:
            return lines
        return [
            marked(line, [Span(*selection.part(position, line), Mark.SELECTED)])
            for position, line in zip(positions, lines, strict=True)
        ]

    # ---- the mouse

    def _spot(self, x: int, y: int) -> Spot:
        """Return the place in the text below the mouse, the nearest one where there is none."""
        rows = sum(line is not None for line in self._rows.lines)
        y = max(0, min(y, rows - 1, self.size.height - 1))
        position = moved(self._view.entries, self._view.top, y)
        return Spot(position, offset_at(line_of(self._view.entries, position), x - MARGIN))

    def _stretch(self, spot: Spot) -> Stretch:
        """Return what a click selects, by how many clicks there were."""
        entries = self._view.entries
        if self._clicks == 2:
            return word(entries, spot)
        return (
            whole_line(entries, spot)
            if self._clicks > 2
            else characters(spot, line_of(entries, spot.position))
        )

    async def _on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button != 1 or event.x >= self.size.width - 1 or not len(self._view.entries):
            return
        event.stop()
        place = event.x, event.y
        again = place == self._clicked_place and monotonic() - self._clicked_at < AGAIN_S
        self._clicks = self._clicks % 3 + 1 if again else 1
        self._clicked_at, self._clicked_place, self._pointer = monotonic(), place, place
        self._in_passing = self._selection is None
        self._view.let_go()
        stretch = self._stretch(self._spot(*place))
        self._drawn_out = event.shift and self._selection is not None
        self._anchor = stretch
        if event.shift and self._selection is not None:
            self._anchor = self._selection.anchor
        if self._drawn_out or self._clicks > 1:
            self._select(self._anchor, stretch)
        self.capture_mouse()

    def _on_mouse_move(self, event: events.MouseMove) -> None:
        if self._anchor is None:
            return
        event.stop()
        if (event.x, event.y) == self._pointer:
            return
        self._pointer = event.x, event.y
        self._drawn_out = True
        self._draw_out()
        if not self._beyond:
            self._leave_edge()
        elif self._edge is None:
            self._edge = self.set_interval(EDGE_S, self._scroll_at_edge)

    async def _on_mouse_up(self, event: events.MouseUp) -> None:
        if self._anchor is None:
            return
        event.stop()
        self.release_mouse()
        if self._drawn_out or self._clicks > 1:
            self.post_message(self.Selected().set_sender(self))
            return
        self.clear_selection()
        if self._in_passing:
            # Not at once: another click would hit other text than the first one.
            self.set_timer(AGAIN_S, self._follow_again)
        self._clicked(self._spot(event.x, event.y))

    def _points_at_text(self) -> bool:
        """Whether text must not move away, as something in it is pointed at."""
        return self._anchor is not None or self._selection is not None

    def _follow_again(self) -> None:
        """Follow if it was only pointing that stopped that, and nothing is pointed at any more."""
        if not self._points_at_text():
            self._view.take_hold()
            self._draw()

    def _on_mouse_release(self) -> None:
        self._anchor = None
        self._leave_edge()

    def _draw_out(self) -> None:
        """Select up to where the mouse is."""
        if self._anchor is not None:
            self._select(self._anchor, self._stretch(self._spot(*self._pointer)))

    @property
    def _beyond(self) -> int:
        """How many rows the mouse is below the last row; above the first one a negative number."""
        y, height = self._pointer[1], self.size.height
        if y <= 0 and self.region.y == 0:
            return -1  # the mouse cannot get beyond the first row of the terminal
        return y if y < 0 else max(0, y - height + 1)

    def _scroll_at_edge(self) -> None:
        """Move the view towards the mouse, the faster the further it is away."""
        self.scroll_lines(self._beyond)
        self._view.let_go()
        self._draw_out()

    def _leave_edge(self) -> None:
        if self._edge is not None:
            self._edge.stop()
            self._edge = None

    def _clicked(self, spot: Spot) -> None:
        """Take a single click: a link is chosen."""
