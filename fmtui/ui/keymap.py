"""The `[keys]` table of the configuration: checked against itself and against what terminals send."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from textual.keys import KEY_TO_UNICODE_NAME, REPLACED_KEYS, Keys, _character_to_key, key_to_character

from fmtui.core.record import NamedTuple
from fmtui.core.text import did_you_mean
from fmtui.ui.command import LEADER, Command
from fmtui.ui.commands import CHORDS, COMMANDS, NO_KEY, READING
from fmtui.ui.key_doubts import doubt

LEADS = "leader"
"""What the user's table calls the key with which chords begin."""
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
_COMMA_KEY = re.compile(r"((?<=\w)\s*\+\s*|(?:^|[\s,])(?=,\s*(?:,|$))),")
"""A comma that is a key, as it stands behind a modifier, or where one between two keys has no second one."""
_SIGNS = frozenset({*REPLACED_KEYS, *KEY_TO_UNICODE_NAME})
"""Names that Textual has for signs."""
_MODIFIERS = {"alt", "ctrl", "hyper", "meta", "shift", "super"}
_NAMED_KEYS = {key.value for key in Keys if "+" not in key.value and not key.value.startswith("<")}
_MOVING_KEYS = {"up", "down", "left", "right", "home", "end"}
_EDITING_KEYS = {*_MOVING_KEYS, "tab", "shift+tab", "enter", "space", "backspace", "delete", "insert"}


class _Kinds(NamedTuple):
    """Something for each kind of keys."""

    everywhere: dict[str, str]
    reading: dict[str, str]
    """Keys while the conversation has the focus."""
    chords: dict[str, str]
    """Two keys, one pressed after the other, with a blank between them."""


def keymap(
    user_keys: Mapping[str, str], environ: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[str]]:
    """Return the keymap for `App.set_keymap` and what was wrong with the user's table.

    A character, and a key to edit with, is one for reading: it is given to a command while
    the conversation has the focus, where nothing is typed. Two keys are a chord. Keys of each
    kind replace the command's defaults of that kind. The result has no clash: a key that the
    user gives to one command is taken from the others, and a key given twice stays with the
    first; a key that chords begin with does nothing else. Empty keys leave a command without.

    Args:
        user_keys: command id -> keys, separated by commas; `leader` -> the key with which
            the chords of the table begin, and those of the user that begin with that word.
        environ: the environment variables, which tell what fmtui runs in.

    Returns:
        Command id -> keys, of the commands that differ from the defaults, those for reading
        under `READING` and the id, chords under `CHORDS` and the id; and one sentence for
        each thing the user should know.
    """
    problems: list[str] = []
    leader = _leader(user_keys, problems, environ or {})
    owners = _Kinds({leader: LEADS} if leader else {}, {}, {})
    for id_, written in user_keys.items():
        if id_ == LEADS:
            continue
        if id_ not in _BY_ID:
            problems.append(f"keys: there is no command {id_!r}.{did_you_mean(id_, [LEADS, *_BY_ID])}")
            continue
        for kind, key in _parsed(id_, written, leader, problems, environ or {}):
            problems += _given(owners, kind, key, id_)
    result: dict[str, str] = {}
    for command in COMMANDS:
        cleared = command.id in user_keys and not user_keys[command.id].strip()
        chords = tuple(_led(key, leader) for key in command.chords) if leader else ()
        defaults = _By(command.single, command.browse, chords)
        left = _By(
            *(
                _left(command.id, keys, taken, cleared=cleared)
                for keys, taken in zip(defaults, owners, strict=True)
            )
        )
        if not (any(left) or cleared) and (taker := _taker(defaults, owners)):
            problems.append(f"keys: {taker} took the only key of {command.id}{_other_way(command)}.")
        for name, keys, usual in zip(
            ("", READING, CHORDS), left, (command.single, command.browse, command.chords), strict=True
        ):
            if keys != usual:
                result[name + command.id] = ",".join(keys) or NO_KEY + command.id
    return result, problems


def _taker(defaults: _By, owners: _Kinds) -> str:
    """Return which command has the first of some keys now; empty when none has."""
    pairs = zip(defaults, owners, strict=True)
    return next((taken[key] for keys, taken in pairs for key in keys if key in taken), "")


class _By(NamedTuple):
    """The keys of a command by their kinds."""

    everywhere: tuple[str, ...]
    reading: tuple[str, ...]
    chords: tuple[str, ...]


def _leader(user_keys: Mapping[str, str], problems: list[str], environ: Mapping[str, str]) -> str:
    """Return the key with which the chords of the table begin; empty when the user wants none."""
    written = user_keys.get(LEADS, LEADER)
    key = _normalised(written)
    wrong = _not_a_key(LEADS, written, key) if key else ""
    if key and not wrong and not _begins_chords(key):
        wrong = f"keys: {LEADS}: {key!r} is a key to type or to move with; choose one with ctrl or alt."
    if wrong:
        problems.append(f"{wrong} It stays {LEADER}.")
        return LEADER
    if key and (why := doubt(key, environ)):
        problems.append(f"keys: {LEADS}: {why}.")
    return key


def _led(chord: str, leader: str) -> str:
    return f"{leader} {chord.partition(' ')[2]}"


def _given(owners: _Kinds, kind: str, key: str, id_: str) -> Iterator[str]:
    """Give a key to a command; yield what speaks against it."""
    if kind == "chords":
        first = key.partition(" ")[0]
        owner = owners.everywhere.setdefault(first, LEADS)
        if owner != LEADS:
            yield f"keys: {id_}: {key!r} would begin with {first}, which {owner} has."
            return
    taken: dict[str, str] = getattr(owners, kind)
    owner = taken.setdefault(key, id_)
    if owner == LEADS:
        yield f"keys: {id_}: other keys begin with {key}; choose another one, or give {LEADS!r} another."
    elif owner != id_:
        yield f"keys: {key} is given to both {owner} and {id_}; {owner} has it."


def _left(
    id_: str, defaults: tuple[str, ...], owners: Mapping[str, str], *, cleared: bool
) -> tuple[str, ...]:
    """Return the keys of one kind that a command has in the end."""
    given = tuple(key for key, owner in owners.items() if owner == id_)
    return given or (() if cleared else tuple(key for key in defaults if key not in owners))


def _parsed(
    id_: str, keys: str, leader: str, problems: list[str], environ: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield kind and key of all that is usable in one entry; add what is wrong with the others."""
    for written in _COMMA_KEY.sub(r"\1comma", keys).split(","):
        words = re.sub(r"(?<=\w) *\+ *(?=\w)", "+", written).split()
        steps = [leader if word == LEADS and leader else _normalised(word) for word in words]
        if not steps:
            continue
        wrong = next(filter(None, (_not_a_key(id_, written, step) for step in steps)), "")
        if not wrong:
            wrong = _unfit_chord(id_, steps) if len(steps) > 1 else _unfit(id_, steps[0])
        if wrong:
            problems.append(wrong)
        elif len(steps) == 1 and not _BY_ID[id_].of_prompt and _is_for_reading(steps[0]):
            yield "reading", steps[0]
        else:
            yield "chords" if len(steps) > 1 else "everywhere", " ".join(steps)
            problems += [f"keys: {id_}: {why}." for step in steps if (why := doubt(step, environ))]


def _is_for_reading(key: str) -> bool:
    """Return whether a key types or edits where there is text, so that it is free only elsewhere."""
    return _is_typed(key) or key in _EDITING_KEYS


def _not_a_key(id_: str, written: str, key: str) -> str:
    """Return why a key in Textual's spelling is none that there is; empty when there is such a key."""
    *modifiers, name = key.split("+")
    if not _is_key(name):
        return f"keys: {id_}: {written.strip()!r} is not a key.{did_you_mean(name, _NAMED_KEYS)}"
    for word in modifiers:
        if word not in _MODIFIERS:
            return f"keys: {id_}: {written.strip()!r} is not a key.{did_you_mean(word, _MODIFIERS)}"
    return ""


def _unfit(id_: str, key: str) -> str:
    """Return why a command cannot have a key; empty when it can."""
    of_prompt = _BY_ID[id_].of_prompt
    if of_prompt and _is_typed(key):
        return f"keys: {id_}: {key!r} is a character to type; use it with ctrl or alt."
    if not of_prompt and key in _MOVING_KEYS:
        return f"keys: {id_}: {key!r} is needed to move; choose another key."
    if key == "escape" and id_ != "reply.stop":
        return f"keys: {id_}: 'escape' is needed to leave; choose another key."
    return ""


def _unfit_chord(id_: str, steps: Sequence[str]) -> str:
    """Return why keys cannot be pressed one after the other for a command; empty when they can."""
    chord = " ".join(steps)
    if len(steps) > 2:
        return f"keys: {id_}: {chord!r} is more than two keys, one after the other."
    first, second = steps
    if not _begins_chords(first):
        return f"keys: {id_}: {chord!r} cannot begin with a key to type or to move with."
    if second in {"escape", "ctrl+c", first}:
        return f"keys: {id_}: {chord!r}: {second} gives up what was begun; choose another key."
    return ""


def _begins_chords(key: str) -> bool:
    """Return whether a key does nothing that would be missed once it waits for another."""
    return not (_is_typed(key) or key in _EDITING_KEYS or key in {"escape", "ctrl+c", "pageup", "pagedown"})


def _is_typed(key: str) -> bool:
    return key in REPLACED_KEYS or key_to_character(key) is not None


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


def _other_way(command: Command) -> str:
    return f"; /{command.slash} still works" if command.slash else ""
