"""Measures everything but streamed answers: starts, keys, sessions, resizing, rest."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from functools import cached_property

from tests.bench.corpus import SAVED_SIGN
from tests.bench.growth import measured
from tests.bench.programs import BARE, FMTUI, Lab, Saved
from tests.bench.streams import Plan, ask
from tests.bench.table import Figures
from tests.bench.terminal import COLUMNS, Never, Terminal
from tests.ui.growing_texts import Growing

FRAME, FRAME_CPU, INPUT = "start to first frame ms", "CPU to first frame ms", "start to input ready ms"
ECHO, ECHO_P99, ESC = "key echo p50 ms", "key echo p99 ms", "Esc to connection closed ms"
OPEN, OPEN_CPU, SWITCH = "start to last turn shown ms", "CPU to last turn shown ms", "switching to it ms"
MEMORY, SHARE = "memory above the empty app MB", "memory above the empty app / text"
MOST = "peak memory above the empty app MB"
STORM, STORM_CPU = "last resize to settled ms", "CPU ms per resize"
IDLE_BYTES, IDLE_ROUNDS, IDLE_SWITCHES = "bytes written", "rounds of the loop", "threads woken"
IDLE_CPU = "CPU ms"

_LETTERS = "абвгдежзиклмнопрстуфхцчшщэюя"
"""Typed in turn: letters that no text has, so that one on the screen is the one that was typed."""
_GAP_S = 0.11
"""Seconds between two keys; no multiple of a frame."""
_LOST_S = 3.0
"""A key that is not on the screen after so many seconds counts as if it were then."""
_LOADED_S = 2.0
"""Seconds of silence after which a session is open with all that happens in its threads."""
F4, HOME, END, SESSIONS = "\x1bOS", "\x1b[1;5H", "\x1b[1;5F", "\x0f"
"""Show or leave the sidebar, go to the start and to the end, list the sessions."""


def start(lab: Lab, program: str) -> Figures:
    """Start a program; measure until its first frame, and until a key typed then is on the screen."""
    with lab.start(program, watched=False) as terminal:
        frame = lab.first_frame(terminal, program)
        cpu = terminal.moment().cpu_s
        figures = {FRAME: 1e3 * (frame - terminal.started), FRAME_CPU: 1e3 * cpu}
        if program != BARE:
            since = terminal.written
            terminal.type(_LETTERS[0])
            figures[INPUT] = 1e3 * (terminal.shows(_LETTERS[0], since) - terminal.started)
        return figures


def keys(lab: Lab, program: str, text: str, per_s: float, count: int) -> Figures:
    """Type while an answer streams, then stop it.

    Raises:
        Never: the answer does not begin, is over before all keys are shown, or goes on after Esc.
    """
    with lab.rested(program) as terminal:
        ask(lab, terminal, Plan(text, per_s))
        echoes = list(_echoes(terminal, count))
        terminal.read_for(_GAP_S)
        if any(mark.what == "last" for mark, _ in terminal.marks):
            raise Never("the answer was over before all keys were typed")
        pressed = terminal.type("\x1b")
        gone, _ = terminal.marked("gone")
        return {
            ECHO: 1e3 * statistics.median(echoes),
            ECHO_P99: 1e3 * sorted(echoes)[int(len(echoes) * 0.99)],
            ESC: 1e3 * (gone.at - pressed),
        }


def _echoes(terminal: Terminal, count: int) -> Iterator[float]:
    for number in range(count):
        terminal.read_for(_GAP_S)
        letter = _LETTERS[number % len(_LETTERS)]
        since = terminal.written
        pressed = terminal.type(letter)
        try:
            yield terminal.shows(letter, since, _LOST_S) - pressed
        except Never:
            yield _LOST_S
        terminal.type("\x7f")


class Empty:
    """The memory of fmtui with a session of two turns: all is loaded that an open session needs."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    @cached_property
    def mb(self) -> float:
        """What it is, in MB; measured when first asked for."""
        with self._lab.rested(FMTUI, "-s", self._lab.session(2).id) as terminal:
            terminal.quiet(_LOADED_S)
            return terminal.memory_mb()


def opened(lab: Lab, saved: Saved, empty_mb: float) -> Figures:
    """Start fmtui with a session; measure until its last turn is shown, and what it then keeps."""
    with lab.start(FMTUI, "-s", saved.id, watched=False) as terminal:
        shown = terminal.shows(SAVED_SIGN)
        cpu = terminal.moment().cpu_s
        terminal.quiet(_LOADED_S)
        for key in (HOME, END):
            terminal.type(key)
            terminal.quiet(0.3)
        above = max(0.0, terminal.memory_mb() - empty_mb)
        peak = max(0.0, terminal.memory_mb("VmHWM") - empty_mb)
    return {
        OPEN: 1e3 * (shown - terminal.started),
        OPEN_CPU: 1e3 * cpu,
        MEMORY: above,
        MOST: peak,
        SHARE: above * 2**20 / saved.size,
    }


def switched(lab: Lab, saved: Saved) -> Figures:
    """Choose a session in the dialog of the running app; measure until its last turn is shown."""
    with lab.rested(FMTUI) as terminal:
        terminal.type(SESSIONS)
        terminal.quiet(0.3)
        terminal.type(saved.word)
        terminal.quiet(0.3)
        since = terminal.written
        pressed = terminal.type("\r")
        return {SWITCH: 1e3 * (terminal.shows(SAVED_SIGN, since) - pressed)}


def resized(lab: Lab, saved: Saved, count: int) -> Figures:
    """Drag the edge of the window, so to speak: many sizes, faster than they can be drawn."""
    with lab.rested(FMTUI, "-s", saved.id) as terminal:
        terminal.quiet(_LOADED_S)
        begun = terminal.moment()
        for number in range(count):
            terminal.resize(COLUMNS - 1 - number % 25)
            terminal.read_for(0.015)
        last = terminal.resize(COLUMNS)
        settled = terminal.quiet(0.5)
        cpu = terminal.moment().cpu_s - begun.cpu_s
    return {STORM: 1e3 * max(0.0, settled - last), STORM_CPU: 1e3 * cpu / (count + 1)}


def session(lab: Lab, turns: int, empty: Empty) -> Figures:
    """Measure all that is done with one session."""
    saved = lab.session(turns)
    return {**opened(lab, saved, empty.mb), **switched(lab, saved), **resized(lab, saved, 40)}


def growth(text: Growing, size: int) -> Figures:
    """Stream a text into the engine alone."""
    measured(text, 2_000)  # loads what it needs
    found = measured(text, size)
    return {
        "CPU us per token, first tenth": 1e6 * found.first,
        "CPU, last tenth / first": found.last / found.first,
        "longest frame, CPU ms": 1e3 * found.worst,
        "the whole text at once, CPU ms": 1e3 * found.whole,
    }


def idle(lab: Lab, program: str, seconds: float, text: str) -> Figures:
    """Have an answer come, wait until all is done, then watch a program do nothing."""
    with lab.rested(program) as terminal:
        ask(lab, terminal, Plan(text, 1_000))
        terminal.marked("last")
        terminal.quiet(_LOADED_S)
        terminal.noted()
        begun, woken = terminal.moment(), terminal.switches()
        terminal.read_for(seconds)
        end, woken = terminal.moment(), terminal.switches() - woken
        return {
            IDLE_BYTES: end.written - begun.written,
            IDLE_ROUNDS: terminal.noted().rounds,
            IDLE_SWITCHES: woken,
            IDLE_CPU: 1e3 * (end.cpu_s - begun.cpu_s),
        }
