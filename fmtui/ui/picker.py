"""The dialog for choosing one of many by typing a part of its name."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from fmtui.core.text import one_line
from fmtui.ui.dialog import Dialog
from fmtui.ui.line import Line
from fmtui.ui.rest import Rest
from fmtui.ui.rows import Row, RowList

Result = TypeVar("Result")

_TALL = 20
"""Rows of the terminal from which there are two lines about a row."""


class Picker(Dialog[Result | None]):
    """A field above a list: typing filters, arrows move, Enter chooses, Esc leaves.

    The field keeps the focus all the time, so there is no mode to be in.
    """

    BINDINGS = [
        Binding("escape", "leave", show=False),
        Binding("up", "steer('move', -1)", show=False),
        Binding("down", "steer('move', 1)", show=False),
        Binding("pageup", "steer('page', -1)", show=False),
        Binding("pagedown", "steer('page', 1)", show=False),
        Binding("ctrl+home", "steer('first')", show=False),
        Binding("ctrl+end", "steer('last')", show=False),
    ]

    DEFAULT_CSS = """
    Picker > Vertical {
        width: 92;
        height: 80%;
        min-height: 13;
        max-height: 32;
    }
    Picker Input {
        height: 1;
        padding: 0 2;
        border: none;
        background: $surface;
        &:focus {
            border: none;
            background-tint: $foreground 0%;
        }
    }
    Picker RowList {
        margin: 1 0 0 0;
    }
    Picker .about {
        height: 2;
        padding: 0 2;
        color: $text-muted;
        &.-asks { color: $text-warning; }
        &:ansi { text-style: dim; }
    }
    Picker.-short .about {
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    Picker .note {
        height: auto;
        max-height: 2;
        padding: 0 2;
        color: $text-muted;
        &:ansi { text-style: dim; }
    }
    """

    SAYS_MORE = False
    """Whether there is a line about the row under the cursor."""
    VERTICAL_BREAKPOINTS = [(0, "-short"), (_TALL, "-tall")]

    def __init__(
        self, title: str, thing: str, placeholder: str, *, query: str = "", current: str = ""
    ) -> None:
        """Make a picker.

        Args:
            title: what is being chosen.
            thing: what one row is, in one word that an `s` makes many.
            placeholder: shown in the empty field.
            query: what the field starts with.
            current: id of the row that the cursor starts on.
        """
        super().__init__()
        self._title = title
        self._thing = thing
        self._query = query
        self._current = current
        self._note = ""
        self._rows_shown = RowList(always_active=True)
        self._rows_shown.can_focus = False
        self._rest = Rest(self, self._filter_anew)
        self._placeholder = placeholder
        self._asks = ""  # id of the row that was chosen once and asks whether it is meant
        self._field: Input
        self._about_line: Static
        self._note_line: Static

    @property
    def _list(self) -> RowList:
        """The list, as what was typed last has it: no key acts on a row that is not meant any more."""
        self._take_typed()
        self._rest.now()
        return self._rows_shown

    def _take_typed(self) -> None:
        """Filter by what is in the field; a key that came right behind may be here before its message."""
        if self.is_mounted and self._field.value != self._query:
            self._query = self._field.value
            self._asks = ""
            self._rest.due()

    @abstractmethod
    def matching(self, query: str) -> Sequence[Row]:
        """Return the rows to show for what was typed, best first."""

    @abstractmethod
    def result_of(self, row: Row) -> Result | None:
        """Return what choosing a row means."""

    def keys(self) -> str:
        """Return what the keys do, in a line for the edge."""
        return "Enter chooses · Esc leaves"

    def shown(self) -> int:
        """Return how many of all the rows are shown."""
        return len(self._list.rows)

    def empty(self) -> str:
        """Return what a list without rows says."""
        return "nothing matches" if self.total() else "nothing to choose from"

    def doubt(self, row: Row) -> str:
        """Return why one may not mean to choose a row, which then has to be chosen twice; mostly empty."""
        del row
        return ""

    def about(self, row: Row) -> str:
        """Return what else there is to know of the row under the cursor, where `SAYS_MORE`."""
        del row
        return ""

    def above(self) -> ComposeResult:
        """Lay out what is between the field and the list; mostly nothing."""
        yield from ()

    def below(self) -> ComposeResult:
        """Lay out what is below all else; mostly nothing."""
        yield from ()

    @abstractmethod
    def total(self) -> int:
        """Return how many rows there are in all."""

    def compose(self) -> ComposeResult:
        """Lay out the dialog."""
        # Settled before it is laid out, or it would be drawn twice.
        self.add_class("-short" if self.app.size.height < _TALL else "-tall", update=False)
        self._field = Line(self._query, placeholder=self._placeholder)
        self._about_line = Static(classes="about", markup=False)
        self._about_line.display = self.SAYS_MORE
        self._note_line = Static(classes="note", markup=False)
        with Vertical():
            yield self._field
            yield from self.above()
            yield self._list
            yield self._about_line
            yield self._note_line
            yield from self.below()

    def on_mount(self) -> None:
        """Show the rows, the cursor on the current one, or on what the field starts with."""
        self.query_one(Vertical).border_title = Content(self._title)
        self.show_edge()
        self.filter_now(self.start())

    def show_edge(self) -> None:
        """Say at the edge what the keys do now."""
        for box in self.query(Vertical):  # none before it is laid out
            box.border_subtitle = Content(self.keys())

    def start(self) -> str:
        """Return the id of the row that the cursor starts on; empty for the first."""
        return "" if self._query.strip() else self._current

    def filter_now(self, cursor: str | None = None) -> None:
        """Show the rows that match the field.

        Args:
            cursor: id of the row to put the cursor on; it stays where it is by default.
        """
        self._rest.drop()
        rows = self.matching(self._field.value.strip())
        self._rows_shown.set_empty(self.empty())
        self._rows_shown.set_rows(rows, cursor)
        self._show_note()
        self._show_about()

    def set_note(self, note: str) -> None:
        """Say something below the list."""
        self._note = note
        if self.is_mounted:
            self._show_note()

    def _show_note(self) -> None:
        shown, total = self.shown(), self.total()
        things = f"{total:,} {self._thing}{'' if total == 1 else 's'}"
        count = f"{shown:,} of {things}" if self._field.value.strip() else things
        note = one_line(self._note, 600)
        self._note_line.update(Content(f"{count} · {note}" if note else count))

    def _show_about(self) -> None:
        row = self._list.current
        doubt = self.doubt(row) if row is not None and row.id == self._asks else ""
        if not doubt:
            self._asks = ""
        if self.SAYS_MORE:
            self._about_line.set_class(bool(doubt), "-asks")
            self._about_line.update(Content(doubt or (self.about(row) if row is not None else "")))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.input is not self._field:
            return
        event.stop()
        self._take_typed()

    def _filter_anew(self) -> None:
        self.filter_now("")  # the best match is the first

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if event.input is not self._field:
            return
        event.stop()
        self._list.action_choose()

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        event.stop()
        if self.doubt(event.row) and event.row.id != self._asks:
            self._asks = event.row.id
            self._show_about()
        else:
            self.dismiss(self.result_of(event.row))

    def action_steer(self, how: str, by: int = 0) -> None:
        """Move the cursor of the list."""
        match how:
            case "move":
                self._list.action_move(by)
            case "page":
                self._list.action_page(by)
            case "first":
                self._list.action_first()
            case _:
                self._list.action_last()
        self._asks = ""
        self._show_about()
