"""Textual's compositor, where it draws more than what changed.

For one changed row it asks every widget for all of its rows, also those that lie behind
others. Here the widgets are asked for the rows that changed only, from the front to the
back, until there is nothing left to fill.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class SparingCompositor(Compositor):
    """Makes the same updates with less work."""

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
