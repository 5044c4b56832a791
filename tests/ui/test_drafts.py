"""What was typed is never lost: drafts, prompts on their way, and prompts that come back."""

import asyncio
import errno
import os
import threading
from pathlib import Path

import httpx
import pytest
from textual.pilot import Pilot

from fmtui.core.chat import Turn
from fmtui.core.endpoints import Endpoint
from fmtui.core.session_disk import Disk
from fmtui.core.sessions import Session, SessionStore
from fmtui.core.text import in_pages, pages_of
from tests.ui.rig import (
    TEST,
    Answer,
    ScriptedTransport,
    app,
    chat,
    chat_screen,
    finish,
    notices,
    say,
    screen_text,
    until,
)

SIZE = (110, 30)
OTHER = Endpoint("other", "https://other.invalid/v1", "openai", source="test", model="m2", models=("m2",))
DONE = "7 + 3 tokens"


def line_of(pilot: Pilot[None], words: str) -> str:
    return next((line for line in screen_text(pilot).splitlines() if words in line), "")


class SlowListing(ScriptedTransport):
    """Answers the listing, on which the mode of a prompt depends, only once a gate is open."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(*answers)
        self.listing_gate = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.method == "GET":
            await self.listing_gate.wait()
        return await super().handle_async_request(request)


class Faulty(Disk):
    """A disk that takes no turns while it is broken, or only once a gate is open; drafts it takes."""

    def __init__(self) -> None:
        self.broken = False
        self.gate = threading.Event()
        self.gate.set()

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write, late, or fail as a full disk does."""
        if b"[[turns]]" in bytes(data):
            self.gate.wait(120)
            if self.broken:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(descriptor, data)


def drafts(folder: Path) -> list[str]:
    """Return every unsent prompt that a program killed now would leave on the disk."""
    kept = (folder / "sessions" / "drafts").glob("*")
    return sorted(path.read_text() for path in kept if path.suffix in {".txt", ".beside"})


def typed(pilot: Pilot[None]) -> str:
    """Return what is in the editor."""
    return chat_screen(pilot).prompt.value


def reads_only(pilot: Pilot[None]) -> bool:
    """Return whether the shown session is another window's."""
    shown = chat_screen(pilot)._works.shelf.shown
    return shown is not None and shown.session.read_only


def begun(folder: Path) -> tuple[SessionStore, Session]:
    """Return a session as another window has it open."""
    store = SessionStore(folder / "sessions")
    store.prepare()
    session = store.new()
    session.append(Turn.prompt("written elsewhere"))
    return store, session


def turns(folder: Path, session_id: str) -> list[str]:
    """Return the texts of a session, as a second program would read them."""
    session = SessionStore(folder / "sessions").open(session_id, write=False)
    return [turn.text for turn in session.all_turns()]


# ---- a prompt that comes back ----


async def test_a_prompt_that_comes_back_to_a_session_left_is_put_before_the_draft_there(
    tmp_path: Path,
) -> None:
    refused = Answer([b'{"message": "no"}'], 403, {"content-type": "application/json"}, asyncio.Event())
    transport = ScriptedTransport(Answer([chat("yes"), finish()]), refused)
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "one")
        await until(pilot, DONE)
        await say(pilot, "two")
        await until(pilot, lambda: len(transport.requests) == 2)
        await pilot.press(*"mine")
        first = chat_screen(pilot)._works.shelf.shown_id
        await pilot.press("ctrl+n")
        await until(pilot, lambda: chat_screen(pilot)._works.shelf.shown_id != first)
        assert typed(pilot) == ""
        assert refused.gate is not None
        refused.gate.set()
        await until(pilot, lambda: drafts(tmp_path) == ["two\nmine"])
        await chat_screen(pilot)._works.shelf.switch(first)
        await until(pilot, lambda: typed(pilot) == "two\nmine")


async def test_coming_back_to_a_running_reply_shows_its_prompt_and_the_draft(tmp_path: Path) -> None:
    gate = asyncio.Event()
    transport = ScriptedTransport(Answer([chat("yes"), finish()]), Answer([chat("half"), gate, finish()]))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "one")
        await until(pilot, DONE)
        await say(pilot, "the second prompt")
        await until(pilot, "half")
        await pilot.press(*"mine")
        first = chat_screen(pilot)._works.shelf.shown_id
        await pilot.press("ctrl+n")
        await until(pilot, lambda: chat_screen(pilot)._works.shelf.shown_id != first)
        await chat_screen(pilot)._works.shelf.switch(first)
        await until(pilot, "the second prompt")
        assert typed(pilot) == "mine"
        gate.set()


async def test_the_next_start_tells_in_which_session_a_draft_was_left(tmp_path: Path) -> None:
    async with app(tmp_path, ScriptedTransport(Answer([chat("yes"), finish()]))).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "physics")
        await until(pilot, DONE)
        await pilot.press(*"mine")
        await pilot.press("ctrl+q")
    async with app(tmp_path, ScriptedTransport(Answer([chat("yes"), finish()]))).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "unsent" in line_of(pilot, "physics"))
        await pilot.press("f3", "down")
        await until(pilot, "unsent prompt")
        assert "unsent" in line_of(pilot, "2 turns")
        await pilot.press("enter")
        await until(pilot, lambda: typed(pilot) == "mine")
        await until(pilot, lambda: "unsent" not in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: drafts(tmp_path) == [])
        await pilot.press("ctrl+n")
        await until(pilot, "(new session)")
        await until(pilot, lambda: "unsent" not in line_of(pilot, "physics"))


# ---- a window that only reads ----


async def test_what_is_typed_in_a_reading_window_is_kept_beside_the_owners_draft_and_both_are_offered(
    tmp_path: Path,
) -> None:
    store, session = begun(tmp_path)
    store.save_draft(session.id, "the owner's")
    async with app(tmp_path, ScriptedTransport(), session=session.id).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: reads_only(pilot))
        assert typed(pilot) == ""
        await pilot.press(*"precious")
        await until(pilot, lambda: drafts(tmp_path) == ["precious", "the owner's"])
        await pilot.press("ctrl+n")
        await until(pilot, lambda: chat_screen(pilot)._works.shelf.shown_id != session.id)
        assert typed(pilot) == ""
        await chat_screen(pilot)._works.shelf.switch(session.id)
        await until(pilot, lambda: typed(pilot) == "precious")
        await pilot.press(*" more")
        await pilot.app.action_quit()
    assert drafts(tmp_path) == ["precious more", "the owner's"]
    session.close()
    async with app(tmp_path, ScriptedTransport(), session=session.id).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: typed(pilot) == "the owner's\nprecious more")
        await pilot.press("!")
        await until(pilot, lambda: drafts(tmp_path) == ["the owner's\nprecious more!"])


async def test_a_reading_window_that_becomes_the_writer_offers_the_draft_that_the_owner_left(
    tmp_path: Path,
) -> None:
    store, session = begun(tmp_path)
    store.save_draft(session.id, "the owner's")
    transport = ScriptedTransport(Answer([chat("yes"), finish()]))
    async with app(tmp_path, transport, session=session.id).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: reads_only(pilot))
        await say(pilot, "may I?")
        await until(pilot, lambda: typed(pilot) == "may I?")
        await until(pilot, lambda: drafts(tmp_path) == ["may I?", "the owner's"])
        session.close()
        await pilot.press("enter")
        await until(pilot, DONE)
        assert typed(pilot) == "the owner's"
        await until(pilot, lambda: drafts(tmp_path) == ["the owner's"])
        await pilot.app.action_quit()
    assert turns(tmp_path, session.id) == ["written elsewhere", "may I?", "yes"]
    assert sorted(path.suffix for path in (tmp_path / "sessions").rglob("*.*")) == [".toml", ".txt"]


async def test_what_is_set_in_a_reading_window_is_kept_once_it_becomes_the_writer(tmp_path: Path) -> None:
    store, session = begun(tmp_path)
    transport = ScriptedTransport(Answer([chat("yes"), finish()]))
    async with app(tmp_path, transport, session=session.id).run_test(size=SIZE) as pilot:
        await until(pilot, lambda: reads_only(pilot))
        await say(pilot, "/set temperature 0.5")
        await until(pilot, "0.5")
        session.configure({"temperature": 0.9, "top_p": 0.8})  # by the window that writes, until it goes
        session.close()
        await say(pilot, "may I?")
        await until(pilot, DONE)
        await until(pilot, lambda: store.open(session.id, write=False).settings.get("temperature") == 0.5)
        await pilot.app.action_quit()
    assert store.open(session.id, write=False).settings == {"temperature": 0.5}
    assert transport.sent()["temperature"] == 0.5


# ---- a disk that refuses, or takes its time ----


@pytest.mark.parametrize("trouble", ["full", "slow"])
async def test_a_draft_stays_on_the_disk_until_its_prompt_is_written(tmp_path: Path, trouble: str) -> None:
    disk, gate = Faulty(), asyncio.Event()
    transport = ScriptedTransport(Answer([chat("yes"), finish()]), Answer([chat("again"), gate, finish()]))
    starting = app(tmp_path, transport, open_store=lambda: SessionStore(tmp_path / "sessions", disk=disk))
    async with starting.run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "one")
        await until(pilot, DONE)
        await pilot.press(*"two")
        await until(pilot, lambda: drafts(tmp_path) == ["two"])
        disk.broken = trouble == "full"
        if trouble == "slow":
            disk.gate.clear()
        await pilot.press("enter")
        if trouble == "full":
            await until(pilot, "again")  # a failing disk ends no conversation, and is told
            await until(pilot, "NOT SAVED")
        await pilot.press(*"three")
        await until(pilot, lambda: drafts(tmp_path) == ["two\nthree"])
        assert len(transport.requests) == (2 if trouble == "full" else 1)
        disk.broken = False
        disk.gate.set()
        gate.set()
        await until(pilot, lambda: drafts(tmp_path) == ["three"])
        shown = chat_screen(pilot)._works.shelf.shown_id
        await until(pilot, lambda: turns(tmp_path, shown)[2:] == ["two", "again"])
        await until(pilot, lambda: "NOT SAVED" not in screen_text(pilot))


async def test_turns_that_the_disk_refused_are_there_after_another_session_and_leaving_asks(
    tmp_path: Path,
) -> None:
    disk = Faulty()
    disk.broken = True
    transport = ScriptedTransport(Answer([chat("only in memory"), finish()]))
    starting = app(tmp_path, transport, open_store=lambda: SessionStore(tmp_path / "sessions", disk=disk))
    async with starting.run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "one")
        await until(pilot, DONE)
        shelf = chat_screen(pilot)._works.shelf
        first = shelf.shown_id
        await pilot.press("ctrl+n")
        await until(pilot, lambda: shelf.shown_id != first)
        await shelf.switch(first)
        await until(pilot, "only in memory")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: any("did not take 2 turns" in words for words in notices(pilot)))
        assert starting.is_running
        disk.broken = False
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not starting.is_running)
    assert turns(tmp_path, first) == ["one", "only in memory"]


# ---- on its way ----


async def test_escape_takes_back_a_prompt_that_is_being_sent(tmp_path: Path) -> None:
    transport = SlowListing(Answer([chat("yes"), finish()]))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "first")
        await until(pilot, "sending")
        assert "Esc stops" in screen_text(pilot)
        await pilot.press(*"since", "escape")
        await until(pilot, lambda: typed(pilot) == "first\nsince")
        assert "sending" not in screen_text(pilot)
        transport.listing_gate.set()
        await until(pilot, lambda: drafts(tmp_path) == ["first\nsince"])
        assert not transport.requests
        await pilot.press("enter")
        await until(pilot, DONE)
    assert [m["content"] for m in transport.sent()["messages"]] == ["first\nsince"]


async def test_a_prompt_goes_where_it_was_meant_to_go_when_enter_was_pressed(tmp_path: Path) -> None:
    transport = SlowListing(Answer([chat("yes"), finish()]), Answer([chat("to m2"), finish()]))
    async with app(tmp_path, transport, endpoints=(TEST, OTHER)).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "for m1")
        await until(pilot, "sending")
        await pilot.app.screen.command("model.switch", "another")  # type: ignore[attr-defined]
        chat_screen(pilot)._choices.choose_endpoint("other")
        await say(pilot, "too soon")
        await until(pilot, "1 queued")
        await until(pilot, lambda: drafts(tmp_path) == ["too soon\n\f\n"])
        chat_screen(pilot)._choices.choose_endpoint("test")
        transport.listing_gate.set()
        await until(pilot, lambda: len(transport.requests) == 2)
        await until(pilot, "to m2")
    assert [str(request.url) for request in transport.requests] == [
        "https://test.invalid/serving-endpoints/m1/invocations",
        "https://other.invalid/v1/chat/completions",
    ]


async def test_a_prompt_that_is_being_sent_belongs_to_the_session_in_which_it_was_entered(
    tmp_path: Path,
) -> None:
    transport = SlowListing(Answer([chat("yes"), finish()]))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "first")
        await until(pilot, "sending")
        first = chat_screen(pilot)._works.shelf.shown_id
        await pilot.press("ctrl+n")
        await until(pilot, lambda: chat_screen(pilot)._works.shelf.shown_id != first)
        await until(pilot, lambda: "sending" not in screen_text(pilot))
        assert not chat_screen(pilot).stop_reply()
        transport.listing_gate.set()
        await until(pilot, lambda: turns(tmp_path, first) == ["first", "yes"])
        assert "yes" not in screen_text(pilot)


async def test_a_prompt_that_is_being_sent_comes_back_when_the_app_ends(tmp_path: Path) -> None:
    async with app(tmp_path, SlowListing()).run_test(size=SIZE) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "first")
        await until(pilot, "sending")
        await pilot.press(*"since")
        await pilot.app.action_quit()
    assert drafts(tmp_path) == ["first\nsince"]


@pytest.mark.parametrize("text", ["plain", "a\n\f\nb", "\f", "\f\n\f\f\n", "x\n\f", "\fx\n\fy", ""])
def test_a_text_with_form_feeds_of_its_own_stays_one_page(text: str) -> None:
    assert pages_of(in_pages([text])) == [text]
    assert pages_of(in_pages([text, "b", text])) == [text, "b", text]
