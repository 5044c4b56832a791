"""The screen that shows two replies to one prompt side by side."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.events import Resize

from fmtui.core.chat import Turn, TurnList
from fmtui.core.text import one_line
from fmtui.ui.conversation.widget import Conversation
from fmtui.ui.dialog import Dialog
from fmtui.ui.figures import SEPARATOR

_WIDE = 64
"""Columns from which two replies have room beside each other; below, one is under the other."""
_WORDY = 100
"""Columns from which there is room to say all that keys do."""


class _Pane(Conversation, can_focus=False):
    """One reply; the screen has the keys, and moves both."""


class CompareScreen(Dialog[int | None]):
    """Returns which reply the user goes on with, counted from 0; None for the one that was shown.

    Args:
        prompt: what was asked.
        replies: two of them at least.
        left: which one is on the left, counted from 0.
    """

    BINDINGS = [
        Binding("escape,q", "leave", show=False),
        Binding("enter", "choose", show=False),
        Binding("left,left_square_bracket", "step(-1)", show=False),
        Binding("right,right_square_bracket", "step(1)", show=False),
        Binding("up,k", "scroll('lines', -1)", show=False),
        Binding("down,j", "scroll('lines', 1)", show=False),
        Binding("pageup", "scroll('pages', -1)", show=False),
        Binding("pagedown,space", "scroll('pages', 1)", show=False),
        Binding("home,g,ctrl+home", "scroll('start')", show=False),
        Binding("end,G,ctrl+end", "scroll('end')", show=False),
    ]

    DEFAULT_CSS = """
    CompareScreen > Vertical {
        width: 100%;
        max-width: 100%;
        height: 100%;
    }
    CompareScreen Container { width: 1fr; height: 1fr; }
    CompareScreen Container.right { border-left: solid $primary; }
    CompareScreen _Pane { background: $surface; }
    CompareScreen.-narrow Horizontal { layout: vertical; }
    CompareScreen.-narrow Container.right { border-left: none; border-top: solid $primary; }
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]

    def __init__(self, prompt: str, replies: Sequence[Turn], left: int) -> None:
        super().__init__()
        self._prompt = one_line(prompt, 200)
        self._replies = replies
        self._left = left
        self._right = left
        self._panes = _Pane(), _Pane()

    def compose(self) -> ComposeResult:
        """Lay out the two."""
        with Vertical(), Horizontal():
            yield Container(self._panes[0])
            yield Container(self._panes[1], classes="right")

    def on_mount(self) -> None:
        """Show the one that was shown, and the next beside it."""
        box = self.query_one(Vertical)
        box.border_title = Content(f"Compare: {self._prompt}")
        self.call_after_refresh(self._begin)  # a pane has lines once it has a width

    def _begin(self) -> None:
        self._show(0, self._left)
        self.action_step(1)

    def on_resize(self, event: Resize) -> None:
        """Say as much about the keys as there is room for."""
        width = event.size.width
        keys = ["↑ ↓ PgUp PgDn scroll both"] if width >= _WORDY else []
        keys += ["← → another"] if len(self._replies) > 2 else []
        keys += [
            "Enter goes on with the right one" if width >= _WIDE else "Enter takes the lower",
            "Esc leaves",
        ]
        self.query_one(Vertical).border_subtitle = Content(SEPARATOR.join(keys))

    def _show(self, pane: int, number: int) -> None:
        turn = self._replies[number]
        place = number + 1, len(self._replies)
        self._panes[pane].show(TurnList([turn]), {turn.id: place})
        self._panes[pane].scroll_to_start()

    def action_step(self, count: int) -> None:
        """Show another reply on the right."""
        number = (self._right + count) % len(self._replies)
        if number == self._left:
            number = (number + count) % len(self._replies)
        if number != self._right:
            self._right = number
            self._panes[0].scroll_to_start()
            self._show(1, number)

    def action_scroll(self, what: str, count: int = 0) -> None:
        """Move both."""
        for pane in self._panes:
            pane.action_scroll_view(what, count)

    def action_choose(self) -> None:
        """Go on with the reply on the right."""
        self.dismiss(self._right)
