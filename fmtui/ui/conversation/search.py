"""Searching a whole conversation, also turns that were never drawn.

Turns are searched from where the view is to the oldest, then the newer ones. What is kept is
how often each part of a turn has what is searched for; where exactly is looked up when it is
gone to. The turns themselves are searched in a thread, replies that are coming where they are
drawn.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from time import monotonic

from fmtui.core.record import NamedTuple
from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.find import Query
from fmtui.ui.conversation.places import Position

_ALL = 1 << 60


class Hit(NamedTuple):
    """One place where it was found."""

    turn: int
    part: int
    """The key of the part of the turn."""
    nth: int
    """How many there are before it in the part."""


class Found(NamedTuple):
    """A part of a line that was found."""

    position: Position
    start: int
    stop: int


class _Counts(NamedTuple):
    """How often it is in the parts of one turn."""

    total: int
    parts: list[tuple[int, int]]
    """The keys of the parts that have it, and how often."""


_NONE = _Counts(0, [])


class Search:
    """One search through the turns of a path.

    Args:
        entries: the turns.
        query: what is searched for.
        turn: where it begins.
    """

    def __init__(self, entries: Entries, query: Query, turn: int) -> None:
        self.query = query
        self.total = 0
        """How many places were found so far."""
        self.looked_back = False
        """Whether all turns before the first one were searched."""
        self._entries = entries
        self._turn = turn
        self._found: dict[int, _Counts] = {}
        self._live: dict[int, dict[int, int]] = {}
        self._waiting = deque([*range(min(turn, len(entries) - 1), -1, -1), *range(turn + 1, len(entries))])
        self._known = len(entries)

    @property
    def complete(self) -> bool:
        """Whether every turn was searched."""
        return not self._waiting

    @property
    def live(self) -> bool:
        """Whether a reply that is coming has to be searched again."""
        return bool(self._live)

    def run(self, seconds: float) -> None:
        """Search some more of the turns; may be called in a thread."""
        end = monotonic() + seconds
        while self._waiting and monotonic() < end:
            try:
                turn = self._waiting.popleft()
            except IndexError:
                return
            self._search(turn)
            self.looked_back = self.looked_back or turn == 0 or turn > self._turn

    def _search(self, turn: int) -> None:
        try:
            item, parts, _ = self._entries.apart(turn, self.query.may_be_in, folded=True)
        except IndexError:
            return  # it was taken away meanwhile
        if item is None:
            self._live.setdefault(turn, {})
        else:
            width = self._entries.width
            counts = [(key, self.query.count(part.draw(width).lines)) for key, part in parts if part.weight]
            self._keep(turn, [(key, count) for key, count in counts if count])

    def take_new(self) -> None:
        """Search replies that are coming, and remember the turns that were added for the next run."""
        entries = self._entries
        self._waiting += range(self._known, len(entries))
        self._known = len(entries)
        for turn, known in list(self._live.items()):
            if turn >= len(entries):
                del self._live[turn]
                continue
            item, parts, _ = entries.apart(turn, folded=True)
            if item is not None:
                del self._live[turn]
                self._waiting.append(turn)
                continue
            counts = []
            for key, part in parts:
                if part.growing or key not in known:
                    said = part.weight or part.growing
                    known[key] = self.query.count(part.draw(entries.width).lines) if said else 0
                counts.append((key, known[key]))
            self._keep(turn, [(key, count) for key, count in counts if count])
        for turn in [turn for turn in list(self._found) if turn >= len(entries)]:
            self._keep(turn, [])

    def forget(self, turns: int) -> None:
        """Forget turns that are gone, all but the first `turns`: others may take their place."""
        self._known = min(self._known, turns)
        self._waiting = deque(turn for turn in list(self._waiting) if turn < turns)
        for turn in [turn for turn in list(self._live) if turn >= turns]:
            del self._live[turn]
        for turn in [turn for turn in list(self._found) if turn >= turns]:
            self._keep(turn, [])

    def _keep(self, turn: int, counts: list[tuple[int, int]]) -> None:
        total = sum(count for _, count in counts)
        self.total += total - self._found.get(turn, _NONE).total
        if counts:
            self._found[turn] = _Counts(total, counts)
        else:
            self._found.pop(turn, None)

    # ---- from hit to hit

    def number(self, hit: Hit) -> int:
        """Return which of the places found so far a hit is, from 1."""
        # What is found is added to in a thread: nothing here may rely on it staying as it is.
        before = sum(counts.total for turn, counts in list(self._found.items()) if turn < hit.turn)
        here = sum(count for part, count in self._found.get(hit.turn, _NONE).parts if part < hit.part)
        return before + here + hit.nth + 1

    def hit(self, number: int) -> Hit | None:
        """Return one of the places found so far, from 1; past the last one comes the first."""
        total = self.total
        rest = (number - 1) % total if total else 0
        for turn in sorted(self._found):
            counts = self._found.get(turn, _NONE)
            if rest >= counts.total:
                rest -= counts.total
                continue
            for part, count in counts.parts:
                if rest < count:
                    return Hit(turn, part, rest)
                rest -= count
        return None

    def last_before(self, position: Position) -> int:
        """Return the number of the last place that starts before a line, 0 where there is none."""
        number = 0
        for turn in sorted(turn for turn in list(self._found) if turn <= position.turn):
            counts = self._found.get(turn, _NONE)
            if turn < position.turn:
                number += counts.total
                continue
            for part, count in counts.parts:
                if part < position.part:
                    number += count
                elif part == position.part:
                    starts = [places[0].position for places in self._places(turn, part)]
                    number += bisect_right(starts, position)
        return number

    def places(self, hit: Hit) -> list[Found]:
        """Return where a hit is drawn; nothing when it is gone or folded."""
        found = self._places(hit.turn, hit.part)
        return found[hit.nth] if hit.nth < len(found) else []

    def _places(self, turn: int, part: int) -> list[list[Found]]:
        if turn >= len(self._entries) or self._entries.nearest(turn, part) != part:
            return []
        lines = self._entries.window(turn, part, 0, _ALL)
        return [
            [Found(Position(turn, part, line), start, stop) for line, start, stop in places]
            for places in self.query.places(lines)
        ]
