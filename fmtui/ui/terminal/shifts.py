"""Rows that moved: found by what they hold, so it does not matter what made them move."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from fmtui.core.record import NamedTuple
from fmtui.ui.terminal.cells import Row

_NARROWEST = 8
"""Columns that are compared at least."""
_EDGE = 3
"""Columns at both ends of those that are not compared."""
_SAMPLE = 12
"""Changed rows, about, that tell in which columns the typical one changed."""
_LIKE = 4
"""Rows with the same content that are looked at; more are a pattern, not a text."""


class Shift(NamedTuple):
    """Rows from `top` to before `stop` move up by `lines`, or down if negative."""

    top: int
    stop: int
    lines: int


def find_shift(shown: Sequence[Row], wanted: Mapping[int, Row]) -> Shift | None:
    """Return the move that brings most changed rows to where they are wanted; None without one.

    Only the columns in which rows changed are compared: what stands beside them may stay.
    """
    low, high = _band(shown, wanted)
    if high - low - 2 * _EDGE >= _NARROWEST:
        # A cursor beside the text that has left it, or the thumb of a scrollbar, is no part of what moved.
        low, high = low + _EDGE, high - _EDGE
    # By identity, as each cell is made once: hashing what is in them would take most of the time.
    before = [tuple(map(id, row[low:high])) for row in shown]
    after = [tuple(map(id, wanted[y][low:high])) if y in wanted else before[y] for y in range(len(shown))]
    at: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for y, content in enumerate(before):
        if len(set(content)) > 1:
            at[content].append(y)
    votes: Counter[int] = Counter()
    for y in wanted:
        for was in at.get(after[y], [])[:_LIKE]:
            votes[was - y] += 1
    del votes[0]
    if not votes:
        return None
    lines, count = max(votes.items(), key=lambda item: (item[1], -abs(item[0])))
    # Rows without a change, such as those of the prompt: a scroll over them has them written anew.
    still = [y not in wanted and len(set(map(id, row))) > 1 for y, row in enumerate(shown)]
    return _region(before, after, lines, still) if count > 1 else None


def _band(shown: Sequence[Row], wanted: Mapping[int, Row]) -> tuple[int, int]:
    """Return the columns, from and to, in which the typical changed row changed."""
    firsts, lasts = [], []
    for y in sorted(wanted)[:: max(1, len(wanted) // _SAMPLE)]:
        old, new = shown[y], wanted[y]
        firsts.append(next((x for x in range(len(new)) if old[x] is not new[x]), 0))
        lasts.append(next((x + 1 for x in range(len(new) - 1, -1, -1) if old[x] is not new[x]), 0))
    if not firsts:
        return 0, 0
    low, high = sorted(firsts)[len(firsts) // 2], sorted(lasts)[len(lasts) // 2]
    return (low, high) if high - low >= _NARROWEST else (min(firsts), max(lasts))


def _region(
    before: Sequence[tuple[int, ...]], after: Sequence[tuple[int, ...]], lines: int, still: Sequence[bool]
) -> Shift | None:
    """Return the rows whose move by some lines is worth most."""
    best = worth = 0
    first = start = stop = -1
    for y in range(max(0, -lines), min(len(after), len(after) - lines)):
        if after[y] == before[y + lines]:
            gain = 0 if after[y] == before[y] else 3
        else:
            gain = -1 if after[y] != before[y] else -3
        if worth <= 0 < gain:
            worth, first = -3 * sum(still[y + lines : y]) if lines < 0 else 0, y
        worth += gain
        left = worth - 3 * sum(still[y + 1 : y + 1 + lines]) if lines > 0 else worth
        if left > best:
            best, start, stop = left, first, y + 1
    if best <= 0:
        return None
    return Shift(start, stop + lines, lines) if lines > 0 else Shift(start + lines, stop, lines)
