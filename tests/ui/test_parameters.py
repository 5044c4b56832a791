"""Parameters in the app: set, shown with their source, kept with the session, refused by a model."""

import tomllib
from pathlib import Path

from textual.pilot import Pilot

from tests.ui.rig import (
    TEST,
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

SIZE = (100, 40)


async def test_what_is_set_is_sent_shown_and_kept_with_the_session(tmp_path: Path) -> None:
    transport = ScriptedTransport(Answer([chat("one"), finish()]))
    async with app(tmp_path, transport).run_test(size=SIZE) as pilot:
        await until(pilot, "not sent")
        prompt = chat_screen(pilot).prompt
        for line in ("/set top_p 2", "/model m7", "/set temperature 0.25", "hello"):  # as in one packet
            prompt.post_message(prompt.Submitted(line))
        await until(pilot, "m7 · stop")
        assert transport.sent()["temperature"] == 0.25
        assert "m7" in str(transport.requests[0].url)
        assert "top_p" not in transport.sent()
        session_id = chat_screen(pilot)._works.shelf.shown_id
        await chat_screen(pilot).close("stopped")
    (path,) = (tmp_path / "sessions").glob("*.toml")
    assert tomllib.loads(path.read_text("utf-8"))["params"] == {"temperature": 0.25}
    refusal = b'{"message": "temperature is not supported by this model"}'
    answers = Answer([refusal], 400, {"content-type": "application/json"}), Answer([chat("three"), finish()])
    transport = ScriptedTransport(Answer([chat("two"), finish()]), *answers)
    async with app(tmp_path, transport, session=session_id).run_test(size=SIZE) as pilot:
        await until(pilot, "0.25")
        await say(pilot, "/unset temperature")
        await until(pilot, lambda: "0.25" not in screen_text(pilot))
        await say(pilot, "again")
        await until(pilot, "two")
        assert "temperature" not in transport.sent()
        await say(pilot, "/set stop")
        await until(pilot, lambda: any("stop needs a value: text in quotes, or" in n for n in notices(pilot)))
        chat_screen(pilot).prompt.text = ""
        await say(pilot, "/set temperature 0.5")
        await until(pilot, "0.5")
        await say(pilot, "once more")
        await until(pilot, "three")
        assert "temperature" not in transport.sent()
        await until(pilot, lambda: "refused" in line_with(pilot, "temperature 0.5"))
    assert tomllib.loads(path.read_text("utf-8"))["params"] == {"temperature": 0.5}


async def test_the_dialog_has_all_that_applies_and_says_what_is_wrong(tmp_path: Path) -> None:
    transport = ScriptedTransport(Answer([chat("one"), finish()]))
    async with app(tmp_path, transport, endpoints=(TEST,)).run_test(size=SIZE) as pilot:
        await until(pilot, "not sent")
        await pilot.press("f6")
        await until(pilot, "reasoning_effort")
        (sent_back,) = [row for row in screen_text(pilot).splitlines() if "send_reasoning" in row]
        assert "false" in sent_back
        assert "use_raw_prompt" not in screen_text(pilot)
        await pilot.press("down", "down", *"7", "enter")
        await until(pilot, "top_p must be a number above 0, at most 1")
        await pilot.press("escape", *"0.5", "enter")
        await until(pilot, "0.5")
        await pilot.press("delete", "escape")
        await until(pilot, lambda: "reasoning_effort" not in screen_text(pilot))
        assert chat_screen(pilot)._choices.settings == {}


def line_with(pilot: Pilot[None], part: str) -> str:
    """Return the first row of the screen that holds a text; empty when none does."""
    return next((row for row in screen_text(pilot).splitlines() if part in row), "")
