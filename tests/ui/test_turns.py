"""Turns as wholes: asked again, edited, gone on with, deleted, walked; and prompts that wait their turn."""

import asyncio
import json
import threading
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
from textual.pilot import Pilot

from fmtui.copying import Clipboard, Copied
from fmtui.core.sessions import SessionStore
from fmtui.ui import chat_telling, chat_turns
from fmtui.ui.chat_leads import asked_and_answer
from fmtui.ui.pace import Pace
from tests.ui.rig import (
    Answer,
    ScriptedTransport,
    app,
    at_once,
    chat,
    chat_screen,
    finish,
    notices,
    say,
    screen_text,
    until,
)

SIZE = (80, 24)
DONE = "7 + 3 tokens"
MODELS = {"endpoints": [{"name": name, "task": "llm/v1/chat"} for name in ("m1", "m2")]}


def answer(text: str, reason: str = "stop") -> Answer:
    return Answer([chat(text), finish(reason)])


def refusal(status: int, message: str) -> Answer:
    return Answer([json.dumps({"message": message}).encode()], status, {"content-type": "application/json"})


def kept(folder: Path) -> list[tuple[str, str]]:
    """Return role and text of each turn of the branch that the next start shows."""
    store = SessionStore(folder / "sessions")
    session = store.open(store.heads()[0].id, write=False)
    return [(turn.role, turn.text) for turn in session.path_to()]


def drafts(folder: Path) -> list[str]:
    return [path.read_text() for path in (folder / "sessions" / "drafts").glob("*.txt")]


def typed(pilot: Pilot[None]) -> str:
    return chat_screen(pilot).prompt.value


def sent(transport: ScriptedTransport, index: int = -1) -> list[str]:
    return [message["content"] for message in transport.sent(index)["messages"]]


async def ready(pilot: Pilot[None], *prompts: str) -> None:
    await until(pilot, "max_tokens")
    for count, text in enumerate(prompts, 1):
        await say(pilot, text)
        await until(pilot, f"answer {count}")
        await idle(pilot)


def edits(folder: Path) -> str:
    """Return the changed prompts that a program killed now would leave on the disk."""
    return "".join(path.read_text() for path in (folder / "sessions" / "drafts").glob("*.edits"))


async def idle(pilot: Pilot[None]) -> None:
    shown = chat_screen(pilot)._works.shelf.shown
    assert shown is not None
    await until(pilot, lambda: not shown.running)


async def test_answers_are_asked_again_edited_walked_deleted_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = ScriptedTransport(
        *(answer(f"answer {number}") for number in (1, 2)),
        answer("another first"),
        answer("of m2"),
        answer("to the edited"),
        listing=MODELS,
    )
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await ready(pilot, "one", "two")

        # Ask again for the first answer, in browse mode: the branch below it stays.
        await pilot.press("alt+v", "K", "K", "K", "r")
        await until(pilot, "another first")
        await idle(pilot)
        assert sent(transport) == ["one"]
        assert "[2/2]" in screen_text(pilot)
        assert "answer 2" not in screen_text(pilot)
        await pilot.press("left_square_bracket")
        await until(pilot, "answer 2")
        assert "[1/2]" in screen_text(pilot)
        assert chat_screen(pilot).conversation.answer_at_cursor() == "answer 1"
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: any("no branch before" in words for words in notices(pilot)))

        # Another model for once: the choice stays what it was.
        await pilot.press("escape")
        # The list of them begins where Enter does not ask the same again.
        await say(pilot, "/retrywith")
        await until(pilot, "Ask another model")
        await pilot.press("enter")
        await until(pilot, "of m2")
        await idle(pilot)
        assert "m2" in transport.requests[-1].url.path
        assert chat_screen(pilot)._choices.params.model == "m1"
        assert sent(transport) == ["one", "answer 1", "two"]

        # Edit the first prompt: a draft waits, Esc leaves, and what was changed is not lost.
        # What is typed behind the key gets into it, however long the disk takes to bring the prompt.
        chat_screen(pilot).prompt.insert("my draft")
        brought = threading.Event()
        monkeypatch.setattr(
            chat_turns, "asked_and_answer", lambda *of: (brought.wait(), asked_and_answer(*of))[1]
        )
        at_once(pilot, "alt+v", "K", "K", "K", "K", "e", "!")
        asyncio.get_running_loop().call_later(0.2, brought.set)
        await until(pilot, "Editing your prompt of")
        await until(pilot, lambda: typed(pilot) == "one!")
        await pilot.press("escape")
        await until(pilot, lambda: typed(pilot) == "my draft")
        assert "Editing" not in screen_text(pilot)
        await until(pilot, lambda: "one!" in edits(tmp_path))
        await pilot.press("alt+v", "K", "K", "K", "K", "e")
        await until(pilot, lambda: typed(pilot) == "one!")
        await pilot.press("enter")
        await until(pilot, "to the edited")
        await idle(pilot)
        await until(pilot, lambda: not edits(tmp_path))
        assert sent(transport) == ["one!"]
        assert typed(pilot) == "my draft"
        assert "You  [2/2]" in screen_text(pilot)

        # Delete that branch; the other is shown, and comes back with what was deleted.
        await pilot.press("alt+v", "K", "K", "d")
        await until(pilot, "of m2")
        assert "one!" not in screen_text(pilot).replace("my draft", "")
        await pilot.press("u")
        await until(pilot, "to the edited")
        await pilot.press("d")
        await until(pilot, "of m2")
        await pilot.press("escape")
        chat_screen(pilot).prompt.take()
        await say(pilot, "/sibling 2")
        await pilot.app.action_quit()
    shown = kept(tmp_path)
    assert shown == [("user", "one"), ("assistant", "answer 1"), ("user", "two"), ("assistant", "of m2")]

    async with app(tmp_path, ScriptedTransport(), session="latest").run_test(size=SIZE) as pilot:
        await until(pilot, "of m2")
        await say(pilot, "/sibling 1")
        await until(pilot, "answer 2")
        await pilot.press("alt+v", "K", "e")
        await until(pilot, lambda: typed(pilot) == "two" and chat_screen(pilot).prompt.has_focus)
        await pilot.press("!", "escape")
        await until(pilot, lambda: "two!" in edits(tmp_path))
        await pilot.app.action_quit()
    assert kept(tmp_path)[-1] == ("assistant", "answer 2")

    # What was changed and not sent is there again; put back as it was, it is forgotten.
    async with app(tmp_path, ScriptedTransport(), session="latest").run_test(size=SIZE) as pilot:
        await until(pilot, "answer 2")
        await pilot.press("alt+v", "K", "e")
        await until(pilot, lambda: typed(pilot) == "two!" and chat_screen(pilot).prompt.has_focus)
        await pilot.press("backspace", "escape")
        await until(pilot, lambda: not edits(tmp_path))
        await say(pilot, "/restore")
        await until(pilot, "to the edited")


async def test_what_is_asked_anew_and_brings_nothing_leaves_all_as_it_was(tmp_path: Path) -> None:
    transport = ScriptedTransport(
        answer("answer 1"),
        refusal(403, "not today"),
        Answer([], gate=asyncio.Event()),
        refusal(403, "nor now"),
        answer("at last"),
    )
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await ready(pilot, "one")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: any("not today" in words for words in notices(pilot)))
        await until(pilot, "answer 1")
        assert typed(pilot) == ""
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(transport.requests) == 3)
        await pilot.press("escape")
        await until(pilot, "answer 1")

        await say(pilot, "/editturn")
        await until(pilot, lambda: typed(pilot) == "one")
        await pilot.press("?", "enter")
        await until(pilot, lambda: any("nor now" in words for words in notices(pilot)))
        await until(pilot, lambda: typed(pilot) == "one?")
        await until(pilot, "Editing your prompt")
        await until(pilot, "answer 1")
        await pilot.press("enter")
        await until(pilot, "at last")
        await idle(pilot)
        assert "[2/2]" in screen_text(pilot)
    assert kept(tmp_path) == [("user", "one?"), ("assistant", "at last")]


async def test_a_cut_answer_is_gone_on_with_and_joined_and_the_cut_one_is_kept(tmp_path: Path) -> None:
    gate = asyncio.Event()
    transport = ScriptedTransport(
        answer("first, melt the butter", "length"),
        Answer([chat("melt the "), chat("butter and stir"), gate]),
        refusal(400, "no"),
        answer("butter and stir well.", "stop"),
    )
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "cake?")
        await until(pilot, "/continue goes on")
        await pilot.press("alt+v", "m")
        await until(pilot, "first, melt the butter and stir")
        assert "[2/2]" in screen_text(pilot)
        asked = sent(transport)
        assert asked[:2] == ["cake?", "first, melt the butter"]
        assert "cut off" in asked[2]
        await pilot.press("escape", "escape")
        await until(pilot, "stopped by you: /continue goes on")

        await say(pilot, "/continue")  # which fails: nothing is added, and nothing is lost
        await until(pilot, lambda: len(transport.requests) == 3)
        await until(pilot, "first, melt the butter and stir")
        await idle(pilot)
        await say(pilot, "/continue")
        await until(pilot, "first, melt the butter and stir well.")
        await idle(pilot)
        await until(pilot, "[3/3]")
        await until(pilot, "the figures are those of the continuation")
        await say(pilot, "/continue")
        await until(pilot, lambda: any("complete" in words for words in notices(pilot)))
        await say(pilot, "/sibling 1")
        await until(pilot, "[1/3]")
        await pilot.app.action_quit()
    assert kept(tmp_path) == [("user", "cake?"), ("assistant", "first, melt the butter")]


async def test_prompts_wait_for_the_reply_and_none_is_lost_or_sent_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pace, "figures_s", 60.0)
    monkeypatch.setattr(chat_telling, "BACK_S", 0.01)
    gates = [asyncio.Event(), asyncio.Event()]
    transport = ScriptedTransport(
        Answer([chat("begins"), gates[0], finish()]),
        answer("to the second"),
        Answer([chat("third begins"), gates[1]]),
        answer("to the fourth"),
    )
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "first")
        await until(pilot, "begins")
        await until(pilot, "first token")  # at once, however seldom its figures are renewed
        await pilot.press("ctrl+x", "e")
        await until(pilot, lambda: any("A reply is running" in words for words in notices(pilot)))
        for text in ("/retry m2", "/sibling 2"):  # what is refused is not gone
            await say(pilot, text)
            await until(pilot, lambda text=text: typed(pilot) == text)  # type: ignore[misc]  # a default of a lambda
            chat_screen(pilot).prompt.take()
        await say(pilot, "/continue")
        await pilot.press("ctrl+underscore")
        assert chat_screen(pilot).prompt.take() == "/continue"
        for text in ("second", "third", "fourth", "fifth"):
            await say(pilot, text)
        await until(pilot, "4 queued")
        await until(pilot, "fifth")
        await pilot.press("up")
        assert typed(pilot) == "fifth"
        await pilot.press("!", "enter")
        await until(pilot, "4  fifth!")
        # One that is taken back to be edited comes back to its place; cut and put back, to the end.
        await say(pilot, "/unqueue 2")
        await until(pilot, "Editing number 2 of them · Enter puts it back there")
        assert typed(pilot) == "third"
        await pilot.press("enter")
        await until(pilot, "2  third")
        for text in ("fourth", "fifth!"):
            await say(pilot, "/unqueue 3")
            await until(pilot, lambda text=text: typed(pilot) == text)  # type: ignore[misc]  # a default of a lambda
            await pilot.press("ctrl+u")
            await until(pilot, lambda: "Editing number" not in screen_text(pilot))
            await pilot.press("alt+p", "enter")
            await until(pilot, f"4  {text}")
        await until(pilot, lambda: drafts(tmp_path) == ["second\n\f\nthird\n\f\nfourth\n\f\nfifth!\n\f\n"])

        # The reply ends: the next two go out in order. A stopped reply holds the rest.
        gates[0].set()
        await until(pilot, "third begins")
        assert [sent(transport, index)[-1] for index in range(3)] == ["first", "second", "third"]
        await until(pilot, "2 queued")

        # Without a cursor the last prompt is meant, which is being answered: none before it is taken.
        # One at the cursor is edited meanwhile, and Esc leaves that first.
        await pilot.press("ctrl+x", "e")
        await until(pilot, lambda: not any(each.group == "turns" for each in chat_screen(pilot).workers))
        assert typed(pilot) == ""
        await pilot.press("alt+v", "K", "K", "K", "e")
        await until(pilot, lambda: typed(pilot) == "second")
        assert "F1 help" in screen_text(pilot).splitlines()[-1]
        await pilot.press("enter")
        await until(pilot, "Enter makes a branch of this when it has ended.")
        await pilot.press("escape")
        await until(pilot, lambda: typed(pilot) == "" and "Esc stops" in screen_text(pilot).splitlines()[-1])
        assert "held" not in screen_text(pilot)
        await pilot.press("escape")
        await until(pilot, "held, the reply was stopped · Ctrl+X q sends")
        assert len(transport.requests) == 3
        await pilot.press("alt+q")
        await until(pilot, lambda: typed(pilot) == "fifth!")
        await until(pilot, "1 queued")

        # They are there again after a restart, held.
        await pilot.app.action_quit()
    async with app(tmp_path, transport, session="latest").run_test(size=SIZE) as pilot:
        await until(pilot, "1 queued · held")
        assert typed(pilot) == "fifth!"
        chat_screen(pilot).prompt.take()
        await say(pilot, "/queue")
        await until(pilot, "to the fourth")
        await idle(pilot)
        assert "queued" not in screen_text(pilot)
        await until(pilot, lambda: not drafts(tmp_path))
    assert sent(transport)[-1] == "fourth"


async def test_a_window_that_only_reads_says_so_and_changes_nothing(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "sessions")
    transport = ScriptedTransport(answer("answer 1"))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await ready(pilot, "one")
    writer = store.open(store.heads()[0].id)
    before = writer.path.read_bytes()
    async with app(tmp_path, ScriptedTransport(), session="latest").run_test(size=SIZE) as pilot:
        await until(pilot, "answer 1")
        await pilot.press("alt+v")
        for key in ("d", "e", "r", "m", "u"):
            await pilot.press(key)
            await idle(pilot)
        await until(pilot, lambda: any("has this session; Ctrl+N" in words for words in notices(pilot)))
        assert sum("another window" in words for words in notices(pilot)) == 1
        assert "answer 1" in screen_text(pilot)
    assert writer.path.read_bytes() == before
    writer.close()


async def test_prompts_that_wait_are_sent_in_a_session_that_is_not_shown(tmp_path: Path) -> None:
    gate, hold = asyncio.Event(), asyncio.Event()
    transport = ScriptedTransport(
        Answer([chat("begins"), gate, finish()]),
        Answer([chat("elsewhere"), finish()]),
        Answer([chat("cut"), hold, httpx.ReadError("gone")]),
        listing=MODELS,
    )
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "first")
        await until(pilot, "begins")
        for text in ("second", "third", "fourth"):
            await say(pilot, text)
        await until(pilot, "3 queued")
        first = chat_screen(pilot)._works.shelf.shown_id
        await pilot.press("ctrl+n")
        await until(pilot, lambda: chat_screen(pilot)._works.shelf.shown_id != first)
        await until(pilot, lambda: "queued" not in screen_text(pilot))
        gate.set()
        await until(pilot, lambda: len(transport.requests) == 3)
        assert sent(transport)[-1] == "third"
        assert "elsewhere" not in screen_text(pilot)
        hold.set()  # that one breaks: the rest is held, and found on the way back
        await until(pilot, lambda: drafts(tmp_path) == ["fourth\n\f\n"])
        await chat_screen(pilot)._works.shelf.switch(first)
        await until(pilot, "1 queued · held")
        assert typed(pilot) == ""
        await pilot.press("up")
        assert typed(pilot) == "fourth"


async def test_a_code_block_is_copied_by_its_number_or_at_the_cursor(tmp_path: Path) -> None:
    text = "see\n\n```sh\nls -l\n```\n\nand\n\n```python\nx = 1\n```\n"
    async with app(tmp_path, ScriptedTransport(answer(text))).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "code?")
        await until(pilot, DONE)
        with patch.object(Clipboard, "put", autospec=True, return_value=Copied("sent", done=True)) as put:
            for keys, copied in (
                ("/copy code", "x = 1"),
                ("/copy code 1", "ls -l"),
                ("/copycode 2", "x = 1"),
            ):
                put.reset_mock()
                await say(pilot, keys)
                await until(pilot, lambda: put.await_count == 1)
                assert put.await_args_list[0].args[1] == copied
            await until(pilot, lambda: "Code block 2 of 2: sent" in notices(pilot))
            put.reset_mock()
            await pilot.press("alt+v", "K", "j", "c")
            await until(pilot, lambda: put.await_count == 1)
            assert put.await_args_list[0].args[1] == "ls -l"
            await pilot.press("escape")
            await say(pilot, "/copy code 3")
            await until(pilot, lambda: any("2 code blocks" in words for words in notices(pilot)))
