"""The wait that tests of the app rest on: it ends when there is nothing to do, and not before."""

from __future__ import annotations

import asyncio
import threading

import textual.app
import textual.pilot
from textual.app import App
from textual.events import Key

from tests import conftest
from tests.idle import SOON_S, idle


class _Slow(App[None]):
    """Takes longer for a key than anything is waited for that only sleeps."""

    done = 0

    async def on_key(self, event: Key) -> None:
        await asyncio.sleep(SOON_S * 3)
        self.done += 1


def test_it_is_in_the_place_of_the_frameworks_own() -> None:
    assert not conftest.NOT_KNOWN
    assert vars(textual.app)["wait_for_idle"] is vars(textual.pilot)["wait_for_idle"] is idle


async def test_what_follows_from_each_other_is_all_done() -> None:
    loop = asyncio.get_running_loop()
    done: list[str] = []

    async def much() -> None:
        for _ in range(100):
            await asyncio.sleep(0)
        done.append("steps")
        await asyncio.sleep(SOON_S / 4)
        done.append("timer")
        done.append(await asyncio.to_thread(lambda: "thread"))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"socket\n")
        done.append((await reader.readline()).decode().strip())
        writer.close()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        far = loop.call_later(60, done.append, "far")
        task = asyncio.create_task(much())
        await idle()
        assert done == ["steps", "timer", "thread", "socket"]
        assert task.done()
        far.cancel()


async def test_what_computes_in_a_thread_is_waited_for() -> None:
    task = asyncio.create_task(asyncio.to_thread(lambda: sum(range(20_000_000))))
    await idle(max_sleep=60)
    assert task.done()


async def test_what_waits_in_a_thread_or_never_ends_is_not_waited_for() -> None:
    gate = threading.Event()
    waits = asyncio.create_task(asyncio.to_thread(gate.wait))
    await idle(max_sleep=60)
    assert not waits.done()
    gate.set()
    await waits

    async def never() -> None:
        while True:  # noqa: ASYNC110 - on purpose
            await asyncio.sleep(0)

    task = asyncio.create_task(never())
    await idle(max_sleep=0.01)
    assert not task.done()
    task.cancel()


async def test_a_key_has_been_dealt_with_when_it_was_pressed() -> None:
    async with _Slow().run_test() as pilot:
        await pilot.press("a", "b")
        assert pilot.app.done == 2  # type: ignore[attr-defined]
