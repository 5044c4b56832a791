"""Writing the shown conversation to a file: the part of the chat screen behind `/export`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fmtui.core.errors import FmtuiError
from fmtui.core.export_file import told
from fmtui.saving import write_export

if TYPE_CHECKING:
    from fmtui.ui.chat_parts import Services
    from fmtui.ui.chat_shelf import Shelf, Stage


class Exporting:
    """Writes the shown conversation to a file."""

    def __init__(self, services: Services) -> None:
        self._stage = services.stage
        self._shelf = services.shelf

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do `/export`; it is the only command."""
        if command_id != "session.export":
            return False
        self._stage.start_worker(export(self._stage, self._shelf, argument), "export")
        return True


async def export(stage: Stage, shelf: Shelf, argument: str) -> None:
    """Write the branch on the screen, or all of them where the format has it so, and tell where it is.

    Args:
        stage: the screen.
        shelf: knows the session that is shown.
        argument: a format, a file name, or both; markdown and a name made of the title otherwise.
    """
    await shelf.ready.wait()
    shown = shelf.shown
    if shown is None:
        return
    try:
        path = await asyncio.to_thread(write_export, shown.session, shown.leaf, argument)
    except FmtuiError as error:
        stage.refuse(error, "error")
        return
    stage.tell(told(path))
