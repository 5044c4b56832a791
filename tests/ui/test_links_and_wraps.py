"""What the runs of a line tell beside their style: where links lead, and which lines go on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.chat import Turn
from fmtui.ui.conversation.lines import (
    GOES_ON,
    Line,
    Run,
    fill_runs,
    link_of,
    style_of,
    width_of_runs,
    wrap_open,
    wrap_runs,
)
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.markdown import render
from fmtui.ui.conversation.styles import Style
from tests.ui.conversation_fakes import turn_lines


def led(source: str, width: int = 60) -> dict[str, str]:
    """Return where each run of a text leads that leads anywhere."""
    links = Links()
    lines = render(source, width, links=links)
    return {text: links.target(link_of(number)) for line in lines for text, number in line if link_of(number)}


def unwrapped(lines: list[Line]) -> str:
    """Return the text that lines were made of, as their marks tell it."""
    text = ""
    for line in lines:
        marks = [number for said, number in line if not said]
        text += "".join(said for said, _ in line)
        text += "" if Style.BROKEN in marks else " " * len(marks) if marks else "\n"
    return text.removesuffix("\n")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("see [the *docs*](https://a.example/x) now", {"the docs", " ", "(https://a.example/x)"}),
        ("see https://a.example/x.", {"https://a.example/x"}),
        ("<https://a.example/x>", {"https://a.example/x"}),
        ("![a picture](https://a.example/x)", {"a picture", " ", "(https://a.example/x)"}),
        ("# on https://a.example/x", {"https://a.example/x"}),
        ("|a|\n|-|\n|[b](https://a.example/x)|\n", {"b", " ", "(https://a.example/x)"}),
        ("> - [`c`](https://a.example/x)", {"c", " ", "(https://a.example/x)"}),
    ],
)
def test_all_parts_of_a_link_lead_to_its_target(source: str, words: set[str]) -> None:
    assert led(source) == dict.fromkeys(words, "https://a.example/x")


def test_a_picture_within_a_link_leads_where_the_link_leads() -> None:
    found = led("[![badge](https://a.example/b.svg)](https://a.example/)", 100)
    assert found["badge"] == "https://a.example/"
    assert found["(https://a.example/b.svg)"] == "https://a.example/b.svg"
    assert found["(https://a.example/)"] == "https://a.example/"


def test_every_line_of_a_link_leads_to_the_whole_target() -> None:
    address = "https://a.example/" + "x" * 100
    links = Links()
    lines = render(f"go to {address} now", 20, links=links)
    assert {links.target(link_of(number)) for line in lines for _, number in line} == {"", address}
    assert all(width_of_runs(line) <= 20 for line in lines)


def test_the_number_of_a_target_does_not_depend_on_what_came_before() -> None:
    one, two = Links(), Links()
    two.number("https://other.example/")
    assert one.number("https://a.example/") == two.number("https://a.example/") > 0
    assert one.target(two.number("https://a.example/")) == "https://a.example/"
    assert one.target(0) == ""
    assert one.number("") == 0


def test_addresses_in_a_prompt_are_links_and_those_in_a_plain_reply_are_text() -> None:
    links = Links()
    prompt = turn_lines(Turn("p", "user", "read https://a.example/x please"), 60, links=links)
    assert [text for line in prompt for text, number in line if link_of(number)] == ["https://a.example/x"]
    assert any((" please", Style.USER) in line for line in prompt)


def test_styles_are_told_whatever_the_link() -> None:
    [line] = render("[a](https://a.example/)", 60, links=Links())
    assert [style_of(number) for _, number in line] == [Style.LINK, Style.PLAIN, Style.URL]


def test_a_line_tells_whether_the_text_goes_on_after_a_space_or_at_once() -> None:
    assert wrap_runs([("one two", 0)], 4) == [(("one", 0), ("", Style.WRAPPED)), (("two", 0),)]
    assert wrap_runs([("onetwo", 0)], 3) == [(("one", 0), ("", Style.BROKEN)), (("two", 0),)]
    assert wrap_runs([("one\ntwo", 0)], 4) == [(("one", 0),), (("two", 0),)]
    assert fill_runs([("one two", 0)], 4) == [(("one ", 0), ("", Style.BROKEN)), (("two", 0),)]


def test_each_cell_of_a_row_tells_whether_it_goes_on() -> None:
    lines = render("|a|b|\n|-|-|\n|one two three four|x|\n", 12)
    assert [[n for text, n in line if not text] for line in lines[2:]] == [
        [Style.WRAPPED],
        [Style.WRAPPED],
        [],
    ]


PARTS = ("a", "b", " ", "\n", "世", "界", "。", "e\u0301", "👩\u200d💻")
WORDS = st.lists(st.sampled_from(PARTS), max_size=60).map("".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WORDS, st.sampled_from([0, 1])), max_size=5), st.integers(2, 20))
def test_what_was_wrapped_is_told_to_the_last_space_within_lines(runs: list[Run], width: int) -> None:
    text = "".join(said for said, _ in runs)
    # Spaces at the start of a line that is too narrow for them, and those at an end, are not kept.
    kept = "\n".join(line.strip(" ") for line in text.split("\n"))
    stripped = "\n".join(line.strip(" ") for line in unwrapped(wrap_runs(runs, width)).split("\n"))
    assert stripped.replace("\n", "") == kept.replace("\n", "")
    if not any(line.startswith(" ") for line in text.split("\n")):
        assert stripped == kept


@settings(max_examples=50, deadline=None)
@given(WORDS.map(lambda text: text.replace("\n", " ")), st.integers(2, 20))
def test_code_that_was_broken_is_told_exactly(text: str, width: int) -> None:
    assert unwrapped(fill_runs([(text, 0)], width)) == text


@settings(max_examples=50, deadline=None)
@given(WORDS, WORDS, st.integers(1, 20))
def test_the_start_of_a_text_that_goes_on_is_marked_as_in_the_whole(one: str, two: str, width: int) -> None:
    lines, rest = wrap_open([(one, 0)], width)
    assert [*lines, *wrap_runs([*rest, (two, 0)], width)] == wrap_runs([(one + two, 0)], width)


def test_only_the_ends_of_lines_and_cells_hold_runs_without_text() -> None:
    lines = render("some words that *go on* and `on` " * 10, 20)
    assert all(number not in GOES_ON for line in lines for text, number in line if text)
    assert all(text or place == len(line) - 1 for line in lines for place, (text, _) in enumerate(line))


@pytest.mark.parametrize("stray", ["\u200d", "\ufe0f", "\u200d\u200d"])
def test_what_joins_nothing_is_left_out(stray: str) -> None:
    assert wrap_runs([(f"{stray}1.\n", 0), (f"{stray}x", 1)], 1) == wrap_runs([("1.\n", 0), ("x", 1)], 1)
