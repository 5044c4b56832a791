"""The title of the terminal's window: set while the app has the terminal, and as it was before afterwards."""

from __future__ import annotations

from collections.abc import Mapping

_NONE = ("", "dumb", "unknown", "linux", "ansi", "cons25", "vt52", "vt100", "vt102", "vt220")
"""What terminals without a title call themselves; some of them would print it."""
_PUSH, _POP = "\x1b[22;0t", "\x1b[23;0t"


class Titles:
    """What to write to a terminal for its title.

    Args:
        environ: the environment variables: they tell what kind of terminal there is.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._has_any = environ.get("TERM", "") not in _NONE
        # GNU screen shows it too, but has no memory for the one before.
        self._forgets = bool(environ.get("STY")) and not environ.get("TERM", "").startswith("tmux")

    def take(self, title: str) -> str:
        """Return what keeps the title that is there, and sets another."""
        return f"{_PUSH}{self.set(title)}" if self._has_any else ""

    def set(self, title: str) -> str:
        """Return what sets a title; it holds nothing that acts on a terminal."""
        # Not the bell as its end: a terminal that knows no titles would ring it.
        return f"\x1b]2;{title}\x1b\\" if self._has_any else ""

    def give_back(self) -> str:
        """Return what brings the title back that was there before."""
        if not self._has_any:
            return ""
        return (self.set("") if self._forgets else "") + _POP
