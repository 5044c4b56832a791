"""What a line of a markdown text is inside of: all that drawing has to know to begin with it."""

from __future__ import annotations

import re

from fmtui.core.record import NamedTuple
from fmtui.ui.conversation.drawing import Drawing
from fmtui.ui.conversation.parsing import State

TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
"""How the first paragraph of an item starts that is a task."""


class Opened(NamedTuple):
    """A quotation, or an item of a list, that is open.

    Attributes:
        number: the number of an item; None for a bullet.
        mark: the sign of an item; "" for a quotation.
        box: what stands in the box of a task; "" for what is none.
    """

    number: int | None = None
    mark: str = ""
    box: str = ""


class Inside(NamedTuple):
    """What a line is inside of.

    Attributes:
        state: how its text is read.
        opened: the containers that are drawn around it, from the outermost on.
    """

    state: State
    opened: tuple[Opened, ...]


class Outline(Drawing):
    """Draws nothing, but follows what a line is inside of."""

    def __init__(self) -> None:
        self.began = False
        """Whether any block began since this was last set to False."""
        self.rows = 0
        """How many rows the latest table has so far."""
        self.row_text = 0
        """How many characters they have; of one that is long, not all."""
        self._opened: tuple[Opened, ...] = ()
        self._bare = False  # whether the innermost of them holds nothing so far
        self._item: Opened | None = None  # an item of which only the sign has come

    @property
    def opened(self) -> tuple[Opened, ...] | None:
        """The containers that are open; None when one of them holds nothing so far."""
        return None if self._bare or self._item is not None else self._opened

    def quote(self, *, gap: bool) -> None:
        """Note that a quotation begins."""
        self._begin()
        self._push(Opened())
        del gap

    def item(self, number: int | None, mark: str, *, gap: bool) -> None:
        """Note that an item of a list begins."""
        self._begin()
        self._item = Opened(number, mark)
        del gap

    def leave(self, count: int) -> None:
        """Note that so many containers end."""
        for _ in range(count):
            self._show_item()
            self._opened, self._bare = self._opened[:-1], False

    def paragraph(self, text: str, *, gap: bool) -> None:
        """Note that a paragraph begins, which says whether the item is a task."""
        if self._item is not None and (task := TASK.match(text)):
            self._item = self._item._replace(box=task[1])
        self._begin()
        del gap

    def table(self, head: list[str], aligns: tuple[str, ...], *, gap: bool) -> None:
        """Note that a table begins."""
        self.rows = self.row_text = 0
        del head, aligns, gap

    def row(self, text: str, *, long: bool) -> None:
        """Note that a row comes."""
        self.rows += 1
        self.row_text += len(text)
        del long

    def heading(self, level: int, text: str, *, gap: bool) -> None:
        """Note that a heading begins."""
        self._begin()
        del level, text, gap

    def rule(self, *, gap: bool) -> None:
        """Note a thematic break."""
        self._begin()
        del gap

    def code_block(self, info: str | None, *, gap: bool) -> None:
        """Note that code begins."""
        self._begin()
        del info, gap

    def _begin(self) -> None:
        self._show_item()
        self._bare, self.began = False, True

    def _show_item(self) -> None:
        if self._item is not None:
            self._push(self._item)
            self._item = None

    def _push(self, opened: Opened) -> None:
        self._opened, self._bare = (*self._opened, opened), True
