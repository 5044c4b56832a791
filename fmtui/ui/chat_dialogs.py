"""The dialogs of the chat screen: what each is filled with, and what its answer means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.app import App

from fmtui.ui.figures import short_date
from fmtui.ui.rows import SessionRow

if TYPE_CHECKING:  # how sessions are kept is imported after the first frame
    from fmtui.core.sessions import SessionHead


def session_rows(
    heads: Sequence[SessionHead], running: frozenset[str], shown: str, title: str, most: int | None = None
) -> list[SessionRow]:
    """Return the first sessions as rows; the one on the screen is listed even before its first turn."""
    now = datetime.now(UTC).astimezone()
    rows = [
        SessionRow(
            head.id,
            head.title or "(no title)",
            short_date(head.updated, now),
            running=head.id in running,
        )
        for head in heads[:most]
    ]
    if shown and all(head.id != shown for head in heads):
        rows.insert(0, SessionRow(shown, title or "(new session)", "", running=shown in running))
    return rows


async def pick_session(app: App[None], rows: Sequence[SessionRow], current: str) -> str | None:
    """Let the user choose a session; return its id, None when nothing was chosen."""
    from fmtui.ui.session_picker import SessionPicker  # noqa: PLC0415 - most starts never show it

    return await app.push_screen_wait(SessionPicker(rows, current))
