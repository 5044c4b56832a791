"""The conversation widget, as an app shows it."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

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
from fmtui.ui import painting
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.view import View
from fmtui.ui.conversation.widget import Conversation
from tests.ui.conversation_app import (
    CHAT,
    CREATED,
    ConversationApp,
    frames_settle,
    prompt,
    reply,
    rows,
    screen,
    until,
)
from tests.ui.conversation_fakes import CountingTurns


async def test_prompts_are_verbatim_and_answers_are_markdown() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.conversation.show(TurnList([prompt("**not** bold"), reply("**bold** and `code`")]))
        await frames_settle(app, pilot)
        text = screen(app)
        assert "**not** bold" in text
        assert "bold and code" in text
        assert "▌ You" in text
        assert "● demo-chat" in text


async def test_what_is_shown_before_there_is_any_room_may_be_scrolled_at_once() -> None:
    class Early(ConversationApp):
        def on_mount(self) -> None:
            self.conversation.show(TurnList([reply("first\n\nlast")]))
            self.conversation.scroll_to_start()

    app = Early()
    async with app.run_test(size=(40, 10)) as pilot:
        await frames_settle(app, pilot)
        assert "first" in screen(app)


async def test_keys_are_taken_between_reading_much_text_and_painting_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(painting, "LONG_S", 1e-9)  # everything is much
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        conversation, order = app.conversation, list[str]()
        conversation.begin_reply(reply())
        await frames_settle(app, pilot)
        view = conversation._view
        flush, window = view.flush, view.window

        def read() -> bool:
            order.append("read")
            asyncio.get_running_loop().call_soon(order.append, "key")
            return flush()

        def paint() -> list[Line | None]:
            order.append("paint")
            return window()

        monkeypatch.setattr(view, "flush", read)
        monkeypatch.setattr(view, "window", paint)
        conversation.feed("r", TextDelta("Hello"))
        await frames_settle(app, pilot)
        assert order[:4] == ["read", "key", "read", "paint"]
        assert "Hello" in screen(app)


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


async def test_what_waits_is_one_message_and_is_not_shown_twice_where_the_reply_is_begun_again() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 20)) as pilot:
        conversation = app.conversation
        conversation.begin_reply(reply())
        chunk = Conversation.Chunk("r", TextDelta("One"), shows=conversation.shows)
        conversation.post_message(chunk)
        assert chunk.add("r", TextDelta(" two"), shows=conversation.shows)
        assert not chunk.add("another", TextDelta("boo"), shows=conversation.shows)
        conversation.show(TurnList([prompt("Hello?")]))
        conversation.begin_reply(reply("One two"))
        assert not chunk.add("r", TextDelta(" three"), shows=conversation.shows)
        later = Conversation.Chunk("r", TextDelta(" three"), shows=conversation.shows)
        conversation.post_message(later)
        assert later.add("r", TextDelta(" four"), shows=conversation.shows)
        await frames_settle(app, pilot)
        assert "One two three four" in screen(app)
        assert screen(app).count("two") == 1
        assert not later.add("r", TextDelta(" five"), shows=conversation.shows), "it is on the screen"


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
        assert app.conversation.renders <= 30, "two parts a turn"
        assert len(turns.fetched) <= 15
        await pilot.resize_terminal(100, 30)
        await frames_settle(app, pilot)
        assert "prompt 9999" in screen(app)
        assert app.conversation.renders <= 60


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
        said = [
            row.strip(" ▌") for row in rows(app) if row.strip()
        ]  # with the cursor, as nothing else has the focus
        assert said[1:] == [
            "▸ reasoning · ~1 token",
            "answer",
            '[tool call f({"x":1})]',
            "note: an odd event",
        ]


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
        assert said[1] == "✗ 401 · The server refused the token."
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


async def test_a_fault_in_a_frame_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: View) -> bool:
        raise ZeroDivisionError

    async def draw_one() -> None:
        app = ConversationApp()
        async with app.run_test(size=(60, 10)) as pilot:
            monkeypatch.setattr(View, "flush", fail)
            app.conversation.begin_reply(reply())
            await until(lambda: app.return_code == 1, pilot)

    with pytest.raises(ZeroDivisionError):
        await draw_one()


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
