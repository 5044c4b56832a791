"""Attaching files to the prompt: the part of the chat screen that reads them, in threads."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.errors import FmtuiError, UsageError
from fmtui.ui.chat_shelf import Severity
from fmtui.ui.path_completion import PathSource
from fmtui.ui.prompt import Prompt
from fmtui.ui.prompt_folding import CLOSING

if TYPE_CHECKING:  # how files are read is imported when one is
    from fmtui.core.attachments import Attachment
    from fmtui.ui.chat_sending import Aside

Keep = Callable[["Attachment"], Awaitable[None]]


async def read(written: str, keep: Keep) -> Attachment:
    """Return a file that may be attached; a picture is kept where it is sent from.

    Raises:
        FmtuiError: it may not, or cannot be kept.
    """
    from fmtui.core.attachments_disk import read_file  # noqa: PLC0415 - most starts never attach

    file = await asyncio.to_thread(read_file, written, Path())
    await keep(file)
    return file


class Attaching:
    """Turns words that name files into labels, when they are chosen or sent.

    Args:
        prompt: the editor.
        keep: keeps a picture.
        tell: shows a notice.
        start: runs something beside the screen.
        put_aside: keeps a prompt while its files are read.
    """

    def __init__(
        self,
        prompt: Prompt,
        keep: Keep,
        tell: Callable[[FmtuiError | str, Severity], None],
        start: Callable[[Awaitable[None], str], object],
        put_aside: Callable[[str], Aside],
    ) -> None:
        self.again: Callable[[], None] = lambda: None
        """Called when more is known of what can be offered."""
        self.source = PathSource(
            lambda folder: start(self._look(folder), "paths"),
            lambda word: start(self._attach(word), "attach"),
        )
        self._prompt = prompt
        self._keep = keep
        self._tell = tell
        self._start = start
        self._put_aside = put_aside
        self._in_order = asyncio.Lock()
        self._waiting = 0
        """Prompts of which the files are read; later ones wait for them."""

    def before_sending(self, text: str) -> bool:
        """Attach first what words of a prompt name that was typed whole; return whether it is sent later."""
        words = self.source.left(text)
        if words or self._waiting:
            self._waiting += 1
            self._start(self._attach_and_send(text, words, self._put_aside(text)), "attach")
            return True
        self.source.forget()
        return False

    async def _look(self, folder: str) -> None:
        from fmtui.core.attachments_disk import names_in  # noqa: PLC0415 - most starts never attach

        self.source.know(folder, await asyncio.to_thread(names_in, folder))
        self.again()

    async def _attach(self, word: str) -> None:
        try:
            file = await read(word[1:], self._keep)
        except FmtuiError as error:
            self._tell(error, "warning")
            return
        self.source.forget(word)
        self._prompt.attach(word, file)

    async def _attach_and_send(self, text: str, words: list[str], aside: Aside) -> None:
        async with self._in_order:
            try:
                await self._attached_and_sent(text, words, aside)
            finally:
                self._waiting -= 1

    async def _attached_and_sent(self, text: str, words: list[str], aside: Aside) -> None:
        said: list[str] = []
        for word in words:
            try:
                text = await self._with_file(text, word, said)
            except FmtuiError as error:
                self.source.forget(word)
                aside.give_back()
                again = "Sent again, it goes as it is." if isinstance(error, UsageError) else error.hint
                self._tell(f"Not sent: {error.message} {again}", "warning")
                return
        if words:  # what was typed since is of the next prompt
            self.source.forget(*words)
        if problem := aside.send(_with_all(text, said)):
            self._tell(problem, "warning")

    async def whole(self, text: str) -> str:
        """Return a prompt as it would be sent now, with the files that its words name; it stays as it is.

        Raises:
            FmtuiError: one of them cannot be attached.
        """
        said: list[str] = []
        for word in self.source.left(text):
            text = await self._with_file(text, word, said)
        return _with_all(text, said)

    async def _with_file(self, text: str, word: str, said: list[str]) -> str:
        """Return a prompt with a label in the place of a word, and add what the file says."""
        name, file = await self._read_or_shorter(word)
        there = file.mention + word[len(name) :]
        said += [file.said] if file.said and file.said not in said else []
        return re.sub(rf"(?<!\S){re.escape(word)}(?!\S)", lambda _: there, text)

    async def _read_or_shorter(self, word: str) -> tuple[str, Attachment]:
        """Return the file that a word names, and the part of it that does: a full stop may not.

        Raises:
            FmtuiError: as `read` does.
        """
        shorter = word.rstrip(CLOSING)
        try:
            return word, await read(word[1:], self._keep)
        except FmtuiError:
            if shorter in {word, "@"}:
                raise
        return shorter, await read(shorter[1:], self._keep)


def _with_all(text: str, said: list[str]) -> str:
    return "\n\n".join([text.rstrip("\n"), *said])
