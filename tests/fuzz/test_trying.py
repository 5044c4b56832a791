"""The fuzzer itself: what hangs, grows or ends the process is found, with the input that did it."""

from __future__ import annotations

import os
import pickle
import threading

import pytest
from hypothesis import strategies as st

from tests.fuzz.targets import Target
from tests.fuzz.trying import watched


def _hang(number: int) -> None:
    if number == 7:
        threading.Event().wait()


def _grow(number: int) -> None:
    if number >= 7:
        bytearray(1 << 40)


def _end(number: int) -> None:
    if number == 7:
        os._exit(3)


def broken(name: str) -> Target:
    """Return a target with a fault."""
    checks = {"hang": _hang, "grow": _grow, "end": _end}
    return Target(st.integers(0, 9), checks[name])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hang", "no end of it"),
        ("grow", "MemoryError"),
        ("end", "the process ended with 3"),
    ],
)
def test_a_fault_is_found_with_its_input(name: str, said: str) -> None:
    tried = watched(broken, name, 60.0, 1, silence_s=2.0)
    assert said in tried.broken
    assert pickle.loads(tried.culprit) == 7  # noqa: S301 - the fuzzer wrote it
    assert tried.inputs >= 1
