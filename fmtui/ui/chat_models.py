"""What each endpoint offers: the part of the chat screen that asks endpoints for their models.

Lists are asked for once and remembered until a refresh; a failing list is a sentence to
show, never a reason not to chat, since a model's name can be typed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fmtui.core.chat import Mode, Model
from fmtui.core.endpoints import Endpoint, task_in_doubt
from fmtui.core.errors import FmtuiError

if TYPE_CHECKING:  # the client brings httpx, which the first frame does without
    from fmtui.core.client import Client


TASK_LIMIT_S = 3.0
"""How long a list may hold up a request for the sake of the mode."""


class LazyClient:
    """The client, made when it is first needed: importing it takes longer than a frame.

    Args:
        connect: makes the client; runs in a thread.
    """

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._client: Client | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get(self) -> Client:
        """Return the client."""
        async with self._one_at_a_time:
            if self._client is None:
                self._client = await asyncio.to_thread(self._connect)
            return self._client

    async def aclose(self) -> None:
        """Close the client's connections, if it was ever made."""
        if self._client is not None:
            await self._client.aclose()


class ModelLists:
    """The model lists of all endpoints, asked for on demand.

    Args:
        connect: gives the client; awaited at the first use.
    """

    def __init__(self, connect: Callable[[], Awaitable[Client]]) -> None:
        self._connect = connect
        self._lists: dict[str, list[Model]] = {}
        self._notes: dict[str, str] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    def known(self, endpoint: Endpoint) -> list[Model]:
        """Return the models known so far: listed by the server, else those of the configuration."""
        listed = self._lists.get(endpoint.name)
        if listed:
            return listed
        names = endpoint.models or ((endpoint.model,) if endpoint.model else ())
        return [Model(name) for name in names]

    def note(self, endpoint: Endpoint) -> str:
        """Return why the list is missing or short; empty when there is nothing to say."""
        if endpoint.name in self._asking:
            return "asking for the list…"
        return self._notes.get(endpoint.name, "")

    async def load(self, endpoint: Endpoint, *, again: bool = False) -> None:
        """Ask the endpoint for its models, unless that was done; one request at a time each."""
        running = self._asking.get(endpoint.name)
        if running is None:
            if endpoint.name in self._lists and not again:
                return
            running = asyncio.create_task(self._ask(endpoint))
            self._asking[endpoint.name] = running
        await asyncio.shield(running)

    async def _ask(self, endpoint: Endpoint) -> None:
        try:
            client = await self._connect()
            self._lists[endpoint.name] = await client.models(endpoint)
            self._notes[endpoint.name] = "" if self._lists[endpoint.name] else "the endpoint lists no models"
        except FmtuiError as error:
            self._notes[endpoint.name] = str(error)
        finally:
            del self._asking[endpoint.name]

    async def learn_task(self, endpoint: Endpoint, model: str) -> None:
        """See to it that the mode of a model is known, where that takes a list; not for long."""
        asked = endpoint.name in self._lists or endpoint.name in self._notes
        if not asked and task_in_doubt(endpoint, model):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TASK_LIMIT_S):
                    await self.load(endpoint)

    def default(self, endpoint: Endpoint) -> str:
        """Return the model to start with: the configured one, else the first that is ready."""
        if endpoint.model:
            return endpoint.model
        models = self.known(endpoint)
        ready = [m for m in models if m.ready]
        chat = [m for m in ready if m.mode != "completion"]
        return (chat or ready or models or [Model("")])[0].name

    def mode(self, endpoint: Endpoint, model: str) -> Mode:
        """Return the mode that the configuration or the model's task asks for; chat when neither does."""
        if endpoint.mode is not None:
            return endpoint.mode
        for known in self.known(endpoint):
            if known.name == model and known.mode is not None:
                return known.mode
        return "chat"
