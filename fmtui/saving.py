"""Writing what `/export` and `/copyfile` are about to a file: for the app and for the plain mode."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.attachments_disk import PictureFolder
from fmtui.core.errors import StorageError, UsageError
from fmtui.core.export import document_of
from fmtui.core.export_file import FORMATS, WHOLE, Format, format_of, free_name, save, save_named, written
from fmtui.core.text import clipboard_safe

if TYPE_CHECKING:
    from fmtui.core.session_open import Session

_MOST_TRIES = 1000


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


def write_copy(text: str, name: str, folder: Path) -> Path:
    """Write a text to a new file, without what acts on a terminal that shows it, and return its path.

    Raises:
        UsageError: there is a file of the name that was asked for.
        StorageError: it cannot be written.
    """
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
