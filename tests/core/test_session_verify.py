"""A long session is checked a little at a time: the check can be ended, and holds little at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmtui.core.chat import Turn
from fmtui.core.session_file import block
from fmtui.core.session_turnfile import PIECE_BYTES
from fmtui.core.sessions import Session, SessionStore
from tests.core.counting import CountingDisk

TURNS = 160
LONG = "words " * 400


@pytest.fixture
def session(tmp_path: Path, disk: CountingDisk) -> Session:
    """A session of half a megabyte, opened anew."""
    store = SessionStore(tmp_path, disk=disk)
    first = store.new()
    first.append(Turn("n0", "user", LONG))
    first.close()
    with first.path.open("ab") as file:
        file.write(b"".join(block(Turn(f"n{n}", "user", LONG, f"n{n - 1}")) for n in range(1, TURNS)))
    return store.open(first.id)


def test_a_short_session_was_parsed_when_it_was_opened(tmp_path: Path) -> None:
    store = SessionStore(tmp_path)
    session = store.new()
    assert session.parsed_whole, "there is nothing to parse"
    session.append(Turn("n0", "user", "short"))
    session.close()
    assert store.open(session.id).parsed_whole


def test_a_long_session_is_checked_in_small_pieces_and_breathes_between_any_two_turns(
    session: Session, disk: CountingDisk
) -> None:
    assert not session.parsed_whole
    disk.sizes.clear()
    breaths: list[bool] = []

    def go_on() -> bool:
        breaths.append(True)
        return True

    assert session.verify(go_on)
    assert len(breaths) == TURNS
    assert max(disk.sizes) <= PIECE_BYTES
    assert sum(disk.sizes) >= session.path.stat().st_size


def test_a_check_that_is_ended_changes_nothing(session: Session, disk: CountingDisk) -> None:
    disk.sizes.clear()
    assert session.verify(lambda: False)
    assert sum(disk.sizes) <= 2 * PIECE_BYTES
    assert len(session.path_to()) == TURNS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'id = "n150"', b'id = "x150"'),
        (b'parent = "n149"', b'parent = "n148"'),
        (b'\n[[turns]]\nid = "n150"', b'\n[[turns]]\ni_ = "n150"'),
        (b'\n[[turns]]\nid = "n150"', b'\n[[turnz]]\nid = "n150"'),
    ],
    ids=["id", "parent", "no id", "no header"],
)
def test_what_someone_changed_in_place_is_found(session: Session, old: bytes, new: bytes) -> None:
    data = session.path.read_bytes()
    assert data.count(old) == 1
    with session.path.open("r+b") as file:
        file.seek(data.index(old))
        file.write(new)
    assert not session.verify()
    assert session.verify(), "it was read anew"


def test_a_file_that_was_replaced_by_another_is_read_anew(session: Session) -> None:
    other = session.path.with_suffix(".new")
    other.write_bytes(session.path.read_bytes().replace(b'"n150"', b'"x150"'))
    other.replace(session.path)
    assert not session.verify()
    assert session.turn("x150").text == LONG


def test_a_session_that_this_window_renames_meanwhile_is_right(session: Session) -> None:
    def rename_once() -> bool:
        if session.title != "other":
            session.rename("other")
        return True

    assert session.verify(rename_once)
    session.close()
