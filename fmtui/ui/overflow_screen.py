"""The dialog that asks what to do with a conversation that does not fit into the model's window."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from fmtui.core.record import NamedTuple
from fmtui.core.text import printable
from fmtui.ui.dialog import Dialog
from fmtui.ui.rows import Row, RowList

QUIET_S = 0.7
"""Seconds without a key, with the dialog on the screen, after which keys are meant for it."""


class Option(NamedTuple):
    """One thing that can be done."""

    id: str
    text: str
    about: str
    """What that means, in a sentence."""
    possible: bool = True


class OverflowScreen(Dialog[str]):
    """Returns the id of what was chosen; empty when the user goes back to the editor.

    Args:
        title: what is asked.
        words: why.
        options: what can be done.
        typed: takes keys and pastes that were meant for the editor, in order; None when the user
            asked for the dialog, which then acts on every key.
    """

    BINDINGS = [
        Binding("escape", "leave", show=False),
        Binding("up", "steer(-1)", show=False),
        Binding("down", "steer(1)", show=False),
        Binding("enter", "take", show=False),
        *(Binding(str(number), f"pick({number})", show=False) for number in range(1, 5)),
    ]

    DEFAULT_CSS = """
    OverflowScreen > Vertical {
        max-height: 94%;
        border: round $warning;
    }
    OverflowScreen RowList {
        height: 4;
        margin: 1 0;
    }
    OverflowScreen .about {
        height: 3;
        color: $text-muted;
        &:ansi { text-style: dim; }
    }
    """

    def __init__(
        self,
        title: str,
        words: str,
        options: Sequence[Option],
        typed: Callable[[events.Key | events.Paste], None] | None = None,
    ) -> None:
        super().__init__()
        self.clock = time.monotonic
        """Tells the time, in seconds."""
        self._typed = typed
        self._quiet_since: float | None = None
        """When the last key came, or the dialog was drawn; None before that."""
        self._title = title
        self._words = words
        self._options = {option.id: option for option in options}
        self._rows = RowList(always_active=True)
        self._rows.can_focus = False
        self._about = Static("", classes="about", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out why, what can be done, and what the chosen line means."""
        box = Vertical()
        box.border_title = Content(self._title)
        with box:
            yield Static(printable(self._words), markup=False)
            yield self._rows
            yield self._about

    def on_mount(self) -> None:
        """Put the cursor on the first line that can be chosen."""
        rows = [
            Row(option.id, f"{number} {option.text}", dim=not option.possible)
            for number, option in enumerate(self._options.values(), 1)
        ]
        first = next((option.id for option in self._options.values() if option.possible), None)
        self._rows.styles.height = len(rows)
        self._rows.set_rows(rows, first)
        self._show()
        self._say_keys()
        if self._typed is not None:
            self.call_after_refresh(self._drawn)

    # ---- what is typed while it appears

    def _drawn(self) -> None:
        self._quiet_since = self.clock()
        self.set_timer(QUIET_S, self._settle)

    def _settle(self) -> None:
        """Say that keys choose, once they do."""
        if not self.acts_on_keys():
            self.set_timer(QUIET_S, self._settle)

    def acts_on_keys(self) -> bool:
        """Return whether keys are meant for the dialog, which they stay from then on."""
        since = self._quiet_since
        if self._typed is not None and since is not None and self.clock() - since >= QUIET_S:
            self._typed = None
            self._say_keys()
        return self._typed is None

    def _say_keys(self) -> None:
        keys = "Enter chooses" if self._typed is None else "What you type goes to the prompt"
        words = f"{keys} · Esc goes back, nothing is lost"
        self.query_one(Vertical).border_subtitle = Content(words)

    def on_key(self, event: events.Key) -> None:
        """Pass on what was typed for the editor; only going back, which does nothing, is never that."""
        if event.key != "escape":
            self._pass_on(event)

    def on_paste(self, event: events.Paste) -> None:
        """Pass on what was pasted for the editor."""
        self._pass_on(event)

    def _pass_on(self, event: events.Key | events.Paste) -> None:
        if not self.acts_on_keys() and self._typed is not None:
            event.prevent_default().stop()
            if self._quiet_since is not None:
                self._quiet_since = self.clock()
            self._typed(event)

    # ---- choosing

    def _show(self) -> None:
        row = self._rows.current
        if row is not None:
            self._about.update(Content(printable(self._options[row.id].about)))

    @on(RowList.Chosen)
    def _chosen(self, message: RowList.Chosen) -> None:
        self._choose(message.row.id)

    def action_steer(self, by: int) -> None:
        """Move the cursor."""
        with suppress(SkipAction):
            self._rows.action_move(by)
        self._show()

    def action_take(self) -> None:
        """Choose the line under the cursor."""
        self._rows.action_choose()

    def _choose(self, option_id: str) -> None:
        if self._options[option_id].possible:
            self.dismiss(option_id)

    def action_pick(self, number: int) -> None:
        """Choose by number."""
        ids = [*self._options]
        if number <= len(ids):
            self._choose(ids[number - 1])

    def action_leave(self) -> None:
        """Go back to the editor."""
        self.dismiss("")
