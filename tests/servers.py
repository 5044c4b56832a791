"""A scripted server on a loopback socket that says exactly what a test wrote.

A `Scripted` answer is a list of steps: bytes to send, seconds to wait, an `asyncio.Event`
to wait for, an ending. `ScriptedServer` plays them over a real socket and records what was
asked and when the client went away; `tests.in_process.InProcess` plays the same answers as
an httpx transport, where each piece of bytes is exactly one network chunk.

    gate = asyncio.Event()
    async with ScriptedServer(stream(E("a"), gate, E("b"), F("stop"), D)) as server:
        ...                              # talk to server.url; "a" arrives, "b" does not
        gate.set()
        ...
        assert server.requests[0].json["max_tokens"] == 2048

Answers are given in order, the last one again and again; `routes` answer by path instead, so
that `routes={OIDC: [token("first"), token("second")]}` makes it a workspace that gives out tokens.
A whole workspace is `tests.workspace.Workspace`; `python -m tests.servers` runs one by hand.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tests.loopback import Loopback

DATA = Path(__file__).parent / "data"
SSE = {"Content-Type": "text/event-stream"}
JSON = {"Content-Type": "application/json"}
D = "data: [DONE]\n\n"
OIDC = "/oidc/v1/token"
"""Where a workspace gives out tokens."""


class Wait(NamedTuple):
    """Send nothing for so many seconds."""

    seconds: float


class Ending(Enum):
    """What happens to the connection; an answer without one ends properly."""

    CLOSE = "close"
    """Closed at once, wherever the HTTP message is."""
    RESET = "reset"
    """Reset, so that the client sees an error."""
    HANG = "hang"
    """Kept open in silence until the client goes."""


Step = bytes | str | Wait | asyncio.Event | Ending
Framing = Literal["until_close", "chunked", "length", "raw"]


@dataclass(frozen=True)
class Scripted:
    """One answer."""

    steps: Sequence[Step]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: Framing = "until_close"
    """How the body ends: with the connection, in HTTP chunks (one a step), by its length (bytes only);
    `raw` sends the steps and nothing else, so they hold the status line too."""
    before_headers: Sequence[Step] = ()
    """Played before the status line is sent."""


@dataclass
class Recorded:
    """One request, and how far its answer got."""

    method: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    played: int = 0
    """How many steps of the answer are done."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client has closed the connection."""

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


# ---- what to send ------------------------------------------------------------


def data(value: object) -> str:
    """Return one event with JSON data."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def delta(finish_reason: str | None = None, /, **fields: object) -> str:
    """Return one chat event with these fields in its delta."""
    return data({"choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]})


def E(text: str) -> str:  # noqa: N802 - the notation of the protocol's description
    """Return one chat event with more text."""
    return delta(content=text)


def F(reason: str) -> str:  # noqa: N802 - likewise
    """Return the chat event that says why the answer ends."""
    return delta(reason)


def stream(
    *steps: Step, framing: Framing = "until_close", headers: Mapping[str, str] | None = None
) -> Scripted:
    """Return an answer of server-sent events."""
    return Scripted(steps, headers=SSE | dict(headers or {}), framing=framing)


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Scripted:
    """Return an answer in JSON; text and bytes are sent as they are."""
    body = value if isinstance(value, bytes | str) else json.dumps(value)
    kind = {} if isinstance(value, bytes | str) else JSON
    return Scripted([body], status, kind | dict(headers or {}), "length")


def token(text: str, **fields: object) -> Scripted:
    """Return the answer of a workspace that gives out a token; a field of None is left out."""
    value = {"access_token": text, "token_type": "Bearer", "expires_in": 3600, "scope": "all-apis"} | fields
    return answer({name: field for name, field in value.items() if field is not None})


def hang() -> Scripted:
    """Return an answer of which not even the headers come."""
    return Scripted([], before_headers=[Ending.HANG])


def seed(name: Literal["chat", "completion"]) -> list[str]:
    """Return the events recorded from Databricks models in early 2024, byte for byte.

    The chat texts are `1`, `.`, ` G`, ` they`, ` are`, ` soft`, with usage up to 28/724/752; the
    completion texts are `Sure`, `,`, ` you`, `’`, ` and`, ` bake`, ` for`, with usage up to 39/84/123.
    The recordings do not include an end.
    """
    content = (DATA / f"seed_{name}.sse").read_text("utf-8")
    return [event + "\n\n" for event in content.split("\n\n") if event]


# ---- over a socket -----------------------------------------------------------


class ScriptedServer(Loopback):
    """Listens on a free port of 127.0.0.1 while it is entered.

    Args:
        answers: in order; the last one is given again and again.
        routes: answers by path, for requests that may come at any time; several are given in order.
        tls: to speak https.
        port: where to listen; a free one when 0.
    """

    def __init__(
        self,
        *answers: Scripted,
        routes: Mapping[str, Scripted | Sequence[Scripted]] | None = None,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(tls=tls, port=port)
        self.answers = list(answers)
        self.routes = dict(routes or {})
        self.requests: list[Recorded] = []
        """What was asked, leaving out what `routes` answered."""
        self.routed: list[Recorded] = []
        """What `routes` answered."""
        self._asked = asyncio.Condition()

    @property
    def origin(self) -> str:
        """The URL without a path."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base URL of an OpenAI-compatible endpoint."""
        return f"{self.origin}/v1"

    async def asked(self, count: int = 1, *, within_s: float = 5.0, routed: bool = False) -> Recorded:
        """Wait until so many requests have come and return the last; `routed`: of those to `routes`."""
        requests = self.routed if routed else self.requests
        async with asyncio.timeout(within_s), self._asked:
            await self._asked.wait_for(lambda: len(requests) >= count)
        return requests[count - 1]

    def script_for(self, request: Recorded) -> Scripted | None:
        """Return what `routes` answers, None for what the answers in their order are for."""
        path = request.target.partition("?")[0]
        if path not in self.routes:
            return None
        given = self.routes[path]
        scripts = [given] if isinstance(given, Scripted) else given
        earlier = sum(other.target.partition("?")[0] == path for other in self.routed)
        return scripts[min(earlier, len(scripts) - 1)]

    async def _noted(self, request: Recorded) -> Scripted:
        """Return the answer to a request, and record that it was asked."""
        async with self._asked:
            script, requests = self.script_for(request), self.routed
            if script is None:
                script, requests = self.answers[min(len(self.requests), len(self.answers) - 1)], self.requests
            requests.append(request)
            self._asked.notify_all()
        return script

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun = b""
        while True:
            request = await _request(reader, begun)
            if request is None:
                return
            script = await self._noted(request)
            # Whatever comes now is the next request, or the client going away.
            coming = asyncio.ensure_future(_nextas_bytes(reader, request))
            try:
                if not await _play(script, writer, request):
                    return
                begun = await coming
            except ConnectionError:
                request.gone.set()  # who writes may hear of it before who reads
                raise
            finally:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)


async def _request(reader: asyncio.StreamReader, begun: bytes) -> Recorded | None:
    if not begun and not (begun := await reader.read(65536)):
        return None
    while b"\r\n\r\n" not in begun:
        begun += await reader.readuntil(b"\r\n\r\n")
    head, _, rest = begun.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    missing = int(headers.get("content-length", 0)) - len(rest)
    body = rest + (await reader.readexactly(missing) if missing > 0 else b"")
    return Recorded(method, target, headers, body)


async def _nextas_bytes(reader: asyncio.StreamReader, request: Recorded) -> bytes:
    try:
        coming = await reader.read(65536)
    except ConnectionError:
        coming = b""
    if not coming:
        request.gone.set()
    return coming


async def _play(script: Scripted, writer: asyncio.StreamWriter, request: Recorded) -> bool:
    """Send an answer; return whether the connection can be used again."""
    for step in script.before_headers:
        if not await _one(step, writer, request, chunked=False):
            return False
    if script.framing != "raw":
        headers = dict(script.headers)
        if script.framing == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        elif script.framing == "length":
            headers["Content-Length"] = str(sum(len(as_bytes(step)) for step in script.steps))
        lines = [f"HTTP/1.1 {script.status} Scripted", *(f"{k}: {v}" for k, v in headers.items())]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await writer.drain()
    for step in script.steps:
        if not await _one(step, writer, request, chunked=script.framing == "chunked"):
            return False
        request.played += 1
    if script.framing == "chunked":
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    if script.framing in ("chunked", "length"):
        return True
    if writer.can_write_eof():
        writer.write_eof()
        await request.gone.wait()
    else:
        writer.close()
        await writer.wait_closed()
    return False


async def _one(step: Step, writer: asyncio.StreamWriter, request: Recorded, *, chunked: bool) -> bool:
    """Play one step; return False when it ended the connection."""
    if isinstance(step, bytes | str):
        sent = as_bytes(step)
        writer.write(b"%x\r\n%b\r\n" % (len(sent), sent) if chunked else sent)
        await writer.drain()
    elif isinstance(step, Wait):
        await asyncio.sleep(step.seconds)
    elif isinstance(step, asyncio.Event):
        await step.wait()
    elif step is Ending.HANG:
        await request.gone.wait()
        return False
    elif step is Ending.RESET:
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False
    else:
        writer.close()
        return False
    return True


def as_bytes(step: Step) -> bytes:
    """Return what a step sends; nothing for steps that only wait."""
    return step.encode() if isinstance(step, str) else step if isinstance(step, bytes) else b""


if __name__ == "__main__":
    from tests.workspace_cli import main

    raise SystemExit(main())
