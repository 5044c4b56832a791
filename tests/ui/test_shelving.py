"""Sessions as a whole, in the app: what is done with them, found in them, and said when a reply ends."""

from __future__ import annotations

import asyncio
import platform
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fmtui.core.chat import Params, Turn
from fmtui.core.sessions import SessionStore
from fmtui.ui.rows import RowList
from fmtui.ui.session_list import SessionList
from fmtui.ui.session_search import SessionSearch
from tests.ui.rig import (
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


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions")


def keep(store: SessionStore, *turns: tuple[str, str, str]) -> str:
    """Keep a session of turns: id, text and what each follows."""
    session = store.new()
    for turn_id, text, parent in turns:
        reply = turn_id.startswith("a")
        params = Params("test", "m1") if reply else None
        role, outcome = ("assistant", "complete") if reply else ("user", None)
        session.append(Turn(turn_id, role, text, parent, params=params, outcome=outcome))  # type: ignore[arg-type]
    session.close()
    return session.id


def listed(pilot: Pilot[None]) -> list[str]:
    return [row.text for row in chat_screen(pilot).sidebar.query_one("#sessions", RowList).rows]


def in_dialog(pilot: Pilot[None]) -> list[str]:
    return [row.text for row in pilot.app.screen.query_one(RowList).rows]


async def test_sessions_are_marked_deleted_and_brought_back_by_commands_and_in_the_list(
    tmp_path: Path, store: SessionStore
) -> None:
    first = keep(store, ("u1", "Old talk", ""), ("a1", "Old answer", "u1"))
    second = keep(store, ("u1", "New talk", ""), ("a1", "New answer", "u1"))
    shown = app(tmp_path, ScriptedTransport(), session=second)
    async with shown.run_test(size=(120, 40)) as pilot:
        await until(pilot, "New answer")
        await say(pilot, "/rename Better \x1b[2Jname")
        await until(pilot, lambda: listed(pilot) == ["Better ␛[2Jname", "Old talk"])
        # Without a title it is asked for, and what is being written stays as it is.
        chat_screen(pilot).prompt.insert("draft")
        await pilot.press("f2")
        await until(pilot, "Commands")
        await pilot.press(*"rename", "enter")
        await until(pilot, "Enter uses it")
        await pilot.press("end", "!", "enter")
        await until(pilot, lambda: listed(pilot)[0] == "Better ␛[2Jname!")
        assert chat_screen(pilot).prompt.take() == "draft"
        await say(pilot, "/rename Better \x1b[2Jname")
        await until(pilot, lambda: listed(pilot)[0] == "Better ␛[2Jname")
        await say(pilot, "/tag")
        await until(pilot, "Tag session")
        await pilot.press(*"work urgent", "enter")
        await until(pilot, "Tags: #work #urgent.")
        await say(pilot, "/archive")
        await until(pilot, "Archived")
        assert listed(pilot)[0] == "Better ␛[2Jname", "the one on the screen is listed all the same"
        assert store.heads()[0].marks == (False, True, ("work", "urgent"))

        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, SessionList))
        await until(pilot, "Old talk")
        await pilot.press(*"old")
        await until(pilot, "m1: Old answer")
        await pilot.press("ctrl+p")
        await until(pilot, "Pinned: it stays")
        await pilot.press("ctrl+k")
        await until(pilot, "^Z brings it back")
        assert in_dialog(pilot) == []
        await pilot.press("ctrl+z")
        await until(pilot, lambda: in_dialog(pilot) == ["Old talk"])
        await pilot.press("escape")
        await until(pilot, lambda: listed(pilot)[0] == "★ Old talk")

        await say(pilot, "/duplicate")
        await until(pilot, lambda: "Better ␛[2Jname (copy)" in listed(pilot))
        await until(pilot, "New answer")
        await say(pilot, "/delete")
        await until(pilot, lambda: "Better ␛[2Jname (copy)" not in listed(pilot))
        assert "New answer" not in screen_text(pilot)
        await say(pilot, "/delete")
        await until(pilot, "nothing to delete")
        await say(pilot, "/undelete")
        await until(pilot, "New answer")
        # What was shown until it was deleted in the list is shown again, once it is back.
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, SessionList))
        await pilot.press("ctrl+r")
        await until(pilot, "Enter keeps it · Esc leaves it as it was")
        await pilot.press("escape")
        await until(pilot, "Enter opens · Esc leaves")
        await pilot.press("ctrl+k")
        await until(pilot, "^Z brings it back")
        await pilot.press("ctrl+z")
        await until(pilot, "is back")
        await pilot.press("escape")
        await until(pilot, "New answer")
        await say(pilot, "/undelete")
        await until(pilot, "nothing in the trash")
        # One that another window deletes meanwhile is told of, and nothing hangs.
        gone = keep(store, ("u1", "Gone soon", ""), ("a1", "Bye", "u1"))
        await pilot.press("ctrl+o")
        await until(pilot, "Gone soon")
        SessionStore(store.folder).delete(gone)
        await pilot.press(*"gone", "ctrl+p")
        await until(pilot, "There is no session")
        await pilot.press("ctrl+z")
        await until(pilot, "is back")
        await pilot.press("escape")
        other = SessionStore(store.folder).open(first)
        (store.folder / f"{first}.lock").write_text(f"pid 1 on {platform.node()}\n")
        await pilot.press("ctrl+o")
        await until(pilot, "read-only")
        await pilot.press(*"old", "ctrl+k")
        await until(pilot, "open in another window")
        assert store._path(first).exists()
        other.close()


async def test_what_is_found_is_gone_to_in_its_branch_and_marked(tmp_path: Path, store: SessionStore) -> None:
    long = "\n\n".join(f"paragraph {n}" for n in range(60))
    wanted = keep(
        store,
        ("u1", "Begin", ""),
        ("a1", f"{long}\n\nwith a NEEDLE in it\n\n{long}\n\nanother needle", "u1"),
        ("a2", "the newest answer", "u1"),
    )
    keep(store, ("u1", "Another", ""), ("a1", "nothing of it", "u1"))
    shown = app(tmp_path, ScriptedTransport())
    async with shown.run_test(size=(80, 24)) as pilot:
        await until(pilot, chat_screen(pilot)._works.shelf.ready.is_set)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(pilot.app.screen, SessionSearch))
        await pilot.press(*"needle")
        await until(pilot, "1 place in 1 session")
        assert in_dialog(pilot)[0] == "Begin"
        await pilot.press("enter")
        await until(pilot, "with a NEEDLE in it")
        await until(pilot, "1/2")
        assert chat_screen(pilot)._works.shelf.shown_id == wanted
        await until(pilot, lambda: any("another branch" in words for words in notices(pilot)))
        await pilot.press("n")
        await until(pilot, "another needle")
        await pilot.press("escape")
        await until(pilot, lambda: chat_screen(pilot).prompt.has_focus)
        assert "Find:" not in screen_text(pilot)
        # Of several words it is where they are nearest, not where the first of them is.
        await say(pilot, "/search another paragraph needle")
        await until(pilot, "1 place in 1 session")
        await pilot.press("enter")
        await until(pilot, "another needle")
        await until(pilot, "1/1")
        await until(pilot, lambda: "Find: another" in screen_text(pilot))
        # Keys act where it is: on the prompt, not on the reply below it.
        await pilot.press("escape")
        await say(pilot, "/search begin")
        await until(pilot, "2 places in 1 session")
        await pilot.press("down", "enter")
        await until(pilot, "▌▌ Begin")
        # The next one of them is looked for with the same words, which the first letter replaces.
        await pilot.press("escape", "f7")
        await until(pilot, "2 places in 1 session")
        await pilot.press(*"paragraph 59")
        await until(pilot, "1 place in 1 session")


async def test_an_answer_that_came_elsewhere_is_marked_until_it_is_seen(
    tmp_path: Path, store: SessionStore
) -> None:
    earlier = keep(store, ("u1", "Earlier", ""), ("a1", "Earlier answer", "u1"))
    gates = asyncio.Event(), asyncio.Event()
    answers = [Answer([chat("slow"), gate, chat(" end"), finish()]) for gate in gates]
    named = asyncio.Event()
    title = Answer([chat('"A fine'), named, chat(' title."'), finish()])
    after = Answer([chat("answered in its turn"), finish()])
    shown = app(tmp_path, ScriptedTransport(*answers, title, after))
    async with shown.run_test(size=(120, 40)) as pilot:
        await say(pilot, "first question")
        await until(pilot, "slow")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "slow" not in screen_text(pilot))
        await say(pilot, "second question")
        await until(pilot, "slow")
        sidebar = chat_screen(pilot).sidebar.query_one("#sessions", RowList)
        await until(pilot, lambda: [row.detail for row in sidebar.rows].count("running") == 2)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: screen_text(pilot).count(" running ") == 2)
        await pilot.press("escape")
        await say(pilot, "/sessions")
        await until(pilot, lambda: isinstance(pilot.app.screen, SessionList))
        await pilot.press(*"Earlier", "enter")
        await until(pilot, "Earlier answer")
        gates[0].set()
        await until(pilot, lambda: [row.detail for row in sidebar.rows].count("new") == 1)
        unseen = next(row for row in sidebar.rows if row.detail == "new")
        assert (unseen.text, unseen.mark) == ("first question", "◆")
        assert SessionStore(store.folder).unseen() == {unseen.id}, "also after a restart"
        assert chat_screen(pilot)._works.shelf.shown_id == earlier

        await pilot.press("ctrl+o")
        await until(pilot, "new reply")
        await pilot.press(*"first", "enter")
        await until(pilot, "slow end")
        await until(pilot, lambda: "new" not in [row.detail for row in sidebar.rows])
        assert store.unseen() == set()

        await pilot.press("ctrl+n")
        await until(pilot, lambda: "slow end" not in screen_text(pilot))
        await say(pilot, "/title")
        await until(pilot, "nothing to name")
        # The list that is open hears of a reply that ends meanwhile.
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, SessionList))
        await until(pilot, " running ")
        gates[1].set()
        await until(pilot, "new reply")
        assert " running " not in screen_text(pilot)
        await pilot.press(*"first", "enter")
        await until(pilot, "slow end")
        await say(pilot, "/title")
        await until(pilot, "A fine")
        await say(pilot, "sent meanwhile")
        await until(pilot, "1 queued")
        named.set()
        await until(pilot, "answered in its turn")
        await until(pilot, lambda: any("Titled “A fine title”" in words for words in notices(pilot)))
        await until(pilot, lambda: "A fine title" in [row.text for row in sidebar.rows])
        # Shown before it is on the disk; nothing of the title is kept as a turn.
        await until(pilot, lambda: store.preview(unseen.id).turns == 4)
