"""The screen that shows what an examination finds, each thing when it is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from fmtui.doctor_text import Kind, Row
from fmtui.ui.dialog import Dialog

_LOOKS: dict[Kind, str] = {
    "heading": "heading",
    "note": "muted",
    "warning": "warning",
    "error": "error",
    "line": "line",
}
_WIDE = 10_000
"""Columns in which no line is wrapped."""


class Looking(Protocol):
    """One examination."""

    async def run(self, tell: Callable[[object], None]) -> None:
        """Look at everything; `tell` is called whenever more is known. Raises nothing."""
        ...

    def rows(self, width: int) -> Sequence[Row]:
        """Return all that is known, for a width in columns."""
        ...

    def summary(self) -> str:
        """Return in a sentence what all of it comes to."""
        ...


_KEYS = (
    (80, "R looks again · A asks models too (billed) · Y copies · Esc leaves"),
    (66, "R looks again · A asks models · Y copies · Esc leaves"),
    (0, "R again · A asks models · Y copies · Esc leaves"),
)
"""What the keys do, and the columns of a window from which there is room to say it so."""


class DoctorText(Static):
    """The rows, in their colours."""

    COMPONENT_CLASSES = {f"doctor--{look}" for look in _LOOKS.values()}

    DEFAULT_CSS = """
    DoctorText {
        & .doctor--heading { color: $text-primary; text-style: bold; }
        & .doctor--muted { color: $text-muted; }
        &:ansi .doctor--muted { text-style: dim; }
        & .doctor--warning { color: $text-warning; }
        & .doctor--error { color: $text-error; }
        & .doctor--line { color: $text-accent; }
    }
    """

    def show(self, rows: Sequence[Row]) -> None:
        """Show rows."""
        lines = [
            Content.styled(row.text, self.get_visual_style(f"doctor--{_LOOKS[row.kind]}"))
            if row.kind in _LOOKS
            else Content(row.text)
            for row in rows
        ]
        self.update(Content("\n").join(lines))


class DoctorScreen(Dialog[None]):
    """Shows an examination, and makes another one when asked to.

    Args:
        begin: prepares an examination; with `True` one that also asks each endpoint for a word.
    """

    BINDINGS = [
        Binding("escape,q", "leave", show=False),
        Binding("r", "look", show=False),
        Binding("a", "ask", show=False),
        Binding("y", "copy", show=False),
    ]

    DEFAULT_CSS = """
    DoctorScreen > VerticalScroll {
        width: 110;
        height: 94%;
    }
    """

    def __init__(self, begin: Callable[[bool], Awaitable[Looking]]) -> None:
        super().__init__()
        self._begin = begin
        self._looking: Looking | None = None
        self._owed = False
        """Whether more is known than is shown."""
        self._copied = 0
        """How many lines that mend something were copied, one after the other."""

    def compose(self) -> ComposeResult:
        """Lay out the rows in something that scrolls."""
        with VerticalScroll():
            yield DoctorText(markup=False)

    def on_mount(self) -> None:
        """Look at everything."""
        box = self.query_one(VerticalScroll)
        box.focus()
        self.app.theme_changed_signal.subscribe(self, lambda _: self.call_after_refresh(self._show))
        self.action_look()

    def on_resize(self, event: Resize) -> None:
        """Lay the rows out anew, and say as much about the keys as there is room for."""
        keys = next(words for width, words in _KEYS if event.size.width >= width)
        self.query_one(VerticalScroll).border_subtitle = Content(keys)
        self.call_after_refresh(self._show)

    def action_look(self) -> None:
        """Look again."""
        self._start(request=False)

    def action_ask(self) -> None:
        """Look again, and ask each endpoint for a word."""
        self._start(request=True)

    def action_copy(self) -> None:
        """Copy a line that mends something, each time the next: the frame and its wraps are no part of it."""
        rows = self._looking.rows(_WIDE) if self._looking is not None else ()
        lines = list(dict.fromkeys(row.text.strip() for row in rows if row.kind == "line"))
        words = "There is no line to copy."
        if lines:
            at = self._copied % len(lines)
            self.app.copy_to_clipboard(lines[at])
            self._copied = at + 1
            words = f"{at + 1} of {len(lines)} sent to the clipboard: {lines[at]}"
        self.query_one(VerticalScroll).border_subtitle = Content(words)

    def _start(self, *, request: bool) -> None:
        self.run_worker(self._look(request=request), group="doctor", exclusive=True, exit_on_error=False)

    async def _look(self, *, request: bool) -> None:
        self._entitle("looking …")
        self._looking = looking = await self._begin(request)
        await looking.run(self._heard)
        self._entitle(looking.summary())
        self._show()

    def _heard(self, _finding: object) -> None:
        if not self._owed:
            self._owed = True
            self.call_after_refresh(self._show)

    def _entitle(self, words: str) -> None:
        self.query_one(VerticalScroll).border_title = Content(f"Doctor: {words}")

    def _show(self) -> None:
        self._owed = False
        if self._looking is not None and self.is_attached:
            text = self.query_one(DoctorText)
            text.show(self._looking.rows(max(30, self.query_one(VerticalScroll).size.width - 1)))
