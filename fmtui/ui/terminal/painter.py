"""Remembers what the terminal shows and says what to write so that it shows something else.

Nothing of Textual is known here: rows of cells go in, a string comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from fmtui.ui.terminal.cells import Row
from fmtui.ui.terminal.looks import Looks
from fmtui.ui.terminal.pen import Kind, Pen, Stroke, cost
from fmtui.ui.terminal.shifts import Shift, find_shift
from fmtui.ui.terminal.strokes import Abilities, row_strokes

_WORTH_SCROLLING = 100
"""Bytes of a frame from which it is tried whether scrolling makes it shorter."""
_FEWEST_MOVED = 3
"""Changed rows from which it is tried."""
_AT_ONCE = 256
"""Bytes that arrive in one piece, so that nobody sees a part of them."""


class Frame(NamedTuple):
    """What to write for the next frame."""

    data: str
    tears: bool
    """Whether something wrong is seen if the terminal shows a part of it before the rest has come."""


class _Scrolled(NamedTuple):
    """One way to draw a frame: with rows that are moved first."""

    data: str
    pen: Pen
    left: int
    """Rows that have to be mended after it."""


class Painter:
    """The rows of one terminal."""

    def __init__(self, looks: Looks, abilities: Abilities, *, height: int = 0, width: int = 0) -> None:
        self._looks = looks
        self._abilities = abilities
        self.shown: list[Row] = []
        """What each row shows; a row is never changed, but replaced."""
        self.scrolls = 0
        """Frames in which rows were scrolled."""
        self.resize(height, width)

    def resize(self, height: int, width: int) -> None:
        """Take another size, in cells; what is shown is then unknown."""
        self._height, self._width = height, width
        self.forget()

    def fits(self, height: int, width: int) -> bool:
        """Return whether the terminal has this size."""
        return (self._height, self._width) == (height, width)

    def forget(self) -> None:
        """Take nothing for granted: something else wrote to the terminal."""
        self.shown = [[None] * self._width for _ in range(self._height)]
        self._pen = Pen(self._looks, self._height, self._width)

    def reset(self) -> str:
        """Return what puts the terminal's own look back, and forget everything."""
        look = self._pen.look
        self.forget()
        return self._looks.change(look, self._looks.default) if look is not None else ""

    def paint(self, wanted: Mapping[int, Row], cursor: tuple[int, int] | None) -> Frame:
        """Return what turns the rows that are shown into the wanted ones; from now on they are shown.

        Args:
            wanted: rows of the terminal by their number; where a cell is None, it stays.
            cursor: row and column where the cursor has to be left; None where that does not matter.
        """
        rows = {y: row for y, row in wanted.items() if row != self.shown[y]}
        data, pen, tears = self._shortest(rows)
        self._keep(rows)
        self._pen = pen
        if cursor is not None:
            pen.move(*cursor)
            data += pen.lift()
        return Frame(data, tears)

    def _shortest(self, rows: Mapping[int, Row]) -> tuple[str, Pen, bool]:
        """Return what brings rows to what they should show, the pen after it, and whether it tears."""
        shift = find_shift(self.shown, rows) if len(rows) >= _FEWEST_MOVED else None
        moved = None
        if shift is not None and self._may_move(shift, rows):
            moved = self._scrolled(shift, rows)
            if 2 * moved.left <= len(rows):  # looking for all that a scroll has spared takes longest
                self.scrolls += 1
                return moved.data, moved.pen, True
        strokes = self._strokes(self.shown, rows)
        data, pen = self._drawn(self._pen, strokes)
        if moved is not None and cost(data) > _WORTH_SCROLLING and cost(moved.data) < cost(data):
            self.scrolls += 1
            return moved.data, moved.pen, True
        return data, pen, cost(data) > _AT_ONCE or any(stroke.kind is Kind.UNSURE for stroke in strokes)

    def _keep(self, rows: Mapping[int, Row]) -> None:
        """Remember what rows show now."""
        for y, row in rows.items():
            if None in row:  # what was not written stays as it was
                row = [old if new is None else new for old, new in zip(self.shown[y], row, strict=True)]  # noqa: PLW2901
            self.shown[y] = row

    def _strokes(self, shown: list[Row], rows: Mapping[int, Row]) -> list[Stroke]:
        any_unsure = self._looks.any_unsure
        return [
            stroke
            for y in sorted(rows)
            for stroke in row_strokes(y, shown[y], rows[y], self._abilities, any_unsure=any_unsure)
        ]

    def _drawn(self, start: Pen, strokes: list[Stroke]) -> tuple[str, Pen]:
        """Return the shorter of two ways to draw: row by row, or look by look."""
        pen = start.copy()
        pen.draw(strokes)
        data = pen.lift()
        looks = dict.fromkeys(stroke.look for stroke in strokes)
        turns = sum(a.look is not b.look for a, b in pairwise(strokes))
        if turns < len(looks):
            return data, pen
        if start.look in looks:
            looks = {start.look: None, **looks}
        order = {look: number for number, look in enumerate(looks)}
        # A row that is erased first comes first; nothing else lies over anything else.
        strokes = sorted(strokes, key=lambda s: (s.kind is not Kind.ERASE_REST or s.x > 0, order[s.look]))
        other = start.copy()
        other.draw(strokes)
        grouped = other.lift()
        return (grouped, other) if cost(grouped) < cost(data) else (data, pen)

    def _may_move(self, shift: Shift, rows: Mapping[int, Row]) -> bool:
        """Return whether all that a scroll would move can be repaired."""
        if shift.stop - shift.top < 2 or abs(shift.lines) >= shift.stop - shift.top:
            return False
        return not any(None in rows.get(y, self.shown[y]) for y in range(shift.top, shift.stop))

    def _scrolled(self, shift: Shift, rows: Mapping[int, Row]) -> _Scrolled:
        """Return what scrolls, and then mends all that is not as wanted."""
        top, stop, lines = shift
        pen = self._pen.copy()
        pen.scroll(top, stop, lines)
        scroll = pen.lift()
        fresh: list[Row] = [[None] * self._width for _ in range(abs(lines))]
        moved = self.shown[top:stop]
        moved = moved[lines:] + fresh if lines > 0 else fresh + moved[:lines]
        shown = [*self.shown[:top], *moved, *self.shown[stop:]]
        wanted = {y: rows.get(y, self.shown[y]) for y in {*range(top, stop), *rows}}
        changed = {y: row for y, row in wanted.items() if row != shown[y]}
        data, pen = self._drawn(pen, self._strokes(shown, changed))
        return _Scrolled(scroll + data, pen, len(changed))
