"""Another program on the terminal, while the app goes on: replies come in, nothing is drawn."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from textual.app import App

from fmtui.terminal_modes import modes_kept

_END_S = 0.5
"""Seconds that a program has to end in good order when fmtui is ended."""


class Outside:
    """What has the terminal instead of the app."""

    def __init__(self, interrupted: threading.Event) -> None:
        self.interrupted = interrupted
        """Set when Ctrl+C was pressed, or it is time to end."""
        self._programs: list[subprocess.Popen[bytes]] = []
        self._over = False

    def start(self, argv: Sequence[str], stdin: int | None = None) -> subprocess.Popen[bytes]:
        """Start a program on the terminal.

        Args:
            argv: the program and its arguments.
            stdin: what it reads, as for `subprocess.Popen`.

        Raises:
            OSError: it could not be started.
        """
        program = subprocess.Popen(list(argv), stdin=stdin)
        self._programs.append(program)
        if self._over:
            program.terminate()
        return program

    def call(self, argv: Sequence[str]) -> int:
        """Run a program until it ends; return its exit status, negative for a signal."""
        return self.start(argv).wait()

    def end(self) -> None:
        """End what runs: it must not be left behind on the shell's terminal, with the app waiting for it."""
        self._over = True
        self.interrupted.set()
        for program in self._programs:
            program.terminate()  # it may keep what was written there: editors do
        for program in self._programs:
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(_END_S)


async def run_outside(app: App[Any], argv: Sequence[str]) -> int:
    """Give the terminal to a program until it ends; return its exit status, negative for a signal.

    Raises:
        OSError: it could not be started.
        textual.app.SuspendNotSupported: there is no terminal to give.
    """
    with outside(app) as there:
        return await asyncio.to_thread(there.call, argv)


@contextlib.contextmanager
def outside(app: App[Any]) -> Iterator[Outside]:
    """Give the terminal away for a while, as it was before the app began.

    When the app is ended meanwhile, so is what runs there.

    Yields:
        What starts programs, and knows when Ctrl+C is pressed, which does not end the app.

    Raises:
        textual.app.SuspendNotSupported: there is no terminal to give.
    """
    failed: Exception | None = None
    number = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    # A program that fails may leave the terminal without echo or lines.
    with app.suspend(), modes_kept(number), _nothing_drawn(app), _signals_its_own() as interrupted:
        there = Outside(interrupted)
        try:
            yield there
        except asyncio.CancelledError:
            there.end()
            raise
        except Exception as error:  # noqa: BLE001 - raised below: Textual takes no terminal back after an error
            failed = error
    if failed is not None:
        raise failed


@contextlib.contextmanager
def _nothing_drawn(app: App[Any]) -> Iterator[None]:
    app._begin_batch()  # noqa: SLF001 - `batch_update` draws at its end, when the terminal is not back yet
    try:
        yield
    finally:
        app._batch_count -= 1  # noqa: SLF001 - same; what resumes draws everything


@contextlib.contextmanager
def _signals_its_own() -> Iterator[threading.Event]:
    """Leave Ctrl+C and Ctrl+Z to the program: all that the shell started together gets them."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    # A function, as to ignore a signal would be handed on to the program.
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    # Each stops by itself, as the shell expects: to stop the others too would stop them twice.
    stopping = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTSTP, stopping)
