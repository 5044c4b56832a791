"""Writing the shown conversation to a file: the part of the chat screen behind `/export`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.attachments_disk import PictureFolder
from fmtui.core.errors import FmtuiError, UsageError
from fmtui.core.export import document_of
from fmtui.core.export_file import FORMATS, WHOLE, Format, format_of, free_name, save_named, written

if TYPE_CHECKING:
    from fmtui.core.sessions import Session
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
    stage.tell(f"Written to {path}")


def write_export(session: Session, leaf: str, argument: str) -> Path:
    """Write a branch of a session to a file, and return its path; an empty leaf means the one to show.

    Raises:
        FmtuiError: there is nothing to write, or the file cannot be written.
    """
    format_, name = wanted(argument)
    document = document_of(session, leaf, whole=format_ in WHOLE)
    if not document.turns:
        raise UsageError("There is nothing to export yet.", "Send a prompt first.")
    text = written(document, format_, PictureFolder(session.path.parent).fetch)
    return save_named(name or free_name(document, Path.cwd(), format_), text)


def wanted(argument: str) -> tuple[Format, str]:
    """Return the format and the file name that were typed behind the command; the name may be empty.

    A file that should be called as a format is written as `./md`.
    """
    first, _, rest = argument.partition(" ")
    for format_ in FORMATS:
        if first.lower() == format_:
            return format_, rest.strip()
    return format_of(argument) or "md", argument
