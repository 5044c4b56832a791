"""The dialog that finds text in all sessions while it is typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from textual.content import Content
from textual.widgets import Input

from fmtui.core.record import NamedTuple
from fmtui.core.text import one_line
from fmtui.ui.figures import SEPARATOR
from fmtui.ui.fitting import cells
from fmtui.ui.lazy_rows import LazyRows
from fmtui.ui.picker import Picker
from fmtui.ui.rows import Row

OF_ONE = 5
"""Places of one session that are listed; from the first one it is a key to the next."""


class Found(NamedTuple):
    """One place where the text was found."""

    session_id: str
    title: str
    date: str
    turn_id: str
    """Empty for the title."""
    who: str
    """Who said it."""
    snippet: str
    marks: tuple[tuple[int, int], ...]
    sought: str
    """What is looked for in the turn to come there."""
    nth: int = 0
    """How often that stands before."""


class Place(NamedTuple):
    """Where the user wants to go."""

    session_id: str
    turn_id: str
    text: str
    """What was found there."""
    nth: int = 0
    """How often it stands in the turn before."""


class _Line(NamedTuple):
    """One line of the list."""

    id: str
    found: Found
    heads: bool = False
    """Whether it is the title of a session rather than a place in it."""


def trimmed(text: str, marks: Sequence[tuple[int, int]], width: int) -> tuple[str, tuple[int, ...]]:
    """Return as much of a snippet as there is room for, its first match in it, and where the matches are.

    Args:
        text: one line.
        marks: where the matches are in it: start and end.
        width: cells there are.
    """
    start = 0
    if cells(text) > width and marks:
        # What stands before it tells what it is about; what comes after is mostly what is wanted.
        first = start = marks[0][0]
        while start and (
            cells(text[start - 1 : first]) <= width // 3 or cells(text[start - 1 :]) <= width - 1
        ):
            start -= 1
    lead = "…" if start else ""
    shown = lead + text[start:]
    while cells(shown) > width:
        over = cells(shown) - width
        shown = shown[: -max(2, over // 2 + 1)].rstrip("…") + "…"
    shift = len(lead) - start
    end = len(shown) - 1 if shown.endswith("…") else len(shown)
    places = (at + shift for first, last in marks for at in range(first, last))
    return shown, tuple(at for at in places if len(lead) <= at < end)


class SessionSearch(Picker[Place]):
    """Returns a place, None when the user left without one."""

    SAYS_MORE = True
    DEFAULT_CSS = """
    SessionSearch > Vertical { width: 132; height: 96%; max-height: 48; }
    """

    def __init__(self, search: Callable[[str], None], query: str = "") -> None:
        """Make the dialog.

        Args:
            search: begins to search for a text, and gives up what it searched for; `take` gets
                what is found.
            query: what the field starts with.
        """
        super().__init__("Search all sessions", "session", 'words, or "a phrase"', query=query)
        self._search = search
        self._sought = ""
        self._lines: list[_Line] = []
        self._counts: dict[str, int] = {}
        self._places = 0
        self._stale = False
        self._searching = False
        self._more = False
        self._goes = False  # whether Enter was pressed before there was anything to go to

    @property
    def sought(self) -> str:
        """What was searched for last."""
        return self._sought

    def keys(self) -> str:
        """Return what the keys do."""
        return "Enter goes there, n and N go on · Esc leaves"

    def empty(self) -> str:
        """Return what a list without rows says."""
        return "nothing found" if self._sought and not self._searching else ""

    def total(self) -> int:
        """Return in how many sessions it was found."""
        return len(self._counts)

    def matching(self, query: str) -> Sequence[Row]:
        """Return what was found so far; begin anew when something else is sought."""
        if query != self._sought:
            self._sought = query
            self._goes = False
            self._stale = self._searching = True
            self._search(query)
        # Rows that are still shown once there are others go by what was found with them.
        return LazyRows(self._lines, partial(self._row, self._counts), lambda line: line.id)

    def take(self, query: str, found: Sequence[Found], *, done: bool, more: bool = False) -> None:
        """Take what was found.

        Args:
            query: what was searched for; it is for nothing when something else is by now.
            found: further places, those of one session together.
            done: whether everything was searched.
            more: whether there may be more than was looked for.
        """
        if query != self._sought or not self.is_mounted:
            return
        first = self._stale
        if self._stale:
            self._stale = False
            self._lines, self._counts, self._places = [], {}, 0
        for each in found:
            self._add(each)
        self._searching, self._more = not done, more
        self.filter_now(self._lines[1].id if first and self._lines else None)
        if self._goes and self._lines:
            self._list.action_choose()

    def _add(self, found: Found) -> None:
        count = self._counts.get(found.session_id, 0)
        self._counts[found.session_id] = count + 1
        self._places += 1
        if not count:
            self._lines.append(_Line(f"session {found.session_id}", found, heads=True))
        if count < OF_ONE:
            self._lines.append(_Line(f"place {self._places}", found))

    def _row(self, counts: Mapping[str, int], line: _Line) -> Row:
        found = line.found
        if line.heads:
            count = counts[found.session_id]
            places = f"{count} places{SEPARATOR}" if count > 1 else ""
            return Row(line.id, found.title or found.session_id, f"{places}{found.date}", "─")
        who = f"{one_line(found.who, 20)}: "
        width = max(20, self._rows_shown.size.width - 4 - cells(who))
        text, marks = trimmed(found.snippet, found.marks, width)
        return Row(line.id, who + text, matches=tuple(at + len(who) for at in marks))

    def about(self, row: Row) -> str:
        """Return all that is known of what stands around the place."""
        line = next((line for line in self._lines if line.id == row.id), None)
        return "" if line is None else one_line(f"{line.found.who}: {line.found.snippet}", 400)

    def result_of(self, row: Row) -> Place | None:
        """Return where a row leads."""
        line = next((line for line in self._lines if line.id == row.id), None)
        if line is None:
            return None
        found = line.found
        # In small letters it is found whatever its case.
        return Place(found.session_id, found.turn_id, found.sought.lower(), found.nth)

    def _show_note(self) -> None:
        if not self._sought:
            words = "Every word, in any case, in one turn or in its session's title."
        else:
            places = (
                f"{self._places:,}{'+' if self._more else ''} {'place' if self._places == 1 else 'places'}"
            )
            sessions = f"{self.total():,} {'session' if self.total() == 1 else 'sessions'}"
            words = f"{places} in {sessions}"
            words = (
                "searching…" if self._stale else f"{words}{SEPARATOR}searching…" if self._searching else words
            )
        note = one_line(self._note, 300)
        self._note_line.update(Content(f"{words}{SEPARATOR}{note}" if note else words))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Wait for what is being searched for, rather than go to what was found before it."""
        self._rest.now()
        if self._stale and self._sought:
            self._goes = True
            event.stop()
            event.prevent_default()
