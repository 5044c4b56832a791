"""Puts a session that came from elsewhere into the folder: whole, and never over another."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from fmtui.core.session_disk import Disk, make_folder, storage_error


def add(folder: Path, session_id: str, data: bytes, changed: datetime, *, disk: Disk | None = None) -> bool:
    """Write the file of a session; return False when there is one of this id.

    Args:
        folder: where the sessions are; made when it is missing.
        session_id: a name of a file without its ending, which the data says too.
        data: the whole file.
        changed: when it was changed last, by which lists are sorted.
        disk: what writes; a test passes one that fails.

    Raises:
        StorageError: it cannot be written; nothing is left of it.
    """
    path = folder / f"{session_id}.toml"
    if os.path.lexists(path):
        return False
    try:
        make_folder(folder)
        (disk or Disk()).replace(path, data, changed=changed.timestamp())
    except OSError as error:
        raise storage_error(error, folder, "write the session") from error
    return True
