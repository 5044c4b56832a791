"""What has to be written so that a row that shows one thing shows another."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import compress
from operator import is_not

from fmtui.ui.terminal.cells import HOLE, Row, Run, is_unsure, runs_of
from fmtui.ui.terminal.looks import Cell, Look
from fmtui.ui.terminal.pen import Kind, Stroke

_GAP = 4
"""Columns that are rather written again than skipped: a cursor movement takes as many bytes."""
_GAP_BETWEEN_LOOKS = 2
"""The same where the look changes in between."""
_WORTH_ERASING_REST = 4
"""Blanks from which erasing to the end of the row is shorter."""
_WORTH_ERASING = 12
"""Blanks from which erasing and going on behind them is shorter."""
_BLANKS = re.compile(f" {{{_WORTH_ERASING},}}")
_FEWEST_BLANKS = " " * _WORTH_ERASING


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
        old = Row([None] * len(new))
    if not any(old):
        old = _erased(y, old, new, abilities, strokes)
    # By identity, as each cell is made once; one that is made again is written again.
    changed = list(compress(range(len(new)), map(is_not, old, new)))
    if changed and not all(new):
        changed = [x for x in changed if new[x] is not None]
    if not changed:
        return strokes
    erase = _rest(y, changed, new, abilities)
    if erase is not None:
        del changed[bisect_left(changed, erase.x) :]
    if changed:
        for start, stop, run in _stretches(changed, new):
            strokes += _pieces(y, start, stop, run, new, abilities)
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
    return Row([blank] * len(new))


def _rest(y: int, changed: list[int], new: Row, abilities: Abilities) -> Stroke | None:
    """Return the erasing of the end of a row, if that is worth it."""
    last = new[-1]
    if last is None or last[0] != " " or not abilities.erases(last[1]):
        return None
    first = changed[0]
    start = next(
        (x + 1 for x in range(len(new) - 1, first - 1, -1) if new[x] is not last and new[x] != last), first
    )
    number = bisect_left(changed, start)
    if len(changed) - number < _WORTH_ERASING_REST:
        return None
    first = changed[number]
    return Stroke(y, first, Kind.ERASE_REST, last[1], "", len(new) - first)


def _stretches(changed: list[int], row: Row) -> Iterator[tuple[int, int, Run]]:
    """Yield the columns to write, from and to, and the run they are in.

    They are those that changed, gaps too small to skip, and the other halves of wide characters.
    """
    waiting: tuple[int, int, Run] | None = None
    number, count = 0, len(changed)
    for run in _runs(row):
        while number < count and (x := changed[number]) < run.stop:
            following = bisect_left(changed, run.stop, number)
            end = changed[following - 1] + 1
            if end - x - (following - number) > _GAP:  # more was left out than one gap may be
                following = number + 1
                while following < count and changed[following] - changed[following - 1] <= _GAP + 1:
                    following += 1
                following = min(following, bisect_left(changed, run.stop, number))
                end = changed[following - 1] + 1
            number = following
            if len(run.text) < run.stop - run.start:
                x, end = _whole(row, x, end)
            if waiting is not None:
                begun, stopped, last = waiting
                if last is not run and last.stop == run.start and x - stopped <= _GAP_BETWEEN_LOOKS:
                    stopped, x = last.stop, run.start
                yield begun, stopped, last
            waiting = x, end, run
    if waiting is not None:
        yield waiting


def _runs(row: Row) -> Sequence[Run]:
    """Return the runs that a row is made of."""
    if row.runs is not None:
        return row.runs
    runs = runs_of([cell or HOLE for cell in row])
    if not any(run.look.unsure for run in runs):  # such text cannot be cut by columns
        row.runs = tuple(runs)
    return runs


def _whole(row: Row, start: int, stop: int) -> tuple[int, int]:
    """Return columns that hold some columns and no half of a wide character."""
    while start and (cell := row[start]) is not None and not cell[0]:
        start -= 1
    while stop < len(row) and (cell := row[stop]) is not None and not cell[0]:
        stop += 1
    return start, stop


def _pieces(y: int, start: int, stop: int, run: Run, row: Row, abilities: Abilities) -> Iterator[Stroke]:
    """Yield the strokes for columns of a run."""
    look, narrow = run.look, len(run.text) == run.stop - run.start
    if look.unsure:
        yield from _unsure(y, start, stop, row)
        return
    if narrow:
        text = run.text[start - run.start : stop - run.start]
    else:
        text = "".join([cell[0] for cell in row[start:stop] if cell is not None])
        narrow = len(text) == stop - start
    if narrow and _FEWEST_BLANKS in text and abilities.erases_columns and abilities.erases(look.blank):
        yield from _with_erasing(y, start, text, look)
    else:
        yield Stroke(y, start, Kind.TEXT, look, text, stop - start)


def _unsure(y: int, start: int, stop: int, row: Row) -> Iterator[Stroke]:
    """Yield a stroke for each character of which the width is not sure."""
    clusters: list[tuple[int, Cell]] = []
    for x, cell in enumerate(row[start:stop], start):
        if cell is not None and cell[0]:
            clusters.append((x, cell))
    for (x, (text, look)), end in zip(clusters, [*(x for x, _ in clusters[1:]), stop], strict=True):
        yield Stroke(y, x, Kind.UNSURE, look, text, end - x)


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
