"""Changing what the next reply is asked with: the part of the chat screen behind the sidebar's fields."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from textual.app import App

from fmtui.core.errors import FmtuiError
from fmtui.core.state import Choice, State, StateFile
from fmtui.ui.chat_choices import Choices
from fmtui.ui.chat_models import ModelLists
from fmtui.ui.chat_shelf import Stage
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.chat_welcome import welcome

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
        try:
            async with self._one_at_a_time:
                await asyncio.to_thread(self._file.update, before, state)
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
    ) -> None:
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
        sidebar.show(self._choices.asked(), self._choices.mode)
        sidebar.set_models(len(self._lists.known(endpoint)), self._lists.note(endpoint))
        choices = self._choices
        self._stage.conversation.set_empty(
            welcome(
                endpoint,
                choices.endpoints,
                problems=choices.problems,
                looking=self.looking,
                found=self.found,
            )
        )
        self._board.update()

    def changed(self) -> None:
        """Show and remember a choice that was just made, and learn what the endpoint offers."""
        self._board.last = None
        self.show()
        self._stage.start_worker(self.load_models(), "models")
        self._stage.start_worker(self.remember(), "remember")

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

    async def switch_model(self, app: App[None], name: str = "") -> None:
        """Take the model of that name at the endpoint in use, or let the user choose one of any endpoint.

        A name that stands for something else as well, or for what cannot answer now, is looked
        up in the list instead of being taken.
        """
        from fmtui.ui.chat_switching import Switching, is_plain  # noqa: PLC0415 - most starts never show it

        choices = self._choices
        await self._lists.recall()
        if name and is_plain(name, choices, self._lists):
            chosen: Choice | None = (choices.endpoint.name, name)
        else:
            before = choices.favourites
            chosen = await Switching(app, self._lists, choices).pick(name)
            if choices.favourites != before:
                self._stage.start_worker(self.remember(), "remember")
        if chosen is not None:
            choices.choose_model(*chosen)
            self.changed()
        self._stage.prompt.focus()
