"""The request that would be sent, shown and copied before it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmtui.ui.app import FmtuiApp
from fmtui.ui.request_screen import RequestScreen
from tests.ui.rig import (
    Answer,
    ScriptedTransport,
    app,
    chat,
    chat_screen,
    finish,
    notices,
    say,
    screen_text,
    until,
)


async def test_a_request_is_shown_and_copied_before_it_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(FmtuiApp, "copy_to_clipboard", lambda _, text: copied.append(text))
    transport = ScriptedTransport(Answer([chat("Four\n\nor so"), finish()]))
    async with app(tmp_path, transport).run_test(size=(80, 24)) as pilot:
        await say(pilot, "/request")
        await until(pilot, lambda: any("nothing to send yet" in words for words in notices(pilot)))
        await say(pilot, "How many cups?")
        await until(pilot, "or so")

        chat_screen(pilot).prompt.insert("And a pint, \x9b31m?")
        await pilot.press("ctrl+x", "i")
        await until(pilot, lambda: isinstance(pilot.app.screen, RequestScreen))
        await until(pilot, "POST https://test.invalid/serving-endpoints/m1/invocations")
        assert "Request: what is typed" in screen_text(pilot)
        await pilot.press("end")
        await until(pilot, '"content": "And a pint, \\u009b31m?"')
        assert "\x9b" not in screen_text(pilot)
        await pilot.press("c", "p", "b")
        await until(pilot, lambda: len(copied) == 3)
        assert [text[:4] for text in copied] == ["curl", "impo", "{\n  "]
        assert '"Four\\n\\nor so"' in copied[2]
        await until(pilot, "characters of its JSON sent to the clipboard")
        await pilot.press("escape")
        assert chat_screen(pilot).prompt.value == "And a pint, \x9b31m?", "what is typed is still there"

        # Without a text, and at the cursor, it is what asking again would send.
        chat_screen(pilot).prompt.text = ""
        await say(pilot, "/request")
        await until(pilot, "Request: the last prompt, asked again")
        assert "or so" not in screen_text(pilot)
        await pilot.press("q", "alt+v", "ctrl+x", "i")
        await until(pilot, "Request: the prompt at the cursor, asked again")
        assert len(transport.requests) == 1

        # What is edited goes in the place of what it was, and a name that was typed is the file.
        await pilot.press("q", "e")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "How many cups?")
        (tmp_path / "notes.txt").write_text("what the notes say")
        monkeypatch.chdir(tmp_path)
        await pilot.press("space", *"@notes.txt", "escape", "ctrl+x", "i")
        await until(pilot, "Request: what is typed")
        await pilot.press("end")
        await until(pilot, "what the notes say")
        assert "or so" not in screen_text(pilot)
        await pilot.press("b")
        await until(pilot, lambda: len(copied) == 4)
        await pilot.press("q")
        assert "or so" not in copied[-1]
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "How many cups? @notes.txt")
