"""A terminal at the far end of a slow line that takes everything at once and delivers it later."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from pathlib import Path

from tests.servers import E, ScriptedServer, stream
from tests.terminal import Terminal, clean_environ, fmtui
from tests.test_terminal_slow import comes

QUERY = b"\x1b[5n"
RATE = 3_840
"""Bytes a second: 38,400 bit/s."""


class Line:
    """Reads what an app writes at once, as sshd does, and delivers it at the line's own speed.

    The terminal at its other end answers queries when they have arrived.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.written = 0
        self.delivered = 0.0
        self.asked = 0
        self._terminal = terminal
        self._queries: deque[int] = deque()
        self._tail = b""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def behind(self) -> float:
        """Bytes that are on their way."""
        return self.written - self.delivered

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        at = time.monotonic()
        while not self._over.is_set():
            before = len(self._terminal.raw)
            self._terminal.read(0.01)
            self._take(bytes(self._terminal.raw[before:]))
            now = time.monotonic()
            self.delivered = min(self.written, self.delivered + (now - at) * RATE)
            at = now
            while self._queries and self._queries[0] <= self.delivered:
                self._queries.popleft()
                self._terminal.type("\x1b[0n")

    def _take(self, data: bytes) -> None:
        text = self._tail + data
        start = self.written - len(self._tail)
        place = text.find(QUERY)
        while place >= 0:
            self.asked += 1
            self._queries.append(start + place + len(QUERY))
            place = text.find(QUERY, place + 1)
        self.written += len(data)
        self._tail = text[-len(QUERY) + 1 :]


async def test_over_a_slow_line_what_is_shown_is_never_far_behind(tmp_path: Path) -> None:
    gates = [asyncio.Event() for _ in range(600)]
    steps = [step for number, gate in enumerate(gates) for step in (gate, E(f"Words {number} of a reply. "))]
    async with ScriptedServer(stream(*steps, asyncio.Event())) as server:
        config = tmp_path / "config.toml"
        config.write_text(
            f'[endpoints.local]\nurl = "{server.url}/v1"\nmodel = "m"\nmode = "chat"\nmodels = ["m"]\n'
        )
        command = fmtui("--config", str(config), "--data-dir", str(tmp_path / "data"), "-e", "local")
        with Terminal(command, clean_environ(tmp_path, SSH_CONNECTION="10.0.0.1 1 10.0.0.2 22")) as terminal:
            line = Line(terminal)
            try:
                await comes(lambda: "max_tokens" in terminal.text and not line.behind)
                terminal.type("go\r")
                worst = 0.0
                for gate in gates:
                    gate.set()
                    await asyncio.sleep(0.005)
                    worst = max(worst, line.behind)
                assert line.asked > 2
                assert worst < 2.5 * RATE, "seconds behind: without asking it is more than three and a half"
                terminal.type("typed")
                await comes(lambda: "typed" in terminal.text and not line.behind)
            finally:
                line.close()
