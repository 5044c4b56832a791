"""A request goes out, events come in: what asks a server, and asks again.

Everything that can go wrong leaves here as a `FmtuiError` that names the host and what to
do. A key goes to the host it belongs to and nowhere else: redirects are not followed, and
plain http to another machine is refused. There is no limit on how long a reply takes,
only on silence.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from fmtui.core.answer import answer
from fmtui.core.bodies import close, read, refusal
from fmtui.core.chat import Event, Model, Notice, Params, Request, Retrying
from fmtui.core.connection import check_safe, host_of, transport_error
from fmtui.core.connections import Connections, all_headers
from fmtui.core.dialect import Dialect
from fmtui.core.endpoints import (
    LOCAL_SERVERS,
    Endpoint,
    completion_url,
    is_route,
    listing_url,
    lists_as,
)
from fmtui.core.errors import (
    AuthError,
    FmtuiError,
    IdleTimeoutError,
    NotFoundError,
    ProtocolError,
    ServerError,
    WrongTaskError,
)
from fmtui.core.failures import About, duration, offer
from fmtui.core.listing import parse_listing
from fmtui.core.masking import Unkeyed
from fmtui.core.refusals import Refusals, notice, refused_fields
from fmtui.core.request_log import outcome_of, retrying, watch_of
from fmtui.core.retries import retry_reason, retry_wait
from fmtui.core.routes import Routes
from fmtui.core.upload import Upload

if TYPE_CHECKING:  # few requests are written down
    from fmtui.core.written import Written

_LISTING_BODY = 16 * 1024 * 1024
"""Bytes of a list of models."""
_AT_ONCE = 65_536
"""Bytes of a list that take no time to read; a longer one is read in a thread."""
_LISTING_S = 30.0
_OFFER_S = 5.0
"""Seconds that a listing may take whose only use is to make an error clearer."""
_LOCAL_S = 0.4
"""Seconds in which a server on this machine answers, or is taken not to be there."""
_REFUSED = {400, 413, 415, 422}
"""Statuses with which servers refuse what is in a request."""
_STREAM_HEADERS = {
    "Accept": "text/event-stream",
    "Cache-Control": "no-store",
    "Content-Type": "application/json",
}


class Client:
    """Streams replies and lists models; keeps connections open between requests.

    Use it from one event loop, and `aclose` it there at the end.

    Args:
        transports: by name of endpoint, what stands in for the network: demo and tests.
        sleep: waits the given number of seconds; a test's may be quicker.
        environ: where token variables are looked up; the process's own by default.
        gather_s: seconds from one read of a running answer to the next, for who draws no more
            often than that: events then come a few at a time. 0 for each event as it comes.
    """

    def __init__(
        self,
        *,
        transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        environ: Mapping[str, str] | None = None,
        gather_s: float = 0.0,
    ) -> None:
        self._connections = Connections(transports or {}, os.environ if environ is None else environ)
        self._sleep = sleep
        self._gather_s = gather_s
        self.refusals = Refusals()
        """What models turned out not to take; another may be put here to share what is known."""
        self._dialects: dict[tuple[str, ...], Dialect] = {}
        self._routes = Routes()

    def tell_waits(self, tell: Callable[[str], object]) -> None:
        """Have what a request waits for before it leaves told, once that takes long."""
        self._connections.waits = tell

    async def stream(self, endpoint: Endpoint, request: Request) -> AsyncGenerator[Event, None]:
        """Yield the events of one reply as they come; returning normally means: complete.

        A request that failed before its answer began is made again, twice at most, when that
        may help and it cannot have been billed; `Retrying` says so before each wait.

        Raises:
            CutOffError: part of the answer is missing.
            FmtuiError: anything else that went wrong; nothing else is raised.
        """
        check_safe(endpoint)
        attempt = 1
        opened: tuple[httpx.Response, About, str] | None = None
        while opened is None:
            there = self._routes.to(endpoint, request.params.model)
            try:
                opened = await self._ask(there, request)
                break
            except FmtuiError as error:
                failure = error
            if self._routes.moved(failure, endpoint, there, request.params.model):
                continue
            wait = retry_wait(failure, attempt, random.random())  # noqa: S311 - spreads retries, guards nothing
            if wait is None:
                raise failure
            attempt += 1
            retrying(wait, retry_reason(failure), attempt)
            yield Retrying(wait, retry_reason(failure), attempt)
            await self._sleep(wait)
        response, about, refused = opened
        try:
            if refused:
                yield Notice(refused)
            with watch_of(response):
                async with aclosing(answer(response, endpoint, about, gather_s=self._gather_s)) as events:
                    async for event in events:
                        yield event
        finally:
            await close(response)

    async def models(self, endpoint: Endpoint) -> list[Model]:
        """Return the models that an endpoint lists; what is configured for it where it lists none.

        Raises:
            FmtuiError: they could not be listed. A model can still be named by hand.
        """
        try:
            return await self.listed(endpoint)
        except (ServerError, ProtocolError) as error:
            if endpoint.models and not isinstance(error, AuthError):
                return [Model(name) for name in endpoint.models]
            raise

    async def listed(self, endpoint: Endpoint) -> list[Model]:
        """Return the models that the server of an endpoint lists itself.

        Raises:
            FmtuiError: it lists none, or they could not be asked for.
        """
        if is_route(endpoint):
            return [Model(name) for name in endpoint.models or (endpoint.model,) if name]
        return [model for model in await self._list(endpoint, _LISTING_S) if model.talks]

    async def local_servers(self) -> list[Endpoint]:
        """Return the servers of this machine that answer at their usual ports; half a second at most."""

        async def answers(endpoint: Endpoint) -> bool:
            try:
                await self._list(endpoint, _LOCAL_S)
            except FmtuiError:
                return False
            return True

        found = await asyncio.gather(*(answers(endpoint) for endpoint in LOCAL_SERVERS))
        return [endpoint for endpoint, there in zip(LOCAL_SERVERS, found, strict=True) if there]

    async def aclose(self) -> None:
        """Close all connections; running replies end with an error."""
        await self._connections.aclose()

    async def written(self, endpoint: Endpoint, request: Request) -> Written:
        """Return a request as it would leave now, without keys; nothing is sent.

        Raises:
            UsageError: it could not be sent.
        """
        from fmtui.core.written import write_down  # noqa: PLC0415 - most requests are only sent

        there = self._routes.to(endpoint, request.params.model)
        url = completion_url(there, request.params)
        body = await asyncio.to_thread(self._body, there, request)
        named = all_headers(there, _headers(body)).raw
        headers = {name.decode("latin-1"): value.decode("utf-8", "replace") for name, value in named}
        whole = b"".join([piece async for piece in body])
        return await asyncio.to_thread(write_down, there, url, headers, whole)

    def _body(self, endpoint: Endpoint, request: Request) -> Upload:
        dialect = self._dialects.get((endpoint.name, endpoint.url), Dialect())
        return dialect.body(endpoint, request, self.refusals.of(endpoint.name, request.params.model))

    # ---- one request ---------------------------------------------------------

    async def _ask(self, endpoint: Endpoint, request: Request) -> tuple[httpx.Response, About, str]:
        """Return the response to a prompt once its status is 200, and which fields it was asked without."""
        url = completion_url(endpoint, request.params)
        known = (endpoint.name, endpoint.url)
        model, told = request.params.model, ""
        while True:
            dialect = self._dialects.get(known, Dialect())
            omitted = self.refusals.of(endpoint.name, model)
            # In a thread: the turns of a long session are read from its file only now.
            body = await asyncio.to_thread(dialect.body, endpoint, request, omitted)
            response, about = await self._connections.send(
                endpoint,
                "POST",
                url,
                first_event_s=endpoint.first_event_timeout,
                headers=_headers(body),
                content=body,
            )
            body.clear()  # the response holds its request for as long as it streams
            about = replace(about, model=model)
            pictures = request.pictures
            if response.status_code == 200:
                lost = "" if pictures is None else pictures.lost()
                return response, about, f"{told} {lost}".strip()
            error = await refusal(response, about)
            watch_of(response).ended(outcome_of(error))
            other = dialect.after(error) if isinstance(error, ServerError) else None
            if other is not None:
                self._dialects[known] = other
                continue
            fields = refused_fields(error, request.params, endpoint.body, omitted)
            if not fields:
                if isinstance(error, NotFoundError | WrongTaskError):
                    await self._offer(error, endpoint, request.params)
                elif pictures is not None and response.status_code in _REFUSED:
                    error.hint = f"{error.hint} {pictures.doubt()}".strip()
                raise error
            # It was refused before anything was done, so nothing is paid twice.
            await asyncio.to_thread(self.refusals.add, endpoint.name, model, fields)
            told = f"{told} {notice(model, fields)}".lstrip()

    async def _list(self, endpoint: Endpoint, limit_s: float) -> list[Model]:
        """Return all that is listed, also what neither chats nor completes."""
        endpoint = self._routes.home(endpoint)
        check_safe(endpoint)
        about = About(host_of(endpoint.url), endpoint.name)
        try:
            async with asyncio.timeout(limit_s):
                response, about = await self._connections.send(
                    endpoint, "GET", listing_url(endpoint), headers={"Accept": "application/json"}
                )
                with watch_of(response):
                    if response.status_code != 200:
                        raise await refusal(response, about)
                    body = await read(response, _LISTING_BODY, about)
        except TimeoutError:
            raise IdleTimeoutError(
                f"{host_of(endpoint.url)} did not list its models within {duration(limit_s)}.",
                "Try again; a model can still be named by hand.",
            ) from None
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise transport_error(error, about, connect_s=endpoint.connect_timeout, answering=True) from error
        if len(body) > _LISTING_BODY:
            raise ProtocolError(
                f"The list of models of {about.host} is larger than {_LISTING_BODY >> 20} MB.",
                "Name them in models of the endpoint; a model can still be named by hand.",
            )
        quick = len(body) < _AT_ONCE
        models = (
            _listed(endpoint, body, about)
            if quick
            else await asyncio.to_thread(_listed, endpoint, body, about)
        )
        self._routes.learn(endpoint, models)
        return models

    async def _offer(self, error: NotFoundError | WrongTaskError, endpoint: Endpoint, params: Params) -> None:
        """Add to an error what the list says of the model, or which there are, when there is a list."""
        try:
            models = await self._list(endpoint, _OFFER_S)
        except FmtuiError:
            models = [Model(name) for name in endpoint.models]
        offer(error, params.model, models, params.mode)


def _headers(body: Upload) -> dict[str, str]:
    return {**_STREAM_HEADERS, "Content-Length": str(body.size)}


def _listed(endpoint: Endpoint, body: bytes, about: About) -> list[Model]:
    return Unkeyed(about.secrets).models(parse_listing(lists_as(endpoint), body))
