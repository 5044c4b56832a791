"""The screen that shows the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, Static

from fmtui.core.text import one_line, printable
from fmtui.ui.dialog import Dialog
from fmtui.ui.fitting import fit
from fmtui.ui.line import Line
from fmtui.ui.wrapped_log import WrappedLog

_ROWS = 20_000
"""Rows that are shown at most; the newest ones."""


class LogScreen(Dialog[None]):
    """Shows the log, the newest at the bottom, and what is added while it is open.

    Typing leaves only the lines that hold all the words. It stays at the end until it is
    scrolled.

    Args:
        path: where the log is, for people.
        read: returns its latest lines; called in a thread.
    """

    BINDINGS = [
        Binding("escape,f8", "leave", show=False),
        Binding("up", "scroll('scroll_up')", show=False),
        Binding("down", "scroll('scroll_down')", show=False),
        Binding("pageup", "scroll('scroll_page_up')", show=False),
        Binding("pagedown", "scroll('scroll_page_down')", show=False),
        Binding("ctrl+home", "scroll('scroll_home')", show=False),
        Binding("ctrl+end", "scroll('scroll_end')", show=False),
    ]

    DEFAULT_CSS = """
    LogScreen > Vertical {
        width: 96%;
        height: 94%;
    }
    LogScreen Input {
        height: 1;
        padding: 0;
        border: none;
        background: $surface;
        &:focus {
            border: none;
            background-tint: $foreground 0%;
        }
    }
    LogScreen Log { margin: 1 0 0 0; }
    LogScreen .note {
        height: 1;
        color: $text-muted;
        &:ansi { text-style: dim; }
    }
    """

    def __init__(self, path: str, read: Callable[[], Sequence[str]]) -> None:
        super().__init__()
        self._path = path
        self._read = read
        self._lines: Sequence[str] = ()
        self._news = _News(self._heard)
        self._asked = False

    def compose(self) -> ComposeResult:
        """Lay out a field to filter with, above the lines."""
        with Vertical():
            yield Line(placeholder="a part of a line", compact=True)
            yield WrappedLog(highlight=False)
            yield Static("", classes="note", markup=False)

    async def on_mount(self) -> None:
        """Read the log, and hear of what is added."""
        box = self.query_one(Vertical)
        box.border_title = Content("Log")
        box.border_subtitle = Content("↑ ↓ PgUp PgDn scroll · Esc leaves")
        self.query_one(WrappedLog).can_focus = False
        logging.getLogger("fmtui").addHandler(self._news)
        self._news.loop = asyncio.get_running_loop()
        await self._load()

    def on_unmount(self) -> None:
        """Hear of nothing any more."""
        logging.getLogger("fmtui").removeHandler(self._news)

    def on_resize(self, event: Resize) -> None:
        """Wrap the lines anew."""
        del event
        self.call_after_refresh(self._show)

    def _heard(self) -> None:
        if not self._asked:
            self._asked = True
            self.run_worker(self._load(), group="log", exit_on_error=False)

    async def _load(self) -> None:
        self._asked = False
        self._lines = await asyncio.to_thread(self._read)
        if self.is_attached:
            self._show()

    @on(Input.Changed)
    def _show(self) -> None:
        """Show the lines that hold what was typed."""
        log = self.query_one(WrappedLog)
        words = self.query_one(Input).value.lower().split()
        kept = [line for line in self._lines if all(word in line.lower() for word in words)]
        rows = [*log.rows_of(map(printable, kept))][-_ROWS:]
        at, at_end = log.scroll_offset, log.is_vertical_scroll_end or not log.line_count
        log.clear()
        log.write_lines(rows, scroll_end=False)
        if at_end:
            log.scroll_end(animate=False, immediate=True, x_axis=False)
        else:
            log.scroll_to(y=at.y, animate=False, immediate=True)
        count = f"{len(kept):,} of {len(self._lines):,} lines" if words else f"{len(kept):,} lines"
        note = f"{count} · {one_line(self._path)}" if self._lines else "Nothing was logged yet."
        self.query_one(".note", Static).update(Content(fit(note, max(1, log.size.width))))

    def action_scroll(self, how: str) -> None:
        """Move in the lines; the field keeps the focus."""
        log = self.query_one(WrappedLog)
        getattr(log, how)(animate=False)


class _News(logging.Handler):
    """Tells that something was logged, from whatever thread."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it."""
        del record
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._tell)
