"""Making the connections of one endpoint: certificates, proxy, and nothing that outlives a request.

The transport is told everything here; by itself it would read the environment and keep
what servers set as cookies, and send that with the next request.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from fmtui.core.connection import host_of
from fmtui.core.endpoints import Endpoint, is_loopback
from fmtui.core.errors import ConnectError
from fmtui.core.proxies import proxy_for
from fmtui.core.tls import proxy_context, tls_context

_KEPT_OPEN_S = 60.0


class Network:
    """Makes connections; keeps what checks certificates, which takes long to read.

    Args:
        environ: proxies and certificates are named in it.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._tls: dict[tuple[str, ...], ssl.SSLContext] = {}

    async def connections(
        self, endpoint: Endpoint, transport: httpx.AsyncBaseTransport | None = None
    ) -> httpx.AsyncClient:
        """Return what sends requests to an endpoint's server and nowhere else.

        Args:
            endpoint: the server.
            transport: stands in for the network.

        Raises:
            ConfigError: certificates or the client's key cannot be used.
            ConnectError: the proxy of the environment cannot be used.
        """
        proxy, variable = ("", "") if transport is not None else self._way(endpoint)
        if transport is not None or not endpoint.url.lower().startswith("https:"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and costs nothing
        else:
            context = await self._context(endpoint)
        return httpx.AsyncClient(
            transport=transport,
            verify=context,
            proxy=await self._proxy(proxy, variable, endpoint) if proxy else None,
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx.Limits(max_connections=None, keepalive_expiry=_KEPT_OPEN_S),
        )

    def proxy(self, endpoint: Endpoint) -> str:
        """Return the environment variable that names the proxy on the way to an endpoint, empty for none."""
        return self._way(endpoint)[1]

    def _way(self, endpoint: Endpoint) -> tuple[str, str]:
        # A proxy of the environment cannot reach the servers of this machine.
        return ("", "") if is_loopback(endpoint.url) else proxy_for(endpoint.url, self._environ)

    async def _context(self, endpoint: Endpoint) -> ssl.SSLContext:
        key = trust(endpoint)
        if key not in self._tls:
            self._tls[key] = await asyncio.to_thread(tls_context, endpoint, self._environ)
        return self._tls[key]

    async def _proxy(self, url: str, variable: str, endpoint: Endpoint) -> httpx.Proxy:
        """Return a proxy; its user name and password go to it alone, and into no error text."""
        try:
            parsed = httpx.URL(url)
            if parsed.scheme not in ("http", "https") or not parsed.host:
                raise ConnectError(
                    f"The proxy in {variable} cannot be used to reach {host_of(endpoint.url)}: "
                    "it is no http:// or https:// address of a host.",
                    "Write http://host:port; SOCKS is not supported. NO_PROXY names hosts without a proxy.",
                    passes=False,
                )
            context = (
                await asyncio.to_thread(proxy_context, self._environ) if parsed.scheme == "https" else None
            )
            return httpx.Proxy(parsed, ssl_context=context)
        except (ValueError, httpx.InvalidURL):
            raise ConnectError(
                f"The proxy in {variable} is no URL, so {host_of(endpoint.url)} was not asked.",
                "Write http://host:port; in a password, write @ as %40, : as %3A and / as %2F.",
                passes=False,
            ) from None


def trust(endpoint: Endpoint) -> tuple[str, ...]:
    """Return what connections of an endpoint must have in common, besides their server."""
    return endpoint.ca_file, endpoint.client_cert, endpoint.client_key, endpoint.client_key_password_env
