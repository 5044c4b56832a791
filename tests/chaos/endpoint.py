"""A server on loopback that streams numbered words and remembers when it sent each of them."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Self

WORDS_PER_S = 100
FOR_EVER = 10_000
LETTERS = "wxyz"


def word(answer: int, number: int) -> str:
    """Return one word of one answer: the letter tells the answers of a round apart."""
    return f"{LETTERS[answer % len(LETTERS)]}{number}"


@dataclass
class NumberServer:
    """Streams `w0 w1 w2 …` to the first chat request, `x0 x1 …` to the next, from a thread of its own.

    With `words` 0 it takes the request and never says anything.
    """

    words: int = FOR_EVER
    sent_at: list[list[float]] = field(default_factory=list)
    """When each word of each answer was sent, by `time.monotonic`."""
    asked: int = 0
    """How many chat requests came."""
    port: int = 0

    def __enter__(self) -> Self:
        started = threading.Event()
        self._loop = asyncio.new_event_loop()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            server = self._loop.run_until_complete(asyncio.start_server(self._answer, "127.0.0.1", 0))
            self.port = server.sockets[0].getsockname()[1]
            started.set()
            self._loop.run_forever()
            # No more connections, but those that were taken become tasks in the next turns of the loop.
            self._loop.remove_reader(server.sockets[0].fileno())
            for _ in range(4):
                self._loop.run_until_complete(asyncio.sleep(0))
            while tasks := asyncio.all_tasks(self._loop):
                for task in tasks:
                    task.cancel()
                self._loop.run_until_complete(asyncio.wait(tasks))
            server.close()
            self._loop.run_until_complete(asyncio.sleep(0))  # for the transports to close
            self._loop.close()

        self._thread = threading.Thread(target=run)
        self._thread.start()
        started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"POST"):
                writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"data": []}')
                await writer.drain()
                return
            answer = self.asked
            self.asked += 1
            sent_at: list[float] = []
            self.sent_at.append(sent_at)
            if not self.words:
                await reader.read()  # until the app goes
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
            for number in range(self.words):
                delta = {"choices": [{"index": 0, "delta": {"content": f"{word(answer, number)} "}}]}
                writer.write(b"data: " + json.dumps(delta).encode() + b"\n\n")
                await writer.drain()
                sent_at.append(time.monotonic())
                await asyncio.sleep(1 / WORDS_PER_S)
            writer.write(b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n')
            writer.write(b"data: [DONE]\n\n")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the app is gone, which is what this is about
        finally:
            writer.close()
