"""How answers are framed: the cases of the protocol's description, by their numbers."""

import asyncio
import json
import time
import zlib
from collections.abc import Iterator

import pytest

from fmtui.core.chat import TextDelta
from fmtui.core.client import Client
from tests.core.asking import Answer, ask, collect, endpoint_at, play, request_for
from tests.in_process import one_by_one
from tests.servers import (
    SSE,
    D,
    E,
    Ending,
    F,
    Scripted,
    ScriptedServer,
    Step,
    Wait,
    data,
    delta,
    seed,
    stream,
)

COMPLETION = {"id": "74b9c840", "object": "text_completion", "model": "mpt-30b-instruct"}
BLOCK_A = [
    data(
        COMPLETION
        | {
            "choices": [{"text": text, "index": 0, "logprobs": None, "finish_reason": reason}],
            "usage": {"prompt_tokens": 39, "completion_tokens": count, "total_tokens": 39 + count},
        }
    )
    for count, (text, reason) in enumerate((("Sure", None), ("’", "stop")), 1)
] + [D]
CHUNK_B = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "usage": None}
BLOCK_B = [
    data(
        CHUNK_B
        | {
            "choices": [
                {
                    "index": 0,
                    "delta": {"role": "assistant", "content": "", "refusal": None},
                    "finish_reason": None,
                }
            ]
        }
    ),
    data(CHUNK_B | {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]}),
    data(CHUNK_B | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    data(
        CHUNK_B | {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}}
    ),
    D,
]


def is_plain(answer: Answer, text: str) -> None:
    """Check that the answer is exactly this text, complete, and kept as it was shown."""
    assert answer.error is None
    assert answer.text == text
    assert answer.turn is not None
    assert answer.turn.text == text
    assert answer.turn.outcome == "complete"
    assert answer.notices == []


async def test_case_001_seed_chat_over_a_socket() -> None:
    async with ScriptedServer(stream(*seed("chat")[:2], F("stop"), D)) as server:
        answer = await ask(server.origin, kind="databricks")
        await asyncio.wait_for(server.requests[0].gone.wait(), 20)
    is_plain(answer, "1.")
    assert answer.counts == (28, 2, 30)
    assert answer.finish_reason == "stop"


async def test_case_001_all_recorded_chat_events_give_their_text_and_usage() -> None:
    async with ScriptedServer(stream(*seed("chat"), D)) as server:
        answer = await ask(server.origin, kind="databricks")
    is_plain(answer, "1. G they are soft")
    assert answer.counts == (28, 724, 752)


async def test_case_002_seed_completion() -> None:
    async with ScriptedServer(stream(*BLOCK_A)) as server:
        answer = await ask(server.origin, request_for(mode="completion"), kind="databricks")
    is_plain(answer, "Sure’")
    assert answer.counts == (39, 2, 41)


async def test_case_002_all_recorded_completion_events_give_their_text_and_usage() -> None:
    async with ScriptedServer(stream(*seed("completion"), D)) as server:
        answer = await ask(server.origin, request_for(mode="completion"), kind="databricks")
    is_plain(answer, "Sure, you’ and bake for")
    assert answer.counts == (39, 84, 123)


async def test_case_003_live() -> None:
    gate = asyncio.Event()
    script = stream(E("a"), gate, E("b"), F("stop"), D, framing="chunked")
    async with ScriptedServer(script) as server:
        client = Client(environ={})
        events = client.stream(endpoint_at(server.url), request_for())
        first = await asyncio.wait_for(anext(events), 5)
        assert first == TextDelta("a")
        assert server.requests[0].played == 1, "the second event was not sent yet"
        gate.set()
        rest = [event async for event in events]
        await client.aclose()
    assert rest[0] == TextDelta("b")


async def test_case_004_crlf() -> None:
    answer = await play(stream(*(event.replace("\n", "\r\n") for event in [*seed("chat")[:2], F("stop"), D])))
    is_plain(answer, "1.")
    assert answer.counts == (28, 2, 30)


async def test_case_006_crlf_split() -> None:
    line = E("a").rstrip("\n").encode()
    answer = await play(stream(line + b"\r", b"\n\r", b"\n", F("stop"), D))
    is_plain(answer, "a")


async def test_bare_carriage_returns_end_lines_and_no_event_is_late() -> None:
    gate = asyncio.Event()
    first = E("a").replace("\n", "\r")
    async with ScriptedServer(stream(first, gate, (F("stop") + D).replace("\n", "\r"))) as server:
        client = Client(environ={})
        events = client.stream(endpoint_at(server.url), request_for())
        assert await asyncio.wait_for(anext(events), 5) == TextDelta("a")
        gate.set()
        assert [type(event).__name__ async for event in events] == ["Finished"]
        await client.aclose()


async def test_case_007_utf8_split() -> None:
    content = "é’😀"
    pieces: list[Step] = [*one_by_one(E(content)), F("stop"), D]
    is_plain(await play(stream(*pieces)), content)


async def test_case_008_one_byte() -> None:
    answer = await play(stream(*one_by_one("".join(BLOCK_B))))
    is_plain(answer, "Hi")
    assert answer.counts == (9, 1, 10)


async def test_case_009_one_chunk() -> None:
    answer = await play(stream("".join(BLOCK_B)))
    is_plain(answer, "Hi")
    assert answer.counts == (9, 1, 10)


async def test_case_010_bom() -> None:
    is_plain(await play(stream(b"\xef\xbb\xbf" + E("a").encode(), F("stop"), D)), "a")
    is_plain(await play(stream(b"\xef", b"\xbb", b"\xbf", E("a"), F("stop"), D)), "a")


async def test_case_012_no_space() -> None:
    is_plain(await play(stream(*(event.replace("data: ", "data:") for event in (E("a"), F("stop"), D)))), "a")


async def test_case_013_multi_data() -> None:
    block = 'data: {"choices":[{"index":0,\ndata: "delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'
    is_plain(await play(stream(block)), "Hi")


async def test_case_014_comments() -> None:
    ping = ": OPENROUTER PROCESSING\n\n"
    answer = await play(stream(ping * 3, E("a"), ":\n\n", ": ping\n\n", F("stop"), D))
    is_plain(answer, "a")
    assert len(answer.of(TextDelta)) == 1


async def test_case_016_event_no_data() -> None:
    is_plain(await play(stream("event: ping\n\n", E("a"), F("stop"), D)), "a")


async def test_an_id_line_does_not_make_events_of_later_comments() -> None:
    is_plain(await play(stream("id: 7\n" + E("a"), ": ping\n\n", F("stop"), D)), "a")


async def test_case_019_done_no_newline() -> None:
    answer = await play(stream(E("a"), F("stop"), "data: [DONE]"))
    is_plain(answer, "a")


async def test_case_020_last_no_blank() -> None:
    answer = await play(stream(E("a"), F("stop").removesuffix("\n")))
    is_plain(answer, "a")
    assert answer.finish_reason == "stop"


async def test_case_021_after_done() -> None:
    async with ScriptedServer(stream(E("a"), F("stop"), D, E("z"), Ending.HANG)) as server:
        answer = await ask(server.url)
        await asyncio.wait_for(server.requests[0].gone.wait(), 20)
    is_plain(answer, "a")


async def test_case_022_hang_after_done() -> None:
    async with ScriptedServer(stream(E("a"), F("stop"), D, Ending.HANG)) as server:
        started = time.monotonic()
        answer = await ask(server.url)
        assert time.monotonic() - started < 5
        await asyncio.wait_for(server.requests[0].gone.wait(), 20)
    is_plain(answer, "a")


async def test_a_finished_answer_does_not_wait_for_a_done_that_never_comes() -> None:
    async with ScriptedServer(stream(E("a"), F("stop"), Ending.HANG)) as server:
        answer = await ask(server.url, idle_timeout=0.4)
    is_plain(answer, "a")


async def test_case_024_content_type_case() -> None:
    script = Scripted([E("a"), F("stop"), D], headers={"Content-Type": "Text/Event-Stream; charset=UTF-8"})
    is_plain(await play(script), "a")


async def test_a_stream_is_told_by_its_first_byte_when_the_content_type_is_wrong_or_missing() -> None:
    for headers in ({"Content-Type": "text/plain"}, {"Content-Type": "application/json"}, {}):
        is_plain(await play(Scripted([E("a"), F("stop"), D], headers=headers)), "a")


async def test_case_025_content_type_latin1() -> None:
    script = Scripted(
        [E("é"), F("stop"), D], headers={"Content-Type": "text/event-stream; charset=iso-8859-1"}
    )
    is_plain(await play(script), "é")


def gzipped(*events: str) -> Iterator[bytes]:
    """Yield each event compressed and flushed, as a proxy would send it."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    for event in events:
        yield packer.compress(event.encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


async def test_case_027_gzip() -> None:
    gate = asyncio.Event()
    first, *rest = gzipped(E("a"), E("b"), F("stop"), D)
    async with ScriptedServer(stream(first, gate, *rest, headers={"Content-Encoding": "gzip"})) as server:
        client = Client(environ={})
        events = client.stream(endpoint_at(server.url), request_for())
        assert await asyncio.wait_for(anext(events), 5) == TextDelta("a")
        assert server.requests[0].headers["accept-encoding"] == "identity"
        gate.set()
        assert [event async for event in events][0] == TextDelta("b")  # noqa: RUF015 - the rest is read too
        await client.aclose()


async def test_an_answer_compressed_wrongly_is_an_error_and_what_came_is_kept() -> None:
    first, *_ = gzipped(E("a"))
    answer = await play(stream(first, b"\x00\x01 no gzip", headers={"Content-Encoding": "gzip"}))
    assert answer.text == "a"
    assert answer.error is not None
    assert "compressed" in answer.error.message


async def test_case_028_big_event() -> None:
    content = "word " * 1_000_000
    async with ScriptedServer(stream(E(content), F("stop"), D, framing="chunked")) as server:
        started = time.process_time()
        answer = await ask(server.url)
        taken = time.process_time() - started
    assert answer.text == content
    assert answer.error is None
    assert taken < 5, "seconds of work: half of one, more where others work too"


@pytest.mark.usefixtures("young_heap")
async def test_case_029_flood_leaves_turns_to_others() -> None:
    count = 20_000
    longest = 0.0

    async def others() -> None:
        nonlocal longest
        last = time.thread_time()  # computing, so that other programs on a busy machine do not count
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            longest = max(longest, now - last)
            last = now

    async with ScriptedServer(stream(*[E("x") * 1000] * (count // 1000), F("stop"), D)) as server:
        watching = asyncio.create_task(others())
        answer = await ask(server.url)
        watching.cancel()
    assert answer.text == "x" * count
    assert longest < 0.1


async def test_separators_of_unicode_in_the_text_are_no_line_ends() -> None:
    content = "a\u2028b\u2029c\x85d\x0be\x0cf"
    event = 'data: {"choices":[{"index":0,"delta":{"content":"' + "a\u2028b\u2029c\x85d" + '"}}]}\n\n'
    answer = await play(stream(event, delta(content="\x0be\x0cf"), F("stop"), D))
    is_plain(answer, content)


async def test_an_event_without_end_is_given_up_before_it_fills_the_memory() -> None:
    piece = b"x" * 1_000_000

    steps: list[Step] = [b"data: ", *[piece] * 40]
    answer = await play(stream(*steps))
    assert answer.error is not None
    assert "without ending an event" in answer.error.message


async def test_connections_are_used_again_when_the_answer_ends_properly() -> None:
    async with ScriptedServer(stream(E("a"), F("stop"), D, framing="chunked")) as server:
        client = Client(environ={})
        for _ in range(3):
            is_plain(await collect(client, endpoint_at(server.url)), "a")
        await client.aclose()
        await asyncio.wait_for(server.requests[-1].gone.wait(), 20)
    assert len(server.requests) == 3
    assert server.connections == 1


async def test_what_is_sent_is_json_with_the_headers_of_a_stream() -> None:
    async with ScriptedServer(stream(E("a"), F("stop"), D)) as server:
        await ask(server.url, headers={"X-Team": "a", "accept": "text/event-stream, */*"})
    request = server.requests[0]
    assert (request.method, request.target) == ("POST", "/v1/chat/completions")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "text/event-stream, */*"
    assert request.headers["user-agent"].startswith("fmtui/")
    assert request.headers["x-team"] == "a"
    assert json.loads(request.body)["stream"] is True
    assert SSE["Content-Type"] == "text/event-stream"
    assert "authorization" not in request.headers


async def test_slow_pieces_of_one_event_make_one_event() -> None:
    pieces: list[Step] = []
    for piece in (E("a")[:20], E("a")[20:], F("stop"), D):
        pieces += [piece, Wait(0.01)]
    async with ScriptedServer(stream(*pieces)) as server:
        is_plain(await ask(server.url), "a")
