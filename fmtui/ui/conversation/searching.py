"""Finding text in the conversation: marks what is on the screen, counts and goes to the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message
from textual.worker import Worker

from fmtui.ui.conversation.browsing import Browsing
from fmtui.ui.conversation.folding import FoldingView
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.marks import Span, marked
from fmtui.ui.conversation.places import Position, moved
from fmtui.ui.conversation.selection import line_of, rows_around
from fmtui.ui.conversation.styles import Mark

if TYPE_CHECKING:  # imported when something is searched for
    from fmtui.ui.conversation.find import Query
    from fmtui.ui.conversation.search import Found, Hit, Search

SLICE_S = 0.03
"""Seconds that the thread searches before what it found is shown."""
AGAIN_S = 1.0
"""Seconds between two searches of a reply that is coming."""


class Searching(Browsing):
    """A view in which text can be found.

    Args:
        view: what is shown.
        links: where its links lead.
        id: the widget's id.
    """

    class FindChanged(Message, namespace="conversation"):
        """Posted when more was found, or another place was gone to."""

        def __init__(self, current: int, total: int, *, complete: bool) -> None:
            super().__init__()
            self.current = current
            """Which of the places the view is at, from 1; 0 for none."""
            self.total = total
            self.complete = complete
            """Whether everything was searched."""

    def __init__(self, view: FoldingView, links: Links, id: str | None) -> None:  # noqa: A002 - the name that every widget of Textual uses
        super().__init__(view, links, id)
        self._search: Search | None = None
        self._hit: Hit | None = None
        self._turn: int | None = None
        """The turn whose place is gone to, instead of the nearest of all."""
        self._nth = 0
        """How many places of that turn come before the one that is meant."""
        self._places: tuple[int, Hit | None, list[Found]] = 0, None, []

    @property
    def finding(self) -> bool:
        """Whether what was searched for is marked."""
        return self._search is not None

    @property
    def sought(self) -> str:
        """What is searched for; empty for nothing."""
        return self._search.query.text if self._search is not None else ""

    def find(self, text: str, turn_id: str = "", nth: int = 0) -> None:
        """Search for a text, mark it and go to the nearest place above the end of the window.

        Args:
            text: what to search for.
            turn_id: go to this turn, and to a place in it, if it has one.
            nth: which place that is, counted from 0; the last one where there are fewer.
        """
        self._nth = nth
        self._hit, self._places = None, (0, None, [])
        self._turn = self._view.entries.index(turn_id) if turn_id else None
        if self._turn is not None:
            self._view.go_to(Position(self._turn, 0, 0))
            self._view.let_go()
            self._draw()
        if not text or not self._view.entries.width:
            self.end_find()
            self.post_message(self.FindChanged(0, 0, complete=True).set_sender(self))
            return
        from fmtui.ui.conversation.find import Query  # noqa: PLC0415 - when it is needed
        from fmtui.ui.conversation.search import Search  # noqa: PLC0415 - same

        start = self._window()[1].turn if self._turn is None else self._turn
        self._search = Search(self._view.entries, Query(text), start)
        self._search_on()
        self._draw()

    def find_next(self, count: int = 1) -> None:
        """Go to the next place, for a negative number to the one before; after the last comes the first.

        Which ones are the first and the last is not known until everything was searched; until then
        the view stays at the outermost place that is known.
        """
        search = self._search
        if search is None or not search.total:
            return
        if self._hit is None:
            number = search.last_before(self._window()[0]) + (1 if count > 0 else 0)
        else:
            number = search.number(self._hit) + count
        if search.complete or 0 < number <= search.total:
            self._go_to_hit(search, search.hit(number))

    def end_find(self) -> None:
        """Mark nothing any more; the view stays where it is, unless it was at the end and followed it."""
        self._search = self._hit = None
        self._follow_again()
        self._draw()

    def _points_at_text(self) -> bool:
        return super()._points_at_text() or self._hit is not None

    def search_new(self) -> None:
        """Search what is new, if anything is searched for."""
        if self._search is not None:
            self._search_on()

    def _search_on(self) -> None:
        # The method, not its coroutine: of two that are typed at once the first never begins.
        self._find_worker: Worker[None] = self.run_worker(
            self._run, name="find", group="conversation-find", exclusive=True
        )

    async def _run(self) -> None:
        search = self._search
        while search is not None and search is self._search:
            search.take_new()
            if not search.complete:
                await asyncio.to_thread(search.run, SLICE_S)
            if search is not self._search:
                return
            self._take(search)
            if search.complete:
                if not search.live:
                    return
                await asyncio.sleep(AGAIN_S)

    def _take(self, search: Search) -> None:
        """Take in what was found since; the first time go to the nearest place."""
        turn, self._turn = self._turn, None
        if self._hit is None and search.total and turn is not None:
            before = search.last_before(Position(turn, 0, -1))
            there = search.last_before(Position(turn + 1, 0, -1)) - before
            if there:
                self._go_to_hit(search, search.hit(before + 1 + min(self._nth, there - 1)))
                return
        if self._hit is None and search.total:
            number = search.last_before(self._window()[1])
            if number or search.looked_back:
                self._go_to_hit(search, search.hit(number or 1))
                return
        self._report_found(search)

    def _go_to_hit(self, search: Search, hit: Hit | None) -> None:
        self._hit = hit
        entries = self._view.entries
        if hit is not None and hit.turn < len(entries) and entries.nearest(hit.turn, hit.part) != hit.part:
            self._view.refold(hit.turn, opened=True)
        places = self._places_of_hit()
        if places:
            last = moved(self._view.entries, places[-1].position, 1)
            top, bottom = self._window()
            if not top <= places[0].position < bottom:
                self._view.go_to(moved(self._view.entries, places[0].position, -(self._view.height // 3)))
            self._reveal(places[0].position, last)
            self._view.let_go()
            if self._cursor is not None:
                self._put_cursor_on_hit()
        self._report_found(search)
        self._draw()

    def _on_focus(self, _event: events.Focus) -> None:
        # Before that of a view without a search: who comes from what was found begins there.
        self._put_cursor_on_hit()

    def _put_cursor_on_hit(self) -> None:
        places = self._places_of_hit()
        block = self._view.block(places[0].position) if places else None
        if block is not None:
            self._cursor = block.start

    def _report_found(self, search: Search) -> None:
        current = 0 if self._hit is None else search.number(self._hit)
        message = self.FindChanged(current, search.total, complete=search.complete)
        self.post_message(message.set_sender(self))

    def _places_of_hit(self) -> list[Found]:
        """Return where the place that was gone to is drawn now."""
        if self._search is None or self._hit is None:
            return []
        width = self._view.entries.width
        if self._places[:2] != (width, self._hit):
            self._places = width, self._hit, self._search.places(self._hit)
        return self._places[2]

    def forget_places(self, turns: int = 0) -> None:
        """Forget all places in turns that are gone: all but the first `turns`."""
        super().forget_places(turns)
        if not turns:
            self._search = self._hit = None
        elif self._search is not None:
            self._search.forget(turns)
            self._search_on()
        if self._hit is not None and self._hit.turn >= turns:
            self._hit = None

    # ---- what is marked

    def _has_marks(self) -> bool:
        return super()._has_marks() or self._search is not None

    def _mark(self, positions: list[Position], lines: list[Line]) -> list[Line]:
        if self._search is not None and lines:
            lines = self._with_found(self._search.query, positions, lines)
        return super()._mark(positions, lines)

    def _with_found(self, query: Query, positions: Sequence[Position], lines: list[Line]) -> list[Line]:
        from fmtui.ui.conversation.search import Found  # noqa: PLC0415 - when it is needed

        entries = self._view.entries
        first, last = rows_around(entries, positions[0]), rows_around(entries, positions[-1])
        above = first[: first.index(positions[0])]
        below = last[last.index(positions[-1]) + 1 :]
        around = [
            *(line_of(entries, row) for row in above),
            *lines,
            *(line_of(entries, row) for row in below),
        ]
        current = set(self._places_of_hit())
        spans: list[list[Span]] = [[] for _ in lines]
        for places in query.places(around):
            for number, start, stop in places:
                row = number - len(above)
                if 0 <= row < len(lines):
                    here = Found(positions[row], start, stop) in current
                    spans[row].append(Span(start, stop, Mark.CURRENT if here else Mark.FOUND))
        return [marked(line, found) for line, found in zip(lines, spans, strict=True)]
