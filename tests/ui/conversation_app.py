"""An app that is nothing but a conversation, for tests of the widget."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from fmtui.core.chat import (
    Params,
    Turn,
)
from fmtui.ui.conversation.widget import Conversation
from fmtui.ui.pace import Pace

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
        self.conversation = Conversation(pace=Pace(frame_s=interval), empty=empty)
        self.posted: list[tuple[bool, int]] = []

    def compose(self) -> ComposeResult:
        yield self.conversation

    def on_conversation_follow_changed(self, message: Conversation.FollowChanged) -> None:
        self.posted.append((message.following, message.unseen.lines))


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
