"""Every command of the app, once: its id, words, default keys and slash command.

Key bindings, the palette, the help screen, slash commands and the user's `[keys]` table
are all made from `COMMANDS`, so none of them can lack a command or disagree. No terminal
sends every key, therefore whatever has a key has other ways too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from textual.binding import Binding

from fmtui.ui.command import Command, key_label
from fmtui.ui.command_table import COMMANDS

__all__ = [
    "CHORDS",
    "COMMANDS",
    "NO_KEY",
    "OPENING",
    "READING",
    "bindings",
    "browse_bindings",
    "editing_keys",
    "is_own_slash",
    "keys_of",
    "leaders",
    "slash_command",
    "way_to",
    "with_keys",
]

OPENING = frozenset(command.id for command in COMMANDS if command.opens)
"""The ids of the commands that open a dialog."""

_OWN = r"/[A-Za-z0-9][A-Za-z0-9_-]{0,39}(\s|$)"
_BY_SLASH = {f"/{slash}": command for command in COMMANDS for slash in command.slashes}
NO_KEY = "no-key:"
"""Begins a name that no terminal sends: Textual's keymap only replaces keys, so a command
without one needs a binding all the same, and taking a key away needs something to put there."""

READING = "reading:"
"""Begins the ids of the bindings that hold only while the conversation has the focus."""

CHORDS = "chords:"
"""Begins the names under which a keymap has chords: no binding has them, as Textual knows no chords."""


def slash_command(text: str) -> tuple[Command, str] | None:
    """Return the command that the text of a prompt is, and its argument; None when it is a prompt.

    Only one line whose first word is exactly known is a command, and words may follow it
    only where the command takes an argument: `/quit smoking, how?` is a question.
    """
    if not text.startswith("/"):
        return None
    line = text.rstrip()
    word, _, rest = line.partition(" ")
    command = _BY_SLASH.get(word)
    if command is None or "\n" in line or (rest and not command.argument):
        return None
    return command, rest.strip()


def is_own_slash(text: str) -> bool:
    """Return whether a text may be a slash command that the user made: a prompt's name, and its input."""
    return re.match(_OWN, text) is not None


def bindings(commands: Iterable[Command] = COMMANDS) -> list[Binding]:
    """Return the bindings of the chat screen: action `command('id')`, ids for the keymap.

    They take precedence over the focused widget, so a key means the same wherever the
    focus is. Not so the key that stops a reply: it first leaves a field or a list.
    """
    return [
        Binding(
            ",".join(command.single) or NO_KEY + command.id,
            f"command('{command.id}')",
            command.title,
            show=False,
            id=command.id,
            tooltip=command.help,
            priority=command.id != "reply.stop",
        )
        for command in commands
        if not command.of_prompt
    ]


def browse_bindings(commands: Iterable[Command] = COMMANDS) -> list[Binding]:
    """Return the bindings of the conversation: what moves in it itself, the rest is the screen's."""
    return [
        Binding(
            ",".join(command.browse) or NO_KEY + command.id,
            f"browse('{name}')" if part == "browse" else f"screen.command('{command.id}')",
            command.title,
            show=False,
            id=READING + command.id,
        )
        for command in commands
        if not command.of_prompt
        for part, _, name in [command.id.partition(".")]
    ]


def way_to(id_: str, commands: Iterable[Command] = COMMANDS, *, reading: bool = False) -> str:
    """Return how a command is reached, for sentences: by a key, by what is typed for it, else by its title.

    A function key goes first: multiplexers and terminals keep none of them for themselves.
    While the conversation is read, a letter does.

    Raises:
        KeyError: no command has this id.
    """
    command = next((each for each in commands if each.id == id_), None)
    if command is None:
        raise KeyError(id_)
    if reading and command.browse:
        return key_label(command.browse[0])
    if not command.keys:
        return f"/{command.slash}" if command.slash else f"“{command.title}”"
    return key_label(
        next((key for key in command.keys if key[0] == "f" and key[1:].isdecimal()), command.keys[0])
    )


def with_keys(keys: Mapping[str, str]) -> tuple[Command, ...]:
    """Return the table with the keys of a keymap, for the help, the prompt and the palette."""
    if not keys:
        return COMMANDS

    def given(id_: str, defaults: tuple[str, ...]) -> tuple[str, ...]:
        if id_ not in keys:
            return defaults
        return tuple(key for key in keys[id_].split(",") if not key.startswith(NO_KEY))

    return tuple(
        command._replace(
            keys=given(command.id, command.single) + given(CHORDS + command.id, command.chords),
            browse=given(READING + command.id, command.browse),
        )
        for command in COMMANDS
    )


def keys_of(id_: str, commands: Sequence[Command] = COMMANDS) -> tuple[str, ...]:
    """Return the keys of one command that are no chords.

    Raises:
        KeyError: no command has this id.
    """
    for command in commands:
        if command.id == id_:
            return command.single
    raise KeyError(id_)


def editing_keys(commands: Iterable[Command] = COMMANDS) -> dict[str, str]:
    """Return which command of the prompt each of its keys does, without those that send or add a line."""
    return {
        key: command.id
        for command in commands
        if command.of_prompt and command.id not in {"prompt.send", "prompt.newline"}
        for key in command.single
    }


def leaders(commands: Iterable[Command] = COMMANDS) -> frozenset[str]:
    """Return the keys with which chords begin."""
    return frozenset(key.partition(" ")[0] for command in commands for key in command.chords)
