"""What the terminal at hand can be relied on to do, as its entry in the terminfo database says."""

from __future__ import annotations

from collections.abc import Mapping

from fmtui.ui.terminal.strokes import Abilities


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
