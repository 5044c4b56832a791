"""The dialog with the prompts of all sessions."""

from __future__ import annotations

from collections.abc import Sequence

from fmtui.core.text import one_line
from fmtui.ui.matching import Query
from fmtui.ui.picker import Picker
from fmtui.ui.rows import Row

_SEEN = 400
"""Characters of a prompt that are looked at and shown."""


class HistoryPicker(Picker[int]):
    """Returns the place of a prompt in the list, None when the user left without choosing."""

    SAYS_MORE = True

    def __init__(self, prompts: Sequence[str], query: str = "") -> None:
        """Make the dialog.

        Args:
            prompts: newest first.
            query: what the field starts with.
        """
        super().__init__("Earlier prompts", "prompt", "some letters of it", query=query)
        self._prompts = prompts
        self._lines: list[str] = []
        self._folded: list[str] = []

    def total(self) -> int:
        """Return how many prompts there are."""
        return len(self._prompts)

    def keys(self) -> str:
        """Return what the keys do."""
        return "Enter writes it · Esc leaves"

    def matching(self, query: str) -> Sequence[Row]:
        """Return the prompts that match, best first; of equals the newer one."""
        if not self._lines:
            self._lines = [one_line(prompt[:_SEEN], _SEEN) for prompt in self._prompts]
            self._folded = [line.lower() for line in self._lines]
        if not query:
            return [Row(str(at), line) for at, line in enumerate(self._lines)]
        wanted = Query(query)
        scored = [(wanted.score(folded), at) for at, folded in enumerate(self._folded)]
        found = sorted(
            ((round(score, 3), at) for score, at in scored if score > 0), key=lambda each: -each[0]
        )
        return [Row(str(at), self._lines[at], matches=wanted.positions(self._lines[at])) for _, at in found]

    def about(self, row: Row) -> str:
        """Return more of a prompt than its row has room for."""
        prompt = self._prompts[int(row.id)]
        lines = prompt.count("\n") + 1
        size = f"{lines:,} lines · " if lines > 1 else ""
        return f"{size}{one_line(prompt[:_SEEN], _SEEN)}"

    def result_of(self, row: Row) -> int:
        """Return the place of the prompt in the list."""
        return int(row.id)
