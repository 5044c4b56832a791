"""The dialog with all sessions."""

from __future__ import annotations

from collections.abc import Sequence

from fmtui.core.text import one_line
from fmtui.ui.picker import Picker
from fmtui.ui.rows import Row, SessionRow

__all__ = ["SessionPicker", "SessionRow"]


class SessionPicker(Picker[str]):
    """Returns the id of a session, None when the user left without choosing."""

    def __init__(self, rows: Sequence[SessionRow], current: str = "", *, query: str = "") -> None:
        """Make the dialog.

        Args:
            rows: every session, in the order to show.
            current: id of the session that is open.
            query: what the field starts with.
        """
        super().__init__("Sessions", "session", "a part of the title", query=query, current=current)
        self._all = [row.row() for row in rows]
        self._titles: list[tuple[str, Row]] = []

    def total(self) -> int:
        """Return how many sessions there are."""
        return len(self._all)

    def matching(self, query: str) -> Sequence[Row]:
        """Return the sessions whose title or date holds every word that was typed."""
        words = query.casefold().split()
        if not words:
            return self._all
        if not self._titles:  # only who filters pays for it
            self._titles = [(f"{one_line(row.text)} {row.detail}".casefold(), row) for row in self._all]
        return [row for title, row in self._titles if all(word in title for word in words)]

    def result_of(self, row: Row) -> str:
        """Return the id of the session."""
        return row.id
