"""What a token of a growing text costs, near its beginning and near its end.

`python -m tests.bench.growth` streams texts of every kind of block that can go on for long,
frame by frame as the conversation does, and prints for each the computing time per token in
its first and its last tenth, their ratio, and the longest frame.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from fmtui.ui.conversation.markdown import render
from fmtui.ui.conversation.stream import StreamDoc
from tests.ui.growing_texts import TEXTS, Growing

_WIDTH = 116
_TOKEN = 4
_FRAME = 130
"""Characters of a frame: 1,000 tokens a second at 30 frames."""


class Growth(NamedTuple):
    """What streaming one text cost.

    Attributes:
        name: which text.
        first: seconds for a token in the first tenth.
        last: seconds for a token in the last tenth.
        worst: seconds of the longest frame.
        whole: seconds of rendering the whole text at once.
    """

    name: str
    first: float
    last: float
    worst: float
    whole: float


def measured(text: Growing, size: int, frame: int = _FRAME) -> Growth:
    """Stream a text and return what it cost.

    Args:
        text: the text.
        size: how many characters it has, about.
        frame: characters that come between one frame and the next.
    """
    source = text.make(size)
    costs: list[float] = []
    gc.collect()
    gc.freeze()
    doc = StreamDoc(_WIDTH, plain=text.plain)
    for start in range(0, len(source), frame):
        before = time.process_time()
        doc.feed(source[start : start + frame])
        doc.flush()
        costs.append(time.process_time() - before)
    doc.finish()
    tenth = max(1, len(costs) // 10)
    tokens = frame / _TOKEN
    before = time.process_time()
    if not text.plain:
        render(source, _WIDTH)
    whole = time.process_time() - before
    gc.unfreeze()
    first, last = (sum(part) / len(part) / tokens for part in (costs[:tenth], costs[-tenth:]))
    return Growth(text.name, first, last, max(costs), whole)


def table(size: int, runs: int) -> Iterator[str]:
    """Return the lines of the table, one after the other.

    Args:
        size: characters of each text, about.
        runs: how often each is streamed; medians are shown.
    """
    for text in TEXTS:
        measured(text, 2_000)  # loads what it needs
    yield f"{'text':34} {'first tenth':>12} {'last tenth':>12} {'ratio':>6} {'worst frame':>12} {'whole':>9}"
    for text in TEXTS:
        found = [measured(text, size) for _ in range(runs)]
        first, last, worst, whole = (
            median(getattr(growth, name) for growth in found) for name in ("first", "last", "worst", "whole")
        )
        yield (
            f"{text.name:34} {first * 1e6:9.1f} us {last * 1e6:9.1f} us {last / first:6.2f}"
            f" {worst * 1e3:9.2f} ms {whole * 1e3:6.0f} ms"
        )


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=100_000, help="characters of each text")
    options.add_argument("--runs", type=int, default=3)
    given = options.parse_args()
    for line in table(given.size, given.runs):
        print(line, flush=True)


if __name__ == "__main__":
    main()
