"""Having something asked until its answer is written, or a signal or a reader that leaves stops it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator

from fmtui.asking import Ask
from fmtui.core.chat import Turn
from fmtui.core.record import NamedTuple
from fmtui.output import Outlet
from fmtui.writer import Writer

STOPPED = 130
"""The exit status of what was stopped, a promise to scripts."""


@contextlib.contextmanager
def _stopped_by_signals(stop: Callable[[], object]) -> Iterator[None]:
    """Call `stop` at the first signal that asks the process to end; a second one ends it at once.

    A signal that the process was told to ignore, as `nohup` does, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    stopping = False

    def stop_or_leave() -> None:
        nonlocal stopping
        if stopping:
            os._exit(STOPPED)
        stopping = True
        stop()

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handled = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]
    for number in handled:
        loop.add_signal_handler(number, stop_or_leave)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


class Carried(NamedTuple):
    """How it ended that something was asked."""

    turn: Turn | None
    """None when even the end of the output was not waited for."""
    stopped: bool
    """Whether a signal stopped it."""
    failed: OSError | None
    """Why the output could not be written."""


async def carry_out(
    make: Callable[[Writer], Ask], work: Callable[[Ask], Awaitable[Turn]], out: Outlet
) -> Carried:
    """Ask, and wait until the answer is written; a signal, or a reader that leaves, stops it.

    Args:
        make: makes what asks, given what writes.
        work: has it ask.
        out: where the answer goes: when nobody reads it, nothing more is received.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine that runs has a task
    streaming, stopped = True, False
    failed: list[OSError] = []

    def stop() -> None:
        nonlocal stopped
        stopped = True
        task.cancel()

    def broken(outlet: Outlet, error: OSError) -> None:
        if outlet is out:
            failed.append(error)
            if streaming:
                ask.quiet = True
                task.cancel()

    writer = Writer(broken)
    ask = make(writer)
    turn: Turn | None = None
    with _stopped_by_signals(stop):
        turn = await work(ask)
        streaming = False
        try:
            # The whole reply may have been kept before the signal came, and its reader still wait.
            await writer.finish(patient=not stopped and turn.outcome != "stopped")
        except asyncio.CancelledError:
            return Carried(None, stopped=True, failed=None)
    return Carried(turn, stopped, failed[0] if failed else None)
