"""The turns of one path as lines, each made when it is asked for and not before.

A path of ten thousand turns is shown by fetching and rendering the few whose lines are on
the screen; nothing here may walk over turns that nobody looks at, apart from asking each
for its weight once. Knows nothing of the screen.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Protocol

from fmtui.core.chat import Event, Turn, TurnList, Turns
from fmtui.ui.conversation.heights import Heights
from fmtui.ui.conversation.lines import Line

CACHED_LINES = 8_000
"""Lines of finished turns that are kept; more would cost memory, fewer would render again on scrolling."""
CACHED_TURNS = 64
"""Turns that are kept however long they are."""


class Live(Protocol):
    """A reply that is still coming."""

    @property
    def id(self) -> str:
        """Id of the turn that it will be."""
        ...

    def add(self, event: Event) -> None:
        """Take in one event; costs the same however long the reply is."""
        ...

    def flush(self, width: int) -> bool:
        """Draw what has come since the last call; return whether any line may have changed."""
        ...

    def __len__(self) -> int:
        """Return how many lines there are."""
        ...

    def window(self, start: int, stop: int) -> Sequence[Line]:
        """Return some of the lines; `stop` may be past the end."""
        ...

    def settle(self, turn: Turn, width: int) -> list[Line]:
        """Return the lines of the turn that the reply became."""
        ...


Render = Callable[[Turn, int], list[Line]]
"""Turn and width in columns -> its lines."""


def estimate(weight: int, width: int) -> int:
    """Return about how many lines a turn of `weight` characters has: text fills lines to two thirds."""
    return 4 + weight * 3 // (2 * max(width, 1))


class Entries:
    """The turns of a path at one width, the live ones included."""

    def __init__(self, render: Render, live: Callable[[Turn], Live], turns: Turns | None = None) -> None:
        self.width = 0
        """Columns of a line; 0 until it is known, and nothing is rendered before."""
        self.fetched = 0
        """How many times a turn was asked of the path."""
        self.rendered = 0
        """How many times a turn was rendered."""
        self.heights = Heights()
        """Lines of each turn, exact where they were rendered at this width."""
        self._render = render
        self._make_live = live
        self._turns: Turns = TurnList() if turns is None else turns
        self._first = len(self._turns)
        self._weights: list[int] = []
        self._later: list[Turn | Live] = []
        self._live: dict[str, Live] = {}
        self._cache: OrderedDict[int, list[Line]] = OrderedDict()
        self._cached = 0

    def __len__(self) -> int:
        return self._first + len(self._later)

    # ---- the path

    def append(self, turn: Turn) -> None:
        """Add a finished turn at the end."""
        self._add(turn, len(turn.text) + len(turn.reasoning))

    def append_live(self, turn: Turn) -> None:
        """Add a reply that is coming at the end; the turn holds what has come of it."""
        live = self._make_live(turn)
        self._live[live.id] = live
        self._add(live, 0)
        self.flush()

    def _add(self, item: Turn | Live, weight: int) -> None:
        self._later.append(item)
        if self.width:
            self.heights.append(estimate(weight, self.width))

    def live(self, turn_id: str) -> Live | None:
        """Return the live reply of that id."""
        return self._live.get(turn_id)

    def flush(self) -> bool:
        """Draw what came for the live replies; return whether any line may have changed."""
        if not self.width:
            return False
        changed = False
        for live in self._live.values():
            if live.flush(self.width):
                self.heights[self._first + self._later.index(live)] = len(live)
                changed = True
        return changed

    def settle(self, turn: Turn) -> bool:
        """Put the final turn in the place of the live reply; return False when there is none of that id."""
        live = self._live.pop(turn.id, None)
        if live is None:
            return False
        place = self._later.index(live)
        self._later[place] = turn
        if self.width:
            self._keep(self._first + place, live.settle(turn, self.width))
        return True

    def index(self, turn_id: str) -> int | None:
        """Return where a turn stands; looks from the end, where turns are changed."""
        for place in range(len(self._later) - 1, -1, -1):
            if self._later[place].id == turn_id:
                return self._first + place
        for index in range(self._first - 1, -1, -1):
            if self._fetch(index).id == turn_id:
                return index
        return None

    def truncate(self, count: int) -> None:
        """Keep the first `count` turns."""
        for item in self._later[max(0, count - self._first) :]:
            self._live.pop(item.id, None)
        del self._later[max(0, count - self._first) :]
        self._first = min(self._first, count)
        self.heights.truncate(count)
        for index in [index for index in self._cache if index >= count]:
            self._cached -= len(self._cache.pop(index))

    # ---- lines

    def resize(self, width: int) -> None:
        """Forget every line and guess every height for another width."""
        self.width = width
        self._cache.clear()
        self._cached = 0
        if len(self._weights) < self._first:  # asked once: resizing ten thousand turns must be quick
            self._weights = [self._turns.weight(index) for index in range(self._first)]
        self.heights = Heights([estimate(weight, width) for weight in self._weights[: self._first]])
        for item in self._later:
            text = len(item.text) + len(item.reasoning) if isinstance(item, Turn) else 0
            self.heights.append(estimate(text, width))
        self.flush()

    def height(self, index: int) -> int:
        """Return the exact number of lines of a turn; renders it when it has to."""
        return len(self._lines(index))

    def window(self, index: int, start: int, stop: int) -> Sequence[Line]:
        """Return some lines of a turn; `stop` may be past the end."""
        lines = self._lines(index)
        return lines[start:stop] if isinstance(lines, list) else lines.window(start, stop)

    def _lines(self, index: int) -> list[Line] | Live:
        """Return the lines of a finished turn, or the live reply as it was last drawn."""
        lines = self._cache.get(index)
        if lines is not None:
            self._cache.move_to_end(index)
            return lines
        item = self._fetch(index) if index < self._first else self._later[index - self._first]
        if not isinstance(item, Turn):
            return item
        self.rendered += 1
        lines = self._render(item, self.width)
        self._keep(index, lines)
        return lines

    def _fetch(self, index: int) -> Turn:
        self.fetched += 1
        return self._turns[index]

    def _keep(self, index: int, lines: list[Line]) -> None:
        self.heights[index] = len(lines)
        self._cache[index] = lines
        self._cached += len(lines)
        while self._cached > CACHED_LINES and len(self._cache) > CACHED_TURNS:
            self._cached -= len(self._cache.popitem(last=False)[1])
