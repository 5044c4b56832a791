"""Habits of servers that must not matter: what stands in odd places or forms is still understood."""

from collections.abc import Mapping

import pytest

from fmtui.core.errors import CutOffError, StreamFailedError
from fmtui.core.listing import parse_listing
from fmtui.core.pieces import MAX_CALLS
from fmtui.core.shapes import MAX_PARTS
from tests.core.asking import play
from tests.servers import D, E, F, answer, data, delta, stream

COUNTS = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


@pytest.mark.parametrize(
    "value",
    [
        {"choices": [{"delta": "Hi"}]},
        {"choices": [{"index": 0, "message": "Hi"}]},
        {"choices": ["Hi"]},
        {"choices": "Hi"},
        {"choices": {"delta": {"content": "Hi"}}},
        {"choices": [{"delta": {"content": {"type": "text", "text": "Hi"}}}]},
        {"choices": [{"delta": {"content": {"text": "Hi"}}}]},
        {"choices": [{"delta": {"content": [{"type": "text", "content": "Hi"}]}}]},
        {"choices": [{"text": {"text": "Hi"}}]},
        {"choices": [{"text": ["H", "i"]}]},
        {"choices": [{"delta": {"role": None, "content": "Hi"}}]},
        {"delta": "Hi"},
        {"messages": [{"role": None, "content": "Hi"}]},
        {"messages": ["Hi"]},
        {"messages": [{"role": "tool", "content": "no"}, {"role": "", "content": "Hi"}]},
    ],
)
async def test_text_is_found_wherever_and_in_whatever_form_it_comes(value: object) -> None:
    result = await play(stream(data(value), F("stop"), D))
    assert (result.text, result.outcome) == ("Hi", "complete")
    whole = await play(answer(value))
    assert (whole.text, whole.outcome) == ("Hi", "complete")


async def test_a_reason_to_stop_inside_the_delta_ends_the_answer() -> None:
    result = await play(stream(delta(content="Hi", finish_reason="stop")))
    assert (result.text, result.finish_reason, result.outcome) == ("Hi", "stop", "complete")
    result = await play(stream(data({"choices": [{"delta": {"content": "a", "finish_reason": None}}]})))
    assert isinstance(result.error, CutOffError)


@pytest.mark.parametrize(
    "value",
    [
        {"choices": [{"delta": {"content": "Hi"}, "usage": COUNTS}]},
        {"choices": [{"delta": {"content": "Hi", "usage": COUNTS}}]},
        {"choices": [{"delta": {"content": "Hi"}}], "usage": None, "x_groq": {"usage": COUNTS}},
        {
            "choices": [{"delta": {"content": "Hi"}}],
            "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
        },
        {"choices": [{"delta": {"content": "Hi"}, "usage": COUNTS}], "usage": "3"},
    ],
)
async def test_counts_are_found_in_odd_places(value: object) -> None:
    result = await play(stream(data(value), F("stop"), D))
    assert (result.text, result.counts) == ("Hi", (3, 2, 5))


def escaped(text: str) -> str:
    """Return an event whose tool call has these raw JSON escapes as its arguments."""
    function = f'{{"name":"f","arguments":"{text}"}}'
    return f'data: {{"choices":[{{"delta":{{"tool_calls":[{{"index":0,"function":{function}}}]}}}}]}}\n\n'


async def test_a_pair_split_over_two_events_is_one_character_in_arguments_and_refusals() -> None:
    result = await play(stream(escaped("\\ud83d"), escaped("\\ude00"), F("tool_calls"), D))
    assert result.turn is not None
    assert [call.arguments for call in result.turn.tool_calls] == ["😀"]
    alone = await play(stream(escaped("a\\ud83d"), F("tool_calls"), D))
    assert alone.turn is not None
    assert [call.arguments for call in alone.turn.tool_calls] == ["a\ufffd"]
    halves = [
        f'data: {{"choices":[{{"delta":{{"refusal":"{half}"}}}}]}}\n\n' for half in ("\\ud83d", "\\ude00")
    ]
    assert (await play(stream(*halves, F("stop"), D))).text == "😀"
    assert (await play(stream(halves[0], F("stop"), D))).text == "\ufffd"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"error": [{"message": "m", "code": 503}]}, "m"),
        ({"error": ["m", "n"]}, "m; n"),
        ({"error": {"message": ["m"]}}, "m"),
        ({"error": {"message": {"message": "m"}}}, "m"),
        ({"error": {"error": "m"}}, "m"),
    ],
)
async def test_an_error_is_read_in_every_form(value: Mapping[str, object], message: str) -> None:
    result = await play(stream(E("a"), data(value)))
    assert isinstance(result.error, StreamFailedError)
    assert (result.text, result.error.message) == ("a", message)
    refused = await play(answer(value, 400))
    assert refused.error is not None
    assert refused.error.message == message


async def test_an_error_of_which_only_the_type_is_said_is_told_by_that() -> None:
    value = {"error": {"type": "overloaded_error"}}
    result = await play(stream(E("a"), data(value)))
    assert result.error is not None
    assert result.error.message == "The server reported the error overloaded_error."
    refused = await play(answer(value, 400))
    assert refused.error is not None
    assert "overloaded_error" in refused.error.message


async def test_more_calls_than_can_be_meant_are_told_and_left_out() -> None:
    calls = [delta(tool_calls=[{"index": i, "id": str(i), "function": {"name": "f"}}]) for i in range(1500)]
    result = await play(stream(*calls, F("tool_calls"), D))
    assert result.turn is not None
    assert len(result.turn.tool_calls) == MAX_CALLS
    assert result.notices == ["The reply holds more than 1000 tool calls; the others are left out."]


async def test_a_reason_to_stop_is_a_word() -> None:
    result = await play(stream(E("a"), F("x" * 1_000_000), D))
    assert result.finish_reason == "x" * 199 + "…"


async def test_a_piece_of_data_with_too_many_parts_is_read_in_part_and_says_so() -> None:
    result = await play(stream(data({"choices": [{"delta": "x"}] * 5000}), F("stop"), D))
    assert result.text == "x" * MAX_PARTS
    assert result.notices == ["1 part of the reply could not be read and may be missing."]


def test_a_listing_of_a_million_models_is_cut() -> None:
    body = b'{"data":[' + b",".join(b'{"id":"m%d"}' % number for number in range(20_000)) + b"]}"
    assert len(parse_listing("openai", body)) == 10_000
    (long,) = parse_listing("openai", b'{"data":[{"id":"%b"},{"id":"b"}]}' % (b"x" * 5000))
    assert long.name == "b", "no name is as long"
