"""What the head of a session file keeps: title, settings, marks, what is sent, deleted and shown of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from fmtui.core.context import Cut, with_cut
from fmtui.core.errors import StorageError
from fmtui.core.parameters import Settings
from fmtui.core.session_head import HeadKey
from fmtui.core.session_reading import SessionReader
from fmtui.core.session_tree import Deletion, Shown, Tree
from fmtui.core.text import one_line


class SessionMarker(SessionReader):
    """A session whose head is written anew. Every method may be called from any thread."""

    def rename(self, title: str) -> None:
        """Give the session another title.

        Raises:
            SessionLockedError: another window writes to this session.
            StorageError: the file could not be written; the title holds in this window.
        """
        self._rewrite({"title": one_line(title)}, "rename the session")

    def configure(self, settings: Settings) -> None:
        """Keep what was set for this session; raises what `rename` does."""
        self._rewrite({"settings": dict(settings)}, "keep the settings of the session")

    def begin_history(self, cut: Cut) -> None:
        """Send the branches that have a turn from that one on; raises what `rename` does."""
        self._rewrite({"history": with_cut(self.cuts, cut)}, "keep where the history begins")

    def delete(self, turn_id: str, leaf: str) -> None:
        """Hide a turn and all that is below it, until `undelete` brings them back.

        Raises what `rename` does; nothing is hidden then.

        Args:
            turn_id: the turn.
            leaf: the last turn of the branch that is shown from now on; empty for none.
        """
        deleted = (*self.deleted, Deletion(turn_id, datetime.now(UTC).replace(microsecond=0)))
        self._rewrite_tree(deleted, leaf, "delete a part of the session")

    def undelete(self) -> str:
        """Bring back what was deleted last; return the id of its first turn, empty when nothing is deleted.

        It is shown from now on, as far as something was added to it last. Raises what `rename` does.
        """
        if not self.deleted:
            return ""
        *left, last = self.deleted
        turn_id = last.turn
        with self._lock:
            turns = self._index.turns()
        leaf = Tree(turns, [each.turn for each in left]).leaf_below(turn_id)
        self._rewrite_tree(tuple(left), leaf, "bring back what was deleted")
        return turn_id

    def show(self, leaf: str) -> None:
        """Keep which branch is shown, until a turn is added; raises what `rename` does."""
        with self._lock:
            if self._index.newest() == leaf:
                return
        self._rewrite({"shown": Shown(leaf, self._last())}, "keep which branch is shown")

    def _rewrite_tree(self, deleted: Sequence[Deletion], leaf: str, doing: str) -> None:
        """Change what is deleted and shown, on the disk or not at all: a later start must show the same."""
        with self._lock:
            before: dict[HeadKey, object] = {"deleted": self.deleted, "shown": self._index.shown}
        try:
            self._rewrite({"deleted": deleted, "shown": Shown(leaf, self._last())}, doing)
        except StorageError:
            self._file.change(before)
            raise

    def _last(self) -> str:
        with self._lock:
            return self._index.last()

    @abstractmethod
    def _allow(self) -> None:
        """Raise what speaks against writing to this session."""

    @abstractmethod
    def _write_out(self, *, needed: bool = False) -> None:
        """Write what the disk has not taken yet; raises `OSError` as the system says."""

    def rewrite_head(self, name: HeadKey, value: object, doing: str = "mark the session") -> None:
        """Change what the head of the file says; raises what `rename` does."""
        self._rewrite({name: value}, doing)

    def _rewrite(self, changes: Mapping[HeadKey, object], doing: str) -> None:
        self._allow()
        with self._on_disk(doing):
            self._write_out()
            self._file.rewrite_head(changes)
