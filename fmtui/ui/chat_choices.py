"""What the next reply is asked with: the part of the chat screen that joins the user's choices.

Each choice has one home here: the endpoint, its model, the mode and the numbers. What was
not chosen falls back to the endpoint's configuration, then to what was used last time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from fmtui.core.chat import Mode, Params
from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.errors import FmtuiError
from fmtui.core.parameters import (
    PARAMETERS,
    Settings,
    applied,
    assigned,
    conflict,
    merged,
    parameter,
    parameter_of,
    source_of,
    unassigned,
    value_of,
)
from fmtui.core.record import record
from fmtui.core.state import MOST_FAVOURITES, MOST_RECENT, Choice, State
from fmtui.ui.chat_models import ModelLists
from fmtui.ui.setting import Setting
from fmtui.ui.setup import Setup

if TYPE_CHECKING:  # the first frame does without it
    from fmtui.core.refusals import Refusals

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
    """Endpoint, model, mode and parameters, as they stand now."""

    def __init__(self, setup: Setup, remembered: State, lists: ModelLists) -> None:
        self.endpoints: list[Endpoint] = list(setup.endpoints)
        self.mode: ModeChoice = setup.mode or "auto"
        self.problems = setup.problems
        """What is wrong with the configuration."""
        self.settings: Settings = dict(setup.params)
        """The parameters that were set for the shown session."""
        self.refusals: Refusals | None = None
        """What models turned out not to take; loaded after the first frame."""
        self._lists = lists
        self._remembered = dict(remembered.models)
        self.recent = remembered.recent
        """Models used last, the latest first."""
        self.favourites = remembered.favourites
        """Models with a star, the latest first."""
        wanted = (setup.endpoint, setup.config.default_endpoint, remembered.endpoint)
        names = [endpoint.name for endpoint in self.endpoints]
        self._endpoint = next((name for name in wanted if name in names), names[0])
        self._model = ""
        self.choose_endpoint(self._endpoint)
        if setup.model:
            self.choose_model(self._endpoint, setup.model)

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that the next reply comes from."""
        return next(e for e in self.endpoints if e.name == self._endpoint)

    @property
    def params(self) -> Params:
        """What the next reply is asked with, in the mode that was chosen, or else the likeliest."""
        return self._params("chat" if self.mode == "auto" else self.mode)

    def _params(self, mode: Mode) -> Params:
        endpoint = self.endpoint
        return applied(Params(endpoint.name, self._model, mode), endpoint.params, self.settings)

    def choose_endpoint(self, name: str) -> None:
        """Go to another endpoint, with the model last used there; what was set for the session stays."""
        endpoint = next((e for e in self.endpoints if e.name == name), None)
        if endpoint is None:
            return
        self._left()
        self._endpoint = name
        self._model = self._remembered.get(name) or self._lists.default(endpoint)

    def choose_model(self, endpoint: str, model: str) -> None:
        """Take a model, and its endpoint with it."""
        if endpoint != self._endpoint:
            self.choose_endpoint(endpoint)
        self._left()
        self._model = model
        self._remembered[endpoint] = model
        self._left()

    def _left(self) -> None:
        """Remember the model as used, so that there is a quick way back to it."""
        if self._model:
            choice = self._endpoint, self._model
            self.recent = _first(choice, self.recent)[:MOST_RECENT]

    def star(self, choice: Choice, *, starred: bool) -> None:
        """Give a model a star, or take it away."""
        others = tuple(each for each in self.favourites if each != choice)
        self.favourites = _first(choice, others)[:MOST_FAVOURITES] if starred else others

    def assign(self, name: str, text: str) -> str:
        """Set a parameter for the session, as it was typed; an empty text takes it back.

        Returns:
            The parameter's own name, as it may be typed in other ways.

        Raises:
            ValueError: with a sentence for people; nothing has changed then.
        """
        settings = assigned(self.settings, name, text) if text.strip() else unassigned(self.settings, name)
        before, self.settings = self.settings, settings
        problem = conflict(self.asked())
        if problem:
            self.settings = before
            raise ValueError(problem)
        whole, _, field = name.strip().partition(".")
        return f"{parameter(whole).name}.{field}" if field else parameter(whole).name

    def take(self, layer: Settings) -> None:
        """Set several parameters for the session; raises what `assign` does."""
        before, self.settings = self.settings, merged(self.settings, layer)
        problem = conflict(self.asked())
        if problem:
            self.settings = before
            raise ValueError(problem)

    def check(self, name: str, text: str) -> None:
        """Judge a parameter that was typed; raises what `assign` does, and changes nothing."""
        before = self.settings
        try:
            self.assign(name, text)
        finally:
            self.settings = before

    def said(self, name: str) -> str:
        """Return how a parameter stands, as a sentence."""
        known, asked = parameter(name.partition(".")[0]), self.asked()
        value = value_of(asked, known.name)
        source = source_of(known.name, self.endpoint.params, self.settings)
        words = f"is {known.left_out}" if value is None else f"is {known.typed(value)} ({source})"
        other = "" if asked.mode in known.modes else f"; it applies in {known.modes[0]} mode only"
        return f"{known.name} {words}{other}."

    def rows(self) -> list[Setting]:
        """Return the parameters that apply in the mode of the next request, as widgets show them."""
        asked, given = self.asked(), self.endpoint.params
        refused = self._refused()
        return [
            Setting(
                known.name,
                "" if (value := value_of(asked, known.name)) is None else known.typed(value),
                source_of(known.name, given, self.settings),
                partial(self.check, known.name),
                known.help,
                refused.get(known.name, ""),
                known.left_out,
            )
            for known in PARAMETERS
            if asked.mode in known.modes
        ]

    def _refused(self) -> dict[str, str]:
        if self.refusals is None:
            return {}
        known = self.refusals.of(self._endpoint, self._model)
        return {parameter_of(field): words for field, words in known.items()}

    @property
    def missing(self) -> str:
        """Why there is no model to ask, where the endpoint gave no list to take one from; mostly empty."""
        problem = "" if self._model else self._lists.listing(self.endpoint).problem
        return f"{self._endpoint}: {problem}" if problem else ""

    @property
    def awaited(self) -> bool:
        """Whether there is no model yet, as the list to take one from is on its way."""
        listing = self._lists.listing(self.endpoint)
        return not self._model and (listing.asking is not None or not listing.asked)

    def settle_model(self) -> None:
        """Take the endpoint's default model when none was chosen, now that its list may be known."""
        if not self._model:
            self._model = self._lists.default(self.endpoint)

    def chosen(self) -> Chosen:
        """Return all choices as they stand now."""
        return Chosen(self.endpoint, self.params, self.mode)

    def chosen_once(self, choice: Choice) -> Chosen:
        """Return all choices with another model, for one request; it counts as used."""
        name, model = choice
        self.recent = _first(choice, self.recent)[:MOST_RECENT]
        endpoint = next((each for each in self.endpoints if each.name == name), self.endpoint)
        params = applied(Params(endpoint.name, model, self.params.mode), endpoint.params, self.settings)
        return Chosen(endpoint, params, self.mode)

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
            endpoint=state.endpoint if self._endpoint == DEMO.name else self._endpoint,
            models=dict(self._remembered),
            recent=self.recent,
            favourites=self.favourites,
        )


def _first(choice: Choice, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Return the choices with one of them, or a new one, before the others."""
    return (choice, *(each for each in choices if each != choice))
