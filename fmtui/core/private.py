"""Who else can read or change a file, and what mends it."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Iterable, Iterator
from pathlib import Path

from fmtui.core.errors import StorageError

OTHERS = 0o077
"""The bits of a mode that let in anybody but the owner."""

_SAFE = "/._-"
"""Signs besides letters and digits that a shell takes as they are."""


def exposure(stat: os.stat_result) -> int:
    """Return the bits of a mode that let others in, 0 when nobody else can read, write or enter it."""
    return stat.st_mode & OTHERS if os.name == "posix" else 0


def exposed_key(stat: os.stat_result, name: str) -> str:
    """Return the command that hides a file with a key from others, empty when there is no need for one.

    What another user owns is that user's affair, and so is what the system itself mounts below
    `/run`, as containers have their secrets: neither can be mended here. A pipe has no mode to mend.
    """
    mounted = name.startswith(("/run/", "/var/run/"))
    if mounted or not exposure(stat) or not modes.S_ISREG(stat.st_mode) or stat.st_uid != os.geteuid():
        return ""
    return f"chmod 600 {_quoted(name)}"


def changeable(path: Path) -> str:
    """Return the command that keeps others from changing a file, empty when nobody else can.

    Who can change a configuration chooses where a key is sent. The folders of the file and of
    what it may be a link to count, since a file in a folder can be replaced. Root may change
    everything anyway, and a group of the same number as its user is that user's own.
    """
    if os.name != "posix":
        return ""
    for place in dict.fromkeys((path.resolve(), path.resolve().parent, path.absolute().parent)):
        try:
            stat = place.stat()
        except OSError:
            continue
        sticky = modes.S_ISDIR(stat.st_mode) and stat.st_mode & modes.S_ISVTX
        wide = stat.st_mode & (modes.S_IWOTH if stat.st_gid == stat.st_uid else modes.S_IWOTH | modes.S_IWGRP)
        if wide and not sticky:
            return f"chmod go-w {_quoted(str(place))}"
        if stat.st_uid not in (0, os.geteuid()) and os.geteuid() != 0 and not sticky:
            return f"sudo chown {os.geteuid()} {_quoted(str(place))}"
    return ""


def close_to_others(folders: Iterable[Path], *, files: bool) -> list[StorageError]:
    """Take away what others may do with folders of our own, and return what could not be closed.

    Args:
        folders: those that exist are looked at.
        files: whether to look at the files in them too.
    """
    return [problem for folder in folders for problem in _closed(folder, files=files)]


def _closed(folder: Path, *, files: bool) -> Iterator[StorageError]:
    """Yield one problem for a folder that cannot be closed, or whose files cannot."""
    if os.name != "posix":
        return
    try:
        open_still = _close(folder, folder.stat())
        if files:
            with os.scandir(folder) as entries:
                for entry in entries:
                    # A link is not followed: what it leads to is not ours to close.
                    stat = entry.stat(follow_symlinks=False)
                    open_still = (not entry.is_symlink() and _close(Path(entry.path), stat)) or open_still
    except OSError:  # there is none, or it cannot be read: who uses it says so
        return
    if open_still:
        yield StorageError(
            f"Other users can get at what is in {folder}, and fmtui may not change that.",
            f"Run: sudo chown -R {os.geteuid()} {_quoted(str(folder))} "
            f"&& chmod -R go= {_quoted(str(folder))}",
        )


def _close(path: Path, stat: os.stat_result) -> bool:
    """Take away the modes of others; return whether they are there still."""
    if not exposure(stat):
        return False
    try:
        path.chmod(modes.S_IMODE(stat.st_mode) & ~OTHERS)
    except OSError:
        return True
    return False


def _quoted(name: str) -> str:
    """Return a name as it has to be typed in a shell."""
    if name and name.isascii() and all(letter.isalnum() or letter in _SAFE for letter in name):
        return name
    import shlex  # noqa: PLC0415 - most names need no quotes

    return shlex.quote(name)
