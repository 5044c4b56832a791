"""A file that our writer left as it is is understood in one pass, and as the careful look understands it."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core import session_scan
from fmtui.core.chat import Turn
from fmtui.core.session_file import block, turn_tables
from fmtui.core.session_head import Head, head_bytes
from fmtui.core.session_scan import Entry, Scan, scan
from tests.core.test_session_file import texts, turns

EDITS = [
    b"\n",
    b" ",
    b"\r",
    b'"',
    b'"\n\n[[turns]]\n',
    b"\n[[turns]]",
    b'\n[[ turns ]]\nid = "x"\ntext = ""\n',
    b'\n[["turns"]]\ntext = ""\n',
    b"\n[[other]]\n",
    b"\n[[",
    b"[[turns]]\n",
    b"\n# note\n",
    b'"""',
    b'parent = "x"\n',
    b"\xef\xbb\xbf",
]
heads = st.sampled_from(
    [
        head_bytes(Head("x", "Cookies")),
        b'format = 1\ntitle = "x"\n',
        b"",
        b"\xef\xbb\xbf",
        b'turns = [{ id = "h", text = "x" }]\n',
        b"oops\n",
    ]
)
ids = st.text("abc01.:é", min_size=1, max_size=3)
simple = st.builds(Turn, ids, st.sampled_from(["user", "assistant"]), texts, st.just("") | ids)


def careful(data: bytes) -> Scan:
    """Return what the look at each block gives."""
    with patch.object(session_scan, "_all_ours", lambda *_: []):
        return scan(data, "x")


@settings(max_examples=25, deadline=None)
@given(heads, st.lists(simple | turns, max_size=4), st.data())
def test_one_pass_finds_what_a_look_at_each_turn_finds(
    head: bytes, kept: list[Turn], data: st.DataObject
) -> None:
    whole = head + b"".join(map(block, kept))
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(0, len(whole)))
        cut = data.draw(st.integers(0, 3))
        whole = whole[:at] + data.draw(st.sampled_from(EDITS)) + whole[at + cut :]
    assert scan(whole, "x") == careful(whole)


def test_of_a_file_of_ours_only_the_last_turn_is_looked_at() -> None:
    kept = [
        Turn(f"n{n}", "assistant" if n % 2 else "user", "words", f"n{n - 1}" * (n > 0)) for n in range(99)
    ]
    whole = head_bytes(Head("x", "T")) + b"".join(map(block, kept))
    looked: list[bytes] = []

    def counted(data: bytes) -> list[dict[str, object]]:
        looked.append(data)
        return turn_tables(data)

    with (
        patch.object(session_scan, "turn_tables", counted),
        patch.object(session_scan, "_starts", lambda *_: []),
    ):
        found = scan(whole, "x")
    assert [entry.id for entry in found.entries] == [turn.id for turn in kept]
    assert looked == [block(kept[-1])[1:]]


def test_entries_are_where_the_turns_are() -> None:
    kept = [Turn("a", "user", "x"), Turn("b", "assistant", "y", "a"), Turn("c", "user", "z", "b")]
    head = head_bytes(Head("x", "T"))
    sizes = [len(block(turn)) for turn in kept]
    first = len(head) + 1
    ends = [first + sizes[0], first + sizes[0] + sizes[1], len(head) + sum(sizes)]
    assert scan(head + b"".join(map(block, kept)), "x").entries == [
        Entry("a", "", first, ends[0]),
        Entry("b", "a", ends[0], ends[1]),
        Entry("c", "b", ends[1], ends[2]),
    ]


def test_only_the_text_of_a_turn_is_weighed_whoever_wrote_it() -> None:
    texts = ["x" * 500, 'a """ b\ntext = """\nc', "", "last"]
    data = b"format = 1\n"
    for number, text in enumerate(texts):
        before = f"t{number - 1}" if number else ""
        data += block(Turn(f"t{number}", "assistant", text, before, reasoning="long " * 99))
    for thorough in (False, True):
        weights = [entry.weight for entry in scan(data, "s", thorough=thorough).entries]
        far_off = [abs(weight - len(text)) > 8 for weight, text in zip(weights, texts, strict=True)]
        assert not any(far_off), weights


def test_a_quick_look_weighs_as_a_thorough_one_and_reads_an_id_that_follows_once() -> None:
    turns = [Turn("turn-a", "user", "one"), Turn("turn-b", "assistant", 'tw"""o\n\n[[turns]]\n', "turn-a")]
    turns += [Turn("turn-c", "user", "", "turn-a"), Turn("turn-d", "user", "")]
    data = b'id = "x"\n' + b"".join(block(turn) for turn in turns)
    quick, thorough = scan(data, "x").entries, scan(data, "x", thorough=True).entries
    assert quick == thorough
    assert [(each.id, each.parent) for each in quick] == [
        ("turn-a", ""),
        ("turn-b", "turn-a"),
        ("turn-c", "turn-a"),
        ("turn-d", ""),
    ]
    assert [each.weight for each in quick[::2]] == [each.weight for each in thorough[::2]]
    assert quick[1].parent is quick[0].id
