"""The benchmark runs and its counts are right; what it says about time is not looked at here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import measures, streams
from tests.bench.__main__ import MEASURES, Bench, Options, measure, options_of
from tests.bench.corpus import SIGN, TEXTS, answer, tokens
from tests.bench.endpoint import Endpoint, Stretch
from tests.bench.probe import Noted
from tests.bench.programs import FMTUI, REFERENCE, Lab
from tests.bench.streams import Plan, stalls, stretches
from tests.bench.table import Results, Target, shown
from tests.bench.targets import TARGETS


def test_a_streamed_answer_is_measured_in_both_programs(capsys: pytest.CaptureFixture[str]) -> None:
    steps: list[str] = []
    results = measure(Options(only=["stream"], sizes=[0.3], rates=[1_000], runs=1), steps.append)
    assert len(steps) == 2
    assert not [note for note in results.notes if "given up" in note]
    (case,) = results.values
    for program in (FMTUI, REFERENCE):
        for name, low, high in (
            ("CPU s per 1,000 tokens", 0.01, 1_000),
            ("bytes per token", 3, 100_000),
            ("first token to its text on the screen ms", 0.1, 60_000),
            ("last byte to settled ms", 0, 60_000),
            ("loop stall worst ms", 1, 60_000),
            ("peak memory MB", 10, 10_000),
        ):
            value = results.median(case, name, program)
            assert value is not None
            assert low <= value <= high, (program, name)
    printed = capsys.readouterr().out
    assert "0.3 KB at 1,000 tokens/s" in printed
    assert "/ reference" in printed


def test_typing_and_stopping_are_measured() -> None:
    with Lab() as lab:
        figures = measures.keys(lab, FMTUI, answer(8_000), 1_000, 2)
    assert 0 < figures[measures.ECHO] <= figures[measures.ECHO_P99]
    assert figures[measures.ESC] > 0


def test_a_session_is_made_once_and_opened() -> None:
    with Lab() as lab:
        saved = lab.session(4)
        assert lab.session(4) == saved
        assert 2_000 < saved.size < 8_000
        assert measures.switched(lab, saved)[measures.SWITCH] > 0


def test_the_endpoint_paces_marks_and_waits() -> None:
    import httpx  # noqa: PLC0415 - the other tests do without

    with Endpoint() as endpoint:
        endpoint.script([*"abcdefghij"], [Stretch(5, 0), Stretch(5, 1_000, gated=True)])
        url = f"{endpoint.url}/chat/completions"
        with httpx.stream("POST", url, json={}) as response:
            lines = response.iter_lines()
            begun = [next(lines) for _ in range(10)]
            marks = endpoint.take()
            while marks[-1].what != "gate":
                marks += endpoint.take()
            assert marks[0][:2] == ("first", 1)
            assert marks[-1].number == 5
            endpoint.go()
            rest = list(lines)
        while marks[-1].what != "gone":
            marks += endpoint.take()
        assert [mark.number for mark in marks if mark.what == "tenth"] == [*range(1, 11)]
        assert marks[-2].what == "last"
        assert [mark.at for mark in marks] == sorted(mark.at for mark in marks)
    assert "".join([*begun, *rest]).count('"content"') == 10
    assert "[DONE]" in "".join(rest)


def test_long_answers_are_sampled_at_both_ends() -> None:
    assert stretches(Plan("", 100), 50) == [Stretch(50, 100)]
    assert stretches(Plan("", 100, 10), 50) == [
        Stretch(10, 100),
        Stretch(30, 0, True),
        Stretch(10, 100, True),
    ]
    assert stretches(Plan("", 100, 25), 50) == [Stretch(50, 100)]
    plan = Plan("word " * 5_000, 100, 1_000)
    text = f"{SIGN}\n\n{plan.text}"
    assert "".join(plan.pieces) == text
    few = len(plan.pieces) - 2_000
    assert 1 < few < 10
    assert max(map(len, [*plan.pieces[1:1_000], *plan.pieces[-1_000:]])) < 20


def test_stalls_are_weighed_by_the_time_they_take() -> None:
    noted = Noted(100, [(1.0, 0.002), (2.0, 0.5), (5.0, 0.02), (11.0, 9.0)])
    assert stalls(noted, 0, 10) == (0.5, 0.5)
    assert stalls(noted, 0, 5.5) == (0.5, 0.5)
    assert stalls(noted, 3, 10) == (0.02, 0.0)
    assert stalls(noted, 4.5, 5.5) == (0.02, 0.02)
    assert stalls(Noted(0, []), 0, 1) == (0.0, 0.0)


def test_the_texts_are_what_their_names_say() -> None:
    texts = {name: make(1) for name, make in TEXTS.items()}
    assert texts["2,000-line fence"].count("\n") == 2_002
    assert texts["500-item list"].count("\n- ") == 499
    assert texts["200-row table"].count("\n") == 202
    assert len(texts["100 KB paragraph"]) == 100_000
    assert "\n" not in texts["100 KB paragraph"]
    assert texts["500 nested items"].count("- ") == 500
    assert "".join(tokens(answer(5_000))) == answer(5_000)


def test_ratios_are_of_medians_and_what_is_missing_is_said() -> None:
    results = Results()
    for mine, other in ((1.0, 10.0), (2.0, 20.0), (9.0, 90.0)):
        results.add("case", FMTUI, {"figure": mine})
        results.add("case", REFERENCE, {"figure": other})
    assert results.ratio("case", "figure") == 0.1
    head, row = results.lines("case")
    assert head.split() == ["case", FMTUI, REFERENCE, "/", REFERENCE]
    assert row.split() == ["figure", "2", "20", "0.1"]
    assert Target("t", lambda results: results.ratio("case", "figure"), 0.12).line(results).endswith("ok")
    assert Target("t", lambda results: results.ratio("case", "figure"), 0.08).line(results).endswith("MISSED")
    assert (
        Target("t", lambda results: results.ratio("no", "figure"), 1).line(results).endswith("not measured")
    )
    assert [shown(value) for value in (0.0, 1234.5, 12.345, 0.0123, None)] == [
        "0",
        "1,234",
        "12.3",
        "0.0123",
        "-",
    ]


def test_every_target_is_of_a_case_that_a_full_run_measures() -> None:
    options, path = options_of(["--json", "x"])
    assert path == Path("x")
    results = Results()
    names = [streams.CPU, streams.GROWTH, streams.BYTES, streams.STALL, measures.FRAME]
    names += [measures.OPEN, measures.SHARE, measures.IDLE_BYTES, measures.IDLE_ROUNDS]
    bench = Bench(Lab(), options)
    for name in MEASURES:
        for case, program, _ in getattr(bench, name)():
            results.add(case, program, dict.fromkeys(names, 1.0))
    assert [target.words for target in TARGETS if target.value(results) is None] == []
