"""What a request reads of a session: the same as parsing gives, and far less work."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.chat import Failure, Params, Request, Said, Timing, ToolCall, Turn, Usage
from fmtui.core.session_disk import Disk
from fmtui.core.session_file import BrokenError, block, turn_from, turn_tables
from fmtui.core.session_said import quick
from fmtui.core.session_turnfile import PIECE_BYTES
from fmtui.core.sessions import Session, SessionStore
from fmtui.core.upload import Upload
from fmtui.core.wire import encode
from tests.core.counting import CountingDisk
from tests.core.test_session_file import texts, turns

ROWS = [
    "created = 2026-01-01T00:00:00Z\n",
    "created = 2026-02-30T00:00:00Z\n",
    "created = 2026-01-01 00:00:00+01:00\n",
    "role = 'assistant'\n",
    'role = "user"\n',
    'text = "other"\n',
    "text = '''\nother'''\n",
    "body = { a = 1, a = 2 }\n",
    "body = [\n",
    "max_tokens = 007\n",
    "temperature = 1.\n",
    "total_s = inf\n",
    "mode = chat\n",
    "# text\n",
    "\n",
    "[[turns]]\n",
    '"""\n',
    '""',
    "\\",
    "\\ud800",
    "\\U0001f600",
    "\\\n   ",
    "\\q",
    "\r\n",
    "\r",
    "\x00",
    "\x7f",
    "\xff",
]


def parsed(data: bytes, turn_id: str) -> Said | None:
    """Return what the long way gives; None when it gives another turn, several, or none."""
    try:
        (table,) = turn_tables(data)
    except (BrokenError, ValueError):
        return None
    if table.get("id") != turn_id:
        return None
    turn = turn_from(table, turn_id, "")
    echoes = turn.params is not None and turn.params.echo is True
    return Said(turn.role, turn.text, "", echoes)


@settings(max_examples=25, deadline=None)
@given(turns)
def test_whatever_was_kept_is_said(turn: Turn) -> None:
    data = block(turn)[1:]
    said = quick(data, turn.id)
    echoes = turn.params is not None and turn.params.echo is True
    assert said in (None, Said(turn.role, turn.text, "", echoes))
    thought = quick(data, turn.id, reasoning=True)
    assert thought == (None if said is None else said._replace(reasoning=turn.reasoning))
    assert quick(data + b"\n", turn.id) == said, "as it stands before another turn"
    assert quick(data, turn.id + "x") is None


@settings(max_examples=30, deadline=None)
@given(turns, st.data())
def test_an_edited_turn_is_said_as_it_parses_or_not_at_all(turn: Turn, data: st.DataObject) -> None:
    rows = block(turn)[1:].decode().splitlines(keepends=True)
    match data.draw(st.sampled_from(["order", "row", "inside", "drop", "lines", "twice"])):
        case "order":
            rows[1:] = data.draw(st.permutations(rows[1:]))
        case "row":
            rows.insert(data.draw(st.integers(0, len(rows))), data.draw(st.sampled_from(ROWS)))
        case "inside":
            whole = "".join(rows)
            at = data.draw(st.integers(0, len(whole)))
            rows = [whole[:at], data.draw(st.sampled_from(ROWS) | texts), whole[at:]]
        case "drop":
            del rows[data.draw(st.integers(0, len(rows) - 1))]
        case "twice":
            rows.insert(1, data.draw(st.sampled_from(rows)))
        case _:
            rows = [row.replace("\n", "\r\n") for row in rows]
    changed = "".join(rows).encode("utf-8", "surrogatepass")
    said = quick(changed, turn.id)
    assert said is None or said == parsed(changed, turn.id)


def test_bytes_that_are_no_characters_are_left_to_the_parser() -> None:
    assert quick(block(Turn("a", "user", "x"))[1:].replace(b"x", b"\xff"), "a") is None


WHEN = datetime(2026, 1, 1, tzinfo=UTC)
FULL = Params(
    "e",
    "m",
    "chat",
    7,
    0.7,
    1e-05,
    3,
    ("x", 'y"'),
    "be\nbrief",
    {"seed": 1},
    "low",
    5,
    True,
    "end",
    True,
    "truncate",
    False,
)


@pytest.mark.parametrize(
    "turn",
    [
        Turn("a", "user", "", created=WHEN),
        Turn("a", "user", 'He said "hi", \\d+ and\ttabs, é and 🙂.\n', "b", WHEN),
        Turn("a", "user", '[[turns]]\nid = "b"\n\x1b[31m\r\n\n```\nx\n```', "b"),
        Turn("a", "assistant", '"""\nquoted\n""" x', "b", WHEN, 'thinks "so"\n', FULL, "complete", "stop"),
        Turn("a", "assistant", "x", params=Params(), usage=Usage(estimated=True), timing=Timing(None, 1.5)),
        Turn(
            "a", "assistant", "x", usage=Usage(1, 2, 3, 4), timing=Timing(1e-07, 2.0, 0.5), notices=("n", "m")
        ),
        Turn("a", "assistant", "x", usage=Usage(1, 2), cost=4.2e-05),
        Turn("a", "assistant", "x", outcome="error", error=Failure("http", "no\nway", 500, "hint")),
        Turn("a", "assistant", "x", tool_calls=(ToolCall("f", '{"a": 1}', "1"),)),
    ],
)
def test_what_our_writer_leaves_needs_no_parser(turn: Turn) -> None:
    echoes = turn.params is not None and turn.params.echo is True
    assert quick(block(turn)[1:], turn.id) == Said(turn.role, turn.text, "", echoes)


# ---- a whole session -------------------------------------------------------------

TURNS = 1_000


def filled(folder: Path, disk: Disk, *, edit: Callable[[bytes], bytes] = bytes) -> Session:
    """Return a session of a megabyte, opened anew, after an edit by hand."""
    store = SessionStore(folder, disk=disk)
    session = store.new()
    session.append(Turn("n0", "user", "0"))
    session.close()
    more = (
        Turn(f"n{n}", "assistant" if n % 2 else "user", f"{n} " + "words " * 170, f"n{n - 1}")
        for n in range(1, TURNS)
    )
    session.path.write_bytes(edit(session.path.read_bytes() + b"".join(map(block, more))))
    return store.open(session.id)


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every piece of TOML that is parsed."""
    seen: list[bytes] = []

    def counted(data: bytes) -> list[dict[str, Any]]:
        seen.append(data)
        return turn_tables(data)

    monkeypatch.setattr("fmtui.core.session_turnfile.turn_tables", counted)
    return seen


def sent(session: Session, leaf: str = "") -> list[str]:
    pieces = encode(Request(Params(model="m"), session.said_to(leaf)), "openai")
    return [message["content"] for message in json.loads(b"".join(pieces))["messages"]]


def living_turns() -> int:
    return sum(isinstance(thing, Turn) for thing in gc.get_objects())


def test_a_request_with_a_long_session_parses_nothing_and_keeps_no_turn(
    tmp_path: Path, disk: CountingDisk, parses: list[bytes]
) -> None:
    session = filled(tmp_path, disk)
    parses.clear()
    disk.sizes.clear()
    gc.collect()
    before = living_turns()  # of whatever else ran in this process
    texts = sent(session)
    assert [text.split()[0] for text in texts] == [str(n) for n in range(TURNS)]
    assert parses == []
    assert max(disk.sizes) <= PIECE_BYTES
    assert len(disk.sizes) < 10, "it is read in pieces, not turn by turn"
    assert living_turns() - before < TURNS / 10


def test_only_turns_that_were_edited_by_hand_are_parsed(
    tmp_path: Path, disk: CountingDisk, parses: list[bytes]
) -> None:
    session = filled(
        tmp_path,
        disk,
        edit=lambda data: data.replace(b'id = "n7"\n', b"# mine\nid = 'n7'\n").replace(b"words", b"WORDS", 1),
    )
    parses.clear()
    assert len(sent(session)) == TURNS
    assert len(parses) == 1


def test_one_branch_is_sent_with_what_the_disk_has_not_taken_yet(tmp_path: Path, disk: CountingDisk) -> None:
    session = filled(tmp_path, disk)
    session.append(Turn("b1", "assistant", "sibling", "n0"))
    session._index.unwritten["b2"] = Turn("b2", "user", "in memory", "b1")
    assert sent(session, "b2") == ["0", "sibling", "in memory"]
    assert [said.text for said in session.said_to("b2")] == ["0", "sibling", "in memory"]


def test_turns_that_are_no_longer_there_are_left_out_and_those_of_a_removed_file_are_not(
    tmp_path: Path, disk: CountingDisk
) -> None:
    session = filled(tmp_path, disk)
    said = session.said_to()
    other = filled(tmp_path / "other", Disk(), edit=lambda data: data.replace(b'"n5"', b'"x5"'))
    session.path.write_bytes(other.path.read_bytes())
    assert [each.text for each in said if each.text.startswith("5 ")] == []
    before = list(said)
    session.path.unlink()
    assert list(said) == before


# ---- on its way out ------------------------------------------------------------------


async def test_a_body_goes_out_in_pieces_and_can_go_again() -> None:
    pieces = [b"a" * 10, b"b" * 200_000, b"", b"c" * 40_000, b"d" * 40_000, b"e"]
    whole = b"".join(pieces)
    body = Upload(pieces)
    assert pieces == [], "nothing is held twice"
    assert body.size == len(whole)
    for _ in range(2):
        went = [piece async for piece in body]
        assert b"".join(went) == whole
        assert max(map(len, went)) <= 65_536
        assert len(went) < 8
    body.clear()
    assert [piece async for piece in body] == []
