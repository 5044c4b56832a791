"""What is not sent yet: rows right above the editor."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from fmtui.core.text import printable
from fmtui.ui.fitting import fit


class PendingBar(Widget):
    """One row for each thing that waits, cut where it has no room."""

    DEFAULT_CSS = """
    PendingBar {
        height: auto;
        max-height: 33vh;
        padding: 0 1 0 2;
        color: $text-accent;
        background: $background;
        &:ansi { text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[str] = ()

    @property
    def words(self) -> str:
        """What it says, row by row."""
        return "\n".join(self._rows)

    def say(self, rows: Sequence[str]) -> None:
        """Show other rows, anyone's text, which acts on nothing; nothing is shown for none."""
        self._rows = [printable(row) for row in rows]
        self.display = bool(rows)
        self.refresh(layout=True)

    def render(self) -> Content:
        """Return the rows."""
        width = self.content_size.width
        return Content("\n".join(fit(row, width) for row in self._rows))
