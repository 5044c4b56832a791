"""Asking a scripted server through the real client, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TypeVar

import httpx

from fmtui.core.auth import Credential
from fmtui.core.chat import (
    Event,
    Finished,
    Mode,
    Notice,
    Params,
    ReasoningDelta,
    Request,
    Retrying,
    TextDelta,
    Turn,
    Usage,
    UsageUpdate,
)
from fmtui.core.client import Client
from fmtui.core.endpoints import Endpoint, Kind
from fmtui.core.errors import FmtuiError
from fmtui.core.reply import Reply, outcome_of
from tests.in_process import InProcess
from tests.servers import Scripted

E_ = TypeVar("E_")
NAME = "scripted"
TOKEN = "dapi-test-0123456789"
BEARER = Credential("bearer", token=TOKEN, source="TEST_TOKEN")


@dataclass
class Answer:
    """What came of one request."""

    events: list[Event] = field(default_factory=list)
    error: FmtuiError | None = None
    turn: Turn | None = None
    waits: list[float] = field(default_factory=list)

    def of(self, kind: type[E_]) -> list[E_]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.of(TextDelta))

    @property
    def reasoning(self) -> str:
        return "".join(event.text for event in self.of(ReasoningDelta))

    @property
    def finish_reason(self) -> str | None:
        return self.of(Finished)[-1].reason if self.of(Finished) else None

    @property
    def counts(self) -> tuple[int | None, int | None, int | None] | None:
        updates = self.of(UsageUpdate)
        usage = updates[-1].usage if updates else Usage()
        return (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) if updates else None

    @property
    def notices(self) -> list[str]:
        return [event.message for event in self.of(Notice)]

    @property
    def retries(self) -> list[Retrying]:
        return self.of(Retrying)

    @property
    def outcome(self) -> str:
        return outcome_of(self.error)


def endpoint_at(url: str, kind: Kind = "openai", **changes: object) -> Endpoint:
    """Return an endpoint with the limits of a test."""
    plain = Endpoint(
        NAME, url, kind, connect_timeout=5.0, first_event_timeout=10.0, idle_timeout=10.0, source="a test"
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # the names are checked by the dataclass


def request_for(prompt: str = "Hi", *, mode: Mode = "chat", **changes: object) -> Request:
    """Return a request with one prompt."""
    params = Params(endpoint=NAME, model="m", mode=mode)
    return Request(replace(params, **changes), (Turn.prompt(prompt),))  # type: ignore[arg-type] # likewise


async def collect(
    client: Client, endpoint: Endpoint, request: Request | None = None, into: Answer | None = None
) -> Answer:
    """Stream one reply to its end and return what came, whatever ended it."""
    result = Answer() if into is None else into
    asked = request or request_for()
    reply = Reply(asked.params)
    try:
        async with aclosing(client.stream(endpoint, asked)) as events:
            async for event in events:
                result.events.append(event)
                reply.add(event)
    except FmtuiError as error:
        result.error = error
    result.turn = reply.turn(outcome_of(result.error), result.error)
    return result


async def ask(
    url: str, request: Request | None = None, *, environ: Mapping[str, str] | None = None, **changes: object
) -> Answer:
    """Ask a server at a URL once; waits before retries are noted and skipped."""
    result = Answer()

    async def note(seconds: float) -> None:
        result.waits.append(seconds)
        await asyncio.sleep(0)

    client = Client(sleep=note, environ=environ or {})
    try:
        return await collect(client, endpoint_at(url, **changes), request, result)  # type: ignore[arg-type] # likewise
    finally:
        await client.aclose()


async def play(
    *answers: Scripted | Exception,
    request: Request | None = None,
    routes: Mapping[str, Scripted] | None = None,
    server: InProcess | None = None,
    **changes: object,
) -> Answer:
    """Ask a server that answers in the process; its URL is that of a workspace or any other host."""
    result = Answer()

    async def note(seconds: float) -> None:
        result.waits.append(seconds)
        await asyncio.sleep(0)

    transport = server or InProcess(*answers, routes=routes)
    client = Client(transports={NAME: transport}, sleep=note, environ={})
    try:
        endpoint = endpoint_at("https://host.example/v1", **changes)  # type: ignore[arg-type] # likewise
        return await collect(client, endpoint, request, result)
    finally:
        await client.aclose()


REFUSED = httpx.ConnectError("All connection attempts failed")
