"""What turns look like as lines, finished and while they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.chat import (
    Event,
    Failure,
    Finished,
    Mode,
    Notice,
    Outcome,
    Params,
    ReasoningDelta,
    Retrying,
    TextDelta,
    Timing,
    ToolCall,
    ToolCallDelta,
    Turn,
    Usage,
    UsageUpdate,
)
from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.lines import Line, width_of_runs
from fmtui.ui.conversation.live import LiveTurn
from fmtui.ui.conversation.parts import parts_of
from fmtui.ui.conversation.placeholder import placeholder
from fmtui.ui.conversation.styles import Style
from tests.bench.corpus import answer
from tests.ui.conversation_fakes import lines_of, shown, turn_lines

ZONE = timezone(timedelta(hours=1))
CREATED = datetime(2026, 11, 22, 20, 14, 57, tzinfo=UTC)


def now() -> datetime:
    """Return a time on the evening of the day that the turns were made."""
    return datetime(2026, 11, 22, 23, 0, tzinfo=ZONE)


def reply(text: str, *, mode: Mode = "chat", reasoning: str = "", model: str = "m") -> Turn:
    return Turn("r", "assistant", text, created=CREATED, reasoning=reasoning, params=Params("e", model, mode))


def styles(lines: list[Line], text: str) -> set[int]:
    """Return the styles of the runs that hold the text."""
    return {style for line in lines for said, style in line if text in said}


def test_the_header_says_who_and_when() -> None:
    lines = turn_lines(Turn("p", "user", "hi", created=CREATED), 40, now=now)
    assert shown(lines)[:2] == ["", "▌ You" + " " * 30 + "21:14"]
    assert lines[1][-1][1] == Style.META
    later = now() + timedelta(days=1)
    lines = turn_lines(Turn("p", "user", "hi", created=CREATED), 40, now=lambda: later)
    assert shown(lines)[1].endswith(" 2026-11-22 21:14")


def test_a_long_model_name_pushes_the_time_out_and_wraps() -> None:
    lines = turn_lines(reply("hi", model="databricks-meta-llama-3-3-70b-instruct"), 20, now=now)
    assert shown(lines)[1:3] == ["● databricks-meta-ll", "ama-3-3-70b-instruct"]
    assert all(width_of_runs(line) <= 20 for line in lines)


def test_reasoning_stands_dimmed_before_the_answer() -> None:
    lines = turn_lines(reply("the answer", reasoning="\nlet me *think*\n\n"), 40, now=now)
    assert shown(lines)[2:6] == ["▾ reasoning · ~5 tokens", "let me *think*", "", "the answer"]
    assert styles(lines, "think") == {Style.REASONING}


@pytest.mark.parametrize(("outcome", "style"), [("error", Style.ERROR), ("cut_off", Style.WARNING)])
def test_a_failure_is_said_once_with_its_hint_below(outcome: Outcome, style: int) -> None:
    turn = Turn(
        "r", "assistant", "part of it", outcome=outcome,
        error=Failure("X", "It broke.", hint="Try again."),
    )  # fmt: skip
    lines = turn_lines(turn, 60, now=now)
    said = shown(lines)
    assert said[3:5] == ["✗ It broke.", "  Try again."]
    assert styles(lines, "It broke") == {style}
    assert sum("It broke" in line for line in said) == 1
    assert len(said) == 6, "how it ended comes below"


def test_max_tokens_is_a_warning() -> None:
    turn = Turn("r", "assistant", "x", params=Params(), outcome="complete", finish_reason="length")
    lines = turn_lines(turn, 60, now=now)
    assert styles(lines, "max_tokens (2048)") == {Style.WARNING}


def test_a_prompt_has_no_line_of_figures() -> None:
    assert shown(turn_lines(Turn("p", "user", "hi"), 40, now=now))[2:] == ["▌ hi"]


def test_a_bar_stands_before_every_line_of_a_prompt_and_before_none_of_an_answer() -> None:
    text = "one two three four five six seven\n\n  eight"
    asked = turn_lines(Turn("p", "user", text), 20, now=now)
    assert all(line[0] in {("▌ ", Style.USER_BAR), ("▌", Style.USER_BAR)} for line in asked[2:])
    assert [row.removeprefix("▌").removeprefix(" ") for row in shown(asked)[2:]] == [
        "one two three four", "five six seven", "", "  eight",
    ]  # fmt: skip
    assert not any("▌" in row for row in shown(turn_lines(reply(text), 20, now=now)))


def test_a_rule_behind_the_figures_ends_an_exchange() -> None:
    turn = Turn("r", "assistant", "x", params=Params(model="m"), outcome="complete", finish_reason="stop")
    assert shown(turn_lines(turn, 20, now=now))[-1] == "m · stop " + "─" * 11
    assert shown(turn_lines(turn, 9, now=now))[-1] == "m · stop"


def test_figures_that_need_two_rows_break_between_two_of_them() -> None:
    turn = Turn(
        "r", "assistant", "x", params=Params(model="a-model"), outcome="complete", finish_reason="stop",
        usage=Usage(28, 730), timing=Timing(0.31, 7.75),
    )  # fmt: skip
    assert shown(turn_lines(turn, 40, now=now))[-2:] == [
        "a-model · stop · 28 + 730 tokens",
        "98.0 tok/s · first token 0.31 s " + "─" * 8,
    ]


def test_a_failure_names_the_status_once_and_its_lines_hang_below_the_mark() -> None:
    failure = Failure("X", "The key may not use this.", 403, hint="Ask for the right to use it.")
    said = shown(turn_lines(Turn("r", "assistant", "", outcome="error", error=failure), 24, now=now))
    assert said[2:6] == ["✗ 403 · The key may not", "  use this.", "  Ask for the right to", "  use it."]
    failure = Failure("X", "502 Bad Gateway", 502)
    said = shown(turn_lines(Turn("r", "assistant", "", outcome="error", error=failure), 24, now=now))
    assert said[2] == "✗ 502 Bad Gateway"


@pytest.mark.parametrize("width", [1, 2, 7, 30])
def test_no_line_is_wider_than_asked_for(width: int) -> None:
    turn = Turn(
        "r", "assistant", answer(3_000), reasoning="世界 " * 20, params=Params(model="世界の名前"),
        outcome="error", error=Failure("X", "世界" * 30, hint="y" * 90),
        tool_calls=(ToolCall("f", '{"x": "' + "z" * 100 + '"}'),), notices=("odd " * 30,),
        usage=Usage(1, 2),
    )  # fmt: skip
    for line in turn_lines(turn, width, now=now):
        assert width_of_runs(line) <= width


def entries_of(turn: Turn, width: int) -> Entries:
    """Return the parts of a live reply at a width."""
    entries = Entries(partial(parts_of, now=now), partial(LiveTurn, now=now))
    entries.resize(width)
    entries.append_live(turn)
    return entries


def feed(entries: Entries, event: Event) -> None:
    live = entries.live("r")
    assert live is not None
    live.add(event)


words = st.text("ab \n#-*`|>1.\t世", max_size=12)
events = st.lists(
    st.one_of(
        words.map(TextDelta),
        words.map(TextDelta),
        words.map(ReasoningDelta),
        words.map(Notice),
        st.builds(ToolCallDelta, st.integers(0, 2), st.just(""), words, words),
        st.just(UsageUpdate(Usage(1, 2))),
        st.just(Finished("stop")),
        st.just(Retrying(1.0, "429", 2)),
    ),
    max_size=20,
)


def folded(before: Turn, given_: list[Event]) -> Turn:
    """Return the turn that the events make of another."""
    calls: dict[int, tuple[str, str]] = {}
    for event in given_:
        if isinstance(event, ToolCallDelta):
            name, arguments = calls.get(event.index, ("", ""))
            calls[event.index] = name or event.name, arguments + event.arguments
    return Turn(
        "r",
        "assistant",
        before.text + "".join(event.text for event in given_ if isinstance(event, TextDelta)),
        created=CREATED,
        reasoning=before.reasoning
        + "".join(event.text for event in given_ if isinstance(event, ReasoningDelta)),
        params=before.params,
        outcome="complete",
        tool_calls=tuple(ToolCall(*calls[index]) for index in sorted(calls)),
        notices=tuple(event.message for event in given_ if isinstance(event, Notice)),
    )


@settings(deadline=None)
@given(
    coming=events,
    flushes=st.sets(st.integers(0, 19)),
    mode=st.sampled_from(["chat", "completion"]),
    resized_at=st.integers(0, 30),
    width=st.integers(1, 30),
    before=words,
)
def test_a_reply_looks_at_its_end_as_it_does_when_opened_again(
    *, coming: list[Event], flushes: set[int], mode: Mode, resized_at: int, width: int, before: str
) -> None:
    started = reply(before, mode=mode, reasoning=before)
    entries = entries_of(started, width)
    for number, event in enumerate(coming):
        feed(entries, event)
        if number in flushes:
            entries.flush()
        if number == resized_at:
            entries.resize(width + 9)
    final = folded(started, coming)
    entries.resize(width)
    assert entries.settle(final)
    assert lines_of(entries, 0) == turn_lines(final, width, now=now)
    assert entries.heights.total == len(lines_of(entries, 0))


def test_another_final_text_replaces_what_was_drawn() -> None:
    entries = entries_of(reply(""), 40)
    feed(entries, TextDelta("what\r\ncame"))
    entries.flush()
    final = reply("what was kept", reasoning="and why")
    entries.settle(final)
    assert lines_of(entries, 0) == turn_lines(final, 40, now=now)


def test_the_end_of_a_long_answer_is_not_rendered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    text = answer(9_000)
    entries = entries_of(reply(""), 80)
    for at in range(0, len(text), 700):
        feed(entries, TextDelta(text[at : at + 700]))
        entries.flush()
    final = reply(text)
    expected = turn_lines(final, 80, now=now)
    monkeypatch.setattr(
        "fmtui.ui.conversation.parts.MarkdownPiece.draw", lambda *_: pytest.fail("drawn again")
    )
    entries.settle(final)
    assert lines_of(entries, 0) == expected


@pytest.mark.parametrize(("width", "height"), [(40, 20), (5, 3), (1, 1), (40, 0)])
def test_the_placeholder_fills_the_screen_exactly(width: int, height: int) -> None:
    rows = placeholder(("Welcome to fmtui", "", "Type a prompt"), width, height)
    assert len(rows) == height
    assert all(width_of_runs(row) <= width for row in rows if row)
