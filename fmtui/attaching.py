"""The files that `fmtui ask --attach` sends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fmtui.core.attachments import Attachment, Pictures, attach_all, pictures_of
from fmtui.core.attachments_disk import PictureFolder, read_file
from fmtui.core.chat import Params, Turn
from fmtui.core.errors import UsageError
from fmtui.core.hints import Hint


class Attached:
    """The files of one command line, read when it is made.

    Args:
        folder: where the sessions are, beside which pictures are kept.
        files: their paths as they were typed.

    Raises:
        UsageError: one of them cannot be attached.
    """

    def __init__(self, folder: Path, files: Sequence[str]) -> None:
        self._kept = PictureFolder(folder)
        self._files: list[Attachment] = [read_file(file, Path()) for file in files]

    def added_to(self, prompt: str) -> str:
        """Return a prompt with the files at its end."""
        return attach_all(prompt, self._files) if self._files else prompt

    def keep(self) -> None:
        """Keep the pictures, so that the session can be gone on with.

        Raises:
            StorageError: the disk refused.
        """
        for file in self._files:
            self._kept.keep(file)

    def pictures(self, prompt: Turn, params: Params, hint: Hint) -> Pictures:
        """Return what fetches the pictures of the conversation.

        Raises:
            UsageError: there are some in the prompt, and who is asked takes none.
        """
        sees = params.mode == "chat" and hint.vision is not False
        if not sees and (named := pictures_of(prompt.text)):
            who = params.model if params.mode == "chat" else "A completion"
            raise UsageError(f"{who} takes no pictures, so {named[0]} was not sent.", "Choose another model.")
        return Pictures(self._fetch, sees=sees)

    def _fetch(self, digest: str) -> bytes | None:
        here = (file.picture for file in self._files if file.digest == digest)
        return next(here, None) or self._kept.fetch(digest)
