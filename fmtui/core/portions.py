"""Handing over a very long piece of text a portion at a time, to who draws what comes."""

from __future__ import annotations

from collections.abc import Iterator

from fmtui.core.chat import Event, ReasoningDelta, TextDelta

PORTION = 131_072
"""Characters that are read and drawn in little time; a server that streams sends a word or two."""
PAUSE_S = 0.02
"""Seconds from one portion to the next, for who draws them: half a frame."""


def portions_of(event: Event) -> Iterator[tuple[Event, int]]:
    """Yield an event in portions, each with the number of characters that are left behind it."""
    if not isinstance(event, TextDelta | ReasoningDelta) or len(event.text) <= PORTION:
        yield event, 0
        return
    text = event.text
    for at in range(0, len(text), PORTION):
        yield type(event)(text[at : at + PORTION]), max(0, len(text) - at - PORTION)
