"""What an open session knows of its turns: where they are, and those that are only in memory.

Not thread-safe: the session that owns it holds its lock around every call, and none of
them touches the disk or takes long.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator

from fmtui.core.chat import Failure, Turn
from fmtui.core.errors import StorageError
from fmtui.core.session_scan import Entry

REMEMBERED = 2_000_000
"""Most characters of parsed turns that are kept for the next time they are asked for."""


class Index:
    """The turns of one session."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        """Turns in the file, in its order."""
        self.unwritten: dict[str, Turn] = {}
        """Turns that the disk did not take yet, in their order."""
        self.live: dict[str, Turn] = {}
        """Replies that another window is receiving."""
        self._by_id: dict[str, Entry] = {}
        self._parsed: OrderedDict[str, Turn] = OrderedDict()
        self._remembered = 0

    def load(self, entries: list[Entry]) -> None:
        """Start anew with the turns of the file; what is not written yet stays."""
        self.entries = []
        self._by_id = {}
        self._parsed.clear()
        self._remembered = 0
        self.extend(entries)

    def extend(self, entries: Iterable[Entry]) -> None:
        """Add turns that are in the file now."""
        added = list(entries)
        self.entries += added
        self._by_id.update((entry.id, entry) for entry in added)
        for turn_id in [turn_id for turn_id in self.live if turn_id in self._by_id]:
            del self.live[turn_id]
        for turn_id in [turn_id for turn_id in self.unwritten if turn_id in self._by_id]:
            self.remember(self.unwritten.pop(turn_id))

    def __contains__(self, turn_id: str) -> bool:
        return turn_id in self._by_id or turn_id in self.unwritten

    def entry(self, turn_id: str) -> Entry | None:
        """Return where the turn is in the file."""
        return self._by_id.get(turn_id)

    def held(self, turn_id: str) -> Turn | None:
        """Return the turn when it needs no reading."""
        turn = self.unwritten.get(turn_id) or self.live.get(turn_id) or self._parsed.get(turn_id)
        if turn is not None and turn_id in self._parsed:
            self._parsed.move_to_end(turn_id)
        return turn

    def remember(self, turn: Turn) -> None:
        """Keep a parsed turn for a while."""
        if turn.id in self._parsed:
            return
        self._parsed[turn.id] = turn
        self._remembered += _weight(turn)
        while self._remembered > REMEMBERED and len(self._parsed) > 1:
            self._remembered -= _weight(self._parsed.popitem(last=False)[1])

    def newest(self) -> str:
        """Return the id of the newest turn, empty when there is none."""
        for held in (self.live, self.unwritten):
            if held:
                return next(reversed(held))
        return self.entries[-1].id if self.entries else ""

    def ids(self) -> list[str]:
        """Return every turn's id, the file's order first; a double id counts once."""
        return list(dict.fromkeys([*(entry.id for entry in self.entries), *self.unwritten, *self.live]))

    def steps(self, leaf: str) -> list[Entry | Turn]:
        """Return where the turns from the root to the leaf are, the newest when none is named.

        Those in memory alone are returned themselves. A parent that does not exist ends the
        walk, as does a loop: files are edited by hand.
        """
        found: list[Entry | Turn] = []
        seen: set[str] = set()
        in_memory = self.unwritten | self.live
        turn_id = leaf or self.newest()
        while turn_id and turn_id not in seen:
            seen.add(turn_id)
            step = self._by_id.get(turn_id) or in_memory.get(turn_id)
            if step is None:
                break
            found.append(step)
            turn_id = step.parent
        found.reverse()
        return found

    def path(self, leaf: str) -> list[tuple[str, int]]:
        """Return ids and weights from the root to the leaf; see `steps`."""
        return [
            (step.id, step.end - step.start if isinstance(step, Entry) else _weight(step))
            for step in self.steps(leaf)
        ]


class BranchPath:
    """One branch of a session, oldest turn first, of which each is read when it is asked for.

    It is as the session was when it was made. A turn that can no longer be read is shown
    as one that says so: who draws must never meet an exception here.
    """

    def __init__(self, path: list[tuple[str, int]], read: Callable[[str], Turn]) -> None:
        self._path = path
        self._read = read

    def __len__(self) -> int:
        return len(self._path)

    def __getitem__(self, index: int, /) -> Turn:
        turn_id = self._path[index][0]
        try:
            return self._read(turn_id)
        except StorageError as error:
            return Turn(turn_id, "assistant", "", outcome="error", error=Failure.of(error))

    def __iter__(self) -> Iterator[Turn]:
        return (self[index] for index in range(len(self)))

    def weight(self, index: int) -> int:
        """Return about how many characters the turn has."""
        return self._path[index][1]

    def id_of(self, index: int) -> str:
        """Return the id of the turn."""
        return self._path[index][0]


def _weight(turn: Turn) -> int:
    return len(turn.text) + len(turn.reasoning)
