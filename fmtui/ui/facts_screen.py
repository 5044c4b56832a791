"""A small dialog that shows a few facts, each beside what it is."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from fmtui.core.text import printable
from fmtui.ui.dialog import Dialog


class FactsScreen(Dialog[None]):
    """Shows facts; Esc, Enter and q leave.

    Args:
        title: what they are about.
        facts: what each is, in a word or two, and the fact; the texts may be anyone's.
        note: what to bear in mind.
    """

    BINDINGS = [Binding("escape,enter,q", "leave", show=False)]

    DEFAULT_CSS = """
    FactsScreen > VerticalScroll {
        max-height: 90%;
    }
    FactsScreen Horizontal { height: auto; }
    FactsScreen .name {
        width: 12;
        color: $text-muted;
        &:ansi { text-style: dim; }
    }
    FactsScreen .fact { width: 1fr; }
    FactsScreen .note {
        margin-top: 1;
        color: $text-muted;
        &:ansi { text-style: dim; }
    }
    """

    def __init__(self, title: str, facts: Sequence[tuple[str, str]], note: str = "") -> None:
        super().__init__()
        self._title = title
        self._facts = facts
        self._note = note

    def compose(self) -> ComposeResult:
        """Lay out a row a fact, in something that scrolls."""
        box = VerticalScroll()
        box.border_title = Content(self._title)
        box.border_subtitle = Content("Esc leaves")
        with box:
            for name, fact in self._facts:
                with Horizontal():
                    yield Static(name, classes="name", markup=False)
                    yield Static(printable(fact), classes="fact", markup=False)
            if self._note:
                yield Static(printable(self._note), classes="note", markup=False)

    def on_mount(self) -> None:
        """Make the arrows scroll at once."""
        self.query_one(VerticalScroll).focus()
