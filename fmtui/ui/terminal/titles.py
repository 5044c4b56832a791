"""What a terminal is asked for besides what it shows, and gets back as it was before.

The title of its window, and that it sends Alt and a letter as a key: xterm writes another letter for
that, such as `í`, until it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from fmtui.ui.terminal.abilities import in_gnu_screen

_NONE = ("", "dumb", "unknown", "linux", "ansi", "cons25", "vt52", "vt100", "vt102", "vt220")
"""What terminals without a title call themselves; some of them would print it."""
_FORGET = ("rxvt", "st-")
"""How those of rxvt and of suckless call themselves."""
_PUSH, _POP = "\x1b[22;0t", "\x1b[23;0t"
# Where a keyboard has Alt and Meta on one key, xterm goes by the first, elsewhere by the second.
_MODES = ("?1036", "?1039")
_ASK_KEYS = "".join(f"\x1b[{mode}s" for mode in _MODES) + "".join(f"\x1b[{mode}h" for mode in _MODES)
_KEYS_BACK = "".join(f"\x1b[{mode}r" for mode in _MODES)


class Titles:
    """What to write to a terminal for its title.

    Args:
        environ: the environment variables: they tell what kind of terminal there is.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._has_any = environ.get("TERM", "") not in _NONE
        # These show it too, but have no memory for the one before.
        term = environ.get("TERM", "")
        self._forgets = term.startswith(_FORGET) or in_gnu_screen(environ)

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


class AltKeys:
    """What to write to a terminal so that it tells Alt and a letter from a letter with an accent.

    Args:
        environ: the environment variables: they tell what kind of terminal there is.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        # Others that call themselves so know the modes too, or pass over them. Apple's prints what it
        # does not know.
        self._is_asked = (
            environ.get("TERM", "").startswith("xterm") and environ.get("TERM_PROGRAM") != "Apple_Terminal"
        )

    def take(self) -> str:
        """Return what keeps what the user has set, and asks for keys."""
        return _ASK_KEYS if self._is_asked else ""

    def give_back(self) -> str:
        """Return what brings back what the user has set."""
        return _KEYS_BACK if self._is_asked else ""
