"""What replies cost: one line a reply, from which the sums of a session and of a day are made.

A file of its own, since a session can be deleted and what it cost has been spent all the
same. It holds no text and no key. Only replies whose price was known are in it.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

from fmtui.core.errors import StorageError
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


def spent(costs: Iterable[Cost]) -> Spent:
    """Return the sum of costs."""
    known = list(costs)
    return Spent(math.fsum(cost.dollars for cost in known), len(known), any(c.estimated for c in known))


class CostFile:
    """The file with the costs; windows may write to it at the same time.

    Args:
        path: where it is; its folder exists or is made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, cost: Cost) -> None:
        """Write one more.

        Raises:
            StorageError: the disk refused.
        """
        words = (
            cost.at.isoformat(timespec="seconds"),
            f"{cost.dollars:.9f}",
            "about" if cost.estimated else "exact",
            cost.session or "-",
            _BLANK.sub("_", cost.model) or "-",
        )
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._shorten()
            # One write of one line at the end: lines of several windows are never mixed.
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, f"{' '.join(words)}\n".encode("utf-8", "replace"))
            finally:
                os.close(descriptor)
        except OSError as error:
            reason = error.strerror or "it was refused"
            raise StorageError(
                f"What the reply cost could not be noted in {self._path}: {reason}.", "Check the disk."
            ) from error

    def of_session(self, session: str) -> Spent:
        """Return what the replies of a session cost."""
        return spent(cost for cost in self._costs() if cost.session == session)

    def of_day(self, day: date) -> Spent:
        """Return what the replies of a day cost, in this machine's own zone."""
        return spent(cost for cost in self._costs() if cost.at.astimezone().date() == day)

    def _costs(self) -> Iterator[Cost]:
        """Yield what can be read: a line that cannot is one that a crash cut."""
        try:
            text = self._path.read_text("utf-8", "replace")
        except OSError:
            return
        for line in text.splitlines():
            cost = _read(line)
            if cost is not None:
                yield cost

    def _shorten(self) -> None:
        """Drop the older half of a file that has grown too large."""
        try:
            if self._path.stat().st_size < _MOST_BYTES:
                return
        except FileNotFoundError:
            return
        kept = self._path.read_bytes()[-_MOST_BYTES // 2 :].partition(b"\n")[2]
        draft = self._path.with_suffix(f".{os.getpid()}.tmp")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(kept)
        draft.replace(self._path)


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
