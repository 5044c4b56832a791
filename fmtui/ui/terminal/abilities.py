"""What the terminal at hand can be relied on to do, as terminfo and the environment say."""

from __future__ import annotations

from collections.abc import Mapping

from rich.color import ColorSystem
from rich.console import Console

from fmtui.ui.terminal.strokes import Abilities

_MANY = ("alacritty", "foot", "wezterm", "xterm-ghostty")
"""How terminals begin their names that have all colours."""


def abilities_of(environ: Mapping[str, str]) -> Abilities:
    """Return what the terminal of this environment can do; nothing if that cannot be told."""
    try:
        import _curses  # noqa: PLC0415 - `curses` itself brings more than is needed here

        _curses.setupterm(environ.get("TERM", "dumb"), 1)
        colours_erased = _curses.tigetflag("bce") > 0
        erases_columns = _curses.tigetstr("ech") is not None
    except Exception:  # noqa: BLE001 - no module, no database, no entry, no output: all mean that nothing is known
        return Abilities(colours_erased=False, erases_columns=False)
    # GNU screen fills with its own background, whatever a TERM that was set by hand promises.
    return Abilities(colours_erased=colours_erased and "STY" not in environ, erases_columns=erases_columns)


def has_many(environ: Mapping[str, str]) -> bool:
    """Return whether a terminal has more than sixteen colours; also where nothing is said of it."""
    said = environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit")
    if (said and not in_gnu_screen(environ)) or _has_more(environ):
        return True
    term = environ.get("TERM", "")
    return not term or term.endswith(("256color", "-kitty", "-direct"))


def fit_colours(console: Console, environ: Mapping[str, str], *, low: bool = False) -> None:
    """Have a console write the colours that its terminal has, where it knows less or more than that.

    Args:
        console: which has looked at the environment by itself.
        environ: the environment variables.
        low: whether few bytes are to be written.
    """
    found = console.color_system
    if found == "truecolor" and in_gnu_screen(environ):
        many = environ.get("TERM", "").endswith("256color")
        console._color_system = ColorSystem.EIGHT_BIT if many else ColorSystem.STANDARD  # noqa: SLF001 - there is no other way once it is made
    elif (found == "truecolor" and low) or (found == "standard" and _has_more(environ)):
        console._color_system = ColorSystem.EIGHT_BIT  # noqa: SLF001 - same


def in_gnu_screen(environ: Mapping[str, str]) -> bool:
    """Return whether GNU screen is what shows the colours.

    Its COLORTERM is that of the terminal around it: what it is promised there, it takes for other
    colours, for dim text and for underlines.
    """
    return bool(environ.get("STY")) and not environ.get("TERM", "").startswith("tmux")


def _has_more(environ: Mapping[str, str]) -> bool:
    """Return whether it has 256 colours though its name does not end with that.

    Over SSH COLORTERM is not handed on; and Debian has xterm call itself as those with few colours do.
    """
    term = environ.get("TERM", "")
    return term.startswith(_MANY) or (term == "xterm" and bool(environ.get("XTERM_VERSION")))
