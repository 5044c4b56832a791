"""What the next reply is asked with: the part of the chat screen that joins the user's choices.

Each choice has one home here: the endpoint, its model, the mode and the numbers. What was
not chosen falls back to the endpoint's configuration, then to what was used last time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from fmtui.core.chat import DEFAULT_MAX_TOKENS, Params
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import FmtuiError
from fmtui.core.record import record
from fmtui.core.state import MOST_FAVOURITES, MOST_RECENT, Choice, State
from fmtui.ui.chat_models import ModelLists
from fmtui.ui.setup import Setup

ModeChoice = Literal["auto", "chat", "completion"]


def rows(endpoints: Sequence[Endpoint]) -> list[tuple[str, str]]:
    """Return the endpoints as the sidebar lists them: name and where each came from, in few letters."""
    return [
        (each.name, each.source.removesuffix(f" [{each.name}]").removeprefix("answers on "))
        for each in endpoints
    ]


@record
class Chosen:
    """What a prompt is asked with: the choices as they stood when it was sent."""

    endpoint: Endpoint
    params: Params
    mode: ModeChoice


class Choices:
    """Endpoint, model, mode and numbers, as they stand now."""

    def __init__(self, setup: Setup, remembered: State, lists: ModelLists) -> None:
        self.endpoints: list[Endpoint] = list(setup.endpoints)
        self.mode: ModeChoice = setup.mode or "auto"
        self.problems = setup.problems
        """What is wrong with the configuration."""
        self._lists = lists
        self._remembered = dict(remembered.models)
        self.recent = remembered.recent
        """Models used last, the latest first."""
        self.favourites = remembered.favourites
        """Models with a star, the latest first."""
        wanted = (setup.endpoint, setup.config.default_endpoint, remembered.endpoint)
        names = [endpoint.name for endpoint in self.endpoints]
        name = next((name for name in wanted if name in names), names[0])
        self.params = Params(endpoint=name)
        self.choose_endpoint(name)
        if setup.model:
            self.choose_model(name, setup.model)
        if setup.max_tokens is not None:
            self.params = replace(self.params, max_tokens=setup.max_tokens)

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that the next reply comes from."""
        return next(e for e in self.endpoints if e.name == self.params.endpoint)

    def choose_endpoint(self, name: str) -> None:
        """Go to another endpoint, with the model last used there and its own defaults."""
        endpoint = next((e for e in self.endpoints if e.name == name), None)
        if endpoint is None:
            return
        self._left()
        self.params = Params(
            endpoint=name,
            model=self._remembered.get(name) or self._lists.default(endpoint),
            max_tokens=endpoint.max_tokens or DEFAULT_MAX_TOKENS,
            temperature=endpoint.temperature,
            system=self.params.system or endpoint.system,
        )

    def choose_model(self, endpoint: str, model: str) -> None:
        """Take a model, and its endpoint with it."""
        if endpoint != self.params.endpoint:
            self.choose_endpoint(endpoint)
        self._left()
        self.params = replace(self.params, model=model)
        self._remembered[endpoint] = model
        self._left()

    def _left(self) -> None:
        """Remember the model as used, so that there is a quick way back to it."""
        if self.params.model:
            choice = self.params.endpoint, self.params.model
            self.recent = _first(choice, self.recent)[:MOST_RECENT]

    def star(self, choice: Choice, *, starred: bool) -> None:
        """Give a model a star, or take it away."""
        others = tuple(each for each in self.favourites if each != choice)
        self.favourites = _first(choice, others)[:MOST_FAVOURITES] if starred else others

    def take_numbers(self, params: Params) -> None:
        """Take the numbers and the system prompt of the sidebar."""
        self.params = replace(
            self.params,
            max_tokens=params.max_tokens,
            temperature=params.temperature,
            system=params.system,
        )

    def settle_model(self) -> None:
        """Take the endpoint's default model when none was chosen, now that its list may be known."""
        if not self.params.model:
            self.params = replace(self.params, model=self._lists.default(self.endpoint))

    def chosen(self) -> Chosen:
        """Return all choices as they stand now."""
        return Chosen(self.endpoint, self.params, self.mode)

    def asked(self) -> Params:
        """Return the parameters of a request sent now, with the mode as far as it is known."""
        return self._with_mode(self.chosen())

    async def settled(self, chosen: Chosen) -> Params:
        """Return the parameters of a request, once the mode is known where it follows the model's task."""
        if chosen.mode == "auto":
            await self._lists.learn_task(chosen.endpoint, chosen.params.model)
        return self._with_mode(chosen)

    def _with_mode(self, chosen: Chosen) -> Params:
        mode = chosen.mode
        if mode == "auto":
            mode = self._lists.mode(chosen.endpoint, chosen.params.model)
        return replace(chosen.params, mode=mode)

    def offer(self, more: Sequence[Endpoint]) -> bool:
        """Offer further endpoints, before the demo; return whether any was new."""
        names = {e.name for e in self.endpoints}
        urls = {e.url for e in self.endpoints}
        fresh = [e for e in more if e.name not in names and e.url not in urls]
        self.endpoints[-1:-1] = fresh
        return bool(fresh)

    def take_endpoints(
        self, endpoints: Sequence[Endpoint], local: Sequence[Endpoint], problems: Sequence[FmtuiError]
    ) -> None:
        """Offer what was found now instead; the endpoint in use stays, also when it is gone.

        Args:
            endpoints: all but the servers of this machine, the demo last.
            local: those servers.
            problems: what is wrong with the configuration.
        """
        current = self.endpoint
        self.endpoints = list(endpoints)
        self.offer(local)
        if current.name not in {e.name for e in self.endpoints}:
            self.endpoints.insert(-1, current)
        self.problems = tuple(problems)

    def remember(self, state: State) -> State:
        """Return the state with what should be remembered for the next start."""
        return replace(
            state,
            endpoint=self.params.endpoint,
            models=dict(self._remembered),
            recent=self.recent,
            favourites=self.favourites,
        )


def _first(choice: Choice, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Return the choices with one of them, or a new one, before the others."""
    return (choice, *(each for each in choices if each != choice))
