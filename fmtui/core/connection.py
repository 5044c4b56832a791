"""Whether a connection may be made, and what to say when it fails.

A key must never go where others can read it, and every failure of a transport becomes one
sentence that names the host. Exceptions of the transport are read by their type; their
texts are quoted only where they cannot hold a header.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from fmtui.core.auth import holds_key
from fmtui.core.endpoints import Endpoint, is_loopback, secret_fields, shown_url, text_secrets, url_secrets
from fmtui.core.errors import ConfigError, ConnectError, ConnectionLostError, FmtuiError, ProtocolError, Sent
from fmtui.core.failures import About, duration
from fmtui.core.text import one_line

NOT_AGAIN = "The server has the whole request and may have counted it, so it was not sent again by itself. "
"""What a hint begins with where a request is not repeated because it may be billed."""


def host_of(url: str) -> str:
    """Return the host of a URL, with its port where one is given, and nothing of a password."""
    netloc = urlsplit(url).netloc if "//" in url else url.partition("/")[0]
    return one_line(netloc.rpartition("@")[2], 100) or one_line(shown_url(url), 100)


def secret_headers(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of headers that look like keys, and what follows their scheme."""
    found: list[str] = []
    for name, value in headers.items():
        if holds_key(name, value):
            found += [value, value.rpartition(" ")[2]]
        found += text_secrets(value)
    return tuple(found)


def secrets_of(endpoint: Endpoint) -> set[str]:
    """Return every text that an endpoint sends and that is a key, but for that of its credential."""
    return {*secret_headers(endpoint.headers), *secret_fields(endpoint.body), *url_secrets(endpoint.url)}


def check_safe(endpoint: Endpoint) -> None:
    """Refuse what must not be sent.

    Raises:
        ConfigError: the URL is none that can be asked.
        ConnectError: a key would go over plain http to another machine.
    """
    try:
        parts = urlsplit(endpoint.url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        # Where two ways to read a URL see two hosts, a key could go to the wrong one.
        usable = usable and httpx.URL(endpoint.url).raw_host == _ascii_host(parts.hostname or "")
        usable = usable and "@" not in parts.netloc
    except (ValueError, httpx.InvalidURL):
        usable = False
    if not usable:
        raise ConfigError(
            f"“{one_line(shown_url(endpoint.url), 100)}” is not a URL that can be asked.",
            f"Set url of endpoint “{endpoint.name}”, such as https://host/v1, without a user name in it.",
        )
    has_key = endpoint.credential.kind != "none" or bool(secrets_of(endpoint))
    if has_key and not endpoint.url.lower().startswith("https:") and not is_loopback(endpoint.url):
        if endpoint.allow_http:
            return
        raise ConnectError(
            f"The key would go to {host_of(endpoint.url)} over plain http, where others can read it; "
            "nothing was sent.",
            f"Use https, or set allow_http for endpoint “{endpoint.name}” if the network is trusted.",
            passes=False,
        )


def check_origin(endpoint: Endpoint, url: httpx.URL) -> None:
    """Refuse a request that would carry an endpoint's key to another server.

    Raises:
        ConnectError: the URL is not of the endpoint's scheme, host and port.
    """
    own = httpx.URL(endpoint.url)
    if (own.scheme, own.raw_host, own.port) != (url.scheme, url.raw_host, url.port):
        raise ConnectError(
            f"The request would go to {host_of(str(url))}, which is not the server of endpoint "
            f"“{endpoint.name}”; nothing was sent.",
            f"Check the URL of endpoint “{endpoint.name}”.",
            passes=False,
        )


def _ascii_host(host: str) -> bytes:
    return httpx.URL(scheme="https", host=host).raw_host


STALE_S = 1.0
"""Seconds within which a connection that a server closed while it was idle breaks under the next request.

One that breaks later was open: the server may have worked on the request until then.
"""


class Journey:
    """Follows one request on its way, and closes a connection whose TLS handshake is given up.

    The transport forgets to close that one. `trace` is the extension of that name of an httpx
    request. Where the transport reports nothing, the request counts as gone out.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stream: Any = None
        self._reported = False
        self._new = False
        self._began = 0.0
        self._to_proxy = False
        self._out = False

    @property
    def sent(self) -> Sent:
        """How much of the request the server may have; ask when it has failed."""
        if not self._reported:
            return "whole"
        if not self._out:
            return "partly"
        stale = not self._new and self._clock() - self._began < STALE_S
        return "reused" if stale else "whole"

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Hear of each step of a request."""
        self._reported = True
        if event.endswith("connect_tcp.started"):
            self._new = True
        elif event.endswith("connect_tcp.complete"):
            self._stream = info["return_value"]
        elif event.endswith("start_tls.started"):
            self._out = False
        elif event.endswith("start_tls.failed") and self._stream is not None:
            await self._stream.aclose()
        elif event.endswith("send_request_headers.started"):
            # What asks a proxy for a tunnel is a request of its own, which has no body either.
            self._to_proxy = info["request"].method == b"CONNECT"
            self._out, self._began = False, self._clock()
        elif event.endswith("send_request_body.complete"):
            self._out = not self._to_proxy


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
            f"The connection to {host} broke while the reply came.", "What came is kept. Try again."
        )
    if isinstance(error, httpx.ConnectTimeout):
        return ConnectError(
            f"No connection to {host} came about within {duration(connect_s)}.",
            f"Check the network and the URL{of}, or raise connect_timeout.",
        )
    if isinstance(error, httpx.ProxyError):
        return _proxy_error(error, about)
    if isinstance(error, httpx.PoolTimeout):
        return ConnectError(f"Too many requests to {host} are running.", "Wait until some have ended.")
    if isinstance(error, httpx.WriteTimeout):
        return ConnectionLostError(f"{host} stopped taking the request.", "Try again.", sent=sent)
    if isinstance(error, httpx.ConnectError):
        return _connect_error(error, about, of)
    if (refusal := _refused_certificate(error)) is not None:
        return ConnectError(
            f"{host} wants a client certificate{refusal}; nothing was answered.",
            f"Name the certificate and its key with client_cert and client_key{of}.",
        )
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
        return _unanswered(about, of, sent)
    if isinstance(error, httpx.LocalProtocolError | UnicodeEncodeError):
        # Neither is quoted: such an error can hold the header, and the header the key.
        return ConfigError("A request header holds a character that cannot be sent.", f"Check headers{of}.")
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | UnicodeError):
        return ConfigError(f"“{host}” is not a host that can be asked.", f"Check the URL{of}.")
    return ConnectError(f"The request to {host} could not be sent.", f"Check the network and the URL{of}.")


def _unanswered(about: About, of: str, sent: Sent) -> ConnectionLostError:
    """Return what it means that a connection stood and ended before anything came."""
    hint = NOT_AGAIN if sent == "whole" else ""
    if about.no_certificate and sent != "reused":
        # With TLS 1.3 a client hears of it after it was let in, and of some servers not a word.
        hint += f"If the server lets in only clients with a certificate, name it with client_cert{of}. "
    return ConnectionLostError(
        f"{about.host} closed the connection without an answer.",
        f"{hint}Check that the URL{of} names an API; try again.",
        sent=sent,
    )


def _connect_error(error: Exception, about: About, of: str) -> ConnectError:
    host = about.host
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(cause, host, of)
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            if (refusal := _refused_certificate(cause)) is not None:
                return ConnectError(
                    f"{host} wants a client certificate{refusal}; nothing was sent.",
                    f"Name the certificate and its key with client_cert and client_key{of}.",
                )
            reason = one_line((cause.reason or "").replace("_", " ").lower())
            return ConnectError(
                f"No secure connection (TLS) to {host} came about{': ' + reason if reason else ''}.",
                f"If the server speaks plain http, write http:// in the URL{of}"
                + "; if it lets in only clients with a certificate, set client_cert" * about.no_certificate
                + ".",
            )
    reason = next((str(c.strerror) for c in causes if isinstance(c, OSError) and c.strerror), "")
    if about.proxy:  # only to it a connection was tried
        return ConnectError(
            f"The proxy in {about.proxy} does not answer, so {host} was not asked"
            f"{': ' + one_line(reason) if reason else ''}.",
            f"Check {about.proxy}; hosts in NO_PROXY are asked without it.",
        )
    for cause in causes:
        # By name, since the module that defines it is the business of the transport alone.
        if type(cause).__name__ == "gaierror":
            return ConnectError(
                f"The host name {host} was not found.", f"Check the URL{of}, and that you are on-line."
            )
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            return ConnectError(
                f"Nothing answers at {host}: the connection was refused.",
                f"Is the server running? Check the URL{of}.",
            )
    return ConnectError(
        f"No connection to {host} came about{': ' + one_line(reason) if reason else ''}.",
        f"Check the network and the URL{of}.",
    )


_EXPIRED, _TOO_EARLY = 10, 9
_SELF_SIGNED, _NO_ISSUER = (18, 19), (2, 20, 21)
_OTHER_HOST = (62, 64)
"""What OpenSSL calls the ways in which a certificate fails (X509_V_ERR_…)."""


def _untrusted(error: ssl.SSLCertVerificationError, host: str, of: str) -> ConnectError:
    """Return what is wrong with a server's certificate."""
    code = error.verify_code
    if code in (_EXPIRED, _TOO_EARLY):
        when = "has expired" if code == _EXPIRED else "is not valid yet"
        return ConnectError(
            f"The certificate of {host} {when}; nothing was sent.",
            "Whoever runs the server has to renew it; check this machine's clock too.",
        )
    if code in _OTHER_HOST:
        return ConnectError(
            f"The certificate of {host} is for another host; nothing was sent.",
            f"Check the URL{of}: it must have the name that the certificate has.",
        )
    if code in (*_SELF_SIGNED, *_NO_ISSUER):
        return ConnectError(
            f"The certificate of {host} was signed by nobody who is trusted here; nothing was sent.",
            f"If your organisation signs its own certificates, name its authority's with ca_file{of}.",
        )
    return ConnectError(
        f"The certificate of {host} was not accepted: {one_line(error.verify_message)}; nothing was sent.",
        f"If your organisation has its own certificates, name them with ca_file{of}.",
    )


_CERTIFICATE_ALERTS = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "",
    "SSLV3_ALERT_BAD_CERTIFICATE": " and refused the one it was shown",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": ", and the one it was shown has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": ", and the one it was shown is revoked",
    "TLSV1_ALERT_UNKNOWN_CA": " of an authority that it trusts",
}
"""How a server says that it does not let this client in, and what to say of it."""


def _refused_certificate(error: BaseException) -> str | None:
    """Return what to add to the sentence that a server wants a client certificate; None if it did not."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError) and cause.reason in _CERTIFICATE_ALERTS:
            return _CERTIFICATE_ALERTS[cause.reason]
    return None


def _proxy_error(error: httpx.ProxyError, about: About) -> ConnectError:
    """Return what a proxy's refusal means; of its text only the status is taken."""
    name = f"The proxy in {about.proxy}" if about.proxy else "The proxy"
    variable = about.proxy or "HTTPS_PROXY"
    status = str(error)[:3]
    if status == "407":
        return ConnectError(
            f"{name} wants a user name and password, or refused the ones it was given; "
            f"{about.host} was not asked.",
            f"Write them into {variable} as http://user:password@host:port, signs such as @ as %40.",
            passes=False,
        )
    said = f" and answered with status {status}" if status.isdigit() else ""
    return ConnectError(
        f"{name} did not connect to {about.host}{said}.",
        f"Check {variable}; hosts in NO_PROXY are asked without a proxy.",
    )


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
