"""Writing the prompt elsewhere and again: the part of the chat screen behind Ctrl+G, Alt+O and Alt+R."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from fmtui.core.errors import FmtuiError, UsageError
from fmtui.ui.chat_attaching import read
from fmtui.ui.chat_editor_file import EditedFile, editor_command, joined
from fmtui.ui.outside import run_outside
from fmtui.ui.terminal.app import LeanApp

if TYPE_CHECKING:
    from fmtui.ui.chat_parts import Services


class Writing:
    """Does the commands of the prompt that need more than the prompt."""

    def __init__(self, services: Services) -> None:
        self._stage = services.stage
        self._desk = services.desk
        self._environ = services.setup.environ
        self._busy = False

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do a command about what is being written; return False when it is none."""
        match command_id:
            case "draft.edit":
                await self._once(self._edit_prompt())
            case "draft.open":
                await self._once(self._edit_label())
            case "draft.attach":
                await self._attach(argument)
            case "draft.history":
                await self._choose(argument)
            case _ if command_id.startswith("prompt."):
                self._stage.prompt.focus()
                await self._stage.prompt.do(command_id)
            case _:
                return False
        return True

    async def _once(self, work: Coroutine[None, None, None]) -> None:
        """Do something unless an editor has the terminal already: its key may have come twice."""
        if self._busy:
            work.close()
            return
        self._busy = True
        try:
            await work
        finally:
            self._busy = False

    async def _edit_prompt(self) -> None:
        prompt = self._stage.prompt
        typed = asyncio.Event()
        if prompt.call_later(typed.set):  # keys that came before this one
            await typed.wait()
        before = prompt.value
        after = await self._edited(before, "prompt.md")
        if after is None or after == before:
            return
        prompt.put(joined(before, prompt.value, after))
        prompt.move_cursor(prompt.document.end)
        if not after:
            undo = self._stage.way("prompt.undo")
            self._stage.tell(f"The editor's file was empty, and so is the prompt; {undo} brings it back.")

    async def _edit_label(self) -> None:
        prompt = self._stage.prompt
        found = prompt.label_here()
        if found is None:
            self._stage.tell("Put the cursor on a folded paste to open it.", "warning")
            return
        number, held = found
        name = "paste.md" if not held.mention else "attached.md"
        after = await self._edited(held.text, name)
        if after is not None and after != held.text:
            prompt.change_label(number, after)

    async def _edited(self, text: str, name: str) -> str | None:
        """Return a text as the user's editor leaves it; None, and the reason told, when it does not."""
        try:
            command = editor_command(self._environ)
            file = await asyncio.to_thread(EditedFile, text, name)
        except FmtuiError as error:
            self._stage.tell(error, "error")
            return None
        keep = False
        try:
            status = await run_outside(self._stage.app, [*command, str(file.path)])
            if status == 0:
                return await asyncio.to_thread(file.read)
            keep = file.changed()
            raise UsageError(
                f"{_ended(Path(command[0]).name, status)}; the prompt is as it was.",
                f"What was written there is in {file.path}." if keep else "",
            )
        except FmtuiError as error:
            keep = keep or file.changed()
            self._stage.tell(error, "warning")
        except OSError as error:
            self._stage.tell(f"{command[0]} could not be started: {error.strerror}.", "error")
        except SuspendNotSupported:
            self._stage.tell("An editor needs a terminal, and there is none.", "error")
        except asyncio.CancelledError:  # fmtui is ended, and the editor with it
            keep = file.changed()
            if keep and isinstance(self._stage.app, LeanApp):
                self._stage.app.last_words = f"What was written in the editor is in {file.path.parent}."
            raise
        finally:
            if not keep:
                file.remove()
        return None

    async def _attach(self, written: str) -> None:
        prompt = self._stage.prompt
        prompt.focus()
        if not written:
            prompt.write_word("@")  # which opens the list
            return
        try:
            file = await read(written, self._desk.keep_picture)
        except FmtuiError as error:
            self._stage.tell(error, "warning")
            return
        prompt.attach("", file)

    async def _choose(self, query: str) -> None:
        from fmtui.ui.history_picker import HistoryPicker  # noqa: PLC0415 - when it is needed

        prompts = await self._desk.prompts()
        if not prompts:
            self._stage.tell("There is no earlier prompt yet.")
            return
        chosen = await self._stage.app.push_screen_wait(HistoryPicker(prompts, query))
        if chosen is not None:
            self._stage.prompt.write_word(prompts[chosen])
        self._stage.prompt.focus()


def _ended(program: str, status: int) -> str:
    """Return how an editor ended that did not end well."""
    if status >= 0:
        return f"{program} ended with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"{program} was ended by {name}"
