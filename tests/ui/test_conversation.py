"""The conversation widget, as an app shows it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Static

from fmtui.core.chat import (
    Failure,
    Notice,
    Params,
    ReasoningDelta,
    TextDelta,
    Timing,
    ToolCallDelta,
    Turn,
    TurnList,
    Usage,
    UsageUpdate,
)
from fmtui.ui.conversation.widget import Conversation
from tests.ui.conversation_fakes import CountingTurns

CREATED = datetime(2026, 11, 22, 20, 14, 57, tzinfo=UTC)
CHAT = Params(endpoint="demo", model="demo-chat")


def prompt(text: str, turn_id: str = "p") -> Turn:
    return Turn(turn_id, "user", text, created=CREATED)


def reply(text: str = "", turn_id: str = "r") -> Turn:
    return Turn(turn_id, "assistant", text, created=CREATED, params=CHAT, outcome="complete")


class ConversationApp(App[None]):
    """Nothing but a conversation and what it posted."""

    def __init__(self, *, interval: float = 0.01, empty: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.conversation = Conversation(frame_interval=interval, empty=empty)
        self.posted: list[tuple[bool, int]] = []

    def compose(self) -> ComposeResult:
        yield self.conversation

    def on_conversation_follow_changed(self, message: Conversation.FollowChanged) -> None:
        self.posted.append((message.following, message.lines_below))


def rows(app: ConversationApp) -> list[str]:
    """Return what the rows of the screen say, without the scroll bar."""
    conversation = app.conversation
    return [conversation.render_line(y).text[:-1].rstrip() for y in range(conversation.size.height)]


def screen(app: ConversationApp) -> str:
    return "\n".join(rows(app))


async def until(condition: Callable[[], bool], pilot: Pilot[None]) -> None:
    """Let the app run until something is so."""
    end = monotonic() + 5
    while not condition():
        assert monotonic() < end, "it never came to be"
        await pilot.pause(0.005)


async def frames_settle(app: ConversationApp, pilot: Pilot[None]) -> None:
    """Let the app run until no frame is on its way."""
    await until(lambda: app.conversation._frame is None, pilot)
    await pilot.pause()


async def test_prompts_are_verbatim_and_answers_are_markdown() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.conversation.show(TurnList([prompt("**not** bold"), reply("**bold** and `code`")]))
        await frames_settle(app, pilot)
        text = screen(app)
        assert "**not** bold" in text
        assert "bold and code" in text
        assert "❯ You" in text
        assert "● demo-chat" in text


async def test_a_completion_is_verbatim() -> None:
    app = ConversationApp()
    turn = Turn("r", "assistant", "\n\n# no heading, **no bold**", params=Params(mode="completion"))
    async with app.run_test(size=(60, 20)) as pilot:
        app.conversation.show(TurnList([turn]))
        await frames_settle(app, pilot)
        assert "# no heading, **no bold**" in screen(app)


async def test_chunks_show_while_they_come_and_the_end_shows_at_once() -> None:
    app = ConversationApp(interval=60)
    async with app.run_test(size=(60, 20)) as pilot:
        conversation = app.conversation
        conversation.begin(prompt("Hello?"))
        conversation.begin_reply(reply())
        conversation.post_message(Conversation.Chunk("r", TextDelta("Hello")))
        await pilot.pause()
        conversation.post_message(Conversation.Chunk("r", TextDelta(" world")))
        await pilot.pause()
        assert "Hello world" not in screen(app), "the next frame is a minute away"
        ended = Turn(
            "r",
            "assistant",
            "Hello world, all of it",
            created=CREATED,
            params=CHAT,
            outcome="complete",
            finish_reason="stop",
            usage=Usage(28, 730),
            timing=Timing(0.31, 7.76),
        )
        conversation.post_message(Conversation.Ended(ended))
        await pilot.pause()
        text = screen(app)
        assert "Hello world, all of it" in text
        assert "28 + 730 tokens" in text


async def test_chunks_and_ends_of_unknown_turns_are_ignored() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.conversation.show(TurnList([prompt("Hello?")]))
        await frames_settle(app, pilot)
        before, frames = screen(app), app.conversation.frames
        app.conversation.post_message(Conversation.Chunk("elsewhere", TextDelta("boo")))
        app.conversation.post_message(Conversation.Ended(reply("boo", "elsewhere")))
        await pilot.pause()
        assert screen(app) == before
        assert app.conversation.frames == frames


async def test_a_burst_of_chunks_is_drawn_in_few_frames() -> None:
    app = ConversationApp(interval=0.05)
    async with app.run_test(size=(60, 20)) as pilot:
        conversation = app.conversation
        conversation.begin_reply(reply())
        await frames_settle(app, pilot)
        before = conversation.frames
        for n in range(2_000):
            conversation.feed("r", TextDelta(f"word{n} "))
        await frames_settle(app, pilot)
        assert conversation.frames - before <= 2
        assert "word1999" in screen(app)


async def test_nothing_is_drawn_and_no_timer_waits_when_nothing_happens() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        conversation = app.conversation
        conversation.begin_reply(reply())
        conversation.feed("r", TextDelta("text"))
        await frames_settle(app, pilot)
        frames = conversation.frames
        conversation.feed("r", UsageUpdate(Usage(1, 2)))
        await frames_settle(app, pilot)
        drawn = conversation.rows_repainted
        await pilot.pause(0.1)
        assert conversation._frame is None
        assert conversation.frames <= frames + 1
        assert conversation.rows_repainted == drawn
        assert not conversation.auto_refresh


async def test_only_the_row_that_grows_is_painted_again() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        conversation = app.conversation
        conversation.show(TurnList([prompt("one"), prompt("two", "q")]))
        conversation.begin_reply(reply())
        conversation.feed("r", TextDelta("a"))
        await frames_settle(app, pilot)
        before = conversation.rows_repainted
        conversation.feed("r", TextDelta("b"))
        await frames_settle(app, pilot)
        assert conversation.rows_repainted == before + 1
        assert "ab" in screen(app)


async def test_text_below_the_screen_paints_nothing_but_the_scroll_bar() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 10)) as pilot:
        conversation = app.conversation
        conversation.show(TurnList([prompt("\n".join(f"line {n}" for n in range(200)))]))
        conversation.begin_reply(reply())
        await frames_settle(app, pilot)
        conversation.scroll_lines(-100)
        await frames_settle(app, pilot)
        before, text = conversation.rows_repainted, screen(app)
        conversation.feed("r", TextDelta("unseen"))
        await frames_settle(app, pilot)
        assert conversation.rows_repainted - before <= 2
        assert screen(app) == text


async def test_ten_thousand_turns_open_by_rendering_one_screenful() -> None:
    turns = CountingTurns([prompt(f"prompt {n}", f"t{n}") for n in range(10_000)])
    app = ConversationApp()
    async with app.run_test(size=(80, 40)) as pilot:
        app.conversation.show(turns)
        await frames_settle(app, pilot)
        assert "prompt 9999" in screen(app)
        assert app.conversation.renders <= 15
        assert len(turns.fetched) <= 15
        await pilot.resize_terminal(100, 30)
        await frames_settle(app, pilot)
        assert "prompt 9999" in screen(app)
        assert app.conversation.renders <= 30


async def test_keys_scroll_when_focused() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.conversation.show(TurnList([prompt("\n".join(f"line {n}" for n in range(100)))]))
        app.conversation.focus()
        await frames_settle(app, pilot)
        assert rows(app)[-1] == " line 99"
        await pilot.press("up")
        assert rows(app)[-1] == " line 98"
        await pilot.press("pageup")
        assert rows(app)[-1] == " line 89"
        await pilot.press("home")
        assert rows(app)[2] == " line 0"
        await pilot.press("pagedown", "down")
        assert rows(app)[0] == " line 8"
        await pilot.press("end")
        assert rows(app)[-1] == " line 99"
        assert app.conversation.following


async def test_the_wheel_lets_go_and_the_screen_is_told_how_much_is_new() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 10)) as pilot:
        conversation = app.conversation
        conversation.show(TurnList([prompt("\n".join(f"line {n}" for n in range(100)))]))
        conversation.begin_reply(reply())
        await frames_settle(app, pilot)
        assert app.posted == []
        await pilot._post_mouse_events([events.MouseScrollUp], widget=conversation)
        await frames_settle(app, pilot)
        assert app.posted == [(False, 0)]
        top = rows(app)[0]
        for n in range(12):
            conversation.feed("r", TextDelta(f"- item {n}\n"))
            await frames_settle(app, pilot)
        assert rows(app)[0] == top
        assert app.posted[-1][0] is False
        assert app.posted[-1][1] in {12, 13}
        conversation.follow()
        await frames_settle(app, pilot)
        assert app.posted[-1] == (True, 0)
        assert "item 11" in screen(app)


async def test_a_burst_of_scrolling_is_reported_once() -> None:
    app = ConversationApp(interval=0.05)
    async with app.run_test(size=(60, 10)) as pilot:
        conversation = app.conversation
        conversation.show(TurnList([prompt("\n".join(f"line {n}" for n in range(100)))]))
        await frames_settle(app, pilot)
        for _ in range(20):
            conversation.scroll_lines(-1)
            conversation.scroll_lines(1)
        conversation.scroll_lines(-1)
        await frames_settle(app, pilot)
        assert app.posted[-1] == (False, 0)
        assert len(app.posted) <= 2


async def test_the_final_turn_does_not_move_what_is_read() -> None:
    app = ConversationApp()
    answer = "# Title\n\n" + "\n\n".join(f"Paragraph {n} of it." for n in range(60))
    async with app.run_test(size=(60, 12)) as pilot:
        conversation = app.conversation
        conversation.begin_reply(reply())
        conversation.feed("r", ReasoningDelta("Let me think.\n\n"))
        conversation.feed("r", TextDelta(answer))
        await frames_settle(app, pilot)
        conversation.scroll_lines(-40)
        before = screen(app)
        ended = Turn("r", "assistant", answer, reasoning="Let me think.\n\n", params=CHAT, outcome="complete")
        conversation.post_message(Conversation.Ended(ended))
        await frames_settle(app, pilot)
        assert screen(app) == before
        assert conversation.lines_below == 1, "the line of figures"


async def test_opening_the_sidebar_keeps_the_line_at_the_top() -> None:
    app = ConversationApp()
    words = iter(range(10_000))
    text = "\n\n".join(" ".join(f"word{next(words)}" for _ in range(40)) for n in range(60))
    async with app.run_test(size=(100, 12)) as pilot:
        conversation = app.conversation
        conversation.show(TurnList([reply(text)]))
        await frames_settle(app, pilot)
        conversation.scroll_lines(-83)
        before = rows(app)
        conversation.styles.width = 60
        await pilot.pause()
        assert before[0].split()[0] in rows(app)[0].split()
        conversation.styles.width = 100
        await pilot.pause()
        assert rows(app) == before


async def test_a_reply_that_already_has_text_goes_on_where_it_was() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        conversation = app.conversation
        conversation.show(TurnList([prompt("count")]))
        conversation.begin_reply(reply("one two"))
        conversation.feed("r", TextDelta(" three"))
        await frames_settle(app, pilot)
        assert "one two three" in screen(app)
        conversation.drop_after("p")
        await frames_settle(app, pilot)
        assert "one two" not in screen(app)


async def test_reasoning_tool_calls_and_notices_have_their_places() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        conversation = app.conversation
        conversation.begin_reply(reply())
        conversation.feed("r", ReasoningDelta("hmm"))
        conversation.feed("r", TextDelta("answer"))
        conversation.feed("r", ToolCallDelta(0, "c1", "f"))
        conversation.feed("r", ToolCallDelta(0, arguments='{"x":'))
        conversation.feed("r", ToolCallDelta(0, arguments="1}"))
        conversation.feed("r", Notice("an odd event"))
        await frames_settle(app, pilot)
        said = [row.strip() for row in rows(app) if row.strip()]
        assert said[1:] == ["reasoning", "hmm", "answer", '[tool call f({"x":1})]', "note: an odd event"]


async def test_an_error_says_what_happened_and_what_to_do() -> None:
    app = ConversationApp()
    turn = Turn(
        "r",
        "assistant",
        "",
        params=CHAT,
        outcome="error",
        error=Failure("AuthError", "The server refused the token.", 401, "Check DATABRICKS_TOKEN."),
    )
    async with app.run_test(size=(70, 20)) as pilot:
        app.conversation.show(TurnList([turn]))
        await frames_settle(app, pilot)
        said = [row.strip() for row in rows(app) if row.strip()]
        assert said[1] == "✗ The server refused the token."
        assert said[2] == "Check DATABRICKS_TOKEN."
        assert "refused" not in said[3], "it is said once"


HOSTILE = (
    "A\x1b]52;c;aGk=\x07B\x1b[2JC\x9b31mD\x07[/x][bold red]E"
    "\u202eF\u2066G\ud800H\x00\x7f[@click=app.quit]I[/]"
)


@pytest.mark.parametrize(
    "place", ["prompt", "answer", "completion", "reasoning", "tool", "error", "live", "empty"]
)
async def test_hostile_text_reaches_the_screen_only_as_visible_signs(place: str) -> None:
    app = ConversationApp(empty=(HOSTILE,) if place == "empty" else ())
    params = Params(model=HOSTILE, mode="completion" if place == "completion" else "chat")
    async with app.run_test(size=(70, 30)) as pilot:
        conversation = app.conversation
        match place:
            case "prompt":
                conversation.begin(prompt(HOSTILE))
            case "answer" | "completion":
                conversation.begin(Turn("r", "assistant", HOSTILE, params=params, outcome="complete"))
            case "reasoning":
                conversation.begin(Turn("r", "assistant", "", reasoning=HOSTILE, notices=(HOSTILE,)))
            case "tool" | "live":
                conversation.begin_reply(Turn("r", "assistant", "", params=params))
                for event in (
                    ReasoningDelta(HOSTILE),
                    TextDelta(HOSTILE),
                    ToolCallDelta(0, HOSTILE, HOSTILE, HOSTILE),
                    Notice(HOSTILE),
                ):
                    conversation.feed("r", event)
            case "error":
                failure = Failure("E", HOSTILE, 500, HOSTILE)
                conversation.begin(Turn("r", "assistant", "x", outcome="error", error=failure, params=params))
            case _:
                pass
        await frames_settle(app, pilot)
        text = "".join(conversation.render_line(y).text for y in range(30))
        assert "[/x]" in text, "what looks like markup is text"
        assert not any(
            c < " " or "\x7f" <= c <= "\x9f" or "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"
            or "\ud800" <= c <= "\udfff"
            for c in text
        )  # fmt: skip
        metas = [
            segment.style.meta
            for y in range(30)
            for segment in conversation.render_line(y)
            if segment.style is not None
        ]
        assert not any(metas), "no text of others becomes an action"


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
async def test_every_theme_repaints_and_tells_kinds_of_text_apart(theme: str) -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.conversation.show(TurnList([prompt("plain"), reply("# Heading\n\n**strong** text\n\n---")]))
        await frames_settle(app, pilot)
        app.theme = "nord"
        await pilot.pause()
        nord = {segment.style for y in range(20) for segment in app.conversation.render_line(y)}
        app.theme = theme
        await pilot.pause()
        styles = {segment.style for y in range(20) for segment in app.conversation.render_line(y)}
        assert not (styles & nord), "every colour is the new theme's"
        assert len(styles) >= 4
        shown_ = {segment.style for strip in app.screen._compositor.render_strips() for segment in strip}
        assert not (shown_ & nord)


async def test_an_empty_conversation_says_what_it_was_given_until_a_turn_comes() -> None:
    app = ConversationApp(empty=("Welcome to fmtui", "", "Type a prompt"))
    async with app.run_test(size=(60, 20)) as pilot:
        assert "Welcome to fmtui" in screen(app)
        app.conversation.set_empty(["Now on another endpoint"])
        await frames_settle(app, pilot)
        assert "Now on another endpoint" in screen(app)
        app.conversation.begin(prompt("hello"))
        await frames_settle(app, pilot)
        assert "another endpoint" not in screen(app)


@pytest.mark.parametrize("size", [(60, 15), (300, 100), (20, 3), (4, 2), (1, 1)])
async def test_every_size_is_filled_exactly(size: tuple[int, int]) -> None:
    app = ConversationApp(empty=("Welcome",))
    async with app.run_test(size=size) as pilot:
        text = (
            "word " * 300
            + "\n\n```python\nx = '"
            + "y" * 400
            + "'\n```\n\n| a | b |\n|---|---|\n| 世界 | 👩‍👩‍👧 |\n"
        )
        app.conversation.show(TurnList([prompt(text), reply(text)]))
        await frames_settle(app, pilot)
        for y in range(size[1]):
            strip = app.conversation.render_line(y)
            assert strip.cell_length == size[0]
            assert sum(segment.cell_length for segment in strip) == size[0]
            assert len(strip.text[:-1].rstrip()) <= 120


async def test_the_thumb_can_be_dragged() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        conversation = app.conversation
        conversation.show(TurnList([prompt(f"prompt {n}", f"t{n}") for n in range(500)]))
        await frames_settle(app, pilot)
        thumb = [y for y in range(20) if conversation.render_line(y).text[-1] != " "]
        assert thumb == [19]
        await pilot.mouse_down(conversation, offset=(59, 19))
        await pilot.hover(conversation, offset=(59, 10))
        thumb = [y for y in range(20) if conversation.render_line(y).text[-1] != " "]
        assert thumb == [10]
        await pilot.mouse_up(conversation, offset=(59, 10))
        await pilot.hover(conversation, offset=(59, 2))
        assert [y for y in range(20) if conversation.render_line(y).text[-1] != " "] == [10]
        await pilot.click(conversation, offset=(59, 0))
        assert "prompt 0" in screen(app)


class Covered(App[None]):
    """A conversation under a screen of its own kind."""

    def compose(self) -> ComposeResult:
        yield Static("above", markup=False)
        yield Conversation(frame_interval=0.01)


async def test_what_is_posted_bubbles_even_when_a_parent_caused_it() -> None:
    seen: list[Message] = []
    app = Covered()
    async with app.run_test(size=(60, 10), message_hook=seen.append) as pilot:
        conversation = app.query_one(Conversation)
        conversation.show(TurnList([prompt("x\n" * 80)]))
        await pilot.pause(0.05)
        app.screen.call_later(conversation.scroll_lines, -3)
        await pilot.pause(0.05)
        changes = [message for message in seen if isinstance(message, Conversation.FollowChanged)]
        assert changes
        assert changes[0]._sender is conversation


async def test_a_conversation_that_goes_away_leaves_no_timer_behind() -> None:
    app = ConversationApp(interval=0.02)
    async with app.run_test(size=(60, 10)) as pilot:
        conversation = app.conversation
        conversation.begin_reply(reply())
        await frames_settle(app, pilot)
        conversation.feed("r", TextDelta("x"))
        conversation.feed("r", TextDelta("y"))
        await conversation.remove()
        assert conversation._frame is None
        conversation.feed("r", TextDelta("late"))
        conversation.finish(reply("late"))
        await asyncio.sleep(0)
        assert conversation._frame is None


def test_the_first_frame_of_an_empty_conversation_needs_no_parser() -> None:
    code = (
        "import sys, fmtui.ui.conversation.widget as w;"
        "from fmtui.ui.conversation.placeholder import placeholder;"
        "placeholder(('Welcome',), 80, 40);"
        "print(sorted(m for m in sys.modules if m.startswith(('markdown_it', 'pygments.lexer'))"
        " or m.endswith(('.stream', '.parsing'))))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
