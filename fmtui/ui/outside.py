"""Another program on the terminal, while the app goes on: replies come in, nothing is drawn."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from textual.app import App


async def run_outside(app: App[Any], argv: Sequence[str]) -> int:
    """Give the terminal to a program until it ends; return its exit status, negative for a signal.

    Raises:
        OSError: it could not be started.
        textual.app.SuspendNotSupported: there is no terminal to give.
    """
    with outside(app):
        return await asyncio.to_thread(subprocess.call, list(argv))


@contextlib.contextmanager
def outside(app: App[Any]) -> Iterator[threading.Event]:
    """Give the terminal away for a while, as it was before the app began.

    Yields:
        What is set when Ctrl+C is pressed meanwhile, which does not end the app.

    Raises:
        textual.app.SuspendNotSupported: there is no terminal to give.
    """
    failed: Exception | None = None
    with app.suspend(), _nothing_drawn(app), _signals_its_own() as interrupted:
        try:
            yield interrupted
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
