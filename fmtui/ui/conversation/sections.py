"""What the turns of a conversation consist of while they are looked at.

A turn is a sequence of parts, each with a key that stays while the turn grows. This module
knows how many lines parts have, or about how many; what they show is made elsewhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fmtui.core.record import NamedTuple
from fmtui.ui.conversation.lines import Line

if TYPE_CHECKING:  # the parser, which an empty conversation does not need
    from fmtui.ui.conversation.inside import Inside

_SPAN = 1 << 24
HEADER = 0
LABEL = _SPAN
REASONING = LABEL + 1
GAP = 2 * _SPAN
TEXT = GAP + 1
ENDING = 3 * _SPAN
"""Keys of parts: pieces of a text count on from its first, so that one text may grow before another."""

CACHED_LINES = 8_000
"""Lines of parts that are kept; more would cost memory, fewer would draw again on scrolling."""
CACHED_PARTS = 128
"""Parts that are kept however long they are."""


class Block(NamedTuple):
    """A paragraph, an item, a code block or the like, among the lines of its part."""

    start: int
    """Its first line."""
    stop: int
    """The line after its last."""
    source: str
    """What it was made from, as it came."""


class Drawn(NamedTuple):
    """The lines of a part at one width."""

    lines: Sequence[Line]
    blocks: Sequence[Block] | None = ()
    """The blocks among them; None when they are not known."""


class Part(ABC):
    """A part of a turn.

    Args:
        weight: its characters.
        rows: the lines of its source.
    """

    growing = False
    """Whether its lines may change."""
    unsure = False
    """Whether it was drawn by a guess, so that only its colours may be wrong; `refine` makes it sure."""
    joins = False
    """Whether its first block goes on with the last one of the part before."""
    alone = False
    """Whether it is known before it is drawn to hold nothing but a piece of that block."""

    def __init__(self, weight: int, rows: int) -> None:
        self.weight = weight
        self.rows = rows

    @property
    def source(self) -> str:
        """What it was made from; empty for what is said by the program."""
        return ""

    def estimate(self, width: int) -> int:
        """Return about how many lines it has."""
        return self.rows + self.weight // max(width, 1)

    @abstractmethod
    def draw(self, width: int) -> Drawn:
        """Return its lines at a width."""

    def refine(self) -> bool:
        """Find out a little of what was not known; return whether it can be drawn as it is now."""
        return True


class Shown(Part):
    """A part that may change, and knows what it shows: drawing it is up to whoever changes it."""

    growing = True

    def __init__(self) -> None:
        super().__init__(0, 0)
        self.drawn = Drawn((), None)
        """What it shows."""

    def draw(self, width: int) -> Drawn:
        """Return what it shows; the width is not asked for again."""
        del width
        return self.drawn


Keyed = tuple[int, Part]
"""A part, after the key that it has in its turn."""


class Cut(NamedTuple):
    """Where a piece of a text starts that is not its first."""

    at: int
    """Its first character."""
    kind: str = "block"
    """What starts there: a `block` outside of all others, an `item` of an outermost list, what is `inside`
    of a block, a `line`, `words` within a line, or `code` or `rows` within a block."""
    head: str = ""
    """The line that opens the code, or the start of the table, as far as it decides on its columns."""
    origin: int = 0
    """Where the first line of code starts."""
    inside: Inside | None = None
    """What the line there, or the first one of the head, is inside of."""

    @property
    def joins(self) -> bool:
        """Whether it is inside a block."""
        return self.kind in {"words", "code", "rows", "inside"}


class Cuts(NamedTuple):
    """Where the pieces of the texts of a turn start, but for the first ones."""

    reasoning: tuple[Cut, ...] = ()
    text: tuple[Cut, ...] = ()


class Section:
    """The parts of one turn and how many lines each has: known for those that were drawn."""

    def __init__(self, parts: Sequence[Keyed], width: int) -> None:
        self.given: Sequence[Keyed] = ()
        """The parts as they were given."""
        self.keys: list[int] = []
        """The keys of the parts, in their order."""
        self.parts: list[Part] = []
        self.heights: list[int] = []
        self.measured: list[bool] = []
        """Whether each of the heights is more than a guess."""
        self.growing: list[int] = []
        """The places of the parts that may change."""
        self.guessed: list[int] = []
        """The places of the parts that were never measured when the parts were given."""
        self.weight = 0
        """Characters of all parts."""
        self.total = 0
        """Lines of all parts."""
        self.take(parts, width)

    def take(self, parts: Sequence[Keyed], width: int) -> int:
        """Consist of other parts; what is known of those that stay is kept.

        Returns:
            How many characters it has more than before.
        """
        known = {
            key: (height, measured)
            for key, height, measured, part in zip(
                self.keys, self.heights, self.measured, self.parts, strict=True
            )
            if not part.growing
        }
        self.given = parts
        self.keys = [key for key, _ in parts]
        self.parts = [part for _, part in parts]
        self.heights = [known[key][0] if key in known else part.estimate(width) for key, part in parts]
        self.measured = [key in known and known[key][1] for key in self.keys]
        self.growing = [place for place, part in enumerate(self.parts) if part.growing]
        self.guessed = [place for place, key in enumerate(self.keys) if key not in known]
        before, self.weight = self.weight, sum(part.weight for part in self.parts)
        self.total = sum(self.heights)
        return self.weight - before

    def guess(self, width: int) -> None:
        """Guess every height anew for another width."""
        self.heights = [part.estimate(width) for part in self.parts]
        self.measured = [False] * len(self.parts)
        self.total = sum(self.heights)

    def measure(self, place: int, height: int) -> int:
        """Correct the height of a part; return how many lines it has more than was thought."""
        more = height - self.heights[place]
        self.heights[place] = height
        self.measured[place] = True
        self.total += more
        return more

    def place(self, key: int) -> int:
        """Return the place of a part; of the one before where there is none of that key."""
        return max(0, bisect_right(self.keys, key) - 1)

    def find(self, line: int) -> tuple[int, int]:
        """Return the key of the part that holds a line, and the line's number in it."""
        for key, height in zip(self.keys, self.heights, strict=True):
            if line < height:
                return key, line
            line -= height
        return self.keys[-1], max(0, self.heights[-1] - 1)


class Memory:
    """The lines of parts that were drawn last, as many as there is room for."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[tuple[int, int], Drawn] = OrderedDict()
        self._lines = 0
        self._unsure: dict[tuple[int, int], Part] = {}

    def get(self, turn: int, key: int) -> Drawn | None:
        """Return what is known of a part, and keep it longer than others."""
        drawn = self._drawn.get((turn, key))
        if drawn is not None:
            self._drawn.move_to_end((turn, key))
        return drawn

    def put(self, turn: int, key: int, drawn: Drawn) -> None:
        """Know a part, and forget what was not asked for the longest."""
        self.drop(turn, key)
        self._drawn[turn, key] = drawn
        self._lines += len(drawn.lines)
        while self._lines > CACHED_LINES and len(self._drawn) > CACHED_PARTS:
            self._lines -= len(self._drawn.popitem(last=False)[1].lines)

    def drop(self, turn: int, key: int) -> None:
        """Forget a part."""
        self._unsure.pop((turn, key), None)
        drawn = self._drawn.pop((turn, key), None)
        if drawn is not None:
            self._lines -= len(drawn.lines)

    def clear(self) -> None:
        """Forget every part."""
        self._drawn.clear()
        self._unsure.clear()
        self._lines = 0

    def doubt(self, turn: int, key: int, part: Part) -> None:
        """Note that the lines of a part are a guess."""
        self._unsure[turn, key] = part

    def refine(self) -> bool:
        """Do a little of what showing did not wait for; return whether there was anything to do."""
        for (turn, key), part in self._unsure.items():
            if part.refine():
                self.drop(turn, key)
            return True
        return False
