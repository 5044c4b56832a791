"""What has no end: caps on what a server may make fmtui hold, and nothing that is looked for over and over.

The texts are so long that what goes through them once for each of their signs would take minutes.
"""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import Callable

import pytest

from fmtui.core.answer import MAX_ANSWER, MAX_BODY
from fmtui.core.chat import Event, ReasoningDelta, TextDelta, Turn
from fmtui.core.errors import FmtuiError
from fmtui.core.failures import MAX_TEXT, error_from
from fmtui.core.pieces import MAX_CALLS, ThinkTags
from fmtui.core.sse import MAX_EVENT
from fmtui.core.text import one_line
from fmtui.core.wire import Decoder
from fmtui.ui.conversation.find import Query
from fmtui.ui.conversation.markdown import render
from tests.core.asking import play
from tests.servers import E, answer, stream

MANY = 400_000
MEGABYTE = 1 << 20


def peak(work: Callable[[], object]) -> int:
    """Return how many bytes a piece of work holds at most, beyond what there was."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pump", ["<pre>", "<script>", "<", "<title ", "&#", "</pre"])
def test_a_page_that_closes_nothing_is_read_once(pump: str) -> None:
    error = error_from(502, {"content-type": "text/html"}, b"<html>" + pump.encode() * MANY)
    assert len(error.message) <= MAX_TEXT + 100


@pytest.mark.parametrize(
    ("wanted", "pump"),
    [("1", "\n"), ("1", "> \n"), ("zz", "]("), ("zz", "<a:"), (" zz", " "), ("1", "- ")],
)
def test_what_is_not_there_is_looked_for_once(wanted: str, pump: str) -> None:
    query = Query(wanted)
    assert not query.may_be_in(Turn("r", "assistant", pump * MANY))
    assert not list(query.spans(pump * MANY))


def test_headings_full_of_space_are_read_once() -> None:
    lines = render(("# a" + " " * 990 + "b\n") * 500, 80)
    assert sum("a" in text for line in lines for text, _ in line) == 500


@pytest.mark.parametrize("sign", [">", "- ", "1. ", "> - ", "[", "*a ", "`a``", "![](", "<a:", "|a"])
def test_ten_thousand_signs_in_each_other_are_drawn(sign: str) -> None:
    assert render(sign * 10_000 + "end", 80)


def test_an_answer_that_begins_with_nothing_but_space_is_not_held_back() -> None:
    think = ThinkTags()
    came = [event for _ in range(MANY) for event in think.feed("  \n ")]
    held = 4 * MANY - sum(len(event.text) for event in came if isinstance(event, TextDelta))
    assert held <= 1000
    assert think.feed("<think>") == [TextDelta("<think>")]


def test_space_before_a_tag_does_not_hide_it() -> None:
    think = ThinkTags()
    events: list[Event] = [event for _ in range(900) for event in think.feed("\n")]
    assert events == []
    assert think.feed("<think>plan</think>Hi") == [ReasoningDelta("plan"), TextDelta("Hi")]


def test_an_error_body_costs_no_more_than_a_few_times_its_size() -> None:
    body = json.dumps({"error": {"message": "m" * MEGABYTE, "code": "c" * MEGABYTE}}).encode()
    found: list[FmtuiError] = []
    assert peak(lambda: found.append(error_from(400, {}, body))) < 12 * len(body)
    assert len(found[0].message) <= MAX_TEXT + 100


@pytest.mark.parametrize("depth", [1000, 100_000])
def test_values_in_values_without_end_are_an_error_and_not_a_crash(depth: int) -> None:
    for opening in ("[", '{"choices":[', '{"error":'):
        body = (opening * depth).encode()
        assert asyncio.run(play(answer(body))).error is not None
        assert asyncio.run(play(answer(body, 400))).error is not None
        decoder = Decoder()
        assert decoder.feed(opening * depth) == []
        assert decoder.unreadable == 1


def test_calls_without_end_are_left_out_and_said() -> None:
    calls = [{"index": n, "id": f"c{n}", "function": {"name": "f", "arguments": "{"}} for n in range(3000)]
    event = json.dumps({"choices": [{"delta": {"tool_calls": calls}, "finish_reason": "tool_calls"}]})
    found = asyncio.run(play(stream(f"data: {event}\n\n")))
    assert found.turn is not None
    assert len(found.turn.tool_calls) == MAX_CALLS
    assert any(f"{MAX_CALLS} tool calls" in notice for notice in found.notices)


def test_an_event_an_answer_and_a_body_without_end_are_ended() -> None:
    line = b"data: " + b"x" * MEGABYTE
    found = asyncio.run(play(stream(*([line] * ((MAX_EVENT >> 20) + 2)))))
    assert "without ending an event" in str(found.error)
    text = E("y" * (MEGABYTE // 2))
    found = asyncio.run(play(stream(*([text] * ((MAX_ANSWER >> 19) + 4)))))
    assert "the reply was ended" in str(found.error)
    assert MAX_ANSWER <= len(found.text) <= MAX_ANSWER + MEGABYTE
    whole = answer(b'{"choices": [{"message": {"content": "' + b"z" * (MAX_BODY + 10))
    found = asyncio.run(play(whole))
    assert "too large to read" in str(found.error)


def test_a_title_is_made_of_the_start_of_a_prompt_of_any_size() -> None:
    prompt = "word " * MANY
    assert peak(lambda: one_line(prompt, 60)) < 10_000
