"""How often the screen may be drawn: as often as the terminal takes what is written, and no oftener.

A frame shows a state, so one that is left out is no loss: the next shows the newest. While
the terminal has not taken the last frame no other is written, so nothing ever waits in a
queue behind what the user wants to see, and nobody waits for the terminal.

Two things tell how quick a terminal is. Writing takes long when it is slow and near. A far
one hides that: sshd and the network take megabytes at once. There the terminal is asked
for its status behind a frame, at most a few times a second and never while nothing is
drawn: the answer comes when the frame has come through.

Knows nothing of Textual; the time is handed in, so every rule is tested without waiting.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Literal

STATUS_QUERY = "\x1b[5n"
"""Asks a terminal how it is; every terminal since the VT100 answers, and nothing on the screen changes."""
FRAME_S = 1 / 30
"""Seconds between two frames of a terminal that takes what comes."""
SCROLLING_FRAME_S = 1 / 12
"""The same while text comes faster than anybody reads."""
_FAST = 12.0
"""Lines a second from which text comes faster than anybody reads."""
_SCROLL_EVERY_S = 0.75
"""Seconds of text by which following scrolls at once: where another widget stands beside the text, each
scroll has that written again, whatever it moves by. At the speed of reading it is a line."""
_RATE_OVER_S = 0.7
"""Seconds over which the speed of the text is taken."""
_AT_ONCE = 4
"""Lines of one frame that count for the speed: a burst is none."""
LOW_FRAME_S = 1 / 6
"""The same where little is to be written."""
SLOWEST_S = 1.0
"""The longest time between two frames: a reply must be seen to live."""
LOST_FRAME_S = 3.0
"""The same when an answer is long overdue: either it was lost, or the line is that far behind."""
PATIENCE_S = 0.05
"""Seconds that a frame may wait for the writing thread before the terminal counts as busy."""
_NO_TIME_S = 0.02
"""Writing that takes no longer says nothing about the terminal: the thread may have waited for its turn."""
_NO_DELAY_S = 0.05
"""An answer that comes no later than this behind the quickest says nothing either."""
_SHARE = 1.5
"""A frame that takes the line one second is followed by the next after so many."""
_EASING = 0.7
"""What is left of a measured slowness after each quick frame."""
_SLOW_S, _QUICK_S = 0.1, 0.05
"""Seconds for a frame from which a line counts as slow, and to which it has to come down again."""
_SLOW_FRAME_S = 0.3
"""Seconds for one frame that only a slow line takes, for which much is left out."""
_REMEMBERED_S = 300.0
"""Seconds for which a line is still taken for a slow one: a few letters that came through at once say
nothing about the next screenful."""
_ASK_EVERY_S = 0.4
_BEHIND_S = 0.25
"""How far behind the quickest answer so far the next may be before drawing waits for it."""
_FIRST_BEHIND_S = 0.3
"""The same for the first answer."""
_LONGEST_TRIP_S = 1.0
"""No line takes longer than that to and fro: what is above it is a queue."""
_WAIT_S, _FIRST_WAIT_S = 10.0, 2.0
"""Seconds in which drawing waits for an answer at most, and for the first one; then it goes on, slowly."""
_GIVEN_UP_S, _FIRST_GIVEN_UP_S = 30.0, 10.0
"""Seconds after which no answer is expected any more. No other query is sent before one has come, so a
terminal that does not answer is asked once."""
_MEMORY_S = 30.0
"""The quickest answer is taken from the last one to two spans of this length: routes change."""


def at_far_end(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal is at the far end of an SSH line."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def over_ssh(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal is at the far end of an SSH line that nothing here controls the flow of."""
    # These draw for themselves what the line can take, and answer queries before it.
    return at_far_end(environ) and not (environ.get("TMUX") or environ.get("STY"))


class Pace:
    """Decides when frames are drawn.

    `queued`, `taken` and `answered` may be called from any thread, everything else from the
    event loop's.

    Args:
        low_bandwidth: whether as little as possible is to be written; `auto` finds out
            whether the terminal is slow.
        remote: whether the terminal is asked from the start how far behind it is.
        frame_s: seconds between two frames of a quick terminal.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        *,
        low_bandwidth: bool | Literal["auto"] = False,
        remote: bool = False,
        frame_s: float = FRAME_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on_room: Callable[[], None] = lambda: None
        """Called from any thread when a frame that `held` put off can be drawn."""
        self.low = low_bandwidth is True
        """Whether as little as possible is to be written, whatever was measured."""
        self._remote = remote
        self._adapts = low_bandwidth is not False
        self._asks = remote and self._adapts
        self._frame_s = frame_s
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting_since: float | None = None
        self._put_off = False
        self._wrote = False
        self._jump = 1
        self._write_s = 0.0
        self._behind_s = 0.0
        self._slow = False
        self._slow_at = float("-inf")
        self._lines_per_s = 0.0
        self._moved_at = clock()
        self._line = _Line(clock)
        self.quiet = threading.Event()
        """Set while no answer of the terminal is to come."""
        self.quiet.set()

    def set_low(self, *, low_bandwidth: bool | Literal["auto"]) -> None:
        """Write as little as possible from now on, or as much as the terminal takes, or find out."""
        self.low = low_bandwidth is True
        self._adapts = low_bandwidth is not False
        self._asks = self._remote and self._adapts

    # ---- what drawing asks

    def interval(self) -> float:
        """Return the seconds from one frame to the next."""
        if self.low:
            least = max(self._frame_s, LOW_FRAME_S)
        elif self._lines_per_s > _FAST:
            least = max(self._frame_s, SCROLLING_FRAME_S)
        else:
            least = self._frame_s
        if self._line.lost:
            return max(least, LOST_FRAME_S)
        held_s = self._held_for(self._clock())
        return min(max(least, SLOWEST_S), max(least, self._cost_s * _SHARE, held_s / 4))

    def jump(self, height: int) -> int:
        """Return by how many lines following scrolls at least, in a window of so many rows.

        The text stands still meanwhile, and the rows below it are filled.
        """
        if self.low or (self._adapts and self.slow):
            return max(1, height // 3)
        most = max(1, height * 2 // 3)
        self._jump = min(most, max(1, round(self._lines_per_s * _SCROLL_EVERY_S))) if self._adapts else 1
        return self._jump

    def moved(self, lines: int) -> None:
        """Take note of how many lines a frame scrolled."""
        now = self._clock()
        kept = math.exp((self._moved_at - now) / _RATE_OVER_S)
        self._moved_at = now
        self._lines_per_s = self._lines_per_s * kept + min(lines, max(_AT_ONCE, self._jump)) / _RATE_OVER_S

    @property
    def slow(self) -> bool:
        """Whether the terminal was seen to need long for a frame of late."""
        self._slow = self._cost_s > (_QUICK_S if self._slow else _SLOW_S)
        return self._slow

    @property
    def spares(self) -> bool:
        """Whether what is nice to see, but not needed, is better not written."""
        return self.low or (self._adapts and self._clock() < self._slow_at + _REMEMBERED_S)

    @property
    def figures_s(self) -> float:
        """Seconds between two updates of figures that run."""
        return 1.0 if self.low or self.slow else 0.5

    def held(self) -> bool:
        """Return whether a frame must be put off; if so, `on_room` is called when it no longer must."""
        with self._lock:
            self._put_off = self._held_for(self._clock()) > 0
            return self._put_off

    def expires_s(self) -> float | None:
        """Return in how many seconds drawing no longer waits for an answer; None when it does not wait."""
        return self._line.expires_s() if self._waiting_since is None else None

    def query(self) -> str:
        """Return what to write behind a frame, if anything: a query that is answered when it came through."""
        if not (self._asks and self._wrote and self._line.may_ask()):
            return ""
        self._wrote = False
        self._line.ask()
        self.quiet.clear()
        return STATUS_QUERY

    def _held_for(self, now: float) -> float:
        """Return for how many seconds frames have been put off."""
        since = self._waiting_since
        waited = 0.0 if since is None else max(0.0, now - since - PATIENCE_S)
        return max(waited, self._line.held_for())

    @property
    def _cost_s(self) -> float:
        return max(self._write_s, 0.0 if self._line.mute else self._behind_s)

    # ---- what the terminal tells

    def queued(self) -> None:
        """Take note that there is something to write."""
        with self._lock:
            self._wrote = True
            if self._waiting_since is None:
                self._waiting_since = self._clock()

    def taken(self, seconds: float) -> None:
        """Take note that the terminal has taken everything, and for how many seconds it kept the writer."""
        with self._lock:
            self._waiting_since = None
            self._write_s = _eased(self._write_s, seconds, _NO_TIME_S)
            self._remember(seconds)
            if seconds > _SLOW_S and self._adapts:
                self._asks = True  # what it holds back in its buffers is more than can be seen from here
            put_off, self._put_off = self._put_off, False
        if put_off:
            self.on_room()

    def _remember(self, seconds: float) -> None:
        if seconds > _SLOW_FRAME_S:
            self._slow_at = self._clock()

    def answered(self) -> None:
        """Take note that the terminal has answered a query."""
        self.quiet.set()
        with self._lock:
            behind = self._line.answered()
            if behind is None:
                return
            self._behind_s = _eased(self._behind_s, behind, _NO_DELAY_S)
            self._remember(behind)
            put_off = self._put_off and self._waiting_since is None
            if put_off:
                self._put_off = False
        if put_off:
            self.on_room()


class _Line:
    """What the terminal's answers tell of the line between.

    At most one query is on its way, so an answer is always that to the last one.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._asked_at: float | None = None
        self._last = float("-inf")
        self._answers = 0
        self._best = (float("inf"), float("inf"))
        """The quickest answer of the span before, and of this one; in seconds."""
        self._span_start = clock()

    def may_ask(self) -> bool:
        return self._asked_at is None and self._clock() >= self._last + _ASK_EVERY_S

    def ask(self) -> None:
        self._asked_at = self._last = self._clock()

    def answered(self) -> float | None:
        """Return how far behind the quickest this answer came, in seconds; None if nothing was asked."""
        if self._asked_at is None:
            return None
        now = self._clock()
        delay = now - self._asked_at
        self._asked_at = None
        self._answers += 1
        if now - self._span_start > _MEMORY_S:
            self._span_start = now
            self._best = self._best[1], delay
        else:
            self._best = self._best[0], min(self._best[1], delay)
        return max(0.0, delay - self._quickest)

    def held_for(self) -> float:
        """Return for how many seconds drawing has waited for an answer."""
        waited = self._waited()
        behind, wait = self._limits()
        return waited - behind if behind < waited < wait else 0.0

    @property
    def lost(self) -> bool:
        """Whether an answer has not come for so long that drawing waits for it no longer."""
        return self._limits()[1] <= self._waited() and not self.mute

    @property
    def mute(self) -> bool:
        """Whether the terminal has given no answer for so long that none will come."""
        return self._waited() >= (_GIVEN_UP_S if self._answers else _FIRST_GIVEN_UP_S)

    def expires_s(self) -> float | None:
        """Return the seconds after which drawing waits no longer; None when it does not wait."""
        waited = self._waited()
        behind, wait = self._limits()
        return wait - waited if behind < waited < wait else None

    def _waited(self) -> float:
        return 0.0 if self._asked_at is None else self._clock() - self._asked_at

    def _limits(self) -> tuple[float, float]:
        if not self._answers:
            return _FIRST_BEHIND_S, _FIRST_WAIT_S
        return self._quickest + _BEHIND_S, _WAIT_S

    @property
    def _quickest(self) -> float:
        return min(*self._best, _LONGEST_TRIP_S)


def _eased(before: float, measured: float, nothing: float) -> float:
    """Return a slowness that grows at once and shrinks by and by."""
    easing = before * _EASING
    return max(measured if measured > nothing else 0.0, easing if easing > nothing / 2 else 0.0)
