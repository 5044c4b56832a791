"""Remembers what the terminal shows and says what to write so that it shows something else.

Nothing of Textual is known here: rows of cells go in, a string comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from fmtui.ui.terminal.cells import Row, unknown_row
from fmtui.ui.terminal.looks import Look, Looks
from fmtui.ui.terminal.pen import Kind, Pen, Stroke, cost
from fmtui.ui.terminal.shifts import Shift, find_shift
from fmtui.ui.terminal.strokes import Abilities, row_strokes

_WORTH_SCROLLING = 100
"""Bytes of a frame from which it is tried whether scrolling makes it shorter."""
_FEWEST_MOVED = 3
"""Changed rows from which it is tried."""
_STROKE_BYTES = 7
"""About what it takes to get to the place of a stroke and to its look."""
_FEW = 40
"""Strokes that are drawn in both orders to see which is shorter."""
_AT_ONCE = 256
"""Bytes that arrive in one piece, so that nobody sees a part of them."""


class Frame(NamedTuple):
    """What to write for the next frame."""

    data: str
    tears: bool
    """Whether something wrong is seen if the terminal shows a part of it before the rest has come."""


class _Way(NamedTuple):
    """One way to draw a frame: with rows that are moved first, or without."""

    scroll: str
    """What moves them."""
    pen: Pen
    """The pen after that."""
    left: int
    """Rows that have to be mended after it."""
    strokes: list[Stroke]

    def bytes(self) -> int:
        """Return about how many bytes it takes."""
        texts = sum([len(stroke.text) for stroke in self.strokes])
        return cost(self.scroll) + texts + _STROKE_BYTES * len(self.strokes)


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
        self.shown = [unknown_row(self._width) for _ in range(self._height)]
        self._pen = Pen(self._looks, self._height, self._width)
        self._knows = False  # whether it knows what any row shows

    def reset(self) -> str:
        """Return what puts the terminal's own look back, and forget everything."""
        pen = self._pen
        if pen.look is not None:
            pen.dress(self._looks.default)
        self.forget()
        return pen.lift()

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
        shift = find_shift(self.shown, rows) if self._knows and len(rows) >= _FEWEST_MOVED else None
        way = self._scrolled(shift, rows) if shift is not None and self._may_move(shift, rows) else None
        # Looking for all that a scroll has spared takes longest.
        if way is None or 2 * way.left > len(rows):
            still = _Way("", self._pen, len(rows), self._strokes(self.shown, rows))
            if way is None or still.bytes() <= max(_WORTH_SCROLLING, way.bytes()):
                way = still
        data, pen = self._drawn(way.pen, way.strokes)
        if way.scroll:
            self.scrolls += 1
            return way.scroll + data, pen, True
        return data, pen, cost(data) > _AT_ONCE or any(stroke.kind is Kind.UNSURE for stroke in way.strokes)

    def _keep(self, rows: Mapping[int, Row]) -> None:
        """Remember what rows show now."""
        self._knows = True
        for y, row in rows.items():
            if not all(row):  # what was not written stays as it was
                kept = zip(self.shown[y], row, strict=True)
                row = Row([old if new is None else new for old, new in kept])  # noqa: PLW2901 - as it is now
            self.shown[y] = row

    def _strokes(self, shown: list[Row], rows: Mapping[int, Row]) -> list[Stroke]:
        any_unsure = self._looks.any_unsure
        return [
            stroke
            for y in sorted(rows)
            for stroke in row_strokes(y, shown[y], rows[y], self._abilities, any_unsure=any_unsure)
        ]

    def _drawn(self, start: Pen, strokes: list[Stroke]) -> tuple[str, Pen]:
        """Return a short way to draw: row by row, or look by look."""
        heaps = _by_look(start.look, strokes)
        turns = sum(a.look is not b.look for a, b in pairwise(strokes))
        if turns < len(heaps):
            return _draw(start, [strokes])
        grouped = _draw(start, heaps)
        if len(strokes) > _FEW:  # of many it is known which is shorter, and to draw both takes as long again
            return grouped
        return min(_draw(start, [strokes]), grouped, key=lambda drawn: cost(drawn[0]))

    def _may_move(self, shift: Shift, rows: Mapping[int, Row]) -> bool:
        """Return whether all that a scroll would move can be repaired."""
        if shift.stop - shift.top < 2 or abs(shift.lines) >= shift.stop - shift.top:
            return False
        return all(all(rows.get(y, self.shown[y])) for y in range(shift.top, shift.stop))

    def _scrolled(self, shift: Shift, rows: Mapping[int, Row]) -> _Way:
        """Return what scrolls, and then mends all that is not as wanted."""
        top, stop, lines = shift
        pen = self._pen.copy()
        pen.scroll(top, stop, lines)
        scroll = pen.lift()
        fresh = [unknown_row(self._width) for _ in range(abs(lines))]
        moved = self.shown[top:stop]
        moved = moved[lines:] + fresh if lines > 0 else fresh + moved[:lines]
        shown = [*self.shown[:top], *moved, *self.shown[stop:]]
        wanted = {y: rows.get(y, self.shown[y]) for y in {*range(top, stop), *rows}}
        changed = {y: row for y, row in wanted.items() if row != shown[y]}
        return _Way(scroll, pen, len(changed), self._strokes(shown, changed))


def _draw(start: Pen, heaps: list[list[Stroke]]) -> tuple[str, Pen]:
    """Return what draws strokes in this order, and the pen after it."""
    pen = start.copy()
    for heap in heaps:
        pen.draw(heap)
    return pen.lift(), pen


def _by_look(first: Look | None, strokes: list[Stroke]) -> list[list[Stroke]]:
    """Return strokes in heaps of one look each, beginning with the look that is set.

    Rows that are erased before they are written come before everything; besides them, nothing lies
    over anything else. What blanks a part of a row goes along with the text it follows.
    """
    erased: list[Stroke] = []
    heaps: dict[Look | None, list[Stroke]] = {first: []}
    y, before = -1, first
    for stroke in strokes:
        look = stroke.look
        if stroke.kind is Kind.ERASE_REST and not stroke.x:
            erased.append(stroke)
            continue
        if (
            stroke.kind < Kind.TEXT
            and stroke.y == y
            and before is not None
            and before.blank is look
            and before.plain
        ):
            look = before
        y, before = stroke.y, look
        heap = heaps.get(look)
        if heap is None:
            heaps[look] = [stroke]
        else:
            heap.append(stroke)
    return [heap for heap in (erased, *heaps.values()) if heap]
