"""Reading the conversation by keyboard: block by block, turn by turn, from link to link.

While the conversation has the focus a cursor stands in the margin beside one block. It goes
to where the view is when it was left behind by scrolling, and is gone with the focus. Until
then the view follows no reply, unless it is sent to the end.
"""

from __future__ import annotations

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType

from fmtui.ui.commands import browse_bindings
from fmtui.ui.conversation.blocks import BlockSpan
from fmtui.ui.conversation.folding import FoldingView
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.linking import next_link
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.marks import AT_CURSOR
from fmtui.ui.conversation.paragraphs import text_of
from fmtui.ui.conversation.places import Place, Position, line_at, moved, place_of, start_of
from fmtui.ui.conversation.pointing import Pointing
from fmtui.ui.conversation.selection import Selection, Spot, Stretch, line_of

BROWSING_KEYS: list[BindingType] = [
    *browse_bindings(),
    Binding("escape", "leave_selection", show=False),
]


class Browsing(Pointing):
    """A view that is read with the keyboard.

    Args:
        view: what is shown.
        links: where its links lead.
        id: the widget's id.
    """

    def __init__(self, view: FoldingView, links: Links, id: str | None) -> None:  # noqa: A002 - the name that every widget of Textual uses
        super().__init__(view, links, id)
        self._cursor: Position | None = None
        self._extended: Stretch | None = None
        """What the keyboard's selection was begun on; None while it selects nothing."""

    # ---- the cursor

    def _on_focus(self, _event: events.Focus) -> None:
        self._view.let_go()
        self._take_cursor_along(-1)
        self._draw()

    def _on_blur(self, _event: events.Blur) -> None:
        if not self.app.app_focus:
            return  # another window has the keys now
        self._cursor = self._extended = None
        self._leave_link()
        self._follow_again()
        self._draw()

    @property
    def _block(self) -> BlockSpan | None:
        return None if self._cursor is None else self._view.block(self._cursor)

    def _window(self) -> tuple[Position, Position]:
        """Return the first line on the screen, and the line after the last one."""
        top = self._view.top
        return top, moved(self._view.entries, top, self._view.height)

    def _sees_cursor(self) -> bool:
        """Whether any of the block at the cursor is on the screen."""
        block = self._block
        if block is None:
            return False  # nothing may be laid out yet, so there need be no window either
        top, bottom = self._window()
        return block.start < bottom and block.stop > top

    def _take_cursor_along(self, count: int) -> bool:
        """Put the cursor on a block that is on the screen if it is on none; return whether it did.

        Args:
            count: 1 for the first block on the screen, -1 for the last one.
        """
        if self._sees_cursor():
            return False
        top, bottom = self._window()
        at = top if count > 0 else self._view.blocks_from(bottom, -1)
        found = self._view.block(at)
        self._cursor = None if found is None else found.start
        return True

    def action_browse(self, what: str) -> None:
        """Do what a key of the table of commands asks for, by the name after `browse.`."""
        count = -1 if what.startswith("previous") else 1
        self._view.let_go()
        match what.rpartition("_")[2]:
            case "block":
                self._go_by_block(count)
            case "turn":
                self._go_by_turn(count)
            case "link":
                self._go_by_link(count)
            case "fold" if self._take_cursor_along(-1) or self._cursor:
                self._cursor = self._folded_at(self._cursor)
            case "select":
                self._begin_or_end_selection()
            case _:
                self._open_link()
        self._view.let_go()  # also where moving came to the end
        self._draw()

    def _go_by_block(self, count: int) -> None:
        if self._take_cursor_along(count):
            self._extend()
            return
        block = self._block
        if block is None:
            return
        top, bottom = self._window()
        if block.start < top if count < 0 else block.stop > bottom:
            # There is more of the block than was seen.
            self._view.scroll_lines(count * max(1, self._view.height // 2))
            return
        there = self._view.blocks_from(block.start, count)
        if there == self._cursor:
            self._view.scroll_lines(count * self._view.height)
        self._go_to(there)

    def _go_by_turn(self, count: int) -> None:
        self._take_cursor_along(count)
        if self._cursor is None:
            return
        turn, block = self._cursor.turn, self._block
        first = self._first_of(turn)
        if not (count < 0 and first is not None and block is not None and first < block.start):
            turn = max(0, min(turn + count, len(self._view.entries) - 1))
        while 0 <= turn < len(self._view.entries) and self._first_of(turn) is None:
            turn += count  # one that says nothing yet
        first = self._first_of(turn)
        if first is not None:
            self._view.go_to(start_of(turn))
            self._go_to(first)

    def _first_of(self, turn: int) -> Position | None:
        """Return where the first block of a turn starts; None where it has none, or there is no such turn."""
        if not 0 <= turn < len(self._view.entries):
            return None
        block = self._view.block(start_of(turn))
        return None if block is None or block.start.turn != turn else block.start

    def _go_to(self, position: Position) -> None:
        self._cursor = position
        self._leave_link()
        self._reveal_cursor()
        self._extend()

    def _reveal_cursor(self) -> None:
        block = self._block
        if block is not None:
            self._reveal(block.start, block.stop)

    def _reveal(self, start: Position, stop: Position) -> None:
        """Scroll no more than is needed to see lines, their first ones if there are too many."""
        entries, view = self._view.entries, self._view
        top, bottom = self._window()
        if start < top:
            view.go_to(moved(entries, start, -1))
        elif stop > bottom:
            fits = moved(entries, start, view.height)
            view.go_to(start if stop > fits else moved(entries, stop, 1 - view.height))

    def scroll_to_turn(self, count: int) -> None:
        """Put the start of the next turn (1) or of this or the previous one (-1) at the top."""
        super().scroll_to_turn(count)
        if self._cursor is not None:
            self._cursor = None
            self._take_cursor_along(1)
            self._draw()

    def forget_places(self, turns: int = 0) -> None:
        """Forget all places in turns that are gone: all but the first `turns`."""
        super().forget_places(turns)
        self._extended = None
        if self._cursor is not None and self._cursor.turn >= turns:
            self._cursor = None

    # ---- selecting by keyboard

    def _begin_or_end_selection(self) -> None:
        if self._extended is not None:
            self._extended = self._selection = None
            return
        self._take_cursor_along(-1)
        self._extended = self._stretch_of_block()
        self._extend()

    def _extend(self) -> None:
        head = self._stretch_of_block()
        if self._extended is not None and head is not None:
            self._selection = Selection(self._extended, head)

    def _stretch_of_block(self) -> Stretch | None:
        block = self._block
        if block is None:
            return None
        last = moved(self._view.entries, block.stop, -1)
        return Spot(block.start, 0), Spot(last, len(text_of(line_of(self._view.entries, last))))

    def action_leave_selection(self) -> None:
        """Give up selecting; otherwise the key is the screen's, which goes back to the prompt."""
        if self._extended is None and self._link is None:
            raise SkipAction
        if self._extended is not None:
            self._extended = self._selection = None
        self._leave_link()
        self._draw()

    def _kept_selection(self) -> list[Place]:
        places = super()._kept_selection()
        return places if self._cursor is None else [*places, place_of(self._view.entries, self._cursor)]

    def _restore_selection(self, places: list[Place]) -> None:
        if places and self._cursor is not None:
            *places, place = places
            found = self._view.block(line_at(self._view.entries, place))
            self._cursor = None if found is None else found.start
            self._leave_link()
        super()._restore_selection(places)
        if self._extended is not None and self._selection is not None:
            self._extended = self._selection.anchor

    def _points_at_text(self) -> bool:
        return super()._points_at_text() or self._cursor is not None

    # ---- links

    def _go_by_link(self, count: int) -> None:
        self._take_cursor_along(count)
        if self._link is not None:
            at = self._link.start if count < 0 else self._link.stop
        else:
            top, bottom = self._window()
            block = self._block
            start = top if block is None else max(top, block.start)
            at = Spot(start, 0) if count > 0 else Spot(bottom, 0)
        found = next_link(self._view.entries, at, count)
        if found is None:
            self._leave_link()
            self.screen.focus_next() if count > 0 else self.screen.focus_previous()
            return
        self._link = found
        self._reveal(found.start.position, moved(self._view.entries, found.stop.position, 1))
        block = self._view.block(found.start.position)
        self._cursor = self._cursor if block is None else block.start
        self._show_target(found.number)

    def _open_link(self) -> None:
        block = self._block
        if self._link is None and block is not None:
            found = next_link(self._view.entries, Spot(block.start, 0), 1)
            if found is not None and found.start.position < block.stop:
                self._link = found
                self._show_target(found.number)
        elif self._link is not None:
            self._choose(self._link.number)

    # ---- what is marked

    def _has_marks(self) -> bool:
        return super()._has_marks() or self._cursor is not None

    def _mark(self, positions: list[Position], lines: list[Line]) -> list[Line]:
        lines = super()._mark(positions, lines)
        block = self._block
        if block is None:
            return lines
        return [
            (AT_CURSOR, *line) if block.start <= position < block.stop else line
            for position, line in zip(positions, lines, strict=True)
        ]
