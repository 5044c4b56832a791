"""The format: every turn comes back as it was kept, and the file keeps its promises."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.chat import Failure, Params, Timing, ToolCall, Turn, Usage
from fmtui.core.session_file import EPOCH, BrokenError, block, turn_from, turn_tables
from fmtui.core.session_head import Head, head_bytes, head_from, rewritten
from fmtui.core.session_toml import table_or_json, value
from fmtui.core.text import encoded

# Everything that a text could break the file with, mixed with anything at all.
NASTY = st.sampled_from(
    [
        "[[turns]]",
        "\n[[",
        '"""',
        '"',
        "\\",
        "\\u005b",
        "\r\n",
        "\n",
        "\t",
        "\x00",
        "\x1b]52;c;\x07",
        "\x9b",
        "\u2028",
    ]
)
texts = st.lists(NASTY | st.text(max_size=8), max_size=8).map("".join)
lone_surrogates = st.text(st.characters(categories=["Cs", "Lu"]), max_size=6)
counts = st.none() | st.integers(0, 10**9)
seconds = st.floats(0, 1e6, allow_nan=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
params = st.builds(
    Params,
    endpoint=texts,
    model=texts,
    mode=st.sampled_from(["chat", "completion"]),
    max_tokens=st.integers(1, 10**7),
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    top_k=counts,
    stop=st.lists(texts, max_size=3).map(tuple),
    system=texts,
    extra=st.dictionaries(texts, json_values, max_size=3),
    reasoning_effort=texts,
    thinking=st.none() | st.integers(1, 10**7) | st.sampled_from(["adaptive", "off"]),
    send_reasoning=st.none() | st.booleans(),
    suffix=texts,
    echo=st.none() | st.booleans(),
    error_behavior=texts,
    use_raw_prompt=st.none() | st.booleans(),
)
turns = st.builds(
    Turn,
    id=st.text("0123456789abcdef", min_size=1, max_size=8),
    role=st.sampled_from(["system", "user", "assistant"]),
    text=texts,
    parent=texts,
    created=st.datetimes(
        datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
    ),
    reasoning=texts,
    params=st.none() | params,
    outcome=st.sampled_from([None, "complete", "stopped", "cut_off", "error", "interrupted"]),
    finish_reason=st.none() | texts,
    usage=st.none() | st.builds(Usage, counts, counts, counts, counts, estimated=st.booleans()),
    cost=st.none() | st.floats(0, 1_000),
    timing=st.none() | st.builds(Timing, st.none() | seconds, seconds, st.none() | seconds),
    error=st.none() | st.builds(Failure, texts, texts, counts, texts),
    tool_calls=st.lists(st.builds(ToolCall, texts, texts, texts), max_size=2).map(tuple),
    notices=st.lists(texts, max_size=2).map(tuple),
)


def read_back(data: bytes) -> Turn:
    (table,) = turn_tables(data)
    return turn_from(table, table["id"], table.get("parent", ""))


@settings(max_examples=25, deadline=None)
@given(turns)
def test_every_field_of_a_turn_comes_back_as_it_was_kept(turn: Turn) -> None:
    # A parent-less Params is only told from none by its keys, so it must always leave some.
    assert read_back(block(turn)) == turn


@settings(max_examples=25, deadline=None)
@given(turns)
def test_a_block_keeps_what_the_byte_index_relies_on(turn: Turn) -> None:
    data = block(turn)
    rows = data.split(b"\n")
    assert [row for row in rows if row.startswith(b"[[")] == [b"[[turns]]"]
    assert data.endswith(b'"""\n')
    assert list(turn_tables(data)[0])[-1] == "text"
    assert not any(byte < 0x20 and byte not in b"\n\t" for byte in data)
    assert "\x9b" not in data.decode()


@given(lone_surrogates)
def test_a_lone_half_of_a_surrogate_pair_becomes_one_replacement_character(text: str) -> None:
    kept = read_back(block(Turn("a", "user", text))).text
    assert kept == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@settings(max_examples=25, deadline=None)
@given(turns, st.data())
def test_a_block_cut_anywhere_never_reads_as_a_whole_turn_that_says_something_else(
    turn: Turn, data: st.DataObject
) -> None:
    whole = block(turn)
    cut = whole[: data.draw(st.integers(0, len(whole) - 2))]
    try:
        (table,) = turn_tables(cut)
    except BrokenError:
        return
    # What still parses has no text yet, or an empty one that lacks its line break.
    assert table.get("text", "") == ""
    assert not cut.endswith(b'"\n') or "text" not in table


def test_text_reads_in_the_file_as_it_was_typed() -> None:
    text = 'He said "hi".\n\n```py\nx = [[1]]\n```'
    assert text in block(Turn("a", "user", text)).decode()


def test_a_null_in_the_extra_body_survives_though_toml_has_none() -> None:
    extra = {"a": None, "b": {"c": [None, 1]}}
    turn = Turn("a", "assistant", "", params=Params(extra=extra))
    assert read_back(block(turn)).params == Params(extra=extra)
    assert (
        table_or_json({"top_k": 40, "d": datetime(2026, 1, 1, tzinfo=UTC)})
        == "{ top_k = 40, d = 2026-01-01T00:00:00Z }"
    )
    with pytest.raises(TypeError):
        value(None)


def test_values_that_are_not_finite_are_toml_too() -> None:
    assert tomllib.loads(f"a = {value(float('inf'))}") == {"a": float("inf")}


@pytest.mark.parametrize(
    "row",
    [
        "text = 5",
        "role = 7\ntext = 'x'",
        "created = 'yesterday'\ntext = 'x'",
        "usage_estimated = 3\nprompt_tokens = 'many'\ntext = 'x'",
        "stop = 'word'\nmax_tokens = true\nbody = 3\ntext = 'x'",
        "body = '{'\ntext = 'x'",
        "tool_calls = [1, {name = 2}]\nnotices = {a = 1}\ntext = 'x'",
        "error_type = []\ntotal_s = 'x'\noutcome = 'exploded'\ntext = 'x'",
    ],
)
def test_a_turn_with_wrong_types_is_still_a_turn(row: str) -> None:
    (table,) = turn_tables(f"[[turns]]\n{row}\n".encode())
    turn = turn_from(table, "a", "")
    assert turn.text in ("5", "x")
    assert read_back(block(turn)) == turn


def test_a_date_without_a_zone_is_taken_as_utc() -> None:
    (table,) = turn_tables(b"[[turns]]\ncreated = 2026-01-02T03:04:05\ntext = ''\n")
    assert turn_from(table, "a", "").created == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_head_that_is_no_toml_keeps_every_line_that_is() -> None:
    head, trouble = head_from(
        b'format = 1\ntitle = "Cookies"\ncreated = oops\nid = "x"\n', "20260101-000000-0000"
    )
    assert trouble
    assert (head.id, head.title, head.created) == ("20260101-000000-0000", "Cookies", EPOCH)


@given(texts, texts)
def test_a_new_title_leaves_the_rest_of_the_head_alone(old: str, new: str) -> None:
    start = encoded(f"# mine\nformat = 1\ntitle = {value(old)} # note\npinned = true\n\n[extra]\na = 1\n")
    head, _ = head_from(start, "x")
    changed = rewritten(start, replace(head, title=new), "title")
    assert tomllib.loads(changed.decode()) == tomllib.loads(start.decode()) | {"title": new}
    assert changed.startswith(b"# mine\n")


def test_a_head_without_a_title_can_get_one() -> None:
    head, _ = head_from(b"[extra]\na = 1\n", "x")
    assert tomllib.loads(rewritten(b"[extra]\na = 1\n", replace(head, title="T"), "title").decode()) == {
        "title": "T",
        "extra": {"a": 1},
    }
    fresh = Head("x", "T", table={"pinned": True})
    assert tomllib.loads(head_bytes(fresh).decode())["pinned"] is True
