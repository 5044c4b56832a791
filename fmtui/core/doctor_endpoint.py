"""Whether an endpoint can be used: each step on the way to an answer, and where it ends.

Every step has a limit of its own. A step that fails ends the examination of its endpoint,
as those behind it would fail too; what was found by then has been told already.
"""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import TypeVar

from fmtui.core.chat import Model, Params, Request, Retrying, TextDelta, Turn
from fmtui.core.client import Client
from fmtui.core.connection import check_safe, host_of
from fmtui.core.doctor import Finding, Level, parts_of, shown_s
from fmtui.core.doctor_mending import line_for
from fmtui.core.doctor_reach import Reached, is_address, look_up, reach
from fmtui.core.endpoints import DEMO, Endpoint, is_loopback, is_route
from fmtui.core.errors import (
    AuthError,
    CredentialError,
    FmtuiError,
    ForbiddenError,
    IdleTimeoutError,
    ProtocolError,
    ServerError,
)
from fmtui.core.failures import duration
from fmtui.core.network import Network
from fmtui.core.origins import Origin
from fmtui.core.record import record
from fmtui.core.text import one_line

LISTING_S = 20.0
"""Seconds that the list of models may take, a token of a program included."""
REQUEST_S = 60.0
"""Seconds that the one tiny request may take; a model that has to start takes longer."""
REQUEST_TOKENS = 16
"""Tokens that its answer may have; some servers take no smaller number."""
_PROMPT = "Say ok."
_SLOW_S = 3.0
_EXPIRES_SOON = 14
"""Days before the end of a certificate at which it is worth saying."""

_T = TypeVar("_T")
Tell = Callable[[Finding], None]


@record
class Examiner:
    """What the examination of endpoints needs."""

    client: Client
    network: Network
    environ: Mapping[str, str]
    config_path: str
    """The configuration file, for the lines that mend it."""
    model: str = ""
    """The model to ask; the endpoint's own, or the first of its list when empty."""
    request: bool = False
    """Whether one tiny request is made, which may be billed."""

    async def examine(self, endpoint: Endpoint, origin: Origin, tell: Tell) -> None:
        """Examine one endpoint, and tell each finding when it is there. Raises nothing but cancelling."""
        try:
            async with aclosing(self._steps(endpoint, origin)) as steps:
                async for finding in steps:
                    tell(finding._replace(endpoint=endpoint.name))
        except FmtuiError as error:  # of what stands between the steps
            tell(self._failed(endpoint, "endpoint", error))

    async def _steps(self, endpoint: Endpoint, origin: Origin) -> AsyncGenerator[Finding, None]:
        # Without the query, which may hold a key under any name.
        address = f"{origin.url.partition('?')[0]} ({origin.kind}), from {origin.source}"
        yield _of("address", "built in, needs no network" if endpoint.url == DEMO.url else address)
        key = key_finding(origin)
        yield key._replace(mend=line_for(endpoint, None, self.config_path, self.environ))
        if endpoint.url != DEMO.url:
            yield _of("way", _way(self.network, endpoint, self.environ))
            async for finding in self._connected(endpoint):
                yield finding
                if finding.level == "error":
                    return
        if key.level == "error":  # nothing can be asked without it
            return
        models: list[Model] = []
        if is_route(endpoint):
            yield _of("models", "the address of one model, which lists nothing", "note")
        else:
            finding, models = await self._listing(endpoint)
            yield finding
            if finding.level == "error":
                return
        if self.request:
            yield await self._asked(endpoint, models)

    async def _connected(self, endpoint: Endpoint) -> AsyncGenerator[Finding, None]:
        """Look the name up and connect; the last finding is an error if either failed."""
        try:
            check_safe(endpoint)
            if not (self.network.proxy(endpoint) or is_address(endpoint)):  # a proxy looks names up itself
                addresses, took = await look_up(endpoint)
                more = f" and {len(addresses) - 1} more" if len(addresses) > 1 else ""
                yield _of("name", f"{addresses[0]}{more}")._replace(took_s=took)
        except FmtuiError as error:
            yield self._failed(endpoint, "name", error)
            return
        try:
            reached = await reach(self.network, endpoint)
        except FmtuiError as error:
            yield self._failed(endpoint, "connection", error)
            return
        yield _of("connection", "stands")._replace(took_s=reached.tcp_s)
        if reached.tls_s is not None:
            yield _tls(reached)

    async def _listing(self, endpoint: Endpoint) -> tuple[Finding, list[Model]]:
        try:
            models, took = await _timed(
                self.client.listed(endpoint),
                LISTING_S,
                f"{host_of(endpoint.url)} did not list its models",
                "Try again later.",
            )
        except (AuthError, CredentialError) as error:
            return self._failed(endpoint, "sign-in", error), []
        except (ServerError, ProtocolError) as error:
            named = bool(endpoint.model or endpoint.models or self.model)
            # Models can be used without a list, by their names, where these are known.
            finding = self._failed(endpoint, "models", error, level="warning" if named else "error")
            if isinstance(error, ForbiddenError):
                finding = finding._replace(mend=f"fmtui {_by_hand(endpoint)}")
            return finding, []
        except FmtuiError as error:
            return self._failed(endpoint, "models", error), []
        ready = sum(model.ready for model in models)
        value = f"{len(models)}" + (f", {ready} of them ready" if ready < len(models) else "")
        finding = _of("models", value)._replace(took_s=took)
        if not models:
            words = "It lists no model that chats or completes; one can be named all the same."
            finding = finding._replace(
                level="warning", sentence=words, mend=f"fmtui -e {shlex.quote(endpoint.name)} -m MODEL"
            )
        elif took > _SLOW_S:
            finding = finding._replace(level="warning", sentence="The list takes long to come.")
        return finding, models

    async def _asked(self, endpoint: Endpoint, models: list[Model]) -> Finding:
        """Make the one tiny request."""
        known = {model.name: model for model in models}
        first = next((model.name for model in models if model.ready), "")
        name = self.model or endpoint.model or next(iter(endpoint.models), "") or first
        if not name:
            words = "No model is known that could be asked."
            return _of(
                "request",
                "",
                "error",
                words,
                f"fmtui doctor --request -e {shlex.quote(endpoint.name)} -m MODEL",
            )
        mode = endpoint.mode or (known[name].mode if name in known else None) or "chat"
        params = Params(endpoint=endpoint.name, model=name, mode=mode, max_tokens=REQUEST_TOKENS)
        try:
            first_s, took = await _timed(
                self._answer(endpoint, Request(params, (Turn.prompt(_PROMPT),))),
                REQUEST_S,
                f"{one_line(name, 100)} gave no reply",
                "It may be starting, which takes minutes: try again then.",
            )
        except FmtuiError as error:
            return self._failed(endpoint, "request", error, model=name)
        value = f"{one_line(name, 100)} replied" + (
            f", its first word after {shown_s(first_s)}" if first_s else ""
        )
        return _of("request", value)._replace(took_s=took)

    async def _answer(self, endpoint: Endpoint, request: Request) -> float | None:
        """Return the seconds until the first text came; the answer itself is of no interest."""
        begun, first = time.perf_counter(), None
        async with aclosing(self.client.stream(endpoint, request)) as events:
            async for event in events:
                if isinstance(event, TextDelta) and first is None:
                    first = time.perf_counter() - begun
                elif isinstance(event, Retrying):
                    begun = time.perf_counter() + event.after_s
        return first

    def _failed(
        self, endpoint: Endpoint, name: str, error: FmtuiError, *, level: Level = "error", model: str = ""
    ) -> Finding:
        hint, line = parts_of(error.hint)
        mend = line_for(endpoint, error, self.config_path, self.environ) or line
        value = one_line(model, 100) if model else ""
        return Finding("endpoint", name, value, level, error.message, mend, hint, endpoint.name)


def _of(name: str, value: str, level: Level = "ok", sentence: str = "", mend: str = "") -> Finding:
    return Finding("endpoint", name, value, level, sentence, mend)


def _by_hand(endpoint: Endpoint) -> str:
    """Return the options that name an endpoint and a model."""
    return f"-e {shlex.quote(endpoint.name)} -m MODEL"


def key_finding(origin: Origin) -> Finding:
    """Tell how an endpoint signs in, where its key is, and why it is that one."""
    value = origin.sign_in + (f", from {origin.key}" if origin.key not in origin.sign_in else "")
    value += f", as {origin.why}" if origin.why else ""
    if origin.problem:
        return _of("key", value, "error", origin.problem)._replace(hint=parts_of(origin.hint)[0])
    passed = "; ".join(f"not {each.what}: {each.why}" for each in origin.passed_over)
    return _of("key", value, "note" if passed else "ok", passed)


def _way(network: Network, endpoint: Endpoint, environ: Mapping[str, str]) -> str:
    """Return what is used on the way to a server: a proxy by its variable, and whose word is taken."""
    proxy = network.proxy(endpoint)
    value = f"through the proxy in {proxy}" if proxy else "direct"
    if is_loopback(endpoint.url):
        value += ", on this machine"
    if not endpoint.url.lower().startswith("https:"):
        return f"{value}, not encrypted"
    if endpoint.ca_file:
        trusted = f"ca_file {one_line(endpoint.ca_file, 120)}"
    else:
        named = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if environ.get(name)]
        trusted = " and ".join(named) or "certifi and the system"
    shown = ", shows a client certificate" if endpoint.client_cert else ""
    return f"{value}, trusts {trusted}{shown}"


def _tls(reached: Reached) -> Finding:
    signed = f", signed by {reached.issuer}" if reached.issuer else ""
    left = "" if reached.days_left is None else f", {int(reached.days_left)} days left"
    finding = _of("certificate", f"{reached.version}{signed}{left}")._replace(took_s=reached.tls_s)
    if reached.days_left is not None and reached.days_left < _EXPIRES_SOON:
        words = "The certificate expires soon: whoever runs the server has to renew it."
        return finding._replace(level="warning", sentence=words)
    return finding


async def _timed(work: Awaitable[_T], limit_s: float, late: str, hint: str) -> tuple[_T, float]:
    """Return what a piece of work gives, and the seconds that it took.

    Raises:
        IdleTimeoutError: it took too long.
    """
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(limit_s):
            return await work, time.perf_counter() - begun
    except TimeoutError:
        raise IdleTimeoutError(f"{late} within {duration(limit_s)}.", hint) from None
