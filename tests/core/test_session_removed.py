"""When somebody removes the files of a session that is open: what a window holds open is written anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fmtui.core.chat import Turn
from fmtui.core.errors import SessionLockedError, StorageError
from fmtui.core.sessions import Session, SessionStore

TURNS = 200
"""Enough that most of them were never parsed when the file goes."""


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "data" / "sessions")


@pytest.fixture
def session(store: SessionStore) -> Session:
    """A session that was opened from its file, with a draft."""
    first = store.new()
    for number in range(TURNS):
        parent = f"n{number - 1}" if number else ""
        first.append(Turn(f"n{number}", "user", f"{number} " + "words " * 100, parent))
    store.save_draft(first.id, "not sent")
    first.close()
    session = store.open(first.id)
    assert store.draft(session.id) == "not sent"
    return session


def found(folder: Path, session_id: str) -> list[str]:
    """Return the beginning of each turn as a start after a crash finds it."""
    copy = shutil.copytree(folder, folder.with_name("copy"))
    for lock in copy.glob("*.lock"):
        lock.unlink()
    again = SessionStore(copy).open(session_id)
    texts = [turn.text.split(" ")[0] if turn.role == "user" else turn.text for turn in again.all_turns()]
    again.close()
    shutil.rmtree(copy)
    return texts


NUMBERS = [str(number) for number in range(TURNS)]


def test_the_next_turn_writes_the_whole_session_and_its_draft_anew(
    store: SessionStore, session: Session
) -> None:
    shutil.rmtree(store.folder.parent)
    assert session.turn("n7").text.startswith("7 ")
    assert len(list(session.said_to())) == TURNS
    session.append(Turn("after", "user", "after", "n199"))
    assert found(store.folder, session.id) == [*NUMBERS, "after"]
    assert (store.folder / "drafts" / f"{session.id}.txt").read_text() == "not sent"
    assert session.notices == ["The file of this session was removed; it was written anew."]
    assert SessionStore(store.folder).open(session.id).read_only
    session.close()
    assert not list(store.folder.glob("*.lock"))


def test_closing_brings_back_what_was_removed_and_leaves_alone_what_was_moved(
    store: SessionStore, session: Session
) -> None:
    shutil.rmtree(store.folder)
    session.close()
    assert found(store.folder, session.id) == NUMBERS
    again = store.open(session.id)
    store.folder.rename(store.folder.with_name("moved"))
    again.close()
    assert not list(store.folder.glob("*.toml"))
    assert found(store.folder.with_name("moved"), session.id) == NUMBERS


@pytest.mark.parametrize("gone", ["removed", "moved"])
def test_a_running_reply_is_written_whole_with_its_session(
    store: SessionStore, session: Session, gone: str
) -> None:
    head = Turn("r", "assistant", "", "n199")
    session.checkpoint(head, "one ", "hm")
    session.checkpoint(head, "two ", "")
    if gone == "moved":
        store.folder.rename(store.folder.with_name("elsewhere"))
    else:
        shutil.rmtree(store.folder)
    session.checkpoint(head, "three ", "")
    session.checkpoint(head, "four", "")
    assert found(store.folder, session.id) == [*NUMBERS, "one two three four"]
    session.finish(Turn("r", "assistant", "one two three four.", "n199", outcome="complete"))
    assert found(store.folder, session.id) == [*NUMBERS, "one two three four."]
    session.close()
    assert sorted(path.suffix for path in store.folder.iterdir()) == ["", ".toml"]


def test_a_session_that_only_one_of_two_windows_may_write_anew(store: SessionStore, session: Session) -> None:
    reader = SessionStore(store.folder).open(session.id)
    assert reader.read_only
    shutil.rmtree(store.folder)
    assert reader.turn("n7").text.startswith("7 ")
    assert not reader.follow()
    assert reader.own()  # nothing is there that would tell it of the first window
    assert found(store.folder, session.id) == NUMBERS
    reader.append(Turn("theirs", "user", "theirs", "n199"))
    with pytest.raises(StorageError, match="has this session open"):
        session.append(Turn("ours", "user", "ours", "n199"))
    with pytest.raises(SessionLockedError):
        session.append(Turn("more", "user", "more", "ours"))
    reader.close()
    session.close()
    assert found(store.folder, session.id) == [*NUMBERS, "theirs", "ours"]


def test_a_draft_that_the_other_window_sent_does_not_come_back(store: SessionStore, session: Session) -> None:
    other = SessionStore(store.folder)
    reader = other.open(session.id)
    assert other.draft(session.id) == ""  # it is the other window's to offer
    store.save_draft(session.id, "")
    session.close()
    assert reader.own()
    reader.append(Turn("x", "user", "x", "n199"))
    assert other.draft(session.id) == ""
    other.rename(session.id, "Taken over")
    reader.close()
