"""Reading an answer in few goes: what is gathered, and what must never wait for it."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from fmtui.core.answer import answer
from fmtui.core.chat import TextDelta
from fmtui.core.client import Client
from fmtui.core.errors import CutOffError, IdleTimeoutError
from fmtui.core.failures import About
from fmtui.core.gathering import Silence
from tests.core.asking import collect, endpoint_at, request_for
from tests.servers import DATA, D, E, Ending, F, Scripted, ScriptedServer, Wait, stream

LONG_S = 30.0
"""A wait that no test sits through; a quarter of the limit on silence, so that it is not cut down."""
PATIENT: dict[str, Any] = {"idle_timeout": LONG_S * 4, "first_event_timeout": LONG_S * 4}
ROLE = 'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
CERTIFICATE = DATA / "loopback.pem"


async def counted(url: str, gather_s: float, ca_file: Path | None = None) -> tuple[str, int, float]:
    """Return the text of an answer, how often the network was read for it, and the seconds it took."""
    reads = 0

    def counting(read: Callable[..., Any]) -> Callable[..., Any]:
        async def counted_read(*arguments: Any, **named: Any) -> bytes:
            nonlocal reads
            reads += 1
            data: bytes = await read(*arguments, **named)
            return data

        return counted_read

    verify = ssl.create_default_context(cafile=ca_file) if ca_file else False
    texts: list[str] = []
    async with (
        httpx.AsyncClient(verify=verify) as http,
        http.stream("POST", f"{url}/chat/completions", json={}) as response,
    ):
        network = response.extensions["network_stream"]
        network.read = counting(network.read)
        began = time.monotonic()
        events = answer(response, endpoint_at(url, **PATIENT), About("host"), gather_s=gather_s)
        async with aclosing(events):
            texts += [event.text async for event in events if isinstance(event, TextDelta)]
        return "".join(texts), reads, time.monotonic() - began


def paced(count: int, framing: Any = "chunked") -> Scripted:
    """Return an answer of so many tokens, a few milliseconds apart."""
    steps = [step for number in range(count) for step in (E(f"{number} "), Wait(0.004))]
    return stream(*steps, F("stop"), D, framing=framing)


def words(count: int) -> str:
    return "".join(f"{number} " for number in range(count))


@pytest.mark.parametrize("framing", ["chunked", "until_close"])
async def test_a_paced_answer_is_read_a_few_tokens_at_a_time(framing: str) -> None:
    async with ScriptedServer(paced(100, framing)) as server:
        text, reads, taken_s = await counted(server.url, 0.1)
    assert text == words(100)
    # One more for the first token, which does not wait, and for each end.
    assert reads <= taken_s / 0.1 + 4
    assert reads < 60


async def test_an_answer_by_tls_is_read_a_few_tokens_at_a_time() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    gaps: list[float] = []
    async with ScriptedServer(paced(100), tls=context) as server:
        client = Client(environ={}, gather_s=0.1)
        endpoint = endpoint_at(server.url, ca_file=str(CERTIFICATE), **PATIENT)
        began = last = time.monotonic()
        async with aclosing(client.stream(endpoint, request_for())) as events:
            async for _ in events:
                gaps.append(time.monotonic() - last)
                last = time.monotonic()
        await client.aclose()
    assert len(gaps) == 101
    # After each wait all that has come is given out, and then the one that comes next.
    assert sum(gap > 0.05 for gap in gaps) <= (last - began) / 0.1 + 2
    assert sum(gap < 0.002 for gap in gaps) > 50


async def test_without_gathering_each_token_is_read_as_it_comes() -> None:
    async with ScriptedServer(paced(40)) as server:
        text, reads, _ = await counted(server.url, 0)
    assert text == words(40)
    assert reads >= 30


async def test_the_first_token_and_the_first_after_a_pause_do_not_wait() -> None:
    more = asyncio.Event()
    script = stream(ROLE, E("a"), Wait(0.01), E("b"), Wait(0.01), E("c"), more, E("d"), F("stop"), D)
    async with ScriptedServer(script) as server:
        client = Client(environ={}, gather_s=1.0)
        async with aclosing(client.stream(endpoint_at(server.url, **PATIENT), request_for())) as events:
            came = [await anext(events) for _ in "abc"]
            coming = asyncio.ensure_future(anext(events))
            await asyncio.sleep(1.1)
            assert not coming.done()
            more.set()
            # Well before a read would have its time that was put off now.
            came.append(await asyncio.wait_for(coming, 0.9))
        await client.aclose()
    assert came == [TextDelta(text) for text in "abcd"]


async def test_stopping_does_not_wait_for_the_next_read() -> None:
    """With a wait that is longer than the test, whatever comes in time did not wait."""
    async with ScriptedServer(
        stream(ROLE, E("a"), Wait(0.02), E("b"), Wait(0.02), E("c"), Ending.HANG)
    ) as server:
        client = Client(environ={}, gather_s=LONG_S)
        seen: list[object] = []

        async def run() -> None:
            async with aclosing(client.stream(endpoint_at(server.url, **PATIENT), request_for())) as events:
                async for event in events:
                    seen.append(event)  # noqa: PERF401 - what came is looked at while more comes

        task = asyncio.create_task(run())
        request = await server.asked()
        while request.played < 6 or len(seen) < 2:  # noqa: ASYNC110 - the server has no event for this
            await asyncio.sleep(0.005)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.wait_for(request.gone.wait(), 20)
        await client.aclose()
    assert seen[0] == TextDelta("a"), "the first text is seen at once, though something came before it"


async def test_an_end_without_a_word_is_seen() -> None:
    async with ScriptedServer(stream(*[E("a ")] * 20, Wait(0.05), E("b"), Ending.CLOSE)) as server:
        client = Client(environ={}, gather_s=0.03)
        result = await collect(client, endpoint_at(server.url))
        await client.aclose()
    assert result.text == "a " * 20 + "b"
    assert isinstance(result.error, CutOffError)


async def test_silence_is_measured_from_the_last_token_while_reads_wait() -> None:
    tokens = [step for _ in range(10) for step in (E("a"), Wait(0.005))]
    async with ScriptedServer(stream(*tokens, Ending.HANG)) as server:
        client = Client(environ={}, gather_s=0.05)
        task = asyncio.create_task(collect(client, endpoint_at(server.url, idle_timeout=0.4)))
        request = await server.asked()
        last = 0.0
        while request.played < len(tokens) - 1:
            last = time.monotonic()  # the last token was not sent yet
            await asyncio.sleep(0.001)
        result = await task
        silent_s = time.monotonic() - last
        await client.aclose()
    assert result.text == "a" * 10
    assert isinstance(result.error, IdleTimeoutError)
    assert "no data for 0.4 s" in result.error.message
    assert silent_s > 0.4


async def test_a_wait_is_never_taken_for_silence() -> None:
    tokens = [step for _ in range(20) for step in (E("a"), Wait(0.05))]
    async with ScriptedServer(stream(*tokens, F("stop"), D)) as server:
        client = Client(environ={}, gather_s=LONG_S)
        result = await collect(client, endpoint_at(server.url, idle_timeout=0.8))
        await client.aclose()
    assert (result.text, result.outcome) == ("a" * 20, "complete")


async def test_the_connection_serves_the_next_request_too() -> None:
    async with ScriptedServer(paced(10)) as server:
        client = Client(environ={}, gather_s=0.02)
        for _ in range(3):
            result = await collect(client, endpoint_at(server.url))
            assert (result.text, result.outcome) == (words(10), "complete")
        await client.aclose()
        assert server.connections == 1


async def test_a_burst_leaves_turns_to_others() -> None:
    """Many events in one read are handled in one go, but not for longer than a key may wait."""
    async with ScriptedServer(stream("".join([E("a")] * 400), F("stop"), D)) as server:
        client = Client(environ={}, gather_s=0.02)
        rounds = 0
        longest = since = 0

        async def key() -> None:
            nonlocal rounds, since
            while True:
                await asyncio.sleep(0)
                rounds += 1
                since = 0

        typing = asyncio.create_task(key())
        async with aclosing(client.stream(endpoint_at(server.url), request_for())) as events:
            async for _ in events:
                since += 1
                longest = max(longest, since)
                until = time.perf_counter() + 0.0005
                while time.perf_counter() < until:
                    pass
        typing.cancel()
        await client.aclose()
    assert longest > 1, "no switch for each event"
    assert longest <= 12, "of half a millisecond each"


async def test_one_timer_watches_many_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    timers: list[float] = []
    call_at = loop.call_at

    def noting(when: float, *arguments: Any, **named: Any) -> asyncio.TimerHandle:
        timers.append(when)
        return call_at(when, *arguments, **named)

    silence = Silence(10.0)
    monkeypatch.setattr(loop, "call_at", noting)
    for _ in range(1000):
        with silence:
            await asyncio.sleep(0)
    assert len(timers) == 1
    silence.limit = 0.01
    with pytest.raises(TimeoutError), silence:
        await asyncio.Event().wait()
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()
    silence.close()


async def test_silence_does_not_hide_that_the_user_stops() -> None:
    silence = Silence(0.01)

    async def wait() -> None:
        with silence:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                task.cancel()  # the user, while what the limit ended is closed
                raise

    task = asyncio.create_task(wait())
    with pytest.raises(asyncio.CancelledError):
        await task
    silence.close()
