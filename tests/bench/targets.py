"""What the program is built for, and the names of the cases that tell whether it is reached."""

from __future__ import annotations

from functools import partial

from tests.bench import measures as m
from tests.bench import streams as s
from tests.bench.corpus import TEXTS
from tests.bench.programs import BARE
from tests.bench.table import Results, Target

START, IDLE = "start", "at rest"
FEW, MANY = 10, 10_000
"""Turns of a short and of a long session."""


def stream_case(kb: float, per_s: float) -> str:
    """Return the name of a streamed answer."""
    return f"{kb:g} KB at {f'{per_s:,g} tokens/s' if per_s else 'full speed'}"


def text_case(name: str) -> str:
    """Return the name of a text that is one block."""
    return f"{name} at 2,000 tokens/s"


def above_case(turns: int) -> str:
    """Return the name of an answer below a long session."""
    return f"20 KB at 1,000 tokens/s below {turns:,} turns"


def open_case(turns: int) -> str:
    """Return the name of a session that is opened."""
    return f"session of {turns:,} turns"


def keys_case(per_s: float) -> str:
    """Return the name of typing while an answer streams."""
    return f"typing at {per_s:,g} tokens/s"


def _ratio(case: str, figure: str, other: str | None, results: Results) -> float | None:
    return results.ratio(case, figure, other) if other else results.ratio(case, figure)


def _median(case: str, figure: str, results: Results) -> float | None:
    return results.median(case, figure)


def _against(figure: str, case: str, other: str, results: Results) -> float | None:
    return results.against(figure, case, other)


def _worst_text(results: Results) -> float | None:
    return results.worst(s.STALL, map(text_case, TEXTS))


_LONG = above_case(MANY), above_case(FEW)
TARGETS = (
    *(
        Target(
            f"{s.CPU}, {stream_case(kb, per_s)}, / reference",
            partial(_ratio, stream_case(kb, per_s), s.CPU, None),
            most,
        )
        for kb, per_s, most in ((20, 100, 0.12), (200, 100, 0.08), (200, 1_000, 0.08))
    ),
    *(
        Target(
            f"{s.GROWTH}, {stream_case(200, per_s)}", partial(_median, stream_case(200, per_s), s.GROWTH), 1.2
        )
        for per_s in (100, 1_000)
    ),
    *(
        Target(
            f"{s.BYTES}, {stream_case(20, per_s)}", partial(_median, stream_case(20, per_s), s.BYTES), most
        )
        for per_s, most in ((100, 30), (1_000, 12))
    ),
    Target(f"{s.STALL}, the worst of the texts that are one block", _worst_text, 20),
    *(
        Target(f"{figure}, below {MANY:,} turns / below {FEW}", partial(_against, figure, *_LONG), 1.1)
        for figure in (s.CPU, s.BYTES, s.STALL)
    ),
    Target(f"{m.FRAME}, / {BARE}", partial(_ratio, START, m.FRAME, BARE), 1.25),
    Target(
        f"{m.OPEN}, {MANY:,} turns / {FEW}", partial(_against, m.OPEN, open_case(MANY), open_case(FEW)), 1.3
    ),
    Target(f"{m.SHARE}, {MANY:,} turns", partial(_median, open_case(MANY), m.SHARE), 2),
    Target(f"{m.IDLE_BYTES}, {IDLE}", partial(_median, IDLE, m.IDLE_BYTES), 0),
    Target(f"{m.IDLE_ROUNDS}, {IDLE}", partial(_median, IDLE, m.IDLE_ROUNDS), 0),
)
"""In the order in which they were set."""
