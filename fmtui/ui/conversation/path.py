"""The turns of one path, taken apart when they are asked for; those that came later are kept as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from fmtui.core.chat import Event, Turn, TurnList, Turns
from fmtui.core.record import NamedTuple
from fmtui.ui.conversation.sections import Cuts, Drawn, Keyed


class Settled(NamedTuple):
    """What a live reply became."""

    parts: Sequence[Keyed]
    cuts: Cuts
    """Where its texts were cut."""
    same: bool
    """Whether parts that have the key of an earlier one show what that showed."""


class Live(Protocol):
    """A reply that is still coming."""

    parts: Sequence[Keyed]
    """Its parts as they were drawn last; another list whenever there are other parts."""

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

    @property
    def every(self) -> Sequence[Keyed]:
        """The same parts with those that are folded."""
        ...

    def refold(self) -> None:
        """Take note that its reasoning was folded or opened."""
        ...

    def whole(self) -> Sequence[tuple[int, Drawn]]:
        """Return, once, the lines of the parts that became whole since the last call."""
        ...

    def settle(self, turn: Turn, width: int) -> Settled:
        """Return what the reply became."""
        ...


Split = Callable[[Turn, Cuts | None], tuple[Sequence[Keyed], Cuts]]
"""Turn, and where its texts are cut or None -> its parts, and where its texts were cut."""


Wanted = Callable[[Turn], bool]
"""Whether a turn is worth being parted."""


class Path:
    """The turns of a path.

    Args:
        split: parts a finished turn.
        turns: those of the path so far.
    """

    def __init__(self, split: Split, turns: Turns | None = None) -> None:
        self.fetched = 0
        """How many times a turn was asked of the path."""
        self._split = split
        self._turns: Turns = TurnList() if turns is None else turns
        self._first = len(self._turns)
        self._later: list[Turn | Live] = []
        self._cuts: dict[int, Cuts] = {}  # of turns that are cut at all: finding them is not for free

    def __len__(self) -> int:
        return self._first + len(self._later)

    def index(self, turn_id: str) -> int | None:
        """Return where a turn stands; looks from the end, where turns are changed."""
        for place in range(len(self._later) - 1, -1, -1):
            if self._later[place].id == turn_id:
                return self._first + place
        for index in range(self._first - 1, -1, -1):
            if self._turns.id_of(index) == turn_id:
                return index
        return None

    def id_of(self, turn: int) -> str:
        """Return the id of a turn, which is not parsed for that."""
        return self._turns.id_of(turn) if turn < self._first else self._later[turn - self._first].id

    def apart(
        self, turn: int, wanted: Wanted = bool, *, folded: bool = False
    ) -> tuple[Turn | None, Sequence[Keyed], Cuts]:
        """Return a turn, None for a live one, its parts if wanted, and cuts; keeps none, for any thread.

        Args:
            turn: which one.
            wanted: whether its parts are.
            folded: whether to return the folded parts of a live one, too, as of every other.
        """
        item = self._fetch(turn) if turn < self._first else self._later[turn - self._first]
        if not isinstance(item, Turn):
            return None, item.every if folded else item.parts, Cuts()
        return item, *(self._split(item, self._cuts.get(turn)) if wanted(item) else ((), Cuts()))

    def _fetch(self, index: int) -> Turn:
        self.fetched += 1
        return self._turns[index]

    def _note(self, turn: int, cuts: Cuts) -> None:
        if any(cuts):
            self._cuts[turn] = cuts


Places = Mapping[str, tuple[int, int]]
"""Turn id -> its number, counted from 1, and how many siblings there are."""


class Siblings:
    """What the headers of the turns that are shown say of their siblings."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[int, int]] = {}

    def take(self, places: Places) -> None:
        """Know these, and no others."""
        self._places = dict(places)

    def put(self, turn_id: str, number: int, of: int) -> None:
        """Know of one more turn; to be called before it is drawn."""
        self._places[turn_id] = number, of

    def label(self, turn_id: str) -> str:
        """Return what the header of a turn says; empty where it has no sibling."""
        number, of = self._places.get(turn_id, (0, 0))
        return f"[{number}/{of}]" if of > 1 else ""
