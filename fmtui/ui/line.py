"""A line to type in, whatever is pasted into it."""

from __future__ import annotations

from rich.highlighter import Highlighter
from rich.text import Text
from textual.events import Key
from textual.widgets import Input

from fmtui.core.text import printable
from fmtui.ui.own_keys import done_at_once


class _Visible(Highlighter):
    """Draws what could act on a terminal as signs; the value stays as it was typed or pasted."""

    def highlight(self, text: Text) -> None:
        """Change the text that is drawn."""
        text.plain = printable(text.plain)


def show_safely(field: Input) -> None:
    """Have a field of Textual's draw nothing that acts on a terminal."""
    field.highlighter = _Visible()


class Line(Input):
    """Textual's `Input`, of which nothing that is typed or pasted acts on the terminal.

    Args:
        value: what it holds at first.
        placeholder: what stands there while it is empty.
        compact: whether it is without a border.
        select_on_focus: whether all of it is selected when it gets the focus.
    """

    def __init__(
        self, value: str = "", *, placeholder: str = "", compact: bool = False, select_on_focus: bool = True
    ) -> None:
        super().__init__(value, placeholder, compact=compact, select_on_focus=select_on_focus)
        self.cursor_blink = False  # a blinking cursor wakes the computer twice a second
        show_safely(self)

    async def on_key(self, event: Key) -> None:
        """Do what a key of the field does before the next key comes.

        Not so Enter in a dialog, which keeps what comes behind: its arrows, which take longer, go first.
        """
        if event.key != "enter" or not self.screen.is_modal:
            await done_at_once(self, event)
