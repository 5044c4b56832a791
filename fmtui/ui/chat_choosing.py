"""Changing what the next reply is asked with: the part of the chat screen behind the sidebar's fields."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from fmtui.core.errors import FmtuiError
from fmtui.core.parameters import Settings, merged, parameter
from fmtui.core.state import Choice, State, StateFile
from fmtui.core.text import one_line
from fmtui.ui.chat_choices import Choices
from fmtui.ui.chat_models import LazyClient, ModelLists
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.chat_welcome import welcome

if TYPE_CHECKING:  # sessions come after the first frame
    from fmtui.ui.chat_shelf import Shelf, Stage

log = logging.getLogger(__name__)


class Memory:
    """What is remembered for the next start; a disk that refuses costs only that."""

    def __init__(self, file: StateFile) -> None:
        self._file = file
        self._one_at_a_time = asyncio.Lock()
        self.state: State = file.load()

    async def keep(self, state: State) -> None:
        """Remember a state, if it is another."""
        if state == self.state:
            return
        before, self.state = self.state, state
        await self._write(lambda: self._file.update(before, state))

    async def set(self, name: str, value: str) -> None:
        """Remember the theme or another setting; forget what was chosen where the value is empty."""
        if name == "theme":
            self.state = replace(self.state, theme=value)
        else:
            self.state = replace(self.state, settings={**self.state.settings, name: value})
        await self._write(lambda: self._file.set(name, value))

    async def _write(self, write: Callable[[], None]) -> None:
        try:
            async with self._one_at_a_time:
                await asyncio.to_thread(write)
        except FmtuiError as error:
            log.warning("the state file could not be written: %s", error)


class Choosing:
    """Takes choices, shows them, remembers them, and learns what the endpoint offers."""

    def __init__(
        self,
        stage: Stage,
        choices: Choices,
        lists: ModelLists,
        board: StatusBoard,
        memory: Memory,
        client: LazyClient,
        shelf: Callable[[], Shelf],
    ) -> None:
        self._client = client
        self._shelf = shelf
        self._typed = tuple(choices.settings)
        self._any_shown = False
        self._stage = stage
        self._choices = choices
        self._lists = lists
        self._board = board
        self._memory = memory
        self.looking = True
        """Whether servers of this machine are still looked for."""
        self.found = not memory.state.endpoint
        """Whether to say what was found, as at the first start."""

    def show(self) -> None:
        """Show the choices as they stand."""
        endpoint = self._choices.endpoint
        sidebar = self._stage.sidebar
        sidebar.show(self._choices.asked(), self._choices.mode, self._choices.rows())
        sidebar.set_models(len(self._lists.known(endpoint)), self._lists.note(endpoint))
        choices = self._choices
        self._stage.conversation.set_empty(
            welcome(
                endpoint,
                choices.endpoints,
                problems=[*choices.problems, *([choices.missing] if choices.missing else [])],
                looking=self.looking,
                found=self.found,
                way=self._stage.way,
            )
        )
        self._board.update()

    def changed(self) -> None:
        """Show and remember a choice that was just made, and learn what the endpoint offers."""
        self._board.last = None
        self.show()
        self._stage.start_worker(self.load_models(), "models")
        self._stage.start_worker(self.remember(), "remember")

    # ---- parameters

    def session_shown(self, settings: Settings, *, fresh: bool) -> None:
        """Take what was set for the session that is shown now.

        Args:
            settings: what its file says.
            fresh: whether it has no turn yet: it goes on with what was set before it.
        """
        choices = self._choices
        if fresh or not self._any_shown:
            choices.settings = merged(settings, choices.settings)
            if choices.settings != settings:
                self._stage.start_worker(self._keep(), "settings")
        else:
            choices.settings = settings
        self._any_shown = True
        self.show()

    async def load_refusals(self) -> None:
        """Learn what models turned out not to take in earlier runs."""
        refusals = (await self._client.get()).refusals
        self._choices.refusals = refusals
        endpoint, params = self._choices.endpoint.name, self._choices.params
        # What was typed on the command line is tried again, whatever the model made of it before.
        await asyncio.to_thread(refusals.forget, endpoint, params.model, self._typed)
        self.show()

    def assign(self, name: str, text: str) -> str:
        """Set a parameter for the session, as it was typed, or take it back for an empty text.

        Returns:
            How it stands now, as a sentence.

        Raises:
            ValueError: with a sentence for people, when it is none.
        """
        own = self._choices.assign(name, text)
        self._board.last = None
        self.show()
        self._stage.start_worker(self._keep(own), "settings")
        return self._choices.said(own)

    def take(self, layer: Settings) -> None:
        """Set several parameters for the session; their values have been checked.

        Raises:
            ValueError: with a sentence for people, when they do not go together; nothing has changed then.
        """
        self._choices.take(layer)
        self._board.last = None
        self.show()
        self._stage.start_worker(self._keep(*layer), "settings")

    async def _keep(self, *again: str) -> None:
        """Keep the settings with the session; have parameters tried again that were set again."""
        choices = self._choices
        if choices.refusals is not None and again:
            asked = choices.params
            await asyncio.to_thread(choices.refusals.forget, asked.endpoint, asked.model, again)
            self.show()
        await self._shelf().configure(choices.settings)

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do a command about models or parameters; return False when it is none."""
        if command_id == "model.switch" and argument:
            await self.switch_model(argument)  # prompts behind it wait until it is done
        elif command_id == "model.switch":
            self._stage.start_worker(self.switch_model(), "dialog")
        elif command_id.startswith("params."):
            self.set_parameter(command_id, argument)
        else:
            return False
        return True

    def set_parameter(self, command_id: str, argument: str) -> None:
        """Do a command about parameters; without an argument the dialog shows them all."""
        name, _, text = argument.replace("=", " ", 1).partition(" ")
        if not argument or command_id == "params.show":
            self._stage.start_worker(self._show_all(), "dialog")
            return
        if command_id == "params.set" and not text.strip():
            self._stage.refuse(self._needed(name), "error")
            return
        try:
            self._stage.tell(self.assign(name, "" if command_id == "params.unset" else text.strip()))
        except ValueError as error:
            self._stage.refuse(f"{error}.", "error")

    def _needed(self, name: str) -> str:
        """Return what a parameter may be set to, or that there is none of that name."""
        try:
            return f"{name} needs a value: {parameter(name).wanted}."
        except ValueError as error:
            return f"{error}."

    async def _show_all(self) -> None:
        from fmtui.ui.parameters_screen import ParametersScreen  # noqa: PLC0415 - most starts never show it

        model = self._choices.params.model
        await self._stage.app.push_screen_wait(ParametersScreen(self._choices.rows, self.assign, model))
        self._stage.prompt.focus()

    @property
    def remembered(self) -> State:
        """What was chosen in earlier runs and in this window."""
        return self._memory.state

    async def set(self, name: str, value: str) -> None:
        """Keep the theme or another setting for the next start."""
        await self._memory.set(name, value)

    async def remember(self, **more: object) -> None:
        """Keep the choices, and what else has changed, for the next start."""
        await self._memory.keep(self._choices.remember(replace(self._memory.state, **more)))  # type: ignore[arg-type]  # names of State's fields

    async def load_models(self, *, again: bool = False) -> None:
        """Ask the chosen endpoint what it offers, and take its default model if none is chosen."""
        endpoint = self._choices.endpoint
        await self._lists.recall()
        loading = asyncio.ensure_future(self._lists.load(endpoint, again=again))
        await asyncio.sleep(0)
        self.show()  # says that the list is asked for
        await loading
        if self._choices.endpoint is endpoint:
            self._choices.settle_model()
        self.show()

    async def switch_model(self, name: str = "") -> None:
        """Take the model of that name, or let the user choose one of any endpoint."""
        before = self._choices.endpoint.name
        chosen = await self.pick(name)
        if chosen is not None:
            self._choices.choose_model(*chosen)
            self.changed()
            if name == chosen[1] and chosen[0] != before:
                self._stage.tell(f"{chosen[0]} is asked from now on: {one_line(name, 80)} is its model.")
            listed = [model.name for model in self._lists.known(self._choices.endpoint)]
            if name and listed and chosen[1] not in listed:
                words = f"{chosen[0]} does not list {one_line(chosen[1], 80)}; it is tried all the same."
                self._stage.tell(words, "warning")

    async def pick(self, name: str = "", title: str = "", apart: Collection[Choice] = ()) -> Choice | None:
        """Return the model of that name, or the one that the user chooses, if any.

        That of the endpoint in use goes before those of others. A name that several others have,
        or that stands for what cannot answer now, is looked up in the list instead of being taken.
        The cursor of the list is on none of those `apart` first.
        """
        from fmtui.ui.chat_switching import Switching, meant_by  # noqa: PLC0415 - most starts never show it

        choices = self._choices
        await self._lists.recall()
        chosen = meant_by(name, choices, self._lists) if name else None
        if chosen is None:
            before = choices.favourites
            chosen = await Switching(self._stage.app, self._lists, choices).pick(name, title, apart)
            if choices.favourites != before:
                self._stage.start_worker(self.remember(), "remember")
        self._stage.prompt.focus()
        return chosen
