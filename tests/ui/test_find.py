"""Finding text: what is drawn is found, and nothing that may be drawn is passed over."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fmtui.core.chat import Params, Turn, TurnList
from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.find import Query
from fmtui.ui.conversation.loading import live_of, parts_of
from fmtui.ui.conversation.markdown import render
from fmtui.ui.conversation.paragraphs import paragraphs
from fmtui.ui.conversation.places import Position
from fmtui.ui.conversation.search import Hit, Search
from tests.ui.answers import SHAPES, answer
from tests.ui.conversation_fakes import turn_lines
from tests.ui.test_stream import EXAMPLES, TEXTS

LONG = "one two three four five six seven eight nine ten eleven twelve"


def reply(text: str, turn_id: str = "r") -> Turn:
    return Turn(turn_id, "assistant", text, params=Params("e", "m"))


def count(text: str, query: str, width: int = 60) -> int:
    """Return how often a query is found in a whole markdown text."""
    return Query(query).count(render(text, width))


def entries(*texts: str, width: int = 40) -> Entries:
    made = Entries(parts_of, live_of, TurnList(reply(text, f"t{n}") for n, text in enumerate(texts)))
    made.resize(width)
    return made


def searched(among: Entries, query: str, turn: int = 0) -> Search:
    search = Search(among, Query(query), turn)
    while not search.complete:
        search.run(10)
    return search


@pytest.mark.parametrize("width", [8, 12, 30, 200])
def test_text_is_found_over_wraps_and_changes_of_style(width: int) -> None:
    assert count(LONG, "four five six seven", width) == 1
    assert count("some **bo**ld and `co`de", "bold and code", width) == 1
    assert count("> " + LONG + "\n\n- " + LONG, "nine ten eleven", width) == 2
    assert count(f"| a | b |\n|-|-|\n| {LONG} | x |\n", "nine ten eleven", width) == 1
    assert count("```\n" + "x" * 70 + "yz\n```", "xyz", width) == 1


def test_case_matters_only_where_the_query_has_upper_case() -> None:
    text = "Apple apple APPLE"
    assert [count(text, query) for query in ("apple", "Apple", "APPLE", "aPPle")] == [3, 1, 1, 0]
    assert count("ÄPFEL äpfel", "äpfel") == 2


def test_what_fmtui_says_about_a_turn_is_not_found() -> None:
    lines = turn_lines(reply("text"), 60)
    assert Query("text").count(lines) == 1
    assert Query("stop").count(lines) == 0


def test_signs_are_found_as_they_are() -> None:
    assert count("a.b (c) [d] *e* x*y $", "x*y $") == 1
    assert count("a.b", "a?b") == count("ab", "a.b") == 0


def _words(turn: Turn, width: int) -> set[str]:
    """Return all words that a turn shows, and some longer parts of what it says."""
    found: set[str] = set()
    for paragraph in paragraphs(turn_lines(turn, width)):
        said = paragraph.text.strip()
        found |= set(re.findall(r"\S+", said))
        found |= {said[:20].strip(), said[-15:].strip(), said[4:16].strip()}
    return {word for word in found if word}


@settings(max_examples=50, deadline=None)
@example("- - ---- - - - \x1b[2J", 9)
@given(TEXTS, st.sampled_from([9, 20, 80]))
def test_whatever_a_turn_shows_is_not_passed_over(text: str, width: int) -> None:
    turn = reply(text.replace("\r", "\n"))
    for word in _words(turn, width):
        assert Query(word).may_be_in(turn), word


def test_no_word_of_the_commonmark_examples_is_passed_over() -> None:
    for text in EXAMPLES:
        for word in _words(reply(text), 60):
            assert Query(word).may_be_in(reply(text)), (word, text)


def test_turns_that_cannot_show_it_are_not_drawn() -> None:
    among = entries(*(f"number {n} of many" for n in range(200)))
    search = searched(among, "number 17 of")
    assert search.total == 1
    assert among.rendered == 0  # what is found is looked up only when it is gone to
    assert search.places(Hit(17, search._found[17].parts[0][0], 0))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("width", [20, 80])
def test_as_many_are_found_in_parts_as_are_drawn(shape: str, width: int) -> None:
    text = answer(shape, 4_000)  # type: ignore[arg-type]  # one of the shapes
    turn = reply(text)
    words = sorted(_words(turn, 80))
    among, drawn = entries(text, width=width), turn_lines(turn, width)
    for word in words[:: max(1, len(words) // 5)]:
        assert searched(among, word).total == Query(word).count(drawn), word


def test_hits_are_gone_through_in_their_order_and_round_the_end() -> None:
    search = searched(entries("a x\n\nb x", "nothing", "x x\n\n- x"), "x", turn=1)
    assert search.total == 5
    hits = [search.hit(number) for number in range(1, 7)]
    assert hits[0] == hits[5]
    assert [hit and hit.turn for hit in hits[:5]] == [0, 0, 2, 2, 2]
    assert [search.number(hit) for hit in hits[:5] if hit] == [1, 2, 3, 4, 5]
    starts = [search.places(hit)[0] for hit in hits[:5] if hit]
    assert starts == sorted(starts)


def test_the_nearest_place_above_a_line_is_told() -> None:
    among = entries("x", "no", "x", "x")
    search = searched(among, "x", turn=1)
    assert [search.last_before(Position(turn, 1 << 30, 0)) for turn in range(4)] == [1, 1, 2, 3]
    assert search.last_before(Position(0, 0, 0)) == 0


def test_turns_are_searched_from_the_given_one_backwards_first() -> None:
    search = Search(entries("x", "x", "x"), Query("x"), 1)
    search.run(-1)
    assert search.total == 0
    order = list(search._waiting)
    assert order == [1, 0, 2]


def test_what_takes_the_place_of_turns_that_were_taken_away_is_searched() -> None:
    among = entries("one x", "two x x", "three x x x")
    search = searched(among, "x")
    among.truncate(1)
    search.forget(1)
    assert search.total == 1
    among.append_live(Turn("live", "assistant", "x x x x", params=Params("e", "m")))
    among.append(reply("x", "new"))
    search.take_new()
    while not search.complete:
        search.run(10)
        search.take_new()
    assert search.total == 6


def test_a_reply_that_comes_is_searched_as_it_grows_and_after_it_ended() -> None:
    from fmtui.core.chat import TextDelta  # noqa: PLC0415 - only here

    among = entries("one x")
    search = searched(among, "x")
    live = Turn("live", "assistant", "", params=Params("e", "m"))
    among.append_live(live)
    search.take_new()
    search.run(10)
    assert search.live
    known = among.live("live")
    assert known is not None
    known.add(TextDelta("two x\n\nthree x"))
    among.flush()
    search.take_new()
    assert search.total == 3
    among.settle(reply("two x\n\nthree x\n\nx", "live"))
    search.take_new()
    search.run(10)
    assert (search.total, search.live, search.complete) == (4, False, True)
    among.truncate(1)
    search.take_new()
    assert search.total == 1
