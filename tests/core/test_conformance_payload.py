"""What answers hold: the cases of the protocol's description, by their numbers."""

import pytest

from fmtui.core.chat import Finished, Mode, TextDelta, ToolCallDelta, Usage
from fmtui.core.errors import StreamFailedError
from tests.core.asking import play, request_for
from tests.core.test_conformance_framing import BLOCK_B
from tests.in_process import one_by_one
from tests.servers import D, E, F, data, delta, seed, stream


def counted(prompt: object, completion: object, total: object, *, text: str = "") -> str:
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
    return data({"choices": [{"index": 0, "delta": {"content": text}}], "usage": usage})


def reasoning(text: str, **more: object) -> dict[str, object]:
    return {"type": "reasoning", "summary": [{"type": "summary_text", "text": text} | more]}


BLOCK_D = [
    data(
        {
            "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": reason}],
            "usage": {"prompt_tokens": 15, "completion_tokens": completion, "total_tokens": total},
        }
    )
    for content, reason, completion, total in (
        ([reasoning("Let me ", signature="")], None, None, None),
        ([reasoning("", signature="EqoB")], None, None, None),
        ("4", None, None, None),
        ("", "stop", 40, 55),
    )
] + [D]


async def test_case_031_role_once_and_role_each() -> None:
    assert (await play(stream(*BLOCK_B))).text == "Hi"
    assert (await play(stream(*seed("chat")[:2], F("stop"), D))).text == "1."


async def test_case_032_usage_cumulative() -> None:
    answer = await play(stream(*(counted(9, n, 9 + n, text="x") for n in (1, 2, 3)), F("stop"), D))
    assert answer.counts == (9, 3, 12)
    assert answer.turn is not None
    assert answer.turn.usage is not None
    assert answer.turn.usage.completion_tokens == 3


async def test_case_033_usage_null_in_the_middle() -> None:
    answer = await play(stream(*BLOCK_D))
    assert answer.counts == (15, 40, 55)


async def test_case_034_usage_with_empty_choices() -> None:
    answer = await play(stream(*BLOCK_B))
    assert answer.counts == (9, 1, 10)


async def test_case_036_usage_none_gives_an_estimate() -> None:
    answer = await play(stream(E("four characters"), F("stop"), D))
    assert answer.counts is None
    assert answer.turn is not None
    assert answer.turn.usage is not None
    assert answer.turn.usage.estimated


@pytest.mark.parametrize("mode", ["chat", "completion"])
@pytest.mark.parametrize(
    ("prompt", "expected"), [(5, Usage(5, 3, 8, estimated=True)), (0, Usage(None, 3, estimated=True))]
)
async def test_a_count_of_nothing_beside_text_gives_an_estimate(
    mode: Mode, prompt: int, expected: Usage
) -> None:
    usage = {"prompt_tokens": prompt, "completion_tokens": 0, "total_tokens": prompt}
    piece: dict[str, object] = {"text": "Sure, here"}
    if mode == "chat":
        piece = {"delta": {"content": "Sure, here"}}
    event = data({"choices": [{"index": 0, **piece, "finish_reason": "stop"}], "usage": usage})
    answer = await play(stream(event, D), request=request_for(mode=mode))
    assert answer.turn is not None
    assert (answer.turn.text, answer.turn.usage) == ("Sure, here", expected)


async def test_a_count_of_nothing_beside_no_text_is_believed() -> None:
    answer = await play(stream(data({"choices": [], "usage": {"completion_tokens": 0}}), F("stop"), D))
    assert answer.turn is not None
    assert answer.turn.usage == Usage(completion_tokens=0)


async def test_case_037_azure_first() -> None:
    first = {
        "id": "",
        "object": "",
        "created": 0,
        "model": "",
        "choices": [],
        "prompt_filter_results": [
            {"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}
        ],
    }
    answer = await play(stream(data(first), *BLOCK_B))
    assert answer.text == "Hi"
    assert answer.counts == (9, 1, 10)
    assert answer.error is None


@pytest.mark.parametrize("reason", ["eos_token", "abort", "stop_sequence"])
async def test_case_039_odd_finish_is_shown_as_it_is(reason: str) -> None:
    answer = await play(stream(E("a"), F(reason), D))
    assert answer.finish_reason == reason
    assert answer.outcome == "complete"


async def test_case_039_finish_error_marks_an_error_and_keeps_the_text() -> None:
    answer = await play(stream(E("a"), F("error"), D))
    assert answer.text == "a"
    assert answer.finish_reason == "error"
    assert isinstance(answer.error, StreamFailedError)


async def test_an_empty_finish_reason_is_none() -> None:
    answer = await play(stream(delta("", content="a"), E("b"), F("stop"), D))
    assert answer.of(Finished) == [Finished("stop")]


async def test_case_040_length() -> None:
    answer = await play(stream(E("a"), F("length"), D))
    assert (answer.text, answer.finish_reason, answer.outcome) == ("a", "length", "complete")


async def test_case_041_content_filter_without_text_is_no_failure() -> None:
    answer = await play(stream(F("content_filter"), D))
    assert answer.error is None
    assert answer.finish_reason == "content_filter"
    assert answer.text == ""


async def test_case_043_content_null() -> None:
    answer = await play(stream(delta(content=None), E("a"), delta(content=None), F("stop"), D))
    assert answer.of(TextDelta) == [TextDelta("a")]


async def test_case_045_content_list() -> None:
    answer = await play(stream(*BLOCK_D))
    assert (answer.text, answer.reasoning) == ("4", "Let me ")
    assert "EqoB" not in repr(answer.events)


async def test_case_046_both_in_one_delta() -> None:
    content = [reasoning("ok"), {"type": "text", "text": "Hi"}]
    answer = await play(stream(delta(role="assistant", content=content), F("stop"), D))
    assert (answer.text, answer.reasoning) == ("Hi", "ok")


async def test_redacted_reasoning_shows_nothing() -> None:
    content = [{"type": "reasoning", "summary": [{"type": "summary_encrypted_text", "data": "Zm9v"}]}]
    answer = await play(stream(delta(content=content), E("Hi"), F("stop"), D))
    assert (answer.text, answer.reasoning, answer.notices) == ("Hi", "", [])


async def test_a_part_that_cannot_be_shown_is_told() -> None:
    content = [{"type": "image_url", "image_url": {"url": "data:"}}, {"type": "text", "text": "Hi"}]
    answer = await play(stream(delta(content=content), F("stop"), D))
    assert answer.text == "Hi"
    assert answer.notices == ["The reply holds parts that cannot be shown: image_url."]


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        ([{"reasoning_content": "Hmm"}, {"reasoning": " so"}], "Hmm so"),
        ([{"reasoning_content": "Hmm", "reasoning": "Hmm"}], "Hmm"),
        ([{"reasoning_content": "", "reasoning": "Hmm"}], "Hmm"),
        ([{"reasoning_content": {"text": "Hmm"}}], "Hmm"),
        ([{"content": [reasoning("Hmm")], "reasoning_content": "Hmm"}], "Hmm"),
        ([{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hmm"}]}]}], "Hmm"),
    ],
)
async def test_case_049_reasoning_keys(deltas: list[dict[str, object]], expected: str) -> None:
    answer = await play(stream(*(delta(None, **fields) for fields in deltas), F("stop"), D))
    assert answer.reasoning == expected
    assert answer.text == ""
    assert answer.error is None


BLOCK_G = [E("<thi"), E("nk>plan</thi"), E("nk>\n\nHi"), F("stop"), D]


async def test_case_050_think_tags() -> None:
    answer = await play(stream(*BLOCK_G))
    assert (answer.reasoning, answer.text) == ("plan", "Hi")
    answer = await play(stream(*one_by_one("".join(BLOCK_G))))
    assert (answer.reasoning, answer.text) == ("plan", "Hi")


@pytest.mark.parametrize("size", range(1, 24))
async def test_case_050_think_tags_cut_at_every_character(size: int) -> None:
    whole = " \n<think>\nplan <b> </thin </think>\n\nHi </think>"
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    answer = await play(stream(*map(E, pieces), F("stop"), D))
    assert (answer.reasoning, answer.text) == ("plan <b> </thin ", "Hi </think>")


@pytest.mark.parametrize("text", ["  code <think>x</think>", "<thin ice", "<", "  ", "<think"])
async def test_a_think_tag_anywhere_else_is_text(text: str) -> None:
    answer = await play(stream(*map(E, text), F("stop"), D))
    assert (answer.text, answer.reasoning) == (text, "")


async def test_a_think_tag_that_never_closes_keeps_all_as_reasoning() -> None:
    answer = await play(stream(E("<think>plan</thi"), F("length"), D))
    assert (answer.text, answer.reasoning) == ("", "plan</thi")


async def test_a_completion_keeps_its_tags() -> None:
    event = data({"choices": [{"text": "<think>a</think>", "index": 0, "finish_reason": "stop"}]})
    answer = await play(stream(event, D), request=request_for(mode="completion"))
    assert (answer.text, answer.reasoning) == ("<think>a</think>", "")


async def test_case_053_reasoning_only() -> None:
    answer = await play(stream(delta(content=[reasoning("thinking")]), F("length"), D))
    assert (answer.text, answer.reasoning, answer.finish_reason) == ("", "thinking", "length")
    assert answer.outcome == "complete"


BLOCK_H = [
    delta(
        content=None,
        tool_calls=[
            {"index": 0, "id": "call_a", "type": "function", "function": {"name": "f", "arguments": ""}}
        ],
    ),
    delta(tool_calls=[{"index": 0, "function": {"arguments": '{"x":'}}]),
    delta(
        tool_calls=[
            {"index": 1, "id": "call_b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            {"index": 0, "function": {"arguments": "1}"}},
        ]
    ),
    F("tool_calls"),
    D,
]


async def calls_of(*events: str) -> list[tuple[str, str, str]]:
    answer = await play(stream(*events))
    assert answer.error is None
    assert answer.turn is not None
    assert not answer.turn.is_empty
    return [(call.id, call.name, call.arguments) for call in answer.turn.tool_calls]


async def test_case_054_tool_deltas() -> None:
    assert await calls_of(*BLOCK_H) == [("call_a", "f", '{"x":1}'), ("call_b", "g", "{}")]


async def test_tool_arguments_that_begin_with_a_placeholder_lose_it() -> None:
    first = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    later = {"index": 0, "function": {"arguments": '{"x":1}'}}
    assert await calls_of(delta(tool_calls=[first]), delta(tool_calls=[later]), F("tool_calls"), D) == [
        ("a", "f", '{"x":1}')
    ]


@pytest.mark.parametrize("numbers", [(0, 0), (None, None), (0, 1)])
async def test_whole_tool_calls_are_told_apart_however_they_are_numbered(
    numbers: tuple[object, object],
) -> None:
    events = [
        delta(tool_calls=[{"index": n, "id": id_, "function": {"name": id_, "arguments": {"n": 1}}}])
        for n, id_ in zip(numbers, "ab", strict=True)
    ]
    assert await calls_of(*events, F("tool_calls"), D) == [("a", "a", '{"n": 1}'), ("b", "b", '{"n": 1}')]


async def test_the_older_form_of_a_function_call_is_a_tool_call() -> None:
    first = delta(function_call={"name": "f", "arguments": '{"x"'})
    later = delta(function_call={"arguments": ":1}"})
    assert await calls_of(first, later, F("function_call"), D) == [("", "f", '{"x":1}')]


async def test_tool_calls_are_events_as_they_come() -> None:
    answer = await play(stream(*BLOCK_H))
    assert answer.of(ToolCallDelta)[0] == ToolCallDelta(0, "call_a", "f", "")


async def test_case_055_refusal() -> None:
    answer = await play(stream(delta(refusal="I cannot help with that."), F("stop"), D))
    assert answer.text == "I cannot help with that."


async def test_case_056_agent_delta() -> None:
    event = data({"delta": {"role": "assistant", "content": "Hi", "id": "x"}})
    answer = await play(stream(event, D))
    assert answer.text == "Hi"
    assert answer.error is None


async def test_case_058_control_characters_are_kept_in_the_text() -> None:
    content = "\x1b[31m\x07 [bold]x[/bold]"
    answer = await play(stream(E(content), F("stop"), D))
    assert answer.text == content


async def test_case_059_bad_json() -> None:
    answer = await play(stream(E("a"), "data: {oops\n\n", E("b"), F("stop"), D))
    assert answer.text == "ab"
    assert answer.error is None
    assert answer.notices == ["1 part of the reply could not be read and may be missing."]


async def test_case_062_changing_ids() -> None:
    events = [
        data({"id": f"chatcmpl-{n % 2}", "choices": [{"delta": {"content": str(n)}}]}) for n in range(4)
    ]
    assert (await play(stream(*events, F("stop"), D))).text == "0123"


async def test_halves_of_a_character_in_two_events_become_one() -> None:
    first = 'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n'
    second = 'data: {"choices":[{"delta":{"content":"\\ude00b"}}]}\n\n'
    assert (await play(stream(first, second, F("stop"), D))).text == "a😀b"
    as_reasoning = [half.replace("content", "reasoning") for half in (first, second)]
    assert (await play(stream(*as_reasoning, F("stop"), D))).reasoning == "a😀b"


async def test_half_a_character_alone_becomes_the_replacement_character() -> None:
    half = 'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n'
    assert (await play(stream(half, F("stop"), D))).text == "a\ufffd"
    assert (await play(stream(half, E("b"), F("stop"), D))).text == "a\ufffdb"


async def test_a_second_choice_is_not_mixed_into_the_first() -> None:
    two = [data({"choices": [{"index": n, "delta": {"content": f"{n}"}}]}) for n in (0, 1, 0, 1)]
    assert (await play(stream(*two, F("stop"), D))).text == "00"


@pytest.mark.parametrize("mode", ["chat", "completion"])
async def test_the_mode_of_the_request_does_not_limit_what_is_understood(mode: Mode) -> None:
    answer = await play(
        stream(E("a"), data({"choices": [{"text": "b"}]}), F("stop"), D), request=request_for(mode=mode)
    )
    assert answer.text == "ab"
