"""What is done with whole sessions: renamed, marked, deleted and brought back, copied.

Apart from the store of sessions for the sake of reading; each works on a session that is
open here as well as on one that is not.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.errors import SessionLockedError, SessionNotFoundError, StorageError
from fmtui.core.session_disk import Disk, make_folder, owner_of, storage_error
from fmtui.core.session_draft import draft_path, edits_path, kept_beside
from fmtui.core.session_live import is_live_of
from fmtui.core.session_marks import MarkName
from fmtui.core.session_open import Session
from fmtui.core.text import one_line

if TYPE_CHECKING:  # none of them is needed before the user deletes, copies or looks at something
    from fmtui.core.session_preview import Preview
    from fmtui.core.session_trash import Deleted

_UNSEEN = "unseen"


class SessionActions:
    """The actions of a folder of sessions. Every method may be called from any thread."""

    folder: Path
    _disk: Disk

    @abstractmethod
    def open(self, session_id: str, *, write: bool = True) -> Session:
        """Open a session."""

    @abstractmethod
    def _mine(self, session_id: str) -> Session | None:
        """Return the session if it is open here to be written to."""

    @abstractmethod
    def _let_go(self, session_id: str) -> None:
        """Forget that a session is open here."""

    @abstractmethod
    def _next_id(self) -> str:
        """Return an id that no session has."""

    # ---- the head ----

    def rename(self, session_id: str, title: str) -> None:
        """Give a session another title.

        Raises:
            SessionNotFoundError: there is no such session.
            SessionLockedError: another window writes to it.
            StorageError: its file cannot be written.
        """
        with self._writing(session_id) as session:
            session.rename(title)

    def mark(self, session_id: str, name: MarkName, value: bool | tuple[str, ...]) -> None:  # noqa: FBT001 - the value of a mark
        """Pin or archive a session, give it tags, or take that back; raises what `rename` does."""
        with self._writing(session_id) as session:
            session.rewrite_head(name, list(value) if isinstance(value, tuple) else value)

    @contextmanager
    def _writing(self, session_id: str) -> Iterator[Session]:
        mine = self._mine(session_id)
        session = mine or self.open(session_id)
        try:
            yield session
        finally:
            if mine is None:
                session.close()

    # ---- deleting and bringing back ----

    def delete(self, session_id: str) -> None:
        """Move a session and what belongs to it into the folder `trash`; nothing is removed for good.

        Raises:
            SessionNotFoundError: there is no such session.
            SessionLockedError: another window writes to it.
            StorageError: it cannot be moved, or has turns that the disk does not take.
        """
        from fmtui.core.session_trash import put_in  # noqa: PLC0415 - most starts never delete

        session = self._mine(session_id) or self.open(session_id)
        if session.owner:
            session.close()
            raise SessionLockedError(
                f"This session is open in another window ({session.owner}).", "Close it there first."
            )
        session.flush()  # what the disk refuses would be nowhere
        session.close()
        session.forget()
        self._let_go(session_id)
        try:
            left = [
                self.folder / name
                for name in os.listdir(self.folder)  # noqa: PTH208 - an object for each of 10,000 files takes long
                if _is_of(name, session_id)
            ]
            left += [draft_path(self.folder, session_id), edits_path(self.folder, session_id)]
            left += kept_beside(self.folder, session_id)
            put_in(self.folder, session_id, [session.path, *left])
        except OSError as error:
            raise storage_error(error, self.folder, "move the session to the trash") from error
        self.seen(session_id)

    def restore(self, session_id: str = "") -> Deleted:
        """Bring a session back that was deleted, the last one where none is named; return which.

        Raises:
            SessionNotFoundError: it is not in the trash.
            StorageError: it cannot be moved, or another has its name by now.
        """
        from fmtui.core import session_trash  # noqa: PLC0415 - most starts never do

        try:
            found = session_trash.find(self.folder, session_id)
            session_trash.bring_back(self.folder, found)
        except OSError as error:
            raise storage_error(error, self.folder, "bring the session back") from error
        return found

    def deleted(self) -> list[Deleted]:
        """Return what is in the trash, deleted last first.

        Raises:
            StorageError: it cannot be read.
        """
        from fmtui.core import session_trash  # noqa: PLC0415 - most starts never do

        try:
            return session_trash.deleted(self.folder)
        except OSError as error:
            raise storage_error(error, self.folder, "read the trash") from error

    def purge(self, days: int) -> list[Deleted]:
        """Remove for good what was deleted that many days ago or earlier; return what that was.

        Pictures that nothing names any more go, too.

        Raises:
            StorageError: it cannot be removed.
        """
        from fmtui.core import session_trash  # noqa: PLC0415 - most starts never do
        from fmtui.core.attachments_disk import PictureFolder  # noqa: PLC0415 - same

        try:
            found = session_trash.purge(self.folder, days, datetime.now(UTC))
        except OSError as error:
            raise storage_error(error, self.folder, "empty the trash") from error
        with suppress(OSError):  # where not all can be read, any of them may be named
            PictureFolder(self.folder, self._disk).remove_unnamed()
        return found

    # ---- copying and looking ----

    def duplicate(self, session_id: str) -> str:
        """Make a session with the same turns and another id; return that id.

        It may be open anywhere: what is in the file is copied, which a reply that runs is not.

        Raises:
            SessionNotFoundError: there is no such session.
            StorageError: it cannot be read, or the copy cannot be written.
        """
        from fmtui.core.session_adding import add  # noqa: PLC0415 - most starts never copy
        from fmtui.core.session_copy import copied  # noqa: PLC0415 - same

        mine = self._mine(session_id)
        if mine is not None:
            mine.flush()
        path = self._existing(session_id)
        try:
            data, _ = self._disk.read(path)
        except OSError as error:
            raise storage_error(error, self.folder, "read the session") from error
        while True:
            new_id = self._next_id()
            if add(self.folder, new_id, copied(data, session_id, new_id), datetime.now(UTC), disk=self._disk):
                return new_id

    def preview(self, session_id: str) -> Preview:
        """Return what a list shows of a session beside its head; changes nothing.

        Raises:
            SessionNotFoundError: there is no such session.
            StorageError: it cannot be read.
        """
        from fmtui.core.session_preview import preview  # noqa: PLC0415 - with the first list

        path = self._existing(session_id)
        try:
            data, _ = self._disk.read(path)
        except OSError as error:
            raise storage_error(error, self.folder, "read the session") from error
        return preview(data, session_id)

    def _existing(self, session_id: str) -> Path:
        path = self.folder / f"{session_id}.toml"
        if not path.exists():
            raise SessionNotFoundError(f"There is no session {one_line(session_id, 60)}.")
        return path

    # ---- who has it, and whether it was looked at ----

    def locked(self) -> dict[str, str]:
        """Return the sessions that other windows have open, with who they are."""
        found: dict[str, str] = {}
        with suppress(OSError):
            for name in os.listdir(self.folder):  # noqa: PTH208 - see `delete`
                if name.endswith(".lock"):
                    session_id = name.removesuffix(".lock")
                    owner = owner_of(self.folder / name)
                    if owner and self._mine(session_id) is None:
                        found[session_id] = owner
        return found

    def unseen(self) -> set[str]:
        """Return the sessions with a reply that ended while another was shown, and not opened since."""
        try:
            return set(os.listdir(self.folder / _UNSEEN))  # noqa: PTH208 - see `delete`
        except OSError:
            return set()

    def not_seen(self, session_id: str) -> None:
        """Note that a reply ended unseen.

        Raises:
            StorageError: it could not be written.
        """
        try:
            make_folder(self.folder / _UNSEEN)
            self._disk.append(self.folder / _UNSEEN / session_id, b"", None)
        except OSError as error:
            raise StorageError(f"That {session_id} has a new reply could not be noted: {error}.") from error

    def seen(self, session_id: str) -> None:
        """Note that a session was looked at."""
        with suppress(OSError, ValueError):
            (self.folder / _UNSEEN / session_id).unlink(missing_ok=True)


def _is_of(name: str, session_id: str) -> bool:
    """Return whether a file is what a running reply or damage left of a session, and no other's."""
    whole, _, _ = name.partition(".damaged-")
    return is_live_of(whole, f"{session_id}.") or (whole != name and whole == f"{session_id}.toml")
