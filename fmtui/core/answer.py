"""Reading one answer whose status is 200: what it is, its events, and how it ended.

The end rule: `[DONE]` or a reason to stop means complete; neither, at a clean end, means
cut off; a broken connection or silence is an error; an answer in which nothing came is an
error too, never an empty success. Whatever came before the end has been yielded.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing, suppress

import httpx

from fmtui.core.bodies import PlainBytes
from fmtui.core.chat import Event
from fmtui.core.connection import transport_error
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import (
    CutOffError,
    FmtuiError,
    IdleTimeoutError,
    ProtocolError,
    StreamFailedError,
)
from fmtui.core.failures import About, duration, not_an_api
from fmtui.core.gathering import Gathering, Silence
from fmtui.core.request_log import Shapes
from fmtui.core.sse import server_sent_events
from fmtui.core.wire import Decoder, decode_body, empty

MAX_BODY = 16 * 1024 * 1024
"""Bytes of an answer that is not streamed; it is read in one go."""
MAX_ANSWER = 32 * 1024 * 1024
"""Characters of an answer: no model writes as much, and a server without end must not fill the disk."""
AFTER_FINISH_S = 5.0
"""Seconds that token counts and `[DONE]` may take after the reason to stop."""
_WAITED_S = 0.001
"""A chunk that took longer was waited for, so that the event loop has had a turn."""
_LAST_BYTES_S = 0.05
"""Seconds that the end of the HTTP body may take after `[DONE]`, so that the connection can be used again."""
_LONGEST_TURN_S = 0.004
"""Seconds of work after which the event loop gets a turn: many events may come in one chunk."""
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_FIELD = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:data|event|id|retry|error)?:")
_HEAD = 1000
_PAGE_START = 65_536
"""Bytes of a web page that are read to quote it."""


class Body:
    """The bytes of a response as they come; silence and transport errors become ours."""

    def __init__(
        self, response: httpx.Response, endpoint: Endpoint, about: About, gather_s: float = 0.0
    ) -> None:
        self.silence = Silence(endpoint.first_event_timeout)
        """Its limit is the seconds of silence until the answer is given up."""
        # The wait before a read must never be taken for silence.
        self.gathering = Gathering(response, min(gather_s, endpoint.idle_timeout / 4))
        self.turn_ends = 0.0
        """By `time.monotonic`: when the event loop should get a turn."""
        self.begun = False
        """Whether an event has come."""
        self.head = b""
        """The first bytes, to quote when they turn out to be no answer."""
        self.host = about.host
        self._endpoint = endpoint
        self._about = about
        self._chunks = PlainBytes(response, about)
        self._pushed: list[bytes] = []

    def __aiter__(self) -> Body:
        return self

    async def __anext__(self) -> bytes:
        if self._pushed:
            return self._pushed.pop()
        asked = time.monotonic()
        try:
            with self.silence:
                chunk = await anext(self._chunks)
        except TimeoutError:
            raise self._silent() from None
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise transport_error(
                error, self._about, connect_s=self._endpoint.connect_timeout, answering=True
            ) from error
        now = time.monotonic()
        if now - asked > _WAITED_S:
            self.turn_ends = now + _LONGEST_TURN_S
        elif now > self.turn_ends:  # chunks that hold no event, such as one of a long event
            await self.turn()
        if len(self.head) < _HEAD:
            self.head += chunk[: _HEAD - len(self.head)]
        return chunk

    async def turn(self) -> None:
        """Let others of the event loop go on."""
        await asyncio.sleep(0)
        self.turn_ends = time.monotonic() + _LONGEST_TURN_S

    def close(self) -> None:
        """Leave the response as it was; call it before the response is closed."""
        self.gathering.close()
        self.silence.close()

    async def start(self) -> bytes:
        """Return the first byte that is not blank, without using it up; empty when there is none."""
        start = b""
        try:
            # A byte order mark may come in parts, which are no beginning of an answer either.
            while len(start) < _PAGE_START and (
                _BOM.startswith(start) or not start.removeprefix(_BOM).lstrip(_BLANK)
            ):
                start += await anext(self)
        except StopAsyncIteration:
            pass
        self._pushed.append(start)
        return start.removeprefix(_BOM).lstrip(_BLANK)[:1]

    async def rest(self, most: int) -> bytes:
        """Return the bytes that are left; when there are more than `most`, the first `most` and one."""
        kept = bytearray()
        async for chunk in self:
            kept += chunk
            if len(kept) > most:
                break
        return bytes(kept[: most + 1])

    async def ended_soon(self) -> None:
        """Let the end of the body come, when it is there already."""
        self.silence.limit = _LAST_BYTES_S
        with suppress(StopAsyncIteration, FmtuiError):
            await anext(self)

    def _silent(self) -> IdleTimeoutError:
        host, limit = self._about.host, duration(self.silence.limit)
        if self.begun:
            return IdleTimeoutError(
                f"{host} sent no data for {limit}, so the reply was given up.",
                "What came is kept. Try again, or raise idle_timeout of the endpoint.",
            )
        return IdleTimeoutError(
            f"{host} sent no answer for {limit}.",
            "The model may be starting: try again, or raise first_event_timeout of the endpoint.",
        )


async def answer(
    response: httpx.Response, endpoint: Endpoint, about: About, *, gather_s: float = 0.0
) -> AsyncGenerator[Event, None]:
    """Yield the events of a 200; the caller closes the response.

    What the answer is shows in its first byte: proxies and local servers put wrong content
    types on right answers, and right ones on web pages.

    Args:
        response: of which only the headers have come.
        endpoint: whose limits hold.
        about: names the host.
        gather_s: seconds from one read of a running answer to the next; 0 to read at once.

    Raises:
        FmtuiError: see the end rule above.
    """
    body = Body(response, endpoint, about, gather_s)
    with closing(body):
        first = await body.start()
        content_type = response.headers.get("content-type", "")
        if not first:
            raise empty(about)
        if first in (b"{", b"["):
            whole = await body.rest(MAX_BODY)
            if len(whole) > MAX_BODY:
                raise ProtocolError(
                    f"{about.host} sent an answer of more than {MAX_BODY >> 20} MB in one piece, "
                    "which is too large to read.",
                    "Such answers have to be streamed.",
                )
            # In a thread: one that is large takes a while.
            for event in await asyncio.to_thread(decode_body, whole, about, content_type):
                yield event
            return
        if first == b"<":
            raise not_an_api(await body.rest(_PAGE_START), content_type, about)
        decoder = Decoder(about)
        async with aclosing(_streamed(body, decoder, endpoint, Shapes(response))) as events:
            async for event in events:
                yield event
        if decoder.finish_reason == "error":
            raise StreamFailedError(
                f"{about.host} stopped with an error and did not say which.", "Try again in a while."
            )
        if decoder.done or decoder.finish_reason:
            if not decoder.answered:
                raise empty(about)
        elif decoder.understood:
            what, kept = ("was complete", "What came is kept. ") if decoder.answered else ("began", "")
            raise CutOffError(f"{about.host} ended the stream before the reply {what}.", f"{kept}Try again.")
        elif decoder.unreadable or not _FIELD.match(body.head):
            raise not_an_api(body.head, content_type, about)
        else:
            raise empty(about)


async def _streamed(
    body: Body, decoder: Decoder, endpoint: Endpoint, shapes: Shapes
) -> AsyncGenerator[Event, None]:
    """Yield the events of a stream up to `[DONE]` or its end, then what was held back."""
    failure: FmtuiError | None = None
    idle_s = endpoint.idle_timeout
    after_finish_s = min(AFTER_FINISH_S, idle_s)
    try:
        async with aclosing(server_sent_events(body)) as received:
            async for event in received:
                shapes.see(event.data)
                for decoded in decoder.feed(event.data, event.event):
                    yield decoded
                if decoder.done:
                    break
                if decoder.size > MAX_ANSWER:
                    raise ProtocolError(
                        f"{body.host} sent more than {MAX_ANSWER >> 20} million characters, so the reply "
                        "was ended.",
                        "What came is kept.",
                    )
                body.begun = True
                body.silence.limit = after_finish_s if decoder.finish_reason else idle_s
                body.gathering.on = decoder.answered and not decoder.finish_reason
                if time.monotonic() > body.turn_ends:
                    await body.turn()
        if decoder.done:
            await body.ended_soon()
    except IdleTimeoutError as error:
        # After its reason to stop the answer is whole, and the server has only not hung up.
        failure = None if decoder.finish_reason else error
    except FmtuiError as error:
        failure = error
    for last in decoder.finish():
        yield last
    if failure is not None:
        raise failure
