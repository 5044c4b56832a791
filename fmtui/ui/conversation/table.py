"""Tables: columns that line up, cells that wrap, never a text cut off.

The columns are as wide as the head and the first `SAMPLE` rows ask for, and stay so: a table
that streams never moves the rows above, and looks as it would if it had come at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

from fmtui.ui.conversation.cells import Bars, row_cells
from fmtui.ui.conversation.growing import Copyable, OpenText, Work
from fmtui.ui.conversation.inline import Inline
from fmtui.ui.conversation.lines import (
    Line,
    Run,
    joined,
    prefixed,
    stripped,
    width_of_runs,
    wrap_runs,
)
from fmtui.ui.conversation.styles import Style

SAMPLE = 16
"""Rows that decide how wide the columns are."""
SAMPLE_TEXT = 4_000
"""Characters of rows after which those that came decide it."""
_GAP: Run = (" │ ", Style.TABLE_RULE)
_NARROWEST = 4
"""Columns below this width hold no words; such a table is shown one cell a line."""

Cells = Sequence[Sequence[Run]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of one table are drawn.

    Attributes:
        width: columns of the screen.
        head: the cells of the head.
        aligns: "left", "right" or "center" for each column.
        widths: the width of each column; empty when each cell has a line of its own.
    """

    width: int
    head: Cells
    aligns: tuple[str, ...]
    widths: tuple[int, ...]

    def head_lines(self, *, alone: bool) -> list[Line]:
        """Return the lines of the head.

        Args:
            alone: whether the table has no rows; names that every cell repeats are then said once.
        """
        if not self.widths:
            return [line for cell in self.head for line in wrap_runs(cell, self.width)] if alone else []
        rule = "─┼─".join("─" * width for width in self.widths)
        return [*_row(self, self.head), ((rule, Style.TABLE_RULE),)]

    def row_lines(self, cells: Cells, number: int) -> list[Line]:
        """Return the lines of one row.

        Args:
            cells: the cells, at most as many as the head has.
            number: the place of the row, from 0.
        """
        if self.widths:
            return _row(self, cells)
        lines: list[Line] = [()] if number else []
        for column in range(len(self.head)):
            if number and column >= len(cells):
                break  # the first row has said all names
            cell = cells[column] if column < len(cells) else ()
            label, indent = cell_label(self, column)
            wrapped = wrap_runs(joined([*label, *cell]), max(1, self.width - width_of_runs(indent)))
            lines += prefixed(wrapped, (), indent)
        return lines


def cell_label(table: Layout, column: int) -> tuple[Line, Line]:
    """Return what stands before a cell that has lines of its own, and before its other lines."""
    name = table.head[column]
    label: Line = (*name, (": ", Style.TABLE_HEAD)) if name and name[0][0] else ()
    return label, ((("  ", Style.PLAIN),) if table.width > _NARROWEST else ())


def layout(head: Cells, rows: Sequence[Cells], aligns: Sequence[str], width: int) -> Layout:
    """Return how a table is drawn; of the rows only the first `SAMPLE` are looked at."""
    natural = [
        max(1, *(width_of_runs(row[column]) for row in (head, *rows[:SAMPLE]) if column < len(row)))
        for column in range(len(head))
    ]
    room = width - width_of_runs([_GAP]) * (len(natural) - 1)
    if room < sum(min(wanted, _NARROWEST) for wanted in natural):
        return Layout(width, head, tuple(aligns), ())
    return Layout(width, head, tuple(aligns), _fitted(natural, room))


def _fitted(natural: list[int], room: int) -> tuple[int, ...]:
    """Return column widths that fit: narrow columns keep theirs, wide ones share what is left."""
    left, count = room, len(natural)
    for wanted in sorted(natural):
        if wanted * count > left:
            break
        left -= wanted
        count -= 1
    if not count:
        return tuple(natural)
    share, extra = divmod(left, count)
    widths = []
    for wanted in natural:
        if wanted > share:
            widths.append(min(wanted, share + (1 if extra > 0 else 0)))
            extra -= 1
        else:
            widths.append(wanted)
    return tuple(widths)


def _row(table: Layout, cells: Cells) -> list[Line]:
    wrapped = [wrap_runs(cell, width) for cell, width in zip(cells, table.widths, strict=False)]
    wrapped += [[()]] * (len(table.widths) - len(wrapped))
    lines: list[Line] = []
    for number in range(max(len(lines) for lines in wrapped)):
        runs: list[Run] = []
        for column, width in enumerate(table.widths):
            line = wrapped[column][number] if number < len(wrapped[column]) else ()
            if column:
                runs.append(_GAP)
            spare = width - width_of_runs(line)
            align = table.aligns[column]
            before = spare if align == "right" else spare // 2 if align == "center" else 0
            runs += [(" " * before, Style.PLAIN), *line]
            if column + 1 < len(table.widths):
                runs.append((" " * (spare - before), Style.PLAIN))
        lines.append(stripped(tuple(joined(runs))))
    return lines


class OpenTable(Copyable):
    """A table: its first rows decide how wide the columns are; from then on each row is final.

    Args:
        inline: reads the cells.
        work: counts.
        width: columns of the screen that it may use.
        head: the cells of its head.
        aligns: how each column is aligned.
    """

    def __init__(
        self, inline: Inline, work: Work, width: int, head: list[str], aligns: tuple[str, ...]
    ) -> None:
        self._inline, self._work = inline, work
        self._width, self._aligns = width, aligns
        self._head: Cells = [inline.runs(cell, Style.TABLE_HEAD) for cell in head]
        self._sample: list[Cells] = []
        self._characters = 0
        self._layout: Layout | None = None
        self._count = 0
        self._row: OpenRow | None = None

    def detach(self) -> None:
        """Share nothing that changes with the one that this is a copy of."""
        self._sample = list(self._sample)
        self._row = self._row.copied() if self._row is not None else None

    def row(self, text: str) -> list[Line]:
        """Take in a row; return the lines that are final now."""
        cells = [self._inline.runs(cell) for cell in row_cells(text, len(self._aligns))]
        self._characters += len(text)
        if self._layout is not None:
            return self._drawn(self._layout, cells)
        self._sample.append(cells)
        if len(self._sample) < SAMPLE and self._characters < SAMPLE_TEXT:
            return []
        return self._decided()[1]

    def more(self, text: str) -> list[Line]:
        """Take in a part of a row that is too long to stand beside others."""
        rows: list[Line] = []
        if self._row is None:
            table, rows = self._decided()
            self._row = OpenRow(self._inline, self._work, table)
            self._count += 1
        return [*rows, *self._row.more(text)]

    def line_end(self) -> list[Line]:
        """Note that a long row has ended; return the lines that are final now."""
        row, self._row = self._row, None
        return row.close() if row is not None else []

    def close(self) -> list[Line]:
        """Return the lines that are left."""
        rows = self._decided()[1]
        return [*rows, *self.line_end()]

    def _decided(self) -> tuple[Layout, list[Line]]:
        """Return how the table is drawn, and the lines of the rows that have waited for it."""
        if self._layout is not None:
            return self._layout, []
        table = self._layout = layout(self._head, self._sample, self._aligns, self._width)
        rows = table.head_lines(alone=not self._sample)
        for cells in self._sample:
            rows += self._drawn(table, cells)
        self._sample = []
        return table, rows

    def _drawn(self, table: Layout, cells: Cells) -> list[Line]:
        self._count += 1
        self._work.drawn += sum(len(text) for cell in cells for text, _ in cell)
        return table.row_lines(cells, self._count - 1)


class OpenRow(Copyable):
    """A row that is too long for its cells to stand side by side: they stand below each other.

    Args:
        inline: reads the cells.
        work: counts.
        table: how the other rows are drawn.
    """

    def __init__(self, inline: Inline, work: Work, table: Layout) -> None:
        self._inline, self._work, self._table = inline, work, table
        self._bars = Bars(len(table.head))
        self._cell: OpenText | None = None
        self._column = -1

    def detach(self) -> None:
        """Share nothing that changes with the one that this is a copy of."""
        self._bars = copy(self._bars)
        self._cell = self._cell.copied() if self._cell is not None else None

    def more(self, text: str) -> list[Line]:
        """Take in more of the row; return the lines that are final now."""
        rows: list[Line] = []
        for column, part in self._bars.take(text):
            if column != self._column or self._cell is None:
                rows += self._cell.close() if self._cell is not None else []
                label, indent = cell_label(self._table, column)
                width = self._table.width
                self._column = column
                self._cell = OpenText(self._inline, self._work, width, rest=indent, label=label)
            rows += self._cell.more(part)
        return rows

    def close(self) -> list[Line]:
        """Return the lines that are left of the last cell."""
        if self._cell is None:
            return []
        self._cell.add(self._bars.held)
        return self._cell.close()
