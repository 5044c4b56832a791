"""The endpoint that the benchmark talks to: streams a text at the pace it is told to.

It is a process of its own, so that neither the program that is measured nor the one that
measures waits for it. `Endpoint` is the handle of the latter; scripts go in and marks come
out as lines of JSON. Times are those of `time.monotonic`, the same in every process.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Self, overload

from tests.servers import SSE, D, E, F, Recorded, Scripted, ScriptedServer, Step, Wait, answer

_LONGEST_LINE = 1 << 26
PARTS = 10
"""The answer is marked after each tenth of its tokens."""


class Stretch(NamedTuple):
    """Some tokens of an answer that come at one pace."""

    tokens: int
    per_s: float
    """0 for as fast as they are taken."""
    gated: bool = False
    """Whether it begins only when `Endpoint.go` is called."""


class Mark(NamedTuple):
    """Something that happened at the endpoint."""

    what: str
    """`first` (token), `tenth`, `gate` (waits to go on), `last` (byte), `gone` (the client left)."""
    number: int
    """Tokens sent by then; 0 for `gone`."""
    at: float
    """When, by `time.monotonic`."""


class _Play(Sequence[Step]):
    """The steps of one answer, made while they are played, as each wait depends on the clock."""

    def __init__(
        self,
        pieces: Sequence[str],
        stretches: Sequence[Stretch],
        say: Callable[[str, int], None],
        gate: asyncio.Event,
    ) -> None:
        self._events = [E(piece).encode() for piece in pieces]
        self._stretches = stretches
        self._say = say
        self._gate = gate

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | Sequence[Step]:
        return self._events[index]

    def __iter__(self) -> Iterator[Step]:
        number, total = 0, len(self._events)
        for stretch in self._stretches:
            if stretch.gated:
                self._gate.clear()
                self._say("gate", number)
                yield self._gate
            start = time.monotonic()
            for position, event in enumerate(self._events[number : number + stretch.tokens]):
                if stretch.per_s:
                    early = start + position / stretch.per_s - time.monotonic()
                    if early > 0:
                        yield Wait(early)
                yield event
                number += 1
                if number == 1:
                    self._say("first", number)
                if number * PARTS // total != (number - 1) * PARTS // total:
                    self._say("tenth", number)
        yield (F("stop") + D).encode()
        self._say("last", number)


def _say(what: str, number: int) -> None:
    sys.stdout.write(json.dumps([what, number, time.monotonic()]) + "\n")
    sys.stdout.flush()


async def _tell_when_gone(server: ScriptedServer, tasks: asyncio.TaskGroup) -> None:
    """Say when the client of each request has closed its connection."""

    async def tell(request: Recorded) -> None:
        await request.gone.wait()
        _say("gone", 0)

    count = 0
    while True:
        count += 1
        tasks.create_task(tell(await server.asked(count, within_s=1e6)))


async def _serve() -> None:
    models = answer({"object": "list", "data": [{"id": "m", "object": "model"}]})
    gate = asyncio.Event()
    orders = asyncio.StreamReader(limit=_LONGEST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async with (
        ScriptedServer(answer({}), routes={"/v1/models": models}) as server,
        asyncio.TaskGroup() as tasks,
    ):
        _say("port", server.port)
        tasks.create_task(_tell_when_gone(server, tasks))
        async for line in orders:
            order = json.loads(line)
            if order is None:
                gate.set()
                continue
            play = _Play(order["tokens"], [Stretch(*way) for way in order["stretches"]], _say, gate)
            server.answers[:] = [Scripted(play, headers=SSE)]
            _say("ready", 0)


class Endpoint:
    """The endpoint, while it is entered; it answers every prompt with the script it was given last."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.bench.endpoint"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.fileno = self._process.stdout.fileno
        self._rest = b""
        self.port = self._next("port").number
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def url(self) -> str:
        """The base URL, as of an OpenAI-compatible endpoint."""
        return f"http://127.0.0.1:{self.port}/v1"

    def script(self, pieces: Sequence[str], stretches: Sequence[Stretch]) -> None:
        """Answer the next prompt with these tokens."""
        assert sum(stretch.tokens for stretch in stretches) == len(pieces)
        self._order({"tokens": pieces, "stretches": stretches})
        self._next("ready")

    def go(self) -> None:
        """Let the stretch that waits begin."""
        self._order(None)

    def take(self) -> list[Mark]:
        """Return what has happened since the last time; waits until something has."""
        data = self._rest + os.read(self.fileno(), 1 << 16)
        *lines, self._rest = data.split(b"\n")
        return [Mark(*json.loads(line)) for line in lines]

    def _next(self, what: str) -> Mark:
        """Wait for a mark and drop those before it: they are of a client that was there before."""
        while True:
            for mark in self.take():
                if mark.what == what:
                    return mark

    def _order(self, order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()


if __name__ == "__main__":
    asyncio.run(_serve())
