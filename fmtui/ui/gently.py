"""Long work in a thread that no key has to wait for.

Python runs one thread at a time: one that computes takes turns with the event loop, by
default of five milliseconds, and a frame that gives way a few times is late. So such work
is done a little at a time. What nobody waits for keeps away from whatever the user and the
model do besides.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

CALM_S = 2.0
"""Seconds without a key and without a reply from which on nothing happens."""
WORK_S, REST_S = 0.002, 0.008
"""Seconds for which work computes at a time that nobody waits for, and for which it lets others compute."""
SPELL_S, BREATH_S = 0.002, 0.0003
"""The same for work that somebody waits for."""


class Lull:
    """Knows when nothing happens: no key is pressed, no reply runs. Any thread may ask.

    Args:
        running: whether a reply runs.
        clock: seconds that only grow.
    """

    def __init__(self, running: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._running = running
        self._clock = clock
        self._last = clock()

    def stir(self) -> None:
        """Take note that something happens now."""
        self._last = self._clock()

    def left_s(self) -> float:
        """Return after how many seconds nothing will have happened for long enough; 0 when it is so now."""
        if self._running():
            self.stir()
        return max(0.0, self._last + CALM_S - self._clock())

    async def comes(self) -> None:
        """Wait until nothing happens."""
        while (left := self.left_s()) > 0:  # noqa: ASYNC110 - what is left begins anew with each key
            await asyncio.sleep(left)


class Gently:
    """What a long task in a thread calls between its steps: it waits there, and learns whether to go on.

    Args:
        lull: the task stops while there is none.
        clock: seconds that only grow.
        rest: waits for so many seconds in the task's thread, less when the task is called
            off; returns whether it was. A test's may be quicker.
    """

    def __init__(
        self,
        lull: Lull,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], bool] | None = None,
    ) -> None:
        self._lull = lull
        self._clock = clock
        self._over = threading.Event()
        self._rest = rest or self._over.wait
        self._began = clock()

    def __call__(self) -> bool:
        """Give way if there is something better to do; return whether the task should go on."""
        left = self._lull.left_s()
        if left or self._clock() - self._began > WORK_S:
            over = self._rest(left or REST_S)
            while not over and (left := self._lull.left_s()) > 0:
                over = self._rest(left)
            self._began = self._clock()
        return not self._over.is_set()

    def end(self) -> None:
        """Call the task off; it ends with its next step, also while it waits."""
        self._over.set()


class Easily(Generic[T]):
    """What a thread goes through without holding up the event loop for more than a moment.

    Args:
        items: can be gone through as often as this is.
        clock: seconds that only grow.
        rest: waits for so many seconds.
    """

    def __init__(
        self,
        items: Iterable[T],
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._items = items
        self._clock = clock
        self._rest = rest

    def __iter__(self) -> Iterator[T]:
        began = self._clock()
        for item in self._items:
            yield item
            if self._clock() - began > SPELL_S:
                self._rest(BREATH_S)
                began = self._clock()
