"""How far the way to a server goes: its name, the connection, its certificate. Nothing is asked there.

The connection is made exactly as for a request, through the same proxy and with the same
certificates, and closed when it stands, before a byte of a request is sent.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from fmtui.core.connection import host_of, transport_error
from fmtui.core.doctor_mending import NoSuchHostError
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import ConnectError
from fmtui.core.failures import About, duration
from fmtui.core.network import Network
from fmtui.core.record import record
from fmtui.core.text import one_line

DNS_S = 5.0
"""Seconds that a name may take to be looked up."""
CONNECT_S = 10.0
"""Seconds until a connection must stand, TLS included."""


@record
class Reached:
    """A connection that stood."""

    tcp_s: float = 0.0
    """Seconds until something answered: the server, or the proxy on the way to it."""
    tls_s: float | None = None
    """Seconds that it took from there to agree on keys; None without TLS."""
    version: str = ""
    """The version of TLS."""
    issuer: str = ""
    """Who signed the certificate, by its own words."""
    days_left: float | None = None
    """Days until the certificate expires."""


class _ThereError(Exception):
    """The connection stands, and a request would be sent now."""


class _Way:
    """Follows a connection being made, and ends it when it stands."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._tcp_s = 0.0
        self._tls_s: float | None = None
        self._tls: ssl.SSLObject | None = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Hear of each step of the transport."""
        if event.endswith("connect_tcp.complete"):
            self._tcp_s = time.perf_counter() - self._begun
        elif event.endswith("start_tls.complete"):
            # Of a proxy that is spoken to over TLS itself, the server's comes last.
            self._tls_s = time.perf_counter() - self._begun - self._tcp_s
            self._tls = info["return_value"].get_extra_info("ssl_object")
        elif event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            raise _ThereError

    def reached(self) -> Reached:
        """Return what came about."""
        if self._tls is None:
            return Reached(self._tcp_s, self._tls_s)
        certificate: Mapping[str, Any] = self._tls.getpeercert() or {}
        end = certificate.get("notAfter")
        left = None if end is None else (ssl.cert_time_to_seconds(str(end)) - time.time()) / 86_400
        return Reached(self._tcp_s, self._tls_s, self._tls.version() or "", _issuer(certificate), left)


def is_address(endpoint: Endpoint) -> bool:
    """Return whether an endpoint's URL has an address and no name that would have to be looked up."""
    try:
        ipaddress.ip_address(urlsplit(endpoint.url).hostname or "")
    except ValueError:
        return False
    return True


async def look_up(endpoint: Endpoint) -> tuple[list[str], float]:
    """Return the addresses of an endpoint's server, and the seconds that it took to find them.

    Raises:
        ConnectError: there are none, or nobody said so in time.
    """
    parts = urlsplit(endpoint.url)
    host = host_of(endpoint.url)
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(DNS_S):
            found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, parts.port or 443)
    except TimeoutError:
        raise ConnectError(
            f"The host name {host} was not looked up within {duration(DNS_S)}.",
            "Check the name servers in /etc/resolv.conf, and that you are on-line.",
        ) from None
    except (OSError, UnicodeError):
        raise NoSuchHostError(
            f"The host name {host} was not found.",
            f"Check the URL of endpoint “{endpoint.name}”, and that you are on-line.",
        ) from None
    addresses = dict.fromkeys(str(address[0]) for _, _, _, _, address in found)
    return list(addresses), time.perf_counter() - begun


async def reach(network: Network, endpoint: Endpoint) -> Reached:
    """Return what came of a connection to an endpoint's server; nothing is sent over it.

    Raises:
        FmtuiError: none came about.
    """
    limit_s = min(endpoint.connect_timeout, CONNECT_S)
    about = About(
        host_of(endpoint.url),
        endpoint.name,
        proxy=network.proxy(endpoint),
        no_certificate=endpoint.url.lower().startswith("https:") and not endpoint.client_cert,
    )
    http = await network.connections(endpoint)
    way = _Way()
    try:
        request = http.build_request(
            "GET", endpoint.url, timeout=httpx.Timeout(limit_s), extensions={"trace": way.trace}
        )
        async with asyncio.timeout(limit_s):
            await http.send(request, auth=None, stream=True)
    except _ThereError:
        pass
    except TimeoutError:
        raise ConnectError(
            f"No connection to {about.host} came about within {duration(limit_s)}.",
            f"Check the network and the URL of endpoint “{endpoint.name}”, or raise connect_timeout.",
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise transport_error(error, about, connect_s=limit_s, answering=False, sent="partly") from error
    finally:
        await http.aclose()
    return way.reached()


def _issuer(certificate: Mapping[str, Any]) -> str:
    """Return who signed a certificate: the organisation, else the name."""
    known = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    return one_line(str(known.get("organizationName") or known.get("commonName") or ""), 80)
