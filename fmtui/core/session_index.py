"""What an open session knows of its turns: where they are, and those that are only in memory.

Not thread-safe: the session that owns it holds its lock around every call, and none of
them touches the disk or takes long.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping

from fmtui.core.chat import Failure, Turn
from fmtui.core.errors import StorageError
from fmtui.core.session_head import Head
from fmtui.core.session_scan import Entry
from fmtui.core.session_tree import Place, Shown, Tree, is_below

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
        self.deleted: frozenset[str] = frozenset()
        """Turns that are hidden with all that is below them."""
        self.shown: Shown | None = None
        """The branch that was shown last."""
        self.forks = 0
        """How many turns of the file follow one that another follows, too."""
        self._followed: set[str] = set()
        self._by_id: dict[str, Entry] = {}
        self._parsed: OrderedDict[str, Turn] = OrderedDict()
        self._remembered = 0

    def load(self, entries: list[Entry]) -> None:
        """Start anew with the turns of the file; what is not written yet stays."""
        self.entries = []
        self._by_id = {}
        self._parsed.clear()
        self._remembered = 0
        self.forks = 0
        self._followed.clear()
        self.extend(entries)

    def extend(self, entries: Iterable[Entry]) -> None:
        """Add turns that are in the file now."""
        added = list(entries)
        self.entries += added
        self._by_id.update((entry.id, entry) for entry in added)
        followed = len(self._followed)
        self._followed.update(entry.parent for entry in added)
        self.forks += len(added) - (len(self._followed) - followed)
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

    def mark(self, head: Head) -> None:
        """Take from the head what is deleted, and which branch was shown last."""
        self.deleted = frozenset(each.turn for each in head.deleted)
        self.shown = head.shown

    def last(self) -> str:
        """Return the id of the turn that was added last, empty when there is none."""
        for held in (self.live, self.unwritten):
            if held:
                return next(reversed(held))
        return self.entries[-1].id if self.entries else ""

    def newest(self) -> str:
        """Return the last turn of the branch to show: of the newest, or of another that was shown since.

        Empty when there is none that is not deleted.
        """
        last, shown = self.last(), self.shown
        if shown is not None and shown.after == last and not (shown.leaf and self._hidden(shown.leaf)):
            return shown.leaf
        if not self.deleted:
            return last
        return next(reversed(tuple(Tree(self.turns(), self.deleted))), "")

    def _hidden(self, turn_id: str) -> bool:
        known = turn_id in self or turn_id in self.live
        return not known or is_below(turn_id, self.deleted, self._parent)

    def _parent(self, turn_id: str) -> str | None:
        turn = self._by_id.get(turn_id) or self.unwritten.get(turn_id) or self.live.get(turn_id)
        return None if turn is None else turn.parent

    def turns(self) -> list[tuple[str, str]]:
        """Return the ids of all turns and of their parents, the file's order first; ids may be double."""
        found = [(entry.id, entry.parent) for entry in self.entries]
        for held in (self.unwritten, self.live):
            found += [(turn.id, turn.parent) for turn in held.values()]
        return found

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
        """Return ids, and about how long the texts are, from the root to the leaf; see `steps`."""
        return [
            (step.id, step.weight if isinstance(step, Entry) else len(step.text)) for step in self.steps(leaf)
        ]


class BranchPath:
    """One branch of a session, oldest turn first, of which each is read when it is asked for.

    It is as the session was when it was made. A turn that can no longer be read is shown
    as one that says so: who draws must never meet an exception here.
    """

    def __init__(
        self,
        path: list[tuple[str, int]],
        read: Callable[[str], Turn],
        places: Mapping[str, Place] | None = None,
    ) -> None:
        self._path = path
        self._read = read
        self.places: Mapping[str, Place] = places or {}
        """Which of its siblings a turn is, for those that have any."""

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

    @property
    def last(self) -> str:
        """The id of the last turn; empty when there is none."""
        return self._path[-1][0] if self._path else ""

    def weight(self, index: int) -> int:
        """Return about how many characters the text of the turn has."""
        return self._path[index][1]

    def id_of(self, index: int) -> str:
        """Return the id of the turn."""
        return self._path[index][0]


def _weight(turn: Turn) -> int:
    return len(turn.text) + len(turn.reasoning)
