"""The first seconds of the app: what is asked before everything is loaded is asked rightly."""

import asyncio
from pathlib import Path

import httpx

from tests.ui.rig import (
    Answer,
    ScriptedTransport,
    app,
    chat_screen,
    completion,
    finish,
    say,
    screen_text,
    until,
)


class SlowListing(ScriptedTransport):
    """An endpoint whose list of models comes when the test says so."""

    def __init__(self, *answers: Answer, listing: object) -> None:
        super().__init__(*answers, listing=listing)
        self.gate = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.method == "GET":
            await self.gate.wait()
        return await super().handle_async_request(request)


async def test_a_prompt_to_a_completion_model_waits_for_the_list_that_says_so(tmp_path: Path) -> None:
    listing = {"endpoints": [{"name": "m1", "task": "llm/v1/completions"}]}
    transport = SlowListing(Answer([completion("Sure, flour") + finish()]), listing=listing)
    async with app(tmp_path, transport).run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: chat_screen(pilot)._shelf.shown is not None)
        await say(pilot, "Tell me about cookies.")
        await until(pilot, "sending")
        assert "Tell me about cookies." in screen_text(pilot)
        assert not transport.requests
        transport.gate.set()
        await until(pilot, "Sure, flour")
    assert transport.sent()["prompt"] == "Tell me about cookies."


async def test_a_prompt_sent_before_the_session_is_open_is_seen_at_once(tmp_path: Path) -> None:
    transport = ScriptedTransport(Answer([completion("x") + finish()]))
    async with app(tmp_path, transport).run_test(size=(100, 24)) as pilot:
        screen = chat_screen(pilot)
        await until(pilot, lambda: screen._shelf.shown is not None)
        screen._shelf.ready.clear()  # as before the folder was read
        await say(pilot, "early words")
        await until(pilot, "▌ early words")
        assert not transport.requests
        screen._shelf.ready.set()
        await until(pilot, lambda: bool(transport.requests))
        await until(pilot, "7 + 3 tokens")
        assert screen_text(pilot).count("▌ early words") == 1


async def test_the_demo_says_what_it_is_until_another_endpoint_is_chosen(tmp_path: Path) -> None:
    async with app(tmp_path, ScriptedTransport(), endpoint="demo").run_test(size=(60, 15)) as pilot:
        await until(pilot, "This is the demo: canned answers")
        assert "OPENAI_API_KEY" not in screen_text(pilot), "there is another endpoint"
        chat_screen(pilot)._choices.choose_endpoint("test")
        chat_screen(pilot)._choosing.changed()
        await until(pilot, lambda: "canned answers" not in screen_text(pilot))
        assert "Type a prompt and press Enter." in screen_text(pilot)


async def test_the_first_start_with_nothing_configured_says_how_to_reach_a_model(tmp_path: Path) -> None:
    async with app(tmp_path, ScriptedTransport(), endpoints=()).run_test(size=(60, 15)) as pilot:
        await until(pilot, "OPENAI_API_KEY")
        for words in ("Send help", "DATABRICKS_HOST", "fmtui config path", "F4  sidebar    F1  help"):
            assert words in screen_text(pilot)
