"""Rules of the protocol's description that none of its cases lists; `conformance_rules.txt` names all."""

import asyncio
import json
import socket
from dataclasses import replace

import httpx
import pytest

from fmtui.core.chat import Params, Request, ToolCall, Turn
from fmtui.core.client import Client
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import (
    ConnectError,
    ConnectionLostError,
    CutOffError,
    FmtuiError,
    IdleTimeoutError,
    RateLimitError,
)
from fmtui.core.wire import encode
from tests.core.asking import NAME, ask, collect, play, request_for
from tests.in_process import InProcess
from tests.servers import D, E, Ending, F, Scripted, ScriptedServer, Wait, answer, data, delta, hang, stream

GOOD = stream(E("ok"), F("stop"), D)


# ---- what is sent: sections 1 and 3 ---------------------------------------------


async def test_rule_1_3_headers_ask_for_a_stream_that_nobody_holds_back() -> None:
    async with ScriptedServer(GOOD) as server:
        await ask(server.url)
    headers = server.requests[0].headers
    assert headers["accept"] == "text/event-stream"
    assert headers["cache-control"] == "no-store"
    assert headers["accept-encoding"] == "identity"
    assert headers["content-length"] == str(len(server.requests[0].body))
    assert not {"x-databricks-workspace-id", "cookie", "referer"} & headers.keys()


def test_rule_3_3_fields_of_completions_are_sent_when_they_are_set() -> None:
    extra = {"suffix": "", "echo": True, "error_behavior": "truncate", "use_raw_prompt": True}
    request = Request(Params(model="m", mode="completion", extra=extra), (Turn.prompt("Once"),))
    body = json.loads(b"".join(encode(request, "databricks")))
    assert body == {"stream": True, "max_tokens": 2048, "prompt": "Once", **extra}


def test_rule_3_4_a_reply_of_tool_calls_alone_is_not_sent_back_empty() -> None:
    called = Turn(
        "t2", "assistant", "", parent="t1", tool_calls=(ToolCall("f", "{}", "c"),), outcome="complete"
    )
    asked = replace(Turn.prompt("again"), id="t3", parent="t2")
    request = Request(Params(model="m"), (replace(Turn.prompt("Hi"), id="t1"), called, asked))
    body = json.loads(b"".join(encode(request, "databricks")))
    assert body["messages"] == [{"role": "user", "content": "Hi\n\nagain"}]


# ---- what comes: section 4 ------------------------------------------------------


async def test_rule_4_1_any_count_may_be_null_and_others_may_stand_beside_it() -> None:
    usage = {
        "prompt_tokens": 28,
        "completion_tokens": None,
        "total_tokens": None,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": None,
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 9, "accepted_prediction_tokens": None},
    }
    message = {"role": "assistant", "content": "Hi."}
    body = {"id": None, "choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    result = await play(answer(body))
    assert (result.text, result.counts) == ("Hi.", (28, None, None))
    assert result.turn is not None
    assert result.turn.usage is not None
    assert result.turn.usage.reasoning_tokens == 9
    odds: tuple[object, ...] = (
        None,
        {},
        [],
        "3",
        {"prompt_tokens": "3"},
        {"completion_tokens_details": None},
    )
    for odd in odds:
        result = await play(answer(body | {"usage": odd}))
        assert (result.text, result.counts, result.outcome) == ("Hi.", None, "complete")


async def test_rule_4_2_counts_may_come_without_choices() -> None:
    counts = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    for last in ({"usage": counts}, {"choices": [], "usage": counts}, {"choices": None, "usage": counts}):
        result = await play(stream(E("a"), F("stop"), data(last), D))
        assert (result.text, result.counts, result.notices) == ("a", (1, 2, 3), [])


async def test_rule_4_2_a_chat_agent_has_its_delta_at_the_top() -> None:
    event = {"choices": None, "delta": {"role": "assistant", "content": "Hi", "id": "x"}, "id": "m"}
    last = {"choices": None, "delta": {"content": ""}, "finish_reason": "stop"}
    result = await play(stream(data(event), data(last)))
    assert (result.text, result.finish_reason, result.outcome) == ("Hi", "stop", "complete")


async def test_rule_4_3_what_stands_beside_the_answer_is_left_alone() -> None:
    event = {
        "choices": [{"index": 0, "delta": {"content": "Hi"}, "logprobs": {"content": []}}],
        "obfuscation": "x9f",
        "system_fingerprint": "fp_ollama",
        "service_tier": None,
    }
    result = await play(stream(data(event), F("stop"), D))
    assert (result.text, result.notices, result.outcome) == ("Hi", [], "complete")


async def test_rule_4_3_an_empty_delta_and_an_end_are_a_cut_off_answer() -> None:
    """As Ollama ends a stream in which something went wrong."""
    result = await play(stream(delta(role="assistant", content="a"), delta(role="assistant", content="")))
    assert result.text == "a"
    assert isinstance(result.error, CutOffError)
    nothing = await play(stream(delta(role="assistant", content="")))
    assert isinstance(nothing.error, CutOffError)
    assert nothing.error.message == "host.example ended the stream before the reply began."
    assert "kept" not in nothing.error.hint


async def test_rule_4_3_a_closing_tag_alone_is_text() -> None:
    result = await play(stream(E("plan</think>"), E("Hi"), F("stop"), D))
    assert (result.text, result.reasoning) == ("plan</think>Hi", "")


# ---- limits and errors: section 5 -----------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {
                "error": {
                    "message": "Rate limit exceeded: ITPM limit of 200,000 tokens reached",
                    "type": "rate_limit_exceeded",
                    "code": 429,
                    "limit_type": "input_tokens_per_minute",
                    "retry_after": 15,
                }
            },
            "Rate limit exceeded: ITPM limit of 200,000 tokens reached",
        ),
        (
            {
                "error_code": "REQUEST_LIMIT_EXCEEDED",
                "message": "REQUEST_LIMIT_EXCEEDED: Exceeded workspace QPS rate limit for databricks-x.",
            },
            "REQUEST_LIMIT_EXCEEDED: Exceeded workspace QPS rate limit for databricks-x.",
        ),
        ("REQUEST_LIMIT_EXCEEDED: Exceeded workspace QPS rate limit", "Exceeded workspace QPS rate limit"),
        ({"error_code": "RESOURCE_EXHAUSTED", "message": "m"}, "m"),
    ],
)
async def test_rule_5_3_rate_limits_in_every_form(body: object, message: str) -> None:
    result = await play(answer(body, 429))
    assert isinstance(result.error, RateLimitError)
    assert result.error.message == message
    assert len(result.waits) == 2


async def test_rule_5_4_nothing_is_asked_again_once_an_event_was_seen() -> None:
    for ending in (Ending.RESET, Ending.CLOSE, ""):
        server = InProcess(stream(": ping\n\n", delta(role="assistant"), ending))
        result = await play(server=server)
        assert result.error is not None
        assert (len(server.requests), result.retries) == (1, [])


class Noting(InProcess):
    """Keeps the limits that the transport was told."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.limits = request.extensions["timeout"]
        return await super().handle_async_request(request)


async def test_rule_5_4_limits_have_the_values_that_are_described() -> None:
    noting = Noting(GOOD)
    endpoint = Endpoint(NAME, "https://host.example/v1")
    client = Client(transports={NAME: noting}, environ={})
    assert (await collect(client, endpoint)).text == "ok"
    await client.aclose()
    assert noting.limits == {"connect": 10.0, "read": None, "write": 30.0, "pool": 5.0}
    assert (endpoint.first_event_timeout, endpoint.idle_timeout) == (600.0, 120.0)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (httpx.WriteTimeout(""), ConnectionLostError, "stopped taking the request"),
        (httpx.PoolTimeout(""), ConnectError, "Too many requests to host.example are running"),
        (httpx.WriteError(""), ConnectionLostError, "closed the connection without an answer"),
    ],
)
async def test_rule_5_4_each_limit_of_the_transport_is_told(
    error: Exception, kind: type[FmtuiError], said: str
) -> None:
    result = await play(error)
    assert isinstance(result.error, kind)
    assert said in result.error.message


async def test_rule_5_4_each_limit_of_an_endpoint_has_its_own_message() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        queued = [socket.socket() for _ in range(4)]
        for waiting in queued:  # nobody is let in, so that the next one waits
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/v1"
        connecting = await ask(url, connect_timeout=0.1)
        for waiting in queued:
            waiting.close()
    async with ScriptedServer(hang(), stream(Ending.HANG), stream(E("a"), Ending.HANG)) as server:
        headers, first, idle = [
            # A busy machine may take long to bring the text, which is not to count as no answer.
            await ask(server.url, first_event_timeout=limit_s, idle_timeout=0.1)
            for limit_s in (0.15, 0.15, 20.0)
        ]
        host = f"127.0.0.1:{server.port}"
    told = [result.error for result in (connecting, headers, first, idle)]
    assert isinstance(told[0], ConnectError)
    assert all(isinstance(error, IdleTimeoutError) for error in told[1:])
    texts = [(error.message, error.hint) for error in told if error is not None]
    assert "came about within 0.1 s" in texts[0][0]
    assert [message for message, _ in texts[1:]] == [
        f"{host} sent no answer for 0.15 s.",
        f"{host} sent no answer for 0.15 s.",
        f"{host} sent no data for 0.1 s, so the reply was given up.",
    ]
    settings = ("connect_timeout", "first_event_timeout", "first_event_timeout", "idle_timeout")
    assert [name in hint for name, (_, hint) in zip(settings, texts, strict=True)] == [True] * 4
    assert idle.text == "a"


async def test_rule_5_4_a_reply_may_take_longer_than_every_limit() -> None:
    steps = [step for number in range(10) for step in (E(str(number)), Wait(0.1))]
    async with ScriptedServer(
        Scripted([*steps, F("stop"), D], headers={"Content-Type": "text/event-stream"})
    ) as server:
        result = await ask(server.url, request_for(), first_event_timeout=0.8, idle_timeout=0.8)
    assert (result.text, result.outcome) == ("0123456789", "complete")
    await asyncio.sleep(0)
