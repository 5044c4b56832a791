"""`fmtui sessions` where it changes sessions, and the one history of the app and the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fmtui.core.chat import Params, Turn
from fmtui.core.sessions import SessionStore
from tests.command import Home
from tests.ui.rig import Answer, ScriptedTransport, app, chat, finish, say, until


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home folder."""
    return Home(tmp_path)


def keep(store: SessionStore, prompt: str) -> str:
    session = store.new()
    session.append(Turn("u1", "user", prompt))
    session.append(Turn("a1", "assistant", "Yes.", "u1", params=Params("demo", "m"), outcome="complete"))
    session.close()
    return session.id


async def test_sessions_are_renamed_marked_copied_deleted_and_brought_back(home: Home) -> None:
    first, second = keep(home.store, "One"), keep(home.store, "Two")

    async def sessions(*words: str, status: int = 0) -> list[list[str]]:
        done = await home.ask("sessions", *words)
        assert done.status == status, done.err
        return [row.split("\t") for row in done.out.splitlines()]

    await sessions("rename", first, "A", "better", "title")
    await sessions("tag", first, "#Work", "urgent")
    await sessions("tag", first, "+more", "--", "-urgent")
    assert await sessions("tag", first) == [["work"], ["more"]]
    await sessions("pin", "latest")
    await sessions("archive", first)
    rows = await sessions()
    assert [row[0] for row in rows] == [second]
    rows = await sessions("list", "--all")
    assert {row[0]: (row[-2], row[-1]) for row in rows} == {
        first: ("archived #work #more", "A better title"),
        second: ("pinned", "Two"),
    }
    ((copy,),) = await sessions("duplicate", first)
    assert home.store.preview(copy).answer == "Yes."
    await sessions("delete", copy)
    await sessions("delete", second)
    assert [row[0] for row in await sessions("trash")] == [second, copy]
    assert await sessions("restore") == [["restored", second, "Two"]]
    assert await sessions("purge") == []
    assert await sessions("purge", "--days", "0") == [["purged", copy, "A better title (copy)"]]
    await sessions("restore", copy, status=2)
    await sessions("rename", "nothing", "x", status=2)
    await sessions("purge", "--days", "soon", status=2)
    other = SessionStore(home.store.folder).open(second)
    refused = await home.ask("sessions", "unpin", second)
    assert refused.status == 1
    assert "open in another window" in refused.err
    other.close()


async def test_the_app_and_the_command_line_have_one_history(home: Home, tmp_path: Path) -> None:
    exported = tmp_path / "conversations.json"
    nodes = {
        "a": {"id": "a", "parent": None, "message": None},
        "b": {"id": "b", "parent": "a", "message": _said("user", "From elsewhere?")},
        "c": {"id": "c", "parent": "b", "message": _said("assistant", "# Yes\n\n- from *there*")},
    }
    talk = {"title": "Brought along", "create_time": 1.7e9, "id": "x1", "mapping": nodes, "current_node": "c"}
    exported.write_text(json.dumps([talk]))
    assert (await home.ask("sessions", "import", str(exported))).status == 0
    asked = await home.ask("ask", "-e", "demo", "Say one word.")
    assert asked.status == 0
    (session,) = (head.id for head in home.store.heads() if head.title == "Say one word.")

    transport = ScriptedTransport(Answer([chat("from the app"), finish()]))
    shown = app(tmp_path, transport, session="latest", open_store=lambda: SessionStore(home.store.folder))
    async with shown.run_test(size=(100, 30)) as pilot:
        await until(pilot, "Say one word.")
        await say(pilot, "asked in the app")
        await until(pilot, "from the app")
        await pilot.press("ctrl+o")
        await until(pilot, "Brought along")
        await pilot.press(*"brought", "enter")
        await until(pilot, "• from there")
    sent = [message["content"] for message in transport.sent()["messages"]]
    assert sent[0] == "Say one word."
    assert sent[-1] == "asked in the app"

    assert (await home.ask("ask", "-e", "demo", "-s", session, "asked by name")).status == 0
    assert (await home.ask("ask", "-e", "demo", "--continue", "asked at last")).status == 0
    texts = [turn.text for turn in home.turns(session)]
    assert [text for text in texts if "ask" in text.split(" ")[0]] == [
        "asked in the app",
        "asked by name",
        "asked at last",
    ]
    assert "from the app" in texts


def _said(role: str, text: str) -> dict[str, object]:
    return {
        "author": {"role": role},
        "create_time": 1.7e9,
        "content": {"content_type": "text", "parts": [text]},
    }
