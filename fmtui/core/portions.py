"""Handing over a very long piece of text a portion at a time, to who draws what comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fmtui.core.chat import Event, ReasoningDelta, TextDelta

PORTION = 131_072
"""Characters that are read and drawn in little time; a server that streams sends a word or two."""


async def in_portions(events: AsyncGenerator[Event, None], pause_s: float) -> AsyncGenerator[Event, None]:
    """Yield events, and those of very long text in portions with a pause after each.

    Args:
        events: closed at the end, however that comes.
        pause_s: seconds of a pause.
    """
    async with aclosing(events):
        async for event in events:
            if not isinstance(event, TextDelta | ReasoningDelta) or len(event.text) <= PORTION:
                yield event
                continue
            for at in range(0, len(event.text), PORTION):
                yield type(event)(event.text[at : at + PORTION])
                await asyncio.sleep(pause_s)
