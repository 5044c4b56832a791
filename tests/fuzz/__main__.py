"""Fuzz for as long as is asked: `python -m tests.fuzz --minutes 10 [target ...]`.

Every input that breaks something is made as small as possible, printed and saved to a file, and
the exit status is then 1; `--again FILE target` tries that file once more. An input that takes more
than a second of work breaks something too, and so does one that never ends.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import time
from pathlib import Path

from tests.fuzz.targets import TARGETS
from tests.fuzz.trying import Tried, named, timed, watched

_SHOWN = 2000


def report(name: str, tried: Tried, folder: Path) -> None:
    """Print what came of a target, and save what broke it."""
    if not tried.broken:
        print(f"{name:10} {tried.inputs:7} inputs, longest {tried.longest_s * 1000:.0f} ms", flush=True)
        return
    path = folder / f"fuzz-{name}-{time.time_ns()}.pickle"
    path.write_bytes(tried.culprit)
    print(f"{name:10} BROKEN after {tried.inputs} inputs, {tried.broken}")
    if tried.culprit:
        print(f"  input: {pickle.loads(tried.culprit)!r:.{_SHOWN}}")  # noqa: S301 - we wrote it ourselves
    print(f"  saved: {path}; again: python -m tests.fuzz --again {path} {name}", flush=True)


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Try hostile inputs.")
    parser.add_argument("targets", nargs="*", metavar="target", help=f"some of {', '.join(TARGETS)}")
    parser.add_argument("--minutes", type=float, default=1.0, help="for all targets together")
    parser.add_argument("--seed", type=int, default=0, help="another gives other inputs; by the clock when 0")
    parser.add_argument("--again", type=Path, metavar="FILE", help="try one input that was saved")
    parser.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help="where inputs are saved")
    asked = parser.parse_args()
    names = asked.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if asked.again is not None:
        if len(names) != 1:
            parser.error("--again takes one target")
        taken = timed(TARGETS[names[0]], pickle.loads(asked.again.read_bytes()))  # noqa: S301 - as above
        print(f"{names[0]:10} took {taken * 1000:.0f} ms")
        return 0
    start = asked.seed or int(time.time()) * 1000
    broken = 0
    for name in names:
        tried = watched(named, name, asked.minutes * 60 / len(names), start)
        report(name, tried, asked.to)
        broken += bool(tried.broken)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
