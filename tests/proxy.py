"""A proxy on a loopback socket that leads every host to one port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from tests.loopback import Loopback


class Proxy(Loopback):
    """Takes CONNECT and plain requests while it is entered.

    Args:
        port: where everything leads.
        user: what `Proxy-Authorization` must be, as `name:password` in base64; empty: anything.
        refuses: the status for whom it lets in; 0 to connect.
        tls: to speak TLS itself.
    """

    _gone = OSError  # of the server behind it, too

    def __init__(
        self, port: int, *, user: str = "", refuses: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(tls=tls)
        self.heads: list[str] = []
        """The heads of all requests to the proxy itself, as they came."""
        self._leads_to = port
        self._user = user
        self._refuses = refuses

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

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
        onward_reader, onward = await asyncio.open_connection("127.0.0.1", self._leads_to)
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
