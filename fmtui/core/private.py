"""Who else can read or change a file, and the command that mends it."""

from __future__ import annotations

import os
import shlex
import stat as modes
from pathlib import Path

OTHERS = 0o077
"""The bits of a mode that let in anybody but the owner."""


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
    return f"chmod 600 {shlex.quote(name)}"


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
            return f"chmod go-w {shlex.quote(str(place))}"
        if stat.st_uid not in (0, os.geteuid()) and os.geteuid() != 0 and not sticky:
            return f"sudo chown {os.geteuid()} {shlex.quote(str(place))}"
    return ""
