"""One session file on the disk and the index of it: added to at its end, mended, read again.

Whoever calls a method that reads or writes the file holds the session's disk lock; the
index is touched under `lock` alone, for moments. Nothing is ever thrown away here: a
damaged file keeps a name of its own before a mended one takes its place.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from fmtui.core.chat import Turn
from fmtui.core.session_disk import ChangedError, Disk, FileState, make_folder, put_aside
from fmtui.core.session_file import EPOCH, BrokenError, block, turn_from, turn_tables
from fmtui.core.session_head import FORMAT, Head, HeadKey, head_bytes, rewritten
from fmtui.core.session_held import HeldFile
from fmtui.core.session_index import Index
from fmtui.core.session_scan import BOM, Entry, holds, scan, scan_added

THOROUGH_BYTES = 64_000
"""Files up to this size are parsed whole when opened, which takes a few milliseconds."""
PIECE_BYTES = 256_000
"""How much of the file is in memory at once, apart from longer turns, while it is checked or sent."""
ATTEMPTS = 5
"""How often to begin again when someone changes the file while it is being written."""


class TurnFile:
    """The file of one session."""

    def __init__(self, path: Path, session_id: str, disk: Disk) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.index = Index()
        self.head = Head(session_id, created=datetime.now(UTC).replace(microsecond=0))
        self.notices: list[str] = []
        self._disk = disk
        self._held = HeldFile(path, disk)
        self._state: FileState | None = None
        self._first = 0
        """Where the head ends."""
        self._end = 0
        """Where the last turn that could be read ends."""
        self.parsed_whole = False
        """Whether every turn was parsed when the file was read last."""
        self._mended: list[bytes] = []
        """The pieces of the file as it should be; empty when it is."""
        self._is_foreign = False
        """Whether it is a link to a file in which there is nothing of a session."""

    @property
    def exists(self) -> bool:
        """Whether the file was there when it was last looked at."""
        return self._state is not None

    @property
    def only_read(self) -> str:
        """Why the file must not be added to; empty where it may."""
        if self.is_newer:
            return "A newer fmtui wrote this session; it can only be read here."
        return "The file behind this link is no session; it is left as it is." if self._is_foreign else ""

    @property
    def is_newer(self) -> bool:
        """Whether a later format than ours wrote it, which must not be added to."""
        return self.head.format > FORMAT

    # ---- reading ----

    def parsed(self, entry: Entry) -> Turn | None:
        """Return the turn at this place of the file, None when it is not there.

        Raises:
            OSError: the file cannot be read.
        """
        data = self.piece(entry.start, entry.end)
        try:
            table = turn_tables(data.removeprefix(BOM))[entry.nth]
        except (BrokenError, IndexError):
            return None
        if table.get("id", entry.id) != entry.id and table["id"]:
            return None
        return turn_from(table, entry.id, entry.parent)

    def piece(self, start: int, end: int) -> bytes:
        """Return a part of the file, also while it has lost its name.

        Raises:
            OSError: the file cannot be read.
        """
        try:
            return self._disk.read(self.path, start, end)[0]
        except (FileNotFoundError, NotADirectoryError):
            return self._held.read(start, end)

    def reload(self, *, thorough: bool = False, quiet: bool = False) -> None:
        """Read the file again; turns that are not written yet stay.

        Args:
            thorough: parse every turn, also in a long file.
            quiet: say nothing about damage: another window may just be writing.

        Raises:
            OSError: the file cannot be read.
        """
        try:
            data, state = self._disk.read(self.path)
        except FileNotFoundError:
            if self.exists and self._held.exists:
                return  # removed under us: what is held is written anew with the next turn
            with self.lock:
                self._state, self._end = None, 0
                self.index.load([])
            return
        thorough = thorough or len(data) <= THOROUGH_BYTES
        found = scan(data, self.head.id, thorough=thorough)
        with self.lock:
            self.parsed_whole = thorough
            found.head.title = found.head.title or self.head.title
            if found.head.created == EPOCH:
                found.head.created = self.head.created
            self.head = found.head
            self.index.mark(self.head)
            self._state, self._first, self._end = state, found.first, found.end
            self.index.load(found.entries)
        self._held.hold(state)
        self._mended = found.mended
        # To mend or mark it would be to write into a file of something else, wherever that is.
        self._is_foreign = not found.entries and bool(data.strip()) and self.path.is_symlink()
        if found.trouble and not quiet:
            count = len(found.entries)
            self.notices.append(f"{found.trouble} {count} turn{'' if count == 1 else 's'} could be read.")

    def agrees(self, go_on: Callable[[], bool] = lambda: True) -> bool:
        """Parse the file turn by turn, holding nothing up, and return whether the index is right.

        Args:
            go_on: called between any two turns, may sleep; what is left unseen counts as right
                once it says no.

        Raises:
            OSError: the file cannot be read.
        """
        while True:
            with self.lock:
                state, whole = self._state, not self._mended
                entries, first = list(self.index.entries), self._first
            right = (
                state is not None
                and whole
                and _holds(partial(self._disk.read, self.path), self.head.id, state, first, entries, go_on)
            )
            with self.lock:
                # Another may have taken its place because this window wrote it anew.
                if right or self._state is None or state is None or self._state[:2] == state[:2]:
                    return right

    def take_added(self) -> bool:
        """Read what another window added; return whether that was anything.

        Raises:
            OSError: the file cannot be read.
        """
        stat = self.path.stat()
        state = FileState.of(stat)
        if state == self._state:
            return False
        if self._state is None or state[:2] != self._state[:2] or state.size < self._end:
            self.reload(quiet=True)
            return True
        data, state = self._disk.read(self.path, self._end)
        with self.lock:
            entries, end = scan_added(data, self._end, self.index.entries)
            self.index.extend(entries)
            self._state, self._end = state, max(end, self._end)
        return bool(entries)

    # ---- writing ----

    def write_out(self, *, needed: bool = False) -> list[str]:
        """Mend the file where it is damaged, write what is in memory alone, return the ids of those turns.

        One that was removed is written anew with all that it held.

        Args:
            needed: whether the file has to be there although nothing is written to it: then
                one that was only moved away is written anew too, as it is for a turn.

        Raises:
            OSError: the disk refused; every turn is still here.
        """
        for _ in range(ATTEMPTS):
            with self.lock:
                waiting = list(self.index.unwritten.values())
            try:
                if self._held.bring_back(moved=needed or bool(waiting)):
                    self.notices.append("The file of this session was removed; it was written anew.")
                    self.reload()
                if self._mended:
                    self._mend()
                if waiting:
                    self._add(waiting)
            except (ChangedError, FileNotFoundError):
                self.reload()  # someone edited, replaced or removed it
                continue
            return [turn.id for turn in waiting]
        raise OSError(errno.EBUSY, "another program keeps changing the file")

    def _add(self, turns: list[Turn]) -> None:
        blocks = [block(turn) for turn in turns]
        if self._state is None or not self.index.entries:
            self._unchanged()
            make_folder(self.path.parent)
            before = head_bytes(self.head)
            state = self._disk.replace(self.path, b"".join([before, *blocks]))
            self._first = at = len(before)
        else:
            at = self._state.size
            state = self._disk.append(self.path, b"".join(blocks), self._state)
        entries: list[Entry] = []
        for turn, data in zip(turns, blocks, strict=True):
            entries.append(Entry(turn.id, turn.parent, at + 1, at + len(data), weight=len(turn.text)))
            at += len(data)
        with self.lock:
            self.index.extend(entries)
            self._state, self._end = state, at
        self._held.hold(state)

    def _mend(self) -> None:
        """Give the damaged file a name of its own and put its good part in its place."""
        self._unchanged()
        aside = put_aside(self.path, f"{self.path}.damaged-{{}}")
        self._disk.replace(self.path, b"".join(self._mended))
        self.notices.append(f"The damaged file was saved as {aside.name}.")
        self.reload()

    def rewrite_head(self, changes: Mapping[HeadKey, object]) -> None:
        """Change the head, and write the bytes that it has then.

        Raises:
            OSError: the disk refused; the changes hold in memory.
        """
        self.change(changes)
        if self._state is None:
            return
        data, state = self._disk.read(self.path)
        for _ in range(ATTEMPTS):
            if state == self._state:
                break
            self.reload()  # someone edited it: where its head ends is another place by now
            self.change(changes)
            data, state = self._disk.read(self.path)
        else:
            raise OSError(errno.EBUSY, "another program keeps changing the file")
        start = len(BOM) if data.startswith(BOM) else 0
        head = rewritten(data[start : self._first], self.head, *changes)
        self._disk.replace(self.path, head + data[self._first :], like=self.path)
        self.reload()

    def change(self, changes: Mapping[HeadKey, object]) -> None:
        """Change the head in memory alone."""
        with self.lock:
            self.head.change(changes)
            self.index.mark(self.head)

    def close(self) -> None:
        """Let go of the file; it is opened again when it is used again."""
        self._held.drop()

    def _unchanged(self) -> None:
        """Raise `ChangedError` when replacing the file would lose what someone else wrote."""
        left = self._state
        if self.path.exists() if left is None else FileState.of(self.path.stat()) != left:
            raise ChangedError


def _holds(
    read: Callable[[int, int], tuple[bytes, FileState]],
    session_id: str,
    state: FileState,
    first: int,
    entries: list[Entry],
    go_on: Callable[[], bool],
) -> bool:
    """Return whether the file, read a little at a time, holds these turns and no others."""
    head, now = read(0, first)
    found = scan(head, session_id, thorough=True)
    done = len(found.entries)
    if now[:2] != state[:2] or found.mended or found.entries != entries[:done]:
        return False
    at, data = first, b""
    while done < len(entries):
        start, end = entries[done].start, entries[done].end
        if start != first:
            return False
        first = end
        if end > at + len(data):
            at = start
            data, now = read(at, max(end, at + PIECE_BYTES))
            if now[:2] != state[:2]:
                return False
        stop = done + 1
        while stop < len(entries) and entries[stop].start == start:
            stop += 1
        last = entries[done - 1].id if done else ""
        if not holds(data[start - at : end - at], entries[done:stop], done, last):
            return False
        done = stop
        if not go_on():
            return True
    return True
