"""A connection that breaks after each byte of an answer, and what of the answer is kept."""

from __future__ import annotations

import asyncio

from fmtui.core.chat import Turn
from fmtui.core.client import Client
from fmtui.core.exchange import Exchange
from fmtui.core.sessions import SessionStore
from tests.chaos.rig import Round
from tests.core.asking import NAME, endpoint_at, request_for
from tests.in_process import InProcess
from tests.servers import D, E, Ending, F, stream

PROMPT = "Hi"
EVENTS = (E("one ☃ "), E("two "), E("three"), F("stop"), D)
BODY = "".join(EVENTS).encode()


def reset_at_each_byte(round_: Round) -> None:
    """Ask once for each length that the answer may be cut to; each in a session of its own."""
    store = SessionStore(round_.sessions)
    step = max(1, 200 // round_.many)
    for cut in range(0, len(BODY) + 1, step):
        round_.prompts.append(PROMPT)
        kept = asyncio.run(_ask(store, cut))
        text = "".join(piece for end, piece in _ends() if end <= cut)
        # The blank line that ends an event may itself be cut; what is before it counts as well.
        if not (kept.startswith(text) and "one ☃ two three".startswith(kept)):
            round_.notes.append(f"cut after {cut} bytes: {kept!r} is kept instead of {text!r}")
    round_.restores = False
    round_.counts = False


def _ends() -> list[tuple[int, str]]:
    """Return after how many bytes each piece of text is whole."""
    ends: list[tuple[int, str]] = []
    size = 0
    for event, piece in zip(EVENTS, ("one ☃ ", "two ", "three"), strict=False):
        size += len(event.encode())
        ends.append((size, piece))
    return ends


async def _ask(store: SessionStore, cut: int) -> str:
    """Ask, have the answer cut, and return what another start finds of it."""
    session = store.new()
    request = request_for(PROMPT)
    prompt = Turn.prompt(PROMPT)
    session.append(prompt)
    client = Client(
        transports={NAME: InProcess(stream(BODY[:cut], Ending.RESET))}, environ={}, sleep=_at_once
    )
    exchange = Exchange(
        client,
        session,
        endpoint_at("https://host.example/v1"),
        request,
        parent=prompt.id,
        post=lambda _: None,
        on_storage_error=lambda _: None,
    )
    try:
        await exchange.run()
    finally:
        await client.aclose()
        session.close()
    again = store.open(session.id, write=False)
    try:
        return "".join(turn.text for turn in again.all_turns() if turn.role == "assistant")
    finally:
        again.close()


async def _at_once(seconds: float) -> None:
    """Wait for nothing."""
