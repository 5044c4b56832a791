"""Notices: where they are, and what can be read while they are there."""

import time
from pathlib import Path
from unittest.mock import patch

from textual.widgets._toast import Toast

from fmtui.ui.conversation.widget import Conversation
from fmtui.ui.notices import Notices
from tests.ui.rig import ScriptedTransport, app, chat_screen, notices, say, screen_text, until

SIZE = (80, 24)


async def test_a_notice_covers_nothing_that_can_be_read(tmp_path: Path) -> None:
    async with app(tmp_path, ScriptedTransport()).run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, "Type a prompt and press Enter.")
        screen = chat_screen(pilot)
        room = screen.conversation.size.height
        await say(pilot, "/set temperature 0.5")
        await say(pilot, "/set temperature 0.5")
        await until(pilot, "temperature is 0.5 (session).")
        await say(pilot, "/set tempp 1")
        await until(pilot, lambda: len(notices(pilot)) == 2)
        text = screen_text(pilot)
        assert "Ctrl+J new line F5 model F3 sessions" in " ".join(text.split())
        assert text.count("temperature is 0.5") == 1
        lines = screen.query_one(Notices).region
        assert lines.bottom == screen.prompt.region.y
        assert screen.query_one(Conversation).region.bottom == lines.y
        assert not pilot.app.screen.query(Toast)
        await pilot.click(Notices)
        await until(pilot, lambda: screen.conversation.size.height == room)
        assert not notices(pilot)


async def test_a_notice_goes_when_its_time_is_over_but_not_behind_a_dialog(tmp_path: Path) -> None:
    async with app(tmp_path, ScriptedTransport()).run_test(size=SIZE) as pilot:
        await until(pilot, "Type a prompt and press Enter.")
        screen = chat_screen(pilot)
        await pilot.press("f6")
        await until(pilot, "reasoning_effort")
        screen.tell_for(0.01, "[b]one[/b] \x1b[2J")
        await pilot.pause(0.05)
        assert notices(pilot) == ["[b]one[/b] ␛[2J"]
        await pilot.press("escape")
        await until(pilot, lambda: not notices(pilot))
        assert not screen.query_one(Notices).display


async def test_only_the_latest_notices_are_kept(tmp_path: Path) -> None:
    async with app(tmp_path, ScriptedTransport()).run_test(size=SIZE) as pilot:
        await until(pilot, "Type a prompt and press Enter.")
        for number in range(5):
            chat_screen(pilot).tell(f"notice {number}")
        assert notices(pilot) == ["notice 2", "notice 3", "notice 4"]
        # What was done since takes the place of what was done before; warnings stay.
        chat_screen(pilot).tell("warning", "warning")
        later = time.monotonic() + 3
        with patch("fmtui.ui.notices.monotonic", lambda: later):
            chat_screen(pilot).tell("done")
        assert notices(pilot) == ["warning", "done"]
