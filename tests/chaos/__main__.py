"""Produce faults, and judge what is left of the user's prompts, drafts and answers.

Run `python -m tests.chaos` for all of them, or name some; `--times` for more rounds, each
at another random instant. The exit status is 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.judge import Verdict
from tests.chaos.running import produce
from tests.chaos.table import promise, record, write


def rounds(faults: Sequence[Fault], times: int, seed: int, jobs: int) -> dict[str, dict[str, Any]]:
    """Produce each fault so many times, print a line for each, and return what was measured.

    Args:
        faults: which.
        times: rounds of each.
        seed: for the random instants.
        jobs: rounds at once.
    """
    results: dict[str, dict[str, Any]] = {}
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        # What takes longest is begun first, so that no other waits for it at the end.
        done = {
            fault.name: [pool.submit(produce, (fault.name, f"{seed} {fault.name} {n}")) for n in range(times)]
            for fault in sorted(faults, key=lambda fault: not fault.long)
        }
        for fault in faults:
            ended = [future.result() for future in done[fault.name]]
            results[fault.name] = _summed(fault, [verdict for verdict, _ in ended], sum(s for _, s in ended))
    return results


def _summed(fault: Fault, verdicts: Sequence[Verdict], seconds: float) -> dict[str, Any]:
    """Print what came of all rounds of one fault, and return it."""
    worst = max(verdicts, key=lambda verdict: (verdict.lost_bytes, verdict.lost_s))
    survived = sum(not verdict.wrong for verdict in verdicts)
    print(
        f"{fault.name:20s} {survived:3d} of {len(verdicts)} survived, at most {worst.lost_bytes:4d} bytes "
        f"({worst.lost_s:4.2f} s) of text lost  ({seconds:.1f} s) {worst.instead}",
        flush=True,
    )
    for line in dict.fromkeys(line for verdict in verdicts for line in verdict.wrong):
        print(f"    {line}", flush=True)
    return {
        "promise": promise(fault),
        "rounds": len(verdicts),
        "survived": survived,
        "lost_bytes": worst.lost_bytes,
        "lost_s": round(worst.lost_s, 2),
        "instead": worst.instead,
    }


def _as_its_own_root(arguments: Sequence[str]) -> None:
    """Run all of this where it may mount, if a user may have such a place; return where not."""
    unshare = shutil.which("unshare")
    if os.geteuid() == 0 or unshare is None:
        return
    if subprocess.run([unshare, "-rm", "true"], check=False, capture_output=True).returncode == 0:
        os.execv(unshare, [unshare, "-rm", sys.executable, "-m", "tests.chaos", *arguments])


def main(arguments: Sequence[str]) -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    names = [fault.name for fault in FAULTS]
    parser.add_argument("fault", nargs="*", help=f"which; all of them otherwise: {', '.join(names)}")
    parser.add_argument("--times", type=int, default=1, help="rounds of each (1)")
    parser.add_argument("--jobs", type=int, default=2, help="rounds at once (2)")
    parser.add_argument("--seed", type=int, default=1, help="for other random instants (1)")
    parser.add_argument("--record", action="store_true", help="write what was measured into the table")
    options = parser.parse_args(arguments)
    if unknown := set(options.fault) - set(names):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    _as_its_own_root(arguments)
    wanted = [fault for fault in FAULTS if not options.fault or fault.name in options.fault]
    results = rounds(wanted, options.times, options.seed, options.jobs)
    if options.record:
        record(results)
        write()
    lost = max(result["lost_bytes"] for result in results.values())
    survived = sum(result["survived"] == result["rounds"] for result in results.values())
    print(f"{survived} of {len(results)} faults survived; at most {lost} bytes of received text lost")
    return 0 if survived == len(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
