"""The one place that opens connections: a request goes out, events come in.

Everything that can go wrong leaves here as a `FmtuiError` that names the host and what to
do. A key goes to the host it belongs to and nowhere else: redirects are not followed, and
plain http to another machine is refused. There is no limit on how long a reply takes,
only on silence.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import lru_cache
from importlib import metadata

import httpx

from fmtui.core.answer import answer
from fmtui.core.auth import Credential
from fmtui.core.auth_flow import TokenAuth, auth_for, signed_send
from fmtui.core.bodies import close, read, refusal
from fmtui.core.chat import Event, Model, Notice, Request, Retrying
from fmtui.core.connection import (
    NOT_AGAIN,
    Journey,
    check_origin,
    check_safe,
    host_of,
    secret_headers,
    secrets_of,
    transport_error,
)
from fmtui.core.dialect import Dialect
from fmtui.core.endpoints import (
    LOCAL_SERVERS,
    Endpoint,
    completion_url,
    is_route,
    listing_url,
    lists_as,
    workspace_url,
)
from fmtui.core.errors import (
    AuthError,
    FmtuiError,
    IdleTimeoutError,
    NotFoundError,
    ProtocolError,
    ServerError,
    UsageError,
)
from fmtui.core.failures import About, duration, offer
from fmtui.core.listing import parse_listing, unkeyed
from fmtui.core.network import Network, trust
from fmtui.core.portions import in_portions
from fmtui.core.refusals import Refusals, notice, refused_fields
from fmtui.core.request_log import Watch, outcome_of, retrying, watch_of
from fmtui.core.retries import retry_reason, retry_wait
from fmtui.core.routes import Routes
from fmtui.core.text import masker
from fmtui.core.upload import Upload

_LISTING_BODY = 16 * 1024 * 1024
"""Bytes of a list of models."""
_AT_ONCE = 65_536
"""Bytes of a list that take no time to read; a longer one is read in a thread."""
_LISTING_S = 30.0
_OFFER_S = 5.0
"""Seconds that a listing may take whose only use is to make an error clearer."""
_LOCAL_S = 0.4
"""Seconds in which a server on this machine answers, or is taken not to be there."""
_STREAM_HEADERS = {
    "Accept": "text/event-stream",
    "Cache-Control": "no-store",
    "Content-Type": "application/json",
}
_WRITE_S = 30.0
_POOL_S = 5.0


class _Connections:
    """Sends requests; keeps one set of connections, and one key, for each endpoint."""

    def __init__(
        self, transports: Mapping[str, httpx.AsyncBaseTransport], environ: Mapping[str, str]
    ) -> None:
        self._transports = dict(transports)
        self._environ = environ
        self._https: dict[tuple[str, ...], httpx.AsyncClient] = {}
        self._network = Network(environ)
        self._auths: dict[tuple[str, str, Credential], TokenAuth | None] = {}
        self._closed = False

    async def aclose(self) -> None:
        """Close all connections."""
        self._closed = True
        clients = list(self._https.values())
        self._https.clear()
        for client in clients:
            with contextlib.suppress(httpx.HTTPError, OSError):
                await client.aclose()

    async def send(
        self,
        endpoint: Endpoint,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: Upload | None = None,
        limit_s: float | None = None,
    ) -> tuple[httpx.Response, About]:
        """Send one request and return its response, of which only the headers have come."""
        http = await self._http(endpoint)
        auth = self._auth(endpoint)
        about = About(
            host_of(endpoint.url),
            endpoint.name,
            _key_source(endpoint),
            proxy=self._network.proxy(endpoint),
            no_certificate=endpoint.url.lower().startswith("https:") and not endpoint.client_cert,
        )
        journey = Journey()
        limits = httpx.Timeout(None, connect=endpoint.connect_timeout, write=_WRITE_S, pool=_POOL_S)
        watch = Watch(method, url, endpoint.name, content.size if content is not None else 0)
        try:
            # `identity`, so that no proxy gathers the stream to compress it; gzip is understood.
            combined = httpx.Headers({"Accept-Encoding": "identity", "User-Agent": _user_agent(), **headers})
            combined.update(endpoint.headers)
            sent = http.build_request(
                method,
                url,
                content=content,
                headers=combined,
                timeout=limits,
                extensions={"trace": journey.trace},
            )
            check_origin(endpoint, sent.url)
            async with asyncio.timeout(limit_s):
                response = await signed_send(http, sent, auth)
        except TimeoutError:
            watch.ended(IdleTimeoutError.kind)
            raise IdleTimeoutError(
                f"{about.host} sent no answer for {duration(limit_s or 0)}.",
                (NOT_AGAIN if journey.sent != "partly" else "")
                + "The model may be starting: try again, or raise first_event_timeout of the endpoint.",
                sent="partly" if journey.sent == "partly" else "whole",
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            known = transport_error(
                error, about, connect_s=endpoint.connect_timeout, answering=False, sent=journey.sent
            )
            watch.ended(known.kind)
            raise known from error
        except BaseException as error:
            watch.ended(outcome_of(error))
            raise
        secrets = secrets_of(endpoint)
        secrets.update(auth.secrets if auth is not None else ())
        watch.answered(response, masker(secrets))
        return response, replace(about, secrets=tuple(sorted(secrets, key=len, reverse=True)))

    async def _http(self, endpoint: Endpoint) -> httpx.AsyncClient:
        """Return the connections to an endpoint's server; they are made at the first request."""
        if self._closed:
            raise UsageError("The client is closed already.")
        key = (endpoint.name, endpoint.url, *trust(endpoint))
        known = self._https.get(key)
        if known is not None:
            return known
        made = await self._network.connections(endpoint, self._transports.get(endpoint.name))
        if key in self._https:  # another request has made them meanwhile
            await made.aclose()
        else:
            self._https[key] = made
        return self._https[key]

    def _auth(self, endpoint: Endpoint) -> TokenAuth | None:
        key = (endpoint.name, endpoint.url, endpoint.credential)
        if key not in self._auths:
            self._auths[key] = auth_for(endpoint.credential, self._environ, workspace_url(endpoint))
        return self._auths[key]


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
        self._connections = _Connections(transports or {}, os.environ if environ is None else environ)
        self._sleep = sleep
        self._gather_s = gather_s
        self.refusals = Refusals()
        """What models turned out not to take; another may be put here to share what is known."""
        self._dialects: dict[tuple[str, ...], Dialect] = {}
        self._routes = Routes()

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
                come = answer(response, endpoint, about, gather_s=self._gather_s)
                paced = in_portions(come, self._gather_s / 2) if self._gather_s else come
                async with aclosing(paced) as events:
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
        return await self._list(endpoint, _LISTING_S)

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
                limit_s=endpoint.first_event_timeout,
                headers={**_STREAM_HEADERS, "Content-Length": str(body.size)},
                content=body,
            )
            body.clear()  # the response holds its request for as long as it streams
            about = replace(about, model=model)
            if response.status_code == 200:
                return response, about, told
            error = await refusal(response, about)
            watch_of(response).ended(outcome_of(error))
            other = dialect.after(error) if isinstance(error, ServerError) else None
            if other is not None:
                self._dialects[known] = other
                continue
            fields = refused_fields(error, request.params, endpoint.body, omitted)
            if not fields:
                if isinstance(error, NotFoundError):
                    await self._offer(error, endpoint, model)
                raise error
            # It was refused before anything was done, so nothing is paid twice.
            await asyncio.to_thread(self.refusals.add, endpoint.name, model, fields)
            told = f"{told} {notice(model, fields)}".lstrip()

    async def _list(self, endpoint: Endpoint, limit_s: float) -> list[Model]:
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
                "Name the models with models of the endpoint, or by hand.",
            )
        quick = len(body) < _AT_ONCE
        models = (
            _listed(endpoint, body, about)
            if quick
            else await asyncio.to_thread(_listed, endpoint, body, about)
        )
        self._routes.learn(endpoint, models)
        return models

    async def _offer(self, error: NotFoundError, endpoint: Endpoint, model: str) -> None:
        """Add to an error which models there are, when they can be listed."""
        try:
            models = await self._list(endpoint, _OFFER_S)
        except FmtuiError:
            models = [Model(name) for name in endpoint.models]
        offer(error, model, models)


def _listed(endpoint: Endpoint, body: bytes, about: About) -> list[Model]:
    return unkeyed(parse_listing(lists_as(endpoint), body), about.secrets)


def _key_source(endpoint: Endpoint) -> str:
    credential = endpoint.credential
    if credential.kind == "none":
        return "headers" if secret_headers(endpoint.headers) else ""
    return credential.source or credential.env or "the configuration"


@lru_cache(maxsize=1)
def _user_agent() -> str:
    try:
        return f"fmtui/{metadata.version('fmtui')}"
    except metadata.PackageNotFoundError:  # run from a copy that was never installed
        return "fmtui"
