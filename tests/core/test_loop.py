"""A name server that does not answer holds nobody up."""

import asyncio
import socket
import threading

import pytest

from fmtui.core import loop
from tests.core.asking import ask


def test_a_resolver_that_hangs_holds_up_neither_stopping_nor_leaving(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered, left = threading.Event(), threading.Event(), threading.Event()

    def hang(*_: object) -> list[object]:
        asked.set()
        answered.wait(60)
        left.set()
        return []

    async def stop_while_resolving() -> None:
        asking = asyncio.create_task(ask("http://nothing.invalid/v1"))
        while not asked.is_set():  # noqa: ASYNC110 - a thread sets it
            await asyncio.sleep(0.005)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        loop.run(stop_while_resolving())
        assert not left.is_set()
    finally:
        answered.set()


def test_names_are_looked_up_and_errors_told() -> None:
    async def addresses() -> list[object]:
        return [entry[4][0] for entry in await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)]

    assert "127.0.0.1" in loop.run(addresses())

    async def failing() -> None:
        await asyncio.get_running_loop().getaddrinfo("nothing.invalid", 80)

    with pytest.raises(OSError, match=r"."):
        loop.run(failing())
