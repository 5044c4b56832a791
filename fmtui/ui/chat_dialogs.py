"""The dialogs of the chat screen: what each is filled with, and what its answer means."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.app import App

from fmtui.core.endpoints import Endpoint
from fmtui.ui.chat_models import ModelLists
from fmtui.ui.figures import short_date
from fmtui.ui.rows import SessionRow

if TYPE_CHECKING:  # how sessions are kept is imported after the first frame
    from fmtui.core.sessions import SessionHead
    from fmtui.ui.model_switcher import ModelRow


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


async def pick_model(
    app: App[None], lists: ModelLists, endpoints: Sequence[Endpoint], current: Endpoint, model: str
) -> tuple[str, str] | None:
    """Let the user choose among the models of all endpoints; lists that come later are added.

    Returns:
        Endpoint and model, None when nothing was chosen.
    """
    from fmtui.ui.model_switcher import ModelRow, ModelSwitcher  # noqa: PLC0415 - most starts never show it

    def rows() -> list[ModelRow]:
        ordered = [current, *(e for e in endpoints if e.name != current.name)]
        return [ModelRow(e.name, known) for e in ordered for known in lists.known(e)]

    switcher = ModelSwitcher(rows(), current=ModelRow.key_of(current.name, model), note=lists.note(current))

    async def fill(endpoint: Endpoint) -> None:
        await lists.load(endpoint)
        if switcher.is_attached:
            switcher.set_rows(rows(), lists.note(current))

    filling = [asyncio.create_task(fill(endpoint)) for endpoint in (current, *endpoints)]
    try:
        chosen = await app.push_screen_wait(switcher)
    finally:
        for task in filling:
            task.cancel()
    return None if chosen is None else (chosen.endpoint, chosen.model.name)
