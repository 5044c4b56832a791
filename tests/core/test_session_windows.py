"""When the disk refuses, when two windows are open, and what was typed but not sent."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from fmtui.core.chat import Params, Turn
from fmtui.core.errors import SessionLockedError, StorageError
from fmtui.core.session_disk import Disk
from fmtui.core.session_file import block
from fmtui.core.sessions import Session, SessionStore


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "data" / "sessions")


def begun(store: SessionStore, text: str) -> Session:
    session = store.new()
    session.append(Turn("t0", "user", text))
    return session


def shown(session: Session, leaf: str = "") -> list[str]:
    path = session.path_to(leaf)
    return [path[index].text for index in range(len(path))]


class Broken(Disk):
    """A disk that refuses, half-way through a write, until it is repaired."""

    def __init__(self) -> None:
        self.error = 0

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write a part and then fail, as a full disk does."""
        if self.error:
            os.write(descriptor, data[: len(data) // 2])
            raise OSError(self.error, os.strerror(self.error))
        return super().write(descriptor, data)


# ---- a disk that refuses ----


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(errno.ENOSPC, "disk is full"), (errno.EACCES, "Permission denied"), (errno.EIO, "Input/output error")],
)
def test_everything_goes_on_in_memory_and_is_written_once_the_disk_works(
    tmp_path: Path, error: int, sentence: str
) -> None:
    disk = Broken()
    store = SessionStore(tmp_path, disk=disk)
    session = begun(store, "written")
    before = session.path.read_bytes()
    disk.error = error
    with pytest.raises(StorageError, match=sentence) as raised:
        session.append(Turn("a", "user", "not written", "t0"))
    assert "memory" in raised.value.hint
    head = Turn("r", "assistant", "", "a")
    for piece in ("some ", "more "):
        with pytest.raises(StorageError):
            session.checkpoint(head, piece, "")
    assert session.path.read_bytes() == before
    assert shown(session) == ["written", "not written"]
    assert session.unwritten == 1
    disk.error = 0
    session.checkpoint(head, "text", "")
    assert session.unwritten == 0
    other = SessionStore(tmp_path).open(session.id)
    assert shown(other) == ["written", "not written", "some more text"]
    other.close()
    disk.error = error
    with pytest.raises(StorageError):
        session.finish(Turn("r", "assistant", "some more text.", "a", outcome="complete"))
    assert list(tmp_path.glob("*.live"))  # still needed should the program die now
    disk.error = 0
    session.close()
    assert not list(tmp_path.glob("*.live"))
    assert tomllib.loads(session.path.read_text())["turns"][-1]["text"] == "some more text."


def test_a_folder_that_cannot_be_made_is_told_before_the_first_prompt(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    store = SessionStore(tmp_path / "file" / "sessions")
    with pytest.raises(StorageError, match="could not write its sessions") as raised:
        store.prepare()
    assert "--data-dir" in raised.value.hint
    session = store.new()
    with pytest.raises(StorageError):
        session.append(Turn("a", "user", "hello"))
    assert shown(session) == ["hello"]
    with pytest.raises(StorageError):
        store.save_draft(session.id, "typed")
    assert (store.heads(), store.left_draft(), store.draft(session.id)) == ([], None, "")
    (tmp_path / "file").unlink()
    session.append(Turn("b", "assistant", "hi", "a"))
    session.close()
    assert [turn["id"] for turn in tomllib.loads(session.path.read_text())["turns"]] == ["a", "b"]


def test_preparing_makes_the_folder_and_leaves_nothing_in_it(store: SessionStore) -> None:
    store.prepare()
    store.prepare()
    assert list(store.folder.iterdir()) == []


# ---- two windows ----


def test_a_second_window_reads_follows_and_takes_over(store: SessionStore) -> None:
    first = begun(store, "one")
    second = SessionStore(store.folder).open(first.id)
    assert second.read_only
    assert second.owner.startswith(f"pid {os.getpid()} on ")
    with pytest.raises(SessionLockedError, match="open in another window"):
        second.append(Turn("x", "user", "no"))
    assert not second.follow()
    head = Turn("r", "assistant", "", "t0", params=Params("e", "m"))
    first.checkpoint(head, "Hel", "hm")
    assert second.follow()
    first.checkpoint(head, "lo", "")
    assert second.follow()
    assert not second.follow()
    live = second.turn("r")
    assert (live.text, live.reasoning, live.outcome) == ("Hello", "hm", None)
    first.finish(Turn("r", "assistant", "Hello!", "t0", outcome="complete"))
    assert second.follow()
    assert shown(second) == ["one", "Hello!"]
    assert not second.own()
    first.rename("Another title")
    assert second.follow()
    assert second.title == "Another title"
    first.close()
    assert second.own()
    second.append(Turn("y", "user", "mine now", "r"))
    assert shown(second) == ["one", "Hello!", "mine now"]
    second.close()


def test_a_follower_waits_for_the_rest_of_a_turn_that_is_half_written(store: SessionStore) -> None:
    first = begun(store, "one")
    second = SessionStore(store.folder).open(first.id)
    data = block(Turn("t1", "assistant", "whole", "t0"))
    with first.path.open("ab") as file:
        file.write(data[:30])
        file.flush()
        second.follow()
        assert shown(second) == ["one"]
        file.write(data[30:])
    assert second.follow()
    assert shown(second) == ["one", "whole"]
    assert second.notices == []
    second.close()
    first.close()


def test_the_lock_of_a_dead_process_never_blocks(store: SessionStore) -> None:
    session = begun(store, "one")
    session.close()
    code = (
        "import sys, os; from pathlib import Path; from fmtui.core.sessions import SessionStore\n"
        "session = SessionStore(Path(sys.argv[1])).open(sys.argv[2])\n"
        "print(session.read_only, flush=True); os.kill(os.getpid(), 9)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(store.folder), session.id], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read() == b"False\n"
    assert (store.folder / f"{session.id}.lock").exists()
    again = store.open(session.id)
    assert not again.read_only
    again.close()
    assert not (store.folder / f"{session.id}.lock").exists()


# ---- drafts ----


def test_drafts_survive_with_and_without_a_session_file(store: SessionStore) -> None:
    session = store.new()
    store.save_draft(session.id, "half a prom\r\n\x00\x1b")
    assert SessionStore(store.folder).draft(session.id) == "half a prom\r\n\x00\x1b"
    assert SessionStore(store.folder).left_draft() is None  # a living window is typing it
    session.close()
    later = SessionStore(store.folder)
    assert later.left_draft() == session.id
    taken = later.new(session.id)
    later.save_draft(taken.id, "half a prompt")
    assert store.left_draft() is None
    taken.append(Turn("a", "user", "half a prompt"))
    assert later.heads()[0].draft
    later.save_draft(taken.id, "")
    assert not later.heads()[0].draft
    taken.close()
    assert store.left_draft() is None


def test_prompts_that_were_changed_and_not_sent_survive_and_go_to_the_trash_with_their_session(
    store: SessionStore,
) -> None:
    session = begun(store, "one")
    changed = {"t0": "one, changed\n\f\nof two pages", "t1": "\fodd\x1b"}
    session.save_edits(changed)
    reader = SessionStore(store.folder).open(session.id)
    reader.save_edits({})  # it only reads
    assert (reader.read_only, reader.edits()) == (True, changed)
    reader.close()
    store.delete(session.id)
    assert not list((store.folder / "drafts").iterdir())
    store.restore(session.id)
    again = store.open(session.id)
    assert again.edits() == changed
    reader = SessionStore(store.folder).open(session.id)
    assert reader.edits() == changed
    again.save_edits({})
    assert not list((store.folder / "drafts").iterdir())
    again.close()
    # What the one sent meanwhile does not come back because the other has seen it.
    assert reader.own()
    assert reader.edits() == {}
    reader.append(Turn("t1", "user", "two", parent="t0"))
    assert not list((store.folder / "drafts").iterdir())
    reader.close()
