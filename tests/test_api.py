"""fmtui from Python: blocking generators over a real server, in and out of an event loop."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

import fmtui
from fmtui import Chunk, Endpoint, UsageError
from tests.command import LIMIT_S, Home
from tests.servers import D, E, Ending, F, ScriptedServer, answer, delta, seed, stream

T = TypeVar("T")
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no configuration of whoever runs the tests take part."""
    for name in list(os.environ):
        if name.startswith(("DATABRICKS_", "OPENAI_", "FMTUI_")):
            monkeypatch.delenv(name)
    for name, value in Home(tmp_path).environ.items():
        monkeypatch.setenv(name, value)


def at(server: ScriptedServer) -> Endpoint:
    return Endpoint("local", server.url, model="tiny")


async def beside(work: Callable[[], T]) -> T:
    """Run blocking work while the test's server goes on."""
    return await asyncio.wait_for(asyncio.to_thread(work), LIMIT_S)


async def test_the_seeds_chat_prints_word_for_word() -> None:
    async with ScriptedServer(stream(*seed("chat"), F("stop"), D)) as server:
        chunks = await beside(lambda: list(fmtui.chat(at(server), messages=HELLO, max_tokens=2048)))
    assert "".join(chunk.text for chunk in chunks) == "1. G they are soft"
    last = chunks[-1]
    assert last.finish_reason == "stop"
    assert last.usage is not None
    assert last.usage.completion_tokens == 724
    assert server.requests[0].json["max_tokens"] == 2048


async def test_the_seeds_completion_prints_word_for_word() -> None:
    async with ScriptedServer(stream(*seed("completion"), D)) as server:
        chunks = await beside(lambda: list(fmtui.complete(at(server), prompt="Tell me", model="other")))
    assert "".join(chunk.text for chunk in chunks) == "Sure, you’ and bake for"
    body = server.requests[0].json
    assert (server.requests[0].target, body["prompt"], body["model"]) == (
        "/v1/completions",
        "Tell me",
        "other",
    )


async def test_the_first_chunk_is_there_before_the_second_was_sent() -> None:
    gate = asyncio.Event()
    async with ScriptedServer(stream(E("first"), gate, E("second"), F("stop"), D)) as server:
        with closing(fmtui.chat(at(server), messages=HELLO)) as chunks:
            assert await beside(lambda: next(chunks)) == Chunk(text="first")
            gate.set()
            assert await beside(lambda: next(chunks)) == Chunk(text="second")


async def test_closing_early_closes_the_connection() -> None:
    async with ScriptedServer(stream(E("first"), Ending.HANG)) as server:

        def first_only() -> None:
            for chunk in fmtui.chat(at(server), messages=HELLO):
                assert chunk.text == "first"
                break

        await beside(first_only)
        await asyncio.wait_for(server.requests[0].gone.wait(), LIMIT_S)
    assert not [thread for thread in threading.enumerate() if thread.name == "fmtui-stream"]


async def test_nothing_is_sent_before_the_first_chunk_is_asked_for() -> None:
    async with ScriptedServer(stream(E("x"), D)) as server:
        fmtui.chat(at(server), messages=HELLO).close()
    assert server.connections == 0


async def test_conversations_keep_their_order_and_system_prompt() -> None:
    messages: list[dict[str, object]] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": [{"type": "text", "text": "thr"}, {"type": "text", "text": "ee"}]},
    ]
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        await beside(
            lambda: list(
                fmtui.chat(at(server), messages=messages, temperature=0.5, stop="END", extra={"seed": 7})
            )
        )
    body = server.requests[0].json
    assert [(m["role"], m["content"]) for m in body["messages"]] == [
        ("system", "Be brief."),
        ("user", "one"),
        ("assistant", "two"),
        ("user", "three"),
    ]
    assert (body["temperature"], body["stop"], body["seed"]) == (0.5, ["END"], 7)


async def test_reasoning_is_not_part_of_the_text() -> None:
    script = stream(delta(reasoning_content="hm"), E("Hi"), F("stop"), D)
    async with ScriptedServer(script) as server:
        chunks = await beside(lambda: list(fmtui.chat(at(server), messages=HELLO)))
    assert [(chunk.reasoning, chunk.text) for chunk in chunks[:2]] == [("hm", ""), ("", "Hi")]


async def test_what_goes_wrong_is_raised_where_it_is_read_after_the_text() -> None:
    async with ScriptedServer(stream(E("par"))) as server:
        chunks = fmtui.chat(at(server), messages=HELLO)
        assert (await beside(lambda: next(chunks))).text == "par"
        with pytest.raises(fmtui.CutOffError):
            await beside(lambda: next(chunks))


async def test_a_refusal_has_its_own_type_and_status() -> None:
    async with ScriptedServer(answer({"error": {"message": "no"}}, 401)) as server:
        with pytest.raises(fmtui.AuthError) as caught:
            await beside(lambda: list(fmtui.chat(at(server), messages=HELLO)))
    assert caught.value.status == 401


def demo_text(chunks: Generator[Chunk, None, None]) -> str:
    return "".join(chunk.text for chunk in chunks)


async def test_it_works_inside_a_running_event_loop() -> None:
    text = demo_text(fmtui.chat("demo", messages=HELLO, max_tokens=30))
    assert "canned text" in text


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: fmtui.chat("demmo", messages=HELLO), "Did you mean demo?"),
        (lambda: fmtui.chat("demo", messages=[]), "holds no prompt"),
        (lambda: fmtui.chat("demo", messages=[{"role": "robot", "content": "x"}]), "messages[0]"),
        (lambda: fmtui.chat("demo", messages=[{"role": "user", "content": None}]), "no text"),
        (
            lambda: fmtui.chat("demo", messages=[{"role": "user", "content": [{"type": "image_url"}]}]),
            "no text",
        ),
        (
            lambda: fmtui.chat("demo", messages=HELLO, max_tokens=0),
            "max_tokens must be a whole number from 1 to 10,000,000, not 0",
        ),
        (lambda: fmtui.complete("demo", prompt=""), "prompt is empty"),
        (lambda: fmtui.chat(Endpoint("x", "http://127.0.0.1:1/v1"), messages=HELLO), "No model"),
    ],
)
def test_wrong_arguments_are_told_at_once(call: Callable[[], object], said: str) -> None:
    with pytest.raises(fmtui.UsageError) as caught:
        call()
    assert said in str(caught.value)


async def test_the_asynchronous_client_is_the_same_core() -> None:
    request = fmtui.Request(fmtui.Params("local", "tiny"), (fmtui.Turn.prompt("Hello"),))
    async with ScriptedServer(stream(E("Hi"), F("stop"), D)) as server:
        client = fmtui.Client()
        events = [event async for event in client.stream(at(server), request)]
        await client.aclose()
    assert fmtui.TextDelta("Hi") in events


def test_endpoints_are_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-12345")
    assert fmtui.endpoint("OpenAI").credential.source
    assert fmtui.endpoint("ollama").url == "http://127.0.0.1:11434/v1"


def test_an_endpoint_that_is_not_found_because_of_the_configuration_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text("[endpoints.work]\nurl = https://host\n")
    monkeypatch.setenv("FMTUI_CONFIG", str(tmp_path / "config.toml"))
    with pytest.raises(UsageError) as caught:
        fmtui.endpoint("work")
    assert "config.toml, line 2: this is not TOML" in caught.value.hint


def test_every_public_name_is_there_and_importing_fmtui_imports_none_of_them() -> None:
    for name in fmtui.__all__:
        assert getattr(fmtui, name) is not None
    assert set(fmtui.__all__) <= set(dir(fmtui))
    with pytest.raises(AttributeError):
        _ = fmtui.no_such_name  # type: ignore[attr-defined]  # that is the point
    program = "import fmtui, sys; sys.exit(any(name.startswith('fmtui.') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=LIMIT_S).returncode == 0
