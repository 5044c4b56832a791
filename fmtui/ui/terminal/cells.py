"""Text as the cells it takes, and which characters every terminal gives the same width.

A row that holds any other character (joined emoji, flags, marks, scripts with shaping) is
never written in part, and the cursor is placed anew behind each of them.
"""

from __future__ import annotations

import re
from functools import cache

from rich.cells import get_character_cell_size, split_graphemes

from fmtui.ui.terminal.looks import Cell, Look, Looks

Row = list[Cell | None]
"""The cells of a row of the terminal; None where it is not known what it shows."""

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


# Such patterns take milliseconds to make: not before there is a text that needs one.


@cache
def all_narrow() -> re.Pattern[str]:
    """Return what matches characters that take one cell in every terminal."""
    return re.compile(f"[{''.join(_NARROW)}]*")


@cache
def all_sure() -> re.Pattern[str]:
    """Return what matches characters that take as many cells in every terminal."""
    return re.compile(f"[{''.join((*_NARROW, *_WIDE))}]*")


def add_cells(found: list[Cell], text: str, look: Look, looks: Looks, before: Look) -> None:
    """Add the cells that a text takes to those of the text before it, and the look of that one.

    Control characters take none and are left out.
    """
    if (text.isascii() and text.isprintable()) or all_narrow().fullmatch(text):
        found += map(look.cells.__getitem__, text)
    else:
        _add_measured(found, text, look, looks, before)


def _add_measured(found: list[Cell], text: str, look: Look, looks: Looks, before: Look) -> None:
    """Add the cells of a text with characters that are wide, or may be."""
    text = "".join(c for c in text if c >= " " and not "\x7f" <= c < "\xa0")
    if all_sure().fullmatch(text):
        for character in text:
            found.append(look.cells[character])
            if get_character_cell_size(character) == 2:
                found.append(look.cells[""])
        return
    own = len(found)
    for start, end, width in split_graphemes(text)[0]:
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


def overlaid(row: Row, x: int, cells: list[Cell]) -> Row:
    """Return a row with cells laid over it from a column on; the same row when that changes nothing."""
    width = len(row)
    if x + len(cells) > width:
        cells = cells[: max(0, width - x)]
        if cells and _begins_wide(row_end := cells[-1], cells):
            cells = [*cells[:-1], row_end[1].cells[" "]]
    end = x + len(cells)
    if row[x:end] == cells:
        return row
    new = row.copy()
    # A wide character of which one half is covered is gone altogether.
    if x and (cut := row[x]) is not None and not cut[0]:
        _blank_left(new, x)
    if end < width and (cut := row[end]) is not None and not cut[0]:
        new[end] = cut[1].cells[" "]
    new[x:end] = cells
    return new


def _begins_wide(cell: Cell, cells: list[Cell]) -> bool:
    """Return whether the last of some cells is the first half of a wide character."""
    text = cell[0]
    return bool(text) and get_character_cell_size(text[0]) == 2 and cells[-1] is cell


def _blank_left(row: Row, x: int) -> None:
    """Blank the first half of the wide character of which the second is at a column."""
    cell = row[x - 1]
    if cell is not None:
        row[x - 1] = cell[1].cells[" "]


def is_unsure(row: Row) -> bool:
    """Return whether a row holds text of which the width is not sure."""
    return any(cell is not None and cell[1].unsure for cell in row)
