"""Tables: columns that line up, cells that wrap, never a text cut off.

The columns are as wide as the head and the first `SAMPLE` rows ask for, and stay so: a table
that streams never moves the rows above, and looks as it would if it had come at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
        indent: Line = (("  ", Style.PLAIN),) if self.width > _NARROWEST else ()
        for column, name in enumerate(self.head):
            if number and column >= len(cells):
                break  # the first row has said all names
            cell = cells[column] if column < len(cells) else ()
            label = [*name, (": ", Style.TABLE_HEAD)] if name and name[0][0] else []
            wrapped = wrap_runs(joined([*label, *cell]), max(1, self.width - width_of_runs(indent)))
            lines += prefixed(wrapped, (), indent)
        return lines


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
