"""One open session: every turn that was kept can be read, and no failing disk ends a conversation.

Memory first: a turn is taken in before it is written, and one that the disk refuses is
written with the next that it takes. Two locks: `_disk_use` is held while the disk works,
which may take long, `_lock` while memory is touched, which never does. They are taken in
this order only, and reading a turn needs the second alone.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from fmtui.core.chat import Turn
from fmtui.core.errors import SessionLockedError, StorageError
from fmtui.core.session_disk import Disk, Lock, make_folder, put_aside, storage_error
from fmtui.core.session_draft import Drafts
from fmtui.core.session_live import LiveReader
from fmtui.core.session_marking import SessionMarker
from fmtui.core.text import one_line

TITLE_LENGTH = 60
_FILE = "\n\nAttached file `"
"""Begins what `fmtui.core.attachments` says of a file at the end of a prompt; no title needs it."""


class Session(SessionMarker):
    """One open session. Every method may be called from any thread."""

    def __init__(self, folder: Path, session_id: str, disk: Disk) -> None:
        super().__init__(folder, session_id, disk)
        self._drafts = Drafts(folder, session_id, disk)
        self._owned: Lock | None = None
        self._deleted = False

    def verify(self, go_on: Callable[[], bool] = lambda: True) -> bool:
        """Parse the whole file, put right what the quick look at it got wrong, and mend what is damaged.

        Takes about a second for 10 MB, most of it without holding up anyone.

        Args:
            go_on: called between any two turns, may sleep; False ends it before it has seen all.

        Returns:
            False when the turns are not what they seemed, so that they should be shown anew.
        """
        right = super().verify(go_on)
        if not right:
            with self._disk_use:
                try:
                    self._write_out()
                except OSError as error:
                    self.notices.append(str(storage_error(error, self.path.parent, "mend the session")))
        return right

    # ---- writing ----

    def append(self, turn: Turn) -> None:
        """Keep a turn. Appending one of a known id only makes sure that it is written.

        Raises:
            SessionLockedError: another window writes to this session; the turn is not kept.
            StorageError: it could not be written; it is kept in memory and written as soon
                as the disk takes something again.
        """
        self._allow()
        with self._lock:
            if turn.id not in self._index:
                if turn.role == "user" and not self._file.head.title and not self._index.entries:
                    self._file.head.title = one_line(turn.text.partition(_FILE)[0], TITLE_LENGTH)
                self._index.unwritten[turn.id] = turn
        self.flush()

    def flush(self) -> None:
        """Write whatever the disk has not taken yet; raises `StorageError` when it still does not."""
        with self._on_disk():
            self._write_out()

    def checkpoint(self, head: Turn, text: str, reasoning: str) -> None:
        """Keep more of a running reply; see `fmtui.core.exchange.Keeps`."""
        self._allow()
        with self._lock:
            self._live.add(head, text, reasoning)
        with self._on_disk():
            # The prompt first: a checkpoint means nothing without its session.
            self._write_out(needed=True)
            self._live.write(head.id)

    def finish(self, turn: Turn) -> None:
        """Keep the turn that a reply became and drop its checkpoint; raises what `append` does."""
        self.append(turn)

    def abandon(self, turn_id: str) -> None:
        """Drop the checkpoint of a reply of which nothing came."""
        with self._disk_use:
            self._live.drop(turn_id)

    # ---- the unsent prompt ----

    def take_draft(self) -> str:
        """Return what windows that are gone have left unsent; what is saved next takes its place."""
        return self._drafts.take(reader=self.read_only)

    def save_draft(self, text: str) -> None:
        """Keep the unsent prompt, beside that of a window that writes; an empty one removes what was kept.

        The session need not have a file yet. Returns once the text is on the disk.

        Raises:
            StorageError: it could not be written.
        """
        if text and not self.read_only:
            # Other windows then know that someone is still typing here.
            with suppress(StorageError):
                self.own()
        try:
            self._drafts.write(text, reader=self.read_only)
        except OSError as error:
            raise storage_error(error, self.path.parent, "keep the unsent prompt") from error

    def edits(self) -> dict[str, str]:
        """Return earlier prompts as they were changed and not sent, by the ids of their turns."""
        return self._drafts.read_edits(reader=self.read_only)

    def save_edits(self, edits: Mapping[str, str]) -> None:
        """Keep earlier prompts as they were changed; one without an id here is not kept any more.

        Raises:
            StorageError: they could not be written.
        """
        if self.read_only:
            return
        try:
            self._drafts.write_edits(edits)
        except OSError as error:
            raise storage_error(error, self.path.parent, "keep the prompt that was changed") from error

    def _allow(self) -> None:
        if self._deleted:
            raise StorageError("This session is in the trash.", "Start a new session to go on.")
        if why := self._file.only_read:
            raise StorageError(why, "Update fmtui to go on with it." if self._file.is_newer else "")
        if self.read_only:
            if not self.owner:
                raise SessionLockedError("This session was opened for reading only.", "Open it again.")
            raise SessionLockedError(
                f"This session is open in another window ({self.owner}).",
                "Go on there, or close it there first.",
            )

    def _write_out(self, *, needed: bool = False) -> None:
        """Write turns that are in memory alone, and drop the checkpoints of replies that are kept now.

        What was removed under us is written anew; see `TurnFile.write_out`.
        """
        if self._deleted or (self._owned is None and not self._index.unwritten):
            return
        if self._owned is None or not self._owned.stands:
            make_folder(self.path.parent)
            if not self._take_lock():
                raise OSError(errno.EBUSY, f"{self.owner} has this session open")
        for turn_id in self._file.write_out(needed=needed):
            self._live.drop(turn_id)
        self._drafts.bring_back()

    # ---- opening and two windows ----

    def load(self, *, write: bool) -> None:
        """Read the file, take the lock, and recover what a crash left behind.

        Args:
            write: whether appending is wanted; otherwise nothing on the disk is changed.

        Raises:
            OSError: the file cannot be read.
        """
        with self._disk_use:
            self.read_only = not write
            if write:
                try:
                    self._take_lock()
                except OSError as error:
                    self.notices.append(str(storage_error(error, self.path.parent)))
            self._file.reload(quiet=bool(self.owner))
            if why := self._file.only_read:
                self.notices.append(why)
                self.read_only = True
                self._release()
            self._recover()
        self.follow()

    def own(self) -> bool:
        """Take the lock, also before there is a file; return whether this window has it now.

        A read-only window whose owner has gone becomes the one that writes.

        Raises:
            StorageError: the lock cannot be made.
        """
        if self._owned is not None:
            return True  # at once: a draft must not wait for a disk that takes its time for a turn
        with self._disk_use:
            if not self._deleted and not self._file.only_read:
                try:
                    make_folder(self.path.parent)
                    if self._take_lock():
                        with self._lock:
                            self._index.live.clear()
                        self._file.reload()
                        self._recover()
                except OSError as error:
                    raise storage_error(error, self.path.parent) from error
            return self._owned is not None

    def close(self) -> None:
        """Write what is still to be written if the disk lets that be, and let other windows write."""
        with suppress(StorageError):
            self.flush()
        with self._disk_use:
            self._release()
            self._file.close()
        self._drafts.close()

    def forget(self) -> None:
        """Refuse every further write: the file has been moved to the trash."""
        self._deleted = True

    def _take_lock(self) -> bool:
        """Take the lock, also anew where its file was removed; return whether this window has it."""
        if self._owned is None or not self._owned.stands:
            taken = Lock.take(self.path.with_name(f"{self.id}.lock"))
            self._release()
            if isinstance(taken, str):
                self.read_only, self.owner = True, taken
                return False
            self._owned = taken
            self.read_only, self.owner = False, ""
        return True

    def _release(self) -> None:
        if self._owned is not None:
            self._owned.release()
            self._owned = None

    def _recover(self) -> None:
        """Mend the file and fold in what crashed replies left; what fails waits for the next turn."""
        if self._owned is None:
            return
        with suppress(OSError):
            self._write_out()
        with suppress(OSError):
            for reader in self._live.left():
                self._fold_in(reader)

    def _fold_in(self, reader: LiveReader) -> None:
        turn = reader.turn(running=False)
        if turn is not None and turn.id not in self._index:
            with self._lock:
                self._index.unwritten[turn.id] = turn
            self._live.adopt(reader, turn)
            self.notices.append("A reply was interrupted; what had come of it was kept.")
            self._write_out()
            return
        if turn is None and reader.size > reader.end:
            aside = put_aside(reader.path, f"{reader.path}.damaged-{{}}")
            self.notices.append(f"What was left of a reply could not be read; it was saved as {aside.name}.")
        reader.path.unlink()
