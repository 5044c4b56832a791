"""Watches the event loop of a program from inside, the same way in every program.

`python -m tests.bench.probe KIND ARGUMENTS` runs `fmtui` or the `reference` with a selector
that notes when the loop asks for work and when it has got some. It adds no timer and no
task: an idle loop stays idle. A thread waits for questions on the socket whose number is
in `BENCH_PROBE`, and answers each with what was noted since the last one.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys
import threading
import time
from typing import NamedTuple

LEAST_S = 0.001
"""Rounds of the loop shorter than this are only counted."""


class Noted(NamedTuple):
    """What the loop did since the last question."""

    rounds: int
    """How many times it woke up and did something, or looked for it."""
    long: list[tuple[float, float]]
    """Rounds that took long: when each began, by `time.monotonic`, and its seconds."""


class WatchedSelector(selectors.DefaultSelector):
    """Notes how long the loop works between two times it asks for events.

    In that time it takes no key and no answer from a socket: it is what a user can feel.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rounds = 0
        self._long: list[tuple[float, float]] = []
        self._since = time.monotonic()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for events, as the loop asks for."""
        took = time.monotonic() - self._since
        if took >= LEAST_S:
            self._long.append((self._since, took))
        self._rounds += 1
        ready = super().select(timeout)
        self._since = time.monotonic()
        return ready

    def take(self) -> Noted:
        """Return what was noted since the last time."""
        long, self._long = self._long, []
        rounds, self._rounds = self._rounds, 0
        return Noted(rounds, long)


def _answer(channel: socket.socket, selector: WatchedSelector) -> None:
    while channel.recv(1):
        channel.sendall(json.dumps(selector.take()).encode() + b"\n")


def watch(number: int) -> None:
    """Watch the loop that this process will run, and answer on this socket.

    Args:
        number: of the socket's file, inherited from the process that measures.
    """
    os.set_inheritable(number, False)
    selector = WatchedSelector()
    selectors.DefaultSelector = lambda: selector  # type: ignore[assignment,misc]  # every loop asks for one
    channel = socket.socket(fileno=number)
    threading.Thread(target=_answer, args=(channel, selector), daemon=True).start()


def main() -> int:
    """Run a program under watch; return its exit status."""
    kind, *arguments = sys.argv[1:]
    watch(int(os.environ.pop("BENCH_PROBE")))
    if kind == "fmtui":
        from fmtui.cli import main as fmtui  # noqa: PLC0415 - each program loads only its own

        return fmtui(arguments)
    from tests.bench.reference import run  # noqa: PLC0415 - likewise

    return run(*arguments)


if __name__ == "__main__":
    sys.exit(main())
