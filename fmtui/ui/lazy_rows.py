"""Rows of long lists, each made when it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

from fmtui.ui.rows import Row

Item = TypeVar("Item")


class LazyRows(Sequence[Row], Generic[Item]):
    """Rows of which a list of thousands makes a few dozen, those on the screen.

    Args:
        items: what each row is made of.
        make: makes one.
        id_of: gives the id that it will have.
        more: rows that come after them.
    """

    def __init__(
        self,
        items: Sequence[Item],
        make: Callable[[Item], Row],
        id_of: Callable[[Item], str],
        more: Sequence[Row] = (),
    ) -> None:
        self._items = items
        self._make = make
        self._id_of = id_of
        self._more = more

    def __len__(self) -> int:
        return len(self._items) + len(self._more)

    @overload
    def __getitem__(self, index: int, /) -> Row: ...
    @overload
    def __getitem__(self, index: slice, /) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice, /) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        return self._make(self._items[at]) if at < len(self._items) else self._more[at - len(self._items)]

    def ids(self) -> Iterator[str]:
        """Yield the id of each row, without making it."""
        yield from map(self._id_of, self._items)
        yield from (row.id for row in self._more)
