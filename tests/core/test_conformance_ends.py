"""How answers end and fail once they have begun: the protocol's cases, by their numbers."""

import asyncio
import contextlib
import time
from contextlib import aclosing

import pytest

from fmtui.core.chat import TextDelta
from fmtui.core.client import Client
from fmtui.core.errors import (
    ConnectionLostError,
    CutOffError,
    IdleTimeoutError,
    ProtocolError,
    StreamFailedError,
)
from tests.core.asking import TOKEN, Answer, ask, collect, endpoint_at, play, request_for
from tests.in_process import InProcess
from tests.servers import D, E, Ending, F, Scripted, ScriptedServer, Wait, data, hang, stream

BLOCK_J = data({"error": {"message": "Overloaded", "type": "server_error", "param": None, "code": 503}})


async def test_case_063_no_done() -> None:
    result = await play(stream(E("a"), F("stop")))
    assert (result.text, result.outcome) == ("a", "complete")


async def test_case_064_done_no_finish() -> None:
    result = await play(stream(E("a"), D))
    assert (result.text, result.outcome, result.finish_reason) == ("a", "complete", None)


async def test_case_065_neither() -> None:
    async with ScriptedServer(stream(E("a"))) as server:
        result = await ask(server.url)
    assert result.text == "a"
    assert isinstance(result.error, CutOffError)


async def test_an_event_cut_in_its_middle_is_a_cut_off_answer() -> None:
    result = await play(stream(E("a"), E("b")[:30]))
    assert result.text == "a"
    assert isinstance(result.error, CutOffError)


async def test_case_066_cut_inside_an_http_chunk() -> None:
    first = E("a").encode()
    raw = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"%x\r\n%b\r\n" % (len(first), first)
        + b"fff\r\ndata: {"
    )
    async with ScriptedServer(Scripted([raw, Ending.CLOSE], framing="raw")) as server:
        result = await ask(server.url)
    assert result.text == "a"
    assert isinstance(result.error, ConnectionLostError)
    assert "127.0.0.1" in result.error.message
    assert result.retries == []


async def test_a_reset_connection_keeps_what_came() -> None:
    async with ScriptedServer(stream(E("a"), Wait(0.05), Ending.RESET)) as server:
        result = await ask(server.url)
    assert result.text == "a"
    assert isinstance(result.error, ConnectionLostError)


async def test_a_connection_that_breaks_before_done_is_an_error_whatever_came() -> None:
    for ending in (Ending.RESET, Ending.CLOSE):
        result = await play(stream(E("a"), F("stop"), ending))
        assert (result.text, result.outcome, result.finish_reason) == ("a", "error", "stop")
        assert isinstance(result.error, ConnectionLostError)
    assert (await play(stream(E("a"), F("stop"), D, Ending.RESET))).outcome == "complete"


@pytest.mark.parametrize("steps", [[], ["\n\n"], [": ping\n\n"]])
async def test_case_068_empty_body(steps: list[str]) -> None:
    server = InProcess(stream(*steps))
    result = await play(server=server)
    assert isinstance(result.error, ProtocolError)
    assert "empty response" in result.error.message
    assert len(server.requests) == 1


@pytest.mark.parametrize("events", [[D], [E(""), D], [data({"choices": []}), D], [data({"ping": 1}), D]])
async def test_case_069_only_done(events: list[str]) -> None:
    result = await play(stream(*events))
    assert isinstance(result.error, ProtocolError)
    assert "empty response" in result.error.message


async def test_case_070_error_first_is_not_asked_again() -> None:
    server = InProcess(stream(BLOCK_J, D))
    result = await play(server=server)
    assert isinstance(result.error, StreamFailedError)
    assert result.error.message == "Overloaded"
    assert result.error.status == 503
    assert len(server.requests) == 1


async def test_case_071_error_in_the_middle() -> None:
    result = await play(stream(E("a"), BLOCK_J))
    assert result.text == "a"
    assert isinstance(result.error, StreamFailedError)
    assert result.error.message == "Overloaded"
    assert result.error.hint == "The fault is the server's: try again later.", "it is not starting"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (data({"object": "error", "message": "m", "type": "BadRequestError", "code": 400}), "m"),
        (data({"error_code": "INTERNAL_ERROR", "message": "m"}), "m"),
        ('error: {"code":500,"message":"m","type":"server_error"}\n\n', "m"),
        ("error: out of memory\n\n", "out of memory"),
        ('event: error\ndata: {"error":{"message":"m"},"message":"m"}\n\n', "m"),
        ('event: error\ndata: {"message":"m"}\n\n', "m"),
        ("event: error\ndata: overloaded\n\n", "overloaded"),
        (data({"error": "m"}), "m"),
        (data([{"error": {"code": 400, "message": "m"}}]), "m"),
        (data({"detail": "m"}), "m"),
        (
            data(
                {"error": {"message": "m"}, "choices": [{"delta": {"content": ""}, "finish_reason": "error"}]}
            ),
            "m",
        ),
        (data({"choices": [{"delta": {}, "error": {"message": "m"}, "finish_reason": "error"}]}), "m"),
        (data({"error": {"message": '{"error":{"message":"m"}}'}}), "m"),
        (data({"error": {"code": 500}}), "The server reported the error 500."),
        (data({"error": True}), "The server reported an error and did not say which."),
    ],
)
async def test_cases_075_and_077_errors_in_a_200_in_every_form(event: str, message: str) -> None:
    result = await play(stream(E("a"), event, D))
    assert result.text == "a"
    assert isinstance(result.error, StreamFailedError)
    assert result.error.message == message


async def test_case_077_an_error_line_cut_anywhere_is_seen() -> None:
    line = 'error: {"code":500,"message":"m"}\n\n'
    for at in range(1, len(line)):
        result = await play(stream(line[:at], line[at:], D))
        assert isinstance(result.error, StreamFailedError)
        assert result.error.message == "m"


async def test_the_word_error_inside_data_is_text() -> None:
    event = 'data: {"choices":[{"delta":\ndata: {"content":"an error: none"}}]}\n\n'
    for at in range(1, len(event)):
        result = await play(stream(event[:at], event[at:], F("stop"), D))
        assert result.text == "an error: none"


async def test_an_error_that_says_the_conversation_is_too_long_has_that_hint() -> None:
    event = data({"error": {"message": "too many", "code": "context_length_exceeded"}})
    result = await play(stream(event))
    assert result.error is not None
    assert "max_tokens" in result.error.hint


async def test_case_079_idle() -> None:
    async with ScriptedServer(stream(E("a"), Ending.HANG)) as server:
        result = await ask(server.url, idle_timeout=0.2)
        await asyncio.wait_for(server.requests[0].gone.wait(), 20)
    assert result.text == "a"
    assert isinstance(result.error, IdleTimeoutError)
    assert "no data for 0.2 s" in result.error.message


async def test_case_080_slow_first_event_is_waited_for_beyond_the_idle_limit() -> None:
    async with ScriptedServer(stream(Wait(0.3), E("a"), F("stop"), D)) as server:
        result = await ask(server.url, idle_timeout=0.25)
    assert (result.text, result.outcome) == ("a", "complete")


async def test_case_081_slow_headers_are_waited_for_beyond_the_idle_limit() -> None:
    script = Scripted([E("a"), F("stop"), D], before_headers=[Wait(0.3)])
    async with ScriptedServer(script) as server:
        result = await ask(server.url, idle_timeout=0.25)
    assert (result.text, result.outcome) == ("a", "complete")


async def test_headers_that_never_come_are_an_error_after_the_first_event_limit() -> None:
    async with ScriptedServer(hang()) as server:
        result = await ask(server.url, first_event_timeout=0.1)
        assert len(server.requests) == 1, "the server has it, and may be working on it"
    assert isinstance(result.error, IdleTimeoutError)
    assert "no answer for 0.1 s" in result.error.message
    assert "127.0.0.1" in result.error.message
    assert "not sent again by itself" in result.error.hint


async def test_a_first_event_that_never_comes_is_an_error_after_its_limit() -> None:
    async with ScriptedServer(stream(Ending.HANG)) as server:
        result = await ask(server.url, first_event_timeout=0.1)
        assert len(server.requests) == 1, "a 200 is never asked again"
    assert isinstance(result.error, IdleTimeoutError)
    assert "no answer for 0.1 s" in result.error.message


async def test_keepalives_hold_off_the_idle_limit() -> None:
    pings = [step for _ in range(8) for step in (": ping\n\n", Wait(0.05))]
    async with ScriptedServer(stream(E("a"), *pings, E("b"), F("stop"), D)) as server:
        result = await ask(server.url, idle_timeout=0.2)
    assert (result.text, result.outcome) == ("ab", "complete")


async def until_cancelled(script: Scripted, *, texts: int = 0, token: bool = False) -> tuple[Answer, float]:
    """Start a reply, cancel it after so many texts, and return what came and how long the close took."""
    seen = asyncio.Event()
    result = Answer()

    async def run(client: Client, url: str) -> None:
        headers = {"X-Api-Key": TOKEN} if token else {}
        async with aclosing(client.stream(endpoint_at(url, headers=headers), request_for())) as events:
            async for event in events:
                result.events.append(event)
                if len(result.of(TextDelta)) >= texts:
                    seen.set()

    async with ScriptedServer(script, stream(E("next"), F("stop"), D)) as server:
        client = Client(environ={})
        task = asyncio.create_task(run(client, server.url))
        request = await server.asked()
        if texts:
            await asyncio.wait_for(seen.wait(), 20)
        else:
            await asyncio.sleep(0.02)
        started = time.monotonic()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await asyncio.wait_for(request.gone.wait(), 20)
        taken = time.monotonic() - started
        assert (await collect(client, endpoint_at(server.url))).text == "next"
        await client.aclose()
    return result, taken


async def test_case_082_keepalives_for_ever_can_be_cancelled() -> None:
    pings = [step for _ in range(500) for step in (": ping\n\n", Wait(0.01))]
    result, taken = await until_cancelled(stream(*pings))
    assert result.events == []
    assert taken < 1


async def test_case_083_cancel() -> None:
    result, taken = await until_cancelled(stream(E("a"), Ending.HANG), texts=1)
    assert result.text == "a"
    assert taken < 1


async def test_case_084_cancel_before_the_first_event() -> None:
    result, taken = await until_cancelled(hang())
    assert result.events == []
    assert taken < 1


async def test_leaving_the_stream_early_closes_the_connection() -> None:
    async with ScriptedServer(stream(E("a"), Ending.HANG)) as server:
        client = Client(environ={})
        async with aclosing(client.stream(endpoint_at(server.url), request_for())) as events:
            assert await anext(events) == TextDelta("a")
        await asyncio.wait_for(server.requests[0].gone.wait(), 20)
        await client.aclose()


async def test_no_task_is_left_after_any_end() -> None:
    before = asyncio.all_tasks()
    for script in (
        stream(E("a"), F("stop"), D),
        stream(E("a")),
        stream(BLOCK_J),
        stream(E("a"), Ending.RESET),
    ):
        await play(script)
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == before


async def test_a_server_that_goes_away_while_the_client_closes_ends_the_reply_with_an_error() -> None:
    async with ScriptedServer(stream(E("a"), Ending.HANG)) as server:
        client = Client(environ={})
        task = asyncio.create_task(collect(client, endpoint_at(server.url)))
        request = await server.asked()
        while not request.played:  # noqa: ASYNC110 - the server has no event for this
            await asyncio.sleep(0.01)
        await client.aclose()
        result = await asyncio.wait_for(task, 2)
    assert result.error is not None
