"""Reads what is attached from the disk, and keeps pictures beside the sessions."""

from __future__ import annotations

import os
import re
import stat
import time
from contextlib import suppress
from pathlib import Path

from fmtui.core.attachments import MOST_PICTURE, MOST_TEXT, Attachment, attachment, digest_of
from fmtui.core.errors import StorageError, UsageError
from fmtui.core.record import NamedTuple
from fmtui.core.session_disk import Disk, make_folder, storage_error
from fmtui.core.text import one_line

MOST_NAMES = 50_000
"""Names of one folder that are offered."""
_DAY_S = 86_400
_NAME = re.compile(r"[0-9a-f]{16}")
_NAMED = re.compile(rb"#([0-9a-f]{16})")


class Name(NamedTuple):
    """One entry of a folder."""

    name: str
    is_folder: bool


def read_file(written: str, base: Path) -> Attachment:
    """Return a file as what is attached of it; nothing but a plain file is read.

    Args:
        written: its path as the user wrote it, `~` included.
        base: the folder that it is relative to.

    Raises:
        UsageError: in one sentence, why it cannot be attached.
    """
    shown = one_line(written, 200)
    try:
        path = base / Path(written).expanduser()
        # A pipe would wait for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UsageError(f"There is no file {shown}.", "") from None
    except (OSError, ValueError, RuntimeError) as error:  # a null character, no such user
        raise UsageError(f"{shown} cannot be read: {_reason(error)}.", "") from error
    try:
        about = os.fstat(descriptor)
        if stat.S_ISDIR(about.st_mode):
            raise UsageError(f"{shown} is a folder; attach the files in it.", "")
        if not stat.S_ISREG(about.st_mode):
            raise UsageError(f"{shown} is no file but a device or a pipe.", "")
        most = max(MOST_TEXT, MOST_PICTURE) + 1
        with os.fdopen(os.dup(descriptor), "rb") as file:
            return attachment(written, file.read(most), about.st_size)
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {_reason(error)}.", "") from error
    finally:
        os.close(descriptor)


def names_in(folder: str) -> list[Name]:
    """Return what is in a folder as a user writes it, folders first; nothing where it cannot be read."""
    found: list[Name] = []
    try:
        with os.scandir(Path(folder).expanduser()) as entries:
            for entry in entries:
                try:
                    found.append(Name(entry.name, entry.is_dir()))
                except OSError:
                    continue
                if len(found) >= MOST_NAMES:
                    break
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no such user
        return []
    return sorted(found, key=lambda name: (not name.is_folder, name.name.casefold()))


class PictureFolder:
    """The pictures that were attached to prompts, each once, under the digest of its content.

    Args:
        sessions: the folder of the sessions; the pictures are in a folder in it.
        disk: what writes; a test passes one that fails.
    """

    def __init__(self, sessions: Path, disk: Disk | None = None) -> None:
        self._folder = sessions / "attachments"
        self._disk = disk or Disk()

    def keep(self, file: Attachment) -> None:
        """Keep the picture of an attachment, if it is one.

        Raises:
            StorageError: the disk refused.
        """
        path = self._folder / file.digest
        if not file.picture:
            return
        if self.fetch(file.digest) is not None:
            with suppress(OSError):  # what nothing names yet is told by its age
                os.utime(path)
            return
        try:
            make_folder(self._folder.parent)
            make_folder(self._folder)
            self._disk.replace(path, file.picture)
        except OSError as error:
            raise _unkept(error, self._folder) from error

    def fetch(self, digest: str) -> bytes | None:
        """Return the picture that is kept under a digest; None where there is none, or another."""
        try:
            data, _ = self._disk.read(self._folder / digest)
        except (OSError, ValueError):
            return None
        return data if digest_of(data) == digest else None

    def remove_unnamed(self) -> None:
        """Remove the pictures that no file beside them names: no session, draft or deleted session.

        One that was attached less than a day ago stays, as its prompt may not be on the disk yet.

        Raises:
            OSError: a file cannot be read, or a picture not be removed.
        """
        before = time.time() - _DAY_S
        try:
            unnamed = {
                path.name
                for path in self._folder.iterdir()
                if _NAME.fullmatch(path.name) and _changed(path) < before
            }
        except FileNotFoundError:
            return
        for parent, folders, names in os.walk(self._folder.parent, onerror=_raised):
            folders[:] = [name for name in folders if Path(parent, name) != self._folder]
            for path in (Path(parent, name) for name in names) if unnamed else ():
                if path.is_file():
                    unnamed -= {found.decode() for found in _NAMED.findall(path.read_bytes())}
        for name in unnamed:
            (self._folder / name).unlink(missing_ok=True)


def _raised(error: OSError) -> None:
    """Raise what a walk would pass over: in a folder that cannot be read any picture may be named."""
    raise error


def _changed(path: Path) -> float:
    """Return when a file was changed last."""
    return path.stat().st_mtime


def _unkept(error: OSError, folder: Path) -> StorageError:
    return storage_error(error, folder, "keep the picture")


def _reason(error: Exception) -> str:
    return one_line(getattr(error, "strerror", None) or str(error) or "unknown reason")
