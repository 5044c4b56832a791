"""Whether a connection may be made, and what to say when it fails.

A key must never go where others can read it, and every failure of a transport becomes one
sentence that names the host. Exceptions of the transport are read by their type; their
texts are quoted only where they cannot hold a header.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import httpx

from fmtui.core.auth import carries_key
from fmtui.core.endpoints import Endpoint, is_loopback
from fmtui.core.errors import ConfigError, ConnectError, ConnectionLostError, FmtuiError, ProtocolError, Sent
from fmtui.core.failures import About, duration
from fmtui.core.text import one_line

NOT_AGAIN = "The server has the whole request and may have counted it, so it was not sent again by itself. "
"""What a hint begins with where a request is not repeated because it may be billed."""


def host_of(url: str) -> str:
    """Return the host of a URL, with its port where one is given, and nothing of a password."""
    netloc = urlsplit(url).netloc if "//" in url else url.partition("/")[0]
    return one_line(netloc.rpartition("@")[2], 100) or one_line(url, 100)


def secret_headers(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of headers that look like keys, and what follows their scheme."""
    found: list[str] = []
    for name, value in headers.items():
        if carries_key(name):
            found += [value, value.rpartition(" ")[2]]
    return tuple(found)


def check_safe(endpoint: Endpoint) -> None:
    """Refuse what must not be sent.

    Raises:
        ConfigError: the URL is none that can be asked.
        ConnectError: a key would go over plain http to another machine.
    """
    try:
        parts = urlsplit(endpoint.url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(
            f"“{one_line(endpoint.url, 100)}” is not a URL that can be asked.",
            f"Set url of endpoint “{endpoint.name}”, such as https://host/v1.",
        )
    has_key = endpoint.credential.kind != "none" or bool(secret_headers(endpoint.headers))
    if has_key and not endpoint.url.lower().startswith("https:") and not is_loopback(endpoint.url):
        if endpoint.allow_http:
            return
        raise ConnectError(
            f"The key would go to {host_of(endpoint.url)} over plain http, where others can read it; "
            "nothing was sent.",
            f"Use https, or set allow_http for endpoint “{endpoint.name}” if the network is trusted.",
        )


def tls_context(ca_file: str, environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return what checks certificates; reading them takes up to 100 ms, so call it in a thread.

    Args:
        ca_file: certificates to trust instead of the usual ones; empty for those.
        environ: `SSL_CERT_FILE` and `SSL_CERT_DIR` in it are honoured, as by most programs.

    Raises:
        ConfigError: the file cannot be read or holds no certificate.
    """
    file = os.path.expanduser(ca_file) if ca_file else environ.get("SSL_CERT_FILE", "")  # noqa: PTH111 - a str stays a str
    folder = "" if file else environ.get("SSL_CERT_DIR", "")
    try:
        if folder:
            return ssl.create_default_context(capath=folder)
        return ssl.create_default_context(cafile=file or certifi.where())
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else ""
        raise ConfigError(
            f"The certificates in {one_line(file or folder)} cannot be used: "
            f"{reason or 'no certificate in it could be read'}.",
            "Check ca_file of the endpoint." if ca_file else "Check SSL_CERT_FILE and SSL_CERT_DIR.",
            key="ca_file" if ca_file else "",
        ) from error


class Journey:
    """Follows one request on its way, and closes a connection whose TLS handshake is given up.

    The transport forgets to close that one. `trace` is the extension of that name of an httpx
    request. Where the transport reports nothing, the request counts as gone out.
    """

    def __init__(self) -> None:
        self._stream: Any = None
        self._new = False
        self._on_new = True
        self._out: bool | None = None

    @property
    def sent(self) -> Sent:
        """How much of the request the server may have."""
        if self._out is False:
            return "partly"
        return "whole" if self._on_new else "reused"

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Hear of each step of a request."""
        if event.endswith("connect_tcp.started"):
            self._new, self._out = True, False
        elif event.endswith("connect_tcp.complete"):
            self._stream = info["return_value"]
        elif event.endswith("start_tls.failed") and self._stream is not None:
            await self._stream.aclose()
        elif event.endswith("send_request_headers.started"):
            # A request with a new key follows a refused one: it starts anew.
            self._on_new, self._new, self._out = self._new, False, False
        elif event.endswith("send_request_body.complete"):
            self._out = True


def transport_error(
    error: Exception, about: About, *, connect_s: float, answering: bool, sent: Sent = "whole"
) -> FmtuiError:
    """Return what a failing transport means.

    Args:
        error: what httpx or the system raised.
        about: names the host.
        connect_s: the limit for connecting, in seconds.
        answering: whether the answer had begun.
        sent: how much of the request the server may have.
    """
    host = about.host
    of = f" of endpoint “{about.endpoint}”" if about.endpoint else ""
    if answering:
        if isinstance(error, httpx.DecodingError):
            return ProtocolError(f"The answer of {host} is compressed in a way that cannot be read.")
        return ConnectionLostError(
            f"The connection to {host} broke while the answer came.", "What came is kept. Try again."
        )
    if isinstance(error, httpx.ConnectTimeout):
        return ConnectError(
            f"No connection to {host} came about within {duration(connect_s)}.",
            f"Check the network and the URL{of}, or raise connect_timeout.",
        )
    if isinstance(error, httpx.ProxyError):
        return ConnectError(
            f"The proxy did not connect to {host}.", "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
        )
    if isinstance(error, httpx.PoolTimeout):
        return ConnectError(f"Too many requests to {host} are running.", "Wait until some have ended.")
    if isinstance(error, httpx.WriteTimeout):
        return ConnectionLostError(f"{host} stopped taking the request.", "Try again.", sent=sent)
    if isinstance(error, httpx.ConnectError):
        return _connect_error(error, host, of)
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
        return ConnectionLostError(
            f"{host} closed the connection without an answer.",
            f"{NOT_AGAIN if sent == 'whole' else ''}Check that the URL{of} names an API; try again.".strip(),
            sent=sent,
        )
    if isinstance(error, httpx.LocalProtocolError | UnicodeEncodeError):
        # Neither is quoted: such an error can hold the header, and the header the key.
        return ConfigError("A request header holds a character that cannot be sent.", f"Check headers{of}.")
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | UnicodeError):
        return ConfigError(f"“{host}” is not a host that can be asked.", f"Check the URL{of}.")
    return ConnectError(f"The request to {host} could not be sent.", f"Check the network and the URL{of}.")


def _connect_error(error: Exception, host: str, of: str) -> ConnectError:
    causes = list(_causes(error))
    proxy = " A proxy is set: it may be what does not answer. See HTTPS_PROXY." if _has_proxy(host) else ""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ConnectError(
                f"The certificate of {host} was not accepted: {one_line(cause.verify_message)}.",
                f"If your organisation has its own certificates, name them with ca_file{of}.",
            )
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            reason = one_line((cause.reason or "").replace("_", " ").lower())
            return ConnectError(
                f"No secure connection (TLS) to {host} came about{': ' + reason if reason else ''}.",
                f"If the server speaks plain http, write http:// in the URL{of}.",
            )
    for cause in causes:
        # By name, since the module that defines it is the business of the transport alone.
        if type(cause).__name__ == "gaierror":
            return ConnectError(
                f"The host name {host} was not found.", f"Check the URL{of}, and that you are on-line.{proxy}"
            )
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            return ConnectError(
                f"Nothing answers at {host}: the connection was refused.",
                f"Is the server running? Check the URL{of}.{proxy}",
            )
    reason = next((str(c.strerror) for c in causes if isinstance(c, OSError) and c.strerror), "")
    return ConnectError(
        f"No connection to {host} came about{': ' + one_line(reason) if reason else ''}.",
        f"Check the network and the URL{of}.",
    )


def _has_proxy(host: str) -> bool:
    """Return whether the environment names a proxy by which the host is reached."""
    url = f"//{host}"
    named = {"http", "https", "all"} & set(getproxies())
    return bool(named) and not is_loopback(url) and not proxy_bypass(urlsplit(url).hostname or "")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and everything that led to it, also out of groups."""
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__]
        if isinstance(cause, BaseExceptionGroup):
            pending += cause.exceptions
