"""The lists of models that endpoints gave last, in one file: they are there before any server answers.

Nothing that would be missed: a file that is broken counts as empty, and the next list that
comes replaces it. It holds no key and of a URL no more than its origin; names come here with
secrets masked already. A list is only ever taken for the server that gave it: its name, the
kind of server and its origin are all the same.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fmtui.core.chat import Model
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import StorageError
from fmtui.core.foreign_json import read_json
from fmtui.core.record import NamedTuple
from fmtui.core.session_disk import Disk, make_folder
from fmtui.core.text import whole_characters

log = logging.getLogger(__name__)

MOST_LISTS = 50
"""Endpoints whose lists are kept, those read last."""
MOST_MODELS = 20_000
"""Models that are kept in all; of more, those of the lists that were read last."""
MOST_GONE = 100
"""Names that are remembered of an endpoint as no longer listed, those seen last."""
_FORMAT = 1
_FILE_BYTES = 16 << 20
_VALUES = 500_000
_TEXT = 300
"""Characters of a label or a note that are worth keeping."""
_CLOCK_S = 60.0
"""Seconds that two clocks may differ."""
_AGE_S = 180 * 86_400
"""A list that nobody read again for half a year is of an endpoint that is used no more."""


class KnownList(NamedTuple):
    """What an endpoint listed."""

    origin: str
    """Whose list it is: see `origin_of`."""
    read: float
    """When it was read, in seconds since 1970."""
    models: tuple[Model, ...]
    gone: Mapping[str, float] = {}
    """Names that it listed once and does no more -> when they were seen last."""
    routed: frozenset[str] = frozenset()
    """Names of models with an address of their own, which only the server's own list may tell."""

    def followed_by(self, later: KnownList) -> KnownList:
        """Return a later list, which then knows what it no longer holds."""
        there = {model.name for model in later.models}
        left = {name: seen for name, seen in self.gone.items() if name not in there}
        left |= {model.name: self.read for model in self.models if model.name not in there}
        newest = sorted(left.items(), key=lambda item: item[1], reverse=True)
        return later._replace(gone=dict(newest[:MOST_GONE]))


def origin_of(endpoint: Endpoint) -> str:
    """Return what a list of an endpoint belongs to: the kind and the origin of its server, nothing secret."""
    parts = urlsplit(endpoint.url)
    try:
        port = parts.port
    except ValueError:
        port = None
    host = parts.hostname or ""
    where = f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
    return f"{endpoint.kind} {where}"


class ModelCache:
    """The file. Its methods may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> dict[str, KnownList]:
        """Return the list of each endpoint by its name; nothing when there is no file that can be read."""
        try:
            with self.path.open("rb") as file:
                content = file.read(_FILE_BYTES + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            log.warning("the lists of models in %s cannot be read: %s", self.path, error.strerror)
            return {}
        try:
            return _lists(content)
        except (ValueError, RecursionError) as error:
            log.warning("the lists of models in %s are broken, so they are not used: %s", self.path, error)
            return {}

    def keep(self, lists: Mapping[str, KnownList]) -> None:
        """Put lists into the file, beside those of other endpoints; only its owner can read it.

        Another window may have kept a later one of the same endpoint: then that stays.

        Raises:
            StorageError: it could not be written; the old one is still there.
        """
        now = time.time()
        kept = self.load()
        for name, known in lists.items():
            other = kept.get(name)
            # What is from the future was kept before the clock was set right.
            later = other is not None and known.read < other.read <= now + _CLOCK_S
            if other is None or other.origin != known.origin or not later:
                kept[name] = known
        # A line for each endpoint: the file can be looked at.
        entries = ",\n".join(f"{_json(name)}:{_json(entry)}" for name, entry in _bounded(kept, now))
        content = f'{{"format":{_FORMAT},"endpoints":{{\n{entries}}}}}\n'
        try:
            make_folder(self.path.parent)
            Disk().replace(self.path, whole_characters(content).encode())
        except OSError as error:
            raise StorageError(
                f"{self.path} cannot be written: {error.strerror}.",
                "Lists of models are asked for anew at the next start; check the folder and its free space.",
            ) from error


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _bounded(lists: Mapping[str, KnownList], now: float) -> Iterable[tuple[str, object]]:
    """Yield what is written of each list, those read last first, as long as there is room."""
    newest = sorted(lists.items(), key=lambda item: item[1].read, reverse=True)
    room = MOST_MODELS
    for name, known in newest[:MOST_LISTS]:
        if now - known.read > _AGE_S or len(known.models) > room:
            continue
        room -= len(known.models)
        yield (
            name,
            {
                "origin": known.origin,
                "read": round(known.read),
                "gone": {each: round(seen) for each, seen in known.gone.items()},
                "models": [
                    [
                        *(m.name, m.task, m.ready, m.label[:_TEXT], m.note[:_TEXT]),
                        *(m.context_window, m.price_in, m.price_out),
                    ]
                    for m in known.models
                ],
                "routed": sorted(known.routed),
            },
        )


def _lists(content: bytes) -> dict[str, KnownList]:
    """Return the lists that a file holds.

    Raises:
        ValueError: it is not such a file, or of a later version.
    """
    if len(content) > _FILE_BYTES:
        raise ValueError("too large")
    table = read_json(content.decode(), _VALUES)
    entries = table.get("endpoints") if isinstance(table, dict) and table.get("format") == _FORMAT else None
    if not isinstance(entries, dict):
        raise ValueError("not a file of this version")  # noqa: TRY004 - one kind for all that is wrong with it
    return {name: _list(entry) for name, entry in entries.items()}


def _list(entry: Any) -> KnownList:
    try:
        origin, read, gone, routed = entry["origin"], entry["read"], entry["gone"], entry["routed"]
        models = tuple(_model(*values) for values in entry["models"])
        seen = {name: float(gone[name]) for name in gone}
        known = KnownList(origin, float(read), models, seen, frozenset(routed))
    except (KeyError, TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"an entry of another form ({type(error).__name__})") from error
    if not isinstance(origin, str) or not isinstance(gone, dict) or not math.isfinite(known.read):
        raise ValueError("an entry of another form")
    return known


def _model(
    name: object,
    task: object,
    ready: object,
    label: object,
    note: object,
    window: object = None,
    price_in: object = None,
    price_out: object = None,
) -> Model:
    for text in (name, task, label, note):
        if not isinstance(text, str):
            raise TypeError
    if type(ready) is not bool or (window is not None and type(window) is not int):
        raise TypeError
    for price in (price_in, price_out):
        if price is not None and type(price) not in (int, float):
            raise TypeError
    return Model(name, task, ready, label, note, window, price_in, price_out)  # type: ignore[arg-type]  # just looked at
