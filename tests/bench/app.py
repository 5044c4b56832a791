"""What the whole app costs while a reply streams: socket, decoding, disk and screen together.

Run `python -m tests.bench.app`. It starts fmtui in a pseudo-terminal of 120x40 against a
loopback server that sends one markdown answer at a fixed pace, a token an event, and
prints CPU per 1,000 tokens, bytes written to the terminal per token, and peak memory. The
beginning of the CPU and byte counts is the first token, the end the last.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import pty
import select
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.bench.corpus import answer, tokens
from tests.servers import D, E, F
from tests.terminal import clean_environ, fmtui, set_size


@dataclass
class PacedServer:
    """Streams the tokens at so many a second, then says when it is done."""

    tokens: Sequence[str]
    per_s: float
    port: int = 0
    begun: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()

        async def serve() -> None:
            server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            self._stop = asyncio.Event()
            ready.set()
            await self._stop.wait()
            server.close()

        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(serve(),))
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
            start = time.monotonic()
            for number, token in enumerate(self.tokens):
                await asyncio.sleep(max(0.0, start + number / self.per_s - time.monotonic()))
                writer.write(E(token).encode())
                await writer.drain()
                self.begun.set()
            writer.write((F("stop") + D).encode())
            self.done.set()
        else:
            writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"data":[]}')
        await writer.drain()
        writer.close()


def cpu_s(pid: int) -> float:
    """Return the seconds of a core that a process has used so far, the kernel's share included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    """Return the largest resident size of a process so far, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def measure(size: int, per_s: float) -> tuple[int, float, int, float]:
    """Stream one answer; return tokens, CPU seconds, bytes written and peak memory in MB."""
    parts = tokens(answer(size))
    with tempfile.TemporaryDirectory() as folder, PacedServer(parts, per_s) as server:
        home = Path(folder)
        config = home / "config.toml"
        config.write_text(f'[endpoints.bench]\nurl = "http://127.0.0.1:{server.port}/v1"\nmodel = "m"\n')
        command = fmtui("--config", str(config), "--data-dir", str(home / "data"), "-e", "bench")
        pid, master = pty.fork()
        if pid == 0:
            os.execvpe(command[0], command, clean_environ(home))
        set_size(master, 120, 40)
        try:
            read_until(master, lambda seen, _: b"max_tokens" in seen)
            os.write(master, b"go\r")
            read_until(master, lambda _, __: server.begun.is_set())
            cpu = cpu_s(pid)
            written = read_until(master, lambda _, __: server.done.is_set())
            written += read_until(master, lambda _, quiet_s: quiet_s > 1)
            return len(parts), cpu_s(pid) - cpu, written, peak_mb(pid)
        finally:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            os.close(master)


def read_until(master: int, enough: Callable[[bytes, float], bool]) -> int:
    """Read what the app writes until `enough(what was read, seconds of silence)`; return its bytes."""
    seen = bytearray()
    last = time.monotonic()
    while not enough(bytes(seen[-65536:]), time.monotonic() - last):
        if select.select([master], [], [], 0.02)[0]:
            seen += os.read(master, 65536)
            last = time.monotonic()
    return len(seen)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="characters of the answer")
    parser.add_argument("--pace", type=float, default=100, help="tokens a second")
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    for _ in range(options.times):
        count, cpu, written, peak = measure(options.size, options.pace)
        print(
            f"{count} tokens at {options.pace:g}/s: {cpu / count * 1000:.2f} s of CPU per 1,000 tokens, "
            f"{written / count:.0f} bytes per token, peak {peak:.0f} MB"
        )


if __name__ == "__main__":
    main()
