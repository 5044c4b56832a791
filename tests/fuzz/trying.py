"""Tries inputs in a process of its own, so that one that never ends, or ends the process, is found too.

The process says what it is about to try; when it then falls silent it is killed, and what it
said last is the input to blame.
"""

from __future__ import annotations

import multiprocessing
import pickle
import resource
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.targets import TARGETS, Target

LONGEST_S = 1.0
"""Seconds of work, not of waiting, that one input may take."""
LONGEST_WAIT_S = 10.0
"""Seconds that one input may take with all its waiting, on a machine that does other things too."""
SILENCE_S = 60.0
"""Seconds after which an input hangs."""
MEMORY = 2 << 30
"""Bytes of addresses that the process may have: what grows without bound meets an end that is noticed."""
_ROUND = 50


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of the inputs of one target.

    Attributes:
        inputs: how many there were.
        longest_s: seconds of work that one took at most.
        broken: what the last of them did, empty when nothing broke.
        culprit: that input, pickled; the smallest that was found, unless it hung or ended the process.
    """

    inputs: int = 0
    longest_s: float = 0.0
    broken: str = ""
    culprit: bytes = b""


def named(name: str) -> Target:
    """Return the target of a name."""
    return TARGETS[name]


def watched(
    find: Callable[[str], Target], name: str, seconds: float, start: int, *, silence_s: float = SILENCE_S
) -> Tried:
    """Try inputs for so long.

    Args:
        find: returns the target of a name; a function of a module, as another process calls it.
        name: of the target.
        seconds: how long.
        start: the number that the inputs are made from.
        silence_s: seconds after which an input hangs.
    """
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.fuzz.targets"])  # its imports take longer than many a try
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=_try_all, args=(theirs, find, name, seconds, start), daemon=True)
    process.start()
    theirs.close()
    tried, latest = 0, b""
    try:
        while ours.poll(max(silence_s, SILENCE_S) if not tried else silence_s):
            said = ours.recv()
            if isinstance(said, Tried):
                return said
            tried, latest = tried + 1, said
        return Tried(tried, silence_s, f"no end of it after {silence_s:g} s", latest)
    except EOFError:
        process.join()
        return Tried(tried, 0.0, f"the process ended with {process.exitcode}", latest)
    finally:
        process.kill()
        process.join()
        ours.close()


def _try_all(says: Connection, find: Callable[[str], Target], name: str, seconds: float, start: int) -> None:
    with suppress(ValueError, OSError):  # not every system can, and some allow less already
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    target = find(name)
    inputs, longest, latest = 0, 0.0, b""

    def check(given_input: object) -> None:
        nonlocal inputs, longest, latest
        latest = pickle.dumps(given_input)
        says.send(latest)
        taken = timed(target, given_input)
        inputs, longest = inputs + 1, max(longest, taken)

    chosen = settings(
        max_examples=_ROUND,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    ends = time.monotonic() + seconds
    try:
        while time.monotonic() < ends:
            start += 1
            seed(start)(chosen(given(target.inputs)(check)))()
    except Exception:  # noqa: BLE001 - whatever an input broke is told
        # The last that is tried is the smallest that breaks.
        says.send(Tried(inputs, longest, f"with seed {start}\n{traceback.format_exc()}", latest))
    else:
        says.send(Tried(inputs, longest))


def timed(target: Target, given_input: object) -> float:
    """Check one input; return the seconds of work it took.

    Raises:
        AssertionError: it took too long.
        Exception: whatever it broke.
    """
    begun, work = time.monotonic(), time.process_time()
    target.check(given_input)
    taken, waited = time.process_time() - work, time.monotonic() - begun
    assert taken < LONGEST_S, f"took {taken:.1f} s of work"
    assert waited < LONGEST_WAIT_S, f"took {waited:.1f} s"
    return taken
