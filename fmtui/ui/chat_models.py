"""What each endpoint offers: the part of the chat screen that asks endpoints for their models.

What was listed before is there at once, from a file, and is asked for again behind. A list
that cannot be had is a sentence to show beside the one that there was, never a reason not
to chat, since a model's name can be typed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.chat import Mode, Model
from fmtui.core.endpoints import DEMO, Endpoint, task_in_doubt
from fmtui.core.errors import AuthError, FmtuiError, ProtocolError, ServerError

if TYPE_CHECKING:  # the client brings httpx, which the first frame does without; the file is read after it
    from fmtui.core.client import Client
    from fmtui.core.model_cache import KnownList

log = logging.getLogger(__name__)

TASK_LIMIT_S = 3.0
"""How long a list may hold up a request for the sake of the mode."""
FRESH_S = 300.0
"""Seconds for which a list that was read is not asked for again, unless the user wants it."""

Hinted = Callable[[Endpoint, Model], Model]
"""Adds to a listed model what is known of it otherwise."""


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


class Shelved:
    """The file with the lists, read once and written behind.

    Args:
        path: where it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lists: dict[str, KnownList] | None = None
        self._reading = asyncio.Lock()
        self._new: dict[str, KnownList] = {}
        self._writing: asyncio.Task[None] | None = None

    async def read(self) -> None:
        """Read the file, unless that was done."""
        async with self._reading:
            if self._lists is None:
                self._lists = await asyncio.to_thread(self._load)

    def _load(self) -> dict[str, KnownList]:
        from fmtui.core.model_cache import ModelCache  # noqa: PLC0415 - the first frame does without

        return ModelCache(self._path).load()

    def get(self, endpoint: Endpoint) -> KnownList | None:
        """Return what was read for an endpoint, if the list is of its server."""
        found = self._lists.get(endpoint.name) if self._lists else None
        if found is None:
            return None
        from fmtui.core.model_cache import origin_of  # noqa: PLC0415 - it was imported to read the file

        return found if found.origin == origin_of(endpoint) else None

    def put(self, endpoint: Endpoint, models: list[Model], now: float) -> KnownList:
        """Return a list as it is to be kept, and keep it; several that come together are written once."""
        from fmtui.core.model_cache import KnownList, origin_of  # noqa: PLC0415 - the first frame does without

        routed = frozenset(model.name for model in models if model.url)
        known = KnownList(origin_of(endpoint), now, tuple(models), routed=routed)
        before = self.get(endpoint)
        known = before.followed_by(known) if before is not None else known
        self._lists = {**(self._lists or {}), endpoint.name: known}
        if endpoint.name != DEMO.name:  # it answers at once, without a network
            self._new[endpoint.name] = known
            if self._writing is None:
                self._writing = asyncio.create_task(self._write())
        return known

    async def _write(self) -> None:
        from fmtui.core.model_cache import ModelCache  # noqa: PLC0415 - the first frame does without

        try:
            while self._new:
                new, self._new = self._new, {}
                await asyncio.to_thread(ModelCache(self._path).keep, new)
        except FmtuiError as error:
            log.warning("the lists of models could not be kept: %s", error)
        finally:
            self._writing = None


class Listing:
    """What there is to know of one endpoint's list."""

    def __init__(self) -> None:
        self.models: list[Model] | None = None
        """The models as their server told them; None before there was any list."""
        self.read = 0.0
        """When the server gave the list, in seconds since 1970."""
        self.gone: dict[str, float] = {}
        """Names that it gave once and does no more -> when it did last."""
        self.routed: frozenset[str] = frozenset()
        """Names of models with an address of their own, which is in no file."""
        self.problem = ""
        """Why the server gave none when it was asked last; empty when it gave one, or was not asked."""
        self.reason = ""
        """The same in fewer words, without what to do about it."""
        self.asked = False
        """Whether the server has answered since the start, with a list or with an error."""
        self.asking: asyncio.Task[None] | None = None


class ModelLists:
    """The model lists of all endpoints: from the file first, then asked for.

    Args:
        connect: gives the client; awaited at the first use.
        path: the file that keeps lists.
        hinted: adds to a model what is known of it otherwise; for whoever shows that.
        clock: the seconds since 1970.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Client]],
        path: Path,
        hinted: Hinted,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._connect = connect
        self._shelved = Shelved(path)
        self.hinted = hinted
        self._clock = clock
        self._listings: dict[tuple[str, str, str], Listing] = {}

    async def recall(self) -> None:
        """Take the lists of earlier days from the file, once."""
        await self._shelved.read()

    def listing(self, endpoint: Endpoint) -> Listing:
        """Return what is known of an endpoint's list by now."""
        listing = self._listings.setdefault((endpoint.name, endpoint.kind, endpoint.url), Listing())
        if listing.models is None:
            kept = self._shelved.get(endpoint)
            if kept is not None:
                self._take(listing, kept)
        return listing

    def _take(self, listing: Listing, known: KnownList) -> None:
        listing.models = list(known.models)
        listing.read = known.read
        listing.gone = dict(known.gone)
        listing.routed = known.routed

    def known(self, endpoint: Endpoint) -> list[Model]:
        """Return the models known so far: listed by the server, else those of the configuration."""
        listed = self.listing(endpoint).models
        if listed:
            return listed
        names = endpoint.models or ((endpoint.model,) if endpoint.model else ())
        return [Model(name) for name in names]

    def listed(self, endpoint: Endpoint, model: str) -> Model | None:
        """Return what the server's list says of a model; None where none holds it."""
        return next((known for known in self.listing(endpoint).models or () if known.name == model), None)

    def age(self, endpoint: Endpoint) -> float | None:
        """Return how many seconds ago the server gave its list; None when it never did."""
        listing = self.listing(endpoint)
        return None if listing.models is None else max(0.0, self._clock() - listing.read)

    def note(self, endpoint: Endpoint) -> str:
        """Return why the list is missing, short or old; empty when there is nothing to say."""
        listing = self.listing(endpoint)
        if listing.asking is not None:
            return "" if listing.models else "asking for the list…"
        if not listing.problem and listing.models == [] and listing.asked:
            return "the endpoint lists no models"
        return listing.problem

    async def load(self, endpoint: Endpoint, *, again: bool = False) -> None:
        """Ask the endpoint for its models, unless that was just done; one request at a time each."""
        listing = self.listing(endpoint)
        if listing.asking is None:
            age = self.age(endpoint)
            if listing.asked and not listing.problem and not again and age is not None and age < FRESH_S:
                return
            listing.asking = asyncio.create_task(self._ask(endpoint, listing))
        await asyncio.shield(listing.asking)

    async def _ask(self, endpoint: Endpoint, listing: Listing) -> None:
        try:
            client = await self._connect()
            models = await client.listed(endpoint)
            await self._shelved.read()  # what it held tells what is gone by now
            self._take(listing, self._shelved.put(endpoint, models, self._clock()))
            listing.problem = listing.reason = ""
        except FmtuiError as error:
            # Models that the configuration names are there for servers that cannot list.
            cannot = isinstance(error, ServerError | ProtocolError) and not isinstance(error, AuthError)
            silent = cannot and endpoint.models and not listing.models
            listing.problem, listing.reason = ("", "") if silent else (str(error), error.message)
        finally:
            listing.asked = True
            listing.asking = None

    async def learn_task(self, endpoint: Endpoint, model: str) -> None:
        """See to it that mode and address of a model are known, where that takes a list; not for long."""
        if not task_in_doubt(endpoint, model):
            return
        await self.recall()
        listing = self.listing(endpoint)
        kept = model not in listing.routed and any(known.name == model for known in listing.models or ())
        if not (listing.asked or kept):
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
