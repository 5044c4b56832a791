"""A bell or a notice of the desktop when a long reply has ended that nobody was waiting for at the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fmtui.core.chat import Turn
from fmtui.core.clipboard import for_screen, for_tmux
from fmtui.core.config_terminal import NotifyBy, TerminalTable
from fmtui.core.text import one_line
from fmtui.ui.figures import seconds
from fmtui.ui.terminal.app import LeanApp

if TYPE_CHECKING:
    from textual.app import App

BELL = "\x07"
_TITLE = 60


def announce(
    app: App[Any], setting: TerminalTable, environ: Mapping[str, str], name: str, turn: Turn
) -> None:
    """Ring, or show a notice, where the user asked for that and is not looking.

    Args:
        app: writes to the terminal, between two frames, and knows whether its window has the focus.
        setting: what the user wants.
        environ: the environment variables: they tell what stands between here and the terminal.
        name: the title of the session.
        turn: the reply.
    """
    if not isinstance(app, LeanApp) or not is_long(turn, setting.notify_after):
        return
    if app.tells_focus and app.app_focus:
        return  # the user is here
    app.send_to_terminal(sequence(setting.notify, words_for(name, turn), environ))


def is_long(turn: Turn, limit_s: float) -> bool:
    """Return whether a reply took so long that the user may have turned to something else."""
    return turn.timing is not None and turn.timing.total_s >= limit_s and turn.outcome != "stopped"


def words_for(name: str, turn: Turn) -> str:
    """Return what a notice says."""
    took = f" after {seconds(turn.timing.total_s)}" if turn.timing is not None else ""
    ended = (
        "is answered"
        if turn.outcome == "complete"
        else "ended with an error"
        if turn.error
        else "was cut off"
    )
    return f"“{one_line(name, _TITLE) or 'fmtui'}” {ended}{took}"


def sequence(by: NotifyBy, words: str, environ: Mapping[str, str]) -> str:
    """Return what is written to the terminal: nothing in it can end it early.

    Args:
        by: what the user wants.
        words: for the notice.
        environ: the environment variables.
    """
    if by == "off":
        return ""
    if by == "bell":  # tmux and screen pass it on, each in its way
        return BELL
    safe = one_line(words, 200).replace(";", ",")  # which parts the fields of OSC 777
    # It begins with a letter: a number would be another command of ConEmu.
    told = f"\x1b]777;notify;fmtui;{safe}{BELL}" if by == "osc777" else f"\x1b]9;fmtui: {safe}{BELL}"
    if environ.get("TMUX"):
        return for_tmux(told)
    return for_screen(told) if environ.get("STY") else told
