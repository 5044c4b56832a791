"""The branches of a session: siblings, deletion with undo, and the branch that was shown last."""

from __future__ import annotations

import errno
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmtui.core.chat import Failure, Turn
from fmtui.core.errors import SessionLockedError, StorageError
from fmtui.core.export import document_of, to_toml
from fmtui.core.session_disk import Disk, FileState
from fmtui.core.session_tree import Place, Tree, deletions_from, places, shown_from
from fmtui.core.sessions import Session, SessionStore

#   q ── a ── q2 ── a2
#     └─ b ── q3
#     └─ c
TURNS = [("q", ""), ("a", "q"), ("q2", "a"), ("b", "q"), ("a2", "q2"), ("q3", "b"), ("c", "q")]


def everything(_: str) -> bool:
    return True


def test_siblings_are_in_the_order_in_which_they_were_kept_and_each_knows_its_place() -> None:
    tree = Tree(TURNS)
    assert tree.siblings("b") == ("a", "b", "c")
    assert tree.siblings("q") == ("q",)
    assert tree.siblings("nowhere") == ()
    assert places(tree, ["q", "b", "q3"], everything) == {"b": Place(2, 3)}


def test_a_sibling_that_is_not_worth_it_does_not_count_unless_it_is_on_the_path() -> None:
    tree = Tree(TURNS)
    assert places(tree, ["q", "a"], "c".__eq__) == {"a": Place(1, 2)}
    assert places(tree, ["q", "a"], "x".__eq__) == {}


def test_going_to_a_sibling_leads_to_where_something_was_added_last_below_it() -> None:
    tree = Tree(TURNS)
    assert tree.leaf_below("a") == "a2"
    assert tree.leaf_below("q") == "c"
    assert tree.leaf_below("c") == "c"


def test_what_is_deleted_is_gone_with_all_below_it_and_the_sibling_before_is_shown_instead() -> None:
    whole = Tree(TURNS)
    assert whole.beside("b", whole.siblings("b")) == "a2"
    assert whole.beside("a", whole.siblings("a")) == "q3"
    assert whole.beside("q3", whole.siblings("q3")) == "b"
    assert whole.beside("q", whole.siblings("q")) == ""
    tree = Tree(TURNS, {"b", "q2", "nowhere"})
    assert list(tree) == ["q", "a", "c"]
    assert tree.siblings("a") == ("a", "c")
    assert tree.leaf_below("a") == "a"


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["", *"abcdefx"]))),
    st.sets(st.sampled_from("abcdef")),
)
def test_no_file_whatever_a_person_wrote_into_it_makes_the_tree_fail(
    turns: list[tuple[str, str]], deleted: set[str]
) -> None:
    tree = Tree(turns, deleted)
    assert not deleted & set(tree)
    for turn_id in tree:
        assert tree.leaf_below(turn_id) in tree
        assert turn_id in tree.siblings(turn_id)
        assert tree.beside(turn_id, tree.siblings(turn_id)) in {*tree, ""}


def test_marks_in_a_file_that_are_none_count_as_not_there() -> None:
    assert deletions_from([{"turn": 1}, "x", {"at": 3}, {}]) == ()
    assert deletions_from("x") == ()
    assert [each.turn for each in deletions_from([{"turn": "t", "at": "never"}])] == ["t"]
    assert shown_from({"leaf": "a"}) is None
    assert shown_from([1]) is None


# ---- on the disk ----


def kept(store: SessionStore) -> Session:
    """Return a session with the turns above, written by one window and opened by the next."""
    session = store.new()
    for turn_id, parent in TURNS:
        role = "user" if turn_id[0] == "q" else "assistant"
        outcome = None if role == "user" else "complete"
        session.append(Turn(turn_id, role, f"text of {turn_id}", parent, outcome=outcome))  # type: ignore[arg-type]  # both are literals
    session.close()
    return store.open(session.id)


def path(session: Session, leaf: str = "") -> list[str]:
    return [turn.id for turn in session.path_to(leaf)]


def test_the_branch_shown_last_is_shown_again_until_something_is_added(tmp_path: Path) -> None:
    store = SessionStore(tmp_path)
    session = kept(store)
    assert path(session) == ["q", "c"]
    assert session.path_to().places == {"c": Place(3, 3)}
    session.show("a2")
    session.close()
    session = store.open(session.id)
    assert path(session) == ["q", "a", "q2", "a2"]
    assert session.path_to().places == {"a": Place(1, 3)}
    session.append(Turn("q4", "user", "on in the old branch", "b"))
    assert path(session) == ["q", "b", "q4"]
    session.close()
    assert path(store.open(session.id)) == ["q", "b", "q4"]


def test_a_prompt_without_an_answer_is_no_sibling_and_neither_is_an_error(tmp_path: Path) -> None:
    session = kept(SessionStore(tmp_path))
    session.append(Turn("e", "assistant", "", "q", outcome="error", error=Failure("rate_limit", "no")))
    session.append(Turn("q5", "user", "never answered", "b"))
    assert session.siblings("q3") == ["q3"]
    assert session.siblings("a") == ["a", "b", "c"]
    assert session.siblings("e") == ["a", "b", "c", "e"]


def test_a_deleted_branch_comes_back_after_a_restart_and_not_a_byte_of_a_turn_is_lost(tmp_path: Path) -> None:
    store = SessionStore(tmp_path)
    session = kept(store)
    turns = session.path.read_bytes().partition(b"\n[[turns]]")[2]
    session.delete("a", "q3")
    session.delete("c", "q3")
    assert path(session) == ["q", "b", "q3"]
    session.close()

    session = store.open(session.id)
    assert path(session) == ["q", "b", "q3"]
    assert session.siblings("b") == ["b"]
    assert [turn.id for turn in session.all_turns()] == ["q", "b", "q3"]
    assert session.path.read_bytes().partition(b"\n[[turns]]")[2] == turns
    tomllib.loads(session.path.read_text())

    assert session.undelete() == "c"
    assert path(session) == ["q", "c"]
    assert session.undelete() == "a"
    assert path(session) == ["q", "a", "q2", "a2"]
    assert session.undelete() == ""
    session.close()
    assert path(store.open(session.id)) == ["q", "a", "q2", "a2"]


def test_what_may_not_be_written_brings_nothing_back(tmp_path: Path) -> None:
    session = kept(SessionStore(tmp_path))
    session.delete("c", "q3")
    reader = SessionStore(tmp_path).open(session.id)
    with pytest.raises(SessionLockedError):
        reader.undelete()
    assert (path(reader), "c" in reader.tree()) == (["q", "b", "q3"], False)


def test_a_head_that_somebody_edits_meanwhile_takes_no_byte_of_a_turn(tmp_path: Path) -> None:
    disk = Meddling()
    session = kept(SessionStore(tmp_path, disk=disk))
    turns = session.path.read_bytes().partition(b"\n[[turns]]")[2]
    disk.next = session.path
    session.rename("new")
    head, _, after = session.path.read_bytes().partition(b"\n[[turns]]")
    assert (b"# a line of mine\n" in head, b'title = "new"' in head, after == turns) == (True, True, True)


def test_what_the_disk_refuses_to_delete_stays_and_can_be_deleted_later(tmp_path: Path) -> None:
    class Full(Disk):
        full = False

        def write(self, descriptor: int, data: memoryview) -> int:
            if self.full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(descriptor, data)

    disk = Full()
    session = kept(SessionStore(tmp_path, disk=disk))
    for act in (lambda: session.delete("c", "q3"), session.undelete):
        before = path(session), "c" in session.tree()
        disk.full = True
        with pytest.raises(StorageError):
            act()
        assert (path(session), "c" in session.tree()) == before
        disk.full = False
        act()
        assert (path(session), "c" in session.tree()) != before
        assert path(SessionStore(tmp_path).open(session.id, write=False)) == path(session)


class Meddling(Disk):
    """A disk on which somebody edits a file just before it is read."""

    next: Path | None = None

    def read(self, path: Path, start: int = 0, end: int | None = None) -> tuple[bytes, FileState]:
        if path == self.next:
            self.next = None
            path.write_bytes(b"# a line of mine\n" + path.read_bytes())
        return super().read(path, start, end)


def test_the_whole_conversation_can_be_deleted_and_another_begun(tmp_path: Path) -> None:
    session = kept(SessionStore(tmp_path))
    session.delete("q", "")
    assert path(session) == []
    session.append(Turn("n", "user", "anew"))
    assert path(session) == ["n"]
    session.delete("n", "")
    assert path(session) == []
    session.undelete()
    session.undelete()
    assert path(session) == ["q", "c"]


def test_a_deletion_that_is_made_in_another_window_is_seen_by_who_reads(tmp_path: Path) -> None:
    session = kept(SessionStore(tmp_path))
    reader = SessionStore(tmp_path).open(session.id)
    assert reader.read_only
    session.delete("c", "q3")
    assert reader.follow()
    assert path(reader) == ["q", "b", "q3"]


def test_what_is_exported_does_not_hold_what_was_deleted(tmp_path: Path) -> None:
    session = kept(SessionStore(tmp_path))
    session.delete("b", "c")
    written = to_toml(document_of(session, whole=True))
    assert "text of b" not in written
    assert "deleted" not in written
    assert "text of a" in written
