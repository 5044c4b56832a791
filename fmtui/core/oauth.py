"""OAuth machine-to-machine: a workspace changes a client id and secret for a token.

It also changes the token of a person for one that is good for a route-optimised model alone.

The secret goes into the `Authorization` header of one kind of request, to the workspace it
was configured for, and nowhere else: no redirect is followed, and where plain http is
refused for prompts it is refused here, since both go to the same address.
"""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

import httpx

from fmtui.core.auth import basic_form
from fmtui.core.bodies import PlainBytes
from fmtui.core.connection import host_of, transport_error
from fmtui.core.errors import (
    AuthError,
    ConnectError,
    ConnectionLostError,
    CredentialError,
    RateLimitError,
    ServerError,
    UnavailableError,
)
from fmtui.core.failures import About, duration, error_from, redirected
from fmtui.core.outgoing import Way
from fmtui.core.record import NamedTuple
from fmtui.core.request_log import watch_of
from fmtui.core.text import one_line
from fmtui.core.tokens import Token, is_sendable, token_in

TOKEN_PATH = "/oidc/v1/token"  # noqa: S105 - a path
"""Where every workspace gives out tokens; its discovery document need not be asked."""

USUAL_LIFETIME_S = 3600.0
"""Seconds that a token lives where the server does not say."""

EXCHANGE_LIMIT_S = 30.0
"""Seconds that the whole exchange may take."""

_FOR_A_PERSON = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_BODY_LIMIT = 65_536
"""Bytes of the answer that are read."""


class Client(NamedTuple):
    """Who signs in, and where."""

    workspace: str
    """The address of the workspace, without a slash at its end."""
    id: str
    """The client id; of a person, by what the token was had."""
    secret: str
    source: str
    """Where id and secret came from, for people."""
    route: str = ""
    """The id of the one route-optimised serving endpoint that the token is for; empty for all there is."""
    personal: bool = False
    """Whether the secret is the token of a person."""

    def __repr__(self) -> str:
        return f"Client({self.workspace!r}, {self.id!r}, source={self.source!r})"

    @property
    def url(self) -> str:
        """Where the token is asked for."""
        return self.workspace + TOKEN_PATH

    @property
    def wanted(self) -> bytes:
        """The body of the request: what kind of token is asked for."""
        asked = "grant_type=client_credentials&scope=all-apis"
        if self.personal:
            asked = f"grant_type={quote(_FOR_A_PERSON, safe='')}&assertion={quote(self.secret, safe='')}"
        if not self.route:
            return asked.encode()
        detail = {
            "type": "workspace_permission",
            "object_type": "serving-endpoints",
            "object_path": f"/serving-endpoints/{self.route}",
            "actions": ["query_inference_endpoint"],
        }
        return f"{asked}&authorization_details={quote(json.dumps([detail]), safe='')}".encode()

    @property
    def about(self) -> About:
        """What a sentence may name, and what it must hide."""
        # In every form sent: a server may echo the header as well.
        return About(host_of(self.workspace), secrets=(basic_form(self.id, self.secret), self.secret))


async def exchange(way: Way, client: Client, *, limit_s: float = EXCHANGE_LIMIT_S) -> Token:
    """Return a new token of the client, with its lifetime.

    Args:
        way: sends the request, with the limits, proxy and certificates of the endpoint.
        client: who signs in.
        limit_s: seconds until the whole answer must be there.

    Raises:
        AuthError: the server refused id or secret; its words are the message.
        RateLimitError, UnavailableError: it may work later.
        ConnectError, ConnectionLostError: the server could not be reached; nobody is billed for that.
        CredentialError: anything else that is not a token.
    """
    way = way.for_a_token(client.about)
    try:
        async with asyncio.timeout(limit_s):
            response = await way.send(_request(way, client))
            with watch_of(response):
                return _token(response, await _body(response, way.about), client)
    except TimeoutError:
        raise CredentialError(
            f"{way.about.host} gave no token within {duration(limit_s)}.",
            f"Try again; the token was asked for at {one_line(client.url)}.",
        ) from None
    except (ConnectError, ConnectionLostError) as error:
        error.message = f"No token: {error.message}"
        raise
    except (httpx.InvalidURL, UnicodeError) as error:
        raise transport_error(error, way.about, connect_s=way.connect_s, answering=False) from error


def _request(way: Way, client: Client) -> httpx.Request:
    return way.http.build_request(
        "POST",
        client.url,
        content=client.wanted,
        headers={
            **({} if client.personal else {"Authorization": f"Basic {basic_form(client.id, client.secret)}"}),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": way.agent,
        },
        timeout=way.limits,
    )


async def _body(response: httpx.Response, about: About) -> bytes:
    """Return the answer's body and close it; of a long one only the beginning."""
    body = bytearray()
    try:
        async for chunk in PlainBytes(response, about):
            body += chunk
            if len(body) > _BODY_LIMIT:
                break
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        # Never as an answer that broke off: nothing of a reply had begun.
        raise transport_error(error, about, connect_s=0, answering=False, sent="partly") from error
    finally:
        await response.aclose()
    return bytes(body[:_BODY_LIMIT])


def _token(response: httpx.Response, body: bytes, client: Client) -> Token:
    """Return the token of an answer, or raise what is wrong with it."""
    about, status = client.about, response.status_code
    if 300 <= status < 400:
        error = redirected(status, response.headers.get("location", ""), about)
        raise CredentialError(f"No token: {error.message}", _check_url(client), status)
    if not 200 <= status < 300:
        raise _refusal(error_from(status, response.headers, body, about), body, client)
    what = _instead(response, body)
    if what:
        raise CredentialError(
            f"{about.host} answered with {what} where a token was asked for.", _check_url(client), status
        )
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict) and answer.get("error"):
        raise _refusal(error_from(401, response.headers, body, about), body, client)
    token = token_in(answer, 0.0)
    if token is None or not is_sendable(token.text):
        raise CredentialError(
            f"The answer of {about.host} holds no token that can be used.", _check_url(client), status
        )
    lifetime = USUAL_LIFETIME_S if token.lifetime_s is None else token.lifetime_s
    return Token(token.text, lifetime)


def _instead(response: httpx.Response, body: bytes) -> str:
    """Return what came instead of JSON, empty when it may be JSON."""
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if not start:
        return "nothing"
    if start == b"<" or "html" in response.headers.get("content-type", "").lower():
        return "a web page"
    return "" if start == b"{" else "something else"


def _refusal(error: ServerError, body: bytes, client: Client) -> ServerError | CredentialError:
    """Return the error of a server that gave no token, in its own words."""
    about, status = client.about, error.status
    if isinstance(error, RateLimitError | UnavailableError):  # they may be asked again, and say when
        error.message = f"{about.host} gave no token: {error.message}"
        error.hint = "The fault is the server's sign-in, not the model's: try again later."
        return error
    if status in (404, 405, 501):
        return CredentialError(
            f"There is no sign-in for programs at {one_line(client.url)} ({status}).",
            _check_url(client),
            status,
        )
    words = (_words(body, about) or error.message).rstrip(".")
    wrong = (
        f"Check client id and secret, from {client.source}: they may be wrong, expired, or another host's."
    )
    if client.personal or (client.route and "authorization_details" in words):
        wrong = "The model is route-optimised: who signs in needs the right to query it (CAN QUERY)."
    refused = AuthError(
        f"{about.host} refused the sign-in of {one_line(client.id, 60)}: {words}.",
        wrong,
        status,
        code=error.code,
        request_id=error.request_id,
    )
    refused.retry = False
    return refused


def _words(body: bytes, about: About) -> str:
    """Return the server's code and description, as OAuth and its older forms name them."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, dict):
        return ""
    pairs = (("error", "error_description"), ("errorCode", "errorSummary"), ("error_code", "message"))
    for names in pairs:
        found = [answer[name].strip() for name in names if isinstance(answer.get(name), str)]
        if any(found):
            return about.quoted(": ".join(filter(None, found)))
    return ""


def _check_url(client: Client) -> str:
    return f"Check that {host_of(client.workspace)} is a workspace, and the client id from {client.source}."
