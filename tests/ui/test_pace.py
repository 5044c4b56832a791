"""When frames are drawn, for terminals and lines of every speed, on a clock of the tests' own."""

from __future__ import annotations

from collections import deque

import pytest

from fmtui.ui.pace import (
    FRAME_S,
    LOST_FRAME_S,
    LOW_FRAME_S,
    SCROLLING_FRAME_S,
    SLOWEST_S,
    STATUS_QUERY,
    Pace,
    over_ssh,
)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def asked(pace: Pace) -> bool:
    """Draw a frame that the terminal takes at once; return whether it was asked behind it."""
    pace.queued()
    pace.taken(0)
    return pace.query() == STATUS_QUERY


def test_a_quick_terminal_gets_thirty_frames_a_second_and_is_never_asked() -> None:
    clock = Clock()
    pace = Pace(low_bandwidth="auto", clock=clock)
    for _ in range(100):
        assert not pace.held()
        pace.queued()
        clock.now += 0.001
        pace.taken(0.001)
        assert pace.query() == ""
        clock.now += pace.interval()
    assert pace.interval() == FRAME_S
    assert (pace.jump(40), pace.slow, pace.figures_s) == (1, False, 0.5)


def test_no_frame_is_drawn_until_the_last_one_was_taken_and_then_somebody_is_told() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    told: list[float] = []
    pace.on_room = lambda: told.append(clock.now)
    pace.queued()
    assert not pace.held(), "the thread may not have had its turn yet"
    clock.now += 1
    assert pace.held()
    clock.now += 600
    assert pace.held()
    assert pace.interval() == SLOWEST_S
    assert told == []
    pace.taken(601)
    assert told == [clock.now]
    assert not pace.held()
    pace.taken(0)
    assert len(told) == 1, "nobody was put off this time"


def test_frames_become_fewer_while_writing_takes_long_and_many_again_when_it_does_not() -> None:
    clock = Clock()
    pace = Pace(low_bandwidth="auto", clock=clock)
    pace.taken(0.3)
    assert pace.interval() == pytest.approx(0.45)
    assert pace.jump(30) == 10
    pace.taken(40)
    assert pace.interval() == SLOWEST_S
    frames = 0
    while pace.interval() > FRAME_S or pace.jump(30) > 1:
        pace.taken(0.001)
        frames += 1
    assert frames < 30


@pytest.mark.parametrize(("lines_per_s", "jump"), [(1, {1}), (4, {3, 4}), (40, {26})])
def test_text_is_scrolled_line_by_line_as_it_is_read_and_by_more_when_it_comes_faster(
    lines_per_s: int, jump: set[int]
) -> None:
    clock = Clock()
    pace = Pace(low_bandwidth="auto", clock=clock)
    owed = 0.0
    for _ in range(100):
        step = pace.interval()
        clock.now += step
        owed += step * lines_per_s
        scrolls = int(owed) if owed >= pace.jump(40) else 0
        owed -= scrolls
        pace.moved(scrolls)
    assert pace.jump(40) in jump
    assert (pace.interval() == SCROLLING_FRAME_S) is (lines_per_s > 12)
    clock.now += 5
    pace.moved(0)
    assert (pace.jump(40), pace.interval()) == (1, FRAME_S)


def test_a_burst_of_text_is_no_fast_text() -> None:
    clock = Clock()
    pace = Pace(low_bandwidth="auto", clock=clock)
    pace.moved(1_000)
    assert (pace.jump(40) <= 4, pace.interval()) == (True, FRAME_S)


def test_low_bandwidth_means_fewer_frames_and_figures_and_scrolling_by_a_third_of_the_screen() -> None:
    pace = Pace(low_bandwidth=True)
    assert pace.interval() == LOW_FRAME_S
    assert (pace.jump(30), pace.jump(1), pace.figures_s) == (10, 1, 1.0)


@pytest.mark.parametrize("choice", ["false", "auto"])
def test_only_without_a_choice_a_slow_terminal_scrolls_by_more(choice: str) -> None:
    pace = Pace(low_bandwidth="auto" if choice == "auto" else False)
    pace.taken(2)
    assert (pace.jump(30) > 1) is (choice == "auto")


# ---- a line that takes everything at once and delivers it later ---------------


class Relay:
    """A line of so many bytes a second with a buffer without end, and the terminal behind it."""

    def __init__(self, clock: Clock, bytes_per_s: float, trip_s: float = 0.02) -> None:
        self.clock = clock
        self.bytes_per_s = bytes_per_s
        self.trip_s = trip_s
        self.free_at = clock.now
        self.answers: deque[float] = deque()
        self.delivered = 0

    @property
    def behind_s(self) -> float:
        """Seconds that what was written last needs to arrive."""
        return max(0.0, self.free_at - self.clock.now)

    def write(self, size: int, *, asks: bool) -> None:
        self.free_at = max(self.free_at, self.clock.now) + size / self.bytes_per_s
        self.delivered += size
        if asks:
            self.answers.append(self.free_at + self.trip_s)


def stream(pace: Pace, line: Relay, seconds: float, frame: int) -> tuple[int, float]:
    """Draw frames of so many bytes for a while; return how many, and the longest way behind at the end."""
    clock, worst, frames = line.clock, 0.0, 0
    start = next_frame = clock.now
    while clock.now < start + seconds:
        clock.now += 0.01
        while line.answers and line.answers[0] <= clock.now:
            line.answers.popleft()
            pace.answered()
        if clock.now >= next_frame:
            if not pace.held():
                line.write(frame, asks=asked(pace))
                frames += 1
            next_frame = clock.now + pace.interval()
        if clock.now > start + seconds / 2:
            worst = max(worst, line.behind_s)
    return frames, worst


@pytest.mark.parametrize("bits", [9_600, 115_200])
@pytest.mark.parametrize("trip_s", [0.0, 0.3])
def test_a_slow_line_is_kept_busy_but_never_far_behind(bits: int, trip_s: float) -> None:
    clock = Clock()
    pace = Pace(low_bandwidth="auto", remote=True, clock=clock)
    line = Relay(clock, bits / 10, trip_s)
    line.write(6_000, asks=asked(pace))  # the first screen
    frame = 700
    frames, worst = stream(pace, line, 60, frame)
    assert worst < 1.0 + 3 * frame / line.bytes_per_s
    assert frames * frame > 60 * min(line.bytes_per_s * 0.4, frame * 10)
    line.bytes_per_s = 1e9
    stream(pace, line, 10, frame)
    assert pace.interval() == FRAME_S


def test_a_quick_line_costs_a_few_bytes_and_no_frame() -> None:
    clock = Clock()
    pace = Pace(low_bandwidth="auto", remote=True, clock=clock)
    line = Relay(clock, 1e8, trip_s=0.2)
    frames, _ = stream(pace, line, 20, 700)
    assert frames >= 20 * 25
    assert pace.jump(30) == 1


def test_a_terminal_that_does_not_answer_is_asked_once_and_waited_for_once() -> None:
    clock = Clock()
    pace = Pace(low_bandwidth="auto", remote=True, clock=clock)
    count = sum(asked(pace) for _ in range(3))
    clock.now += 1.5
    assert pace.held()
    assert 0 < (pace.expires_s() or 0) <= 0.6
    clock.now += 1
    assert (pace.held(), pace.interval()) == (False, LOST_FRAME_S)
    for _ in range(100):
        clock.now += 8
        count += asked(pace)
        assert not pace.held()
        assert pace.expires_s() is None
        assert pace.interval() == FRAME_S
    assert count == 1


def test_a_line_that_hangs_is_waited_for_and_a_terminal_that_stops_answering_is_not_for_ever() -> None:
    clock = Clock()
    pace = Pace(low_bandwidth="auto", remote=True, clock=clock)
    told: list[float] = []
    pace.on_room = lambda: told.append(clock.now)
    assert asked(pace)
    clock.now += 0.1
    pace.answered()
    clock.now += 1
    assert not pace.query(), "nothing was drawn since"
    assert asked(pace)
    clock.now += 5
    assert pace.held()
    pace.answered()
    assert told == [clock.now]
    clock.now += 5
    assert asked(pace)
    clock.now += 12
    assert not pace.held()
    assert pace.interval() == LOST_FRAME_S
    clock.now += 60
    assert not asked(pace)
    for _ in range(20):
        pace.taken(0)
    assert pace.interval() < SLOWEST_S


@pytest.mark.parametrize(
    ("environ", "remote"),
    [
        ({}, False),
        ({"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, True),
        ({"SSH_TTY": "/dev/pts/3"}, True),
        ({"SSH_TTY": "/dev/pts/3", "TMUX": "/tmp/tmux"}, False),
        ({"SSH_TTY": "/dev/pts/3", "STY": "1.pts"}, False),
    ],
)
def test_a_terminal_is_asked_over_ssh_unless_a_multiplexer_stands_between(
    environ: dict[str, str],
    remote: bool,  # noqa: FBT001 - a case's expectation
) -> None:
    assert over_ssh(environ) is remote


def test_a_line_that_took_long_for_a_frame_is_spared_for_minutes() -> None:
    clock = Clock()
    pace, never = Pace(low_bandwidth="auto", clock=clock), Pace(clock=clock)
    assert not pace.spares
    for each in (pace, never):
        each.taken(1.0)
        for _ in range(20):  # letters, which come through at once
            each.taken(0.01)
    assert (pace.slow, pace.spares, never.spares) == (False, True, False)
    clock.now += 301
    assert not pace.spares
    assert Pace(low_bandwidth=True).spares
