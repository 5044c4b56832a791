"""The line in which a text to find is typed, with how often it was found beside it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from fmtui.ui.line import Line
from fmtui.ui.rest import Rest

_KEYS = "↑ ↓ step · Esc ends"


class FindBar(Widget):
    """One row: what is searched for, and at which of how many places the view is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("down", "step(1)", show=False),
        Binding("shift+enter,up", "step(-1)", show=False),
    ]

    DEFAULT_CSS = """
    FindBar {
        layout: horizontal;
        height: 1;
        padding: 0 1;
        background: $panel;
        & .find--label { width: auto; color: $text-primary; text-style: bold; }
        & .find--count { width: auto; color: $text-muted; }
        &:ansi .find--count { text-style: dim; }
        & Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $panel; }
        & Input:focus { border: none; }
    }
    """

    class Typed(Message):
        """Something else is searched for."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Stepped(Message):
        """The user wants the next place, for a negative count the one before."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    class Entered(Message):
        """Enter was pressed."""

    class Closed(Message):
        """The user has found enough."""

    def __init__(self) -> None:
        super().__init__()
        self._input = Line(compact=True, placeholder="text in the conversation", select_on_focus=True)
        self._count = Static("", classes="find--count", markup=False)
        self._rest = Rest(self, self._tell)

    def compose(self) -> ComposeResult:
        """Lay out the row."""
        yield Static("Find: ", classes="find--label")
        yield self._input
        yield self._count

    @property
    def text(self) -> str:
        """What is searched for."""
        return self._input.value

    def ask(self, text: str = "") -> None:
        """Take the keys; an empty text leaves what was searched for before."""
        if text:
            self._input.value = text
        # At once, not with the next message: what is typed after the key belongs in here.
        self.screen.set_focus(self._input)
        self._input.select_all()

    def fill(self, text: str) -> None:
        """Show what is searched for, and leave the keys where they are."""
        self._input.value = text

    def show_count(self, current: int, total: int, *, complete: bool) -> None:
        """Show at which of how many places the view is.

        Args:
            current: which place it is at, from 1; 0 for none.
            total: how many places are known.
            complete: whether all was searched.
        """
        if not self.text:
            words = ""
        elif not complete:
            # Which one it is of all is not known before all are.
            words = f"{total:,} so far…" if total else "searching…"
        elif not total:
            words = "not found"
        else:
            words = f"{_KEYS} · {current:,}/{total:,}" if current else f"{_KEYS} · {total:,}"
        self._count.update(Content(words))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._rest.due()

    def _tell(self) -> None:
        self.post_message(self.Typed(self.text))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._rest.now()
        self.post_message(self.Entered())

    def action_step(self, count: int) -> None:
        """Go to another place."""
        self._rest.now()
        self.post_message(self.Stepped(count))

    def action_close(self) -> None:
        """Close."""
        self._rest.drop()
        self.post_message(self.Closed())
