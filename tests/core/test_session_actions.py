"""What is done with whole sessions: marked, deleted and brought back, copied, looked at."""

from __future__ import annotations

import errno
import os
import platform
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fmtui.core.attachments import attachment
from fmtui.core.chat import Params, Turn, Usage
from fmtui.core.errors import SessionLockedError, SessionNotFoundError, StorageError
from fmtui.core.session_disk import Disk, FileState
from fmtui.core.session_marks import Marks, retagged, tags_in
from fmtui.core.session_trash import deleted, purge
from fmtui.core.sessions import Session, SessionStore
from tests.core.test_attachments import PNG


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "data" / "sessions")


def talk(store: SessionStore, *texts: str) -> Session:
    session = store.new()
    for number, text in enumerate(texts):
        reply = number % 2 == 1
        turn = Turn(
            f"t{number}",
            "assistant" if reply else "user",
            text,
            f"t{number - 1}" if number else "",
            reasoning="text = thought\nprompt_tokens = 900\n" if reply else "",
            params=Params("e", "llama", system="Be\nprompt_tokens = 700\nkind.") if reply else None,
            usage=Usage(7, 3, 10) if reply else None,
            outcome="complete" if reply else None,
        )
        session.append(turn)
    return session


# ---- marks ----


def test_marks_are_kept_in_the_head_and_listed_without_parsing(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = talk(store, "one", "two")
    session.close()
    os.utime(session.path, (1_700_000_000, 1_700_000_000))
    store.mark(session.id, "pinned", value=True)
    store.mark(session.id, "tags", ("work", "größe"))
    store.mark(session.id, "archived", value=True)
    store.mark(session.id, "pinned", value=False)
    text = session.path.read_text()
    assert 'archived = true\ntags = ["work", "größe"]\npinned = false\n' in text
    assert session.path.stat().st_mtime == 1_700_000_000, "its place in the list stays"
    store.rename(session.id, "New")
    monkeypatch.setattr("fmtui.core.session_heads.head_from", None)  # it would be called to parse
    (head,) = store.heads()
    assert (head.title, head.marks) == ("New", Marks(pinned=False, archived=True, tags=("work", "größe")))


def test_marks_that_a_person_wrote_are_read_and_kept(store: SessionStore) -> None:
    session = talk(store, "one")
    session.close()
    text = session.path.read_text().replace("\n\n[[", "\ntags = ['A b', 3, \"#c\"]\npinned=true # mine\n\n[[")
    session.path.write_text(text)
    (head,) = store.heads()
    assert head.marks == Marks(pinned=True, tags=("a", "b", "c"))
    store.mark(session.id, "archived", value=True)
    assert store.heads()[0].marks == Marks(pinned=True, archived=True, tags=("a", "b", "c"))
    assert "# mine" in session.path.read_text()
    session.path.write_text(text.replace("pinned=true", "pinned=1").replace("['A b', 3, \"#c\"]", '"x"'))
    assert store.heads()[0].marks == Marks()


def test_a_session_without_turns_has_its_marks_in_the_file_that_comes(store: SessionStore) -> None:
    session = store.new()
    session.rename("Plans")
    session.rewrite_head("tags", ["a"])
    session.append(Turn("t0", "user", "first"))
    assert tomllib.loads(session.path.read_text())["tags"] == ["a"]
    assert (session.title, session.marks) == ("Plans", Marks(tags=("a",)))


@pytest.mark.parametrize("action", ["rename", "mark", "delete"])
def test_what_another_window_writes_is_left_to_it(store: SessionStore, action: str) -> None:
    session = talk(store, "one")
    before = session.path.read_bytes()
    other = SessionStore(store.folder)
    arguments = {"rename": ("x",), "mark": ("pinned", True), "delete": ()}[action]
    with pytest.raises(SessionLockedError, match="open in another window"):
        getattr(other, action)(session.id, *arguments)
    assert session.path.read_bytes() == before


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("Work, #urgent", ("work", "urgent")),
        ("+new -old", ("kept", "new")),
        ("-OLD", ("kept",)),
        ("", ()),
        ("#a#b a", ("a", "b")),
        ('x"]\x1b[2J', ("x", "␛", "2j")),
        ("y" * 90, ("y" * 40,)),
    ],
)
def test_tags_are_typed_with_or_without_signs(typed: str, tags: tuple[str, ...]) -> None:
    assert retagged(("old", "kept"), typed) == tags


def test_no_more_tags_than_a_line_can_hold() -> None:
    assert len(tags_in(f"t{n}" for n in range(100))) == 20


# ---- trash ----


def test_what_was_deleted_comes_back_whole_also_after_a_restart(store: SessionStore) -> None:
    session = talk(store, "one", "two")
    other = talk(store, "another")
    other.close()
    store.save_draft(session.id, "unsent")
    damaged = session.path.with_name(f"{session.id}.toml.damaged-1")
    damaged.write_text("x")
    before = session.path.read_bytes()
    store.not_seen(session.id)
    store.delete(session.id)
    assert [head.id for head in store.heads()] == [other.id]
    assert (store.draft(session.id), store.left_draft(), store.unseen()) == ("", None, set())
    assert not damaged.exists()
    with pytest.raises(StorageError, match="in the trash"):
        session.append(Turn("x", "user", "after"))
    with pytest.raises(SessionNotFoundError):
        store.delete(session.id)
    store.delete(other.id)
    assert [found.title for found in store.deleted()] == ["another", "one"]

    later = SessionStore(store.folder)
    assert later.restore(session.id).title == "one"
    assert session.path.read_bytes() == before
    assert (later.draft(session.id), damaged.read_text()) == ("unsent", "x")
    assert later.restore().session_id == other.id, "the last one where none is named"
    assert list((store.folder / "trash").iterdir()) == []
    with pytest.raises(SessionNotFoundError, match="nothing in the trash"):
        later.restore()


def test_nothing_takes_the_place_of_a_session_that_came_back_meanwhile(store: SessionStore) -> None:
    session = talk(store, "one")
    store.delete(session.id)
    session.path.write_text("title = 'mine'")
    with pytest.raises(StorageError, match="already"):
        store.restore()
    assert session.path.read_text() == "title = 'mine'"
    store.delete(session.id)
    assert [found.title for found in store.deleted()] == ["mine", "one"], "two deletions, both kept"
    assert store.restore().title == "mine"


def test_what_belongs_to_a_session_whose_name_goes_on_behind_a_dot_stays_its_own(
    store: SessionStore,
) -> None:
    for name in ("notes", "notes.2024"):
        (store.folder / f"{name}.toml").write_bytes(talk(store, name).path.read_bytes())
    other = store.open("notes.2024")
    other.checkpoint(Turn("t1", "assistant", ""), "half", "")
    (store.folder / "notes.2024.toml.damaged-1").touch()
    mine = store.open("notes")
    assert [turn.text for turn in mine.all_turns()][-1:] != ["half"]
    store.delete("notes")
    assert (store.folder / "notes.2024.t1.live").exists()
    assert (store.folder / "notes.2024.toml.damaged-1").exists()


def test_a_session_with_turns_that_the_disk_refused_is_not_deleted(tmp_path: Path) -> None:
    class Full(Disk):
        full = False

        def append(self, path: Path, data: bytes, expected: FileState | None) -> FileState:
            if self.full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().append(path, data, expected)

    disk = Full()
    store = SessionStore(tmp_path, disk=disk)
    session = talk(store, "one")
    disk.full = True
    with pytest.raises(StorageError):
        session.append(Turn("t1", "assistant", "an answer", "t0"))
    with pytest.raises(StorageError):
        store.delete(session.id)
    assert session.path.exists()
    disk.full = False
    store.delete(session.id)
    store.restore(session.id)
    assert [turn.text for turn in store.open(session.id).all_turns()] == ["one", "an answer"]


def test_only_the_user_empties_the_trash_and_only_of_what_is_old(store: SessionStore) -> None:
    kept, gone = talk(store, "kept"), talk(store, "gone")
    store.delete(kept.id)
    store.delete(gone.id)
    old = store.deleted()[0]
    os.utime(old.folder / f"{gone.id}.toml", (datetime(2025, 1, 1, tzinfo=UTC).timestamp(),) * 2)
    old.folder.rename(old.folder.with_name(f"20250101-000000-{gone.id}"))
    assert [found.title for found in store.purge(30)] == ["gone"]
    assert [found.title for found in store.deleted()] == ["kept"]
    assert [found.title for found in store.purge(0)] == ["kept"]


def test_pictures_go_with_the_last_that_names_them(store: SessionStore) -> None:
    files = {
        name: attachment(name, PNG + name.encode()) for name in ("gone", "kept", "typed", "binned", "new")
    }
    for file in files.values():
        store.pictures.keep(file)
    folder = store.folder / "attachments"
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    store.pictures.keep(files["new"])  # again: not old any more
    deleted = [talk(store, files[name].mention) for name in ("gone", "binned")]
    talk(store, "and " + files["kept"].mention).save_draft(files["typed"].mention)
    for session in deleted:
        store.delete(session.id)
    for each in store.deleted():
        if each.session_id == deleted[0].id:
            os.utime(each.folder / f"{each.session_id}.toml", (0, 0))
            each.folder.rename(each.folder.with_name(f"20250101-000000-{each.session_id}"))
    store.purge(30)
    there = {path.name for path in folder.iterdir()}
    assert there == {file.digest for name, file in files.items() if name != "gone"}


def test_a_name_that_the_system_just_takes_can_be_deleted(store: SessionStore) -> None:
    store.prepare()
    name = "long {} " * 30
    (store.folder / f"{name}.toml").write_text("title = 'x'")
    (store.folder / "link.toml").symlink_to(f"{name}.toml")
    store.delete("link")
    store.delete(name)
    assert store.restore(name).title == "x"
    assert store.restore("link").title == "x"


def test_a_link_to_a_file_that_is_no_session_never_lets_that_be_written(
    store: SessionStore, tmp_path: Path
) -> None:
    store.prepare()
    for name, text in {"notes": "root:x:0:0\nnot toml", "listed": "[list]\na = 1\n"}.items():
        (tmp_path / name).write_text(text)
        (store.folder / f"{name}.toml").symlink_to(tmp_path / name)
    session = store.open("notes")
    assert session.read_only
    assert "no session" in session.notices[-1]
    with pytest.raises(StorageError, match="no session"):
        session.append(Turn("t0", "user", "one"))
    session.close()
    for name in ("notes", "listed"):
        with pytest.raises(StorageError, match="no session"):
            store.mark(name, "pinned", True)
        with pytest.raises(StorageError, match="no session"):
            store.rename(name, "x")
    assert (tmp_path / "notes").read_text() == "root:x:0:0\nnot toml"
    assert (tmp_path / "listed").read_text() == "[list]\na = 1\n"
    store.delete("notes")
    (store.folder / "nowhere.toml").symlink_to(tmp_path / "gone")
    store.delete("nowhere")
    assert not (store.folder / "nowhere.toml").is_symlink()
    assert (tmp_path / "notes").read_text() == "root:x:0:0\nnot toml"


# ---- copies ----


def test_a_copy_has_the_turns_and_settings_and_an_id_of_its_own(store: SessionStore) -> None:
    session = talk(store, "one", "two")
    session.rewrite_head("tags", ["a"])
    session.rewrite_head("pinned", value=True)
    session.configure({"temperature": 0.5})
    with session.path.open("a") as file:
        file.write('\n[[turns]]\nid = "torn')
    copy = store.open(SessionStore(store.folder).duplicate(session.id))
    path = copy.path_to()
    assert [path[index].text for index in range(len(path))] == ["one", "two"]
    assert (copy.title, copy.settings) == ("one (copy)", {"temperature": 0.5})
    assert copy.marks == Marks(tags=("a",))
    assert copy.notices == []
    assert tomllib.loads(copy.path.read_text())["id"] == copy.id != session.id
    with pytest.raises(SessionNotFoundError):
        store.duplicate("nothing")


# ---- looking ----


def test_a_preview_shows_how_a_session_begins_and_ends_and_how_much_it_is(store: SessionStore) -> None:
    session = talk(store, "Cookies?", "Flour\nand sugar", "Thanks", "Welcome", "More?")
    session.append(Turn("alone", "user", "another beginning"))
    session.append(Turn("t6", "user", "again", "t3"))
    found = store.preview(session.id)
    assert found == ("Cookies?", "Welcome", "llama", 7, 20)
    session.path.write_bytes(bytes(range(256)))
    assert store.preview(session.id).turns == 0
    with pytest.raises(SessionNotFoundError):
        store.preview("nothing")


def test_who_else_has_a_session_is_known_without_its_lock(store: SessionStore) -> None:
    session = talk(store, "one")
    assert store.locked() == {}, "this window's own"
    lock = store.folder / "other.lock"
    lock.write_text(f"pid 1 on {platform.node()}\n")
    (store.folder / "far.lock").write_text("pid 77 on elsewhere.invalid\n")
    (store.folder / "dead.lock").write_text(f"pid 4194999999 on {platform.node()}\n")
    (store.folder / "empty.lock").write_text("")
    assert store.locked() == {"other": f"pid 1 on {platform.node()}", "far": "pid 77 on elsewhere.invalid"}
    session.close()


def test_what_was_not_seen_is_remembered_until_it_is(store: SessionStore) -> None:
    assert store.unseen() == set()
    store.not_seen("a")
    store.not_seen("b")
    assert SessionStore(store.folder).unseen() == {"a", "b"}
    store.seen("a")
    store.seen("a")
    store.seen("../sessions/x")
    assert store.unseen() == {"b"}


def test_a_clock_that_was_wrong_purges_nothing_early_and_keeps_nothing_for_ever(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    now = datetime(2026, 11, 23, tzinfo=UTC)

    def put(name: str, dated: str, changed: datetime, moved: datetime) -> None:
        place = folder / "trash" / f"{dated}-{name}"
        place.mkdir(parents=True)
        (place / f"{name}.toml").write_text(f'format = 1\nid = "{name}"\ntitle = "{name}"\n')
        os.utime(place / f"{name}.toml", (changed.timestamp(),) * 2)
        os.utime(place, (moved.timestamp(),) * 2)

    day, ahead = timedelta(days=1), datetime(2099, 1, 1, tzinfo=UTC)
    put("behind", "19700101-000000", now - 2 * day, now - day)  # deleted while the clock was set back
    put("old", "20260901-000000", now - 90 * day, now - 83 * day)
    put("chained", "20990101-000001", now - 90 * day, now - 40 * day)  # deleted after "ahead"
    put("ahead", "20990101-000000", ahead, ahead)
    purged = [[each.title for each in purge(folder, 30, now + days * day)] for days in (0, 29, 30)]
    assert purged == [["chained", "old"], ["behind"], ["ahead"]]
    assert deleted(folder, now) == []
