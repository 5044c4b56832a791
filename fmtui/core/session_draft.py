"""The unsent prompts of a session, in files of their own.

`drafts/<session>.txt` is that of the window that writes to the session. A window that only
reads keeps what is typed in it beside that, in `<session>.<window>.beside`, under a lock
for as long as it lives. What windows that are gone have left is offered to the next one:
all of it to one that writes, what was kept beside to another reader. Earlier prompts that
were changed and not sent are in `<session>.edits`, each behind the id of its turn.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from fmtui.core.session_disk import Disk, Lock, make_folder
from fmtui.core.text import in_front_of, in_pages, pages_of

_BESIDE = ".beside"


def draft_path(folder: Path, session_id: str) -> Path:
    """Return where the unsent prompt of a session is, in the folder of sessions."""
    return folder / "drafts" / f"{session_id}.txt"


def edits_path(folder: Path, session_id: str) -> Path:
    """Return where the prompts of a session are that were changed and not sent."""
    return folder / "drafts" / f"{session_id}.edits"


def drafted(folder: Path) -> set[str]:
    """Return the ids of the sessions whose writers left an unsent prompt."""
    try:
        names = [path.name for path in (folder / "drafts").iterdir()]
    except OSError:
        return set()
    return {name.removesuffix(".txt") for name in names if name.endswith(".txt") and name[0] != "."}


def kept_beside(folder: Path, session_id: str = "") -> dict[Path, str]:
    """Return the drafts of windows that only read, oldest first, with the ids of their sessions.

    Args:
        folder: the folder of sessions.
        session_id: those of this session alone.
    """
    found: list[tuple[float, Path, str]] = []
    with suppress(OSError):
        for path in (folder / "drafts").iterdir():
            owner = path.name.removesuffix(_BESIDE).rpartition(".")[0]
            if path.suffix == _BESIDE and path.name[0] != "." and session_id in {"", owner}:
                with suppress(OSError):
                    found.append((path.stat().st_mtime, path, owner))
    return {path: owner for _, path, owner in sorted(found)}


class DraftFile:
    """One unsent prompt, remembered so that it can be written anew. Safe to use from any thread."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self._disk = disk
        self._lock = threading.Lock()
        self._text = ""
        """What was read or written last; empty when there is nothing to lose."""
        self._written = True

    def read(self, *, own: bool = True) -> str:
        """Return the prompt that was kept, empty when there is none or it cannot be read.

        Args:
            own: whether it is for this window to write it anew where it gets lost.
        """
        with self._lock:
            try:
                data, _ = self._disk.read(self.path)
            except (OSError, ValueError):
                return ""
            text = data.decode(errors="replace")
            if own:
                self._text = text
            return text

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
                self.path.unlink(missing_ok=True)
            self._written = True

    def bring_back(self) -> None:
        """Write the prompt if the disk did not take it or its file was removed, as far as that works."""
        with self._lock, suppress(OSError):
            if self._text and not (self._written and os.path.lexists(self.path)):
                self._write()
                self._written = True

    def _write(self) -> None:
        make_folder(self.path.parent.parent)
        make_folder(self.path.parent)
        self._disk.replace(self.path, self._text.encode(errors="replace"))


class Drafts:
    """The unsent prompts of one session, as one window keeps them. Safe to use from any thread."""

    def __init__(self, folder: Path, session_id: str, disk: Disk) -> None:
        self._folder = folder
        self._id = session_id
        self._disk = disk
        self._writers = DraftFile(draft_path(folder, session_id), disk)
        self._edits = DraftFile(edits_path(folder, session_id), disk)
        self._lock = threading.RLock()
        self._beside: list[tuple[DraftFile, Lock]] = []
        """Drafts beside the writer's that are this window's: its own, and those that it took over."""

    def take(self, *, reader: bool) -> str:
        """Return what was left for this window to offer, joined; the next `write` has to hold it.

        Until then it stays where it is, and no other window takes it.

        Args:
            reader: whether this window only reads the session: the writer's draft is not its to offer.
        """
        with self._lock:
            text = "" if reader else self._writers.read()
            mine = {file.path for file, _ in self._beside}
            for path in kept_beside(self._folder, self._id):
                if path not in mine:
                    taken = self._taken(path)
                    text = in_front_of(text, taken.read() if taken is not None else "")
            return text

    def read(self) -> str:
        """Return the draft of the window that writes to the session."""
        return self._writers.read()

    def write(self, text: str, *, reader: bool) -> None:
        """Keep this window's unsent prompt, an empty one by removing what was kept.

        Args:
            text: the prompt, with all that `take` has returned unless the user removed that.
            reader: whether this window only reads the session; the writer's draft stays as it is then.

        Raises:
            OSError: the disk refused; what was there before stays.
        """
        with self._lock:
            if not reader:
                self._writers.write(text)
            elif text:
                if not self._beside:
                    make_folder(self._folder)
                    make_folder(self._writers.path.parent)
                    name = f"{self._id}.{os.urandom(4).hex()}{_BESIDE}"
                    self._taken(self._writers.path.with_name(name), must=True)
                self._beside[0][0].write(text)
            for file, lock in self._beside[1 if reader and text else 0 :]:
                file.write("")
                lock.release()
                self._beside.remove((file, lock))

    def read_edits(self, *, reader: bool) -> dict[str, str]:
        """Return the prompts that were changed and not sent, by the ids of their turns.

        Args:
            reader: whether this window only reads the session: they are another's to keep.
        """
        kept = self._edits.read(own=not reader)
        pages = pages_of(kept) if kept else []
        return dict(zip(pages[::2], pages[1::2], strict=False))

    def write_edits(self, edits: Mapping[str, str]) -> None:
        """Keep the prompts that were changed and not sent, none by removing what was kept.

        Raises:
            OSError: the disk refused; what was there before stays.
        """
        self._edits.write(in_pages(page for pair in edits.items() for page in pair))

    def bring_back(self) -> None:
        """Write the writer's draft if the disk did not take it or it was removed, as far as that works."""
        self._writers.bring_back()
        self._edits.bring_back()

    def close(self) -> None:
        """Let other windows take what this one kept beside the writer's draft."""
        with self._lock:
            for _, lock in self._beside:
                lock.release()
            self._beside.clear()

    def _taken(self, path: Path, *, must: bool = False) -> DraftFile | None:
        """Make a draft beside this window's own; None when a living window has it, or it cannot be."""
        try:
            lock = Lock.take(path.with_suffix(".lock"))
        except OSError:
            if must:
                raise
            return None
        if isinstance(lock, str):
            return None
        file = DraftFile(path, self._disk)
        self._beside.append((file, lock))
        return file
