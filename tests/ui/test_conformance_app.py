"""Cases of the protocol that are about what the screen shows, by their numbers."""

import asyncio
import json
from pathlib import Path

from tests.ui.rig import Answer, ScriptedTransport, app, chat, chat_screen, finish, say, screen_text, until
from tests.ui.test_chat_screen import SIZE, kept


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
        await until(pilot, "max_tokens (2048) cut it: say “go on”")
        await say(pilot, "two")
        await until(pilot, "filter")
        await say(pilot, "three")
        await until(pilot, "no answer: all of max_tokens (2048) went into reasoning")
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
    huge = "A line of a very long answer.\n" * (5_000_000 // 30)
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
