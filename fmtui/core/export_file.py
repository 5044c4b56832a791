"""Writing an exported session to a file that nobody else can read, and never over another by accident."""

from __future__ import annotations

import errno
import os
import re
import stat as modes
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

from fmtui.core.errors import StorageError, UsageError
from fmtui.core.export import Document, to_json, to_markdown, to_toml
from fmtui.core.session_disk import Disk
from fmtui.core.text import one_line

Format = Literal["md", "json", "toml", "html"]
FORMATS: tuple[Format, ...] = ("md", "json", "toml", "html")
WHOLE: frozenset[Format] = frozenset({"json", "toml"})
"""Formats that always hold every branch."""
_ENDINGS: Mapping[str, Format] = {
    ".md": "md",
    ".markdown": "md",
    ".json": "json",
    ".toml": "toml",
    ".html": "html",
    ".htm": "html",
}
_MOST_TRIES = 1000
Fetch = Callable[[str], bytes | None]


def written(
    document: Document,
    format: Format,  # noqa: A002 - what the command line calls it
    fetch: Fetch | None = None,
) -> str:
    """Return the session in a format.

    Args:
        document: the session.
        format: which.
        fetch: returns the picture that is kept under a digest, None where there is none; a page
            holds its pictures. The other formats say where theirs are.
    """
    match format:
        case "md":
            return to_markdown(document)
        case "json":
            return to_json(document)
        case "toml":
            return to_toml(document, commented=True)
        case "html":
            from fmtui.core.export_html import to_html  # noqa: PLC0415 - the others do without markdown-it

            return to_html(document, fetch)


def format_of(name: str) -> Format | None:
    """Return the format that the ending of a file's name says."""
    return _ENDINGS.get(Path(name).suffix.lower())


def told(path: Path) -> str:
    """Return that an export was written, and as what where the name of its file does not say it."""
    return f"Written to {path}" if format_of(path.name) else f"Written as markdown to {path}"


def save_named(name: str | Path, text: str) -> Path:
    """Write a new file of a name that was typed, `~` for the home folder, and return its path.

    Raises:
        UsageError: there is a file already, or nothing can be called so.
        StorageError: it cannot be written; nothing is left of it.
    """
    try:
        path = Path(name).expanduser().absolute()
        save(path, text)
    except UsageError as error:
        raise UsageError(error.message, "Choose another name.") from error
    except (RuntimeError, ValueError) as error:  # nobody's home, a null character
        words = f"No file can be called “{one_line(str(name), 60)}”."
        raise UsageError(words, "Choose another name.") from error
    return path


def save(path: Path, text: str, *, force: bool = False, disk: Disk | None = None) -> None:
    """Write a file for its owner alone.

    Args:
        path: where to.
        text: what to write.
        force: whether an old file may be replaced, at once and whole.
        disk: what writes; a test passes one that fails.

    Raises:
        UsageError: there is a file already, or something that is no file.
        StorageError: it cannot be written; nothing is left of it.
    """
    disk = disk or Disk()
    data = text.encode()
    try:
        if force and path.exists():
            if not modes.S_ISREG(path.stat().st_mode):
                raise UsageError(f"{path} is no ordinary file.", "Choose another name.")
            disk.replace(path, data)
            return
        descriptor = disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[disk.write(descriptor, rest) :]
        except OSError:
            with suppress(OSError):
                path.unlink()
            raise
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno == errno.EEXIST:
            raise UsageError(
                f"There is a file {path} already.", "Choose another name, or add --force to replace it."
            ) from error
        reason = error.strerror or str(error)
        raise StorageError(f"fmtui could not write {path}: {reason}.", "Choose another place.") from error


def free_name(document: Document, folder: Path, format: Format) -> Path:  # noqa: A002 - same
    """Return a name of which there is no file yet, made of the session's title."""
    stem = re.sub(r"[^\w]+", "-", document.title[:200]).strip("-_")[:60].rstrip("-_") or document.id
    for number in range(1, _MOST_TRIES):
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}.{format}"
        if not os.path.lexists(path):
            return path
    return folder / f"{stem}-{os.urandom(4).hex()}.{format}"
