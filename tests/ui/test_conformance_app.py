"""Cases of the protocol that are about what the screen shows, by their numbers."""

import asyncio
import json
import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from fmtui.ui import chat_replies
from tests.ui.rig import Answer, ScriptedTransport, app, chat, chat_screen, finish, say, screen_text, until
from tests.ui.test_chat_screen import SIZE, error_answer, kept


def choice(**fields: object) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, **fields}]}).encode() + b"\n\n"


def call(index: int, id_: str, name: str, arguments: str) -> dict[str, object]:
    return {"index": index, "id": id_, "function": {"name": name, "arguments": arguments}}


async def test_cases_040_041_053_054_070_ends_that_are_not_plain_are_told(tmp_path: Path) -> None:
    overloaded = {"error": {"message": "Overloaded", "code": 503}}
    transport = ScriptedTransport(
        Answer([chat("long story"), finish("length")]),
        Answer([choice(delta={}, finish_reason="content_filter")]),
        Answer([choice(delta={"reasoning": "deep thoughts"}), finish("length")]),
        Answer(
            [
                choice(delta={"tool_calls": [call(0, "a", "look", "")]}),
                choice(delta={"tool_calls": [call(0, "", "", '{"x":1}'), call(1, "b", "wave", "{}")]}),
                finish("tool_calls"),
            ]
        ),
        Answer([b"data: " + json.dumps(overloaded).encode() + b"\n\n"]),
    )
    async with app(tmp_path, transport).run_test(size=(140, 40)) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "one")
        await until(pilot, " m1 · max_tokens (2048) cut it: /continue goes on")
        await say(pilot, "two")
        await until(pilot, "filter")
        await say(pilot, "three")
        await until(pilot, "no reply: all of max_tokens (2048) went into reasoning")
        await say(pilot, "four")
        await until(pilot, 'look({"x":1})')
        await until(pilot, "wave({})")
        assert not any(message["content"] == "" for message in transport.sent()["messages"])
        await say(pilot, "five")
        await until(pilot, "Overloaded")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "five")
    assert len(transport.requests) == 5, "a 200 is never asked again"
    outcomes = [turn.outcome for turn in kept(tmp_path) if turn.role == "assistant"]
    assert outcomes[:4] == ["complete"] * 4


async def test_cases_028_029_keys_are_answered_while_a_flood_or_a_huge_event_comes(tmp_path: Path) -> None:
    huge = "A line of a very long answer.\n" * (1_000_000 // 30)  # five megabytes: the cases of framing
    transport = ScriptedTransport(
        Answer([b"".join([chat("x")] * 20_000), chat(" flooded"), asyncio.Event()]),
        Answer([chat(huge + "The end of it."), finish()]),
    )
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "one")
        await until(pilot, lambda: bool(transport.requests))
        await pilot.press("k", "e", "y")
        assert chat_screen(pilot).prompt.value == "key"
        await until(pilot, "flooded")
        await pilot.press("escape")
        await until(pilot, "stopped")
        await say(pilot, "two")
        await until(pilot, "The end of it.")
        await pilot.press("k")
        assert "k" in screen_text(pilot)
    texts = [turn.text for turn in kept(tmp_path) if turn.role == "assistant"]
    assert texts == ["x" * 20_000 + " flooded", huge + "The end of it."]


def number(pilot: Pilot[None], pattern: str) -> float:
    """Return the number in the text on the screen, or -1 when that is not there."""
    found = re.search(pattern, screen_text(pilot))
    return float(found[1]) if found else -1.0


COUNTDOWN = r"429: too many requests, retrying in (\d+) s"
TIMER = r"waiting for m1 ([\d.]+) s"


async def test_case_101_the_countdown_falls_with_its_reason_and_escape_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cases 080 and 081 too: a timer runs while headers and first event are awaited."""
    ahead = 0.0
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + ahead)
    monkeypatch.setattr(chat_replies, "time", clock)
    transport = ScriptedTransport(
        error_answer(429, {"error": {"message": "slow down"}}, **{"Retry-After": "100"}),
        Answer([chat("never")], gate=asyncio.Event()),
        Answer([b": ping\n\n", asyncio.Event()]),
        Answer([chat("at last"), finish()]),
    )
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "again")
        await until(pilot, lambda: 98 <= number(pilot, COUNTDOWN) <= 100)
        assert "Esc stops" in screen_text(pilot)
        for seconds in (10, 40):
            ahead += seconds
            left = 100 - ahead
            await until(pilot, lambda at=left: at - 8 <= number(pilot, COUNTDOWN) <= at)  # type: ignore[misc] # a loop's value
        ahead = 200
        await until(pilot, lambda: number(pilot, TIMER) >= 0.0)
        await pilot.press("escape")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "again")
        await until(pilot, lambda: "retrying" not in screen_text(pilot))
        for requests in (2, 3):
            await pilot.press("enter")
            await until(pilot, lambda: number(pilot, TIMER) >= 0.0)
            first = number(pilot, TIMER)
            await until(pilot, lambda first=first: number(pilot, TIMER) > first)  # type: ignore[misc] # likewise
            await until(pilot, lambda count=requests: len(transport.requests) == count)  # type: ignore[misc] # likewise
            await pilot.press("escape")
            await until(pilot, lambda: chat_screen(pilot).prompt.value == "again")
        await pilot.press("enter")
        await until(pilot, "at last")
    assert len(transport.requests) == 4
    assert [turn.text for turn in kept(tmp_path)][-2:] == ["again", "at last"]
