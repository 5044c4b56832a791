"""Produce faults, and judge what is left of the user's prompts, drafts and answers.

Run `python -m tests.chaos` for all of them, or name some; `--times` for more rounds, each
at another random instant. The exit status is 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.judge import Verdict, judge
from tests.chaos.rig import Round


def one_round(fault: Fault, folder: Path, seed: str, *, many: int = 200, longest_s: float = 2.0) -> Verdict:
    """Produce one fault in an empty folder and return what is left."""
    folder.mkdir(parents=True)
    round_ = Round(folder, random.Random(seed), many, longest_s=longest_s)
    try:
        fault.run(round_)
    except (AssertionError, OSError) as error:
        return Verdict([str(error)])
    return judge(round_)


def rounds(faults: Sequence[Fault], times: int, seed: int) -> int:
    """Produce each fault so many times, print a line for each, and return how many broke a promise."""
    broken = 0
    for fault in faults:
        begun = time.monotonic()
        wrong: list[str] = []
        survived = 0
        lost_s = 0.0
        for number in range(times):
            with tempfile.TemporaryDirectory() as folder:
                verdict = one_round(fault, Path(folder) / "round", f"{seed} {fault.name} {number}")
            survived += not verdict.wrong
            wrong += verdict.wrong
            lost_s = max(lost_s, verdict.lost_s)
        broken += survived < times
        spent = time.monotonic() - begun
        print(
            f"{fault.name:20s} {survived:3d} of {times} survived, at most {lost_s:4.2f} s of text lost"
            f"  ({spent:.1f} s)",
            flush=True,
        )
        for line in dict.fromkeys(wrong):
            print(f"    {line}", flush=True)
    return broken


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    names = [fault.name for fault in FAULTS]
    parser.add_argument("fault", nargs="*", help=f"which; all of them otherwise: {', '.join(names)}")
    parser.add_argument("--times", type=int, default=1, help="rounds of each (1)")
    parser.add_argument("--seed", type=int, default=1, help="for other random instants (1)")
    options = parser.parse_args(arguments)
    if unknown := set(options.fault) - set(names):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    wanted = [fault for fault in FAULTS if not options.fault or fault.name in options.fault]
    return 1 if rounds(wanted, options.times, options.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
