"""The user's own prompts: the part of the chat screen behind `/prompt`, `/system` and `/NAME`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from fmtui.core.errors import FmtuiError
from fmtui.core.prompts import (
    INPUT,
    Prompt,
    PromptFolder,
    Prompts,
    Variable,
    built_in,
    check_value,
    layer_of,
    rendered,
    split_values,
)
from fmtui.core.text import one_line
from fmtui.ui.commands import COMMANDS
from fmtui.ui.prompt_rows import Asked, PromptRow
from fmtui.ui.slips import SENDS, slashes_of, slip_of

if TYPE_CHECKING:
    from fmtui.ui.chat_parts import Services

BACK = "back"
"""Typed behind `/system`: what there was before."""
_HERE = "\ud800"
"""Stands for the input while a text is put together: half a character, which comes from nowhere."""


class Prompting:
    """Puts prompts into the editor, and sets the session's system prompt."""

    def __init__(self, services: Services) -> None:
        self._stage = services.stage
        self._choices = services.choices
        self._choosing = services.choosing
        self._shelf = services.shelf
        self._talk = services.talk
        self._folder = PromptFolder.beside(services.setup.config.path)
        self._reading = asyncio.Lock()
        self._before: dict[str, str | None] = {}
        """The system prompt that a session had before the one it has; None for the endpoint's."""

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do a command; return False when it is not one of this part."""
        match command_id:
            case "template.use":
                self._stage.start_worker(self._told(self._use(argument)), "dialog")
            case "template.typed":
                await self._told(self._typed(argument))
            case "template.system" if argument:
                await self._told(self._system(argument))  # prompts behind it wait until it is done
            case "template.system":
                self._stage.start_worker(self._told(self._system(argument)), "dialog")
            case _:
                return False
        return True

    async def _told(self, work: Awaitable[None]) -> None:
        try:
            await work
        except FmtuiError as error:
            self._stage.refuse(error, "error")

    async def _read(self) -> Prompts:
        async with self._reading:
            return await asyncio.to_thread(self._folder.read)

    # ---- choosing one

    async def _use(self, argument: str) -> None:
        """Use the prompt that was named, or let the user choose one."""
        found = await self._read()
        name, _, rest = argument.partition(" ")
        if name:
            await self._apply(found.wanted(name), rest)
            return
        from fmtui.ui.prompt_picker import PromptPicker  # noqa: PLC0415 - when it is needed

        wrong = [str(problem).removeprefix(f"{self._folder.path}/") for problem in found.problems]
        if not found.prompts and not wrong:
            wrong = [f"In {self._folder.path}; fmtui prompts example prints one to begin with."]
        chosen = await self._stage.app.push_screen_wait(
            PromptPicker([_row(each) for each in found.prompts], wrong)
        )
        self._stage.prompt.focus()
        prompt = found.named(chosen or "")
        if prompt is not None:
            await self._apply(prompt, "", look=True)

    async def _typed(self, text: str) -> None:
        """Do what a line means that begins with a slash and a name that no command has."""
        found = await self._read()
        name = text[1:].split(None, 1)[0]
        prompt = found.named(name)
        if prompt is None:
            own = {f"/{each.name}": True for each in found.prompts}
            if slip := slip_of(text, slashes_of(COMMANDS) | own):
                self._stage.prompt.restore(text)
                self._stage.tell(f"{slip} {SENDS}", "warning")
            else:
                self._talk.submit(text)
            return
        # It may have to ask, which takes as long as the user does: the command is done by then.
        self._stage.start_worker(self._told(self._apply(prompt, text[1 + len(name) :])), "dialog")

    # ---- using it

    async def _apply(self, prompt: Prompt, words: str, *, look: bool = False) -> None:
        """Put the text into the editor, and take the system prompt and the parameters.

        Args:
            prompt: the file.
            words: what was typed behind its name.
            look: whether to ask for variables that have a default, too.
        """
        given, rest = split_values(prompt, words)
        values = await self._values(prompt, given, look=look)
        if values is None:
            self._stage.prompt.restore(f"/{prompt.name} {words.lstrip(' ')}" if words.strip() else "")
            return
        said = []
        if prompt.text.strip():
            self._insert(prompt, values, rest)
            said.append("in the editor")
        elif rest:
            self._stage.prompt.restore(rest)
        system = rendered(prompt, values)[1]
        said += self._take(prompt, system)
        self._stage.tell(
            f"{prompt.name}: {', '.join(said)}." if said else f"{prompt.name} changes nothing here."
        )

    async def _values(self, prompt: Prompt, given: Mapping[str, str], *, look: bool) -> dict[str, str] | None:
        """Return a value for every variable; None when the user would rather not."""
        known = {each.name: each for each in prompt.variables}
        asked = self._choices.asked()
        now = datetime.now().astimezone()
        values = prompt.values(
            given, built_in(prompt.endpoint or asked.endpoint, prompt.model or asked.model, now)
        )
        wrong = [name for name, value in given.items() if name in known and not _fits(known[name], value)]
        missing = prompt.missing({**values, INPUT: ""})
        open_ones = [each for each in prompt.variables if each.name not in given or each.name in wrong]
        ask = [*open_ones, *(each for each in missing if each.name not in known)]
        if ask and (missing or wrong or look):
            from fmtui.ui.values_screen import ValuesScreen  # noqa: PLC0415 - when it is needed

            answer = await self._stage.app.push_screen_wait(
                ValuesScreen(
                    f"Prompt · {prompt.name}", [_asked(each, values.get(each.name, "")) for each in ask]
                )
            )
            self._stage.prompt.focus()
            if answer is None:
                return None
            values |= answer
        return values

    def _insert(self, prompt: Prompt, values: Mapping[str, str], rest: str) -> None:
        """Put the text into the editor; what stands there already is its input, if it takes any."""
        editor = self._stage.prompt
        wraps = prompt.takes_input and not rest and bool(editor.text.strip())
        text = rendered(prompt, values, rest or (_HERE if prompt.takes_input else ""))[0]
        before, *others = text.split(_HERE)
        with editor.apart():
            if wraps:  # around it, so that it stays what it is: labels are not taken apart
                after = editor.value.join(others)
                editor.replace(
                    after, editor.document.end, editor.document.end, maintain_selection_offset=False
                )
                editor.replace(before, (0, 0), (0, 0), maintain_selection_offset=False)
                editor.move_cursor(editor.document.end)
            else:
                start = min(editor.selection)
                editor.replace("".join((before, *others)), *editor.selection, maintain_selection_offset=False)
                if others:
                    lines = before.split("\n")
                    column = len(lines[-1]) + (start[1] if len(lines) == 1 else 0)
                    row = start[0] + len(lines) - 1
                    # A text that was folded has no such place.
                    if row < editor.document.line_count and column <= len(editor.document.get_line(row)):
                        editor.move_cursor((row, column))
        editor.focus()

    def _take(self, prompt: Prompt, system: str) -> list[str]:
        """Take endpoint, model, parameters and system prompt; return what was done, in words."""
        said = []
        names = [each.name for each in self._choices.endpoints]
        if prompt.endpoint and prompt.endpoint not in names:
            self._stage.tell(
                f"{prompt.name} asks for the endpoint {prompt.endpoint}, which is not offered.", "warning"
            )
        elif prompt.model or prompt.endpoint:
            endpoint = prompt.endpoint or self._choices.endpoint.name
            if prompt.model:
                self._choices.choose_model(endpoint, prompt.model)
            else:
                self._choices.choose_endpoint(endpoint)
            self._choosing.changed()
            said.append(f"model {self._choices.asked().model}")
        layer = layer_of(prompt, system)
        if "system" in layer:
            self._note_system()
            said.append(f"its system prompt for this session (/system {BACK} undoes)")
        if layer:
            try:
                self._choosing.take(layer)
            except ValueError as error:
                self._stage.tell(f"{error}.", "error")
                return said
        return [*said, *(f"{name} {value}" for name, value in prompt.params.items())]

    # ---- the system prompt

    def _note_system(self) -> None:
        """Keep the system prompt that is about to be replaced."""
        self._before[self._shelf.shown_id] = self._choices.settings.get("system")

    def _set_system(self, text: str | None) -> None:
        if text == self._choices.settings.get("system"):
            return
        self._note_system()
        if text is None or not text.strip():
            self._choosing.assign("system", "")
        else:
            self._choosing.take({"system": text})

    def _say_system(self) -> None:
        text = self._choices.asked().system
        if not text:
            words = "No system prompt is sent."
        else:
            own = "this session's own" if "system" in self._choices.settings else "the configuration's"
            words = f"The system prompt is {own}: “{one_line(text, 60)}”"
        back = f" · /system {BACK} undoes" if self._shelf.shown_id in self._before else ""
        self._stage.tell(words + back)

    async def _system(self, argument: str) -> None:
        """Show the session's system prompt, or set it: by a prompt's name, as text, or as it was before."""
        await self._shelf.ready.wait()
        words = argument.strip()
        if not words:
            await self._edit_system()
        elif words == BACK:
            session = self._shelf.shown_id
            if session not in self._before:
                self._stage.refuse("This session had no other system prompt.")
                return
            self._set_system(self._before[session])
            self._say_system()
        elif " " in words:
            self._set_system(words)
            self._say_system()
        else:
            prompt = (await self._read()).wanted(words)
            values = await self._values(prompt, {}, look=False)
            if not prompt.system.strip():
                self._stage.refuse(f"{prompt.name} has no system prompt; /prompt {prompt.name} uses it.")
            elif values is not None:
                self._set_system(rendered(prompt, values)[1])
                self._say_system()

    async def _edit_system(self) -> None:
        from fmtui.ui.system_screen import SystemScreen  # noqa: PLC0415 - when it is needed

        row = next((each for each in self._choices.rows() if each.name == "system"), None)
        if row is None:
            self._stage.tell("Completions have no system prompt.", "warning")
            return
        text = self._choices.asked().system
        kept = await self._stage.app.push_screen_wait(SystemScreen(text, row.source if text else ""))
        self._stage.prompt.focus()
        if kept is not None and kept != text:
            self._set_system(kept or None)
            self._say_system()


def _row(prompt: Prompt) -> PromptRow:
    gives = [kind for kind, text in (("text", prompt.text), ("system", prompt.system)) if text.strip()]
    begins = prompt.text.strip() or prompt.system.strip()
    return PromptRow(prompt.name, prompt.description, " + ".join(gives), begins)


def _asked(variable: Variable, value: str) -> Asked:
    return Asked(
        variable.name,
        value,
        partial(check_value, variable),
        variable.choices,
        variable.description,
        may_be_empty=variable.default == "",
    )


def _fits(variable: Variable, value: str) -> bool:
    try:
        check_value(variable, value)
    except ValueError:
        return False
    return True
