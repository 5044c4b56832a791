"""What a server can make grow: unpacked bytes, events, answers, bodies and lists all have an end."""

import asyncio
import gzip
import json
import random
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest

from fmtui.core import answer as answers
from fmtui.core import client as clients
from fmtui.core.answer import MAX_BODY
from fmtui.core.client import Client
from fmtui.core.errors import FmtuiError, ProtocolError
from fmtui.core.foreign_json import read_json
from fmtui.core.pieces import MAX_CALLS
from fmtui.core.shapes import MAX_PARTS
from fmtui.core.sse import MAX_EVENT
from tests.core.asking import NAME, endpoint_at, play
from tests.in_process import InProcess, one_by_one
from tests.servers import D, E, F, Scripted, answer, data, delta, stream


@pytest.fixture(scope="module")
def bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    begins = packer.compress(b"data: ") + packer.flush(zlib.Z_FULL_FLUSH)
    # Behind a full flush the same bytes are packed the same. Nobody gets to its end, which it lacks.
    return begins + (packer.compress(b"x" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)) * 200


async def test_an_answer_that_unpacks_without_end_fills_no_memory(bomb: bytes) -> None:
    scripts = [
        Scripted([bomb], headers={"Content-Encoding": "gzip"}),
        Scripted([bomb], 502, {"Content-Encoding": "gzip"}),
        Scripted([gzip.compress(bomb)], headers={"Content-Encoding": "gzip, gzip"}),
    ]
    tracemalloc.start()
    try:
        results = [await play(script) for script in scripts]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    for result in results:
        assert result.error is not None
    assert "more than 8 MB without ending an event" in str(results[0].error)
    assert peak < 100_000_000


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip, br", "nonsense\x1b[31m"])
async def test_an_answer_compressed_in_another_way_says_so(encoding: str) -> None:
    result = await play(Scripted([b"\x8b\x02\x80abc"], headers={"Content-Encoding": encoding}))
    assert isinstance(result.error, ProtocolError)
    assert "The answer of host.example is compressed (" in result.error.message
    assert "\x1b" not in result.error.message
    assert "proxy" in result.error.hint
    refused = await play(Scripted([b"\x8b\x02\x80abc"], 400, headers={"Content-Encoding": encoding}))
    assert refused.error is not None
    assert refused.error.message == "400 Bad Request"


def bodies() -> Iterator[tuple[str, bytes]]:
    text = "".join([E("é’😀"), *(E(str(number)) for number in range(400)), F("stop"), D]).encode()
    bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    half = len(text) // 2
    yield "gzip", gzip.compress(text)
    yield "x-gzip", gzip.compress(text)
    yield "GZIP, identity", gzip.compress(text)
    yield "gzip", gzip.compress(text[:half]) + gzip.compress(text[half:])
    yield "gzip", gzip.compress(text) + b"\0\0\0 and more"
    yield "deflate", zlib.compress(text)
    yield "deflate", bare.compress(text) + bare.flush()
    yield "identity", text


async def test_compressed_bodies_are_unpacked_however_they_are_cut() -> None:
    wanted = "é’😀" + "".join(map(str, range(400)))
    for encoding, body in bodies():
        for steps in ([body], list(one_by_one(body))):
            result = await play(Scripted(steps, headers={"Content-Encoding": encoding}))
            assert result.text == wanted, encoding
            assert result.outcome == "complete", encoding


async def test_a_compressed_body_that_is_cut_or_damaged_keeps_what_came() -> None:
    noise = random.Random(1)
    events = [E(str(noise.getrandbits(400))) for _ in range(2000)]
    body = gzip.compress("".join(events).encode())
    cut = await play(Scripted([body[: len(body) // 2]], headers={"Content-Encoding": "gzip"}))
    assert cut.text
    assert cut.outcome == "cut_off"
    damaged = body[: len(body) // 2] + b"\xff" * 1000
    result = await play(Scripted([damaged], headers={"Content-Encoding": "gzip"}))
    assert result.text
    assert isinstance(result.error, FmtuiError)


async def test_an_event_of_millions_of_lists_is_refused_before_it_is_read() -> None:
    result = await play(stream(E("a"), 'data: {"a":[', *["[]," * 100_000] * 100, "[]]}\n\n", F("stop"), D))
    assert result.text == "a"
    assert isinstance(result.error, ProtocolError)
    assert f"more than {MAX_EVENT >> 20} MB without ending an event" in result.error.message


async def test_a_whole_answer_that_is_too_large_says_so() -> None:
    result = await play(answer(b'{"choices":[{"message":{"content":"' + b"x" * MAX_BODY + b'"}}]}'))
    assert isinstance(result.error, ProtocolError)
    assert "host.example sent an answer of more than 16 MB in one piece" in result.error.message
    assert "xxx" not in result.error.message


async def test_an_answer_without_end_is_ended_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_ANSWER", 3 << 20)
    events = [E("x" * 1_000_000), data({"choices": [{"delta": {"reasoning": "y" * 1_000_000}}]})]
    result = await play(stream(*events * 10, F("stop"), D))
    assert len(result.text) + len(result.reasoning) == 4_000_000
    assert isinstance(result.error, ProtocolError)
    assert result.error.message == "host.example sent more than 3 million characters, so the reply was ended."
    arguments = {"function": {"name": "f", "arguments": "z" * 1_000_000}, "index": 0}
    result = await play(stream(*[data({"choices": [{"delta": {"tool_calls": [arguments]}}]})] * 10))
    assert "3 million" in str(result.error)


async def test_a_listing_that_is_too_large_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_LISTING_BODY", 1 << 20)
    body = b'{"data":[' + b",".join(b'{"id":"m%d"}' % number for number in range(100_000)) + b"]}"
    client = Client(transports={NAME: InProcess(answer(body))}, environ={})
    with pytest.raises(ProtocolError) as caught:
        await client.models(endpoint_at("https://host.example/v1"))
    await client.aclose()
    assert caught.value.message == "The list of models of host.example is larger than 1 MB."


async def test_a_long_listing_leaves_turns_to_others() -> None:
    body = b'{"data":[' + b",".join(b'{"id":"m%d"}' % (number % 9000) for number in range(30_000)) + b"]}"
    client = Client(transports={NAME: InProcess(answer(body))}, environ={})
    asked = asyncio.create_task(client.models(endpoint_at("https://host.example/v1")))
    turns = 0
    while not asked.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert len(await asked) == 9000
    await client.aclose()
    assert turns > 5


@pytest.mark.parametrize(
    "page",
    [
        "<h1>Bad Gateway</h1>",
        "<center><h1>Bad\nGateway</h1></center><hr>",
        "<title>Bad Gateway</title><p>x",
        '<?xml version="1.0"?><Error><Message>Bad Gateway</Message></Error>',
        "<!-- proxy --><p>Bad Gateway</p>",
        "<P>Bad Gateway",
    ],
)
async def test_an_error_page_is_quoted_without_its_tags(page: str) -> None:
    result = await play(answer(page, 400))
    assert result.error is not None
    assert result.error.message == "Bad Gateway"
    other = await play(answer("<think> is no token of this model", 400))
    assert other.error is not None
    assert other.error.message == "<think> is no token of this model"


MANY = {
    "lists": '{"a":[' + "[]," * 250_000 + "[]]}",
    "members": '{"a":{' + ",".join(f'"k{number}":1' for number in range(150_000)) + "}}",
    "texts": '{"a":[' + '"a",' * 150_000 + '""]}',
    "parts": '{"choices":[{"delta":{"content":[' + '{"text":"b"},' * 150_000 + "{}]}}]}",
}


@pytest.mark.parametrize("kind", MANY)
async def test_json_of_very_many_values_is_not_read_and_says_so(kind: str) -> None:
    result = await play(stream(E("a"), f"data: {MANY[kind]}\n\n", E("c"), F("stop"), D))
    assert (result.text, result.outcome) == ("ac", "complete")
    assert result.notices == ["1 part of the reply could not be read and may be missing."]
    whole = await play(answer(MANY[kind]))
    assert isinstance(whole.error, ProtocolError)
    refused = await play(answer(MANY[kind], 400))
    assert refused.error is not None
    assert len(refused.error.message) <= 2000


def test_text_however_long_and_odd_is_no_value() -> None:
    for text in ("[{,:" * 200_000, '\\"' * 200_000, '\\\\","' * 100_000, "word, word: [x] {y}\n" * 100_000):
        assert read_json(json.dumps({"a": [text]})) == {"a": [text]}
    with pytest.raises(ValueError, match="too many"):
        read_json(MANY["lists"])


async def test_many_parts_or_calls_in_one_event_are_read_in_part_and_say_so() -> None:
    parts: list[object] = [{"type": "text", "text": "x"}] * 5000
    result = await play(stream(delta(content=parts), F("stop"), D))
    assert result.text == "x" * MAX_PARTS
    assert result.notices == ["1 part of the reply could not be read and may be missing."]
    calls = [{"id": str(number), "function": {"name": "f"}} for number in range(5000)]
    result = await play(stream(delta(tool_calls=calls), F("tool_calls"), D))
    assert result.turn is not None
    assert len(result.turn.tool_calls) == MAX_CALLS
    assert result.notices == ["The reply holds more than 1000 tool calls; the others are left out."]


async def test_an_error_without_end_inside_an_answer_is_looked_at_only_so_far() -> None:
    key = "dapi-test-0123456789"
    for filling in ("x" * 5_000_000, "\x1b[31m" * 500_000, f"{key} " * 100_000, f"{key} " * 3120 + key):
        result = await play(stream(data({"error": {"message": filling}})), headers={"api-key": key})
        assert result.error is not None
        assert len(result.error.message) <= 2000
        assert "dapi" not in str(result.error)
        assert "\x1b" not in str(result.error)


@pytest.mark.parametrize("piece", [": x\n" * 16_000, "data: \n" * 8_000], ids=["comments", "data"])
async def test_lines_without_an_event_leave_turns_to_others(piece: str) -> None:
    asked = asyncio.create_task(play(stream(E("a"), *[piece] * 40, "\n", F("stop"), D)))
    turns = 0
    while not asked.done():
        await asyncio.sleep(0)
        turns += 1
    assert asked.result().text == "a"
    assert turns > 20
