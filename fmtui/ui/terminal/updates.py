"""What the compositor wants on the screen, as rows of cells."""

from __future__ import annotations

from collections.abc import Sequence

from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from fmtui.ui.terminal.cells import Row, Run, add_cells, add_run, overlaid
from fmtui.ui.terminal.compositor import RowsUpdate
from fmtui.ui.terminal.looks import Cell, Looks

_KEPT = 512
"""Strips that are kept with their cells at least, if they are used; twice as many at most."""


class StripCells:
    """The cells of strips. Widgets give the same strip again for a line that did not change."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._recent: dict[int, tuple[Strip, Row]] = {}
        self._older: dict[int, tuple[Strip, Row]] = {}

    def of(self, strip: Strip) -> Row:
        """Return the cells of a strip; they must not be changed."""
        key = id(strip)  # safe: what is kept keeps the strip alive
        kept = self._recent.get(key)
        if kept is None:
            kept = self._older.get(key) or (strip, self._made(strip))
            if len(self._recent) >= _KEPT:
                self._older, self._recent = self._recent, {}
            self._recent[key] = kept
        return kept[1]

    def _made(self, strip: Strip) -> Row:
        looks = self._looks
        cells: list[Cell] = []
        runs: list[Run] = []
        sure = True
        before = looks.default
        for text, style, _ in strip:
            look = looks.of(style)
            start = len(cells)
            added = add_cells(cells, text, look, looks, before)
            if added is None:
                sure = False
            elif added:
                add_run(runs, start, len(cells), look if added.strip(" ") else look.blank, added)
            before = look
        return Row(cells, tuple(runs) if sure else None)


def rows_wanted(
    update: LayoutUpdate | ChopsUpdate | RowsUpdate, shown: Sequence[Row], strips: StripCells
) -> dict[int, Row]:
    """Return the rows that an update touches as they are wanted, by their number."""
    if isinstance(update, RowsUpdate):
        x, height = update.x, len(shown)
        return {y: overlaid(shown[y], x, strips.of(strip)) for y, strip in update.rows if 0 <= y < height}
    if isinstance(update, LayoutUpdate):
        return rows_of_layout(update, shown, strips)
    return rows_of_chops(update, shown, strips)


def rows_of_layout(update: LayoutUpdate, shown: Sequence[Row], strips: StripCells) -> dict[int, Row]:
    """Return the rows that a region covers as they are wanted, by their number."""
    wanted: dict[int, Row] = {}
    for y, line in enumerate(update.strips, update.region.y):
        if not 0 <= y < len(shown):
            continue
        row, x = shown[y], update.region.x
        for strip in line:
            row = overlaid(row, x, cells := strips.of(strip))
            x += len(cells)
        wanted[y] = row
    return wanted


def rows_of_chops(update: ChopsUpdate, shown: Sequence[Row], strips: StripCells) -> dict[int, Row]:
    """Return the rows that spans touch as they are wanted, by their number.

    Which strips count, and how far, is as in the update's own `render_segments`.
    """
    wanted: dict[int, Row] = {}
    for y, x1, x2 in update.spans:
        if not 0 <= y < len(shown):
            continue
        row = wanted.get(y, shown[y])
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > x2 or end <= x1:
                continue
            whole = x2 > x >= x1 and end <= x2
            row = overlaid(row, x, strips.of(strip if whole else strip.crop(0, min(end, x2) - x)))
        wanted[y] = row
    return wanted
