"""The demo endpoint, asked by the real client: it must behave as a workspace would."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from fmtui.core import demo_answers
from fmtui.core.chat import (
    Event,
    Mode,
    Params,
    ReasoningDelta,
    Request,
    Retrying,
    TextDelta,
    Turn,
    UsageUpdate,
)
from fmtui.core.client import Client
from fmtui.core.demo import DemoTransport, tokens_of
from fmtui.core.endpoints import DEMO
from fmtui.core.errors import (
    AuthError,
    ConnectionLostError,
    CutOffError,
    FmtuiError,
    ForbiddenError,
    IdleTimeoutError,
    NotFoundError,
    ServerError,
    UnavailableError,
)
from fmtui.core.reply import Reply


async def at_once(_seconds: float) -> None:
    """Wait for nothing, but let others run."""
    await asyncio.sleep(0)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A client whose demo endpoint streams as fast as it can."""
    made = Client(transports={DEMO.name: DemoTransport(sleep=at_once)}, sleep=at_once)
    yield made
    await made.aclose()


def asked(prompt: str, model: str = "demo-chat", *, max_tokens: int = 2048, system: str = "") -> Request:
    mode: Mode = "completion" if model == "demo-completion" else "chat"
    params = Params(DEMO.name, model, mode, max_tokens, system=system)
    return Request(params, (Turn.prompt(prompt),))


async def answer(client: Client, request: Request) -> tuple[Turn, list[Event]]:
    reply = Reply(request.params)
    events: list[Event] = []
    async for event in client.stream(DEMO, request):
        reply.add(event)
        events.append(event)
    return reply.turn("complete"), events


async def failure(client: Client, prompt: str, model: str = "demo-chat") -> tuple[FmtuiError, str]:
    """Return the error that a prompt leads to, and the text that came before it."""
    request = asked(prompt, model)
    reply = Reply(request.params)
    try:
        async for event in client.stream(DEMO, request):
            reply.add(event)
    except FmtuiError as error:
        return error, reply.text
    pytest.fail("it was answered")


async def test_its_models_are_listed_with_task_and_readiness(client: Client) -> None:
    models = {model.name: model for model in await client.models(DEMO)}
    assert models["demo-chat"].mode == "chat"
    assert models["demo-completion"].mode == "completion"
    assert models["demo-chat"].ready
    assert not models["demo-cold"].ready


async def test_an_answer_says_that_it_is_canned(client: Client) -> None:
    turn, _ = await answer(client, asked("What is the capital of France?"))
    assert "canned text, no model" in turn.text
    assert "What is the capital of France?" in turn.text
    assert turn.finish_reason == "stop"


async def test_answers_differ_with_the_prompt(client: Client) -> None:
    texts = {
        (await answer(client, asked(prompt)))[0].text
        for prompt in ("hello", "help", "markdown", "code", "table", "long", "bake me chocolate chip cookies")
    }
    assert len(texts) == 7


async def test_help_names_every_special_prompt(client: Client) -> None:
    turn, _ = await answer(client, asked("help"))
    for word in demo_answers.SPECIAL_PROMPTS:
        assert f"`{word}`" in turn.text


async def test_usage_grows_with_every_token_and_ends_at_their_number(client: Client) -> None:
    turn, events = await answer(client, asked("hello"))
    counts = [event.usage.completion_tokens for event in events if isinstance(event, UsageUpdate)]
    known = [count for count in counts if count is not None]
    assert known == sorted(known)
    assert turn.usage is not None
    assert turn.usage.completion_tokens == len(tokens_of(turn.text))
    assert turn.usage.prompt_tokens


async def test_max_tokens_cuts_the_answer_and_says_so(client: Client) -> None:
    turn, _ = await answer(client, asked("long", max_tokens=7))
    assert turn.finish_reason == "length"
    assert turn.usage is not None
    assert turn.usage.completion_tokens == 7
    assert len(tokens_of(turn.text)) == 7


async def test_the_long_answer_is_longer_than_the_usual_limit(client: Client) -> None:
    turn, _ = await answer(client, asked("long"))
    assert turn.finish_reason == "length"


async def test_completion_continues_the_prompt_as_plain_text(client: Client) -> None:
    request = asked("Tell me in detail how to make chocolate chip cookies.", "demo-completion")
    turn, _ = await answer(client, request)
    assert "chocolate chips" in turn.text
    assert "canned text" in turn.text


async def test_reasoning_comes_apart_from_the_answer_and_is_counted(client: Client) -> None:
    turn, events = await answer(client, asked("hello", "demo-reasoning"))
    assert isinstance(next(e for e in events if isinstance(e, TextDelta | ReasoningDelta)), ReasoningDelta)
    assert "reasoning model" in turn.reasoning
    assert "reasoning model" not in turn.text
    assert turn.usage is not None
    assert turn.usage.reasoning_tokens == len(tokens_of(turn.reasoning))


async def test_reasoning_can_use_all_of_max_tokens_up(client: Client) -> None:
    turn, _ = await answer(client, asked("hello", "demo-reasoning", max_tokens=5))
    assert turn.text == ""
    assert turn.finish_reason == "length"


async def test_the_system_prompt_and_the_place_in_the_conversation_are_noticed(client: Client) -> None:
    turns = (Turn.prompt("one"), Turn("r", "assistant", "first", outcome="complete"), Turn.prompt("two"))
    turn, _ = await answer(client, Request(Params(DEMO.name, "demo-chat", system="Be brief."), turns))
    assert "system prompt of 9 characters" in turn.text
    assert "prompt 2 of this conversation" in turn.text


@pytest.mark.parametrize(
    ("prompt", "kind", "status"),
    [
        ("401", AuthError, 401),
        ("403", ForbiddenError, 403),
        ("404", NotFoundError, 404),
        ("500", UnavailableError, 500),
    ],
)
async def test_special_prompts_are_refused_as_a_server_would(
    client: Client, prompt: str, kind: type[FmtuiError], status: int
) -> None:
    error, text = await failure(client, prompt)
    assert isinstance(error, kind)
    assert error.status == status
    assert text == ""


async def test_too_many_requests_are_refused_once_and_then_answered(client: Client) -> None:
    turn, events = await answer(client, asked("429"))
    waits = [event for event in events if isinstance(event, Retrying)]
    assert [wait.after_s for wait in waits] == [3]
    assert turn.text


async def test_the_cut_stream_keeps_what_came(client: Client) -> None:
    error, text = await failure(client, "cut")
    assert isinstance(error, CutOffError)
    assert text


async def test_the_broken_connection_keeps_what_came(client: Client) -> None:
    error, text = await failure(client, "broken")
    assert isinstance(error, ConnectionLostError)
    assert text


async def test_silence_lasts_until_the_idle_limit() -> None:
    client = Client(transports={DEMO.name: DemoTransport(sleep=at_once)})
    endpoint = replace(DEMO, idle_timeout=0.05)
    with pytest.raises(IdleTimeoutError):
        _ = [event async for event in client.stream(endpoint, asked("silence"))]
    await client.aclose()


async def test_a_model_that_is_not_ready_or_not_there_is_refused(client: Client) -> None:
    cold, _ = await failure(client, "hello", "demo-cold")
    assert isinstance(cold, UnavailableError)
    missing, _ = await failure(client, "hello", "demo-chatt")
    assert isinstance(missing, NotFoundError)
    assert "demo-chat" in missing.offered


async def test_the_wrong_task_is_refused(client: Client) -> None:
    request = Request(Params(DEMO.name, "demo-completion", "chat"), (Turn.prompt("hello"),))
    with pytest.raises(ServerError) as caught:
        await answer(client, request)
    assert caught.value.status == 400


async def test_it_streams_about_a_hundred_tokens_a_second() -> None:
    """With a clock that only moves when the demo waits, the time an answer takes is exact."""
    now = 0.0

    async def wait(seconds: float) -> None:
        nonlocal now
        now += seconds

    client = Client(transports={DEMO.name: DemoTransport(sleep=wait, clock=lambda: now)})
    turn, _ = await answer(client, asked("markdown"))
    await client.aclose()
    tokens = len(tokens_of(turn.text))
    assert tokens / 110 < now < tokens / 90


async def test_stopping_early_ends_it_at_once() -> None:
    client = Client(transports={DEMO.name: DemoTransport()})
    began = time.monotonic()
    stream = client.stream(DEMO, asked("long"))
    async for event in stream:
        if isinstance(event, TextDelta):
            break
    await stream.aclose()
    await client.aclose()
    assert time.monotonic() - began < 2


async def test_a_request_without_a_stream_gets_one_answer() -> None:
    async with httpx.AsyncClient(transport=DemoTransport(), base_url=DEMO.url) as http:
        body = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 5}
        answer = await http.post("/serving-endpoints/demo-chat/invocations", json=body)
        choice = answer.json()["choices"][0]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["content"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"messages": []}',
        b'{"messages": [{"role": "user", "content": "x"}], "max_tokens": 0}',
    ],
)
async def test_a_request_that_makes_no_sense_gets_a_400(body: bytes) -> None:
    async with httpx.AsyncClient(transport=DemoTransport(), base_url=DEMO.url) as http:
        answer = await http.post("/serving-endpoints/demo-chat/invocations", content=body)
    assert answer.status_code == 400
    assert answer.json()["error_code"]


async def test_unknown_urls_get_a_404() -> None:
    async with httpx.AsyncClient(transport=DemoTransport(), base_url=DEMO.url) as http:
        assert (await http.get("/nothing")).status_code == 404


def test_pieces_of_a_text_join_to_the_text() -> None:
    for prompt in demo_answers.SPECIAL_PROMPTS:
        text = demo_answers.chat_answer(prompt)
        assert "".join(tokens_of(text)) == text


def test_a_word_is_special_only_when_it_stands_alone() -> None:
    assert demo_answers.special(" 401\n") == "401"
    assert demo_answers.special("What does 401 mean?") == ""
