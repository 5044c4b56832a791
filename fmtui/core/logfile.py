"""The log: one file for what happened, never on the screen.

It holds no prompt, no answer and no key: what is logged is written by fmtui itself, and
tracebacks come without local variables. Windows share it: lines are appended whole, and
the file that has grown large is put aside by whoever finds it so.
"""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path
from typing import Literal, TypeAlias

from fmtui.core.keyless import KeylessFormatter
from fmtui.core.session_disk import make_folder
from fmtui.core.text import printable

MAX_BYTES = 1_000_000
"""A larger file is put aside, and a new one begun."""
KEPT = 2
"""Files that are kept beside it, `fmtui.log.1` the latest."""

Level: TypeAlias = Literal["debug", "info", "warning"]


class LogFile(logging.Handler):
    """Appends to a file that its owner alone can read; whatever the disk refuses costs only the log.

    Args:
        path: the file; it is made with the first line.
        max_bytes: bytes after which it is put aside.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        super().__init__()
        self._path = path
        self._max_bytes = max_bytes
        self._file = -1

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as one line; what follows of it, as a traceback, is indented."""
        try:
            text = printable(self.format(record)).replace("\n", "\n    ")
            self._open()
            os.write(self._file, f"{text}\n".encode("utf-8", "backslashreplace"))
        except OSError:
            self._close()
        except Exception:  # noqa: BLE001 - the standard library's rule: a log never stops the program
            self.handleError(record)

    def close(self) -> None:
        """Close the file."""
        self._close()
        super().close()

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> None:
        """Have the file open that is at the path, unless it is too large: then put it aside first."""
        if self._file >= 0 and not self._is_there():
            self._close()
        if self._file < 0:
            make_folder(self._path.parent)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.open(self._path, flags, 0o600)
            os.fchmod(self._file, 0o600)
        if os.fstat(self._file).st_size > self._max_bytes:
            self._turn()

    def _is_there(self) -> bool:
        try:
            there, ours = self._path.stat(follow_symlinks=False), os.fstat(self._file)
        except FileNotFoundError:
            return False
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def _turn(self) -> None:
        """Put the file aside, unless another window does it now, and begin a new one."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if self._is_there():
            for number in range(KEPT, 0, -1):
                older = self._path if number == 1 else self._beside(number - 1)
                if older.exists():
                    older.replace(self._beside(number))
        self._close()  # with the lock
        self._open()

    def _beside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def log_to(path: Path, level: Level = "info") -> None:
    """Write what fmtui does to a file from now on; a disk that refuses costs only the log."""
    handler = LogFile(path)
    handler.setFormatter(
        KeylessFormatter("%(asctime)s.%(msecs)03d %(levelname)s %(process)d %(message)s", "%Y-%m-%dT%H:%M:%S")
    )
    logger = logging.getLogger("fmtui")
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    logger.propagate = False
    logging.raiseExceptions = False  # or a full disk would print a traceback over the screen


def tail(path: Path, most: int = MAX_BYTES) -> list[str]:
    """Return the latest lines of the log, oldest first; none where none can be read.

    Args:
        path: the log; what was put aside last is read, too, as far as there is room.
        most: bytes that are read at most.
    """
    text = b""
    for name in (path, path.with_name(f"{path.name}.1")):
        try:
            with name.open("rb") as stream:
                start = max(0, stream.seek(0, os.SEEK_END) - (most - len(text)))
                stream.seek(start)
                found = stream.read(most - len(text))
        except OSError:
            continue
        text = (found.partition(b"\n")[2] if start else found) + text
    return text.decode("utf-8", "replace").rstrip("\n").split("\n") if text else []
