"""What need not be drawn with every letter, where the line to the terminal is slow."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App
from textual.message_pump import MessagePump
from textual.timer import Timer

from fmtui.ui.pace import Pace

REST_S = 0.35
"""Seconds without another letter from which typing rests; who types slowly pauses for about as long."""


def spares_bytes(app: App[object]) -> bool:
    """Return whether what is nice to see but not needed is left out, as the line is slow."""
    pace = getattr(app, "pace", None)
    return isinstance(pace, Pace) and pace.spares


class Rest:
    """Does what follows from what was typed: at once, but once typing rests where the line is slow.

    Args:
        owner: whose app and timers are used; it is mounted when something becomes due.
        do: what is to be done.
    """

    def __init__(self, owner: MessagePump, do: Callable[[], None]) -> None:
        self._owner = owner
        self._do = do
        self._timer: Timer | None = None

    def due(self) -> None:
        """Take note that it is to be done for what was typed now."""
        self.drop()
        if spares_bytes(self._owner.app):
            self._timer = self._owner.set_timer(REST_S, self.now)
        else:
            self._do()

    def now(self) -> None:
        """Do it if it waits."""
        if self._timer is not None:
            self.drop()
            self._do()

    def drop(self) -> None:
        """Do it no more."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
