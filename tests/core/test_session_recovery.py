"""Damaged and hand-edited files: always opened, nothing thrown away, and the user is told."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fmtui.core import session_turnfile
from fmtui.core.chat import Params, Turn
from fmtui.core.errors import StorageError
from fmtui.core.session_file import block
from fmtui.core.session_head import Head, head_bytes
from fmtui.core.session_scan import scan
from fmtui.core.sessions import Session, SessionStore

ID = "20260101-120000-0001"
TURNS = [
    Turn("t1", "user", "How do I make cookies?\n\n[[turns]]\nreally"),
    Turn("t2", "assistant", 'Take "flour".', "t1", params=Params("databricks", "llama"), outcome="complete"),
    Turn("t3", "user", "And then?", "t2"),
    Turn("t4", "assistant", "Bake.\n", "t3", reasoning="hm\n[[more]]", outcome="complete"),
]
HEAD = head_bytes(Head(ID, "Cookies"))
BLOCKS = [block(turn) for turn in TURNS]
WHOLE = HEAD + b"".join(BLOCKS)


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions")


def put(store: SessionStore, data: bytes) -> Path:
    store.folder.mkdir(exist_ok=True)
    path = store.folder / f"{ID}.toml"
    path.write_bytes(data)
    return path


def texts(session: Session) -> list[str]:
    return [turn.text for turn in session.all_turns()]


def damaged(store: SessionStore) -> list[Path]:
    return sorted(store.folder.glob("*.damaged-*"))


def test_a_tail_cut_anywhere_keeps_every_whole_turn_and_the_damaged_file(store: SessionStore) -> None:
    edges = [len(HEAD) + sum(map(len, BLOCKS[:n])) for n in range(5)]
    near = {edge + by for edge in edges for by in range(-20, 20)}
    for cut in range(edges[1], len(WHOLE)):
        if cut not in near and cut % 5:
            continue  # the disk work of every cut would take long and tell nothing more
        path = put(store, WHOLE[:cut])
        session = store.open(ID)
        kept = session.all_turns()
        whole = sum(cut >= len(HEAD) + sum(map(len, BLOCKS[: n + 1])) - 1 for n in range(4))
        assert kept == TURNS[:whole]
        tomllib.loads(path.read_text())
        session.append(Turn("new", "user", "go on", kept[-1].id))
        session.close()
        assert [turn["id"] for turn in tomllib.loads(path.read_text())["turns"]] == [
            *(t.id for t in kept),
            "new",
        ]
        saved = damaged(store)
        at_an_edge = WHOLE[:cut].rstrip() in [HEAD + b"".join(BLOCKS[:n]).rstrip() for n in range(5)]
        assert bool(saved) is bool(session.notices) is not at_an_edge
        for copy in saved:
            assert copy.read_bytes() == WHOLE[:cut]
            copy.unlink()


def test_damage_in_the_middle_keeps_the_turns_before_it_and_says_where_the_rest_is(
    store: SessionStore,
) -> None:
    broken = HEAD + BLOCKS[0] + BLOCKS[1].replace(b'role = "assistant"', b"role = ") + BLOCKS[2] + BLOCKS[3]
    put(store, broken)
    with_notice = store.open(ID)
    assert texts(with_notice) == [TURNS[0].text]
    assert any("damaged from line" in notice for notice in with_notice.notices)
    assert any(f"{ID}.toml.damaged-1" in notice for notice in with_notice.notices)
    with_notice.close()
    # A second damage must not take the place of the first.
    put(store, WHOLE + b"\x00\x00\x00")
    store.open(ID).close()
    assert [copy.read_bytes() for copy in damaged(store)] == [broken, WHOLE + b"\x00\x00\x00"]
    healthy = store.open(ID)
    assert healthy.notices == []
    healthy.close()


def test_opening_without_writing_changes_nothing_on_the_disk(store: SessionStore) -> None:
    path = put(store, WHOLE[:-20])
    live = store.folder / f"{ID}.x.live"
    live.write_bytes(b"half")
    before = {item: item.read_bytes() for item in store.folder.iterdir()}
    session = store.open(ID, write=False)
    assert texts(session) == [turn.text for turn in TURNS[:3]]
    assert session.notices
    session.verify()
    session.close()
    assert {item: item.read_bytes() for item in store.folder.iterdir()} == before
    assert path.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"# nothing but a comment\n",
        bytes(range(256)) * 40,
        b"\xff\xfe" + WHOLE,
        b"[" * 5000,
        b"title = 'unclosed\n",
        b"format = 'one'\nid = 7\ntitle = 3\ncreated = 'never'\n",
        b"turns = 5\n",
        b"[turns]\nid = 'a'\ntext = 'x'\n",
        b"turns = [{id = 'a', role = 'user', text = 'x'}]\n",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_any_file_can_be_opened_and_gone_on_with(store: SessionStore, data: bytes) -> None:
    path = put(store, data)
    session = store.open(ID)
    before = session.all_turns()
    session.append(Turn("n1", "user", "Hello there", before[-1].id if before else ""))
    session.append(Turn("n2", "assistant", "Hi", "n1", outcome="complete"))
    session.close()
    again = store.open(ID)
    assert [turn.text for turn in again.all_turns()][-2:] == ["Hello there", "Hi"]
    assert [turn.text for turn in again.all_turns()][:-2] == [turn.text for turn in before]
    assert again.notices == []
    again.close()
    tomllib.loads(path.read_text())
    assert [head.id for head in store.heads()] == [ID]
    if data.strip(b"\n#") and b"format" not in data and not data.startswith(b"#"):
        assert damaged(store)[0].read_bytes() == data


def test_a_broken_head_keeps_its_turns_and_what_can_be_read_of_it(store: SessionStore) -> None:
    put(store, WHOLE.replace(b"format = 1", b"format = = 1", 1))
    session = store.open(ID)
    assert session.title == "Cookies"
    assert session.all_turns() == TURNS
    assert "head is damaged" in session.notices[0]
    session.close()


HAND_EDITS = {
    "another order of keys": WHOLE.replace(
        b'id = "t3"\nparent = "t2"\nrole = "user"', b'role = "user"\nparent = "t2"\nid = "t3"'
    ),
    "the parent further down": WHOLE.replace(
        b'parent = "t2"\nrole = "user"', b'role = "user"\nparent = "t2"'
    ),
    "comments": WHOLE.replace(b"[[turns]]\nid", b"[[turns]]   # mine\n# a note\nid"),
    "spaces in the headers": WHOLE.replace(b"\n[[turns]]\nid", b"\n[[ turns ]]\nid"),
    "quoted headers": WHOLE.replace(b"\n[[turns]]\nid", b'\n[["turns"]]\nid'),
    "indented headers": WHOLE.replace(b"\n[[turns]]\nid", b"\n  [[turns]]\nid"),
    "CRLF": WHOLE.replace(b"\n", b"\r\n"),
    "a byte order mark": b"\xef\xbb\xbf" + WHOLE,
    "both": b"\xef\xbb\xbf" + WHOLE.replace(b"\n", b"\r\n"),
    "no line break at the end": WHOLE.rstrip(b"\n"),
    "blank lines at the end": WHOLE + b"\n\n\n",
    "a header inside a text": WHOLE.replace(b"\\u005b[turns]]", b"[[turns]]"),
    "unknown keys": WHOLE.replace(b'role = "user"', b'mood = { a = [1, 2] }\nrole = "user"'),
    "keys after the text": WHOLE.replace(b'And then?"""\n', b'And then?"""\nstars = 5\n'),
    "another table between": WHOLE.replace(BLOCKS[2], b"\n[[bookmarks]]\nat = 1\n" + BLOCKS[2]),
    "a table at the end": WHOLE + b"\n[notes]\na = 1\n",
    "literal strings": WHOLE.replace(b'text = """\nAnd then?"""', b"text = 'And then?'"),
}


@pytest.mark.parametrize("edit", HAND_EDITS)
@pytest.mark.parametrize("size", ["short", "long"])
def test_a_hand_edited_file_reads_as_toml_says_and_stays_as_it_is(
    store: SessionStore, edit: str, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = HAND_EDITS[edit]
    assert data != WHOLE
    if size == "long":  # too long to be parsed whole when it is opened
        monkeypatch.setattr(session_turnfile, "THOROUGH_BYTES", len(data) + 4_000)
        filler = block(Turn("f0", "user", "filler " * 1_000, "t4"))
        tail = filler + block(Turn("f1", "user", "end", "f0"))
        data += tail.replace(b"\n", b"\r\n") if b"\r" in data else tail
        assert len(data) > session_turnfile.THOROUGH_BYTES
    path = put(store, data)
    tomllib.loads(data.decode("utf-8-sig"))
    session = store.open(ID)
    session.verify()
    assert session.all_turns()[:4] == TURNS
    assert [turn.id for turn in session.path_to("t4")] == ["t1", "t2", "t3", "t4"]
    assert session.notices == []
    assert path.read_bytes() == data
    session.append(Turn("t9", "user", "more", "t4"))
    session.close()
    assert path.read_bytes().startswith(data)
    assert tomllib.loads(path.read_bytes().decode("utf-8-sig"))["turns"][-1]["text"] == "more"


def test_turns_written_by_hand_without_ids_follow_one_another(store: SessionStore) -> None:
    put(store, b'[[turns]]\ntext = "one"\n\n[[turns]]\nrole = "assistant"\ntext = "two"\n')
    session = store.open(ID)
    path = session.path_to()
    assert [path[index].text for index in range(len(path))] == ["one", "two"]
    session.close()


def test_a_loop_of_parents_ends(store: SessionStore) -> None:
    put(store, HEAD + block(Turn("a", "user", "1", "b")) + block(Turn("b", "user", "2", "a")))
    session = store.open(ID)
    assert len(session.path_to()) == 2
    session.close()


def test_a_file_of_a_newer_format_is_shown_and_never_written(store: SessionStore) -> None:
    data = WHOLE.replace(b"format = 1", b"format = 2", 1)
    path = put(store, data)
    session = store.open(ID)
    assert session.read_only
    assert session.all_turns() == TURNS
    assert "newer fmtui" in session.notices[0]
    with pytest.raises(StorageError, match="newer fmtui"):
        session.append(TURNS[0])
    session.close()
    assert path.read_bytes() == data


def test_damage_that_opening_overlooks_is_found_by_asking_for_the_turn(store: SessionStore) -> None:
    filler = [block(Turn(f"f{n}", "user", "filler " * 2000, f"f{n - 1}" if n else "")) for n in range(20)]
    filler[5] = filler[5].replace(b"filler filler", b"filler \\q filler", 1)
    put(store, HEAD + b"".join(filler))
    session = store.open(ID)
    assert session.notices == []
    path = session.path_to()
    assert path[4].id == "f4"
    assert path[5].error is not None  # drawn, never raised
    assert "damaged" in session.notices[0]
    assert len(session.all_turns()) == 5
    assert damaged(store)
    session.close()


def test_a_file_edited_while_it_is_open_is_read_anew_and_not_overwritten(store: SessionStore) -> None:
    path = put(store, WHOLE)
    session = store.open(ID)
    edited = path.with_suffix(".new")
    edited.write_bytes(WHOLE.replace(b"And then?", b"And what comes then?"))
    edited.replace(path)
    session.append(Turn("t5", "user", "last", "t4"))
    assert texts(session) == [TURNS[0].text, TURNS[1].text, "And what comes then?", "Bake.\n", "last"]
    path.unlink()
    session.append(Turn("t6", "user", "after it was removed", "t5"))
    session.close()
    assert texts(store.open(ID)) == [
        TURNS[0].text,
        TURNS[1].text,
        "And what comes then?",
        "Bake.\n",
        "last",
        "after it was removed",
    ]


def test_a_large_file_of_garbage_opens(store: SessionStore) -> None:
    put(store, WHOLE + b"\x00" * 50_000_000)
    session = store.open(ID)
    assert texts(session) == [turn.text for turn in TURNS]
    assert damaged(store)[0].stat().st_size > 50_000_000
    session.close()


@settings(max_examples=35, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 40), st.binary(max_size=12))
def test_whatever_bytes_are_changed_nothing_is_raised_and_the_turns_before_stay(
    store: SessionStore, at: int, removed: int, added: bytes
) -> None:
    changed = WHOLE[:at] + added + WHOLE[at + removed :]
    found = scan(changed, ID, thorough=True)
    edges = [len(HEAD) + sum(map(len, BLOCKS[: n + 1])) for n in range(4)]
    untouched = [turn.id for turn, edge in zip(TURNS, edges, strict=True) if edge <= at]
    if at >= len(HEAD):
        assert [entry.id for entry in found.entries][: len(untouched)] == untouched
    path = put(store, changed)
    session = store.open(ID)
    session.all_turns()
    session.close()
    if session.notices:
        assert changed in [copy.read_bytes() for copy in damaged(store)]
    else:
        assert path.read_bytes() == changed
