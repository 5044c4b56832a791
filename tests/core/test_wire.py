"""What is sent, and that nothing a server sends can surprise."""

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.chat import Event, Params, ReasoningDelta, Request, Role, TextDelta, Turn
from fmtui.core.endpoints import Kind
from fmtui.core.errors import FmtuiError, UsageError
from fmtui.core.pieces import ThinkTags
from fmtui.core.wire import Decoder, decode_body, encode
from tests.core.asking import play
from tests.servers import D, F, Scripted, Step, answer, stream


def turns(*texts: tuple[Role, str]) -> tuple[Turn, ...]:
    return tuple(Turn(str(n), role, text) for n, (role, text) in enumerate(texts))


def body_of(request: Request, kind: Kind = "openai", **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(b"".join(encode(request, kind, **more)))
    return body


def history(*texts: tuple[Role, str], system: str = "") -> list[tuple[str, str]]:
    found = body_of(Request(Params(system=system), turns(*texts)))["messages"]
    assert isinstance(found, list)
    for message in found:
        assert set(message) == {"role", "content"}
    return [(message["role"], message["content"]) for message in found]


def prompt_of(*texts: tuple[Role, str], system: str = "") -> object:
    return body_of(Request(Params(mode="completion", system=system), turns(*texts)))["prompt"]


def test_a_conversation_is_sent_by_turns_with_its_system_prompt_first() -> None:
    said: list[tuple[Role, str]] = [("user", "a"), ("assistant", "b"), ("user", "c")]
    assert history(*said, system="s") == [("system", "s"), *said]
    assert history(*said, system=" ") == said


def test_there_is_one_system_message_and_it_is_first() -> None:
    assert history(("user", "a"), ("system", "later"), system="s") == [
        ("system", "s\n\nlater"),
        ("user", "a"),
    ]


def test_an_empty_reply_is_left_out_and_the_prompts_around_it_are_joined() -> None:
    assert history(("user", "a"), ("assistant", ""), ("user", "b")) == [("user", "a\n\nb")]
    assert history(("user", "a"), ("assistant", " \n"), ("user", "b")) == [("user", "a\n\nb")]


def test_reasoning_usage_and_ids_are_never_sent_back() -> None:
    reply = Turn("1", "assistant", "b", reasoning="secret thought", finish_reason="stop")
    body = body_of(Request(Params(), (*turns(("user", "a")), reply, *turns(("user", "c")))), "openai")
    assert "secret thought" not in json.dumps(body)
    assert "finish_reason" not in json.dumps(body)


def test_a_reply_to_go_on_from_does_not_end_in_a_blank() -> None:
    assert history(("user", "a"), ("assistant", "b \n"))[-1] == ("assistant", "b")


@pytest.mark.parametrize("texts", [[], [("user", "")], [("assistant", "")], [("user", " ")]])
def test_nothing_to_send_is_refused(texts: list[tuple[Role, str]]) -> None:
    with pytest.raises(UsageError):
        history(*texts)
    with pytest.raises(UsageError):
        prompt_of(*texts)


def test_a_completion_goes_on_from_the_whole_path() -> None:
    assert prompt_of(("user", "Once"), system="s") == "Once"
    assert prompt_of(("user", "Once"), ("assistant", " upon"), ("user", "Then")) == "Once upon\n\nThen"
    assert prompt_of(("user", "Once\n"), ("user", "Then")) == "Once\n\nThen"
    assert prompt_of(("user", "Once"), ("assistant", " upon"), ("assistant", " a time")) == "Once upon a time"


def test_only_what_is_set_is_sent() -> None:
    request = Request(Params(model="m"), turns(("user", "a")))
    assert set(body_of(request, "databricks")) == {"messages", "stream", "max_tokens"}
    assert set(body_of(request, "openai")) == {"messages", "stream", "max_tokens", "model", "stream_options"}


def test_every_parameter_that_is_set_is_sent() -> None:
    params = Params(
        model="m", temperature=0.0, top_p=0.5, top_k=3, stop=("x",), max_tokens=7, extra={"a": 1, "b": 2}
    )
    body = body_of(Request(params, turns(("user", "a"))), "databricks", extra={"b": 0, "c": 3})
    del body["messages"]
    assert body == {
        "stream": True,
        "max_tokens": 7,
        "temperature": 0.0,
        "top_p": 0.5,
        "top_k": 3,
        "stop": ["x"],
        "a": 1,
        "b": 2,
        "c": 3,
    }


def test_a_catalogue_name_goes_into_the_body_for_the_gateway() -> None:
    body = body_of(Request(Params(model="system.ai.claude"), turns(("user", "a"))), "databricks")
    assert body["model"] == "system.ai.claude"


def test_max_tokens_gives_way_to_its_newer_name_in_the_configuration() -> None:
    body = body_of(Request(Params(), turns(("user", "a"))), "openai", extra={"max_completion_tokens": 5})
    assert body["max_completion_tokens"] == 5
    assert "max_tokens" not in body


def test_a_lone_half_of_a_character_is_sent_as_its_replacement() -> None:
    body = body_of(Request(Params(extra={"a": "x\ud83dé"}), turns(("user", "y\ud83dé"))))
    assert (body["a"], body["messages"][0]["content"]) == ("x\ufffdé", "y\ufffdé")


# ---- whatever comes, only our errors -----------------------------------------

QUICK = settings(max_examples=35, deadline=None)
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = """
    choices delta message content text reasoning reasoning_content refusal tool_calls function_call function
    index id name arguments usage prompt_tokens completion_tokens total_tokens completion_tokens_details
    reasoning_tokens finish_reason error error_code detail messages role type summary code retry_after
    status object loc msg
""".split()  # noqa: SIM905 - as a list it would be forty lines
PROTOCOL_VALUES: st.SearchStrategy[Any] = st.recursive(
    JSON_VALUES
    | st.sampled_from(["assistant", "reasoning", "text", "stop", "error", "<think>", "\ud83d", "{}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


@QUICK
@given(st.lists(PROTOCOL_VALUES, max_size=4))
def test_any_json_gives_events_or_our_error(values: list[Any]) -> None:
    decoder = Decoder()
    events: list[Event] = []
    try:
        for value in values:
            events += decoder.feed(json.dumps(value))
        events += decoder.finish()
    except FmtuiError as error:
        str(error).encode("utf-8")
    for event in events:
        if isinstance(event, TextDelta | ReasoningDelta):
            assert event.text
            event.text.encode("utf-8")


@QUICK
@given(st.text() | st.binary(max_size=200).map(lambda content: content.decode("latin-1")))
def test_any_text_gives_events_or_our_error(text: str) -> None:
    try:
        Decoder().feed(text)
        decode_body(text.encode("utf-8", "surrogatepass"))
    except FmtuiError as error:
        str(error).encode("utf-8")


@QUICK
@given(
    st.text(alphabet="<>/think ab\n", max_size=40),
    st.lists(st.integers(0, 40), max_size=6),
)
def test_think_tags_do_not_depend_on_where_the_text_is_cut(text: str, places: list[int]) -> None:
    def folded(pieces: list[str]) -> tuple[str, str]:
        tags = ThinkTags()
        events = [event for piece in pieces for event in tags.feed(piece)] + tags.finish()
        return (
            "".join(event.text for event in events if isinstance(event, TextDelta)),
            "".join(event.text for event in events if isinstance(event, ReasoningDelta)),
        )

    cuts = sorted({0, len(text), *(place for place in places if place < len(text))})
    pieces = [text[start:end] for start, end in pairwise(cuts)]
    assert folded(pieces) == folded([text])


DEEP = "[" * 100_000
HOSTILE = [
    DEEP,
    '{"choices":' + DEEP,
    '{"choices":[{"index":' + "[" * 900 + "]" * 900 + ',"delta":{"content":"a"}}]}',
    '{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":' + "[" * 900 + "]" * 900 + "}}]}}]}",
    '{"error":' + "[" * 900 + "]" * 900 + "}",
    '{"usage":{"prompt_tokens":' + "9" * 5000 + "}}",
    '{"usage":{"prompt_tokens":1e999,"completion_tokens":-1,"total_tokens":"3"},"choices":[]}',
    '{"choices":"abc"}',
    '{"choices":[[],5,null,"x",{"delta":5},{"delta":"x"},{"delta":{"content":5}}]}',
    '{"choices":[{"delta":{"content":[5,null,{"type":5},{"type":"reasoning","summary":{"a":1}}]}}]}',
    '{"choices":[{"delta":{"tool_calls":[{"index":1e9},{"index":-5,"id":5},{"index":99999999999999999999}]}}]}',
    '{"choices":[{"finish_reason":{"a":1}}]}',
    '{"error":{"message":{"message":5},"code":{"a":1}}}',
    "NaN",
    '"text"',
    "\x00",
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_data_ends_in_an_answer_or_our_error(hostile: str) -> None:
    steps: list[Step] = [f"data: {hostile}\n\n", F("stop"), D]
    in_stream = await play(stream(*steps))
    whole = await play(answer(hostile))
    refused = await play(answer(hostile, 400))
    assert whole.error is not None or whole.events
    assert refused.error is not None
    assert len(refused.error.message) <= 2000
    assert in_stream.error is not None or in_stream.finish_reason == "stop"


@QUICK
@given(st.binary(max_size=300), st.sampled_from([200, 200, 201, 302, 400, 401, 404, 429, 500, 599, 999]))
def test_any_bytes_with_any_status_end_in_an_answer_or_our_error(body: bytes, status: int) -> None:
    result = asyncio.run(play(Scripted([body], status, {"Retry-After": "500"})))
    assert result.error is not None or result.outcome == "complete"
