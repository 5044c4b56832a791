"""Files that are kept open, because their bytes outlive their names.

Whoever removes the folder of sessions takes the names away. What a window has open can
still be read then, to the last byte, and is written anew under the old name.
"""

from __future__ import annotations

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path

from fmtui.core.session_disk import Disk, FileState, make_folder, read_part


class HeldFile:
    """One file that is kept open, or none. Every method may be called from any thread.

    Args:
        path: its name.
        disk: how it is opened and written.
    """

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk
        self._descriptor = -1
        self._file: tuple[int, int] | None = None
        """Device and inode of what is open."""
        # A number that was closed may be another file's by the time it is read.
        self._lock = threading.RLock()

    @property
    def exists(self) -> bool:
        """Whether a file is kept open."""
        return self._file is not None

    def hold(self, state: FileState) -> None:
        """Keep the file open that was seen in this state; nothing is held when it cannot be."""
        with self._lock:
            if self._file == state[:2]:
                return
            self.drop()
            with suppress(OSError):  # too many open files, for instance: then it is as safe as any file
                self._descriptor = self._disk.open(self._path, os.O_RDONLY)
                found = FileState.of(os.fstat(self._descriptor))
                if found[:2] == state[:2]:
                    self._file = found[:2]
                else:
                    self.drop()

    def drop(self) -> None:
        """Let go of the file; twice does no harm."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor, self._file = -1, None

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Return the bytes from `start` up to `end` (or all), whatever became of the name.

        Raises:
            OSError: nothing is held, or it cannot be read.
        """
        with self._lock:
            if self._file is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._path))
            return read_part(self._descriptor, start, end)[0]

    def bring_back(self, *, moved: bool) -> bool:
        """Write the file anew if its name is gone; return whether that was so.

        Args:
            moved: also if it only has another name now, as after a move.

        Raises:
            OSError: the disk refused, or it cannot be read.
        """
        with self._lock:
            if self._file is None or os.path.lexists(self._path):
                return False
            if not moved and os.fstat(self._descriptor).st_nlink:
                return False
            data = self.read()
        make_folder(self._path.parent)
        self._disk.replace(self._path, data)
        return True

    def __del__(self) -> None:
        self.drop()
