"""The whole app, from the key to the wire and back to the screen and the disk."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx
from textual import events
from textual.widgets import TextArea

from fmtui.core.chat import Turn
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import ConfigError
from fmtui.core.sessions import SessionStore
from tests.ui.rig import (
    TEST,
    Answer,
    ScriptedTransport,
    app,
    chat,
    chat_screen,
    completion,
    finish,
    notices,
    say,
    screen_text,
    until,
)

SIZE = (110, 30)


def kept(folder: Path, index: int = 0) -> list[Turn]:
    """Return the turns of one session, as a second program would read them."""
    store = SessionStore(folder / "sessions")
    session = store.open(store.heads()[index].id, write=False)
    try:
        return session.all_turns()
    finally:
        session.close()


def error_answer(status: int, body: object, **headers: str) -> Answer:
    return Answer([json.dumps(body).encode()], status, {"content-type": "application/json", **headers})


async def test_the_first_text_is_on_screen_before_the_second_event_was_sent(tmp_path: Path) -> None:
    gate = asyncio.Event()
    transport = ScriptedTransport(Answer([chat("first-words "), gate, chat("second-words"), finish()]))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "hello there")
        await until(pilot, "first-words")
        assert "second-words" not in screen_text(pilot)
        assert "hello there" in screen_text(pilot)
        gate.set()
        await until(pilot, "second-words")
        await until(pilot, "7 + 3 tokens")
    turns = kept(tmp_path)
    assert [(t.role, t.text, t.outcome) for t in turns] == [
        ("user", "hello there", None),
        ("assistant", "first-words second-words", "complete"),
    ]
    assert turns[1].finish_reason == "stop"


async def test_the_prompt_is_on_disk_before_the_request_leaves(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    class Spy(ScriptedTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                seen.append([turn.text for turn in kept(tmp_path)])
            return await super().handle_async_request(request)

    async with app(tmp_path, Spy(Answer([chat("x"), finish()]))).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "keep me")
        await until(pilot, "7 + 3 tokens")
    assert seen == [["keep me"]]


async def test_case_083_escape_stops_a_reply_keeps_its_text_and_the_next_prompt_works(tmp_path: Path) -> None:
    never = asyncio.Event()
    transport = ScriptedTransport(
        Answer([chat("half an answer"), never]), Answer([chat("a whole answer"), finish()])
    )
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "one")
        await until(pilot, "half an answer")
        await pilot.press("escape")
        await until(pilot, "stopped by you")
        assert transport.bodies[0].closed.is_set()
        assert "half an answer" in screen_text(pilot)
        await say(pilot, "two")
        await until(pilot, "a whole answer")
        await until(pilot, "7 + 3 tokens")
    assert [(t.text, t.outcome) for t in kept(tmp_path)] == [
        ("one", None),
        ("half an answer", "stopped"),
        ("two", None),
        ("a whole answer", "complete"),
    ]
    assert [m["content"] for m in transport.sent()["messages"]] == ["one", "half an answer", "two"]


async def test_case_084_stopping_before_anything_came_gives_the_prompt_back(tmp_path: Path) -> None:
    transport = ScriptedTransport(Answer([], gate=asyncio.Event()))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "wait for it")
        await until(pilot, "waiting")
        await until(pilot, lambda: bool(transport.requests))
        assert chat_screen(pilot).prompt.value == ""
        await pilot.press("escape")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "wait for it")
    assert [(t.role, t.text) for t in kept(tmp_path)] == [("user", "wait for it")]


FAILURES: list[tuple[str, Callable[[], Answer], list[str]]] = [
    (
        "401",
        lambda: error_answer(401, {"error_code": "UNAUTHENTICATED", "message": "no"}),
        ["key"],
    ),
    (
        "400-token",
        lambda: Answer([b"Invalid Token"], 400, {"content-type": "text/plain"}),
        ["Invalid Token", "key"],
    ),
    ("403", lambda: error_answer(403, {"error_code": "PERMISSION_DENIED", "message": "nope"}), ["nope"]),
    ("404", lambda: error_answer(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "x"}), ["m1"]),
    (
        "html",
        lambda: Answer([b"<html><title>Login</title>"], 200, {"content-type": "text/html"}),
        ["a web page instead of a model"],
    ),
    ("empty", lambda: Answer([]), ["empty"]),
    (
        "markup",
        lambda: error_answer(400, {"error_code": "BAD_REQUEST", "message": "[/INST] [bold]x"}),
        ["[/INST] [bold]x"],
    ),
]


async def test_a_failure_is_a_sentence_and_the_prompt_comes_back(tmp_path: Path) -> None:
    transport = ScriptedTransport(*(answer() for _, answer, _ in FAILURES))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        for name, _, words in FAILURES:
            await say(pilot, f"try {name}")
            await until(pilot, lambda name=name: chat_screen(pilot).prompt.value == f"try {name}")  # type: ignore[misc]
            for word in words:
                await until(pilot, word)
            assert "Traceback" not in screen_text(pilot)
            await pilot.press("ctrl+n")
            await until(pilot, lambda: not chat_screen(pilot).prompt.value)
            await until(pilot, "Type a prompt")


def draft(folder: Path) -> str:
    """Return what a program killed now would leave unsent on the disk."""
    return "".join(path.read_text() for path in (folder / "sessions" / "drafts").glob("*.txt"))


async def test_a_failed_prompt_is_sent_again_as_a_sibling_not_twice(tmp_path: Path) -> None:
    transport = ScriptedTransport(
        error_answer(403, {"error_code": "PERMISSION_DENIED", "message": "nope"}),
        Answer([chat("now it works"), finish()]),
    )
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "try this")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "try this")
        # A command that is typed right then is one: the prompt is kept, and comes again.
        await pilot.press(*"/set")
        await until(pilot, "Tab completes")
        await until(pilot, "comes back after this command")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "try this")
        await pilot.press(*"/set max_tokens 77")
        await until(pilot, lambda: "try this" in draft(tmp_path))
        await pilot.press("enter")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "try this")
        await until(pilot, lambda: "comes back after" not in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, "now it works")
        await until(pilot, "7 + 3 tokens")
        assert "nope" not in screen_text(pilot)
    assert [m["content"] for m in transport.sent()["messages"]] == ["try this"]
    assert transport.sent()["max_tokens"] == 77


async def test_a_cut_stream_keeps_the_text_and_says_so(tmp_path: Path) -> None:
    transport = ScriptedTransport(Answer([chat("as far as it "), chat("came")]))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "tell me")
        await until(pilot, "cut off")
        assert "as far as it came" in screen_text(pilot)
        await until(pilot, lambda: "m1 · cut off" in screen_text(pilot).splitlines()[-1])
        # Of another model, which is asked next, that says nothing.
        await say(pilot, "/model m2")
        await until(pilot, lambda: "m2 · chat" in screen_text(pilot).splitlines()[-1])
        assert "cut off" not in screen_text(pilot).splitlines()[-1]
    assert kept(tmp_path)[1].outcome == "cut_off"


async def test_case_085_quitting_while_streaming_keeps_what_came_to_be_found_again(
    tmp_path: Path,
) -> None:
    transport = ScriptedTransport(Answer([chat("kept so far"), asyncio.Event()]))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "remember")
        await until(pilot, "kept so far")
        await pilot.app.action_quit()
    assert [(t.text, t.outcome) for t in kept(tmp_path)] == [("remember", None), ("kept so far", "stopped")]

    async with app(tmp_path, ScriptedTransport(), session="latest").run_test(size=SIZE) as pilot:
        await until(pilot, "kept so far")


async def test_a_reply_streams_on_while_another_session_is_shown(tmp_path: Path) -> None:
    gate = asyncio.Event()
    transport = ScriptedTransport(Answer([chat("begin "), gate, chat("middle "), finish()]))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "first session")
        await until(pilot, "begin")
        first = chat_screen(pilot)._works.shelf.shown_id
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "begin" not in screen_text(pilot))
        await chat_screen(pilot)._works.shelf.switch(first)
        await until(pilot, "begin")
        gate.set()
        await until(pilot, "begin middle")
        await until(pilot, "7 + 3 tokens")
    assert kept(tmp_path)[1].text == "begin middle "


async def test_an_unsent_prompt_survives_a_restart(tmp_path: Path) -> None:
    async with app(tmp_path, ScriptedTransport()).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        chat_screen(pilot).prompt.insert("half a thought")
        await until(pilot, lambda: any((tmp_path / "sessions").rglob("*draft*")))
        await pilot.app.action_quit()
    async with app(tmp_path, ScriptedTransport()).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "half a thought")


async def test_a_completion_model_is_asked_with_a_prompt(tmp_path: Path) -> None:
    listing = {"endpoints": [{"name": "m1", "task": "llm/v1/completions"}]}
    body = completion("Sure, flour") + finish()
    transport = ScriptedTransport(Answer([body]), listing=listing)
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "completion")
        await say(pilot, "Tell me about cookies.")
        await until(pilot, "Sure, flour")
    assert transport.sent()["prompt"] == "Tell me about cookies."
    assert "messages" not in transport.sent()


async def test_endpoint_model_and_max_tokens_change_without_the_mouse(tmp_path: Path) -> None:
    other = Endpoint("other", "https://other.invalid", "databricks", source="test", model="m2")
    listing = {"endpoints": [{"name": n, "task": "llm/v1/chat"} for n in ("m1", "m2", "m3-special")]}
    transport = ScriptedTransport(Answer([chat("ok"), finish()]), listing=listing)
    async with app(tmp_path, transport, endpoints=(TEST, other)).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await pilot.press("f5")
        await until(pilot, "m3-special")
        await pilot.press(*"special", "enter")
        await until(pilot, lambda: chat_screen(pilot)._choices.params.model == "m3-special")
        await say(pilot, "/set max_tokens 77")
        await until(pilot, "max_tokens 77")
        await say(pilot, "go")
        await until(pilot, "7 + 3 tokens")
    assert transport.sent()["max_tokens"] == 77
    assert "m3-special" in str(transport.requests[-1].url)


async def test_a_folder_that_cannot_be_written_is_said_and_the_chat_goes_on(tmp_path: Path) -> None:
    blocked = tmp_path / "sessions"
    blocked.write_text("a file where the folder should be")
    transport = ScriptedTransport(Answer([chat("in memory"), finish()]))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "NOT SAVED")
        await say(pilot, "hello")
        await until(pilot, "in memory")
        await until(pilot, "7 + 3 tokens")


async def test_a_broken_configuration_opens_the_app_and_names_the_line(tmp_path: Path) -> None:
    problem = ConfigError("config.toml, line 3: there is no key “colour”.", "Did you mean “theme”?", line=3)
    shown = app(tmp_path, ScriptedTransport(listing={"endpoints": []}), problems=(problem,))
    async with shown.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, "line 3")
        await until(pilot, "lists no models")  # what is asked for after the problems were told
        assert not notices(pilot), "it is told once"


async def test_an_empty_prompt_sends_nothing(tmp_path: Path) -> None:
    transport = ScriptedTransport()
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await pilot.press("enter")
        await say(pilot, "  \n ")
        await pilot.pause(0.1)
        assert not transport.requests


async def test_foreign_text_is_shown_as_it_is_and_acts_on_nothing(tmp_path: Path) -> None:
    hostile = "a\x1b]52;c;QUJD\x07b\x1b[2Jc\x9b31md[/x][bold]e\u202ef"
    transport = ScriptedTransport(Answer([chat(hostile), finish()]))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, hostile)
        await until(pilot, "[/x][bold]e")
        text = screen_text(pilot)
        assert not any(c in text for c in "\x1b\x07\x9b\u202e")
    assert kept(tmp_path)[1].text == hostile


async def test_every_size_shows_the_conversation_and_reaches_the_sidebar(tmp_path: Path) -> None:
    transport = ScriptedTransport(Answer([chat("the answer"), finish()]))
    async with app(tmp_path, transport).run_test(size=(60, 15)) as pilot:
        await until(pilot, lambda: chat_screen(pilot)._works.shelf.shown is not None)
        await say(pilot, "hello")
        for size in ((60, 15), (80, 24), (300, 100)):
            await pilot.resize_terminal(*size)
            await until(pilot, "the answer")
            await pilot.press("f4")
            await until(pilot, lambda: chat_screen(pilot).sidebar.has_focus_within)
            await until(pilot, "max_tokens")
            await pilot.press("escape")
            await until(pilot, lambda: chat_screen(pilot).prompt.has_focus)
            assert "the answer" in screen_text(pilot)


async def test_a_session_open_in_another_window_is_read_only_and_followed(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "sessions")
    store.prepare()
    other = store.new()
    first = Turn.prompt("written elsewhere")
    other.append(first)
    async with app(tmp_path, ScriptedTransport(), session=other.id).run_test(size=SIZE) as pilot:
        await until(pilot, "written elsewhere")
        assert "read-only · F1 help" in screen_text(pilot)
        await say(pilot, "may I?")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "may I?")
        other.append(Turn.prompt("added elsewhere", first.id))
        await until(pilot, "added elsewhere")
    other.close()


async def test_a_megabyte_can_be_pasted_and_sent(tmp_path: Path) -> None:
    transport = ScriptedTransport(Answer([chat("received"), finish()]))
    text = "".join(f"line {number} of a large paste\n" for number in range(40_000))
    assert len(text) > 1_000_000
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")

        prompt = chat_screen(pilot).prompt
        assert isinstance(prompt, TextArea)
        pilot.app.post_message(events.Paste(text))  # as the driver does
        await until(pilot, lambda: len(prompt.value) >= 1_000_000)
        await pilot.press("enter")
        await until(pilot, "received")
    assert transport.sent()["messages"][0]["content"].strip() == text.strip()
    assert len(kept(tmp_path)[0].text) > 1_000_000
