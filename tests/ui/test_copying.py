"""What is copied of a conversation, and what words and lines are selected as."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.chat import Params, Turn
from fmtui.ui.conversation.copying import copied
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.markdown import render, render_plain
from fmtui.ui.conversation.paragraphs import paragraphs, text_of
from tests.ui.conversation_fakes import turn_lines

LONG = "one two three four five six seven eight nine ten eleven twelve"


def text(source: str, width: int = 60) -> str:
    """Return what is copied of a whole markdown text."""
    return copied(render(source, width, links=Links()))


@pytest.mark.parametrize("width", [5, 12, 20, 60, 200])
def test_a_paragraph_is_copied_as_one_line_however_it_was_wrapped(width: int) -> None:
    assert text(LONG, width) == LONG
    assert text("- " + LONG, width) == "- " + LONG
    assert text("> " + LONG, width) == LONG
    assert text("https://a.example/" + "x" * 90, width) == "https://a.example/" + "x" * 90
    assert copied(render_plain("a   b      c " + LONG, width)) == "a   b      c " + LONG


def test_items_keep_their_marks_and_nesting() -> None:
    source = "- a\n  - b\n    - c\n1. d\n2. e\n- [ ] f\n- [x] g"
    assert text(source) == "- a\n  - b\n    - c\n\n1. d\n2. e\n\n- [ ] f\n- [x] g"


@pytest.mark.parametrize("width", [20, 60])
def test_code_keeps_its_indentation_and_loses_its_bar(width: int) -> None:
    code = "def f(x):\n    if x:\n        return 'a long line of code here'\n\n    return 2"
    assert text(f"```python\n{code}\n```", width) == code
    assert text(f"- item\n\n  ```\n{code}\n  ```".replace("\n", "\n  "), 80).startswith("- item\n\n  ")


def test_code_in_an_item_is_copied_without_the_indentation_of_the_item() -> None:
    lines = render("- item\n\n  ```\n  a\n    b\n  ```\n", 40)
    assert copied(lines[2:]) == "a\n  b"


@pytest.mark.parametrize("width", [24, 80])
def test_cells_are_separated_by_tabs_and_joined_where_they_were_wrapped(width: int) -> None:
    source = f"| name | said |\n|:-:|--:|\n| x | {LONG} |\n| y | z |\n"
    assert text(source, width) == f"name\tsaid\nx\t{LONG}\ny\tz"


def test_headings_rules_and_quotes_are_copied_without_what_is_drawn() -> None:
    assert text("# One\n\n---\n\n> two\n> three\n") == "One\n\n---\n\ntwo\nthree"


def test_a_turn_is_copied_with_who_speaks() -> None:
    turn = Turn("p", "user", f"{LONG}\n\n  indented", created=datetime(2026, 11, 22, 20, 14, tzinfo=UTC))
    said = copied(turn_lines(turn, 30)).split("\n")
    assert said[0].startswith("You  ")
    assert said[1:] == [LONG, "", "  indented"]
    answer = Turn("r", "assistant", "yes", params=Params("e", "m"), created=turn.created)
    assert copied(turn_lines(answer, 40)).startswith("m  ")


def test_parts_of_the_first_and_the_last_line_are_copied() -> None:
    lines = render("one two\n\nthree four", 40)
    assert copied(lines, 4, 5) == "two\n\nthree"
    assert copied(lines[:1], 4, 6) == "tw"


def test_nothing_copied_could_act_on_a_terminal() -> None:
    assert "\x1b" not in text("a\x1b[2Jb") + text("&#27;[2J")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", " ", "世", "界", ",", "e\u0301"]), max_size=60).map("".join),
        min_size=1,
        max_size=4,
    ),
    st.integers(4, 60),
)
def test_any_plain_text_is_copied_as_it_was_written(lines: list[str], width: int) -> None:
    source = "\n".join("x" + " ".join(line.split()) + "x" for line in lines)
    assert copied(render_plain(source, width)) == source


@settings(max_examples=35, deadline=None)
@given(st.integers(3, 100), st.integers(3, 100))
def test_what_lines_say_does_not_depend_on_the_width(one: int, two: int) -> None:
    source = f"# T {LONG}\n\n{LONG} *{LONG}*\n\n- {LONG}\n\n```\n{LONG}\n```\n\n> {LONG}"

    def said(width: int) -> list[str]:
        return [
            paragraph.text.strip()
            for paragraph in paragraphs(render(source, width))
            if paragraph.text.strip()
        ]

    assert "".join(said(one)).replace(" ", "") == "".join(said(two)).replace(" ", "")
    if min(one, two) > 20:
        assert said(one) == said(two)


def test_a_place_in_a_paragraph_is_a_place_in_a_line() -> None:
    lines = render(f"> {LONG}", 20)
    [paragraph] = paragraphs(lines)
    start = paragraph.text.index("nine ten")
    places = paragraph.places(start, start + len("nine ten eleven"))
    assert [text_of(lines[line])[first:last] for line, first, last in places] == ["nine ten", "eleven"]
    for line, first, _ in places:
        assert paragraph.text[paragraph.place(line, first) :].startswith(text_of(lines[line])[first:])
