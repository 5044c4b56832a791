"""Measures one streamed answer: what it costs, how the loop bears it, when it has come to rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tests.bench.corpus import SIGN, tokens
from tests.bench.endpoint import Mark, Stretch
from tests.bench.probe import Noted
from tests.bench.programs import Lab
from tests.bench.table import Figures
from tests.bench.terminal import Moment, Terminal

CPU = "CPU s per 1,000 tokens"
BYTES = "bytes per token"
GROWTH = "CPU, last tenth / first"
SENDING = "loop stall worst ms, before that"
STALL, WORST = "loop stall p99 ms", "loop stall worst ms"
SENT = "Enter to first token at the endpoint ms"
FIRST = "first token to its text on the screen ms"
SETTLE = "last byte to settled ms"
PEAK = "peak memory MB"

REST_S = 1.0
"""Seconds of silence that end a run."""
_JOINED = 1_000
"""Tokens of one event in the middle of a sampled answer."""


@dataclass(frozen=True)
class Plan:
    """How an answer is streamed."""

    text: str
    per_s: float
    """Tokens a second, 0 for as fast as they are taken."""
    sample: int = 0
    """When not 0, only so many tokens at the start and at the end come at this pace, the others in
    few large events; the program may come to rest before the last ones."""
    limit_s: float = 120.0
    """Seconds after which a program is given up, on top of what the answer takes anyway."""

    @property
    def pieces(self) -> list[str]:
        """What the events hold, a token each but in the middle of a sampled answer; the first is unique."""
        pieces = [SIGN, "\n\n", *tokens(self.text)]
        if not self.sample or len(pieces) <= 2 * self.sample:
            return pieces
        # Token by token the reference does not get through the middle in ten minutes.
        middle = pieces[self.sample : -self.sample]
        joined = ["".join(middle[at : at + _JOINED]) for at in range(0, len(middle), _JOINED)]
        return [*pieces[: self.sample], *joined, *pieces[-self.sample :]]


def stretches(plan: Plan, count: int) -> list[Stretch]:
    """Return at which pace so many events come."""
    middle = count - 2 * plan.sample
    if not plan.sample or middle <= 0:
        return [Stretch(count, plan.per_s)]
    return [
        Stretch(plan.sample, plan.per_s),
        Stretch(middle, 0, gated=True),
        Stretch(plan.sample, plan.per_s, gated=True),
    ]


class Asked(NamedTuple):
    """A prompt whose answer has begun."""

    ways: Sequence[Stretch]
    """How the answer comes."""
    sent_at: float
    """When Enter was pressed."""
    first: Mark
    """The endpoint has sent the first token."""
    begun: Moment
    """Where the program stood then."""
    shown_at: float
    """When the first token was on the screen."""


def ask(lab: Lab, terminal: Terminal, plan: Plan) -> Asked:
    """Send a prompt, and wait for the first token of its answer.

    Raises:
        Never: it does not come.
    """
    pieces = plan.pieces
    ways = stretches(plan, len(pieces))
    lab.endpoint.script(pieces, ways)
    terminal.marks.clear()  # of the program that was measured before
    since = terminal.written
    sent_at = terminal.type("go\r")
    first, begun = terminal.marked("first")
    return Asked(ways, sent_at, first, begun, terminal.shows(SIGN, since))


def measure(lab: Lab, terminal: Terminal, plan: Plan) -> Figures:
    """Stream an answer into a program that has come to rest.

    Raises:
        Never: the program does not come to its end.
    """
    terminal.noted()
    asked = ask(lab, terminal, plan)
    figures = {SENT: 1e3 * (asked.first.at - asked.sent_at), FIRST: 1e3 * (asked.shown_at - asked.first.at)}
    figures |= (_sampled if len(asked.ways) > 1 else _whole)(lab, terminal, plan, asked)
    last, _ = terminal.marked("last")
    figures[SETTLE] = 1e3 * max(0.0, terminal.last_output_at - last.at)
    noted = terminal.noted()
    figures[SENDING] = 1e3 * stalls(noted, asked.sent_at, asked.first.at)[0]
    worst, p99 = stalls(noted, asked.first.at, max(last.at, terminal.last_output_at))
    return figures | {STALL: 1e3 * p99, WORST: 1e3 * worst, PEAK: terminal.memory_mb("VmHWM")}


def _whole(_lab: Lab, terminal: Terminal, plan: Plan, asked: Asked) -> Figures:
    """Measure an answer of one pace, to its end."""
    count = asked.ways[0].tokens
    due_s = count / plan.per_s if plan.per_s else 0.0
    terminal.marked("last", due_s + plan.limit_s)
    terminal.quiet(REST_S, plan.limit_s)
    figures = _cost(asked.begun, terminal.moment(), count)
    tenths = [moment for mark, moment in terminal.marks if mark.what == "tenth"]
    if plan.per_s and len(tenths) == 10:
        begin, end = tenths[0].cpu_s - asked.begun.cpu_s, tenths[9].cpu_s - tenths[8].cpu_s
        if begin:  # the clock of a process is too coarse for a tenth of a short answer
            figures[GROWTH] = end / begin
    return figures


def _sampled(lab: Lab, terminal: Terminal, plan: Plan, asked: Asked) -> Figures:
    """Measure the first and the last stretch of an answer, each until the program rests; return the means."""
    calm, begins = [], [asked.begun]
    for number, way in enumerate(asked.ways[:-1], 1):
        due_s = way.tokens / way.per_s if way.per_s else 0.0

        def waits(number: int = number) -> bool:
            return sum(mark.what == "gate" for mark, _ in terminal.marks) >= number

        terminal.until(waits, due_s + plan.limit_s)
        calm.append(terminal.calm(plan.limit_s))
        begins.append(terminal.moment())
        lab.endpoint.go()
    terminal.marked("last", asked.ways[-1].tokens / asked.ways[-1].per_s + plan.limit_s)
    terminal.quiet(REST_S, plan.limit_s)
    start = _cost(begins[0], calm[0], asked.ways[0].tokens)
    end = _cost(begins[-1], terminal.moment(), asked.ways[-1].tokens)
    return {name: (start[name] + end[name]) / 2 for name in start} | {GROWTH: end[CPU] / start[CPU]}


def _cost(begin: Moment, end: Moment, count: int) -> dict[str, float]:
    return {
        CPU: (end.cpu_s - begin.cpu_s) * 1_000 / count,
        BYTES: (end.written - begin.written) / count,
    }


def stalls(noted: Noted, begin: float, end: float) -> tuple[float, float]:
    """Return the longest round of the loop in a stretch of time, and the 99th percentile, in seconds.

    The percentile is over time, not over rounds: a moment taken at random lies in a round
    that is longer than this with a chance of one in a hundred.
    """
    inside = [(max(start, begin), start + took, took) for start, took in noted.long]
    rounds = sorted(
        ((took, min(stop, end) - start) for start, stop, took in inside if start < end and stop > begin),
        reverse=True,
    )
    worst = rounds[0][0] if rounds else 0.0
    left = (end - begin) / 100
    for took, share in rounds:
        left -= share
        if left < 0:
            return worst, took
    return worst, 0.0


def run(lab: Lab, program: str, plan: Plan, *, keys: Sequence[str] = (), below: int = 0) -> Figures:
    """Start a program, press keys, stream an answer into it, and end it.

    Args:
        lab: where.
        program: which.
        plan: what it gets.
        keys: to press first.
        below: the answer is one in a session of so many turns.

    Raises:
        Never: it does not come to its end.
    """
    arguments = ["-s", lab.session(below, "written").id] if below else []
    with lab.rested(program, *arguments) as terminal:
        for key in keys:
            terminal.type(key)
            terminal.quiet(0.3)
        return measure(lab, terminal, plan)
