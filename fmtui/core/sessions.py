"""The folder of sessions: makes, lists, opens and searches session files.

One TOML file a session, plain to read and edit, added to at its end. Synchronous and
thread-safe: the screen calls it from threads. Nothing is ever deleted, a damaged file is
never refused, and while the disk refuses to work everything goes on in memory.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from fmtui.core.attachments_disk import PictureFolder
from fmtui.core.errors import SessionNotFoundError, StorageError
from fmtui.core.session_actions import SessionActions
from fmtui.core.session_disk import Disk, Lock, make_folder, storage_error
from fmtui.core.session_draft import Drafts, draft_path, drafted, kept_beside
from fmtui.core.session_heads import Heads, SessionHead, whole_head
from fmtui.core.session_open import Session
from fmtui.core.text import one_line

if TYPE_CHECKING:
    from fmtui.core.session_prompts import SessionPrompts
    from fmtui.core.session_search import Hit

__all__ = ["Session", "SessionHead", "SessionStore"]

_ENDING = ".toml"


class SessionStore(SessionActions):
    """The sessions of one folder. Every method may be called from any thread.

    Args:
        folder: where the files are; made when first needed, nothing is touched before.
        disk: how they are written; a test passes one that fails.
    """

    def __init__(self, folder: Path, *, disk: Disk | None = None) -> None:
        self.folder = folder
        self._disk = disk or Disk()
        self._lock = threading.Lock()
        self._open: WeakValueDictionary[str, Session] = WeakValueDictionary()
        """Sessions that this store opened to write to them, now or later."""
        self._last_id_at = 0.0
        self._heads = Heads()
        self._prompts: SessionPrompts | None = None

    def prepare(self) -> None:
        """Make the folder, for its owner alone, and prove that it can be written to.

        Raises:
            StorageError: it cannot; sessions still work, in memory.
        """
        probe = self.folder / f".probe-{os.getpid()}.tmp"
        try:
            make_folder(self.folder)
            self._disk.append(probe, b"fmtui\n", None)
        except OSError as error:
            raise storage_error(error, self.folder, "write its sessions") from error
        finally:
            with suppress(OSError):
                probe.unlink()

    # ---- lists ----

    def heads(self) -> list[SessionHead]:
        """Return what a list shows of every session, last changed first; reads heads only.

        Raises:
            StorageError: the folder cannot be read.
        """
        try:
            with_draft = drafted(self.folder) | {*kept_beside(self.folder).values()}
            heads = self._heads.read(str(self.folder), _ENDING, with_draft)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise _unlisted(error, self.folder) from error
        heads.sort(key=attrgetter("updated", "id"), reverse=True)
        return heads

    def whole(self, head: SessionHead) -> SessionHead:
        """Return a head with what reading all of its file tells: how many turns it has, and its model."""
        return whole_head(self._path(head.id), head)

    def latest(self) -> str | None:
        """Return the id of the session that was changed last, None when there is none.

        Raises:
            StorageError: the folder cannot be read.
        """
        found: list[tuple[float, str]] = []
        for session_id in self._ids():
            with suppress(OSError):
                found.append((self._path(session_id).stat().st_mtime, session_id))
        return max(found)[1] if found else None

    def search(self, text: str, go_on: Callable[[], bool] = lambda: True) -> Iterator[Hit]:
        """Yield the turns that hold all words and "phrases" of the text; see `session_search.search`.

        Args:
            text: as the user types it.
            go_on: asked before each file; False ends it.

        Raises:
            StorageError: the folder cannot be read.
        """
        from fmtui.core.session_search import Query, search  # noqa: PLC0415 - most starts never search

        try:
            yield from search(self.folder, Query(text), go_on, ending=_ENDING)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unlisted(error, self.folder) from error

    @property
    def pictures(self) -> PictureFolder:
        """The pictures that prompts name."""
        return PictureFolder(self.folder, self._disk)

    def prompts(self) -> list[str]:
        """Return the prompts of all sessions, newest first, each once."""
        from fmtui.core.session_prompts import SessionPrompts  # noqa: PLC0415 - most starts never ask

        if self._prompts is None:
            self._prompts = SessionPrompts(self.folder, self._disk)
        return self._prompts.newest(ending=_ENDING)

    # ---- sessions ----

    def new(self, session_id: str = "") -> Session:
        """Return a session without a file, which is made with its first turn.

        Args:
            session_id: take up this id, such as the one of a draft that was left; a new one otherwise.
        """
        with self._lock:
            session_id = session_id or self._next_id()
            session = Session(self.folder, session_id, self._disk)
            self._open[session_id] = session
        return session

    def open(self, session_id: str, *, write: bool = True) -> Session:
        """Open a session: mend its file after a crash and take in what was left of running replies.

        Args:
            session_id: which one.
            write: whether turns will be added; otherwise nothing on the disk is changed. A
                session that another window writes to comes back read-only all the same.

        Raises:
            SessionNotFoundError: there is no such session.
            StorageError: its file cannot be read.
        """
        if not _is_id(session_id) or not os.path.lexists(self._path(session_id)):
            raise SessionNotFoundError(
                f"There is no session {one_line(session_id, 60)}.", "`fmtui sessions list` shows all of them."
            )
        session = Session(self.folder, session_id, self._disk)
        try:
            session.load(write=write)
        except OSError as error:
            session.close()
            raise storage_error(error, self.folder, "read the session") from error
        with self._lock:
            # One that only reads may become the writer, when the window that is has gone.
            known = self._open.get(session_id)
            if not session.read_only or (write and (known is None or known.read_only)):
                self._open[session_id] = session
        return session

    # ---- drafts ----

    def draft(self, session_id: str) -> str:
        """Return the unsent prompt that was kept for a session; see also `Session.take_draft`."""
        session = self._known(session_id)
        if session is None:
            return Drafts(self.folder, session_id, self._disk).read()
        return session.take_draft()

    def save_draft(self, session_id: str, text: str) -> None:
        """Keep the unsent prompt of a session; an empty one removes what was kept.

        Raises:
            StorageError: it could not be written.
        """
        session = self._known(session_id)
        if session is not None:
            session.save_draft(text)
            return
        try:
            Drafts(self.folder, session_id, self._disk).write(text, reader=False)
        except OSError as error:
            raise storage_error(error, self.folder, "keep the unsent prompt") from error

    def left_draft(self) -> str | None:
        """Return the id of the newest draft whose session has no file and that no living window owns."""
        found: list[tuple[float, str]] = []
        for session_id in drafted(self.folder):
            with suppress(OSError):
                if not self._path(session_id).exists():
                    found.append((draft_path(self.folder, session_id).stat().st_mtime, session_id))
        for _, session_id in sorted(found, reverse=True):
            with suppress(OSError):
                taken = Lock.take(self.folder / f"{session_id}.lock")
                if isinstance(taken, Lock):
                    taken.release()
                    return session_id
        return None

    # ---- names ----

    def _next_id(self) -> str:
        """Return a new id that sorts by time: the second in UTC and how much of it has gone by."""
        while True:
            # Never before the last one, also when the clock is set back.
            self._last_id_at = now = max(time.time(), self._last_id_at + 1 / 0x8000)
            second = datetime.fromtimestamp(int(now), UTC)
            session_id = f"{second:%Y%m%d-%H%M%S}-{int(now % 1 * 0x10000):04x}"
            if not self._path(session_id).exists():
                return session_id

    def _known(self, session_id: str) -> Session | None:
        with self._lock:
            return self._open.get(session_id)

    def _mine(self, session_id: str) -> Session | None:
        session = self._known(session_id)
        return None if session is None or session.read_only else session

    def _let_go(self, session_id: str) -> None:
        with self._lock:
            self._open.pop(session_id, None)

    def _path(self, session_id: str) -> Path:
        return self.folder / f"{session_id}{_ENDING}"

    def _ids(self) -> list[str]:
        return [
            name[: -len(_ENDING)] for name in _names(self.folder) if name.endswith(_ENDING) and name[0] != "."
        ]


def _names(folder: Path) -> list[str]:
    """Return the names in the folder; none when there is no folder.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        # Names alone: an object for each of 10,000 files would take longer than the listing.
        return os.listdir(folder)  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unlisted(error, folder) from error


def _unlisted(error: OSError, folder: Path) -> StorageError:
    return storage_error(error, folder, "read the list of sessions")


def _is_id(session_id: str) -> bool:
    """Return whether this may be the name of a file in the folder, and of none elsewhere."""
    return bool(session_id) and session_id[0] != "." and not set(session_id) & set("/\\\0")
