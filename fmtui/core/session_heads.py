"""Lists and searches many session files by reading as little of each as will do.

10,000 sessions are listed while a user waits, so heads are cut out of the first bytes by
hand and nothing is parsed that has the shape our writer gave it. A file that is damaged or
cannot be read is listed all the same and never hides another.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fmtui.core.session_file import EPOCH, BrokenError, head_from, tables, turn_from, turn_tables
from fmtui.core.session_scan import BOM, scan
from fmtui.core.text import one_line

HEAD_BYTES = 4096
"""How much of a file is looked at: its head and mostly the first prompt and reply."""

_TITLE = re.compile(rb'^title[ \t]*=[ \t]*("(?:[^"\\\r\n]|\\.)*")', re.MULTILINE)
_CREATED = re.compile(rb"^created[ \t]*=[ \t]*([0-9][0-9T:.Z+-]+)", re.MULTILINE)
# Only the lines between a header and the first text are keys; a prompt may hold look-alikes.
_MODEL = re.compile(
    rb'^\[\[turns\]\]\r?\n(?:(?!text |reasoning |system |model )[a-z_]+ = [^\n]*\n)*model = "([^"\\\r\n]*)"',
    re.MULTILINE,
)
_MAY_BE_ESCAPED = re.compile(r"[^ !#-Z^-~]")
"""What a file may hold in another form than the text: control characters, quotes, brackets, other case."""


@dataclass(frozen=True, slots=True)
class SessionHead:
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


def read_head(path: str, session_id: str, *, draft: bool) -> SessionHead:
    """Return the head of a session file, as much as can be said of it. Raises nothing."""
    data, size, changed = b"", 0, 0.0
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            stat = os.fstat(descriptor)
            size, changed = stat.st_size, stat.st_mtime
            data = os.read(descriptor, HEAD_BYTES)
        finally:
            os.close(descriptor)
    except OSError:
        pass  # listed by its name: someone may have taken it away or its rights
    first = data.find(b"\n[[turns]]")
    head = data if first < 0 else data[: first + 1]
    title, created = _cut(head, session_id)
    updated = datetime.fromtimestamp(changed, UTC)
    model = _MODEL.search(data, max(0, first))
    return SessionHead(
        id=session_id,
        title=one_line(title) or session_id,
        created=updated if created is None or created == EPOCH else created,
        updated=updated,
        turns=data.count(b"\n[[turns]]") if size <= len(data) else None,
        model="" if model is None else one_line(model[1].decode(errors="replace")),
        draft=draft,
    )


def _cut(head: bytes, session_id: str) -> tuple[str, datetime | None]:
    title, created = _TITLE.search(head), _CREATED.search(head)
    if title is not None and created is not None:
        try:
            quoted = title[1]
            text = tables(b"t = " + quoted)["t"] if b"\\" in quoted else quoted[1:-1].decode()
            return text, datetime.fromisoformat(created[1].decode())
        except (BrokenError, ValueError):
            pass
    parsed, _ = head_from(head, session_id)
    return parsed.title, parsed.created


def first_match(path: Path, text: str) -> str | None:
    """Return the first line of the session's title or turns that holds the text, whatever its case.

    The file is searched as bytes; only one that may hold the text is parsed.
    """
    wanted = text.casefold()
    # The longest part that is in the file exactly as in the text decides which files to parse.
    part = max(_MAY_BE_ESCAPED.split(text), key=len).lower().encode()
    try:
        data = path.read_bytes()
    except OSError:
        return None
    small = data.lower()
    if not wanted or part not in small:
        return None
    found = scan(data, path.stem)
    if wanted in found.head.title.casefold():
        return found.head.title
    for entry in found.entries:
        if small.find(part, entry.start, entry.end) < 0:
            continue
        try:
            table = turn_tables(data[entry.start : entry.end].removeprefix(BOM))[entry.nth]
        except (BrokenError, IndexError):
            continue
        turn = turn_from(table, entry.id, entry.parent)
        for row in f"{turn.text}\n{turn.reasoning}".split("\n"):
            if wanted in row.casefold():
                return row
    return None
