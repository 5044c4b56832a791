"""What replies cost: one line a reply, from which the sums of a session and of a day are made.

A file of its own, since a session can be deleted and what it cost has been spent all the
same. It holds no text and no key. Only replies whose price was known are in it.
"""

from __future__ import annotations

import errno
import math
import os
import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from fmtui.core.chat import Turn, Usage
from fmtui.core.errors import StorageError
from fmtui.core.hints import Hint
from fmtui.core.record import NamedTuple

_MOST_BYTES = 4_000_000
"""Size at which the older half is dropped: about 50,000 replies."""
_BLANK = re.compile(r"\s+")


class Cost(NamedTuple):
    """What one reply cost."""

    at: datetime
    """When it ended, with a zone."""
    dollars: float
    estimated: bool
    """Whether its tokens were guessed."""
    session: str
    """The id of its session."""
    model: str


class Spent(NamedTuple):
    """A sum of costs."""

    dollars: float = 0.0
    replies: int = 0
    estimated: bool = False
    """Whether a part of it was guessed."""

    def plus(self, cost: Cost) -> Spent:
        """Return the sum with one more."""
        return Spent(
            round(self.dollars + cost.dollars, 12), self.replies + 1, self.estimated or cost.estimated
        )


NOTHING = Spent()


class CostFile:
    """The file with the costs; windows may write to it at the same time. For any thread.

    What was read once is summed up: later only what was added is read.

    Args:
        path: where it is; its folder exists or is made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = 0
        """The inode of what was read, 0 for nothing."""
        self._end = 0
        self._sessions: dict[str, Spent] = {}
        self._days: dict[date, Spent] = {}

    def add(self, cost: Cost) -> None:
        """Write one more.

        Raises:
            StorageError: the disk refused.
        """
        words = (
            cost.at.isoformat(timespec="seconds"),
            f"{cost.dollars:.12f}",
            "about" if cost.estimated else "exact",
            _BLANK.sub("_", cost.session) or "-",
            _BLANK.sub("_", cost.model) or "-",
        )
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._shorten()
            # One write of one line at the end: lines of several windows are never mixed.
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                # A line that a crash or a full disk cut must not spoil this one.
                begin = "\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else ""
                line = f"{begin}{' '.join(words)}\n".encode("utf-8", "replace")
                if os.write(descriptor, line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(descriptor)
        except OSError as error:
            reason = error.strerror or "it was refused"
            raise StorageError(
                f"What the reply cost could not be noted in {self.path}: {reason}.",
                "The sums of the session and of the day lack it.",
            ) from error

    def of_session(self, session: str) -> Spent:
        """Return what the replies of a session cost."""
        with self._lock:
            self._catch_up()
            return self._sessions.get(session, NOTHING)

    def of_sessions(self) -> dict[str, Spent]:
        """Return what the replies of every session cost that cost anything known."""
        with self._lock:
            self._catch_up()
            return dict(self._sessions)

    def of_day(self, day: date) -> Spent:
        """Return what the replies of a day cost, in this machine's own zone."""
        with self._lock:
            self._catch_up()
            return self._days.get(day, NOTHING)

    def _catch_up(self) -> None:
        """Read what was added; what cannot be read is a line that a crash cut, and costs only itself."""
        try:
            with self.path.open("rb") as stream:
                stat = os.fstat(stream.fileno())
                if stat.st_ino != self._file or stat.st_size < self._end:
                    self._file, self._end = stat.st_ino, 0
                    self._sessions.clear()
                    self._days.clear()
                stream.seek(self._end)
                whole, newline, _ = stream.read().rpartition(b"\n")
        except OSError:
            return
        self._end += len(whole) + len(newline)
        for line in whole.decode("utf-8", "replace").split("\n"):
            cost = _read(line)
            if cost is not None:
                day = cost.at.astimezone().date()
                self._sessions[cost.session] = self._sessions.get(cost.session, NOTHING).plus(cost)
                self._days[day] = self._days.get(day, NOTHING).plus(cost)

    def _shorten(self) -> None:
        """Drop the older half of a file that has grown too large."""
        try:
            if self.path.stat().st_size < _MOST_BYTES:
                return
        except FileNotFoundError:
            return
        kept = self.path.read_bytes()[-_MOST_BYTES // 2 :].partition(b"\n")[2]
        draft = self.path.with_suffix(f".{os.getpid()}.tmp")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(kept)
        draft.replace(self.path)


class Bill:
    """What the reply to one request costs, and where that is noted; see `fmtui.core.exchange.Bills`.

    Args:
        hint: what is known of the model.
        file: takes the cost.
        session: the id of the session that pays.
        failed: hears of a file that cannot be written.
    """

    def __init__(
        self, hint: Hint, file: CostFile | None, session: str, failed: Callable[[StorageError], None]
    ) -> None:
        self.hint = hint
        self.failed = failed
        self._file = file
        self._session = session

    def cost(self, usage: Usage | None) -> float | None:
        """Return what so many tokens cost in dollars; None where a price or a count is not known."""
        return self.hint.cost(usage)

    def note(self, turn: Turn) -> None:
        """Note what a reply cost; raises what `CostFile.add` does."""
        if self._file is None or turn.cost is None:
            return
        guessed = turn.usage is not None and turn.usage.estimated
        model = turn.params.model if turn.params is not None else ""
        self._file.add(Cost(datetime.now(UTC), turn.cost, guessed, self._session, model))


def _read(line: str) -> Cost | None:
    words = line.split(" ")
    if len(words) != 5 or words[2] not in {"about", "exact"}:
        return None
    try:
        at, dollars = datetime.fromisoformat(words[0]), float(words[1])
    except ValueError:
        return None
    if at.tzinfo is None or not math.isfinite(dollars) or dollars < 0:
        return None
    return Cost(at, dollars, words[2] == "about", words[3], words[4])
