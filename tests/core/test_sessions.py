"""The store and an open session as the rest of the program uses them."""

from __future__ import annotations

import os
import threading
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fmtui.core.chat import Params, Turn
from fmtui.core.errors import SessionNotFoundError, StorageError
from fmtui.core.session_file import block
from fmtui.core.session_heads import SessionHead, read_head
from fmtui.core.sessions import Session, SessionStore


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "data" / "sessions")


def talk(store: SessionStore, *texts: str) -> Session:
    session = store.new()
    parent = ""
    for number, text in enumerate(texts):
        reply = number % 2 == 1
        turn = Turn(
            f"t{number}",
            "assistant" if reply else "user",
            text,
            parent,
            params=Params("databricks", "llama") if reply else None,
            outcome="complete" if reply else None,
        )
        session.append(turn)
        parent = turn.id
    return session


def shown(session: Session, leaf: str = "") -> list[str]:
    path = session.path_to(leaf)
    return [path[index].text for index in range(len(path))]


# ---- keeping ----


def test_a_conversation_is_found_again_after_closing(store: SessionStore) -> None:
    session = talk(store, "Cookies, please", "Here you are", "Thanks")
    session.close()
    again = store.open(session.id)
    assert shown(again) == ["Cookies, please", "Here you are", "Thanks"]
    assert again.title == "Cookies, please"
    assert store.latest() == session.id
    again.close()
    session = talk(store, "Read `a.md`\n\nAttached file `a.md`:\n\n```md\nlong\n```")
    assert session.title == "Read `a.md`"
    session.close()


def test_nothing_is_written_before_the_first_turn(store: SessionStore) -> None:
    session = store.new()
    assert len(session.path_to()) == 0
    session.close()
    assert not store.folder.exists()
    assert store.heads() == []
    assert store.latest() is None


def test_files_are_for_their_owner_alone(store: SessionStore) -> None:
    session = talk(store, "secret")
    session.checkpoint(Turn("r", "assistant", "", "t0"), "live", "")
    store.save_draft(session.id, "draft")
    assert store.folder.stat().st_mode & 0o777 == 0o700
    files = [path for path in store.folder.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    session.close()


def test_a_turn_is_added_at_the_end_and_nothing_before_it_is_touched(store: SessionStore) -> None:
    session = talk(store, "one", "two")
    before, inode = session.path.read_bytes(), session.path.stat().st_ino
    turn = Turn("t2", "user", "three", "t1")
    session.append(turn)
    assert session.path.read_bytes() == before + block(turn)
    assert session.path.stat().st_ino == inode
    session.append(turn)  # told twice, kept once
    assert session.path.read_bytes() == before + block(turn)
    session.close()


def test_siblings_are_kept_and_each_branch_can_be_shown(store: SessionStore) -> None:
    session = talk(store, "one", "two", "three")
    session.append(Turn("other", "user", "three, asked otherwise", "t1"))
    assert shown(session) == ["one", "two", "three, asked otherwise"]
    assert shown(session, "t2") == ["one", "two", "three"]
    assert [turn.id for turn in session.all_turns()] == ["t0", "t1", "t2", "other"]
    path = session.path_to("t2")
    assert [path.weight(index) > 0 for index in range(len(path))] == [True] * 3
    session.close()


def test_ids_sort_by_time(store: SessionStore) -> None:
    ids = [store.new().id for _ in range(300)]
    assert ids == sorted(set(ids))
    assert len(ids[0]) == len("20261122-201455-3f9a")


def test_several_replies_of_a_session_are_checkpointed_at_once(store: SessionStore) -> None:
    session = talk(store, "who is best?")
    heads = [Turn(name, "assistant", "", "t0", params=Params("e", name)) for name in ("ra", "rb")]
    for head in heads:
        session.checkpoint(head, f"I, {head.id}", "")
    assert len(list(store.folder.glob(f"{session.id}.*.live"))) == 2
    session.abandon("ra")
    assert len(list(store.folder.glob("*.live"))) == 1
    session.finish(Turn("rb", "assistant", "I, rb, am", "t0", outcome="complete"))
    assert not list(store.folder.glob("*.live"))
    assert shown(session) == ["who is best?", "I, rb, am"]
    session.close()


def test_turns_appended_from_many_threads_are_all_kept(store: SessionStore) -> None:
    session = talk(store, "begin")

    def add(name: str) -> None:
        for number in range(20):
            session.append(Turn(f"{name}{number}", "user", f"{name} {number}", "t0"))
            session.checkpoint(Turn(f"r{name}", "assistant", "", "t0"), "x", "")
            assert session.turn(f"{name}{number}").text == f"{name} {number}"

    threads = [threading.Thread(target=add, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.close()
    again = store.open(session.id)
    assert len(again.all_turns()) == 85  # with the four replies that were never finished
    assert again.turn("ra").text == "x" * 20
    again.close()


def test_asking_for_a_turn_that_is_not_there_says_so(store: SessionStore) -> None:
    session = talk(store, "one")
    with pytest.raises(StorageError, match="nowhere cannot be read"):
        session.turn("nowhere")
    session.close()


# ---- lists, search, titles, trash ----


def test_heads_are_newest_first_and_say_what_a_list_needs(store: SessionStore) -> None:
    sessions = [talk(store, "First\nprompt " * 20, "x"), talk(store, 'with "quotes" \\ and \x1b[2J')]
    for age, session in enumerate(sessions):
        session.close()
        os.utime(session.path, (1_800_000_000 - age, 1_800_000_000 - age))
    store.save_draft(sessions[1].id, "unsent")
    newest, older = store.heads()
    assert (newest.id, newest.turns, newest.model, newest.draft) == (sessions[0].id, 2, "llama", False)
    assert newest.title.startswith("First prompt First")
    assert len(newest.title) <= 60
    assert (older.title, older.model, older.draft) == ('with "quotes" \\ and ␛[2J', "", True)
    assert older.created == sessions[1].created


def test_all_of_a_large_file_tells_its_turns_and_its_model(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk(store, "a long prompt " * 400, "answer " * 100, "more", "and more").close()
    talk(store, "short", "x").close()
    (store.folder / "folder.toml").mkdir()
    heads = {head.title: head for head in store.heads()}
    large = next(head for title, head in heads.items() if title.startswith("a long"))
    assert (large.turns, large.model) == (None, "")
    assert store.whole(large)[4:6] == (4, "llama")
    assert store.whole(heads["short"]) == heads["short"]
    assert store.whole(heads["folder"]) == heads["folder"]
    store.delete(large.id)
    assert store.whole(large) == large
    store.restore(large.id)
    for size in (1, 9, 10, 11, 5000):  # whatever is cut by reading it in pieces
        monkeypatch.setattr("fmtui.core.session_heads._PIECE", size)
        assert store.whole(large).turns == 4


def test_only_files_that_changed_are_read_for_the_next_list(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = [talk(store, f"number {n}") for n in range(5)]
    for session in sessions[:4]:
        session.close()
    assert len(store.heads()) == 5
    read: list[str] = []

    def counted(path: str, session_id: str, **more: Any) -> SessionHead:
        read.append(session_id)
        return read_head(path, session_id, **more)

    monkeypatch.setattr("fmtui.core.session_heads.read_head", counted)
    assert len(store.heads()) == 5
    assert read == []
    sessions[4].append(Turn("more", "user", "more", "t0"))
    store.rename(sessions[1].id, "number X")  # as long as before, and the time stays
    store.save_draft(sessions[2].id, "unsent")
    store.delete(sessions[3].id)
    heads = {head.id: head for head in store.heads()}
    assert sorted(read) == sorted(session.id for session in (sessions[4], sessions[1], sessions[2]))
    assert heads[sessions[4].id].turns == 2
    assert heads[sessions[1].id].title == "number X"
    assert heads[sessions[2].id].draft
    assert len(heads) == 4


def test_a_damaged_file_is_listed_and_hides_no_other(store: SessionStore) -> None:
    talk(store, "fine").close()
    (store.folder / "garbage.toml").write_bytes(bytes(range(256)))
    (store.folder / "empty.toml").write_bytes(b"")
    (store.folder / "folder.toml").mkdir()
    (store.folder / "gone.toml").symlink_to(store.folder / "nowhere")
    (store.folder / "by-hand.toml").write_text("\ufeff# mine\ntitle='By hand'\n[[ turns ]]\ntext='x'\n")
    assert {head.title for head in store.heads()} == {"fine", "garbage", "empty", "folder", "gone", "By hand"}
    assert {hit.title for hit in store.search("fine")} == {"fine"}
    with pytest.raises(StorageError, match="could not read the session"):
        store.open("folder")


def test_a_prompt_that_looks_like_keys_does_not_become_the_model(store: SessionStore) -> None:
    talk(store, 'model = "fake"\nrole = "assistant"\nmodel = "fake"').close()
    assert store.heads()[0].model == ""


@pytest.mark.parametrize(
    ("wanted", "row"),
    [
        ("FLOUR", "Take 200 g of flour."),
        ('"sugar"', 'and "sugar"'),
        ("[[x]]", "[[x]] in brackets"),
        ("ÄPFEL", "und äpfel"),
        ("C:\\new", "C:\\new path"),
        ("cookie", "Cookies!"),
    ],
)
def test_search_finds_the_turn_whatever_its_case_and_its_form_in_the_file(
    store: SessionStore, wanted: str, row: str
) -> None:
    session = talk(
        store, "Cookies!", 'Take 200 g of flour.\nand "sugar"\n[[x]] in brackets\nund äpfel\nC:\\new path'
    )
    session.close()
    talk(store, "something else").close()
    hits = list(store.search(wanted))
    assert {hit.session_id for hit in hits} == {session.id}
    assert row in hits[-1].snippet
    assert hits[-1].marks
    assert list(store.search("")) == []
    assert list(store.search("role")) == []  # a key of the file is no text


def test_renaming_keeps_turns_unknown_keys_and_the_place_in_the_list(store: SessionStore) -> None:
    session = talk(store, "one", "two")
    session.close()
    session.path.write_text("# mine\npinned = true\n" + session.path.read_text())
    os.utime(session.path, (1_700_000_000, 1_700_000_000))
    store.rename(session.id, "New\n\x1btitle")
    assert session.path.read_text().startswith("# mine\npinned = true\n")
    assert session.path.stat().st_mtime == 1_700_000_000
    assert store.heads()[0].title == "New ␛title"
    again = store.open(session.id)
    store.rename(session.id, "While open")
    again.append(Turn("t2", "user", "three", "t1"))
    assert shown(again) == ["one", "two", "three"]
    assert again.title == "While open"
    again.close()


@pytest.mark.parametrize("name", ["nothing", "", "../data/x", "a/b", ".hidden", "x" * 5000, "\x00", "\ud800"])
def test_an_unknown_session_is_an_error_with_a_hint(store: SessionStore, name: str) -> None:
    store.prepare()
    with pytest.raises(SessionNotFoundError, match="no session") as raised:
        store.open(name)
    assert "sessions list" in raised.value.hint


# ---- long sessions ----


def test_opening_a_long_session_parses_no_more_than_is_asked_for(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = talk(store, "begin")
    parent = "t0"
    blocks = []
    for number in range(2000):
        turn = Turn(f"n{number}", "user", f"turn {number}\n" * 20, parent)
        blocks.append(block(turn))
        parent = turn.id
    session.close()
    with session.path.open("ab") as file:
        file.write(b"".join(blocks))
    parsed: list[int] = []
    loads = tomllib.loads

    def counting(text: str) -> dict[str, Any]:
        parsed.append(len(text))
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", counting)
    again = store.open(session.id)
    path = again.path_to()
    assert len(path) == 2001
    assert path[1999].id == "n1998"
    assert path[-1].id == "n1999"
    assert len(parsed) <= 5
    assert sum(parsed) < 5000
    assert again.verify()
    again.close()


def test_verifying_holds_nobody_up(store: SessionStore) -> None:
    session = talk(store, "begin")
    session.close()
    with session.path.open("ab") as file:
        file.write(b"".join(block(Turn(f"n{n}", "user", "words " * 200, "t0")) for n in range(500)))
    again = store.open(session.id)
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(again.verify()))
    thread.start()
    added = 0
    while thread.is_alive():
        again.append(Turn(f"a{added}", "user", "meanwhile", "t0"))
        added += 1
        time.sleep(0.001)
    thread.join()
    assert results == [True]
    assert added >= 3
    assert len(again.all_turns()) == 501 + added
    again.close()
