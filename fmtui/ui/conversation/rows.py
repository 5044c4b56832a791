"""What the rows of the conversation show, and which of them change."""

from __future__ import annotations

from fmtui.ui.conversation.lines import Line


class Rows:
    """The lines on the screen, one a row, and the scroll bar beside them."""

    def __init__(self) -> None:
        self.lines: list[Line | None] = []
        self.thumb = (0, 0)
        """First row and number of rows of the scroll bar's thumb."""
        self.scrolled = 0
        """By how many rows the last update moved the lines up; the number of rows if none was left."""

    def line(self, row: int) -> Line | None:
        """Return the line in a row, None when there is none."""
        return self.lines[row] if 0 <= row < len(self.lines) else None

    def in_thumb(self, row: int) -> bool:
        """Return whether the scroll bar's thumb is in a row."""
        first, size = self.thumb
        return first <= row < first + size

    def update(self, lines: list[Line | None], thumb: tuple[int, int]) -> list[tuple[int, int]]:
        """Show something else; return the first row and the row after the last of each part that changed."""
        old, old_thumb = self.lines, range(self.thumb[0], sum(self.thumb))
        new_thumb = range(thumb[0], sum(thumb))
        self.lines, self.thumb = lines, thumb
        self.scrolled = _scrolled(old, lines)
        if len(old) != len(lines):
            return [(0, len(lines))]
        spans: list[tuple[int, int]] = []
        for row, (was, line) in enumerate(zip(old, lines, strict=True)):
            if (line is was or line == was) and (row in old_thumb) == (row in new_thumb):
                continue
            if spans and spans[-1][1] == row:
                spans[-1] = spans[-1][0], row + 1
            else:
                spans.append((row, row + 1))
        return spans


def _scrolled(old: list[Line | None], new: list[Line | None]) -> int:
    first = new[0] if new else None
    if first is None or not old or old[0] is first:
        return 0
    return next((row for row, line in enumerate(old) if line is first or line == first), len(old))
