"""The dialog with the settings: what each is, and where that comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from fmtui.core.record import NamedTuple
from fmtui.core.text import one_line
from fmtui.ui.dialog import Dialog
from fmtui.ui.fitting import fit
from fmtui.ui.rows import Row, RowList

_TITLE, _SOURCE = 17, 13
"""Cells of the longest title and source."""


class SettingRow(NamedTuple):
    """One setting as it stands."""

    name: str
    title: str
    value: str
    source: str
    help: str


def _columns(room: int) -> Callable[[Row], str]:
    """Return what draws value and source; the titles, which are short, come first where it is narrow."""
    value = max(6, min(22, room - _TITLE - _SOURCE - 4))
    return lambda row: f"{fit(row.cells[0], value):{value}}  {row.cells[1]:{_SOURCE}}"


class SettingsScreen(Dialog[bool]):
    """Changes settings while it shows them; returns whether the list of themes is to be opened.

    Args:
        rows: gives the settings as they stand.
        step: takes the next value of one (1) or the one before (-1); False where there is a list.
        take_back: forgets what was chosen.
    """

    BINDINGS = [
        Binding("escape,q", "leave", show=False),
        Binding("right", "step(1)", show=False),
        Binding("left", "step(-1)", show=False),
        Binding("delete,backspace", "take_back", show=False),
    ]

    DEFAULT_CSS = """
    SettingsScreen RowList {
        height: auto;
    }
    SettingsScreen Static {
        height: 3;
        margin-top: 1;
        color: $text-muted;
        &:ansi { text-style: dim; }
    }
    """

    def __init__(
        self,
        rows: Callable[[], Sequence[SettingRow]],
        step: Callable[[str, int], bool],
        take_back: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._rows = rows
        self._step = step
        self._take_back = take_back
        self._list = RowList()
        self._about = Static(markup=False)
        self._help: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """Lay out the list, and a line about the setting under the cursor."""
        box = Vertical()
        box.border_title = Content("Settings")
        box.border_subtitle = Content("Enter ← → change · Del resets · Esc leaves")
        with box:
            yield self._list
            yield self._about

    def on_mount(self) -> None:
        """Show the settings."""
        self._list.set_layout(_columns)
        self._list.styles.height = len(self._rows())
        self._show()
        self._list.focus()

    def _show(self) -> None:
        rows = self._rows()
        self._help = {each.name: each.help for each in rows}
        self._list.set_rows(
            [Row(each.name, each.title, cells=(one_line(each.value, 60), each.source)) for each in rows]
        )
        self._explain()

    @on(RowList.Moved)
    def _explain(self) -> None:
        here = self._list.current
        if here is not None:
            self._about.update(Content(one_line(self._help[here.id], 220)))

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        event.stop()
        self.action_step(1)

    def action_step(self, by: int) -> None:
        """Take the next value of the setting under the cursor, or the one before."""
        here = self._list.current
        if here is None:
            return
        if self._step(here.id, by):
            self._show()
        else:
            self.dismiss(result=True)

    def action_take_back(self) -> None:
        """Forget what was chosen."""
        if (here := self._list.current) is not None:
            self._take_back(here.id)
            self._show()

    def action_leave(self) -> None:
        """Close it."""
        self.dismiss(result=False)
