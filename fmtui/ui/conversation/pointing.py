"""Links in the conversation: where they lead is shown, and they can be chosen.

What is shown is always the target itself, never the words of the link; nothing is opened here.
"""

from __future__ import annotations

from textual import events
from textual.message import Message

from fmtui.ui.conversation.folding import FoldingView
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.linking import Link, link_at, spans_of
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.marks import marked
from fmtui.ui.conversation.paint import MARGIN
from fmtui.ui.conversation.places import Position, within
from fmtui.ui.conversation.sections import LABEL
from fmtui.ui.conversation.selecting import AGAIN_S, Selecting
from fmtui.ui.conversation.selection import Spot, line_of, offset_at

MOST_TURNS = 20
"""Turns that are looked at, from the last one, for the last that has reasoning."""


class Pointing(Selecting):
    """A view whose links can be pointed at.

    Args:
        view: what is shown.
        links: where its links lead.
        id: the widget's id.
    """

    class LinkShown(Message, namespace="conversation"):
        """Posted when the mouse or the keyboard comes to a link, with "" when it leaves it."""

        def __init__(self, target: str) -> None:
            super().__init__()
            self.target = target

    class LinkChosen(Message, namespace="conversation"):
        """Posted when a link was clicked, or Enter was pressed on it."""

        def __init__(self, target: str) -> None:
            super().__init__()
            self.target = target

    def __init__(self, view: FoldingView, links: Links, id: str | None) -> None:  # noqa: A002 - the name that every widget of Textual uses
        super().__init__(view, id)
        self._links = links
        self._link: Link | None = None
        """The link that the keyboard is at."""
        self._shown_target = ""

    def forget_places(self, turns: int = 0) -> None:
        """Forget all places in turns that are gone: all but the first `turns`."""
        super().forget_places(turns)
        if self._link is not None and self._link.stop.position.turn >= turns:
            self._leave_link()

    def _leave_link(self) -> None:
        self._link = None
        self._show_target(0)

    def _choose(self, number: int) -> None:
        self.post_message(self.LinkChosen(self._links.target(number)).set_sender(self))

    def _show_target(self, number: int) -> None:
        target = self._links.target(number)
        if target != self._shown_target:
            self._shown_target = target
            self.post_message(self.LinkShown(target).set_sender(self))

    def refold(self, turn: int | None = None) -> None:
        """Open or fold the reasoning of a turn, of the last one that has any when none is given."""
        entries = self._view.entries
        if turn is None:
            last = range(len(entries) - 1, max(-1, len(entries) - 1 - MOST_TURNS), -1)
            turn = next((each for each in last if entries.thinks(each)), None)
        if turn is not None and turn < len(entries):
            self._view.refold(turn)
            self._draw()

    def _folded_at(self, position: Position | None) -> Position | None:
        """Open or fold the reasoning at a position; return the start of the block that it is in then."""
        if position is None:
            return None
        self.refold(position.turn)
        block = self._view.block(within(self._view.entries, position))
        return None if block is None else block.start

    def _clicked(self, spot: Spot) -> None:
        if spot.position.part == LABEL:
            self._clicked_at = float("-inf")  # another click is one of its own, and selects nothing
            self.refold(spot.position.turn)
            return
        number = link_at(line_of(self._view.entries, spot.position), spot.offset)
        if number:
            # It may become a double click, which selects the address instead.
            self.set_timer(AGAIN_S, lambda: self._choose(number) if self._clicks == 1 else None)

    def _on_mouse_move(self, event: events.MouseMove) -> None:
        line = self._rows.line(event.y) if self._anchor is None else None
        number = link_at(line, offset_at(line, event.x - MARGIN)) if line else 0
        if not number and self._link is not None:
            number = self._link.number
        self._show_target(number)

    def _on_leave(self, _event: events.Leave) -> None:
        self._show_target(0 if self._link is None else self._link.number)

    def _has_marks(self) -> bool:
        return super()._has_marks() or self._link is not None

    def _mark(self, positions: list[Position], lines: list[Line]) -> list[Line]:
        lines = super()._mark(positions, lines)
        if self._link is None:
            return lines
        link = self._link
        return [
            marked(line, spans_of(link, position, line))
            for position, line in zip(positions, lines, strict=True)
        ]
