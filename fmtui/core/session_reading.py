"""Reading an open session: its turns, when they are asked for, and what another window adds.

Two locks: `_disk_use` is held while the disk works, which may take long, `_lock` while
memory is touched, which never does. They are taken in this order only, and reading a turn
needs the second alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from fmtui.core.chat import Turn
from fmtui.core.context import Cut, cut_of
from fmtui.core.errors import StorageError
from fmtui.core.parameters import Settings
from fmtui.core.session_disk import Disk, storage_error
from fmtui.core.session_index import BranchPath
from fmtui.core.session_live import LiveFiles
from fmtui.core.session_marks import Marks, marks_from
from fmtui.core.session_said import SaidOnPath, Steps
from fmtui.core.session_tree import Deletion, Place, Tree, places, worthy
from fmtui.core.session_turnfile import TurnFile
from fmtui.core.text import one_line


class SessionReader:
    """The turns of one session. Every method may be called from any thread.

    Attributes:
        id: name of the file without its ending; sorts by time.
        path: its file, which is made with the first turn.
        read_only: whether appending is refused.
        owner: who writes to it when that is another window, such as `pid 123 on host`.
        notices: what recovery did, as sentences for people.
    """

    def __init__(self, folder: Path, session_id: str, disk: Disk) -> None:
        self.id = session_id
        self.path = folder / f"{session_id}.toml"
        self.read_only = False
        self.owner = ""
        self._disk = disk
        self._file = TurnFile(self.path, session_id, disk)
        self.notices = self._file.notices
        self._disk_use = threading.Lock()
        self._lock = self._file.lock
        self._index = self._file.index
        self._live = LiveFiles(self.path, disk)

    @property
    def title(self) -> str:
        """The title for people, made of the first prompt; may be empty."""
        return one_line(self._file.head.title)

    @property
    def created(self) -> datetime:
        """When the session was begun."""
        return self._file.head.created

    @property
    def settings(self) -> Settings:
        """The parameters that were set for this session."""
        return self._file.head.settings

    @property
    def head(self) -> Mapping[str, object]:
        """Every key of the head of its file, known or not."""
        return self._file.head.table

    @property
    def marks(self) -> Marks:
        """What the user put on it to find it again."""
        return marks_from(self._file.head.table)

    @property
    def unwritten(self) -> int:
        """How many turns are in memory alone because the disk did not take them."""
        with self._lock:
            return len(self._index.unwritten)

    def has_on_disk(self, turn_id: str) -> bool:
        """Return whether a turn was written to the file."""
        with self._lock:
            return self._index.entry(turn_id) is not None

    @contextmanager
    def _on_disk(self, doing: str = "write the session") -> Iterator[None]:
        """Have the disk to oneself; what it refuses is said as a `StorageError`."""
        with self._disk_use:
            try:
                yield
            except OSError as error:
                raise storage_error(error, self.path.parent, doing) from error

    # ---- reading ----

    def path_to(self, leaf: str = "") -> BranchPath:
        """Return the turns from the first to `leaf`, or of the branch to show; each is parsed when asked for.

        That is the newest branch, unless another was shown since.
        """
        with self._lock:
            path = self._index.path(leaf)
            alone = not (self._index.forks or self._index.unwritten or self._index.live)
        return BranchPath(path, self.turn, {} if alone else self.places(turn_id for turn_id, _ in path))

    def places(self, path: Iterable[str]) -> dict[str, Place]:
        """Return which of its siblings each turn of a path is, where there are any worth being shown."""
        tree = self.tree()
        return places(tree, path, partial(self._counts, tree))

    def siblings(self, turn_id: str) -> list[str]:
        """Return the siblings of a turn that are worth being shown, oldest first, itself among them."""
        tree = self.tree()
        return worthy(tree, turn_id, partial(self._counts, tree))

    def tree(self) -> Tree:
        """Return the branches as they are now, without what was deleted."""
        with self._lock:
            turns, deleted = self._index.turns(), self._index.deleted
        return Tree(turns, deleted)

    def _counts(self, tree: Tree, turn_id: str) -> bool:
        """Return whether a turn is one that the user may want to come back to: answered, or an answer."""
        try:
            turn = self.turn(turn_id)
            if turn.role == "assistant":
                return turn.says_something
            return any(self.turn(each).says_something for each in tree.children(turn_id))
        except StorageError:
            return True

    @property
    def deleted(self) -> Sequence[Deletion]:
        """What was deleted and can be brought back, in the order in which that was done."""
        return self._file.head.deleted

    def cut_of(self, leaf: str = "") -> tuple[Cut, int] | None:
        """Return where what is sent of a branch begins, and that turn's index; None where nobody chose."""
        with self._lock:
            cuts = self._file.head.history
            return cut_of(cuts, [step.id for step in self._index.steps(leaf)]) if cuts else None

    @property
    def cuts(self) -> Sequence[Cut]:
        """Where what is sent of its branches begins."""
        return self._file.head.history

    def said_to(self, leaf: str = "", *, reasoning: bool = False) -> SaidOnPath:
        """Return what was said up to `leaf`, or to the newest turn, from where the sent history begins.

        It is read when it is gone through.

        Args:
            leaf: the last turn; empty for the newest.
            reasoning: whether to read what the model thought, too.
        """

        def steps() -> Steps:
            with self._lock:
                path, cuts = self._index.steps(leaf), self._file.head.history
            ids = [step.id for step in path] if cuts else []
            found = cut_of(cuts, ids)
            if found is None:
                return Steps(path)
            cut, first = found
            begins = {ids.index(each.first): each.said for each in cuts if each.first in ids}
            return Steps(path, first, cut.said, {0: ""} | begins)

        return SaidOnPath(steps, self._file.piece, self.turn, reasoning=reasoning)

    def turn(self, turn_id: str) -> Turn:
        """Return one turn.

        Raises:
            StorageError: there is none of this id, or it cannot be read.
        """
        held: Turn | None = None
        for attempt in (1, 2):
            with self._lock:
                held, entry = self._index.held(turn_id), self._index.entry(turn_id)
            if held is not None or entry is None:
                break
            try:
                held = self._file.parsed(entry)
            except OSError as error:
                raise storage_error(error, self.path.parent, "read the session") from error
            if held is not None:
                with self._lock:
                    self._index.remember(held)
                break
            if attempt == 1:
                self.verify()  # the file is not what it was when it was indexed
        if held is None:
            raise StorageError(
                f"Turn {one_line(turn_id, 40)} cannot be read.", f"See the file of the session: {self.path}"
            )
        return held

    def all_turns(self) -> list[Turn]:
        """Return every turn of every branch that is not deleted, in the order they were kept.

        Parses the whole file.

        Raises:
            StorageError: the file cannot be read.
        """
        self.verify()
        return [self.turn(turn_id) for turn_id in self.tree()]

    @property
    def parsed_whole(self) -> bool:
        """Whether every turn was parsed when the session was opened, as in short ones."""
        return self._file.parsed_whole or not self._file.exists

    def verify(self, go_on: Callable[[], bool] = lambda: True) -> bool:
        """Parse the whole file; return False when the turns were not what they seemed and were read anew.

        Args:
            go_on: called between any two turns, may sleep; False ends it before it has seen all.
        """
        try:
            if not self._file.exists or self._file.agrees(go_on):
                return True
            with self._disk_use:
                self._file.reload(thorough=True, quiet=bool(self.owner))
        except OSError as error:
            self.notices.append(str(storage_error(error, self.path.parent, "check the session")))
        return False

    def follow(self) -> bool:
        """Take in what another window wrote since; return whether that was anything.

        Cheap: only bytes that are new are read. A window that writes itself has nothing to follow.
        """
        if not self.read_only:
            return False
        with self._disk_use:
            try:
                changed = self._file.take_added()
                return self._show_live() or changed
            except OSError:
                return False  # moved away, or just being replaced: the next call will see

    def _show_live(self) -> bool:
        """Take in what is new of the replies that another window receives."""
        changed = self._live.follow()
        turns = [turn for turn in self._live.turns(running=bool(self.owner)) if turn.id not in self._index]
        with self._lock:
            self._index.live.clear()
            self._index.live.update((turn.id, turn) for turn in turns)
        return changed
