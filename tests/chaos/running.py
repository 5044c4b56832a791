"""One round of one fault: produced, judged, tidied up."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.judge import Verdict, judge
from tests.chaos.rig import Round


def one_round(
    fault: Fault, folder: Path, seed: str, *, many: int = 200, longest_s: float = 2.0, starts: int = 4
) -> Verdict:
    """Produce one fault in an empty folder and return what is left.

    Args:
        fault: which.
        folder: is made.
        seed: of the random instants.
        many: how often something is done that is done many times.
        longest_s: longest time that a reply runs before the fault.
        starts: most sessions that are looked at on the screen of another start.
    """
    folder.mkdir(parents=True)
    round_ = Round(folder, random.Random(seed), many, longest_s=longest_s)
    try:
        fault.run(round_)
        return judge(round_, starts=starts)
    except (AssertionError, OSError) as error:
        return Verdict([str(error)])
    finally:
        for tidy in reversed(round_.afterwards):
            tidy()


def produce(task: tuple[str, str]) -> tuple[Verdict, float]:
    """Produce the fault of this name by this seed; return what is left and how many seconds that took."""
    name, seed = task
    begun = time.monotonic()
    (fault,) = (fault for fault in FAULTS if fault.name == name)
    with tempfile.TemporaryDirectory() as folder:
        return one_round(fault, Path(folder) / "round", seed), time.monotonic() - begun
