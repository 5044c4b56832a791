"""Measures fmtui beside a minimal chat made with the framework's own means; prints tables of medians.

Every program runs in a pseudo-terminal of its own, of 120x40, and talks to an endpoint on
loopback that is a process of its own; the two are measured by turns. Nothing here fails
because of a time: the figures and the targets are for people. Trust ratios, on a machine
that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench import measures, streams
from tests.bench.corpus import TEXTS, answer
from tests.bench.programs import BARE, FMTUI, REFERENCE, Lab
from tests.bench.streams import Plan
from tests.bench.table import Figures, Results
from tests.bench.targets import (
    FEW,
    IDLE,
    MANY,
    START,
    TARGETS,
    above_case,
    keys_case,
    open_case,
    stream_case,
    text_case,
)
from tests.bench.terminal import COLUMNS, ROWS, Never, cpu_s
from tests.ui.growing_texts import TEXTS as GROWING

Job = tuple[str, str, Callable[[], Figures]]
"""A case, a program, and what measures it once."""


@dataclass(frozen=True)
class Options:
    """What is measured, and how long."""

    only: Sequence[str] = ()
    """Measures; all when empty."""
    sizes: Sequence[float] = (2, 20, 200)
    """KB of the streamed answers."""
    rates: Sequence[float] = (100, 1_000, 0)
    """Tokens a second; 0 for as fast as they are taken."""
    turns: Sequence[int] = (10, 1_000, 10_000)
    """Lengths of the sessions that are opened."""
    runs: int = 3
    idle_s: float = 60.0
    keys: int = 100
    """How many keys are typed while an answer streams."""
    share: float = 1.0
    """How much of their length the texts that are one block have."""
    growing: int = 100_000
    """Characters of the texts that the engine gets alone."""
    sample: int = 1_000
    """Tokens at the start and at the end of answers that would take minutes."""
    whole_s: float = 60.0
    """Longest stream that is measured whole."""
    programs: Sequence[str] = (FMTUI, REFERENCE)
    options: tuple[str, ...] = ()
    """More options for fmtui."""


class Bench:
    """The measures by name; each yields its jobs, one run of each."""

    def __init__(self, lab: Lab, options: Options) -> None:
        self._lab = lab
        self._options = options
        self._empty = measures.Empty(lab)

    def start(self) -> Iterator[Job]:
        """Time from start to first frame and to the first key."""
        for program in dict.fromkeys((FMTUI, BARE, *self._options.programs)):
            yield START, program, partial(measures.start, self._lab, program)

    def stream(self) -> Iterator[Job]:
        """Cost of streamed answers."""
        for kb in self._options.sizes:
            for per_s in self._options.rates:
                yield from self._streams(
                    stream_case(kb, per_s), self._plan(kb, per_s), self._options.programs
                )

    def sidebar(self) -> Iterator[Job]:
        """The same without the sidebar."""
        plan = self._plan(20, 1_000)
        hide = (measures.F4, measures.F4)
        case = f"{stream_case(20, 1_000)}, no sidebar"
        yield case, FMTUI, partial(streams.run, self._lab, FMTUI, plan, keys=hide)

    def texts(self) -> Iterator[Job]:
        """Texts that are one block."""
        for name, make in TEXTS.items():
            plan = Plan(make(self._options.share), 2_000)
            yield from self._streams(text_case(name), plan, self._options.programs)

    def above(self) -> Iterator[Job]:
        """An answer below short and long sessions."""
        plan = self._plan(20, 1_000)
        for turns in (FEW, MANY):
            yield above_case(turns), FMTUI, partial(streams.run, self._lab, FMTUI, plan, below=turns)

    def keys(self) -> Iterator[Job]:
        """Typing while an answer streams."""
        for per_s in (1_000, 2_000):
            text = answer(int((self._options.keys * 0.5 + 10) * per_s * 4.5))
            for program in self._options.programs:
                job = partial(measures.keys, self._lab, program, text, per_s, self._options.keys)
                yield keys_case(per_s), program, job

    def open(self) -> Iterator[Job]:
        """Opening sessions, switching to them, resizing them."""
        for turns in self._options.turns:
            yield open_case(turns), FMTUI, partial(measures.session, self._lab, turns, self._empty)

    def growth(self) -> Iterator[Job]:
        """The engine alone, in this process: growing texts without an app around them."""
        for text in GROWING:
            yield f"engine alone, {text.name}", FMTUI, partial(measures.growth, text, self._options.growing)

    def idle(self) -> Iterator[Job]:
        """What a program does while nothing happens."""
        for program in self._options.programs:
            job = partial(measures.idle, self._lab, program, self._options.idle_s, answer(2_000))
            yield IDLE, program, job

    def _plan(self, kb: float, per_s: float) -> Plan:
        text = answer(int(kb * 1_000))
        slow = bool(per_s) and len(text) / 4 / per_s > self._options.whole_s
        return Plan(text, per_s, self._options.sample if slow else 0)

    def _streams(self, case: str, plan: Plan, programs: Iterable[str]) -> Iterator[Job]:
        for program in programs:
            yield case, program, partial(streams.run, self._lab, program, plan)


MEASURES = ("start", "stream", "sidebar", "texts", "above", "keys", "open", "growth", "idle")


def measure(options: Options, say: Callable[[str], None]) -> Results:
    """Measure all that was asked for; `say` hears of each step."""
    results = Results()
    with Lab(options.options) as lab:
        bench = Bench(lab, options)
        for name in options.only or MEASURES:
            jobs = list(getattr(bench, name)())
            given_up: set[tuple[str, str]] = set()
            for number in range(1 if name == "idle" else options.runs):
                for case, program, job in jobs:
                    if (case, program) in given_up:
                        continue
                    say(f"{name}: {case}, {program}, run {number + 1}")
                    try:
                        results.add(case, program, job())
                    except Never as never:
                        given_up.add((case, program))
                        results.notes.append(f"{case}: {program} was given up.")
                        say(f"given up; the end of its output: {str(never)[-300:]!r}")
            for case in dict.fromkeys(case for case, _, _ in jobs):
                print("\n".join(results.lines(case)), flush=True)
            print()
        results.notes.append(
            f"Processor time of the harness itself: {time.process_time():.1f} s here, "
            f"{cpu_s(lab.endpoint.pid):.1f} s in the endpoint."
        )
    return results


def options_of(argv: Sequence[str]) -> tuple[Options, Path | None]:
    """Return the options of a command line, and the file for the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    usual = Options()
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"of {', '.join(MEASURES)}; all")
    parser.add_argument("--quick", action="store_true", help="less of everything, in under three minutes")
    parser.add_argument("--sizes", help="KB of the streamed answers (2,20,200)")
    parser.add_argument("--rates", help="tokens a second, 0 for full speed (100,1000,0)")
    parser.add_argument("--turns", help="lengths of sessions (10,1000,10000)")
    parser.add_argument("--runs", type=int, help="runs of which the median is taken (3)")
    parser.add_argument("--idle", type=float, metavar="SECONDS", help="how long to watch at rest (60)")
    parser.add_argument("--alone", action="store_true", help="leave out the reference")
    parser.add_argument("--option", action="append", default=[], help="an option for fmtui, as --option=--x")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure of every run")
    given = parser.parse_args(argv)
    if unknown := [name for name in given.measures if name not in MEASURES]:
        parser.error(f"there is no measure {unknown[0]}")
    if given.quick:
        usual = Options(
            sizes=(2, 20),
            rates=(100, 1_000),
            turns=(10, 10_000),
            runs=1,
            idle_s=5,
            keys=10,
            share=0.04,
            growing=20_000,
            sample=100,
            whole_s=6,
        )

    def numbers(text: str | None, default: Sequence[float]) -> Sequence[float]:
        return default if text is None else [float(word) for word in text.split(",")]

    return Options(
        only=given.measures,
        sizes=numbers(given.sizes, usual.sizes),
        rates=numbers(given.rates, usual.rates),
        turns=[int(number) for number in numbers(given.turns, usual.turns)],
        runs=usual.runs if given.runs is None else given.runs,
        idle_s=usual.idle_s if given.idle is None else given.idle,
        keys=usual.keys,
        share=usual.share,
        growing=usual.growing,
        sample=usual.sample,
        whole_s=usual.whole_s,
        programs=(FMTUI,) if given.alone else usual.programs,
        options=tuple(given.option),
    ), given.json


def main() -> None:
    """Measure and print."""
    options, path = options_of(sys.argv[1:])
    begun = time.monotonic()
    load = os.getloadavg()[0]

    def say(words: str) -> None:
        print(f"[{time.monotonic() - begun:4.0f} s] {words}", file=sys.stderr, flush=True)

    print(
        f"{COLUMNS}x{ROWS}, medians of {options.runs}, load before it {load:.1f} on {os.cpu_count()} cores\n"
    )
    results = measure(options, say)
    print("targets")
    for target in TARGETS:
        print(target.line(results))
    for note in results.notes:
        print(note)
    if path is not None:
        path.write_text(json.dumps(results.as_json(), indent=1, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
