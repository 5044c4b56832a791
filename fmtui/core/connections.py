"""The connections of all endpoints, and the key of each: whatever a client asks for goes through here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import metadata

import httpx

from fmtui.core.auth import Credential
from fmtui.core.auth_flow import TokenAuth, auth_for
from fmtui.core.connection import check_origin, host_of, secret_headers, secrets_of, transport_error
from fmtui.core.endpoints import Endpoint, workspace_url
from fmtui.core.errors import UsageError
from fmtui.core.failures import About
from fmtui.core.network import Network, trust
from fmtui.core.outgoing import Way
from fmtui.core.upload import Upload


class Connections:
    """Sends requests; keeps one set of connections, and one key, for each endpoint.

    Args:
        transports: by name of endpoint, what stands in for the network.
        environ: keys, proxies and certificates are looked up in it.
    """

    def __init__(
        self, transports: Mapping[str, httpx.AsyncBaseTransport], environ: Mapping[str, str]
    ) -> None:
        self._transports = dict(transports)
        self._environ = environ
        self._https: dict[tuple[str, ...], httpx.AsyncClient] = {}
        self._network = Network(environ)
        self._auths: dict[tuple[str, str, Credential], TokenAuth | None] = {}
        self._closed = False
        self.waits: Callable[[str], object] = lambda _words: None
        """Is told what a request waits for before it leaves, once that takes long."""

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
        first_event_s: float | None = None,
    ) -> tuple[httpx.Response, About]:
        """Send one request and return its response, of which only the headers have come.

        Args:
            endpoint: whose key and connections are used.
            method: of HTTP.
            url: must be of the endpoint's own server.
            headers: besides those that every request has.
            content: the body: that of a prompt, which may be billed.
            first_event_s: seconds that the headers may take once the request goes out; None for no limit.

        Raises:
            FmtuiError: there is no key, or no response came.
        """
        http = await self._http(endpoint)
        auth = self._auth(endpoint)
        secrets = secrets_of(endpoint)
        about = About(
            host_of(endpoint.url),
            endpoint.name,
            _key_source(endpoint),
            proxy=self._network.proxy(endpoint),
            no_certificate=endpoint.url.lower().startswith("https:") and not endpoint.client_cert,
        )
        way = Way(
            http,
            about,
            endpoint.connect_timeout,
            first_event_s,
            billed=content is not None,
            agent=_user_agent(),
            secrets=tuple(secrets),
        )
        request = _request(way, endpoint, method, url, headers, content)
        with way.before(request):
            check_origin(endpoint, request.url)
        response = await (way.send(request) if auth is None else auth.send(way, request))
        secrets.update(auth.secrets if auth is not None else ())
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

    def _tell(self, words: str) -> None:
        self.waits(words)  # as it is then

    def _auth(self, endpoint: Endpoint) -> TokenAuth | None:
        key = (endpoint.name, endpoint.url, endpoint.credential)
        if key not in self._auths:
            self._auths[key] = auth_for(
                endpoint.credential, self._environ, workspace_url(endpoint), self._tell
            )
        return self._auths[key]


def _request(
    way: Way, endpoint: Endpoint, method: str, url: str, headers: Mapping[str, str], content: Upload | None
) -> httpx.Request:
    try:
        combined = all_headers(endpoint, headers)
        return way.http.build_request(method, url, content=content, headers=combined, timeout=way.limits)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise transport_error(error, way.about, connect_s=way.connect_s, answering=False) from error


def all_headers(endpoint: Endpoint, headers: Mapping[str, str]) -> httpx.Headers:
    """Return the headers of a request that has these, but for the one that signs in."""
    # `identity`, so that no proxy gathers the stream to compress it; gzip is understood.
    combined = httpx.Headers({"Accept-Encoding": "identity", "User-Agent": _user_agent(), **headers})
    combined.update(endpoint.headers)
    return combined


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
