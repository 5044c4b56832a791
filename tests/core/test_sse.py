"""Events do not depend on where the network cuts them or how lines end."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.errors import ProtocolError
from fmtui.core.sse import MAX_EVENT, server_sent_events

TEXTS = [
    "data: plain",
    "data:no space",
    "data: two\ndata: lines",
    ": comment",
    "event: ping",
    "event: error\ndata: named",
    "error: field line",
    "err: unknown\ndata: é’😀\u2028\x85",
    "id: 7\ndata: with id",
    "retry: 5\ndata: errors: error: none",
    "e",
    "error",
]


async def events_of(chunks: Sequence[bytes]) -> list[tuple[str, str]]:
    async def source() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return [(event.event, event.data) async for event in server_sent_events(source())]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(TEXTS), max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.lists(st.integers(0, 200), max_size=12),
)
def test_any_cut_and_any_line_end_give_the_same_events(
    blocks: list[str],
    line_end: str,
    marked: bool,  # noqa: FBT001 - given by the property
    places: list[int],
) -> None:
    text = "\n\n".join([*blocks, ""])
    content = (b"\xef\xbb\xbf" if marked else b"") + text.replace("\n", line_end).encode()
    cuts = sorted({0, len(content), *(place for place in places if place < len(content))})
    expected = asyncio.run(events_of([text.encode()]))
    assert asyncio.run(events_of([content[a:b] for a, b in pairwise(cuts)])) == expected
    assert asyncio.run(events_of([content[n : n + 1] for n in range(len(content))])) == expected


async def test_each_block_gives_its_event() -> None:
    assert await events_of(["\n\n".join([*TEXTS, ""]).encode()]) == [
        ("message", "plain"),
        ("message", "no space"),
        ("message", "two\nlines"),
        ("error", "named"),
        ("error", "field line"),
        ("message", "é’😀\u2028\x85"),
        ("message", "with id"),
        ("message", "errors: error: none"),
    ]


async def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert await events_of([b"data: a\xffb\n\n", b"data: cut \xc3"]) == [
        ("message", "a\ufffdb"),
        ("message", "cut \ufffd"),
    ]


async def test_one_event_has_a_limit_and_many_have_none() -> None:
    piece = b"data: " + b"x" * (1 << 20) + b"\n\n"
    assert len(await events_of([piece] * ((MAX_EVENT >> 20) + 5))) == (MAX_EVENT >> 20) + 5
    with pytest.raises(ProtocolError):
        await events_of([piece[:-2]] * ((MAX_EVENT >> 20) + 5))
