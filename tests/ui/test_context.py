"""A conversation that outgrows the model's window: said before it happens, and the user chooses."""

import asyncio
import json
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from textual import events
from textual.pilot import Pilot

from fmtui.core.chat import Turn
from fmtui.core.context import SUMMARY
from fmtui.core.hints import Hint, Known
from fmtui.core.sessions import SessionStore
from fmtui.ui import overflow_screen
from fmtui.ui.overflow_screen import OverflowScreen
from tests.ui.rig import (
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
from tests.ui.test_costs import services

SIZE = (110, 34)
WINDOW = Known({"m1": Hint(window=4_000, price_in=1, price_out=2)})
LONG = "word " * 323


def filled(folder: Path, exchanges: int = 4) -> str:
    """Keep a session of prompts and replies of about 410 tokens each; return its id."""
    store = SessionStore(folder / "sessions")
    session = store.new()
    before = ""
    for number in range(exchanges):
        for role in ("user", "assistant"):
            kept = f"{role}-{number} {LONG}"
            turn = Turn(f"{role[0]}{number}", role, kept, before, outcome="complete")
            session.append(turn)
            before = turn.id
    session.close()
    return session.id


def told(pilot: Pilot[None], text: str) -> bool:
    return any(text in words for words in notices(pilot))


def contents(transport: ScriptedTransport, index: int = -1) -> list[str]:
    return [message["content"] for message in transport.sent(index)["messages"]]


def more(folder: Path, session: str, known: Known = WINDOW) -> dict[str, Any]:
    return {**services(folder, known), "session": session}


async def asked(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, OverflowScreen))
    await until(pilot, "Back to the editor")
    await until(pilot, "waiting for your choice")
    assert "sending" not in screen_text(pilot)
    dialog = pilot.app.screen
    assert isinstance(dialog, OverflowScreen)
    dialog.clock = count(10**9, 60).__next__  # as if there was a pause before every key
    await until(pilot, dialog.acts_on_keys)


async def scrolled_to(pilot: Pilot[None], text: str) -> None:
    for _ in range(60):
        await pilot.pause()
        if text in " ".join(screen_text(pilot).split()):
            return
        await pilot.press("alt+up")
    raise AssertionError(screen_text(pilot))


async def test_as_few_turns_as_needed_are_left_out_which_holds_after_reopening_and_can_be_undone(
    tmp_path: Path,
) -> None:
    session = filled(tmp_path)
    before = (tmp_path / "sessions" / f"{session}.toml").read_bytes().partition(b"[[turns]]")[2]
    transport = ScriptedTransport(*(Answer([chat(f"new-{n}"), finish()]) for n in range(4)))
    async with app(tmp_path, transport, **more(tmp_path, session)).run_test(size=SIZE) as pilot:
        await until(pilot, "context 82 %")
        await say(pilot, "next")
        await asked(pilot)
        shown = screen_text(pilot)
        assert "max_tokens is 2,048" in shown
        assert "window has 4,000" in shown
        assert "1 Leave out the 4 oldest turns" in shown
        await pilot.press("enter")
        await until(pilot, "new-0")
        assert told(pilot, "The 4 oldest turns are left out")
        await until(pilot, "7 + 3 tokens")
        await scrolled_to(pilot, "the 4 turns above")
        assert [text.split()[0] for text in contents(transport)] == [
            "user-2",
            "assistant-2",
            "user-3",
            "assistant-3",
            "next",
        ]
        await chat_screen(pilot).close("stopped")
    assert before in (tmp_path / "sessions" / f"{session}.toml").read_bytes()
    async with app(tmp_path, transport, **more(tmp_path, session, Known())).run_test(size=SIZE) as pilot:
        await until(pilot, "new-0")
        await say(pilot, "reopened")
        await until(pilot, "new-1")
        assert contents(transport)[0].startswith("user-2")
        await say(pilot, "/context")
        await until(pilot, "the 4 oldest are left out")
        await pilot.press("escape")
        await say(pilot, "/whole")
        await until(pilot, lambda: told(pilot, "sent again"))
        await say(pilot, "all of it")
        await until(pilot, "new-2")
        assert contents(transport)[0].startswith("user-0")


async def test_escape_goes_back_to_the_editor_and_nothing_is_sent(tmp_path: Path) -> None:
    session = filled(tmp_path)
    transport = ScriptedTransport(Answer([chat("sent anyway"), finish()]), Answer([chat("again"), finish()]))
    async with app(tmp_path, transport, **more(tmp_path, session)).run_test(size=(80, 24)) as pilot:
        await until(pilot, "context 82 %")
        await say(pilot, "keep me")
        await asked(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "keep me")
        assert not transport.requests
        assert "complete ───" in screen_text(pilot)
        assert "▌ You" not in screen_text(pilot)
        await pilot.press("enter")
        await asked(pilot)
        await pilot.press("3")
        await until(pilot, "sent anyway")
        assert len(contents(transport)) == 9
        await say(pilot, "not asked again")
        await until(pilot, lambda: len(transport.requests) == 2)


async def test_a_summary_is_one_visible_billed_request_and_is_kept_and_sent(tmp_path: Path) -> None:
    session = filled(tmp_path)
    gate = asyncio.Event()
    transport = ScriptedTransport(
        Answer([chat("The gist "), gate, chat("of it."), finish(prompt=1_000, answer=500)]),
        Answer([chat("new-0"), finish(prompt=1_000, answer=0)]),
        Answer([chat("new-1"), finish()]),
    )
    options = more(tmp_path, session)
    async with app(tmp_path, transport, **options).run_test(size=SIZE) as pilot:
        await until(pilot, "context 82 %")
        await say(pilot, "next")
        await asked(pilot)
        await pilot.press("down")
        await until(pilot, "One request to the model now")
        await pilot.press("enter")
        await until(pilot, "The gist")
        gate.set()
        await until(pilot, "new-0")
        await scrolled_to(pilot, "● Context")
        await until(pilot, "The gist of it.")
        first = contents(transport, 0)
        assert first[0].startswith("You summarise")
        assert first[1].startswith("user-0")
        assert "Summarise the conversation so far" in first[-1]
        sent = contents(transport)
        assert sent[0].startswith(f"{SUMMARY}\n\nThe gist of it.")
        assert sent[-1].endswith("next")
        assert "user-2" not in json.dumps(sent)
        assert sent[1].startswith("assistant-3")
        # 1,000 + 500 tokens of the summary and 1,000 of the reply: a dollar and two for a million.
        await until(pilot, "$0.0030")
        await chat_screen(pilot).close("stopped")
    assert options["open_costs"]().of_session(session).replies == 2
    async with app(tmp_path, transport, **more(tmp_path, session)).run_test(size=SIZE) as pilot:
        await until(pilot, "new-0")
        await say(pilot, "more")
        await until(pilot, "new-1")
        assert contents(transport)[0].startswith(SUMMARY)


async def test_a_summary_that_is_stopped_or_fails_loses_nothing(tmp_path: Path) -> None:
    session = filled(tmp_path)
    transport = ScriptedTransport(Answer([chat("half of "), asyncio.Event()]), Answer([b"{}"], 418))
    async with app(tmp_path, transport, **more(tmp_path, session)).run_test(size=SIZE) as pilot:
        await until(pilot, "context 82 %")
        await say(pilot, "keep me")
        await asked(pilot)
        await pilot.press("2")
        await until(pilot, "half of")
        await pilot.press("escape")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "keep me")
        await until(pilot, lambda: "half of" not in screen_text(pilot))
        await pilot.press("enter")
        await asked(pilot)
        await pilot.press("2")
        await until(pilot, lambda: told(pilot, "There is no summary"))
        await asked(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "keep me")
    assert b"history = " not in (tmp_path / "sessions" / f"{session}.toml").read_bytes()


async def test_a_server_that_refuses_brings_the_same_choice_and_the_request_is_made_anew(
    tmp_path: Path,
) -> None:
    session = filled(tmp_path)
    refusal = json.dumps({"message": "This model's maximum context length is 3600 tokens."}).encode()
    headers = {"content-type": "application/json"}
    transport = ScriptedTransport(
        Answer([b'data: {"error":' + refusal + b"}\n\ndata: [DONE]\n\n"]),  # the same in a 200
        Answer([refusal], 400, headers),
        Answer([chat("now it fits"), finish()]),
    )
    async with app(tmp_path, transport, **more(tmp_path, session, Known())).run_test(size=SIZE) as pilot:
        await until(pilot, "assistant-3")
        await say(pilot, "next")
        await asked(pilot)
        assert "window has 3,600" in screen_text(pilot)
        await pilot.press("1")
        await until(pilot, lambda: len(transport.requests) == 2)
        await asked(pilot)
        await pilot.press("3")
        await until(pilot, "now it fits")
        assert contents(transport)[0].startswith("user-3")
        assert contents(transport)[-1] == "next"


async def test_asking_again_and_completions_are_kept_within_the_window_too(tmp_path: Path) -> None:
    session = filled(tmp_path)
    transport = ScriptedTransport(Answer([completion("completed"), finish()]))
    options = {**more(tmp_path, session), "mode": "completion"}
    async with app(tmp_path, transport, **options).run_test(size=SIZE) as pilot:
        await until(pilot, "context 82 %")
        await pilot.press("ctrl+r")
        await asked(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "assistant-3" in screen_text(pilot)
        assert not transport.requests
        await pilot.press("ctrl+r")
        await asked(pilot)
        await pilot.press("1")
        await until(pilot, "completed")
        assert transport.sent()["prompt"].startswith("user-2")


async def test_it_can_be_shortened_before_it_is_full(tmp_path: Path) -> None:
    session = filled(tmp_path)
    transport = ScriptedTransport(Answer([chat("short now"), finish()]))
    async with app(tmp_path, transport, **more(tmp_path, session, Known())).run_test(size=SIZE) as pilot:
        await until(pilot, "assistant-3")
        await say(pilot, "/shorten")
        await asked(pilot)
        assert "Go on anyway" not in screen_text(pilot)
        await pilot.press("1")
        await scrolled_to(pilot, "the 6 turns above")
        await say(pilot, "next")
        await until(pilot, "short now")
        assert contents(transport)[0].startswith("user-3")


async def test_another_model_has_another_window(tmp_path: Path) -> None:
    known = Known({"small": Hint(window=3_400), "m1": Hint(window=4_000_000)})
    session = filled(tmp_path)
    transport = ScriptedTransport()
    async with app(tmp_path, transport, **more(tmp_path, session, known)).run_test(size=SIZE) as pilot:
        await until(pilot, "assistant-3")
        await say(pilot, "/context")
        await until(pilot, "0 % of the window")
        await pilot.press("escape")
        await say(pilot, "/model small")
        await until(pilot, "context 96 %")
        await say(pilot, "/model m1")
        await until(pilot, lambda: "context" not in screen_text(pilot))


async def test_leaving_out_is_done_without_a_question_when_it_is_full_again(tmp_path: Path) -> None:
    session = filled(tmp_path)
    transport = ScriptedTransport(
        Answer([chat("new-0"), finish(prompt=1_900, answer=100)]), Answer([chat("new-1"), finish()])
    )
    async with app(tmp_path, transport, **more(tmp_path, session)).run_test(size=SIZE) as pilot:
        await until(pilot, "context 82 %")
        await say(pilot, "next")
        await asked(pilot)
        await pilot.press("1")
        await until(pilot, "1,900 + 100 tokens")
        assert contents(transport)[0].startswith("user-2")
        await say(pilot, "and next")
        await until(pilot, "new-1")
        assert told(pilot, "The 6 oldest turns")
        assert contents(transport)[0].startswith("user-3")
        await say(pilot, "/context")
        await until(pilot, "as you chose")


REFUSAL = json.dumps({"message": "This model's maximum context length is 3600 tokens."}).encode()
JSON = {"content-type": "application/json"}


async def test_what_is_typed_while_the_dialog_appears_goes_to_the_prompt_and_chooses_nothing(
    tmp_path: Path,
) -> None:
    session = filled(tmp_path)
    transport = ScriptedTransport(
        Answer([chat("sent anyway"), finish()]), Answer([chat("and what was queued"), finish()])
    )
    async with app(tmp_path, transport, **more(tmp_path, session)).run_test(size=SIZE) as pilot:
        await until(pilot, "context 82 %")
        now = [0.0]
        with patch.object(overflow_screen, "time", SimpleNamespace(monotonic=lambda: now[0])):
            await say(pilot, "keep me")
            await until(pilot, "Back to the editor")
        dialog = pilot.app.screen
        await pilot.press(*"has 2 partz", "backspace", *"s", "left", "right", "enter", *"34 ")
        dialog.post_message(events.Paste("1\n2"))
        for key in "end":
            now[0] += 0.6  # each key is within the pause after the one before
            await pilot.press(key)
        assert pilot.app.screen is dialog
        assert not transport.requests
        await until(pilot, "goes to the prompt")
        now[0] += 0.8
        await pilot.press("3")
        await until(pilot, "and what was queued")
        assert contents(transport, 0)[-1] == "keep me"
        assert contents(transport, 1)[-1] == "has 2 parts"
        assert chat_screen(pilot).prompt.value == "34 1\n2end"


async def test_a_server_that_refuses_while_the_next_prompt_is_typed_brings_no_dialog(tmp_path: Path) -> None:
    session = filled(tmp_path)
    gate = asyncio.Event()
    transport = ScriptedTransport(
        Answer([gate, REFUSAL], 400, JSON), Answer([REFUSAL], 400, JSON), Answer([chat("it fits"), finish()])
    )
    async with app(tmp_path, transport, **more(tmp_path, session, Known())).run_test(size=SIZE) as pilot:
        await until(pilot, "assistant-3")
        await say(pilot, "first")
        await until(pilot, lambda: len(transport.requests) == 1)
        await pilot.press(*"has 2")
        gate.set()
        await until(pilot, lambda: told(pilot, "/shorten"))
        await pilot.press(*" parts")
        prompt = chat_screen(pilot).prompt
        await until(pilot, lambda: prompt.value == "first\nhas 2 parts")
        assert pilot.app.screen is chat_screen(pilot)
        assert len(transport.requests) == 1
        await pilot.press("enter")
        await asked(pilot)
        await pilot.press("1")
        await until(pilot, "it fits")
        assert contents(transport)[-1] == "first\nhas 2 parts"
