"""Frames of the conversation go to the terminal without a detour, and never over anything else."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.message import Message
from textual.messages import Prompt, Update
from textual.screen import ModalScreen
from textual.widgets import Static

from fmtui.core.chat import TextDelta
from fmtui.ui.painting import paint_at_once
from tests.ui.conversation_app import ConversationApp, frames_settle, prompt, reply, screen


class Watched(ConversationApp):
    """Counts what is written to the terminal."""

    displays = 0

    def post_display_hook(self) -> None:
        self.displays += 1


class Dialog(ModalScreen[None]):
    """Covers the middle of the screen."""

    CSS = "Dialog { align: center middle; } Dialog Static { width: 20; height: 3; }"

    def compose(self) -> ComposeResult:
        yield Static("over it")


def on_screen(app: ConversationApp) -> str:
    """Return what the terminal shows."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


async def test_a_frame_is_one_write_and_no_message() -> None:
    app = Watched()
    messages: list[Message] = []
    async with app.run_test(size=(60, 10), message_hook=messages.append) as pilot:
        app.conversation.begin(prompt("Hi"))
        app.conversation.begin_reply(reply())
        await frames_settle(app, pilot)
        await pilot.pause(0.1)
        messages.clear()
        frames, before = app.conversation.frames, app.displays
        for word in ("one ", "two ", "three "):
            app.conversation.feed("r", TextDelta(word))
            await frames_settle(app, pilot)
        assert "one two three" in on_screen(app)
        assert app.displays - before <= app.conversation.frames - frames
        assert not [message for message in messages if isinstance(message, Update | Prompt)]


async def test_a_frame_below_a_dialog_stays_below_it() -> None:
    app = Watched()
    async with app.run_test(size=(60, 10)) as pilot:
        app.conversation.begin_reply(reply())
        await frames_settle(app, pilot)
        await app.push_screen(Dialog())
        await pilot.pause()
        app.conversation.feed("r", TextDelta("word " * 200))
        await frames_settle(app, pilot)
        await pilot.pause(0.05)
        assert "over it" in on_screen(app)
        assert "word word" in screen(app)
        app.pop_screen()
        await pilot.pause(0.05)
        assert "over it" not in on_screen(app)
        assert "word word" in on_screen(app)


async def test_a_frame_of_a_conversation_that_is_gone_is_no_fault() -> None:
    app = Watched()
    async with app.run_test(size=(60, 10)) as pilot:
        await frames_settle(app, pilot)
        conversation = app.conversation
        region = conversation.size.region
        await conversation.remove()
        displays = app.displays
        paint_at_once(conversation, region)
        assert app.displays == displays
