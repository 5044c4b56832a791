"""The unsent prompt of a session, in a file of its own."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from fmtui.core.session_disk import Disk, make_folder


def draft_path(folder: Path, session_id: str) -> Path:
    """Return where the unsent prompt of a session is, in the folder of sessions."""
    return folder / "drafts" / f"{session_id}.txt"


class DraftFile:
    """One unsent prompt, remembered so that it can be written anew. Safe to use from any thread."""

    def __init__(self, folder: Path, session_id: str, disk: Disk) -> None:
        self._folder = folder
        self._path = draft_path(folder, session_id)
        self._disk = disk
        self._lock = threading.Lock()
        self._text = ""
        """What was read or written last; empty when there is nothing to lose."""
        self._written = True

    def read(self) -> str:
        """Return the prompt that was kept, empty when there is none or it cannot be read."""
        with self._lock:
            try:
                data, _ = self._disk.read(self._path)
            except (OSError, ValueError):
                return ""
            self._text = data.decode(errors="replace")
            return self._text

    def write(self, text: str) -> None:
        """Keep the prompt, or remove what was kept when it is empty.

        Raises:
            OSError: the disk refused.
        """
        with self._lock:
            self._text, self._written = text, False
            if text:
                self._write()
            else:
                self._path.unlink(missing_ok=True)
            self._written = True

    def bring_back(self) -> None:
        """Write the prompt if the disk did not take it or its file was removed, as far as that works."""
        with self._lock, suppress(OSError):
            if self._text and not (self._written and os.path.lexists(self._path)):
                self._write()
                self._written = True

    def _write(self) -> None:
        make_folder(self._folder)
        make_folder(self._path.parent)
        self._disk.replace(self._path, self._text.encode(errors="replace"))
