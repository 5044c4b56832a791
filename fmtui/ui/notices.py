"""What is to be known for a moment: lines above the prompt, which cover nothing."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from fmtui.core.record import NamedTuple
from fmtui.core.text import printable
from fmtui.ui.chat_shelf import Severity
from fmtui.ui.looks import look

_LOOKS: dict[Severity, str] = {
    "information": "$text-muted",
    "warning": "$text-warning",
    "error": "$text-error",
}
_MOST = 3
"""Notices at once: the oldest goes where another comes."""
_SAME_S = 1.5
"""Seconds in which two notices are taken to come of one deed."""


class _Notice(NamedTuple):
    words: str
    severity: Severity


class Notices(Widget):
    """Some sentences, each for its time; the conversation has that much less room meanwhile.

    They lie on no text, so that what a notice is about can be read beside it. A notice that
    comes while a dialog is open has its time once the dialog is closed.

    Args:
        seen: whether the screen is the one that the user sees.
    """

    DEFAULT_CSS = """
    Notices {
        height: auto;
        max-height: 40vh;
        padding: 0 1 0 2;
        background: $background;
    }
    """

    def __init__(self, seen: Callable[[], bool]) -> None:
        super().__init__()
        self._seen = seen
        self._told: dict[_Notice, Timer | None] = {}
        self._since: dict[_Notice, float] = {}

    @property
    def words(self) -> list[str]:
        """What is said now, the oldest first."""
        return [notice.words for notice in self._told]

    def tell(self, words: str, severity: Severity, seconds: float) -> None:
        """Say something for a while; what is said already stays for longer instead.

        Args:
            words: anyone's text, which acts on nothing.
            severity: the colour; the words have to say it too.
            seconds: how long.
        """
        notice = _Notice(printable(words), severity)
        self._forget(notice)
        for said, since in list(self._since.items()):
            # What follows from the same deed stays; what was done before it is over.
            if said.severity == "information" and monotonic() - since > _SAME_S:
                self._forget(said)
        while len(self._told) >= _MOST:
            self._forget(next(iter(self._told)))
        self._since[notice] = monotonic()
        self._time(notice, seconds)
        self._show()

    def _time(self, notice: _Notice, seconds: float) -> None:
        self._told[notice] = self.set_timer(seconds, lambda: self._over(notice, seconds))

    def _over(self, notice: _Notice, seconds: float) -> None:
        if self._seen():
            self._forget(notice)
            self._show()
        else:
            self._time(notice, seconds)

    def _forget(self, notice: _Notice) -> None:
        self._since.pop(notice, None)
        timer = self._told.pop(notice, None)
        if timer is not None:
            timer.stop()

    def _show(self) -> None:
        self.display = bool(self._told)
        self.refresh(layout=True)

    def on_click(self) -> None:
        """Take them away."""
        for notice in list(self._told):
            self._forget(notice)
        self._show()

    def render(self) -> Content:
        """Return a paragraph for each."""
        parts = [
            Content.styled(notice.words, look(self.app, _LOOKS[notice.severity])) for notice in self._told
        ]
        return Content("\n").join(parts)
