"""Turns as wholes: which path of them is shown, which of them the cursor is on, what they say."""

from __future__ import annotations

from abc import abstractmethod

from fmtui.core.chat import Turn, Turns
from fmtui.ui.conversation.blocks import source_between
from fmtui.ui.conversation.folding import FoldingView
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.path import Places, Siblings
from fmtui.ui.conversation.places import Place, Position, line_at, moved, place_of, start_of
from fmtui.ui.conversation.searching import Searching
from fmtui.ui.conversation.selecting import MOST_ROWS
from fmtui.ui.conversation.selection import Selection, line_of


class Turning(Searching):
    """A view of the turns of one path.

    Args:
        view: what is shown.
        links: where its links lead.
        siblings: knows which of its siblings a turn is.
        id: the widget's id.
    """

    def __init__(self, view: FoldingView, links: Links, siblings: Siblings, id: str | None) -> None:  # noqa: A002 - the name that every widget of Textual uses
        super().__init__(view, links, id)
        self._siblings = siblings
        self.shows = 0
        """How many paths were shown so far."""

    @abstractmethod
    def _arm(self) -> None:
        """Have a frame drawn soon."""

    def show(self, turns: Turns, places: Places | None = None, *, at: str = "") -> None:
        """Show a whole path of turns, at its end, and follow it; fetches only what the screen needs.

        Args:
            turns: the path.
            places: which of its siblings each turn is, where there are any.
            at: the id of a turn to go to instead; where it takes the place of another it is in
                the same row. While the conversation is read, the cursor goes there; without one it
                stays where it is in its turn, if that is on the path too.
        """
        self.shows += 1
        index = _index(turns, at) if at else None
        row = self._row_of(index)
        read = None if at else self._read_at(turns)
        self.forget_places()
        self._siblings.take(places or {})
        self._view.show(turns)
        if index is not None:
            self._view.go_to(moved(self._view.entries, start_of(index), -row))
            first = self._view.block(start_of(index))
            if self.has_focus and first is not None:
                self._go_to(first.start)
                self._view.let_go()
        elif read is not None:
            self._read_on(*read)
        self._arm()

    def _read_at(self, turns: Turns) -> tuple[Place, int] | None:
        """Return where the cursor will be in another path, and in which row; None where it cannot be."""
        if self._cursor is None or not self.has_focus:
            return None
        index = _index(turns, self.cursor_turn)
        if index is None:
            return None
        place = place_of(self._view.entries, self._cursor)
        return place._replace(turn=index), self._row_at(self._cursor)

    def _read_on(self, place: Place, row: int) -> None:
        """Put the cursor to a place, in that row of the screen."""
        found = self._view.block(line_at(self._view.entries, place)) if self._view.entries.width else None
        if found is not None:
            self._view.go_to(moved(self._view.entries, found.start, -row))
            self._go_to(found.start)
            self._view.let_go()

    def _row_of(self, index: int | None) -> int:
        """Return the row in which the turn of an index begins, 0 when that is not on the screen."""
        if index is None or index >= len(self._view.entries):
            return 0
        return self._row_at(start_of(index))

    def _row_at(self, position: Position) -> int:
        """Return the row in which a line is, 0 when it is not on the screen."""
        top, rows = self._window()[0], range(self._view.height)
        return next((row for row in rows if moved(self._view.entries, top, row) == position), 0)

    def place(self, turn_id: str, number: int, of: int) -> None:
        """Know which of its siblings a turn is that is about to be added."""
        self._siblings.put(turn_id, number, of)

    def drop_after(self, turn_id: str) -> None:
        """Forget the turns after the one of that id, all of them for an empty id."""
        self._view.drop_after(turn_id)
        self.forget_places(len(self._view.entries))
        self._arm()

    @property
    def cursor_turn(self) -> str:
        """The id of the turn that the cursor is in; empty while there is no cursor."""
        return "" if self._cursor is None else self._view.entries.id_of(self._cursor.turn)

    @property
    def cursor_block(self) -> str:
        """What the block at the cursor was made from; empty while there is no cursor."""
        block = self._block
        return "" if block is None else block.source

    def copied_text(self) -> str | None:
        """Return the text to copy: what is selected, else the block at the cursor; None if it is too much."""
        stretch = self._stretch_of_block()
        if self._selection is not None or stretch is None:
            return self.selected_text()
        positions = self._positions_of(Selection(stretch, stretch))
        from fmtui.ui.conversation.copying import copied  # noqa: PLC0415 - when it is needed

        # A line that stands for what is folded says nothing itself.
        return copied([line_of(self._view.entries, each) for each in positions]) or self.copied_source()

    def copied_source(self) -> str | None:
        """Return the same as it was written; whole blocks, None if it is too much."""
        if self._selection is None:
            block = self._block
            return "" if block is None else block.source
        start, stop = self._selection.start.position, self._selection.stop.position
        return source_between(self._view.entries, start, stop, MOST_ROWS)

    def last_answer(self) -> str:
        """Return the text of the last reply that has ended, as it was written; empty when there is none."""
        entries = self._view.entries
        for index in range(len(entries) - 1, -1, -1):
            turn = entries.apart(index, _never)[0]
            if turn is not None and turn.role == "assistant" and turn.text:
                return turn.text
        return ""

    def answer_at_cursor(self) -> str:
        """Return the text of the turn at the cursor, as it was written; empty without a cursor."""
        if self._cursor is None:
            return ""
        turn = self._view.entries.apart(self._cursor.turn, _never)[0]
        return "" if turn is None else turn.text


def _index(turns: Turns, turn_id: str) -> int | None:
    places = range(len(turns) - 1, -1, -1)  # where siblings are mostly gone to
    return next((index for index in places if turns.id_of(index) == turn_id), None)


def _never(_turn: Turn) -> bool:
    return False
