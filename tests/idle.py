"""Tests of the app wait until it has nothing left to do, not for a time.

The framework's own wait sleeps 20 ms after each key, twice, and again until the process has used
hardly any processor time: in a run of all tests most of the time went there, and a process that
the machine had forgotten for 20 ms passed for an idle one. This one looks at the event loop:
whether anything is ready, a timer is about to fire, or a thread works for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import process_time, thread_time
from typing import Any
from weakref import WeakKeyDictionary

import textual.app
import textual.pilot
from textual._queue import Queue
from textual._wait import wait_for_idle
from textual.message_pump import MessagePump
from textual.pilot import Pilot, WaitForScreenTimeout
from textual.screen import Screen

SOON_S = 0.02
"""Timers that fire within this time of the beginning are waited for, as the framework's wait does."""
_LOOK_S = 0.002
"""Between two looks at a thread that works."""
_STUCK = 50
"""A thread that was not at work at so many looks waits for something that is not to come now."""
_PAINTED_S = 0.3
_FRAMES = 18
"""A screen that changes all the time is waited for no longer, nor for more frames."""
_AT_WORK = 0.2
"""The part of a time that a process at work has the processor, at least, where the system does not tell."""
_TASKS = Path("/proc/self/task")
_KNOWN_TO_WAIT: WeakKeyDictionary[object, object] = WeakKeyDictionary()
"""How threads looked that were found to wait for something: as long as they look like that they do."""
_wait_for_screen = Pilot._wait_for_screen


async def idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Let the loop run until it would only wait.

    Args:
        min_sleep: as the framework's wait takes it; there is no need to sleep.
        max_sleep: seconds after which to go on though there is still something to do. What a busy
            machine gives to others meanwhile does not count.
    """
    loop: Any = asyncio.get_running_loop()
    now = begun = loop.time()
    used, end = thread_time(), process_time() + max_sleep
    looks = stuck = 0
    slept = 0.0
    seen: object = None
    while process_time() < end and stuck < _STUCK:
        await asyncio.sleep(0)
        # Asked for first: a thread has told its result to the loop before it counts as idle.
        working = _threads_at_work(loop)
        before, now = now, loop.time()
        used_before, used = used, thread_time()
        begun += max(0.0, now - before - slept - (used - used_before))
        slept = 0.0
        if loop._ready:
            looks, stuck = 0, 0
        elif looks == 0:
            looks = 1  # what ran just now may have written to a socket that the loop has not looked at yet
        elif loop._scheduled and (first := loop._scheduled[0]).when() <= begun + SOON_S:
            slept = 0.0 if first.cancelled() else max(0.0, first.when() - now)
            await asyncio.sleep(slept)
            looks = 0
        elif working:
            if known := _KNOWN_TO_WAIT.get(loop._default_executor):
                if known == _signs_of_work(loop):
                    return
                del _KNOWN_TO_WAIT[loop._default_executor]
            slept = _LOOK_S
            await asyncio.sleep(slept)
            seen_before, seen = seen, _signs_of_work(loop)
            looks = 0
            if seen == seen_before:
                stuck, end = stuck + 1, end - _LOOK_S
                if stuck == _STUCK:
                    _KNOWN_TO_WAIT[loop._default_executor] = seen
            else:
                stuck = 0
        else:
            return


def _threads_at_work(loop: Any) -> int:
    """Return how many threads do something that a task of the loop waits for."""
    executor = loop._default_executor
    return len(executor._threads) - executor._idle_semaphore._value if executor else 0


def _signs_of_work(loop: Any) -> object:
    """Return what is another value at the next look if any thread was at work, unless it only waits.

    On a busy machine a thread at work may wait long for a processor or for a disk, which is not
    to wait for something: only the system knows which of these it is.
    """
    if not _TASKS.exists():
        return round(process_time() / _LOOK_S / _AT_WORK)
    signs: list[str] = []
    for thread in loop._default_executor._threads:
        with suppress(OSError):  # it has ended
            task = _TASKS / str(thread.native_id)
            signs.append((task / "schedstat").read_text())  # how long it had one, and how often
            if (task / "stat").read_text().rpartition(")")[2].split()[0] in "RD":
                return object()
    return signs


def _at_rest(pump: MessagePump) -> bool:
    """Whether a widget has done all that it was told, and waits to be told more."""
    queue: Queue[Any] = pump._message_queue
    return pump._closing or pump._closed or (not queue.values and bool(queue.ready_event._waiters))


def _to_be_painted(screen: Screen[Any]) -> bool:
    """Whether a screen waits for its next frame, in which a layout may follow another."""
    waits = screen._layout_required or screen._scroll_required or screen._repaint_required
    return bool(waits or screen._dirty_widgets)


async def _all_at_rest(pilot: Pilot[Any], timeout: float = 30.0) -> bool:  # noqa: ASYNC109 - as the framework has it
    """Do what the framework's own does, but tell widgets nothing to learn that they have nothing to do."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    end = begun + timeout
    frames = 0
    while True:
        await idle()
        try:
            screen = pilot.app.screen
        except Exception:  # noqa: BLE001 - as the framework has it: there is none any more
            return False
        busy = [each for each in (pilot.app, *screen.walk_children(with_self=True)) if not _at_rest(each)]
        if not busy:
            if not _to_be_painted(screen) or (frames > _FRAMES and loop.time() > begun + _PAINTED_S):
                return True
            frames += 1
            continue
        if loop.time() > end:
            raise WaitForScreenTimeout(f"still at something: {busy}")
        # They are at something that takes longer, or have not begun.
        if not await _wait_for_screen(pilot, timeout):
            return False


def _unknown() -> Iterator[str]:
    """Find what of the insides that are looked at is not as it is known."""
    loop = asyncio.new_event_loop()
    loop.close()
    if not isinstance(vars(loop).get("_ready"), deque) or not isinstance(vars(loop).get("_scheduled"), list):
        yield "what the event loop does next"
    if not vars(ThreadPoolExecutor(1)).keys() >= {"_threads", "_idle_semaphore"}:
        yield "which threads are idle"
    if "_waiters" not in vars(vars(Queue()).get("ready_event")):
        yield "the queue of a widget"
    if {vars(module).get("wait_for_idle") for module in (textual.app, textual.pilot)} != {wait_for_idle}:
        yield "where the framework waits"


def wait_for_what_is_left() -> str:
    """Put this in the place of the framework's waits.

    Returns:
        Nothing, or what is not as it is known, so that the framework's own waits stay.
    """
    if unknown := ", ".join(_unknown()):
        return unknown
    for module in (textual.app, textual.pilot):
        vars(module)["wait_for_idle"] = idle
    setattr(Pilot, "_wait_for_screen", _all_at_rest)  # noqa: B010 - the type checker knows no generic methods
    return ""
