"""What is said about a command that there is not: what was meant, also where that is an action of one.

Only what is wrong on a command line imports this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches

_NEAR = 0.6
"""How like another a word has to be, as difflib counts it."""
_SESSION = re.compile(r"latest|\d{8}(-\d{6}(-\w*)?)?")


def hint(kind: str, given: str, names: Sequence[str], actions: Mapping[str, Sequence[str]]) -> str:
    """Return what to do instead.

    Args:
        kind: what the word should have been, as the help calls it: `COMMAND`, `ACTION`, an option.
        given: the word.
        names: what it could have been.
        actions: for a command: the actions of each that has some, and under an empty name the options
            of the program.
    """
    if kind == "ACTION" and "export" in names and _SESSION.fullmatch(given):
        return f"To read it: fmtui sessions show {given}. To go on with it: fmtui -s {given}"
    elsewhere = [f"fmtui {each}".replace("  ", " ") for each in _elsewhere(given, names, actions)]
    if elsewhere:
        return f"Did you mean {', or '.join(elsewhere)}?"
    near = get_close_matches(given, names, 1, _NEAR)
    if near:
        return f"Did you mean {near[0]}?"
    choices = f"Choose from: {', '.join(names)}."
    return f'{choices} To send a prompt: fmtui ask "{given}"' if kind == "COMMAND" else choices


def _elsewhere(given: str, names: Sequence[str], actions: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the commands with the action that is as the word, or more like it than any command is."""
    every = [name for some in actions.values() for name in some]
    if given not in every and f"--{given}" not in every:
        near = get_close_matches(given, every, 1, _NEAR)
        if not near or _likeness(given, near[0]) <= max(_likeness(given, name) for name in names):
            return
        given = near[0]
    for command, some in actions.items():
        yield from (f"{command} {name}" for name in some if name in (given, f"--{given}"))


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
