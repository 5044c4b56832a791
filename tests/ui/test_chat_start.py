"""The first seconds of the app: what is asked before everything is loaded is asked rightly."""

import asyncio
import inspect
from pathlib import Path

import httpx
import pytest

from fmtui.core.auth import Credential
from fmtui.core.endpoints import DEMO, LOCAL_SERVERS, Endpoint
from fmtui.core.errors import ConfigError
from fmtui.core.state import StateFile
from fmtui.ui.chat_welcome import keys_to_begin, welcome
from fmtui.ui.commands import way_to, with_keys
from fmtui.ui.keymap import keymap
from tests.ui.rig import (
    Answer,
    QuietClient,
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
        await until(pilot, lambda: chat_screen(pilot)._works.shelf.shown is not None)
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
        await until(pilot, lambda: screen._works.shelf.shown is not None)
        screen._works.shelf.ready.clear()  # as before the folder was read
        await say(pilot, "early words")
        await until(pilot, "▌ early words")
        assert not transport.requests
        screen._works.shelf.ready.set()
        await until(pilot, lambda: bool(transport.requests))
        await until(pilot, "7 + 3 tokens")
        assert screen_text(pilot).count("▌ early words") == 1


async def test_the_demo_says_what_it_is_until_another_endpoint_is_chosen(tmp_path: Path) -> None:
    async with app(tmp_path, ScriptedTransport(), endpoint="demo").run_test(size=(60, 15)) as pilot:
        await until(pilot, "This is the demo: canned replies")
        assert "OPENAI_API_KEY" not in screen_text(pilot), "there is another endpoint"
        chat_screen(pilot)._choices.choose_endpoint("test")
        chat_screen(pilot)._choosing.changed()
        await until(pilot, lambda: "canned replies" not in screen_text(pilot))
        assert "Type a prompt and press Enter." in screen_text(pilot)
        chat_screen(pilot)._choices.choose_endpoint("demo")
        await chat_screen(pilot)._choosing.remember()
    state = StateFile(tmp_path / "state" / "state.toml").load()
    assert state.endpoint == "test", "the demo is not what the next start begins with"


async def test_the_first_start_with_nothing_configured_says_how_to_reach_a_model(tmp_path: Path) -> None:
    async with app(tmp_path, ScriptedTransport(), endpoints=()).run_test(size=(80, 24)) as pilot:
        await until(pilot, "start ollama, llama-cpp, vllm or lm-studio")
        for words in (
            "Nothing was found to talk to; this is the demo: canned replies.",
            "Databricks   set DATABRICKS_HOST, DATABRICKS_TOKEN; or its CLI",
            "set OPENAI_API_KEY, OPENAI_BASE_URL",
            "fmtui config path",
            "F4  sidebar    F1  help",
        ):
            assert words in screen_text(pilot)


class WithServers(QuietClient):
    """A client on a machine where servers answer."""

    def __init__(self, transport: ScriptedTransport, found: list[Endpoint]) -> None:
        names = [*(endpoint.name for endpoint in found), "work", "demo"]
        super().__init__(transports=dict.fromkeys(names, transport), environ={})
        self.found = found
        self.answer = asyncio.Event()
        """Set while they answer."""
        self.answer.set()

    async def local_servers(self) -> list[Endpoint]:
        """Return what answers now."""
        await self.answer.wait()
        return list(self.found)


OLLAMA, _, VLLM, _ = LOCAL_SERVERS
LIST = {"data": [{"id": "tiny"}]}


async def test_a_server_of_this_machine_is_used_at_once_where_there_is_nothing_else(tmp_path: Path) -> None:
    client = WithServers(ScriptedTransport(listing=LIST), [OLLAMA, VLLM])
    shown = app(tmp_path, ScriptedTransport(), endpoints=(), connect=lambda: client)
    async with shown.run_test(size=(80, 24)) as pilot:
        await until(pilot, "▸ ollama  answers on 127.0.0.1:11434")
        assert "  vllm    answers on 127.0.0.1:8000" in screen_text(pilot)
        await until(pilot, "tiny")
        assert chat_screen(pilot)._choices.endpoint == OLLAMA
        assert "canned" not in screen_text(pilot)


@pytest.mark.parametrize("chosen", ["demo", ""])
async def test_who_has_begun_with_the_demo_or_chose_it_keeps_it(tmp_path: Path, chosen: str) -> None:
    client = WithServers(ScriptedTransport(listing=LIST), [OLLAMA])
    client.answer.clear()
    shown = app(tmp_path, ScriptedTransport(), endpoints=(), endpoint=chosen, connect=lambda: client)
    async with shown.run_test(size=(80, 24)) as pilot:
        if not chosen:
            chat_screen(pilot).prompt.insert("help")
        client.answer.set()
        await until(pilot, lambda: len(chat_screen(pilot)._choices.endpoints) == 2)
        await pilot.pause()
        assert chat_screen(pilot)._choices.endpoint == DEMO


async def test_looking_again_offers_what_came_and_keeps_what_is_used(tmp_path: Path) -> None:
    client = WithServers(ScriptedTransport(listing=LIST), [OLLAMA])
    work = Endpoint("work", "https://x.invalid", source="config.toml")
    shown = app(
        tmp_path,
        ScriptedTransport(),
        endpoints=(),
        connect=lambda: client,
        look_again=lambda: ((work, DEMO), [ConfigError("Odd file.", "Mend it.")]),
    )
    async with shown.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, "▸ ollama")
        client.found[:] = [VLLM]
        await say(pilot, "/endpoints")
        await until(pilot, "new: work, vllm")
        await until(pilot, "Odd file.")
        names = [endpoint.name for endpoint in chat_screen(pilot)._choices.endpoints]
        assert names == ["work", "vllm", "ollama", "demo"], "the one in use stays"
        await until(pilot, "work    config.toml")


def test_an_endpoint_with_a_long_story_has_one_line_of_the_welcome() -> None:
    story = Credential(source="the Databricks CLI, as the environment names no other sign-in")
    endpoint = Endpoint("staging", "https://s.test", "databricks", source="DATABRICKS_HOST", credential=story)
    long = Endpoint("n" * 12, "https://t.test", "databricks", source="s" * 60)
    lines = welcome(endpoint, (endpoint, long, DEMO), found=True, way=way_to)
    assert f"▸ staging{' ' * 5}  DATABRICKS_HOST, key: the Databricks CLI" in lines
    assert all(len(line) <= 62 for line in lines)


def test_the_first_screen_names_the_keys_that_the_user_has() -> None:
    assert keys_to_begin(way_to)[-2:] == [
        "Ctrl+J  new line    F5  model      F3  sessions",
        "Esc     stop        F4  sidebar    F1  help",
    ]
    commands = with_keys(keymap({"app.help": "f11", "session.list": "", "prompt.send": "ctrl+g"})[0])
    lines = keys_to_begin(lambda id_: way_to(id_, commands))
    assert lines[0] == "Type a prompt and press Ctrl+G."
    assert lines[-2].endswith("/sessions  sessions")
    assert lines[-1].endswith("F11        help")


async def test_work_that_is_cancelled_before_it_began_is_closed(tmp_path: Path) -> None:
    async def work() -> None:
        raise AssertionError("it has begun")

    async with app(tmp_path, ScriptedTransport()).run_test() as pilot:
        await until(pilot, "Ask anything")
        begun = work()
        chat_screen(pilot).start_worker(begun, "test").cancel()
        await until(pilot, lambda: inspect.getcoroutinestate(begun) == inspect.CORO_CLOSED)
