"""Selecting, reading and finding in the conversation with the mouse and the keyboard."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from rich.style import Style as RichStyle
from textual import events
from textual.pilot import Pilot

from fmtui.core.chat import TextDelta, Turn, TurnList
from fmtui.ui.conversation.search import Search
from fmtui.ui.conversation.widget import Conversation
from tests.ui.conversation_app import ConversationApp, frames_settle, prompt, reply, rows, screen, until

TEXT = "one two three\n\nfour *five* six https://a.example/x seven\n\n- eight\n- nine"


class ReadingApp(ConversationApp):
    """Keeps what the conversation reports of links."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.chosen: list[str] = []
        self.counts: list[tuple[int, int, bool]] = []

    def on_conversation_link_shown(self, message: Conversation.LinkShown) -> None:
        self.shown.append(message.target)

    def on_conversation_link_chosen(self, message: Conversation.LinkChosen) -> None:
        self.chosen.append(message.target)

    def on_conversation_find_changed(self, message: Conversation.FindChanged) -> None:
        self.counts.append((message.current, message.total, message.complete))


@asynccontextmanager
async def shown(
    *turns: Turn, size: tuple[int, int] = (60, 16)
) -> AsyncIterator[tuple[ReadingApp, Pilot[None]]]:
    app = ReadingApp()
    async with app.run_test(size=size) as pilot:
        app.set_focus(None)
        app.conversation.show(TurnList(turns or [reply(TEXT)]))
        await frames_settle(app, pilot)
        yield app, pilot


def place(app: ConversationApp, words: str) -> tuple[int, int]:
    """Return column and row of words on the screen."""
    for y, row in enumerate(rows(app)):
        if words in row:
            return row.index(words), y
    raise AssertionError(f"{words!r} is not on the screen:\n{screen(app)}")


async def drag(app: ConversationApp, pilot: Pilot[None], start: str, stop: str) -> None:
    """Draw the mouse from the first character of some words to the last one of others."""
    x, y = place(app, stop)
    await pilot.mouse_down(app.conversation, offset=place(app, start))
    await pilot.hover(app.conversation, offset=(x + len(stop) - 1, y))
    await pilot.mouse_up(app.conversation, offset=(x + len(stop) - 1, y))
    await frames_settle(app, pilot)


def look_of(app: ConversationApp, words: str) -> RichStyle | None:
    """Return the style of the first character of words on the screen."""
    x, y = place(app, words)
    [segment] = list(app.conversation.render_line(y).crop(x, x + 1))
    return segment.style


async def test_the_mouse_selects_from_character_to_character_across_turns() -> None:
    async with shown(prompt("ask me", "p"), reply(TEXT)) as (app, pilot):
        await drag(app, pilot, "me", "two")
        copied = app.conversation.copied_text()
        assert copied is not None
        assert copied.startswith("me\n")
        assert copied.endswith("one two")
        await drag(app, pilot, "six", "three")  # upwards: both characters at the ends count
        assert app.conversation.copied_text() == "e\n\nfour five s"


async def test_what_is_selected_is_drawn_so_and_a_click_clears_it() -> None:
    async with shown() as (app, pilot):
        plain = look_of(app, "two")
        await drag(app, pilot, "two", "three")
        assert look_of(app, "two") != plain
        assert look_of(app, "one") == plain
        await pilot.click(app.conversation, offset=place(app, "nine"))
        assert not app.conversation.has_selection
        assert look_of(app, "two") == plain


async def test_two_clicks_select_a_word_and_three_the_line_as_it_was_written() -> None:
    words = "some words " * 20
    async with shown(reply(f"see /usr/local/bin-x.txt, and https://a.example/a(b)?c=d.\n\n{words}")) as (
        app,
        pilot,
    ):
        for inside, whole in (("local", "/usr/local/bin-x.txt"), ("example", "https://a.example/a(b)?c=d")):
            await pilot.click(app.conversation, offset=place(app, inside), times=2)
            assert app.conversation.copied_text() == whole
        await pilot.pause(0.6)
        await pilot.click(app.conversation, offset=place(app, "words some"), times=3)
        assert app.conversation.copied_text() == words.strip()


async def test_shift_and_a_click_extend_what_is_selected() -> None:
    async with shown() as (app, pilot):
        await drag(app, pilot, "one", "two")
        await pilot.click(app.conversation, offset=place(app, "six"), shift=True)
        assert app.conversation.copied_text() == "one two three\n\nfour five s"


async def test_the_selection_stays_while_text_comes_the_view_moves_and_the_width_changes() -> None:
    async with shown(reply(f"{TEXT}\n\n" + "wrapped words " * 12), size=(60, 24)) as (app, pilot):
        await drag(app, pilot, "three", "wrapped words wrapped")
        before = app.conversation.copied_text()
        app.conversation.begin_reply(reply("", "live"))
        app.conversation.feed("live", TextDelta("more\n\n" * 30))
        await frames_settle(app, pilot)
        assert app.conversation.copied_text() == before
        for width in (31, 90, 60):
            await pilot.resize_terminal(width, 24)
            await frames_settle(app, pilot)
            assert app.conversation.copied_text() == before
        app.conversation.scroll_to_start()
        assert app.conversation.copied_text() == before


async def test_the_view_follows_the_mouse_past_its_edge_and_stops_with_it() -> None:
    async with shown(prompt("\n".join(f"line {n}" for n in range(100))), size=(60, 10)) as (app, pilot):
        conversation = app.conversation
        await pilot.mouse_down(conversation, offset=place(app, "line 95"))
        await pilot.hover(conversation, offset=(4, 0))
        await until(lambda: "line 80" in screen(app), pilot)
        await pilot.mouse_up(conversation, offset=(4, 0))
        await frames_settle(app, pilot)
        copied = conversation.copied_text()
        assert copied is not None
        assert "line 85\nline 86" in copied
        assert conversation._edge is None


async def test_a_click_leaves_the_keys_where_they_are() -> None:
    async with shown() as (app, pilot):
        app.set_focus(None)
        await pilot.click(app.conversation, offset=place(app, "two"))
        assert not app.conversation.has_focus


async def test_blocks_are_gone_through_selected_and_copied_as_text_and_as_written() -> None:
    async with shown() as (app, pilot):
        app.conversation.focus()
        await pilot.press("k", "k", "k")
        assert app.conversation.copied_source() == "four *five* six https://a.example/x seven"
        assert app.conversation.copied_text() == "four five six https://a.example/x seven"
        assert "▌four" in screen(app)
        await pilot.press("v", "j", "j")
        assert app.conversation.copied_text() == "four five six https://a.example/x seven\n\n- eight\n- nine"
        assert app.conversation.copied_source() == (
            "four *five* six https://a.example/x seven\n\n- eight\n- nine"
        )
        await pilot.press("escape")
        assert not app.conversation.has_selection
        app.set_focus(None)
        await frames_settle(app, pilot)
        assert "▌" not in screen(app)


async def test_turns_are_gone_through() -> None:
    turns = [prompt(f"prompt {n}", f"p{n}") for n in range(20)]
    async with shown(*turns, size=(60, 8)) as (app, pilot):
        app.conversation.focus()
        await pilot.press("K", "K")
        assert app.conversation.copied_text() == "prompt 17"
        await pilot.press("J")
        assert app.conversation.copied_text() == "prompt 18"


async def test_the_cursor_stays_in_its_turn_and_on_the_screen_while_a_reply_comes() -> None:
    turns = [turn for n in range(3) for turn in (prompt(f"prompt {n}", f"p{n}"), reply(f"said {n}", f"r{n}"))]
    turns[3] = reply("", "r1")  # of which nothing came
    async with shown(*turns[:5], size=(60, 16)) as (app, pilot):
        conversation = app.conversation
        conversation._pace.set_low(low_bandwidth=True)  # rows are left below the end for what comes
        conversation.begin_reply(reply("", "live"))
        for text in ("a b", " c", "\n\nd"):
            conversation.feed("live", TextDelta(text))
            await frames_settle(app, pilot)
        conversation.focus()
        walk = []
        for key in ("K", "K", "K", "K", "J", "J"):
            await pilot.press(key)
            conversation.feed("live", TextDelta("\n\nmore\n\nand more"))
            await frames_settle(app, pilot)
            walk.append(conversation.cursor_turn)
            assert "▌" in "".join(row[0] for row in rows(app) if row)
        assert walk == ["p2", "r1", "p1", "r0", "p1", "r1"]

        # Neither rows that go nor the next turns take it along, nor does showing the path anew.
        await pilot.press("K", "J")
        await pilot.resize_terminal(60, 5)
        conversation.finish(reply("a b c", "live"))
        conversation.begin(prompt("prompt 3", "p3"))
        await frames_settle(app, pilot)
        assert conversation.cursor_turn == "r1"
        conversation.show(TurnList([prompt("before", "p"), *turns, prompt("prompt 3", "p3")]))
        await frames_settle(app, pilot)
        assert conversation.cursor_turn == "r1"
        await pilot.press("K")
        assert conversation.cursor_turn == "p1"
        assert "▌prompt 1" in screen(app).replace("▌ ", "▌")
        # It goes on to what takes the place of its turn, as soon as that says something.
        await pilot.press("J", "J", "J")
        conversation.drop_after("p2")
        conversation.begin_reply(reply("", "anew"))
        conversation.feed("anew", TextDelta("said again"))
        await frames_settle(app, pilot)
        assert conversation.cursor_turn == "anew"
        assert "▌said again" in screen(app)


async def test_links_are_gone_through_shown_and_chosen() -> None:
    text = "a [b](https://b.example/) c\n\nhttps://c.example/" + "x" * 80 + " d\n\ne"
    async with shown(reply(text)) as (app, pilot):
        app.conversation.focus()
        await pilot.press("home", "K", "tab")
        assert app.shown[-1] == "https://b.example/"
        await pilot.press("tab", "enter")
        assert app.shown[-1] == app.chosen[-1] == "https://c.example/" + "x" * 80
        await pilot.press("shift+tab", "enter")
        assert app.chosen[-1] == "https://b.example/"


async def test_a_click_on_a_link_chooses_it_and_the_mouse_over_it_shows_it() -> None:
    async with shown() as (app, pilot):
        await pilot.hover(app.conversation, offset=place(app, "a.example"))
        await pilot.pause()
        assert app.shown[-1] == "https://a.example/x"
        await pilot.click(app.conversation, offset=place(app, "a.example"))
        await until(lambda: app.chosen == ["https://a.example/x"], pilot)
        await pilot.hover(app.conversation, offset=place(app, "two"))
        await pilot.pause()
        assert app.shown[-1] == ""


async def test_text_is_found_marked_and_gone_to_in_turns_that_were_never_drawn() -> None:
    turns = [reply(f"turn {n}\n\n{'needle' if n % 50 == 7 else 'hay'}", f"t{n}") for n in range(400)]
    async with shown(*turns, size=(60, 12)) as (app, pilot):
        conversation = app.conversation
        drawn = conversation.fetches
        assert drawn < 20
        conversation.find("needle")
        await until(lambda: bool(app.counts) and app.counts[-1][2], pilot)
        assert app.counts[-1] == (8, 8, True)
        assert "needle" in screen(app)
        assert "turn 357" in screen(app)
        conversation.find_next(-1)
        await frames_settle(app, pilot)
        assert "turn 307" in screen(app)
        conversation.find_next()
        conversation.find_next()
        await frames_settle(app, pilot)
        assert app.counts[-1][0] == 1
        assert "turn 7" in screen(app)
        conversation.drop_after("t357")
        conversation.begin(reply("no hay", "new"))
        await until(lambda: app.counts[-1] == (1, 8, True), pilot)
        conversation.drop_after("t356")
        conversation.begin(reply("needle and needle", "newer"))
        await until(lambda: app.counts[-1] == (1, 9, True), pilot)
        marked = look_of(app, "needle")
        top = rows(app)[0]
        conversation.end_find()
        await frames_settle(app, pilot)
        assert look_of(app, "needle") != marked
        assert rows(app)[0] == top


async def test_stepping_goes_not_past_what_is_known_while_the_search_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on, search_all = threading.Event(), Search.run

    def search_some(search: Search, seconds: float) -> None:
        while not search.complete and not (search.total > 1 and not go_on.wait(0.01)):
            search_all(search, seconds / 1_000)

    monkeypatch.setattr(Search, "run", search_some)
    turns = [reply(f"turn {n}\n\n{'needle' if n % 50 == 7 else 'hay'}", f"t{n}") for n in range(400)]
    async with shown(*turns, size=(60, 12)) as (app, pilot):
        app.conversation.find("needle")
        await until(lambda: bool(app.counts) and app.counts[-1][1] > 1, pilot)
        assert not app.counts[-1][2]
        app.conversation.find_next()  # would be the first of all, which is not known yet
        await frames_settle(app, pilot)
        assert "turn 357" in screen(app)
        go_on.set()
        await until(lambda: app.counts[-1][2], pilot)
        assert "turn 357" in screen(app)
        app.conversation.find_next()
        await frames_settle(app, pilot)
        assert "turn 7" in screen(app)


async def test_the_place_that_the_view_is_at_looks_different_however_the_query_was_typed() -> None:
    async with shown(reply("needle one\n\nneedle two")) as (app, pilot):
        for text in ("n", "need", "needle"):
            app.conversation.find(text)
            await until(lambda: bool(app.counts) and app.counts[-1][2], pilot)
            await frames_settle(app, pilot)
        assert look_of(app, "needle one") != look_of(app, "needle two")


async def more(app: ConversationApp, pilot: Pilot[None], count: int) -> None:
    """Have more of the live reply come."""
    app.conversation.feed("live", TextDelta("".join(f"\n\nmore {n}" for n in range(count))))
    await frames_settle(app, pilot)


@asynccontextmanager
async def streaming() -> AsyncIterator[tuple[ReadingApp, Pilot[None]]]:
    async with shown(prompt("ask me", "p")) as (app, pilot):
        app.conversation.begin_reply(Turn("live", "assistant", ""))
        await more(app, pilot, 20)
        app.conversation.feed("live", TextDelta("\n\none [two](https://a.example) three"))
        await frames_settle(app, pilot)
        assert app.conversation.following
        yield app, pilot


async def test_what_the_mouse_points_at_stays_while_a_reply_comes() -> None:
    async with streaming() as (app, pilot):
        start, stop = place(app, "one"), place(app, "three")
        await pilot.mouse_down(app.conversation, offset=start)
        await more(app, pilot, 2)
        assert place(app, "one") == start
        await pilot.hover(app.conversation, offset=stop)
        await more(app, pilot, 2)
        await pilot.mouse_up(app.conversation, offset=stop)
        await more(app, pilot, 2)
        assert place(app, "one") == start
        assert app.conversation.copied_text() == "one two (https://a.example) t"
        assert (app.conversation.following, app.conversation.lines_below) == (False, 12)
        app.conversation.clear_selection()
        assert place(app, "one") == start  # still read, maybe
        app.conversation.follow()
        await more(app, pilot, 2)
        assert "more 1" in screen(app)


async def test_a_click_on_nothing_stops_no_following() -> None:
    async with streaming() as (app, pilot):
        await pilot.click(app.conversation, offset=place(app, "three"))
        await more(app, pilot, 2)
        await until(lambda: app.conversation.following, pilot)
        assert "more 1" in screen(app)


async def test_a_second_click_meets_the_word_that_the_first_one_met() -> None:
    async with streaming() as (app, pilot):
        at = place(app, "three")
        await pilot.click(app.conversation, offset=at)
        await more(app, pilot, 2)
        await pilot.click(app.conversation, offset=at)
        assert app.conversation.copied_text() == "three"


async def test_reading_by_keyboard_stands_still_until_it_is_left() -> None:
    async with streaming() as (app, pilot):
        app.conversation.focus()
        await frames_settle(app, pilot)
        before = screen(app)
        await more(app, pilot, 4)
        assert screen(app) == before
        app.set_focus(None)
        await frames_settle(app, pilot)
        assert app.conversation.following
        assert "more 3" in screen(app)


async def test_the_keyboard_s_place_stays_while_another_window_has_the_keys() -> None:
    async with streaming() as (app, pilot):
        app.conversation.focus()
        await pilot.press("k", "v")
        before, selected = screen(app), app.conversation.copied_text()
        assert selected
        app.post_message(events.AppBlur())
        await more(app, pilot, 2)
        app.post_message(events.AppFocus())
        await frames_settle(app, pilot)
        assert app.focused is app.conversation
        assert (screen(app), app.conversation.copied_text()) == (before, selected)


async def test_what_was_found_stays_while_a_reply_comes() -> None:
    async with streaming() as (app, pilot):
        app.conversation.find("three")
        await until(lambda: bool(app.counts) and app.counts[-1][0] == 1, pilot)
        at = place(app, "three")
        await more(app, pilot, 2)
        assert place(app, "three") == at
        app.conversation.end_find()
        await frames_settle(app, pilot)
        assert app.conversation.following


async def test_the_keyboard_s_place_and_selection_stay_when_the_width_changes() -> None:
    text = "\n\n".join(f"{'word ' * 30}p{n}" for n in range(6))
    async with shown(reply(text), size=(60, 30)) as (app, pilot):
        app.conversation.focus()
        await pilot.press("k", "k", "k", "v", "k")
        selected = app.conversation.copied_source()
        assert selected is not None
        assert selected.count("word") == 60
        for width in (34, 90, 60):
            await pilot.resize_terminal(width, 30)
            await frames_settle(app, pilot)
            assert app.conversation.copied_source() == selected
            await pilot.press("j", "k")  # from where the cursor was, and with what was selected first
            assert app.conversation.copied_source() == selected
