"""The view: what part of a conversation is on the screen, without a screen."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.chat import TextDelta, Turn, TurnList
from fmtui.ui.conversation.places import START, lines_before, start_of
from fmtui.ui.conversation.view import View
from tests.ui.conversation_fakes import CountingTurns, FakeLive, numbered, shown, split


def view_of(turns: list[Turn], width: int = 20, height: int = 6) -> View:
    view = View(split, FakeLive)
    view.resize(width, height)
    view.show(TurnList(turns))
    return view


def live_view(lines: int, width: int = 20, height: int = 6) -> View:
    view = view_of(numbered(3), width, height)
    view.begin_reply(Turn("r", "assistant", "\n".join(f"r.{n}" for n in range(1, lines + 1))))
    return view


def test_a_conversation_opens_at_its_end_and_follows() -> None:
    view = view_of(numbered(4))
    assert shown(view.window()) == ["2.2", "2.3", "", "3.1", "3.2", "3.3"]
    assert view.following
    assert view.lines_below == 0


def test_a_short_conversation_stands_at_the_top() -> None:
    view = view_of(numbered(1))
    assert shown(view.window()) == ["", "0.1", "0.2", "0.3", "", ""]
    view.scroll_lines(-3)
    assert view.following, "there is nowhere to scroll to"
    assert view.thumb() == (0, 0)


def test_an_empty_conversation_can_be_moved_without_harm() -> None:
    view = view_of([])
    for move in (view.scroll_lines, view.scroll_pages, view.scroll_turns):
        move(-1)
        move(1)
    view.scroll_to_start()
    view.scroll_to_part(0.5)
    assert view.window() == [None] * 6
    assert view.following


def test_ten_thousand_turns_open_by_fetching_one_screenful() -> None:
    turns = CountingTurns(numbered(10_000))
    view = View(split, FakeLive)
    view.resize(80, 40)
    view.show(turns)
    view.window()
    view.thumb()
    assert turns.fetched == [9_999 - n for n in range(10)]
    assert view.entries.rendered == 10
    view.resize(100, 40)
    assert turns.weighed == 10_000, "each was weighed once"


@pytest.mark.parametrize("jump", ["start", "page", "part", "turn", "end", "resize"])
def test_every_jump_in_ten_thousand_turns_renders_one_screenful_while_a_reply_comes(jump: str) -> None:
    turns = CountingTurns(numbered(10_000))
    view = View(split, FakeLive)
    view.resize(80, 40)
    view.show(turns)
    view.begin_reply(Turn("r", "assistant", ""))
    view.window()
    if jump == "end":
        view.scroll_to_start()
        view.window()
    turns.fetched.clear()
    rendered = view.entries.rendered
    view.add("r", TextDelta("more\n" * 50))
    match jump:
        case "start":
            view.scroll_to_start()
        case "page":
            view.scroll_pages(-1)
        case "part":
            view.scroll_to_part(0.5)
        case "turn":
            view.scroll_turns(-20)
        case "end":
            view.follow()
        case _:
            view.resize(100, 40)
    for _ in range(5):
        view.add("r", TextDelta("and more\n"))
        view.flush()
        view.window()
        view.thumb()
    assert len(turns.fetched) <= 12
    assert view.entries.rendered - rendered <= 13


def test_scrolling_up_lets_go_and_reaching_the_end_takes_hold() -> None:
    view = live_view(10)
    view.scroll_lines(-2)
    assert not view.following
    assert shown(view.window())[-1] == "r.8"
    view.scroll_lines(1)
    assert not view.following
    view.scroll_lines(1)
    assert view.following


def test_text_that_comes_while_following_moves_the_end_into_view() -> None:
    view = live_view(1)
    view.add("r", TextDelta("\nnew"))
    assert view.flush()
    assert shown(view.window())[-1] == "new"


def test_text_that_comes_while_reading_moves_nothing_and_is_counted() -> None:
    view = live_view(10)
    view.scroll_lines(-4)
    before = shown(view.window())
    assert view.lines_below == 0, "what was on the screen once is not new"
    for n in range(12):
        view.add("r", TextDelta(f"\nnew {n}"))
        view.flush()
        assert shown(view.window()) == before
    assert view.lines_below == 12
    view.scroll_lines(8)
    view.window()
    assert view.lines_below == 8, "four of them are on the screen now"
    view.follow()
    assert view.lines_below == 0
    assert shown(view.window())[-1] == "new 11"


def grow(view: View, count: int) -> None:
    view.add("r", TextDelta("".join(f"\nmore {n}" for n in range(count))))
    view.flush()


def test_letting_go_at_the_end_keeps_the_text_in_place_until_it_is_over() -> None:
    view = live_view(4)
    before = shown(view.window())
    view.let_go()
    grow(view, 3)
    assert shown(view.window()) == before
    assert (view.following, view.lines_below) == (False, 3)
    view.take_hold(at_end=True)  # would make the text jump
    assert shown(view.window()) == before
    view.take_hold()
    assert view.following
    assert shown(view.window())[-1] == "more 2"


def test_letting_go_is_over_without_a_jump_where_nothing_came() -> None:
    view = live_view(4)
    view.let_go()
    view.take_hold(at_end=True)
    assert view.following


def test_who_scrolled_since_letting_go_is_left_alone() -> None:
    view = live_view(4)
    view.let_go()
    grow(view, 3)
    view.scroll_lines(-2)
    before = shown(view.window())
    view.take_hold()
    assert shown(view.window()) == before
    assert not view.following


def test_a_taller_window_is_filled_and_the_text_goes_on_standing_still() -> None:
    view = live_view(8)
    view.let_go()
    view.resize(20, 8)
    filled = shown(view.window())
    assert filled[-1] == "r.8"
    grow(view, 2)
    assert shown(view.window()) == filled
    view.take_hold()
    assert shown(view.window())[-1] == "more 1"


def test_turns_that_are_added_while_reading_are_counted_and_move_nothing() -> None:
    view = live_view(10)
    view.scroll_pages(-1)
    before = shown(view.window())
    view.begin(Turn("p", "user", "a prompt"))
    view.begin_reply(Turn("q", "assistant", ""))
    view.flush()
    assert shown(view.window()) == before
    assert view.lines_below > 0


def test_events_of_unknown_turns_are_ignored() -> None:
    view = live_view(2)
    before = shown(view.window())
    assert not view.add("somebody", TextDelta("x"))
    assert not view.settle(Turn("somebody", "assistant", "x"))
    assert not view.flush()
    assert shown(view.window()) == before


def test_the_final_turn_takes_the_place_of_the_live_one_without_moving_the_view() -> None:
    view = live_view(12)
    view.scroll_lines(-5)
    before = shown(view.window())
    assert view.settle(Turn("r", "assistant", "\n".join(f"r.{n}" for n in range(1, 13)) + "\nend line"))
    assert shown(view.window()) == before
    assert view.lines_below == 1
    view.follow()
    assert shown(view.window())[-1] == "end line"
    assert not view.add("r", TextDelta("too late"))


def test_a_corrected_height_above_does_not_move_the_view() -> None:
    turns = numbered(200, lines=9)
    view = view_of(turns)
    view.scroll_to_part(0.5)
    before = shown(view.window())
    guessed = view.entries.heights.total
    for index in range(200):
        view.entries.height(index, 0)
    assert view.entries.heights.total != guessed, "the guess was wrong"
    assert shown(view.window()) == before


def test_pages_share_one_line() -> None:
    view = view_of(numbered(10), height=6)
    view.scroll_pages(-1)
    above = shown(view.window())
    view.scroll_pages(-1)
    assert shown(view.window())[-1] == above[0]


def test_turn_by_turn_movement_puts_starts_of_turns_at_the_top() -> None:
    view = view_of(numbered(10))
    view.scroll_turns(-1)
    assert view.top == start_of(8)
    view.scroll_turns(-1)
    assert view.top == start_of(7)
    view.scroll_lines(2)
    view.scroll_turns(-1)
    assert view.top == start_of(7), "the start of the turn that is being read comes first"
    view.scroll_turns(1)
    assert view.top == start_of(8)
    view.scroll_turns(1)
    assert view.following, "the last turn is shorter than the screen"
    view.scroll_turns(-100)
    assert view.top == START


def test_start_and_end() -> None:
    view = view_of(numbered(100))
    view.scroll_to_start()
    assert shown(view.window())[:2] == ["", "0.1"]
    assert not view.following
    view.follow()
    assert shown(view.window())[-1] == "99.3"


def test_a_resize_keeps_the_line_at_the_top() -> None:
    text = " ".join(f"word{n:04}" for n in range(400))
    view = view_of([Turn("a", "user", text), *numbered(40)], width=60, height=8)
    view.scroll_to_start()
    view.scroll_lines(20)
    top = shown(view.window())[0]
    word = top.split()[1]
    for width in (31, 47, 120, 200, 9 * 3):
        view.resize(width, 8)
        assert word in "".join(shown(view.window())[:3]).replace("\n", "")
    view.resize(60, 8)
    assert shown(view.window())[0] == top, "coming back comes back to the very same line"


@pytest.mark.parametrize("lines_down", range(12))
def test_opening_and_closing_the_sidebar_comes_back_to_the_same_line(lines_down: int) -> None:
    turns = [
        Turn(f"t{n}", "user", "first line of it\n\n\nand a longer one that must be wrapped in any case")
        for n in range(30)
    ]
    view = view_of(turns, width=50, height=7)
    view.scroll_to_part(0.5)
    view.scroll_lines(lines_down)
    before = shown(view.window())
    for _ in range(3):
        view.resize(22, 7)
        view.window()
        view.resize(50, 7)
        assert shown(view.window()) == before


def test_a_taller_window_is_filled_and_then_follows() -> None:
    view = view_of(numbered(10), height=6)
    view.scroll_lines(-3)
    view.resize(20, 30)
    rows = shown(view.window())
    assert rows[-1] == "9.3"
    assert view.following


def test_following_survives_a_resize() -> None:
    view = live_view(30, width=20)
    view.resize(9, 10)
    assert view.following
    assert shown(view.window())[-1] == "r.30"
    view.scroll_lines(-1)
    view.add("r", TextDelta("\nx\ny"))
    view.flush()
    assert view.lines_below == 2


def test_dropping_turns_forgets_what_comes_after() -> None:
    view = live_view(5)
    view.drop_after("t1")
    assert shown(view.window())[-1] == "1.3"
    assert not view.add("r", TextDelta("late"))
    view.drop_after("nobody")
    assert shown(view.window())[-1] == "1.3"
    view.drop_after("")
    assert view.window() == [None] * 6


@pytest.mark.parametrize("turn_id", ["t5", "nobody"])
def test_dropping_turns_far_up_fetches_none_on_the_way(turn_id: str) -> None:
    turns = CountingTurns(numbered(10_000))
    view = View(split, FakeLive)
    view.resize(20, 6)
    view.show(turns)
    view.drop_after(turn_id)
    view.window()
    assert len(turns.fetched) <= 6


def test_dropping_the_turn_that_is_read_goes_to_the_new_end() -> None:
    view = live_view(40)
    view.scroll_lines(-3)
    view.drop_after("t2")
    assert view.following
    assert shown(view.window())[-1] == "2.3"


def test_dropping_turns_below_leaves_the_reader_alone() -> None:
    view = live_view(40)
    view.scroll_to_start()
    before = shown(view.window())
    view.drop_after("t2")
    assert shown(view.window()) == before
    assert not view.following


def test_the_thumb_goes_from_the_first_row_to_the_last() -> None:
    view = view_of(numbered(100), height=10)
    first, size = view.thumb()
    assert first + size == 10
    view.scroll_lines(-30)
    assert view.thumb()[0] < first
    view.scroll_to_start()
    assert view.thumb() == (0, 1)
    view.scroll_lines(1)
    assert view.thumb()[0] == 1, "only the start looks like the start"


@pytest.mark.parametrize("part", [0.0, 0.25, 0.5, 0.9, 1.0])
def test_dragging_the_thumb_goes_to_that_part(part: float) -> None:
    view = view_of(numbered(1_000), height=40)
    view.scroll_to_part(part)
    view.window()
    first, size = view.thumb()
    assert abs(first - part * (40 - size)) <= 2
    assert view.following == (part == 1.0)


def test_nothing_is_rendered_before_the_size_is_known() -> None:
    view = View(split, FakeLive)
    turns = CountingTurns(numbered(5))
    view.show(turns)
    view.begin_reply(Turn("r", "assistant", "hello"))
    view.add("r", TextDelta(" there"))
    view.flush()
    view.scroll_lines(-1)
    assert turns.fetched == []
    view.resize(20, 3)
    assert shown(view.window()) == ["4.3", "", "hello there"]


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_the_window_is_always_a_slice_of_all_lines_and_reading_is_never_disturbed(seed: int) -> None:
    random_ = random.Random(seed)
    view = view_of(
        numbered(random_.randint(0, 8), lines=random_.randint(1, 9)), height=random_.randint(1, 12)
    )
    replies: dict[str, str] = {}
    for step in range(40):
        view.window()
        top, followed = view.top, view.following
        disturbs = False
        match random_.randrange(9):
            case 0:
                view.scroll_lines(random_.randint(-9, 9))
                disturbs = True
            case 1:
                view.scroll_turns(random_.choice([-1, 1]))
                disturbs = True
            case 2:
                view.scroll_to_part(random_.random())
                disturbs = True
            case 3:
                view.begin(Turn(f"p{step}", "user", "prompt\n" * random_.randint(1, 4)))
            case 4:
                replies[f"r{step}"] = "reply"
                view.begin_reply(Turn(f"r{step}", "assistant", "reply"))
            case 5 if replies:
                turn_id = random_.choice(list(replies))
                more = random_.choice(["\nmore", " and more", "\n\n\nlines"])
                replies[turn_id] += more
                view.add(turn_id, TextDelta(more))
                view.flush()
            case 6 if replies:
                turn_id = random_.choice(list(replies))
                view.settle(Turn(turn_id, "assistant", replies.pop(turn_id) + "\nended"))
            case 7:
                view.follow()
                disturbs = True
            case _:
                view.resize(random_.choice([20, 11]), view.height)
                disturbs = True
        rows = shown(view.window())
        entries = view.entries
        everything = [
            text
            for index in range(len(entries))
            for text in shown(entries.window(index, 0, 0, entries.height(index, 0)))
        ]
        padded = everything + [""] * view.height
        start = lines_before(entries, view.top)
        assert rows == padded[start : start + view.height]
        if view.following and everything:
            assert start == max(0, len(everything) - view.height)
        if not (followed or disturbs):
            assert view.top == top
        assert 0 <= view.lines_below <= len(everything)
