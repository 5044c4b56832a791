"""The screen that shows a request as it would be sent, and copies it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from itertools import islice

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize

from fmtui.core.text import printable
from fmtui.ui.dialog import Dialog
from fmtui.ui.wrapped_log import WrappedLog

_ROWS = 20_000
"""Rows that are shown at most; copies are whole."""
_KEYS = "C copies curl · P Python · B its body · Esc leaves"


class RequestScreen(Dialog[None]):
    """Shows a text that scrolls; letters copy it in other forms.

    Args:
        what: which request it is.
        text: the request.
        copies: by `curl`, `python` and `json`: what it is called, and what makes it.
    """

    BINDINGS = [
        Binding("escape,q", "leave", show=False),
        Binding("c", "copy('curl')", show=False),
        Binding("p", "copy('python')", show=False),
        Binding("b", "copy('json')", show=False),
    ]

    DEFAULT_CSS = """
    RequestScreen > Vertical {
        width: 110;
        height: 94%;
    }
    """

    def __init__(self, what: str, text: str, copies: Mapping[str, tuple[str, Callable[[], str]]]) -> None:
        super().__init__()
        self._what = what
        self._text = printable(text)
        self._copies = copies

    def compose(self) -> ComposeResult:
        """Lay out lines that scroll."""
        with Vertical():
            yield WrappedLog(highlight=False)

    def on_mount(self) -> None:
        """Make the arrows scroll at once."""
        box = self.query_one(Vertical)
        box.border_title = Content(f"Request: {self._what}")
        box.border_subtitle = Content(_KEYS)
        self.query_one(WrappedLog).focus()

    def on_resize(self, event: Resize) -> None:
        """Wrap the lines anew."""
        del event
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        log = self.query_one(WrappedLog)
        rows = log.rows_of(self._text.split("\n"))
        shown = list(islice(rows, _ROWS))
        more = ["… and more, which copies have."] if next(rows, None) is not None else []
        log.clear()
        log.write_lines([row or " " for row in (*shown, *more)], scroll_end=False)

    async def action_copy(self, form: str) -> None:
        """Copy it in another form."""
        name, make = self._copies[form]
        text = await asyncio.to_thread(make)  # that of a long session takes a while
        self.app.copy_to_clipboard(text)
        words = f"{len(text):,} characters of {name} sent to the clipboard"
        self.query_one(Vertical).border_subtitle = Content(words)
