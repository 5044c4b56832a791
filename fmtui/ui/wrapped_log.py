"""Lines that scroll, none wider than the screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.widgets import Log

from fmtui.ui.fitting import head

_MARGIN = 4
"""Columns by which what a line goes on with is indented."""
_NARROWEST = 20
"""Columns that rows have at least."""


class WrappedLog(Log):
    """A log to which rows are written that were made to fit."""

    DEFAULT_CSS = """
    WrappedLog {
        background: $surface;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        &:focus { background-tint: $foreground 0%; }
    }
    """

    def rows_of(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield the rows of lines, as wide as there is room for now."""
        width = max(_NARROWEST, self.size.width - 1)
        return (row for line in lines for row in wrapped(line, width))


def wrapped(line: str, width: int) -> Iterator[str]:
    """Yield the rows of a line, of so many cells at most; it is broken at a space where there is one."""
    start, indent = 0, ""
    while True:
        room = width - len(indent)
        end = start + len(head(line[start : start + room + 1], room))
        if end >= len(line):
            yield indent + line[start:]
            return
        cut = line.rfind(" ", start + room // 2, end + 1)
        cut = cut if cut > start else end
        yield indent + line[start:cut]
        start = cut
        while line.startswith(" ", start):
            start += 1
        indent = " " * _MARGIN
