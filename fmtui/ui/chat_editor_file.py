"""The editor that the user has set up, and a private file for it. No screen here."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from fmtui.core.errors import UsageError
from fmtui.core.text import normalised

USUAL = ("editor", "nano", "vim", "vi")
"""Programs that are tried where none is named."""


def editor_command(
    environ: Mapping[str, str], which: Callable[[str], str | None] = shutil.which
) -> list[str]:
    """Return the editor's program and arguments.

    Args:
        environ: the environment variables; VISUAL comes before EDITOR.
        which: finds a program.

    Raises:
        UsageError: there is none, or what is named cannot be run.
    """
    for name in ("VISUAL", "EDITOR"):
        written = environ.get(name, "").strip()
        if not written:
            continue
        import shlex  # noqa: PLC0415 - most starts never open an editor

        try:
            argv = shlex.split(written)
        except ValueError as error:
            raise UsageError(
                f"{name} is not a command: a quotation mark is not closed.", "Mend it in your shell."
            ) from error
        if not argv or which(argv[0]) is None:
            raise UsageError(
                f"The editor that {name} names is not there: {argv[0] if argv else written}.",
                f"Set {name} to an editor of this machine.",
            )
        return argv
    for program in USUAL:
        if which(program) is not None:
            return [program]
    raise UsageError("There is no editor.", "Set VISUAL or EDITOR to one of this machine.")


def joined(before: str, since: str, after: str) -> str:
    """Return what an editor made of a text, with what has come to that text meanwhile.

    Args:
        before: the text that the editor was given.
        since: what has become of it here.
        after: what the editor has made of it.
    """
    if since.endswith(before):  # an unanswered prompt came back in front of it
        return since.removesuffix(before) + after
    if since.startswith(before):
        return after + since.removeprefix(before)
    return f"{since}\n\n{after}"


class EditedFile:
    """A text in a file that only its owner can read, for as long as an editor has it.

    Raises:
        UsageError: it cannot be written.
    """

    def __init__(self, text: str, name: str = "prompt.md") -> None:
        self._text = text
        try:
            folder = Path(tempfile.mkdtemp(prefix="fmtui-"))  # for its owner alone
            self.path = folder / name
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
                file.write(text if not text or text.endswith("\n") else f"{text}\n")
        except OSError as error:
            raise UsageError(
                f"fmtui could not write a file for the editor: {error.strerror}.", "Set TMPDIR to a folder."
            ) from error

    def read(self) -> str:
        """Return the text as it is now.

        The file has a line end after its last line, as editors want it; what had none before has none.

        Raises:
            UsageError: it is gone, cannot be read or is no text.
        """
        try:
            text = normalised(self.path.read_bytes().decode("utf-8-sig"))
        except FileNotFoundError:
            raise UsageError("The editor removed its file; the prompt is as it was.", "") from None
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                "What the editor wrote is no text in UTF-8; the prompt is as it was.",
                f"It is kept in {self.path}.",
            ) from error
        return text if self._text.endswith("\n") else text.removesuffix("\n")

    def changed(self) -> bool:
        """Return whether there is something else in it than at the start, or beside it."""
        try:
            if self.read() != self._text:
                return True
        except UsageError:
            if self.path.exists():
                return True
        # An editor that is ended keeps what was not written yet in a file of its own.
        with suppress(OSError):
            return any(path != self.path for path in self.path.parent.iterdir())
        return False

    def remove(self) -> None:
        """Remove the file, and what the editor left beside it."""
        shutil.rmtree(self.path.parent, ignore_errors=True)
