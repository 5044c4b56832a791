"""The few things sessions do to a disk, each so that a crash leaves the old or the new state.

Nothing here knows what a session is. Methods of `Disk` raise `OSError` as the system
does; `storage_error` makes a sentence of it. No bytes are ever written over others: files
grow at their end or are replaced whole.
"""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from fmtui.core.errors import StorageError
from fmtui.core.record import NamedTuple
from fmtui.core.text import one_line

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT)


class FileState(NamedTuple):
    """What tells a file from the one that took its place, and from itself after others wrote to it."""

    device: int
    inode: int
    size: int

    @classmethod
    def of(cls, stat: os.stat_result) -> FileState:
        """Return the state that `os.stat` saw."""
        return cls(stat.st_dev, stat.st_ino, stat.st_size)


class ChangedError(Exception):
    """The file is not as it was left: someone else wrote to it or replaced it."""


class Disk:
    """Reads and writes files; a test passes one that fails."""

    def open(self, path: Path, flags: int) -> int:
        """Return a file descriptor; a new file is for its owner alone."""
        return os.open(path, flags | os.O_CLOEXEC, 0o600)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write some of the bytes and return how many."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Return once the bytes have reached the disk."""
        if hasattr(os, "fdatasync"):  # macOS has none
            os.fdatasync(descriptor)
        else:
            os.fsync(descriptor)

    def read(self, path: Path, start: int = 0, end: int | None = None) -> tuple[bytes, FileState]:
        """Return the bytes from `start` up to `end` (or all) and the state of the file then."""
        descriptor = self.open(path, os.O_RDONLY)
        try:
            return read_part(descriptor, start, end)
        finally:
            os.close(descriptor)

    def append(self, path: Path, data: bytes, expected: FileState | None) -> FileState:
        """Add bytes at the end of a file and return its state once they are on the disk.

        Args:
            path: the file; made when nothing is expected of it.
            data: what to add.
            expected: how the file was left; None when that does not matter.

        Raises:
            ChangedError: the file is not as expected; nothing was written.
            OSError: nothing was written, as far as the disk lets that be.
        """
        descriptor = self.open(path, os.O_WRONLY | os.O_APPEND | (0 if expected else os.O_CREAT))
        try:
            before = FileState.of(os.fstat(descriptor))
            if expected is not None and before != expected:
                raise ChangedError
            try:
                self._write_all(descriptor, data)
                self.sync(descriptor)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(descriptor, before.size)
                raise
            return before._replace(size=before.size + len(data))
        finally:
            os.close(descriptor)

    def replace(
        self, path: Path, data: bytes, *, like: Path | None = None, changed: float | None = None
    ) -> FileState:
        """Put a new file in the place of an old one at once, or make it.

        Args:
            path: the file; of a symbolic link the target is replaced.
            data: the whole content.
            like: take over the time of the last change from this file.
            changed: take this time, in seconds since 1970, for that of the last change.
        """
        path = Path(os.path.realpath(path))
        temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
        descriptor = self.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            try:
                self._write_all(descriptor, data)
                if like is not None:
                    stat = like.stat()
                    os.utime(descriptor, ns=(stat.st_atime_ns, stat.st_mtime_ns))
                if changed is not None:
                    os.utime(descriptor, (changed, changed))
                os.fsync(descriptor)
                state = FileState.of(os.fstat(descriptor))
            finally:
                os.close(descriptor)
            temporary.replace(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(path.parent)
        return state

    def _write_all(self, descriptor: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.write(descriptor, rest) :]


def read_part(descriptor: int, start: int = 0, end: int | None = None) -> tuple[bytes, FileState]:
    """Return the bytes of an open file from `start` up to `end` (or all) and its state then."""
    state = FileState.of(os.fstat(descriptor))
    wanted = (state.size if end is None else end) - start
    parts: list[bytes] = []
    while wanted > 0:
        part = os.pread(descriptor, wanted, start)
        if not part:
            break
        parts.append(part)
        start += len(part)
        wanted -= len(part)
    return b"".join(parts), state


def make_folder(folder: Path) -> None:
    """Make a folder that its owner alone may enter, as those above it that are missing; leave what exists."""
    missing: list[Path] = []
    while not folder.is_dir():  # `mkdir` would give the ones above the modes of the umask
        missing.append(folder)
        if folder.parent == folder:
            break
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Make sure that new names in a folder survive a power cut, where the system can do that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def put_aside(path: Path, pattern: str) -> Path:
    """Give the file a second name that no file has yet, so that replacing it keeps the old content.

    Args:
        path: the file.
        pattern: path of the second name with `{}` for a number.
    """
    number = 1
    while True:
        aside = Path(pattern.format(number))
        try:
            aside.hardlink_to(Path(os.path.realpath(path)))
        except FileExistsError:
            number += 1
            continue
        except OSError:  # a file system without links
            if aside.exists():
                number += 1
                continue
            shutil.copy2(path, aside)
        return aside


class Lock:
    """An advisory lock that the system drops when its process dies, however it dies."""

    NOBODY: Final = "an unknown process"

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path) -> Lock | str:
        """Return the lock, or who has it.

        Raises:
            OSError: the lock file cannot be made.
        """
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            lock = cls(path, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = os.pread(descriptor, 200, 0).decode(errors="replace")
                lock._close()
                return one_line(owner) or cls.NOBODY
            except OSError:  # a file system without locks: better unguarded than unusable
                return lock
            # The one who had it may have removed the file between our two calls.
            if lock.stands:
                lock._sign()
                return lock
            lock._close()

    @property
    def stands(self) -> bool:
        """Whether this lock still keeps others out: not when its file was removed or moved away."""
        try:
            there, ours = self._path.stat(), os.fstat(self._descriptor)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def _sign(self) -> None:
        with suppress(OSError):  # a full disk: the lock holds without a name on it
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"pid {os.getpid()} on {platform.node()}\n".encode(), 0)

    def release(self) -> None:
        """Give the lock back; twice does no harm."""
        if self._descriptor >= 0:
            if self.stands:  # another window's may have taken its place
                with suppress(OSError):
                    self._path.unlink()
            self._close()

    def _close(self) -> None:
        # Ctrl+C in between must not have it closed again, when it may be another file's.
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self._close()


def owner_of(path: Path) -> str:
    """Return which living window but this one signed a lock file; empty for none.

    Who lists does not take the lock to find out: another window could be about to.
    """
    try:
        signed = path.read_bytes()[:200].decode(errors="replace")
    except OSError:
        return ""
    found = re.fullmatch(r"pid (\d{1,10}) on (.*)\n", signed)
    if found is not None and found[2] == platform.node():
        pid = int(found[1])
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return ""
        except PermissionError:
            pass  # it lives, and is another user's
        if pid == os.getpid():
            return ""
    return one_line(signed)


def storage_error(error: OSError, folder: Path, doing: str = "write the session") -> StorageError:
    """Return the error as a sentence and a hint.

    Args:
        error: what the system said.
        folder: where the sessions are.
        doing: what failed, as in "fmtui could not ...".
    """
    reason = error.strerror or str(error) or "unknown reason"
    if doing.startswith(("read", "check")):
        return StorageError(f"fmtui could not {doing}: {reason}.", f"Look at the files in {folder}.")
    if error.errno in _FULL:
        return StorageError(
            f"The disk is full, so fmtui could not {doing}.",
            "Everything stays in memory; free some space and it is written with the next turn.",
        )
    if error.errno in _FORBIDDEN:
        return StorageError(
            f"fmtui could not {doing} in {folder}: {reason}.",
            "Everything stays in memory. Make the folder writable, or choose another with --data-dir or "
            "FMTUI_DATA_DIR.",
        )
    return StorageError(
        f"fmtui could not {doing}: {reason}.",
        "Everything stays in memory; it is written as soon as the disk works.",
    )
