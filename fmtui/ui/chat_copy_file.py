"""Writing what would be copied to a file: for where no way leads to the user's clipboard."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.errors import FmtuiError
from fmtui.saving import write_copy

if TYPE_CHECKING:
    from fmtui.ui.chat_shelf import Stage


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
