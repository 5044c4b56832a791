"""Reading the body of a response: plain, a little at a time, and never more than was asked for.

A server or a proxy may send a thousand bytes for each one that crosses the network. So what
is compressed is unpacked here, in pieces, and what is compressed twice is refused: nobody
does that but to fill the memory of who reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from typing import Any

import httpx

from fmtui.core.errors import FmtuiError, ProtocolError
from fmtui.core.failures import About, error_from, redirected

PIECE_BYTES = 65_536
"""Bytes of one piece of what was compressed."""
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_START = b"\x1f\x8b"
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_ERROR_BODY = 65_536
"""Bytes of an error's body that are read."""
_ERROR_BODY_S = 5.0
"""Seconds that they may take."""


class PlainBytes:
    """The bytes of a body as they come, without their compression.

    It is an iterator and not a generator, so that nothing waits to be finalised when the
    reading stops half-way.

    Raises:
        ProtocolError: the body is compressed in a way that is not read.
        httpx.HTTPError: the transport failed while it came, or what came cannot be unpacked.
    """

    def __init__(self, response: httpx.Response, about: About) -> None:
        named = response.headers.get("content-encoding", "").split(",")
        encodings = [name for entry in named if (name := entry.strip().lower()) not in ("", "identity")]
        if len(encodings) > 1 or not _WINDOWS.keys() >= set(encodings):
            raise ProtocolError(
                f"The answer of {about.host} is compressed ({about.quoted(', '.join(encodings), 60)}), "
                "although it was asked for as it is.",
                "Turn compression off in the server, or in the proxy before it.",
            )
        # An answer that a transport made up is there already, and has no raw bytes.
        self._raw = response.aiter_raw() if encodings else response.aiter_bytes()
        self._encoding = encodings[0] if encodings else ""
        self._unpacker: Any = zlib.decompressobj(_WINDOWS[self._encoding]) if encodings else None
        self._packed = b""
        self._more = False
        self._begun = False
        self._ended = False

    def __aiter__(self) -> PlainBytes:
        return self

    async def __anext__(self) -> bytes:
        if self._unpacker is None:
            return await anext(self._raw)
        while self._encoding == "deflate" and not self._begun:
            self._packed += await anext(self._raw)
            if len(self._packed) > 1:
                self._begun = True
                if self._packed[0] & 15 != zlib.DEFLATED or int.from_bytes(self._packed[:2]) % 31:
                    # Some servers send deflate without the frame that HTTP wants round it.
                    self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        while True:
            if self._ended and not self._another():
                if len(self._packed) >= len(_GZIP_START) or self._encoding == "deflate":
                    raise StopAsyncIteration  # what follows belongs to nothing
                self._packed += await anext(self._raw)
            elif not self._packed and not self._more:
                self._packed = await anext(self._raw)
            elif piece := self._unpacked():
                return piece

    def _another(self) -> bool:
        """Go on to the next of several gzip files in a row, when the bytes at hand begin one."""
        if self._encoding == "deflate" or not self._packed.startswith(_GZIP_START):
            return False
        self._unpacker = zlib.decompressobj(_GZIP)
        self._ended = False
        return True

    def _unpacked(self) -> bytes:
        try:
            piece: bytes = self._unpacker.decompress(self._packed, PIECE_BYTES)
        except zlib.error as error:
            raise httpx.DecodingError("the body cannot be unpacked") from error
        self._ended = self._unpacker.eof
        self._packed = self._unpacker.unused_data if self._ended else self._unpacker.unconsumed_tail
        # A full piece may have left something inside.
        self._more = len(piece) == PIECE_BYTES and not self._ended
        return piece


async def read(response: httpx.Response, most: int, about: About) -> bytes:
    """Return the body and close the response; when it has more than `most` bytes, a little more than those.

    Raises:
        ProtocolError: see `PlainBytes`; likewise the others.
    """
    kept = bytearray()
    try:
        async for chunk in PlainBytes(response, about):
            kept += chunk
            if len(kept) > most:
                break
    finally:
        await close(response)
    return bytes(kept[: most + 1])


async def close(response: httpx.Response) -> None:
    """Close a response, whatever state it is in."""
    with contextlib.suppress(httpx.HTTPError, OSError, RuntimeError):
        await response.aclose()


async def refusal(response: httpx.Response, about: About) -> FmtuiError:
    """Return the error of a response that is not 200, and close it."""
    status = response.status_code
    body = b""
    with contextlib.suppress(TimeoutError, httpx.HTTPError, httpx.StreamError, OSError, ProtocolError):
        async with asyncio.timeout(_ERROR_BODY_S):
            body = await read(response, _ERROR_BODY, about)
    await close(response)
    if 300 <= status < 400:
        return redirected(status, response.headers.get("location", ""), about)
    if status < 300:
        return ProtocolError(f"{about.host} answered with status {status} and no reply.", "", status)
    return error_from(status, response.headers, body, about)
