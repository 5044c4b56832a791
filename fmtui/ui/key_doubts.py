"""Keys that may never arrive: what terminals cannot tell apart, and what programs around fmtui keep. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from fmtui.core.record import NamedTuple
from fmtui.ui.command import Command, key_label
from fmtui.ui.commands import way_to

_SAME_BYTE = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+left_square_bracket": "escape"}
_BEGINS = "alt+left_square_bracket"
"""Terminals send ESC and a bracket for it, with which most of their other keys begin."""
_FLOW = {"ctrl+s": "stop", "ctrl+q": "go on with"}
_OWN = {
    "ctrl+c": "it stops a reply, and twice it leaves fmtui, whatever else it is given to",
    "ctrl+backslash": "some terminals end the program with it",
}
_CONTROLS = frozenset({"at", "backslash", "right_square_bracket", "circumflex_accent", "underscore", "space"})
_WITH_MODIFIERS = re.compile(r"up|down|left|right|home|end|pageup|pagedown|insert|delete|f\d+")
"""Keys that plain terminals send with their modifiers."""


class _Around(NamedTuple):
    """A program that fmtui runs in."""

    variable: str
    name: str
    keys: frozenset[str]
    unless: str


_AROUND = (
    _Around("TMUX", "tmux", frozenset({"ctrl+b"}), "unless its prefix is another"),
    _Around("STY", "GNU screen", frozenset({"ctrl+a"}), "unless its command key is another"),
    _Around(
        "ZELLIJ",
        "Zellij",
        frozenset(f"ctrl+{letter}" for letter in "bghnopqst"),
        "unless it is locked",
    ),
)


def doubt(key: str, environ: Mapping[str, str]) -> str:
    """Return why a key may not do what it is given to, as a part of a sentence; empty where nothing is known.

    Args:
        key: in Textual's spelling.
        environ: the environment variables, which tell what fmtui runs in.
    """
    if key in _SAME_BYTE:
        return f"most terminals send {_written(key)} as {_SAME_BYTE[key]}"
    if key == _BEGINS:
        return f"other keys begin with what terminals send for {_written(key)}, so that it may never arrive"
    *modifiers, name = key.split("+")
    if not _is_plain(set(modifiers), name):
        return f"only terminals with the kitty key protocol send {key}"
    if key in _OWN:
        return f"{key}: {_OWN[key]}"
    for around in _AROUND:
        if environ.get(around.variable) and key in around.keys:
            return f"{around.name} keeps {key} for itself, {around.unless}"
    if key in _FLOW:
        return f"some lines and terminals {_FLOW[key]} the output at {key}, so that it never arrives"
    return ""


def _written(key: str) -> str:
    return key.replace("left_square_bracket", "[")


def _is_plain(modifiers: set[str], name: str) -> bool:
    """Whether terminals without an own protocol for it send a key so that it can be told from others."""
    if modifiers & {"super", "hyper", "meta"}:
        return False
    if _WITH_MODIFIERS.fullmatch(name):
        return True
    if "ctrl" in modifiers:
        letter = len(name) == 1 and name.isascii() and name.isalpha()
        return "shift" not in modifiers and (letter or name in _CONTROLS)
    return "shift" not in modifiers or name == "tab"


def kept(commands: Iterable[Command], environ: Mapping[str, str]) -> list[str]:
    """Return which keys of a table the program around fmtui keeps, a sentence for each such program."""
    sentences = []
    table = list(commands)
    for around in _AROUND:
        if not environ.get(around.variable):
            continue
        taken = [(key, command) for command in table for key in command.keys if key in around.keys]
        if taken:
            keys = ", ".join(key_label(key) for key, _ in taken)
            others = ", ".join(
                dict.fromkeys(_other_way(command, around.keys) for _, command in taken if command.slash)
            )
            sentences.append(f"{around.name} keeps {keys} for itself, {around.unless}; instead: {others}.")
    return sentences


def _other_way(command: Command, without: frozenset[str]) -> str:
    return way_to(
        command.id, [command._replace(keys=tuple(key for key in command.keys if key not in without))]
    )
