"""Stopping a request in each of its phases: at once, with the connection closed and nothing left running.

Over real sockets, as only they show what a server sees of it. The phases of an answer are in
`test_conformance_ends`, a name server that hangs in `test_loop`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

import fmtui
from fmtui.core.auth import Credential
from fmtui.core.client import Client
from fmtui.core.endpoints import Endpoint
from fmtui.core.sign_ins import by_cli
from tests.core.asking import Answer, collect, endpoint_at, request_for
from tests.servers import OIDC, D, E, Ending, F, Scripted, ScriptedServer, answer, hang, stream, token

GOOD = stream(E("next"), F("stop"), D)
AT_ONCE_S = 5.0
"""Seconds within which a server must see that its client has gone."""


@asynccontextmanager
async def asking(
    endpoint: Endpoint, environ: dict[str, str] | None = None, prompt: str = "Hi"
) -> AsyncIterator[asyncio.Task[Answer]]:
    """Ask while this is entered, stop then, and check that this took no time and left no task or socket."""
    before = ours()
    client = Client(environ=environ or {})
    task = asyncio.create_task(collect(client, endpoint, request_for(prompt)))
    yield task
    assert not task.done(), task.result().error
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < AT_ONCE_S
    assert ours() == before
    await client.aclose()
    gc.collect()  # a forgotten socket would warn


def ours() -> set[asyncio.Task[object]]:
    """Return the tasks that do work of the program, not of a test's server."""
    folder = str(Path(fmtui.__file__).parent)
    return {task for task in asyncio.all_tasks() if folder in repr(task)}


async def test_cancel_while_connecting() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for queued in waiting:  # nobody is let in, so that the next one waits
            queued.setblocking(False)
            queued.connect_ex(address)
        async with asking(endpoint_at(f"http://127.0.0.1:{address[1]}/v1", connect_timeout=60.0)) as task:
            await asyncio.sleep(0.1)
            assert not task.done()
        for queued in waiting:
            queued.close()


async def test_cancel_in_the_tls_handshake() -> None:
    async with ScriptedServer(hang()) as server:
        # Plain bytes never answer a TLS greeting, so the connection hangs in its middle.
        async with asking(endpoint_at(server.origin.replace("http:", "https:"))):
            async with asyncio.timeout(20):
                while not server.connections:  # noqa: ASYNC110 - the server has no event for this
                    await asyncio.sleep(0.01)
        async with asyncio.timeout(AT_ONCE_S):
            while server.open_connections:  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.01)


async def test_cancel_while_a_proxy_does_not_connect() -> None:
    async with ScriptedServer(hang()) as proxy:
        environ = {"HTTPS_PROXY": proxy.origin}
        async with asking(endpoint_at("https://host.example/v1"), environ):
            asked = await proxy.asked()
        assert asked.method == "CONNECT"
        await asyncio.wait_for(asked.gone.wait(), AT_ONCE_S)


async def test_cancel_while_a_large_request_goes_to_a_server_that_does_not_read() -> None:
    connected, read_on, gone = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await read_on.wait()
        with suppress(ConnectionError):
            while await reader.read(1 << 20):
                pass
        gone.set()
        writer.transport.abort()

    async with await asyncio.start_server(stall, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with asking(endpoint_at(f"http://127.0.0.1:{port}/v1"), prompt="x" * 30_000_000):
            await asyncio.wait_for(connected.wait(), 20)
            await asyncio.sleep(0.1)
        read_on.set()
        await asyncio.wait_for(gone.wait(), AT_ONCE_S)


async def test_cancel_while_waiting_for_headers() -> None:
    async with ScriptedServer(hang()) as server:
        async with asking(endpoint_at(server.url)):
            asked = await server.asked()
        await asyncio.wait_for(asked.gone.wait(), AT_ONCE_S)


@pytest.mark.parametrize(
    "script",
    [
        Scripted(['{"choices": [', Ending.HANG], headers={"Content-Type": "application/json"}),
        Scripted(["<html>", Ending.HANG]),
        Scripted(['{"error": ', Ending.HANG], 400),
        stream(Ending.HANG),
    ],
)
async def test_cancel_while_a_body_comes(script: Scripted) -> None:
    async with ScriptedServer(script) as server:
        async with asking(endpoint_at(server.url)):
            asked = await server.asked()
            await asyncio.sleep(0.05)
        await asyncio.wait_for(asked.gone.wait(), AT_ONCE_S)


async def test_cancel_while_the_models_are_listed_that_an_error_offers() -> None:
    async with ScriptedServer(answer({"error": "m"}, 404), routes={"/v1/models": hang()}) as server:
        async with asking(endpoint_at(server.url)):
            listing = await server.asked(routed=True)
        await asyncio.wait_for(listing.gone.wait(), AT_ONCE_S)


async def test_cancel_in_a_retry_wait() -> None:
    async with ScriptedServer(answer({"message": "m"}, 429, {"Retry-After": "60"})) as server:
        async with asking(endpoint_at(server.url)):
            await server.asked()
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)
        assert len(server.requests) == 1


# ---- while a token is fetched -------------------------------------------------


class Hanging:
    """A program that never ends, and knows whether it still runs.

    Args:
        folder: where it is.
        name: of the program.
        first: what it prints when it is called for the first time; empty to hang at once.
    """

    def __init__(self, folder: Path, name: str, first: str = "") -> None:
        self.path = folder / name
        fifo = folder / "alive"
        os.mkfifo(fifo)
        self._reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        once = f"[ -e '{folder}/once' ] || {{ touch '{folder}/once'; echo '{first}'; exit; }}\n" * bool(first)
        self.path.write_text(f"#!/bin/sh\n{once}exec 3>'{fifo}'; echo started >&3; sleep 60 & wait\n")
        self.path.chmod(0o755)

    async def started(self) -> None:
        """Wait until it runs."""
        begun = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._reader, begun.set)
        await asyncio.wait_for(begun.wait(), 20)
        asyncio.get_running_loop().remove_reader(self._reader)
        os.set_blocking(self._reader, True)
        os.read(self._reader, 100)

    async def ended(self) -> None:
        """Wait until it and what it started are gone."""
        await asyncio.wait_for(asyncio.to_thread(os.read, self._reader, 100), AT_ONCE_S)

    def close(self) -> None:
        """Forget it."""
        os.close(self._reader)


REFUSED = answer({"message": "Token is expired"}, 401)


@pytest.mark.parametrize("first", ["", "token-1"])
async def test_cancel_while_a_token_command_runs_also_again_after_a_refusal(
    tmp_path: Path, first: str
) -> None:
    with closing(Hanging(tmp_path, "give", first)) as program:
        credential = Credential("bearer", command=(str(program.path),), source="a test")
        async with ScriptedServer(REFUSED) as server:
            async with asking(endpoint_at(server.url, credential=credential), {"PATH": "/usr/bin:/bin"}):
                await program.started()
            await program.ended()
            assert len(server.requests) == (1 if first else 0)
            for asked in server.requests:
                await asyncio.wait_for(asked.gone.wait(), AT_ONCE_S)


@pytest.mark.parametrize("first", ["", '{"access_token": "token-1"}'])
async def test_cancel_while_the_databricks_cli_runs_also_again_after_a_refusal(
    tmp_path: Path, first: str
) -> None:
    with closing(Hanging(tmp_path, "databricks", first)) as program:
        endpoint = replace(endpoint_at(""), kind="databricks", credential=by_cli("a test", "staging"))
        environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
        async with ScriptedServer(REFUSED) as server:
            async with asking(replace(endpoint, url=server.origin), environ):
                await program.started()
            await program.ended()
            for asked in server.requests:
                await asyncio.wait_for(asked.gone.wait(), AT_ONCE_S)


@pytest.mark.parametrize("first", [[], [token("t1")]])
async def test_cancel_while_oidc_is_asked_also_again_after_a_refusal(first: list[Scripted]) -> None:
    credential = Credential("bearer", sign_in="oauth-m2m", client_id="i", token="secret-1", source="a test")
    for hanging in (hang(), Scripted(['{"access_', Ending.HANG])):
        async with ScriptedServer(REFUSED, routes={OIDC: [*first, hanging]}) as server:
            async with asking(endpoint_at(server.origin, "databricks", credential=credential)):
                signing = await server.asked(len(first) + 1, routed=True)
            await asyncio.wait_for(signing.gone.wait(), AT_ONCE_S)
            for asked in server.requests:
                await asyncio.wait_for(asked.gone.wait(), AT_ONCE_S)


async def test_what_was_stopped_leaves_the_client_as_good_as_new() -> None:
    async with ScriptedServer(hang(), GOOD) as server:
        client = Client(environ={})
        stopped = asyncio.create_task(collect(client, endpoint_at(server.url)))
        await server.asked()
        stopped.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopped
        assert (await collect(client, endpoint_at(server.url))).text == "next"
        await client.aclose()
