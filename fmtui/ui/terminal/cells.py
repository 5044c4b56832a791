"""Text as the cells it takes, and which characters every terminal gives the same width.

A row that holds any other character (joined emoji, flags, marks, scripts with shaping) is
never written in part, and the cursor is placed anew behind each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, TypeGuard

from rich.cells import get_character_cell_size, split_graphemes

from fmtui.ui.terminal.looks import Cell, Look, Looks


class Run(NamedTuple):  # of `typing`, as hundreds are made for a frame
    """Cells in a row that can be written in one look."""

    start: int
    stop: int
    look: Look
    text: str
    """Shorter than the columns where it has wide characters."""


class Row(list[Cell | None]):
    """The cells of a row of the terminal; None where it is not known what it shows.

    The cells are never changed once the row is made.
    """

    __slots__ = ("runs",)

    def __init__(self, cells: Iterable[Cell | None], runs: tuple[Run, ...] | None = None) -> None:
        super().__init__(cells)
        self.runs = runs
        """The runs that the row is made of, where they are known."""


_look_of = itemgetter(1)
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
HOLE: Cell = "?", Look(("7",), "", "", "", None)
"""Stands for a cell that stays as it is: it is never written, and nothing is written across it."""


def unknown_row(width: int) -> Row:
    """Return a row of which nothing is known."""
    return Row([None] * width, (Run(0, width, HOLE[1], HOLE[0] * width),))


_NARROW = (
    *("\x20-\x7e", "\xa0-\xac", "\xae-\u02ff", "\u0370-\u0482", "\u048a-\u052f", "\u1e00-\u1fff"),
    *("\u2010-\u2027", "\u2030-\u205e", "\u20a0-\u20bf", "\u2190-\u21ff", "\u2200-\u22ff", "\u2500-\u25fc"),
    *("\uff61-\uff9d\u2713\u2714\u2717\u2718\u25ff\u2800-\u28ff",),
)
_WIDE = (
    *("\u3001-\u3029", "\u3041-\u3096", "\u30a0-\u30ff", "\u3400-\u4dbf", "\u4e00-\u9fff", "\uac00-\ud7a3"),
    *("\uff01-\uff60", "\U00020000-\U0002fffd", "\U0001f600-\U0001f64f", "\U0001f910-\U0001f93a"),
    *("\U0001f330-\U0001f335", "\U0001f337-\U0001f37c", "\U0001f37e-\U0001f393", "\U0001f3a0-\U0001f3ca"),
    *("\U0001f400-\U0001f43e", "\U0001f442-\U0001f4fc", "\U0001f4ff-\U0001f53d", "\U0001f550-\U0001f567"),
    *("\U0001f680-\U0001f6c5", "\u26a1\u2705\u2728\u274c\u2753-\u2755\u2757\u2795-\u2797\u2b50\u2b55"),
)


_USUAL = frozenset(
    map(chr, (*range(0x20, 0x7F), *range(0x2010, 0x2028), *range(0x2190, 0x2200), *range(0x2500, 0x25FD)))
)
"""Narrow characters of which most texts are made."""


# Such patterns take milliseconds to make: not before there is a text that needs one.


@cache
def all_narrow() -> re.Pattern[str]:
    """Return what matches characters that take one cell in every terminal."""
    return re.compile(f"[{''.join(_NARROW)}]*")


@cache
def all_sure() -> re.Pattern[str]:
    """Return what matches characters that take as many cells in every terminal."""
    return re.compile(f"[{''.join((*_NARROW, *_WIDE))}]*")


def add_cells(found: list[Cell], text: str, look: Look, looks: Looks, before: Look) -> str | None:
    """Add the cells that a text takes to those of the text before it, and the look of that one.

    Control characters take none and are left out. Returns what of the text is shown; None where it
    is not sure how wide that is.
    """
    if (text.isascii() and text.isprintable()) or _USUAL.issuperset(text) or all_narrow().fullmatch(text):
        found += map(look.cells.__getitem__, text)
        return text
    return _add_measured(found, text, look, looks, before)


def _add_measured(found: list[Cell], text: str, look: Look, looks: Looks, before: Look) -> str | None:
    """Add the cells of a text with characters that are wide, or may be."""
    text = "".join(c for c in text if c >= " " and not "\x7f" <= c < "\xa0")
    if all_sure().fullmatch(text):
        for character in text:
            found.append(look.cells[character])
            if get_character_cell_size(character) == 2:
                found.append(look.cells[""])
        return text
    own = len(found)
    for start, end, width in _clusters(text):
        cluster = text[start:end]
        cells = look.cells if all_sure().fullmatch(cluster) else looks.unsure(look).cells
        if width:
            found.append(cells[cluster])
            found += [cells[""]] * (width - 1)
        elif found:  # it combines with what another text ended with
            last = len(found) - 1
            while last and not found[last][0]:
                last -= 1
            cells = looks.unsure(look if len(found) > own else before).cells
            found[last:] = [cells[found[last][0] + cluster], *[cells[""]] * (len(found) - last - 1)]
    return None


def _clusters(text: str) -> list[tuple[int, int, int]]:
    """Return start, end and width of each character with what is joined to it.

    Rich takes the two letters of a flag for two characters. Written each in its place, the second would
    cover half of the first where a terminal gives each letter two columns.
    """
    found = split_graphemes(text)[0]
    if not _FLAG.search(text):
        return found
    joined: list[tuple[int, int, int]] = []
    for start, end, width in found:
        begun = joined[-1][0] if joined else start
        if _FLAG.fullmatch(text, begun, end):
            joined[-1] = begun, end, joined[-1][2] + width
        else:
            joined.append((start, end, width))
    return joined


def add_run(runs: list[Run], start: int, stop: int, look: Look, text: str) -> None:
    """Add a run to those before it, or make the last longer.

    Blanks go with any look that has their background and shows nothing else on them.
    """
    blank = look.plain and not look.unsure and not text.strip(" ")
    if runs:
        begin, end, before, words = runs[-1]
        if end == start and look.plain and before.plain and not look.unsure:
            if blank and look.blank is before.blank:
                runs[-1] = Run(begin, stop, before, words + text)
                return
            if look.back == before.back and not before.unsure and not words.strip(" "):
                runs[-1] = Run(begin, stop, look, words + text)
                return
    runs.append(Run(start, stop, look, text))


def runs_of(cells: Iterable[Cell]) -> list[Run]:
    """Return the runs that cells are made of."""
    runs: list[Run] = []
    x = 0
    for look, group in groupby(cells, _look_of):
        texts = [cell[0] for cell in group]
        add_run(runs, x, x + len(texts), look, "".join(texts))
        x += len(texts)
    return runs


def overlaid(row: Row, x: int, cells: Row) -> Row:
    """Return a row with cells laid over it from a column on; the same row when that changes nothing."""
    width = len(row)
    laid = cells.runs
    if x + len(cells) > width:
        laid = None
        cells = Row(cells[: max(0, width - x)])
        if cells and _begins_wide(row_end := cells[-1]):
            cells[-1] = row_end[1].cells[" "]
    end = x + len(cells)
    if row[x:end] == cells:
        return row
    if not x and end == width:
        return cells
    new = Row(row)
    whole = True
    # A wide character of which one half is covered is gone altogether.
    if x and (cut := row[x]) is not None and not cut[0]:
        _blank_left(new, x)
        whole = False
    if end < width and (cut := row[end]) is not None and not cut[0]:
        new[end] = cut[1].cells[" "]
        whole = False
    new[x:end] = cells
    if whole and row.runs is not None and laid is not None:
        new.runs = _joined(row.runs, laid, x, end)
    return new


def _joined(below: tuple[Run, ...], above: tuple[Run, ...], x: int, end: int) -> tuple[Run, ...] | None:
    """Return the runs of a row over which others are laid; None where wide characters are cut."""
    left, right = [], []
    for run in below:
        start, stop, look, text = run
        if start < x:
            if stop > x:
                if len(text) < stop - start:
                    return None
                run = Run(start, x, look, text[: x - start])  # noqa: PLW2901 - what is left of it
            left.append(run)
        if stop > end:
            if start < end:
                if len(text) < stop - start:
                    return None
                run = Run(end, stop, look, text[end - start :])  # noqa: PLW2901 - same
            right.append(run)
    if x:
        above = tuple([Run(start + x, stop + x, look, text) for start, stop, look, text in above])
    return (*left, *above, *right)


def _begins_wide(cell: Cell | None) -> TypeGuard[Cell]:
    """Return whether a cell is the first half of a wide character."""
    if cell is None or not cell[0]:
        return False
    return get_character_cell_size(cell[0][0]) == 2 or _FLAG.fullmatch(cell[0]) is not None


def _blank_left(row: Row, x: int) -> None:
    """Blank the first half of the wide character of which the second is at a column."""
    cell = row[x - 1]
    if cell is not None:
        row[x - 1] = cell[1].cells[" "]


def is_unsure(row: Row) -> bool:
    """Return whether a row holds text of which the width is not sure."""
    return any(cell is not None and cell[1].unsure for cell in row)
