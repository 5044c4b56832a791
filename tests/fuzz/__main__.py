"""Fuzz for as long as is asked: `python -m tests.fuzz --minutes 10 [target ...]`.

Every input that breaks something is made as small as possible and printed; the exit status is then 1.
An input that takes more than a second of work breaks something too.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.targets import TARGETS, Target

LONGEST_S = 1.0
"""Seconds of work, not of waiting, that one input may take."""
_ROUND = 200


def fuzz(target: Target, seconds: float, start: int) -> tuple[int, float]:
    """Try inputs for so long; return how many were tried and the longest that one took, in seconds."""
    tried, longest = 0, 0.0

    def check(given_input: object) -> None:
        nonlocal tried, longest
        begun = time.process_time()
        target.check(given_input)
        taken = time.process_time() - begun
        tried, longest = tried + 1, max(longest, taken)
        assert taken < LONGEST_S, f"took {taken:.1f} s"

    chosen = settings(
        max_examples=_ROUND,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        start += 1
        seed(start)(chosen(given(target.inputs)(check)))()
    return tried, longest


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Try hostile inputs.")
    parser.add_argument("targets", nargs="*", metavar="target", help=f"some of {', '.join(TARGETS)}")
    parser.add_argument("--minutes", type=float, default=1.0, help="for all targets together")
    parser.add_argument("--seed", type=int, default=0, help="another gives other inputs; by the clock when 0")
    asked = parser.parse_args()
    names = asked.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    start = asked.seed or int(time.time()) * 1000
    broken = 0
    for name in names:
        try:
            tried, longest = fuzz(TARGETS[name], asked.minutes * 60 / len(names), start)
        except Exception:  # noqa: BLE001 - whatever an input broke is printed, and the next target tried
            traceback.print_exc()
            print(f"{name:10} BROKEN with seed {start}", flush=True)
            broken += 1
        else:
            print(f"{name:10} {tried:7} inputs, longest {longest * 1000:.0f} ms", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
