"""The scripted answers of `tests.servers` without a socket, as an httpx transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

import httpx

from tests.servers import Ending, Recorded, Scripted, Step, Wait, as_bytes


class InProcess(httpx.AsyncBaseTransport):
    """Plays answers without a socket: each piece of bytes is one network chunk.

    `Ending.CLOSE` and `Ending.RESET` are the errors that httpx makes of them; an `Exception` in
    place of an answer is raised before any answer, as when no connection comes about.
    """

    def __init__(self, *answers: Scripted | Exception, routes: Mapping[str, Scripted] | None = None) -> None:
        self.answers = list(answers)
        self.routes = dict(routes or {})
        self.requests: list[Recorded] = []
        self.closed = 0
        """How many answers were closed by the client."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.url.path in self.routes:
            script: Scripted | Exception = self.routes[request.url.path]
        else:
            script = self.answers[min(len(self.requests), len(self.answers) - 1)]
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.requests.append(
                Recorded(request.method, request.url.raw_path.decode(), headers, await request.aread())
            )
        if isinstance(script, Exception):
            raise script
        for step in script.before_headers:
            await _wait(step)
        return httpx.Response(script.status, headers=script.headers, stream=_Chunks(self, script.steps))


class _Chunks(httpx.AsyncByteStream):
    def __init__(self, owner: InProcess, steps: Sequence[Step]) -> None:
        self._owner = owner
        self._steps = steps

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for step in self._steps:
            if isinstance(step, bytes | str):
                yield as_bytes(step)
            else:
                await _wait(step)

    async def aclose(self) -> None:
        self._owner.closed += 1


async def _wait(step: Step) -> None:
    if isinstance(step, Wait):
        await asyncio.sleep(step.seconds)
    elif isinstance(step, asyncio.Event):
        await step.wait()
    elif step is Ending.HANG:
        await asyncio.Event().wait()
    elif step is Ending.CLOSE:
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
    elif step is Ending.RESET:
        raise httpx.ReadError("")


def one_by_one(text: str | bytes) -> Iterator[bytes]:
    """Yield each byte on its own."""
    content = text.encode() if isinstance(text, str) else text
    for position in range(len(content)):
        yield content[position : position + 1]
