"""Lists many session files by reading as little of each as will do.

10,000 sessions are listed while a user waits, so heads are cut out of the first bytes by
hand and nothing is parsed that has the shape our writer gave it. A file that is damaged or
cannot be read is listed all the same and never hides another.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from fmtui.core.record import NamedTuple
from fmtui.core.session_file import EPOCH, BrokenError, tables
from fmtui.core.session_head import head_from
from fmtui.core.session_marks import NO_MARKS, Marks, marks_from
from fmtui.core.session_scan import BOM
from fmtui.core.text import one_line

HEAD_BYTES = 4096
"""How much of a file is looked at: its head and mostly the first prompt and reply."""

_PIECE = 1_000_000
"""Bytes that are read at once where all of a file is."""

_OURS = re.compile(
    rb'format = 1\r?\nid = "[^"\\\r\n]*"\r?\n'
    rb'title = ("[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*")\r?\ncreated = ([0-9T:.Z+-]+)\r?\n'
    rb'((?:(?:pinned|archived) = (?:true|false)\r?\n|tags = \[(?:"[^"\\\r\n]*"(?:, )?)*\]\r?\n)*)'
)
_MARK = re.compile(rb"pinned|archived|tags")
_TAG = re.compile(rb'"([^"]*)"')
_HEADER = b"\n[[turns]]"
_MODEL = b'\nmodel = "'


class SessionHead(NamedTuple):
    """What a list of sessions shows of one."""

    id: str
    title: str
    """For people; the id when the file says none."""
    created: datetime
    updated: datetime
    turns: int | None
    """How many turns it has; None when only more reading would tell."""
    model: str
    """The model of the first reply; empty when more reading would be needed."""
    draft: bool
    """Whether an unsent prompt is kept for it."""
    marks: Marks = NO_MARKS
    """What the user put on it to find it again."""


def read_head(path: str, session_id: str, *, draft: bool, stat: os.stat_result | None = None) -> SessionHead:
    """Return the head of a session file, as much as can be said of it. Raises nothing.

    Args:
        path: the file.
        session_id: its id.
        draft: whether an unsent prompt is kept for it.
        stat: what is known of the file already.
    """
    data, size, changed = b"", 0, 0.0
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            stat = stat or os.fstat(descriptor)
            size, changed = stat.st_size, stat.st_mtime
            data = os.read(descriptor, HEAD_BYTES)
        finally:
            os.close(descriptor)
    except OSError:
        pass  # listed by its name: someone may have taken it away or its rights
    first = data.find(_HEADER)
    title, created, marks = _cut(data, first, session_id)
    updated = datetime.fromtimestamp(changed, UTC)
    return SessionHead(
        session_id,
        _shown(title) or session_id,
        updated if created == EPOCH else created,
        updated,
        data.count(_HEADER) if size <= len(data) else None,
        _model(data, first),
        draft,
        marks,
    )


def as_written(data: bytes) -> bool:
    """Return whether a file begins with a head just as our writer leaves it, which needs no parsing."""
    return _OURS.match(data) is not None


def whole_head(path: Path, head: SessionHead) -> SessionHead:
    """Return the head of a session with what only reading all of its file tells. Raises nothing.

    Args:
        path: the file.
        head: what `read_head` says of it.
    """
    if head.turns is not None:
        return head
    turns, model, tail = 0, head.model, b""
    try:
        with path.open("rb", buffering=0) as file:
            while piece := file.read(_PIECE):
                data = tail + piece
                model = model or (_model(data, data.find(_HEADER)) if not tail else "")
                turns += data.count(_HEADER)
                tail = data[1 - len(_HEADER) :]
    except OSError:
        return head
    return head._replace(turns=turns, model=model)


class Heads:
    """The heads of one folder; a file is read again only when it is no longer the same.

    A list is wanted whenever a turn was added to one of perhaps 10,000 files.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, int, int] | None, SessionHead]] = {}

    def read(self, folder: str, ending: str, drafts: set[str]) -> list[SessionHead]:
        """Return the head of every file whose name has this ending, in no order.

        Raises:
            OSError: the folder cannot be read.
        """
        before = self._known
        now: dict[str, tuple[tuple[int, int, int] | None, SessionHead]] = {}
        with os.scandir(folder) as files:
            for file in files:
                name = file.name
                if not name.endswith(ending) or name[0] == ".":
                    continue
                try:
                    stat = file.stat()
                except OSError:  # a link to nowhere, or just taken away
                    stat = None
                # A title is changed without a new time, but in a new file.
                state = stat and (stat.st_ctime_ns, stat.st_size, stat.st_ino)
                session_id = name[: -len(ending)]
                draft = session_id in drafts
                known = before.get(name)
                if known is None or known[0] != state or known[1].draft is not draft:
                    known = (state, read_head(file.path, session_id, draft=draft, stat=stat))
                now[name] = known
        self._known = now
        return [head for _, head in now.values()]


def _cut(data: bytes, first: int, session_id: str) -> tuple[str, datetime, Marks]:
    """Return title, date and marks; the head is parsed only where it is not as our writer leaves it."""
    ours = _OURS.match(data)
    end = len(data) if first < 0 else first
    if ours is not None and _MARK.search(data, ours.end(), end) is None:
        quoted, created, rows = ours.groups()
        try:
            text = tables(b"t = " + quoted)["t"] if b"\\" in quoted else quoted[1:-1].decode()
            return text, datetime.fromisoformat(created.decode()), _marks(rows) if rows else NO_MARKS
        except (BrokenError, ValueError):
            pass
    head, _ = head_from(data[:end].removeprefix(BOM), session_id)
    return head.title, head.created, marks_from(head.table)


def _marks(rows: bytes) -> Marks:
    """Return the marks of rows that are as our writer leaves them."""
    found: dict[str, object] = {}
    for row in rows.splitlines():
        name, _, value = row.partition(b" = ")
        tags = [tag.decode() for tag in _TAG.findall(value)]
        found[name.decode()] = tags if name == b"tags" else value == b"true"
    return marks_from(found)


def _model(data: bytes, first: int) -> str:
    """Return the model of the second turn, when that is a reply and near enough."""
    # No line of a text looks like a header, so this is one; a text may look like keys, though.
    second = data.find(_HEADER, first + 1)
    start = data.find(_MODEL, second)
    if first < 0 or second < 0 or start < 0 or -1 < data.find(b"\ntext = ", second) < start:
        return ""
    start += len(_MODEL)
    return _shown(data[start : data.find(b'"', start)].decode(errors="replace"))


def _shown(text: str) -> str:
    """Return the text as one line that is safe to show; mostly it is one."""
    return text if len(text) <= 200 and text.isprintable() else one_line(text)
