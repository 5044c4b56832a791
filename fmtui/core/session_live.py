"""The file of a running reply: what has come so far, should the program not live to its end.

`<session>.<turn>.live` is TOML too: the reply as a turn without text, then one `[[more]]`
for each checkpoint. It only grows; its reader takes what is whole and waits for the rest.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from fmtui.core import session_toml as toml
from fmtui.core.chat import Turn
from fmtui.core.session_disk import ChangedError, Disk, FileState, sync_folder
from fmtui.core.session_file import EPOCH, BrokenError, block, tables, turn_from, turn_tables
from fmtui.core.session_held import HeldFile
from fmtui.core.text import encoded, normalised

SUFFIX = ".live"
_MORE = b"\n[[more]]\n"


def is_live_of(name: str, stem: str) -> bool:
    """Return whether a file is of a running reply of one session.

    Args:
        name: the name of the file.
        stem: the session's id and a dot. Another session's id may begin so, too.
    """
    return name.endswith(SUFFIX) and name.startswith(stem) and "." not in name[len(stem) : -len(SUFFIX)]


class LiveWriter:
    """Writes the checkpoints of one reply. Not thread-safe: its session sees to that."""

    def __init__(self, path: Path, head: Turn) -> None:
        self.path = path
        self._head = head
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._state: FileState | None = None
        """The file as it was left; None before it was begun."""
        self._held: HeldFile | None = None

    def add(self, text: str, reasoning: str) -> None:
        """Take in what came since the last time."""
        self._text.append(text)
        self._reasoning.append(reasoning)

    def write(self, disk: Disk) -> None:
        """Put what is not yet written on the disk; it stays waiting when that fails.

        Raises:
            OSError: as the system says.
        """
        parts, thoughts = len(self._text), len(self._reasoning)
        text, reasoning = "".join(self._text), "".join(self._reasoning)
        if not text and not reasoning:
            return
        rows = f"reasoning = {toml.lines(reasoning)}\n" if reasoning else ""
        data = _MORE + encoded(f"{rows}text = {toml.lines(text)}\n")
        if self._state is None or self._held is None:
            self._state = disk.append(self.path, block(self._head)[1:] + data, None)
            sync_folder(self.path.parent)
            self._held = HeldFile(self.path, disk)
        else:
            try:
                self._state = disk.append(self.path, data, self._state)
            except (ChangedError, FileNotFoundError):
                # Removed, or the disk took half of a piece and did not let that be cut off again.
                before = self._held.read(0, self._state.size)
                self._state = disk.replace(self.path, before + data)
        self._held.hold(self._state)
        # Another thread may have added some meanwhile.
        del self._text[:parts], self._reasoning[:thoughts]

    def remove(self) -> None:
        """Drop the file: the reply is kept elsewhere, or nothing came of it."""
        with suppress(OSError):
            self.path.unlink()
        if self._held is not None:
            self._held.drop()


class LiveReader:
    """Reads such a file, again and again while it grows, only what is new each time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.head: Turn | None = None
        self.end = 0
        """Bytes that were understood."""
        self.size = 0
        """Bytes that were there."""
        self._text: list[str] = []
        self._reasoning: list[str] = []

    def read(self, disk: Disk) -> bool:
        """Take in what was added; return whether that was anything.

        Raises:
            OSError: as the system says; `FileNotFoundError` when the reply has ended.
        """
        data, state = disk.read(self.path, self.end)
        self.size = state.size
        before = self.end
        pieces = _pieces(data)
        for number, piece in enumerate(pieces, 1):
            try:
                self.end += self._take(piece)
            except BrokenError:
                if number == len(pieces) or self.head is None:
                    break  # still being written, or cut by a crash
                self.end += len(piece)
        return self.end > before

    def _take(self, piece: bytes) -> int:
        """Take in one piece and return how many bytes of it were understood."""
        # Behind the last text there may be the beginning of the next piece's header.
        whole = piece[: piece.rfind(b'"""\n') + 4]
        if not whole.endswith(b"\n"):
            raise BrokenError("cut")
        if self.head is None:
            table = turn_tables(whole)[0]
            turn_id, parent = table.get("id"), table.get("parent", "")
            if not isinstance(turn_id, str) or not isinstance(parent, str) or "text" not in table:
                raise BrokenError("not a running reply")
            self.head = turn_from(table, turn_id, parent)
            return len(whole)
        more = tables(whole).get("more")
        for table in more if isinstance(more, list) else []:
            if not isinstance(table, dict) or not isinstance(table.get("text"), str):
                raise BrokenError("no text")
            self._text.append(table["text"])
            thought = table.get("reasoning")
            self._reasoning.append(thought if isinstance(thought, str) else "")
        return len(whole)

    def turn(self, *, running: bool) -> Turn | None:
        """Return what has come so far as a turn, None before anything has.

        Args:
            running: whether its writer lives; such a turn has no outcome yet.
        """
        if self.head is None or not (self._text or self._reasoning):
            return None
        return replace(
            self.head,
            text=normalised("".join(self._text)),
            reasoning=normalised("".join(self._reasoning)),
            outcome=None if running else "interrupted",
        )


class LiveFiles:
    """Every `.live` file of one session: those that it writes, and those that it reads.

    Not thread-safe: the session holds its disk lock around every call but `add`.
    """

    def __init__(self, session_file: Path, disk: Disk) -> None:
        self._folder = session_file.parent
        self._stem = f"{session_file.stem}."
        self._disk = disk
        self._writers: dict[str, LiveWriter] = {}
        self._readers: dict[Path, LiveReader] = {}

    def add(self, head: Turn, text: str, reasoning: str) -> None:
        """Take in what came of a reply since the last time; memory only."""
        writer = self._writers.get(head.id)
        if writer is None:
            # Ids of hand-written turns may hold anything, which a file's name may not.
            name = "".join(letter if letter.isalnum() else "_" for letter in head.id)[:60]
            path = self._folder / f"{self._stem}{name}{SUFFIX}"
            writer = self._writers[head.id] = LiveWriter(path, head)
        writer.add(text, reasoning)

    def write(self, turn_id: str) -> None:
        """Put on the disk what came of this reply; raises `OSError` as the system says."""
        writer = self._writers.get(turn_id)
        if writer is not None:
            writer.write(self._disk)

    def drop(self, turn_id: str) -> None:
        """Remove the file of a reply that is kept elsewhere, or of which nothing came."""
        writer = self._writers.pop(turn_id, None)
        if writer is not None:
            writer.remove()

    def left(self) -> list[LiveReader]:
        """Return what crashed replies left, oldest first; raises `OSError` as the system says."""
        readers = [LiveReader(path) for path in self._paths()]
        for reader in readers:
            reader.read(self._disk)
        return sorted(readers, key=lambda reader: EPOCH if reader.head is None else reader.head.created)

    def adopt(self, reader: LiveReader, turn: Turn) -> None:
        """Treat a file that was left like one of our own: `drop` removes it."""
        self._writers[turn.id] = LiveWriter(reader.path, turn)

    def follow(self) -> bool:
        """Read what is new in files that another window writes; return whether that was anything."""
        paths = self._paths()
        gone = set(self._readers).difference(paths)
        for path in gone:
            del self._readers[path]
        changed = bool(gone)
        for path in paths:
            reader = self._readers.setdefault(path, LiveReader(path))
            with suppress(FileNotFoundError):
                changed = reader.read(self._disk) or changed
        return changed

    def turns(self, *, running: bool) -> list[Turn]:
        """Return what `follow` has read as turns."""
        turns = (reader.turn(running=running) for reader in self._readers.values())
        return [turn for turn in turns if turn is not None]

    def _paths(self) -> list[Path]:
        # Names alone: an object for each of 10,000 files would take longer than the listing.
        names = os.listdir(self._folder)  # noqa: PTH208
        return [self._folder / name for name in sorted(names) if is_live_of(name, self._stem)]


def _pieces(data: bytes) -> list[bytes]:
    """Cut before each `[[more]]`, the line break before it going with what follows."""
    starts = [0]
    at = data.find(_MORE, 1)
    while at >= 0:
        starts.append(at)
        at = data.find(_MORE, at + len(_MORE))
    return [
        data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True) if end > start
    ]
