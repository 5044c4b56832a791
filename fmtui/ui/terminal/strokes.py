"""What has to be written so that a row that shows one thing shows another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fmtui.ui.terminal.cells import Row, is_unsure
from fmtui.ui.terminal.looks import Cell, Look
from fmtui.ui.terminal.pen import Kind, Stroke

_GAP = 4
"""Columns that are rather written again than skipped: a cursor movement takes as many bytes."""
_WORTH_ERASING_REST = 4
"""Blanks from which erasing to the end of the row is shorter."""
_WORTH_ERASING = 12
"""Blanks from which erasing and going on behind them is shorter."""
_BLANKS = re.compile(f" {{{_WORTH_ERASING},}}")


class Abilities:
    """What a terminal can be relied on to do."""

    def __init__(self, *, colours_erased: bool = True, erases_columns: bool = True) -> None:
        self.colours_erased = colours_erased
        """Whether what is erased gets the background that is set, and not the terminal's own."""
        self.erases_columns = erases_columns
        """Whether some columns can be erased in the middle of a row."""

    def erases(self, look: Look) -> bool:
        """Return whether erasing leaves blanks of this look."""
        return look.plain and look.blank is look and (self.colours_erased or not look.back)


def row_strokes(y: int, old: Row, new: Row, abilities: Abilities, *, any_unsure: bool) -> list[Stroke]:
    """Return the strokes that turn a row from what it shows to what it should; None in `new` stays."""
    strokes: list[Stroke] = []
    if any_unsure and (is_unsure(old) or is_unsure(new)):
        old = [None] * len(new)
    if not any(old):
        old = _erased(y, old, new, abilities, strokes)
    changed = [x for x, (a, b) in enumerate(zip(old, new, strict=True)) if a is not b and a != b and b]
    if not changed:
        return strokes
    erase = _rest(y, changed, new, abilities)
    if erase is not None:
        changed = [x for x in changed if x < erase.x]
    for start, stop in _stretches(changed, new):
        strokes += _pieces(y, start, stop, new, abilities)
    if erase is not None:
        strokes.append(erase)
    return strokes


def _erased(y: int, old: Row, new: Row, abilities: Abilities, strokes: list[Stroke]) -> Row:
    """Begin a row of which nothing is known by erasing it, if that can be; return what it shows then."""
    blanks = [cell for cell in new if cell is not None and cell[0] == " "]
    if len(blanks) < _WORTH_ERASING_REST or None in new:
        return old
    blank = max(dict.fromkeys(blanks), key=blanks.count)
    if not abilities.erases(blank[1]):
        return old
    strokes.append(Stroke(y, 0, Kind.ERASE_REST, blank[1], "", len(new)))
    return [blank] * len(new)


def _rest(y: int, changed: list[int], new: Row, abilities: Abilities) -> Stroke | None:
    """Return the erasing of the end of a row, if that is worth it."""
    last = new[-1]
    if last is None or last[0] != " " or not abilities.erases(last[1]):
        return None
    start = len(new)
    while start and new[start - 1] == last:
        start -= 1
    first = next((x for x in changed if x >= start), len(new))
    if sum(x >= start for x in changed) < _WORTH_ERASING_REST:
        return None
    return Stroke(y, first, Kind.ERASE_REST, last[1], "", len(new) - first)


def _stretches(changed: list[int], new: Row) -> Iterator[tuple[int, int]]:
    """Yield the columns to write, from and to: those that changed, and gaps too small to skip."""
    start: int | None = None
    stop = 0
    for x in changed:
        if start is not None and x - stop <= _GAP and (_goes_on(new, stop, x) or _same(new, stop - 1, x)):
            stop = x + 1
            continue
        if start is not None:
            yield start, stop
        start, stop = x, x + 1
    if start is not None:
        yield start, stop


def _goes_on(new: Row, stop: int, x: int) -> bool:
    """Return whether a column follows the ones before it in the same look, as nearly all do."""
    cell, before = new[x], new[stop - 1]
    return x == stop and cell is not None and before is not None and cell[1] is before[1]


def _same(new: Row, first: int, last: int) -> bool:
    """Return whether some columns can be written without changing the look between them."""
    looks = {cell[1] for cell in new[first : last + 1] if cell is not None and cell[0] != " "}
    if len(looks) > 1 or None in new[first : last + 1]:
        return False
    backs = {cell[1].back for cell in new[first : last + 1] if cell is not None}
    return first + 1 == last or (len(backs) == 1 and not any(look.unsure for look in looks))


def _pieces(y: int, start: int, stop: int, new: Row, abilities: Abilities) -> Iterator[Stroke]:
    """Yield the strokes for columns to write, one for each look."""
    while start and new[start] is not None and not _cell(new, start)[0]:
        start -= 1  # never from the middle of a wide character
    while stop < len(new) and new[stop] is not None and not _cell(new, stop)[0]:
        stop += 1
    x = start
    while x < stop:
        end, look = _piece(new, x, stop)
        text = "".join([cell[0] for cell in new[x:end] if cell is not None])
        if look.unsure:
            yield from _unsure(y, x, end, new)
        elif abilities.erases_columns and len(text) == end - x and abilities.erases(look.blank):
            yield from _with_erasing(y, x, text, look)
        else:
            yield Stroke(y, x, Kind.TEXT, look, text, end - x)
        x = end


def _cell(row: Row, x: int) -> Cell:
    cell = row[x]
    if cell is None:
        raise ValueError("a cell that is not known cannot be written")
    return cell


def _piece(new: Row, start: int, stop: int) -> tuple[int, Look]:
    """Return where the cells that can be written in one look end, and the look.

    Blanks go with any look that has their background and shows nothing else on them.
    """
    look = _cell(new, start)[1]
    free = _cell(new, start)[0] == " " and look.plain
    x = start + 1
    while x < stop:
        text, other = _cell(new, x)
        if other is not look:
            if free and other.plain and other.back == look.back and not other.unsure:
                look, free = other, text == " "
            elif not (text == " " and other.plain and look.plain and other is look.blank):
                break
        elif text != " ":
            free = False
        x += 1
    return x, look


def _unsure(y: int, start: int, stop: int, new: Row) -> Iterator[Stroke]:
    """Yield a stroke for each character of which the width is not sure."""
    x = start
    while x < stop:
        text, look = _cell(new, x)
        end = x + 1
        while end < stop and not _cell(new, end)[0]:
            end += 1
        yield Stroke(y, x, Kind.UNSURE, look, text, end - x)
        x = end


def _with_erasing(y: int, x: int, text: str, look: Look) -> Iterator[Stroke]:
    """Yield strokes for a text of which long blanks are erased instead of written."""
    done = 0
    for blanks in _BLANKS.finditer(text):
        start, stop = blanks.span()
        if start > done:
            yield Stroke(y, x + done, Kind.TEXT, look, text[done:start], start - done)
        yield Stroke(y, x + start, Kind.ERASE, look.blank, "", stop - start)
        done = stop
    if done < len(text):
        yield Stroke(y, x + done, Kind.TEXT, look, text[done:], len(text) - done)
