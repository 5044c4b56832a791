"""The dialog with all themes, each shown on the whole screen while the cursor is on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.theme import Theme

from fmtui.core.record import NamedTuple
from fmtui.core.text import one_line
from fmtui.ui.matching import Query
from fmtui.ui.picker import Picker
from fmtui.ui.rest import Rest
from fmtui.ui.rows import Row

_SOURCE_ROOM = 40
"""Columns of a row from which there is room for where a theme comes from."""


class ThemeRow(NamedTuple):
    """One theme as the list shows it."""

    name: str
    kind: str
    source: str
    """Who made the file."""


def kind_of(theme: Theme) -> str:
    """Return in a word or two what a theme's colours are."""
    if not theme.ansi:
        return "dark" if theme.dark else "light"
    return "no colours" if theme.primary == "ansi_default" else "16 colours"


class ThemePicker(Picker[str]):
    """Returns the name of a theme, None when the user left without choosing.

    It stands at the right and darkens nothing, so that what is behind it shows the theme.
    """

    DEFAULT_CSS = """
    ThemePicker {
        align: right top;
        background: transparent;
    }
    ThemePicker > Vertical {
        width: 50;
        max-width: 64%;
        height: 100%;
        max-height: 100%;
    }
    ThemePicker .note { max-height: 4; }
    """

    def __init__(self, rows: Sequence[ThemeRow], current: str, wear: Callable[[str], None]) -> None:
        """Make the dialog.

        Args:
            rows: the themes, in the order to show them.
            current: name of the theme that is worn.
            wear: shows everything in a theme.
        """
        super().__init__("Themes", "theme", "a part of the name, or light", current=current)
        self._rows = list(rows)
        self._wear = wear
        self._worn = current
        self._preview = Rest(self, self._wear_soon)
        self._wearing = False  # whether the theme under the cursor is about to be worn
        self._list.set_layout(_columns)

    def set_themes(self, rows: Sequence[ThemeRow], note: str) -> None:
        """Show other themes while the dialog is open; what was typed and the cursor stay."""
        self._rows = list(rows)
        self.set_note(note)
        if self.is_mounted:
            self.filter_now()

    def keys(self) -> str:
        """Return what the keys do."""
        return "Enter keeps · Esc goes back"

    def total(self) -> int:
        """Return how many themes there are."""
        return len(self._rows)

    def matching(self, query: str) -> Sequence[Row]:
        """Return the themes that match by name, kind or maker, best first."""
        wanted = Query(query)
        if not query:
            return [_row(row, ()) for row in self._rows]
        scored = [
            (wanted.score(row.name.lower()) or wanted.score(" ".join(row).lower()) / 4, row)
            for row in self._rows
        ]
        found = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -round(pair[0], 3))
        return [_row(row, wanted.positions(row.name)) for _, row in found]

    def result_of(self, row: Row) -> str:
        """Return the name of the theme."""
        return row.id

    def filter_now(self, cursor: str | None = None) -> None:
        """Show the rows that match the field, and the theme that is under the cursor then."""
        super().filter_now(cursor)
        self._preview.due()

    def action_steer(self, how: str, by: int = 0) -> None:
        """Move the cursor of the list."""
        super().action_steer(how, by)
        self._preview.due()

    def _wear_soon(self) -> None:
        """Show the theme under the cursor once all keys that are there have moved it."""
        if not self._wearing:
            self._wearing = True
            self.call_after_refresh(self._wear_current)

    def _wear_current(self) -> None:
        self._wearing = False
        row = self._list.current
        if row is not None and row.id != self._worn and self.is_current:
            self._worn = row.id
            self._wear(row.id)


def _row(row: ThemeRow, positions: tuple[int, ...]) -> Row:
    return Row(row.name, row.name, matches=positions, cells=(row.kind, row.source))


def _columns(room: int) -> Callable[[Row], str]:
    """Return what writes kind and maker, one below the other."""
    if room < _SOURCE_ROOM:
        return lambda row: f"{row.cells[0]:10}"
    return lambda row: f"{row.cells[0]:10}  {one_line(row.cells[1], 7):7}"
