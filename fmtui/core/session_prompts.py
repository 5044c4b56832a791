"""The prompts of all sessions, newest first, for whoever wants one of them again.

Read from the session files when they are asked for: nothing is kept besides them, so that a
prompt is gone from here with its session, and no window has to wait for another.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from fmtui.core.record import NamedTuple
from fmtui.core.session_disk import Disk
from fmtui.core.session_file import BrokenError, turn_from, turn_tables

MOST_PROMPTS = 1000
TAIL_BYTES = 1_000_000
"""Of a longer file only so much is read, from its end."""
MOST_BYTES = 32_000_000
"""Read in all, the newest files first."""

_HEADER = b"[[turns]]\n"
_FROM_USER = b'\nrole = "user"\n'


class _Said(NamedTuple):
    at: datetime
    text: str


class SessionPrompts:
    """The prompts in the session files of one folder. Safe to use from any thread.

    Args:
        folder: where the sessions are.
        disk: what reads them.
    """

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._folder = folder
        self._disk = disk or Disk()
        self._lock = threading.Lock()
        self._read: dict[str, tuple[tuple[int, int], list[_Said]]] = {}
        """By name of the file: time of its last change and size, and what was said in it then."""

    def newest(self, *, ending: str = ".toml") -> list[str]:
        """Return the prompts, newest first, each once; none when the folder cannot be read."""
        with self._lock:
            said = self._gathered(ending)
        said.sort(key=lambda each: each.at, reverse=True)
        return list(dict.fromkeys(each.text for each in said))[:MOST_PROMPTS]

    def _gathered(self, ending: str) -> list[_Said]:
        files: list[tuple[int, int, str]] = []
        with suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(ending) and entry.name[0] != ".":
                    with suppress(OSError):
                        stat = entry.stat()
                        files.append((stat.st_mtime_ns, stat.st_size, entry.name))
        files.sort(reverse=True)
        known, self._read = self._read, {}
        gathered: list[_Said] = []
        room = MOST_BYTES
        for changed, size, name in files:
            if len(gathered) >= MOST_PROMPTS or room <= 0:
                break
            state = changed, size
            held = known.get(name)
            said = held[1] if held is not None and held[0] == state else self._of_file(name, size)
            self._read[name] = state, said
            gathered += said
            room -= min(size, TAIL_BYTES)
        return gathered

    def _of_file(self, name: str, size: int) -> list[_Said]:
        start = max(0, size - TAIL_BYTES)
        try:
            data, _ = self._disk.read(self._folder / name, start)
        except OSError:
            return []
        # The first piece is the head of the file, or the end of a turn that began before it.
        _, *blocks = (b"\n" + data).split(b"\n" + _HEADER)
        found: list[_Said] = []
        for block in blocks:
            if _FROM_USER in block[: block.find(b'\ntext = """') + 1]:
                with suppress(BrokenError, IndexError):
                    turn = turn_from(turn_tables(_HEADER + block)[0], "", "")
                    if turn.role == "user" and turn.text.strip():
                        found.append(_Said(turn.created, turn.text.rstrip("\n")))
        return found[-MOST_PROMPTS:]
