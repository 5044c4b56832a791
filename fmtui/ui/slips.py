"""Slips of a slash command, told from questions that begin with a slash. Pure, and known to every mode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from fmtui.ui.command import Command

SENDS = "A blank in front of it sends it."
"""What to do where a line was no slip."""
_NEAR = 0.75
"""How like a command a word has to be, as difflib counts it."""


def slashes_of(commands: Iterable[Command]) -> dict[str, bool]:
    """Return the slash commands of a table, each with its slash, and whether words may follow it."""
    return {f"/{slash}": bool(each.argument) for each in commands for slash in each.slashes}


def slip_of(text: str, known: Mapping[str, bool]) -> str:
    """Return, in a sentence, which command a line was likely meant to begin with; empty for none.

    Where words follow, that is one which they may follow: `/quit smoking, how?` is a question.

    Args:
        text: what was typed; only one line that begins with a slash may be a slip.
        known: every command with its slash, and whether words may follow it.
    """
    line = text.rstrip()
    word, *more = line.split(None, 1) or [""]
    if not text.startswith("/") or "\n" in line or word in known:
        return ""
    # Without the slash, which all have: `/etc` is no slip of `/set`.
    names = [name[1:] for name, takes in known.items() if takes or not more]
    near = get_close_matches(word[1:].lower(), names, 2, _NEAR)
    return f"There is no {word}. Did you mean {' or '.join(f'/{name}' for name in near)}?" if near else ""
