"""Textual's compositor, where it draws more than what changed.

For one changed row it asks every widget for all of its rows, also those that lie behind
others. Here the widgets are asked for the rows that changed only, from the front to the
back, until there is nothing left to fill.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class RowsUpdate(CompositorUpdate):
    """Whole rows of one widget before which nothing lies."""

    def __init__(self, x: int, width: int, rows: Sequence[tuple[int, Strip]]) -> None:
        self.x = x
        """The column where they begin."""
        self.rows = rows
        """The rows of the screen, and what to show there."""
        self.spans = [(y, x, x + width) for y, _ in rows]
        """What it covers: row, first column and the column behind the last."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the same for a console that writes for itself."""
        for y, strip in self.rows:
            yield Control.move_to(self.x, y).segment
            yield from strip

    def render_segments(self, console: Console) -> str:
        """Return what writes all of it."""
        move_to = Control.move_to
        return "".join(
            [f"{move_to(self.x, y).segment.text}{strip.render(console)}" for y, strip in self.rows]
        )


class SparingCompositor(Compositor):
    """Makes the same updates with less work."""

    _in_front: tuple[object, dict[Widget, Region | None]] = (None, {})
    """The layout, and where those widgets are before which nothing lies; None for the others."""

    def rows_of(self, widget: Widget, regions: Sequence[Region]) -> RowsUpdate | None:
        """Return what shows rows of a widget anew; None where it is not whole, or something is before it.

        Args:
            widget: whose rows changed.
            regions: of the widget; of each all columns are shown.
        """
        visible = self.visible_widgets
        if self._in_front[0] is not visible:
            self._in_front = visible, {}
        known = self._in_front[1]
        if widget not in known:
            known[widget] = self._place_in_front(widget)
        place = known[widget]
        if place is None:
            return None
        x, top, width, height = place
        rows: list[tuple[int, Strip]] = []
        for _, y, _, count in regions:
            stop = min(y + count, height)
            if y < stop:
                rows += enumerate(widget.render_lines(Region(0, y, width, stop - y)), top + y)
        return RowsUpdate(x, width, rows)

    def _place_in_front(self, widget: Widget) -> Region | None:
        place = self.visible_widgets.get(widget)
        if place is None or place[0].intersection(place[1]) != place[0]:
            return None
        for other, (region, clip) in self.visible_widgets.items():
            if other is widget:
                return place[0]
            if region.intersection(clip).overlaps(place[0]):
                break
        return None

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return what changed; None when nothing did."""
        regions = self._dirty_regions.copy()
        self._dirty_regions.clear()
        if not regions:
            return None
        spans = list(self._regions_to_spans(regions))
        cuts = self.cuts
        chops: list[dict[int, Strip | None]] = [{}] * len(cuts)
        ends: list[list[int]] = [[]] * len(cuts)
        missing: dict[int, set[int]] = {}
        for y, start, stop in spans:
            if 0 <= y < len(cuts):
                row = cuts[y]
                if y not in missing:
                    chops[y], ends[y], missing[y] = dict.fromkeys(row[:-1]), row[1:], set()
                missing[y].update(x for x, end in pairwise(row) if x < stop and end > start)
        self._fill(chops, missing)
        return ChopsUpdate(chops, spans, ends)

    def _fill(self, chops: list[dict[int, Strip | None]], missing: dict[int, set[int]]) -> None:
        """Fill in the strips that are missing; what is in front comes first and stays."""
        cuts = self.cuts
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            if not shown:
                continue
            left, right = shown.column_span
            for y, strip in _strips(widget, region, shown, missing):
                chop, wanted = chops[y], missing[y]
                places = [x for x in cuts[y] if left <= x <= right]
                for x, part in zip(places, strip.divide([x - left for x in places[1:]]), strict=False):
                    if chop[x] is None:
                        chop[x] = part
                        wanted.discard(x)
                if not wanted:
                    del missing[y]
            if not missing:
                break


def _strips(
    widget: Widget, region: Region, shown: Region, missing: Mapping[int, set[int]]
) -> Iterator[tuple[int, Strip]]:
    """Yield the rows of the screen where a widget can be seen, each with the widget's strip.

    Args:
        widget: the widget.
        region: where it is on the screen.
        shown: the part of that which is not cut off.
        missing: the columns that are not filled yet, by their rows.
    """
    x, y, width, height = shown
    rows = [
        row
        for row, columns in missing.items()
        if y <= row < y + height and any(x <= c < x + width for c in columns)
    ]
    start = 0
    for index, row in enumerate(rows):
        if index + 1 < len(rows) and rows[index + 1] == row + 1:
            continue
        first, count = rows[start], index + 1 - start
        strips = widget.render_lines(Region(x - region.x, first - region.y, width, count))
        yield from zip(range(first, first + count), strips, strict=False)
        start = index + 1
