"""Writing what would be copied to a file: for where no way leads to the user's clipboard."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.errors import FmtuiError, StorageError, UsageError
from fmtui.core.text import clipboard_safe

if TYPE_CHECKING:
    from fmtui.ui.chat_shelf import Stage

_MOST_TRIES = 1000


async def copy_to_file(stage: Stage, text: str | None, name: str, folder: Path) -> None:
    """Write a text to a new file that nobody else can read, and tell where it is.

    Args:
        stage: the screen.
        text: what would be copied; None where that is too much.
        name: the file that was asked for; empty for one in the folder, named by the time.
        folder: where such files are.
    """
    if text is None:
        stage.tell("That is too much to be copied; /export writes the whole conversation.", "warning")
    elif not text:
        stage.tell("There is nothing to copy yet.", "warning")
    else:
        try:
            path = await asyncio.to_thread(write_copy, text, name, folder)
        except FmtuiError as error:
            stage.refuse(error, "error")
            return
        stage.tell(f"Written to {path}")


def write_copy(text: str, name: str, folder: Path) -> Path:
    """Write a text to a new file, without what acts on a terminal that shows it, and return its path.

    Raises:
        UsageError: there is a file of the name that was asked for.
        StorageError: it cannot be written.
    """
    from fmtui.core.export_file import save, save_named  # noqa: PLC0415 - with the work, in a thread

    text = clipboard_safe(text)
    text += "" if text.endswith("\n") else "\n"
    if name:
        return save_named(name, text)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"fmtui could not make {folder}: {error.strerror}.", "Name a file.") from error
    stem = f"{datetime.now():%Y%m%d-%H%M%S}"  # noqa: DTZ005 - the user's own time, to know it by
    for number in range(1, _MOST_TRIES):
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}.md"
        try:
            save(path, text)
        except UsageError:  # another window was as quick
            continue
        return path
    raise StorageError(f"There are too many files in {folder}.", "Name a file.")
