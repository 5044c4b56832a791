"""The `[keys]` table of the configuration: checked against itself and against what terminals send."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from textual.keys import KEY_TO_UNICODE_NAME, REPLACED_KEYS, Keys, _character_to_key, key_to_character

from fmtui.core.record import NamedTuple
from fmtui.ui.command import Command
from fmtui.ui.commands import COMMANDS, NO_KEY, READING
from fmtui.ui.key_doubts import doubt

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
_SIGNS = frozenset({*REPLACED_KEYS, *KEY_TO_UNICODE_NAME})
"""Names that Textual has for signs."""
_MODIFIERS = {"alt", "ctrl", "hyper", "meta", "shift", "super"}
_NAMED_KEYS = {key.value for key in Keys if "+" not in key.value and not key.value.startswith("<")}
_MOVING_KEYS = {"up", "down", "left", "right", "home", "end"}
_EDITING_KEYS = {*_MOVING_KEYS, "tab", "shift+tab", "enter", "space", "backspace", "delete", "insert"}


class _Keys(NamedTuple):
    """What the user gave to one command."""

    everywhere: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    """Keys while the conversation has the focus."""


def keymap(
    user_keys: Mapping[str, str], environ: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[str]]:
    """Return the keymap for `App.set_keymap` and what was wrong with the user's table.

    A character, and a key to edit with, is one for reading: it is given to a command while
    the conversation has the focus, where nothing is typed. Keys of either kind replace the
    command's defaults of that kind. The result has no clash: a key that the user gives to
    one command is taken from the others, and a key given twice stays with the first. Empty
    keys leave a command without.

    Args:
        user_keys: command id -> keys, separated by commas.
        environ: the environment variables, which tell what fmtui runs in.

    Returns:
        Command id -> keys, of the commands that differ from the defaults, those for reading
        under `READING` and the id; and one sentence for each thing the user should know.
    """
    problems: list[str] = []
    owners = _Owners({}, {})
    for id_, written in user_keys.items():
        if id_ not in _BY_ID:
            problems.append(f"keys: there is no command {id_!r}.{_nearest(id_, _BY_ID)}")
            continue
        for kind, keys in zip(owners, _parsed(id_, written, problems, environ or {}), strict=True):
            problems += [
                f"keys: {key} is given to both {kind[key]} and {id_}; {kind[key]} has it."
                for key in keys
                if kind.setdefault(key, id_) != id_
            ]
    result: dict[str, str] = {}
    for command in COMMANDS:
        cleared = command.id in user_keys and not user_keys[command.id].strip()
        left = _left(command.id, command.keys, owners.everywhere, cleared=cleared)
        browse = _left(command.id, command.browse, owners.reading, cleared=cleared)
        if (command.keys or command.browse) and not (left or browse or cleared):
            taker = owners.everywhere[command.keys[0]] if command.keys else owners.reading[command.browse[0]]
            problems.append(f"keys: {taker} took the only key of {command.id}{_other_way(command)}.")
        if left != command.keys:
            result[command.id] = ",".join(left) or NO_KEY + command.id
        if browse != command.browse:
            result[READING + command.id] = ",".join(browse) or NO_KEY + command.id
    return result, problems


class _Owners(NamedTuple):
    """Which command the user gave each key to."""

    everywhere: dict[str, str]
    reading: dict[str, str]


def _left(
    id_: str, defaults: tuple[str, ...], owners: Mapping[str, str], *, cleared: bool
) -> tuple[str, ...]:
    """Return the keys of one kind that a command has in the end."""
    given = tuple(key for key, owner in owners.items() if owner == id_)
    return given or (() if cleared else tuple(key for key in defaults if key not in owners))


def _parsed(id_: str, keys: str, problems: list[str], environ: Mapping[str, str]) -> _Keys:
    """Return the usable keys of one entry of the user's table, and add what is wrong with the others."""
    everywhere: list[str] = []
    reading: list[str] = []
    for written in keys.split(","):
        key = _normalised(written)
        if not key:
            continue
        name = key.rpartition("+")[2]
        if not _is_key(name):
            problems.append(f"keys: {id_}: {written.strip()!r} is not a key.{_nearest(name, _NAMED_KEYS)}")
            continue
        if not set(key.split("+")[:-1]) <= _MODIFIERS:
            wrong = next(word for word in key.split("+") if word not in _MODIFIERS)
            problems.append(f"keys: {id_}: {written.strip()!r} is not a key.{_nearest(wrong, _MODIFIERS)}")
            continue
        typed = key in REPLACED_KEYS or key_to_character(key) is not None
        if _BY_ID[id_].of_prompt and typed:
            problems.append(f"keys: {id_}: {key!r} is a character to type; use it with ctrl or alt.")
        elif not _BY_ID[id_].of_prompt and key in _MOVING_KEYS:
            problems.append(f"keys: {id_}: {key!r} is needed to move; choose another key.")
        elif key == "escape":
            if id_ != "reply.stop":
                problems.append(f"keys: {id_}: 'escape' is needed to leave; choose another key.")
        elif not _BY_ID[id_].of_prompt and (typed or key in _EDITING_KEYS):
            reading.append(key)
        else:
            everywhere.append(key)
            if why := doubt(key, environ):
                problems.append(f"keys: {id_}: {why}.")
    return _Keys(tuple(everywhere), tuple(reading))


def _normalised(written: str) -> str:
    """Return a key in Textual's spelling: lower case, modifiers in alphabetical order, names for signs."""
    key = written.strip()
    if len(key) == 1:
        return _character_to_key(key)
    if key.startswith("^"):
        key = "ctrl+" + key[1:]
    *modifiers, name = key.lower().replace("++", "+plus").split("+")
    names = {_OTHER_NAMES.get(word.strip(), word.strip()) for word in modifiers}
    name = _OTHER_NAMES.get(name.strip(), name.strip())
    if len(name) == 1:
        name = _character_to_key(name)
        if names == {"shift"} and name.isalpha() and len(name) == 1:
            return name.upper()
    return "+".join([*sorted(names), name])


def _is_key(name: str) -> bool:
    if len(name) == 1:
        return True
    return bool(name) and (name in _NAMED_KEYS | _SIGNS or key_to_character(name) is not None)


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def _other_way(command: Command) -> str:
    return f"; /{command.slash} still works" if command.slash else ""
