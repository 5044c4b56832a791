"""A disk that counts, for tests of how much of a session is read at a time."""

from __future__ import annotations

from pathlib import Path

from fmtui.core.session_disk import Disk, FileState


class CountingDisk(Disk):
    """A disk that remembers how much was read at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def read(self, path: Path, start: int = 0, end: int | None = None) -> tuple[bytes, FileState]:
        """Read."""
        data, state = super().read(path, start, end)
        self.sizes.append(len(data))
        return data, state
