"""The `[keys]` table of the configuration: checked against itself and against what terminals send."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from textual.keys import Keys, key_to_character

from fmtui.ui.command import Command
from fmtui.ui.commands import COMMANDS, NO_KEY

_BY_ID = {command.id: command for command in COMMANDS}
_OTHER_NAMES = {
    "esc": "escape",
    "return": "enter",
    "pgup": "pageup",
    "page_up": "pageup",
    "pgdn": "pagedown",
    "pgdown": "pagedown",
    "page_down": "pagedown",
    "del": "delete",
    "ins": "insert",
    "control": "ctrl",
    "ctl": "ctrl",
    "option": "alt",
    "cmd": "super",
    "win": "super",
}
_MODIFIERS = {"alt", "ctrl", "hyper", "meta", "shift", "super"}
_NAMED_KEYS = {key.value for key in Keys if "+" not in key.value and not key.value.startswith("<")}
_EDITING_KEYS = {
    *("tab", "shift+tab", "enter", "backspace", "delete", "insert"),
    *("up", "down", "left", "right", "home", "end"),
}
_SAME_BYTE = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+[": "escape"}


def keymap(user_keys: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the keymap for `App.set_keymap` and what was wrong with the user's table.

    The result has no clash: a key that the user gives to one command is taken from the
    others, and a key given twice stays with the first. Empty keys leave a command without.

    Args:
        user_keys: command id -> keys, separated by commas.

    Returns:
        Command id -> keys, of the commands that differ from the defaults, and one sentence
        for each thing the user should know.
    """
    problems: list[str] = []
    owners: dict[str, str] = {}
    for id_, written in user_keys.items():
        if id_ not in _BY_ID:
            problems.append(f"keys: there is no command {id_!r}.{_nearest(id_, _BY_ID)}")
            continue
        keys = _parsed(id_, written, problems)
        twice = [key for key in keys if owners.setdefault(key, id_) != id_]
        problems += [
            f"keys: {key} is given to both {owners[key]} and {id_}; {owners[key]} has it." for key in twice
        ]
    result: dict[str, str] = {}
    for command in COMMANDS:
        given = [key for key, owner in owners.items() if owner == command.id]
        defaults = [key for key in command.keys if key not in owners]
        cleared = command.id in user_keys and not user_keys[command.id].strip()
        left = given or ([] if cleared else defaults)
        if not (left or cleared) and command.keys:
            taker = owners[command.keys[0]]
            problems.append(f"keys: {taker} took the only key of {command.id}{_other_way(command)}.")
        if left != list(command.keys):
            result[command.id] = ",".join(left) or NO_KEY + command.id
    return result, problems


def _parsed(id_: str, keys: str, problems: list[str]) -> list[str]:
    """Return the usable keys of one entry of the user's table, and add what is wrong with the others."""
    usable: list[str] = []
    for written in keys.split(","):
        key = _normalised(written)
        if not key:
            continue
        name = key.rpartition("+")[2] or "+"
        if len(name) > 1 and name not in _NAMED_KEYS and key_to_character(name) is None:
            problems.append(f"keys: {id_}: {written.strip()!r} is not a key.{_nearest(name, _NAMED_KEYS)}")
        elif not set(key.split("+")[:-1]) <= _MODIFIERS:
            wrong = next(word for word in key.split("+") if word not in _MODIFIERS)
            problems.append(f"keys: {id_}: {written.strip()!r} is not a key.{_nearest(wrong, _MODIFIERS)}")
        elif key_to_character(key) is not None or (len(key) == 1):
            problems.append(f"keys: {id_}: {key!r} is a character to type; use it with ctrl or alt.")
        elif key in _EDITING_KEYS and not _BY_ID[id_].of_prompt:
            problems.append(f"keys: {id_}: {key!r} is needed to write and to move; choose another key.")
        else:
            if key in _SAME_BYTE:
                problems.append(f"keys: {id_}: most terminals send {key} as {_SAME_BYTE[key]}.")
            usable.append(key)
    return usable


def _normalised(written: str) -> str:
    """Return a key in Textual's spelling: lower case, modifiers in alphabetical order."""
    key = written.strip()
    if len(key) == 1:
        return key
    if key.startswith("^"):
        key = "ctrl+" + key[1:]
    *modifiers, name = key.lower().replace("++", "+plus").split("+")
    names = [_OTHER_NAMES.get(word.strip(), word.strip()) for word in modifiers]
    return "+".join([*sorted(set(names)), _OTHER_NAMES.get(name.strip(), name.strip())])


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def _other_way(command: Command) -> str:
    return f"; /{command.slash} still works" if command.slash else ""
