"""Faults that are produced on purpose: some of them here, all of them by `python -m tests.chaos`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.judge import judge
from tests.chaos.rig import Round, lasting
from tests.chaos.running import one_round
from tests.chaos.table import README, table


@pytest.mark.parametrize(("name", "starts"), [("kill-9", 1), ("stop-unheard", 0), ("reset", 0)])
def test_after_a_fault_everything_promised_is_there(tmp_path: Path, name: str, starts: int) -> None:
    (fault,) = (fault for fault in FAULTS if fault.name == name)
    verdict = one_round(fault, tmp_path / "round", name, many=10, longest_s=0.3, starts=starts)
    assert verdict.wrong == []


def test_the_table_has_every_fault_and_what_was_measured_of_it() -> None:
    assert table() in README.read_text("utf-8")
    assert "not measured" not in table()


def test_the_judge_sees_what_is_left_on_in_a_terminal() -> None:
    assert lasting(b"\x1b[?1049h\x1b[?25l\x1b[?25h") == ["alternate screen"]
    assert lasting(b"\x1b[?1049h\x1b[?1049l") == []


def test_the_judge_misses_what_is_not_there(tmp_path: Path) -> None:
    round_ = Round(
        tmp_path, random.Random(1), prompts=["asked"], sent=[[1.0, 2.5]], faulted_at=3.0, draft="typed"
    )
    assert judge(round_).wrong == [
        "the app never took the terminal",
        "prompts [] instead of ['asked']",
        "the draft is gone: []",
        "2.00 s of text lost",
    ]
