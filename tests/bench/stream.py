"""What streaming one answer costs, beside the framework's own streaming markdown.

Each line is one program in a pseudo-terminal of its own, the two kinds by turns. CPU is
user and system time of the whole program from the first token until half a second after
the last one; bytes are those that arrived at the terminal in that time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from dataclasses import dataclass

from tests.bench.stream_app import APPS
from tests.bench.terminal import COLUMNS, ROWS, run


@dataclass(frozen=True)
class Cost:
    """What one run cost."""

    cpu_s: float
    """Seconds of one core for 1,000 tokens."""
    bytes: float
    """Bytes to the terminal for one token."""
    stall_ms: float
    """Longest time that the event loop did not answer."""
    peak_mb: float

    @staticmethod
    def measure(kind: str, size: int, rate: float) -> Cost:
        """Stream an answer once."""
        seen = run([sys.executable, "-m", "tests.bench.stream_app", kind, str(size), str(rate)])
        places = {word: written for word, _, written in seen.marks}
        values = dict(word.split("=") for word, _, _ in seen.marks if "=" in word)
        if "end" not in places or seen.status:
            raise SystemExit(f"{kind}: the program failed (status {seen.status})")
        tokens = int(values["tokens"])
        return Cost(
            float(values["cpu"]) * 1_000 / tokens,
            (places["end"] - places["begin"]) / tokens,
            float(values["stall"]) * 1_000,
            seen.peak_kb / 1_024,
        )

    @staticmethod
    def median(costs: list[Cost]) -> Cost:
        """Return the median of each figure."""
        return Cost(
            statistics.median(cost.cpu_s for cost in costs),
            statistics.median(cost.bytes for cost in costs),
            statistics.median(cost.stall_ms for cost in costs),
            statistics.median(cost.peak_mb for cost in costs),
        )


def row(name: str, cpu: str, sent: str, stall: str, peak: str) -> str:
    """Return one line of the table."""
    return f"{name:<26}{cpu:>18}{sent:>14}{stall:>16}{peak:>12}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="characters of the answer (20000)")
    parser.add_argument("--rates", default="100,0", help="tokens a second, 0 for as fast as possible (100,0)")
    parser.add_argument(
        "--runs", type=int, default=3, help="runs of each, of which the median is printed (3)"
    )
    parser.add_argument("--kinds", default="fmtui,stock", help=f"of {', '.join(APPS)} (fmtui,stock)")
    options = parser.parse_args()
    print(f"{options.size:,} characters of mixed markdown, {COLUMNS}x{ROWS}, median of {options.runs}")
    for rate in map(float, options.rates.split(",")):
        print()
        title = f"{rate:g} tokens/s" if rate else "as fast as possible"
        print(row(title, "CPU s/1,000 tok", "bytes/tok", "longest stall", "peak"))
        kinds = options.kinds.split(",")
        costs: dict[str, list[Cost]] = {kind: [] for kind in kinds}
        for _ in range(options.runs):
            for kind in kinds:
                costs[kind].append(Cost.measure(kind, options.size, rate))
        medians = {kind: Cost.median(costs[kind]) for kind in kinds}
        for kind, cost in medians.items():
            print(
                row(
                    kind,
                    f"{cost.cpu_s:.3f}",
                    f"{cost.bytes:,.0f}",
                    f"{cost.stall_ms:.1f} ms",
                    f"{cost.peak_mb:.0f} MB",
                )
            )
        if stock := medians.get("stock"):
            for kind, cost in medians.items():
                if kind != "stock":
                    ratios = (
                        cost.cpu_s / stock.cpu_s,
                        cost.bytes / stock.bytes,
                        cost.stall_ms / stock.stall_ms,
                        cost.peak_mb / stock.peak_mb,
                    )
                    print(row(f"{kind} / stock", *(f"{ratio:.3f}" for ratio in ratios)))


if __name__ == "__main__":
    main()
