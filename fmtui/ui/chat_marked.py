"""A path on the screen of which only the end is sent to the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fmtui.core.chat import Turn, Turns

if TYPE_CHECKING:  # sessions bring it
    from fmtui.core.context import Cut

CONTEXT_ID = "context"
"""The id of what stands in a conversation where the sent history begins."""


class Marked:
    """A path with one more turn, which says that what is sent begins there."""

    def __init__(self, path: Turns, at: int, cut: Cut) -> None:
        self._path = path
        self._at = at
        words = (
            f"The conversation is sent to the model from here on; the {at:,} turns above are left out. "
            "/whole sends all of it again."
        )
        if cut.summary:
            words += f" In their place this summary is sent:\n\n{cut.summary}"
        self._mark = Turn(CONTEXT_ID, "system", words, created=cut.since)

    def __len__(self) -> int:
        return len(self._path) + 1

    def __getitem__(self, index: int, /) -> Turn:
        return self._mark if index == self._at else self._path[index - (index > self._at)]

    def weight(self, index: int) -> int:
        """Return about how many characters a turn has."""
        return len(self._mark.text) if index == self._at else self._path.weight(index - (index > self._at))

    def id_of(self, index: int) -> str:
        """Return the id of a turn."""
        return CONTEXT_ID if index == self._at else self._path.id_of(index - (index > self._at))
