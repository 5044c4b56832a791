"""What the program remembers between two runs, in a file of its own.

Never the user's configuration, and nothing that would be missed: a file that is broken,
missing or from another version counts as empty, and the next save replaces it.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmtui.core.endpoints import DEMO
from fmtui.core.errors import StorageError
from fmtui.core.record import record
from fmtui.core.session_disk import Disk, make_folder
from fmtui.core.text import normalised

MOST_RECENT = 20
MOST_FAVOURITES = 200

Choice = tuple[str, str]
"""Name of an endpoint, and of a model there."""
if TYPE_CHECKING:  # what reads answers, which starting does without
    from fmtui.core.refusals import Refusal


@record
class State:
    """What was chosen last."""

    endpoint: str = ""
    """Name of the endpoint used last, the demo apart: it stands in for nothing that can answer."""
    models: Mapping[str, str] = field(default_factory=dict)
    """The model used last at each endpoint."""
    sidebar_open: bool = True
    sidebar_width: int | None = None
    """Columns of the sidebar, None for the built-in width."""
    theme: str = ""
    """Theme picked in the app; empty when none was."""
    recent: tuple[Choice, ...] = ()
    """Models used last, the latest first."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What was chosen among the settings, by name; see `fmtui.core.preferences`."""
    favourites: tuple[Choice, ...] = ()
    """Models that the user gave a star, the latest first."""


_NAME_LIMIT = 100
_WAIT_S, _PAUSE_S = 1.0, 0.005
"""Seconds that another process is waited for, and between two looks."""


class StateFile:
    """The file that holds the state. Its methods may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def _table(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}

    def load(self) -> State:
        """Return what was saved, or an empty state when nothing readable was."""
        return _state(self._table())

    def update(self, before: State, state: State) -> None:
        """Replace the file with a state; what was changed by another window since, and not here, is kept.

        Args:
            before: what was loaded or saved last.
            state: what is to be remembered now.

        Raises:
            StorageError: it could not be written; the old one is still there.
        """
        # Read and written under one lock: a thread that sets something in between would be undone.
        self._change(lambda table: _saved(_with_theirs(before, state, _state(table)), table))

    def set(self, name: str, value: str) -> None:
        """Keep the theme, or another setting, whatever else the file holds; raises what `save` does.

        Args:
            name: as in `fmtui.core.preferences`.
            value: empty to forget what was chosen.
        """
        value = normalised(value)
        if name == "theme":
            self._change(lambda table: {**table, "theme": value})
        else:
            self._change(
                lambda table: {
                    **table,
                    "settings": _without_blanks({**_words(table, "settings"), name: value}),
                }
            )

    def save(self, state: State) -> None:
        """Replace the file, whole or not at all; only its owner can read it.

        Raises:
            StorageError: it could not be written; the old one is still there.
        """
        self._change(lambda table: _saved(state, table))

    def load_refusals(self) -> list[Refusal]:
        """Return the fields that models refused; see `fmtui.core.refusals`."""
        return _refusals(self._table())

    def change_refusals(self, change: Callable[[list[Refusal]], list[Refusal]]) -> list[Refusal]:
        """Keep what a change makes of those of the file, and return it; raises what `save` does."""
        refusals: list[Refusal] = []

        def changed(table: dict[str, Any]) -> Mapping[str, object]:
            refusals[:] = change(_refusals(table))
            rows = [{name: normalised(value) for name, value in each._asdict().items()} for each in refusals]
            return {**table, "refused": rows}

        self._change(changed)
        return refusals

    def _change(self, change: Callable[[dict[str, Any]], Mapping[str, object]]) -> None:
        """Write what the table of the file becomes: other parts and windows write to it, too."""
        import tomli_w  # noqa: PLC0415 - not needed to start, so it does not cost the first frame

        with self._lock:
            try:
                make_folder(self.path.parent)
                with _alone(self.path.parent):
                    table = change(self._table())
                    Disk().replace(self.path, tomli_w.dumps(table).encode())
            except OSError as error:
                raise StorageError(
                    f"{self.path} cannot be written: {error.strerror}.",
                    "What you chose is forgotten at the exit; check the folder's owner, mode and free space.",
                ) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from changing the file meanwhile; for one that does not end it waits a second."""
    descriptor = -1
    with suppress(OSError):  # a file system without locks: better unguarded than not at all
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        until = time.monotonic() + _WAIT_S
        while not _taken(descriptor) and time.monotonic() < until:
            time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _state(table: Mapping[str, Any]) -> State:
    """Return what a table of the file says, as far as it can be understood."""
    models = table.get("models")
    width = table.get("sidebar_width")
    endpoint = _text(table, "endpoint")
    return State(
        endpoint="" if endpoint == DEMO.name else endpoint,
        models={
            name: model
            for name, model in (models.items() if isinstance(models, dict) else ())
            if isinstance(model, str)
        },
        sidebar_open=table.get("sidebar_open") is not False,
        sidebar_width=width if type(width) is int and 0 < width < 1000 else None,
        theme=_text(table, "theme"),
        settings=_words(table, "settings"),
        recent=_choices(table, "recent", MOST_RECENT),
        favourites=_choices(table, "favourites", MOST_FAVOURITES),
    )


def _saved(state: State, there: Mapping[str, Any]) -> dict[str, object]:
    """Return a state as a table for the file, with what other parts keep there."""
    table: dict[str, object] = {"endpoint": normalised(state.endpoint), "theme": normalised(state.theme)}
    table["sidebar_open"] = state.sidebar_open
    if state.sidebar_width is not None:
        table["sidebar_width"] = state.sidebar_width
    table["recent"] = _listed(state.recent[:MOST_RECENT])
    table["favourites"] = _listed(state.favourites[:MOST_FAVOURITES])
    table["settings"] = {normalised(name): normalised(value) for name, value in state.settings.items()}
    table["models"] = {normalised(name): normalised(model) for name, model in state.models.items()}
    return {**table, **{key: there[key] for key in ("refused",) if key in there}}


def _with_theirs(before: State, state: State, there: State) -> State:
    """Return a state with what was changed elsewhere since `before`, and not here."""
    if there == State():  # a file that is gone rather than one that somebody has emptied
        return state
    same = ("endpoint", "theme", "sidebar_open", "sidebar_width")
    theirs = {name: getattr(there, name) for name in same if getattr(state, name) == getattr(before, name)}
    return replace(
        state,
        **theirs,
        models=_merged(before.models, state.models, there.models),
        settings=_merged(before.settings, state.settings, there.settings),
        recent=_joined(before.recent, state.recent, there.recent),
        favourites=_joined(before.favourites, state.favourites, there.favourites),
    )


def _refusals(table: Mapping[str, Any]) -> list[Refusal]:
    from fmtui.core.refusals import Refusal  # noqa: PLC0415 - what reads answers, which starting does without

    rows = table.get("refused")
    return [
        Refusal(*(row[name] for name in Refusal._fields))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and all(isinstance(row.get(name), str) for name in Refusal._fields)
    ]


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _words(table: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return the short texts of a table below a key."""
    value = table.get(key)
    return {
        name: word
        for name, word in (value.items() if isinstance(value, dict) else ())
        if isinstance(word, str) and len(word) <= _NAME_LIMIT
    }


def _choices(table: Mapping[str, Any], key: str, most: int) -> tuple[Choice, ...]:
    """Return the pairs of names below a key, each once."""
    value = table.get(key)
    found = [
        (pair[0], pair[1])
        for pair in (value if isinstance(value, list) else ())
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(name, str) for name in pair)
    ]
    return tuple(dict.fromkeys(found))[:most]


def _without_blanks(words: Mapping[str, str]) -> dict[str, str]:
    return {name: word for name, word in words.items() if word}


def _merged(before: Mapping[str, str], now: Mapping[str, str], there: Mapping[str, str]) -> dict[str, str]:
    """Return words as others have them, but those that were changed here."""
    changed = {name: now.get(name, "") for name in {**before, **now} if before.get(name) != now.get(name)}
    return _without_blanks({**there, **changed})


def _joined(
    before: tuple[Choice, ...], now: tuple[Choice, ...], there: tuple[Choice, ...]
) -> tuple[Choice, ...]:
    """Return choices as they stand here, with what others added and without what they took away."""
    taken = set(before).difference(there) if there else set()
    kept = [choice for choice in now if choice not in taken]
    return (*kept, *(choice for choice in there if choice not in before and choice not in now))


def _listed(choices: Iterable[Choice]) -> list[list[str]]:
    return [[normalised(endpoint), normalised(model)] for endpoint, model in choices]
