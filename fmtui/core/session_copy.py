"""The bytes of a session under another id and title."""

from __future__ import annotations

from fmtui.core.session_head import head_from, rewritten
from fmtui.core.session_marks import MarkName
from fmtui.core.session_scan import BOM, scan
from fmtui.core.text import one_line

_COPY = " (copy)"
_TAKEN_BACK: tuple[MarkName, ...] = ("pinned", "archived")
"""Marks that are of the one session alone."""


def copied(data: bytes, session_id: str, new_id: str) -> bytes:
    """Return a session file with the same turns, whole ones only, and what else its head says but two marks.

    Args:
        data: the file.
        session_id: the id that it has.
        new_id: the id of the copy.
    """
    whole = b"".join(scan(data, session_id, thorough=True).mended) or data
    first = scan(whole, session_id).first
    old = whole[:first].removeprefix(BOM)
    for name in _TAKEN_BACK:
        head, _ = head_from(old, session_id)
        if name in head.table:
            head.table[name] = False
            old = rewritten(old, head, name)
    head, _ = head_from(old, session_id)
    head.title = f"{one_line(head.title) or session_id}{_COPY}"
    old = rewritten(old, head, "title")
    head, _ = head_from(old, session_id)
    head.id = new_id
    return rewritten(old, head, "id") + whole[first:]
