"""What lists show of sessions."""

from __future__ import annotations

from datetime import UTC, datetime

from fmtui.ui.chat_sessions import Listed
from fmtui.ui.figures import short_date
from fmtui.ui.rows import SessionRow


def session_rows(
    listed: Listed, shown: str, title: str, most: int | None = None, *, archived: bool = True
) -> list[SessionRow]:
    """Return sessions as rows, pinned ones first; the one on the screen is listed even before its first turn.

    Args:
        listed: all sessions, newest first.
        shown: id of the one on the screen.
        title: its title.
        most: return no more than so many; all of them by default.
        archived: whether to return archived ones, too.
    """
    now = datetime.now(UTC).astimezone()
    heads = [head for head in listed.heads if archived or not head.marks.archived or head.id == shown]
    heads.sort(key=lambda head: not head.marks.pinned)
    rows = [
        SessionRow(
            head.id,
            head.title or "(no title)",
            short_date(head.updated, now),
            running=head.id in listed.running,
            unseen=head.id in listed.unseen,
            owner=listed.owners.get(head.id, ""),
            pinned=head.marks.pinned,
            archived=head.marks.archived,
            tags=head.marks.tags,
            model=head.model,
            turns=head.turns,
            draft=head.draft,
        )
        for head in heads[:most]
    ]
    if shown and all(head.id != shown for head in listed.heads):
        rows.insert(0, SessionRow(shown, title or "(new session)", "", running=shown in listed.running))
    return rows[:most]
