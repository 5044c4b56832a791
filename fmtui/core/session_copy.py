"""The bytes of a session under another id and title."""

from __future__ import annotations

from fmtui.core.session_head import head_from, rewritten
from fmtui.core.session_scan import BOM, scan
from fmtui.core.text import one_line

_COPY = " (copy)"


def copied(data: bytes, session_id: str, new_id: str) -> bytes:
    """Return a session file with the same turns, whole ones only, and whatever else its head says.

    Args:
        data: the file.
        session_id: the id that it has.
        new_id: the id of the copy.
    """
    whole = b"".join(scan(data, session_id, thorough=True).mended) or data
    first = scan(whole, session_id).first
    old = whole[:first].removeprefix(BOM)
    head, _ = head_from(old, session_id)
    head.table["pinned"] = False
    if "pinned" in old.decode(errors="replace"):
        old = rewritten(old, head, "pinned")
    head, _ = head_from(old, session_id)
    head.title = f"{one_line(head.title) or session_id}{_COPY}"
    old = rewritten(old, head, "title")
    head, _ = head_from(old, session_id)
    head.id = new_id
    return rewritten(old, head, "id") + whole[first:]
