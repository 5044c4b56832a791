"""The branches of a session: siblings, what is below a turn, and what was deleted or shown last.

Nothing is taken out of a session's file. A deletion is a mark in its head that hides a turn
and all below it; taking the mark away brings them back, whenever that is. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from fmtui.core.record import NamedTuple

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Deletion(NamedTuple):
    """A turn that is hidden with all that is below it."""

    turn: str
    """Its id."""
    at: datetime
    """When it was deleted, with a zone."""


class Shown(NamedTuple):
    """The branch that was shown last. A turn that was added since wins."""

    leaf: str
    """The id of its last turn; empty where nothing of the session is shown."""
    after: str
    """The id of the turn that was the newest then."""


class Place(NamedTuple):
    """Which of its siblings a turn is."""

    number: int
    """Counted from 1, the oldest."""
    of: int
    """How many there are."""


class Tree:
    """The turns of a session that are not deleted, as they follow each other.

    Args:
        turns: ids of turns and of their parents, in the order in which they were kept; of a
            double id the first counts. Files are edited by hand: a parent may not exist, and
            turns may follow each other in a circle.
        deleted: ids of turns that are left out with all that is below them.
    """

    def __init__(self, turns: Iterable[tuple[str, str]], deleted: Collection[str] = ()) -> None:
        self._parents: dict[str, str] = {}
        self._children: dict[str, list[str]] = {}
        for turn_id, parent in turns:
            if turn_id not in self._parents:
                self._parents[turn_id] = parent
                self._children.setdefault(parent, []).append(turn_id)
        self._order = {turn_id: index for index, turn_id in enumerate(self._parents)}
        for turn_id in deleted:
            if turn_id in self._parents:
                self._leave_out(turn_id)

    def _leave_out(self, turn_id: str) -> None:
        gone = self.below(turn_id)
        self._children[self._parents[turn_id]].remove(turn_id)
        for each in gone:
            self._children.pop(each, None)
            del self._parents[each]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parents)

    def __contains__(self, turn_id: str) -> bool:
        return turn_id in self._parents

    def parent(self, turn_id: str) -> str:
        """Return the id of the turn before one; empty for the first, and for one that is not there."""
        parent = self._parents.get(turn_id, "")
        return parent if parent in self._parents else ""

    def children(self, turn_id: str) -> Sequence[str]:
        """Return the turns that follow one, oldest first; those that begin the session for an empty id."""
        return tuple(self._children.get(turn_id, ()))

    def siblings(self, turn_id: str) -> Sequence[str]:
        """Return the turns that follow the same one, oldest first, itself among them."""
        return self.children(self._parents[turn_id]) if turn_id in self._parents else ()

    def is_alone(self, turn_id: str) -> bool:
        """Return whether a turn has no sibling."""
        parent = self._parents.get(turn_id)
        return parent is None or len(self._children[parent]) == 1

    def below(self, turn_id: str) -> list[str]:
        """Return a turn and all that follow it in any branch."""
        found: dict[str, None] = {}
        waiting = [turn_id]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found[each] = None
                waiting += self._children.get(each, ())
        return list(found)

    def leaf_below(self, turn_id: str) -> str:
        """Return the end of the branch below a turn to which something was added last."""
        return max(self.below(turn_id), key=lambda each: self._order.get(each, -1))

    def beside(self, turn_id: str, siblings: Sequence[str]) -> str:
        """Return the leaf to show once a turn goes: below a sibling, the one before if any, or its parent."""
        at = siblings.index(turn_id) if turn_id in siblings else -1
        others = [*reversed(siblings[:at]), *siblings[at + 1 :]] if at >= 0 else []
        return self.leaf_below(others[0]) if others else self.parent(turn_id)


def places(tree: Tree, path: Iterable[str], counts: Callable[[str], bool]) -> dict[str, Place]:
    """Return which of its siblings each turn of a path is, where there are any.

    Args:
        tree: holds the turns.
        path: their ids.
        counts: whether a sibling is worth being gone to; those of the path always are.
    """
    found: dict[str, Place] = {}
    for turn_id in path:
        if tree.is_alone(turn_id):
            continue
        siblings = worthy(tree, turn_id, counts)
        if len(siblings) > 1:
            found[turn_id] = Place(siblings.index(turn_id) + 1, len(siblings))
    return found


def worthy(tree: Tree, turn_id: str, counts: Callable[[str], bool]) -> list[str]:
    """Return the siblings of a turn that count, itself always among them."""
    siblings = tree.siblings(turn_id)
    if len(siblings) < 2:
        return list(siblings)
    return [each for each in siblings if each == turn_id or counts(each)]


def is_below(turn_id: str, above: Collection[str], parent_of: Callable[[str], str | None]) -> bool:
    """Return whether a turn is one of those above, or follows one of them.

    Args:
        turn_id: which turn.
        above: ids of turns.
        parent_of: gives the parent of a turn, None or an empty id where there is none.
    """
    seen: set[str] = set()
    each: str | None = turn_id
    while each and each not in seen:
        if each in above:
            return True
        seen.add(each)
        each = parent_of(each)
    return False


# ---- in a file ----------------------------------------------------------------


def deletion_tables(deletions: Iterable[Deletion]) -> list[dict[str, object]]:
    """Return deletions as tables for a file."""
    return [{"turn": each.turn, "at": each.at} for each in deletions]


def deletions_from(tables: object) -> tuple[Deletion, ...]:
    """Return the deletions of a file's tables, which a person may have written: what is none is left out."""
    found: list[Deletion] = []
    for table in tables if isinstance(tables, list) else ():
        turn, at = (table.get("turn"), table.get("at")) if isinstance(table, dict) else (None, None)
        if isinstance(turn, str) and turn:
            at = at if isinstance(at, datetime) else _LONG_AGO
            found.append(Deletion(turn, at if at.tzinfo else at.replace(tzinfo=UTC)))
    return tuple(found)


def shown_table(shown: Shown | None) -> dict[str, object]:
    """Return what was shown last as a table for a file."""
    return {} if shown is None else {"leaf": shown.leaf, "after": shown.after}


def shown_from(table: object) -> Shown | None:
    """Return what a file says was shown last; None where that is nothing that can be understood."""
    if not isinstance(table, Mapping):
        return None
    leaf, after = table.get("leaf"), table.get("after")
    return Shown(leaf, after) if isinstance(leaf, str) and isinstance(after, str) else None
