"""Following by more than a line at a time: the text stands still while the rows below it are filled."""

from __future__ import annotations

from itertools import pairwise

from fmtui.core.chat import TextDelta, Turn
from fmtui.ui.conversation.places import moved, start_of
from fmtui.ui.conversation.view import View
from tests.ui.conversation_fakes import shown
from tests.ui.test_conversation_view import live_view


def grow(view: View, first: int, last: int) -> list[list[str]]:
    """Let a reply grow line by line; return each screen."""
    screens = []
    for number in range(first, last + 1):
        view.add("r", TextDelta(f"\nr.{number}"))
        view.flush()
        screens.append(shown(view.window()))
    return screens


def test_the_view_scrolls_by_the_jump_and_always_shows_the_last_line() -> None:
    view = live_view(20, height=9)
    view.jump = 3
    view.window()
    screens = grow(view, 21, 50)
    tops = [screen[0] for screen in screens]
    assert sum(before != top for before, top in pairwise(tops)) in {9, 10}
    for number, screen in enumerate(screens, 21):
        assert f"r.{number}" in screen
        assert screen.count("") <= 2
    assert view.following
    assert view.lines_below == 0


def test_scrolling_up_lets_go_and_the_end_takes_hold_again() -> None:
    view = live_view(20, height=9)
    view.jump = 3
    grow(view, 21, 21)
    view.scroll_lines(-1)
    assert shown(view.window())[-1] == "r.20"
    grow(view, 22, 22)
    assert shown(view.window())[-1] == "r.20"
    view.scroll_lines(1)
    view.scroll_lines(1)
    assert view.following
    assert "r.22" in shown(view.window())


def test_the_end_of_a_reply_leaves_no_row_empty_below_it() -> None:
    view = live_view(20, height=9)
    view.jump = 3
    before = grow(view, 21, 21)[-1]
    assert "" in before[-2:]
    view.settle(Turn("r", "assistant", "\n".join(f"r.{n}" for n in range(1, 22))))
    assert shown(view.window()) == [f"r.{n}" for n in range(13, 22)]


def test_the_end_of_a_reply_that_filled_the_screen_or_is_read_moves_nothing() -> None:
    for read in (False, True):
        view = live_view(20, height=9)
        view.jump = 3
        before = grow(view, 21, 23)[-1]
        assert "" not in before
        if read:
            grow(view, 24, 24)
            view.let_go()
            before = shown(view.window())
        last = 23 + read
        view.settle(Turn("r", "assistant", "\n".join(f"r.{n}" for n in range(1, last + 1))))
        assert shown(view.window()) == before


def test_a_pause_of_the_text_moves_nothing() -> None:
    view = live_view(20, height=9)
    view.jump = 3
    before = grow(view, 21, 21)[-1]
    view.jump = 1
    assert shown(view.window()) == before


def test_what_does_not_fill_the_screen_stays_at_the_top() -> None:
    view = live_view(1, height=30)
    view.jump = 10
    first = shown(view.window())[0]
    assert [screen[0] for screen in grow(view, 2, 10)] == [first] * 9


def test_what_is_gone_to_near_the_end_is_on_the_screen_and_no_key_for_the_end_moves_it() -> None:
    view = live_view(20, height=9)
    view.jump = 3
    before = grow(view, 21, 21)[-1]
    view.scroll_lines(1)
    assert shown(view.window()) == before
    end = moved(view.entries, start_of(len(view.entries)), -5)
    view.go_to(end)
    view.let_go()
    assert view.top <= end
    assert shown(view.window()) == [f"r.{n}" for n in range(13, 22)]
    assert grow(view, 22, 22)[-1] == [f"r.{n}" for n in range(13, 22)]
