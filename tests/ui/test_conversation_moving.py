"""Moving through the conversation by keys, wheel, scroll bar and resizing."""

from __future__ import annotations

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.message import Message
from textual.widgets import Static

from fmtui.core.chat import (
    ReasoningDelta,
    TextDelta,
    Turn,
    TurnList,
)
from fmtui.ui.conversation.widget import Conversation
from fmtui.ui.pace import Pace
from tests.ui.conversation_app import (
    CHAT,
    ConversationApp,
    frames_settle,
    prompt,
    reply,
    rows,
    screen,
)


async def test_keys_scroll_when_focused() -> None:
    app = ConversationApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.conversation.show(TurnList([prompt("\n".join(f"line {n}" for n in range(100)))]))
        app.conversation.focus()
        await frames_settle(app, pilot)
        assert rows(app)[-1] == " ▌ line 99"
        await pilot.press("up")
        assert rows(app)[-1] == " ▌ line 98"
        await pilot.press("pageup")
        assert rows(app)[-1] == " ▌ line 89"
        await pilot.press("home")
        assert rows(app)[2] == " ▌ line 0"
        await pilot.press("pagedown", "down")
        assert rows(app)[0] == " ▌ line 8"
        await pilot.press("end")
        assert rows(app)[-1] == " ▌ line 99"
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
        top = rows(app)[0].strip(" ▌")
        for n in range(12):
            conversation.feed("r", TextDelta(f"- item {n}\n"))
            await frames_settle(app, pilot)
        assert rows(app)[0].strip(" ▌") == top
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
        yield Conversation(pace=Pace(frame_s=0.01))


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
