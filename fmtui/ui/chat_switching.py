"""Switching the model: the part of the chat screen that fills the list of all endpoints' models.

The list is there at once, from what is known; every endpoint is asked behind it, and what
comes is put in while the user looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from datetime import datetime

from textual.app import App

from fmtui.core.chat import Model
from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.state import Choice
from fmtui.core.text import one_line
from fmtui.ui.chat_choices import Choices, rows
from fmtui.ui.chat_models import ModelLists
from fmtui.ui.figures import short_date
from fmtui.ui.model_rows import ModelRow, Place
from fmtui.ui.model_switcher import ModelSwitcher

_OLD_S = 60.0
"""Seconds from which a list has an age that is worth a word."""

_TOGETHER_S = 0.05
"""Seconds that a list waits for others before all are shown."""


def rows_of(choices: Choices, lists: ModelLists) -> list[ModelRow]:
    """Return the models of all endpoints, each once.

    The one in use is first, then those used last, then those with a star; then all others,
    those of the endpoint in use first, as their server lists them.
    """
    recent, starred = set(choices.recent), set(choices.favourites)
    endpoints = {endpoint.name: endpoint for endpoint in _ordered(choices)}
    known = {
        (endpoint.name, model.name): lists.hinted(endpoint, model)
        for endpoint in endpoints.values()
        for model in lists.known(endpoint)
    }
    current = choices.params.endpoint, choices.params.model
    first: list[Choice] = [current] if current[1] else []
    ranked = dict.fromkeys([*first, *choices.recent, *choices.favourites, *known])
    return [
        ModelRow(
            choice[0],
            known.get(choice) or _unlisted(endpoints[choice[0]], choice[1], lists),
            choice in starred,
            choice in recent,
        )
        for choice in ranked
        if choice[0] in endpoints
    ]


def meant_by(name: str, choices: Choices, lists: ModelLists) -> Choice | None:
    """Return endpoint and model where a whole name can only mean one, and that can answer; else None.

    A name that no list holds is meant for the endpoint in use, which may know more than it lists.
    """
    known = {
        endpoint.name: model
        for endpoint in _ordered(choices)
        for model in lists.known(endpoint)
        if model.name == name
    }
    here = choices.endpoint.name
    if not known:
        return None if name in lists.listing(choices.endpoint).gone else (here, name)
    endpoint = here if here in known else next(iter(known))
    alone = endpoint == here or len(known) == 1
    return (endpoint, name) if alone and known[endpoint].ready else None


def places_of(choices: Choices, lists: ModelLists) -> list[Place]:
    """Return the endpoints and the states of their lists, the one in use first."""
    sources = dict(rows(choices.endpoints))
    return [
        Place(
            endpoint.name,
            sources[endpoint.name],
            list_state(endpoint, lists),
            {name: _gone(seen) for name, seen in lists.listing(endpoint).gone.items()},
        )
        for endpoint in _ordered(choices)
    ]


def list_state(endpoint: Endpoint, lists: ModelLists) -> str:
    """Return how old a list is, and why there is no later one; empty for one that was just read."""
    listing, age = lists.listing(endpoint), lists.age(endpoint)
    old = "" if age is None or age < _OLD_S or endpoint.name == DEMO.name else f"list {age_of(age)} old"
    if listing.asking is not None:
        return f"{old}, asking again…" if old else "asking for the list…"
    problem = lists.note(endpoint)
    return f"{problem} · {old}" if problem and old else problem or old


def summary(choices: Choices, lists: ModelLists) -> str:
    """Return what is to be known of all lists: how many are asked for, and which could not be had."""
    asking = sum(lists.listing(endpoint).asking is not None for endpoint in choices.endpoints)
    parts = [f"asking {asking} endpoint{'' if asking == 1 else 's'}…"] if asking else []
    for endpoint in _ordered(choices):
        listing = lists.listing(endpoint)
        if listing.problem and listing.asking is None:
            age = lists.age(endpoint) if listing.models else None
            old = f" (list {age_of(age)} old)" if age is not None else ""
            # Where there is nothing else to choose from, it is said what to do about it too.
            told = choices.missing if endpoint is choices.endpoint else ""
            parts.append(told or f"{endpoint.name}: {one_line(listing.reason, 90).rstrip('.')}{old}")
    return " · ".join(parts)


def age_of(seconds: float) -> str:
    """Return an age in words: `5 min`, `3 h`, `2 days`."""
    if seconds < 5400:
        return f"{max(1, round(seconds / 60))} min"
    if seconds < 129_600:
        return f"{round(seconds / 3600)} h"
    return f"{round(seconds / 86_400)} days"


def _ordered(choices: Choices) -> Iterator[Endpoint]:
    """Yield the endpoints, the one in use first."""
    current = choices.endpoint
    yield current
    yield from (endpoint for endpoint in choices.endpoints if endpoint.name != current.name)


def _unlisted(endpoint: Endpoint, name: str, lists: ModelLists) -> Model:
    """Return a model that no list holds: typed by hand, or no longer listed."""
    seen = lists.listing(endpoint).gone.get(name)
    model = Model(name) if seen is None else Model(name, ready=False, note=_gone(seen))
    return lists.hinted(endpoint, model)


def _gone(seen: float) -> str:
    now = datetime.now().astimezone()
    return (
        f"not listed since {short_date(datetime.fromtimestamp(seen).astimezone(), now)}: retired or renamed"
    )


class Switching:
    """One opening of the list.

    Args:
        app: shows it.
        lists: gives the models.
        choices: says what is in use, and takes stars.
    """

    def __init__(self, app: App[None], lists: ModelLists, choices: Choices) -> None:
        self._app = app
        self._lists = lists
        self._choices = choices
        self._filling: set[asyncio.Task[None]] = set()
        self._switcher: ModelSwitcher | None = None
        self._due = False

    async def pick(self, query: str = "", title: str = "", apart: Collection[Choice] = ()) -> Choice | None:
        """Let the user choose; return endpoint and model, None when nothing was chosen.

        Args:
            query: what the list is narrowed to at first.
            title: what the choice is for, when it is not to stay.
            apart: models that are hardly wanted: the cursor is on another at first.
        """
        choices = self._choices
        await self._lists.recall()
        self._ask(again=False)
        await asyncio.sleep(0)  # it is known by then who is asked
        self._switcher = ModelSwitcher(
            rows_of(choices, self._lists),
            ModelRow.key_of(choices.params.endpoint, choices.params.model),
            places=places_of(choices, self._lists),
            note=summary(choices, self._lists),
            query=query,
            star=lambda row, starred: choices.star((row.endpoint, row.model.name), starred=starred),
            ask_again=lambda: self._ask(again=True),
            title=title or "Switch model",
            apart={ModelRow.key_of(*each) for each in apart},
        )
        try:
            chosen = await self._app.push_screen_wait(self._switcher)
        finally:
            self._switcher = None
            for task in self._filling:
                task.cancel()
        return None if chosen is None else (chosen.endpoint, chosen.model.name)

    def _ask(self, *, again: bool) -> None:
        for endpoint in _ordered(self._choices):
            task = asyncio.create_task(self._fill(endpoint, again=again))
            self._filling.add(task)
            task.add_done_callback(self._filling.discard)

    async def _fill(self, endpoint: Endpoint, *, again: bool) -> None:
        loading = asyncio.ensure_future(self._lists.load(endpoint, again=again))
        await asyncio.sleep(0)
        if not loading.done():  # else it is too young to be asked for again
            self._changed()
            await loading
            self._changed()

    def _changed(self) -> None:
        """Show what has changed, with all that changes in the next moment: many answer together."""
        if self._switcher is not None and not self._due:
            self._due = True
            self._app.set_timer(_TOGETHER_S, self._show)

    def _show(self) -> None:
        self._due = False
        if self._switcher is not None:
            choices, lists = self._choices, self._lists
            self._switcher.set_rows(
                rows_of(choices, lists), places_of(choices, lists), summary(choices, lists)
            )
