"""Server-sent events from bytes, by httpx-sse, mended where servers and it do not meet.

httpx-sse 0.4.3 loses the first event after a byte order mark, drops a last event without
its blank line, believes a wrong charset, insists on an exact content type, gives each
event of a stream with bare CR line ends one chunk late, and rightly ignores the `error:`
line of older llama.cpp, which leaves the user with an empty answer. `SSEView` stands
between it and the bytes, using nothing private, and settles all of these.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

import httpx
from httpx_sse import EventSource, ServerSentEvent

from fmtui.core.errors import ProtocolError

MAX_EVENT = 8 * 1024 * 1024
"""Characters that one event may have: a server that never ends one must not fill the memory.
One of nothing but empty lists takes 20 times as many bytes once it is read."""

_ERROR_LINE = re.compile("^error:", re.MULTILINE)
_ERROR_AS_EVENT = "event: error\ndata:"


class SSEView:
    """What `httpx_sse.EventSource` needs of a response, over any source of bytes.

    It is an iterator and not a generator, so that nothing waits to be finalised when the
    reading stops half-way.
    """

    headers = httpx.Headers({"content-type": "text/event-stream"})

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self.size = 0
        """Characters since the last event; whoever takes the events sets it back to 0."""
        self._chunks = chunks
        # Server-sent events are UTF-8 by definition, whatever the header says.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._after_cr = False
        self._at_line_start = True
        self._held = ""
        self._ended = False

    def aiter_text(self) -> AsyncIterator[str]:
        """Return the text of the stream, as it comes."""
        return self

    def __aiter__(self) -> SSEView:
        return self

    async def __anext__(self) -> str:
        while not self._ended:
            try:
                text = self._decoder.decode(await anext(self._chunks))
            except StopAsyncIteration:
                self._ended = True
                # The blank line that the last event may lack; one too many does no harm.
                return self._with_error_events(self._decoder.decode(b"", final=True) + "\n") + "\n"
            text = self._with_error_events(self._with_line_feeds(text))
            self.size += len(text)
            if self.size > MAX_EVENT:
                raise ProtocolError(
                    f"The server sent more than {MAX_EVENT >> 20} MB without ending an event.",
                    "Is this the URL of an API for language models?",
                )
            if text:
                return text
        raise StopAsyncIteration

    def _with_line_feeds(self, text: str) -> str:
        if self._after_cr and text:
            text = text.removeprefix("\n")
            self._after_cr = False
        if "\r" not in text:
            return text
        self._after_cr = text.endswith("\r")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _with_error_events(self, text: str) -> str:
        """Make events of `error:` lines; a beginning of one at the end is held back."""
        if self._held:
            text = self._held + text
            self._held = ""
        if not text:
            return text
        last_line = text.rfind("\n") + 1
        if (last_line or self._at_line_start) and last_line < len(text):
            rest = text[last_line:]
            if len(rest) < 6 and "error:".startswith(rest):
                self._held = rest
                text = text[:last_line]
        if "error:" in text:
            start = 0 if self._at_line_start else text.find("\n") + 1 or len(text)
            text = text[:start] + _ERROR_LINE.sub(_ERROR_AS_EVENT, text[start:])
        if text:
            self._at_line_start = text.endswith("\n")
        return text


async def server_sent_events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[ServerSentEvent, None]:
    """Yield the events of a stream that have data or a name.

    Raises:
        ProtocolError: one event is larger than `MAX_EVENT`.
    """
    view = SSEView(chunks)
    # EventSource uses `headers` and `aiter_text` of a response and nothing else.
    async with aclosing(EventSource(cast("httpx.Response", view)).aiter_sse()) as events:
        async for event in events:
            view.size = 0
            if event.data:
                yield event
