"""Kill the app, or close its terminal, at random instants while a reply streams.

Run `python -m tests.chaos.kill --times 50`. Each round starts the app in a
pseudo-terminal against a loopback server that sends numbered words, remembers when each
word was sent, ends the app at a random instant, and then opens the session as the next
start would: the prompt must be there, the text must be a prefix of what was sent, and no
word that was sent more than a second before the end may be missing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from fmtui.core.sessions import SessionStore
from tests.terminal import Terminal, clean_environ, fmtui

PROMPT = "count for me"
WORDS_PER_S = 100


@dataclass
class Loss:
    """What one round cost."""

    how: str
    streamed_s: float
    """Seconds from the first word to the end."""
    words_sent: int
    words_kept: int
    lost_s: float
    """Age of the oldest word that is missing; 0 when none is."""


@dataclass
class NumberServer:
    """Streams `w0 w1 w2 …` to every chat request and remembers when it sent each word."""

    sent_at: list[float] = field(default_factory=list)
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
            server.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
                self._loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
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
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
            for number in range(10_000):
                delta = {"choices": [{"index": 0, "delta": {"content": f"w{number} "}}]}
                writer.write(b"data: " + json.dumps(delta).encode() + b"\n\n")
                await writer.drain()
                self.sent_at.append(time.monotonic())
                await asyncio.sleep(1 / WORDS_PER_S)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the app is gone, which is what this is about
        finally:
            writer.close()


def one_round(folder: Path, how: str, streamed_s: float) -> Loss:
    """End the app `how` (a signal's name, or `hang-up`) after it streamed so long; return what was lost."""
    folder.mkdir(parents=True)
    config = folder / "config.toml"
    data = folder / "data"
    with NumberServer() as server:
        config.write_text(f'[endpoints.numbers]\nurl = "http://127.0.0.1:{server.port}/v1"\nmodel = "m"\n')
        command = fmtui("--config", str(config), "--data-dir", str(data), "-e", "numbers")
        with Terminal(command, clean_environ(folder)) as terminal:
            terminal.until("max_tokens")
            terminal.type(PROMPT + "\r")
            terminal.until("w0")
            end = time.monotonic() + streamed_s
            while time.monotonic() < end:
                terminal.read(min(0.02, max(0.0, end - time.monotonic())))
            ended_at = time.monotonic()
            if how == "hang-up":
                terminal.hang_up()
            else:
                terminal.kill(signal.Signals[how])
            deadline = time.monotonic() + 10
            while not terminal.ended:
                time.sleep(0.005)
                assert time.monotonic() < deadline, f"still alive 10 s after {how}"
        sent = [at for at in server.sent_at if at < ended_at]
    return _compare(data, how, streamed_s, sent, ended_at)


def _compare(data: Path, how: str, streamed_s: float, sent: list[float], ended_at: float) -> Loss:
    store = SessionStore(data / "sessions" if (data / "sessions").exists() else data)
    heads = store.heads()
    assert len(heads) == 1, f"{len(heads)} sessions after {how}"
    session = store.open(heads[0].id)
    try:
        turns = session.all_turns()
    finally:
        session.close()
    assert [turn.text for turn in turns if turn.role == "user"] == [PROMPT], f"the prompt is gone after {how}"
    text = next((turn.text for turn in turns if turn.role == "assistant"), "")
    words = text.split()
    whole = words if text.endswith(" ") or not words else words[:-1]
    assert whole == [f"w{number}" for number in range(len(whole))], f"text is not a prefix after {how}"
    missing = sent[len(whole) :]
    return Loss(how, streamed_s, len(sent), len(whole), ended_at - missing[0] if missing else 0.0)


def main() -> None:
    """Run the rounds and print the worst."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    losses: list[Loss] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.times):
            how = ("SIGKILL", "hang-up", "SIGTERM", "SIGHUP")[number % 4 if number % 8 else 0]
            loss = one_round(Path(folder) / str(number), how, random.uniform(0.0, 2.5))
            losses.append(loss)
            print(
                f"{number + 1:3d} {loss.how:8s} after {loss.streamed_s:4.2f} s: "
                f"{loss.words_kept} of {loss.words_sent} words kept, oldest lost {loss.lost_s:4.2f} s"
            )
    worst = max(loss.lost_s for loss in losses)
    print(f"{len(losses)} rounds, every session loads, no turn lost; oldest text lost: {worst:.2f} s")
    assert worst <= 1.0


if __name__ == "__main__":
    main()
