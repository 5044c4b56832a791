"""A proxy on a loopback socket that leads every host to one port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from types import TracebackType
from typing import Self


class Proxy:
    """Takes CONNECT and plain requests while it is entered.

    Args:
        port: where everything leads.
        user: what `Proxy-Authorization` must be, as `name:password` in base64; empty: anything.
        refuses: the status for whom it lets in; 0 to connect.
        tls: to speak TLS itself.
    """

    def __init__(
        self, port: int, *, user: str = "", refuses: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.heads: list[str] = []
        """The heads of all requests to the proxy itself, as they came."""
        self._port = port
        self._user = user
        self._refuses = refuses
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        assert self._server is not None
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client or the test has gone
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        status = self._refuses
        if self._user and f"proxy-authorization: basic {self._user}\r\n".lower() not in head.lower():
            status = 407
        if status:
            writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            return
        onward_reader, onward = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            if head.startswith("CONNECT "):
                writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            else:
                onward.write(head.encode("latin-1"))
            await asyncio.gather(_pipe(reader, onward), _pipe(onward_reader, writer))
        finally:
            onward.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
