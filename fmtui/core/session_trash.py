"""The trash beside the sessions: what was deleted, whole, until the user empties it.

Each deletion is a folder of its own, `trash/<when>-<session>`, with every file under the name
that it had. So it is one step to bring it back, also after a restart. Nothing here is removed
but by `purge`, which only the user asks for.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fmtui.core.errors import SessionNotFoundError, StorageError
from fmtui.core.record import NamedTuple
from fmtui.core.session_disk import make_folder, sync_folder
from fmtui.core.session_heads import read_head
from fmtui.core.text import one_line

_NAME = re.compile(r"(\d{8}-\d{6})-.+")
_WHEN = "%Y%m%d-%H%M%S"
_ENDING = ".toml"


class Deleted(NamedTuple):
    """One deletion."""

    folder: Path
    session_id: str
    title: str
    at: datetime


def trash_of(folder: Path) -> Path:
    """Return where deleted sessions are, in the folder of sessions."""
    return folder / "trash"


def put_in(folder: Path, session_id: str, paths: Iterable[Path]) -> None:
    """Move the files of a session into the trash, its own file first: then it is no longer listed.

    Args:
        folder: the folder of sessions.
        session_id: which session.
        paths: its files, in the folder or one folder below it; those that are missing do not matter.

    Raises:
        OSError: one cannot be moved; what was moved already is in the trash.
    """
    place = _new_place(trash_of(folder), session_id)
    for path in paths:
        if os.path.lexists(path):
            target = place / path.relative_to(folder)
            make_folder(target.parent)
            _move(path, target)
    sync_folder(place)
    sync_folder(folder)


def _new_place(trash: Path, session_id: str) -> Path:
    make_folder(trash)
    last = max((match[1] for path in trash.iterdir() if (match := _NAME.fullmatch(path.name))), default="")
    when = datetime.now(UTC)
    with suppress(ValueError):  # what was deleted last comes back first, also of two in one second
        when = max(when, datetime.strptime(last, _WHEN).replace(tzinfo=UTC) + timedelta(seconds=1))
    # A name may be as long as the system lets it be, so that no more would go before it.
    place = trash / f"{when:{_WHEN}}-{session_id[:120]}"
    place.mkdir(mode=0o700)
    return place


def _move(path: Path, target: Path) -> None:
    if path.is_symlink() and path.exists():  # its way to the file may not be the same from there
        shutil.copy2(path, target)
        path.unlink()
    else:
        path.rename(target)


def deleted(folder: Path, now: datetime | None = None) -> list[Deleted]:
    """Return what is in the trash, deleted last first; nothing where there is no trash.

    Args:
        folder: the folder of sessions.
        now: the time, where it is not that of the clock.

    Raises:
        OSError: it cannot be read.
    """
    found: list[Deleted] = []
    try:
        names = [path.name for path in trash_of(folder).iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    for name in sorted(names, reverse=True):
        place = trash_of(folder) / name
        match = _NAME.fullmatch(name)
        own = _own_file(place) if match is not None else None
        if match is None or own is None:
            continue
        with suppress(ValueError):
            said = datetime.strptime(match[1], _WHEN).replace(tzinfo=UTC)
            at = _when(place, own, said, now or datetime.now(UTC))
            head = read_head(str(own), own.stem, draft=False)
            found.append(Deleted(place, own.stem, head.title, at))
    return found


def _when(place: Path, own: Path, said: datetime, now: datetime) -> datetime:
    """Return when something was deleted, as far as that can be known: a clock may have been wrong.

    Never before the session was changed last, as it was not deleted yet; and never in the future.
    """
    if said <= now:
        changed = _changed(own)
        return max(said, changed) if changed <= now else said
    return min(_changed(place), now)


def _changed(path: Path) -> datetime:
    """Return when a file was changed last; where that cannot be read, a time for which nothing is purged."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return datetime.max.replace(tzinfo=UTC)


def _own_file(place: Path) -> Path | None:
    try:
        return next((path for path in sorted(place.iterdir()) if path.suffix == _ENDING), None)
    except OSError:
        return None


def find(folder: Path, session_id: str = "") -> Deleted:
    """Return the deletion of a session, or the last one of all.

    Raises:
        SessionNotFoundError: there is none.
        OSError: the trash cannot be read.
    """
    for each in deleted(folder):
        if session_id in {"", each.session_id}:
            return each
    if session_id:
        raise SessionNotFoundError(f"There is no session {one_line(session_id, 60)} in the trash.")
    raise SessionNotFoundError("There is nothing in the trash.")


def bring_back(folder: Path, found: Deleted) -> None:
    """Move a session out of the trash, its own file last: until then it can be done again.

    Raises:
        StorageError: there is a session of its name by now.
        OSError: a file cannot be moved.
    """
    if os.path.lexists(folder / f"{found.session_id}{_ENDING}"):
        raise StorageError(
            f"There is a session {one_line(found.session_id, 60)} already.",
            f"What was deleted is in {found.folder}.",
        )
    files = [path for path in found.folder.rglob("*") if not path.is_dir()]
    for path in sorted(files, key=lambda path: path.suffix == _ENDING):
        target = folder / path.relative_to(found.folder)
        if not os.path.lexists(target):  # a draft that was written since counts
            make_folder(target.parent)
            path.rename(target)
    sync_folder(folder)
    for each in (*found.folder.glob("*/"), found.folder):
        with suppress(OSError):  # what could not go back stays
            each.rmdir()


def purge(folder: Path, days: int, now: datetime) -> list[Deleted]:
    """Remove for good what was deleted that many days ago or earlier; return what that was.

    What a clock that was ahead has dated later than now counts from now on.

    Raises:
        OSError: it cannot be removed.
    """
    old: list[Deleted] = []
    for each in deleted(folder, now):
        if now - each.at >= timedelta(days=days):
            shutil.rmtree(each.folder)
            old.append(each)
        elif _changed(each.folder) > now:
            with suppress(OSError):
                os.utime(each.folder, (now.timestamp(),) * 2)
    return old
