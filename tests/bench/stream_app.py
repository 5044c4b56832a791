"""The programs that `tests.bench.stream` measures: one answer, streamed into one widget.

`python -m tests.bench.stream_app KIND SIZE RATE` with KIND `fmtui`, `fmtui-messages` or
`stock`; RATE is tokens a second, 0 for as fast as they are taken. Results go to the pipe.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from abc import abstractmethod

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Markdown

from fmtui.core.chat import Params, TextDelta, Turn
from fmtui.ui.conversation.widget import Conversation
from tests.bench.corpus import answer, tokens

SETTLE_S = 0.4
"""Seconds of quiet before and after, so that start and end do not mix with the stream."""


def mark(word: str) -> None:
    """Tell the measuring process that something has happened."""
    os.write(int(os.environ["BENCH_PIPE"]), f"{word}\n".encode())


class StreamApp(App[None]):
    """Streams the text, measures itself, and ends."""

    def __init__(self, text: str, rate: float) -> None:
        super().__init__()
        self._answer = text
        self._rate = rate

    @abstractmethod
    async def begin(self) -> None:
        """Get ready for the first token."""

    @abstractmethod
    async def take(self, token: str) -> None:
        """Take in one token."""

    @abstractmethod
    async def end(self) -> None:
        """Return when the last token is taken in."""

    def on_mount(self) -> None:
        self.run_worker(self._measure(), exit_on_error=True)

    async def _measure(self) -> None:
        pieces = tokens(self._answer)
        await asyncio.sleep(SETTLE_S)
        await self.begin()
        await asyncio.sleep(SETTLE_S)
        gc.collect()
        mark("begin")
        cpu = time.process_time()
        stall = await (self._paced(pieces) if self._rate else self._at_once(pieces))
        before = time.perf_counter()
        await self.end()
        stall = max(stall, time.perf_counter() - before)
        await asyncio.sleep(SETTLE_S)
        cpu = time.process_time() - cpu
        mark(f"end cpu={cpu:.6f} stall={stall:.6f} tokens={len(pieces)}")
        await asyncio.sleep(SETTLE_S)
        self.exit()

    async def _paced(self, pieces: list[str]) -> float:
        """Send each token when its time has come; how late the loop was is how long it stalled."""
        worst, due = 0.0, time.perf_counter()
        for piece in pieces:
            due += 1 / self._rate
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
                worst = max(worst, time.perf_counter() - due)
            await self.take(piece)
        return worst

    async def _at_once(self, pieces: list[str]) -> float:
        """Send tokens as fast as the loop lets this task run; gaps between them are stalls."""
        worst, last = 0.0, time.perf_counter()
        for piece in pieces:
            await self.take(piece)
            await asyncio.sleep(0)
            now = time.perf_counter()
            worst, last = max(worst, now - last), now
        return worst


class FmtuiApp(StreamApp):
    """fmtui's conversation, each token handed over by a call."""

    def compose(self) -> ComposeResult:
        yield Conversation()

    async def begin(self) -> None:
        self._conversation = self.query_one(Conversation)
        self._conversation.begin_reply(Turn("r", "assistant", "", params=Params(model="bench")))

    async def take(self, token: str) -> None:
        self._conversation.feed("r", TextDelta(token))

    async def end(self) -> None:
        self._conversation.finish(
            Turn("r", "assistant", self._answer, params=Params(model="bench"), outcome="complete")
        )


class FmtuiMessagesApp(FmtuiApp):
    """fmtui's conversation, each token a message through its queue."""

    async def take(self, token: str) -> None:
        self._conversation.post_message(Conversation.Chunk("r", TextDelta(token)))


class StockApp(StreamApp):
    """The framework's own streaming markdown, used as its documentation says."""

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Markdown()

    async def begin(self) -> None:
        self.query_one(VerticalScroll).anchor()
        self._stream = Markdown.get_stream(self.query_one(Markdown))

    async def take(self, token: str) -> None:
        await self._stream.write(token)

    async def end(self) -> None:
        await self._stream.stop()


APPS: dict[str, type[StreamApp]] = {
    "fmtui": FmtuiApp,
    "fmtui-messages": FmtuiMessagesApp,
    "stock": StockApp,
}

if __name__ == "__main__":
    kind, size, rate = sys.argv[1:]
    APPS[kind](answer(int(size)), float(rate)).run()
