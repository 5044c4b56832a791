"""Keys that stop and leave, with the whole app behind them."""

import asyncio
from pathlib import Path

from tests.ui.rig import Answer, ScriptedTransport, app, chat, chat_screen, say, screen_text, until


async def test_ctrl_c_stops_a_reply_and_twice_with_none_running_leaves(tmp_path: Path) -> None:
    transport = ScriptedTransport(Answer([chat("half an answer"), asyncio.Event()]))
    async with app(tmp_path, transport).run_test(size=(100, 24), notifications=True) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "go")
        await until(pilot, "half an answer")
        await pilot.press("ctrl+c")
        await until(pilot, "stopped by you")
        assert "again leaves" not in screen_text(pilot)
        await pilot.press("ctrl+c")
        await until(pilot, "Ctrl+C again leaves fmtui")
        assert pilot.app.is_running
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not pilot.app.is_running)
        assert pilot.app.return_code == 0


async def test_what_is_new_below_is_said_on_the_narrowest_screen_too(tmp_path: Path) -> None:
    gate = asyncio.Event()
    lines = "".join(f"line {number}\n" for number in range(60))
    transport = ScriptedTransport(Answer([chat(lines), gate, chat(lines), asyncio.Event()]))
    async with app(tmp_path, transport).run_test(size=(80, 15)) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "go")
        await until(pilot, "line 59")
        await pilot.press("pageup")
        await until(pilot, lambda: "line 59" not in screen_text(pilot))
        gate.set()
        await until(pilot, "↓ 60 more lines · Esc stops")
        assert " tok/s" in screen_text(pilot)
        await pilot.resize_terminal(60, 15)
        await until(
            pilot, lambda: "↓ 60 more lines" in screen_text(pilot) and "Esc" not in screen_text(pilot)
        )
        await pilot.press("ctrl+end")
        await until(pilot, lambda: "more lines" not in screen_text(pilot))


async def test_a_dialog_that_is_closed_twice_at_once_is_closed_once(tmp_path: Path) -> None:
    async with app(tmp_path, ScriptedTransport()).run_test(size=(100, 30)) as pilot:
        await until(pilot, "Ask anything")
        for number, key in enumerate(("f1", "f2", "f3", "f5")):
            await pilot.press(key)
            await until(pilot, lambda: pilot.app.screen.is_modal)
            dialog = pilot.app.screen
            dialog.dismiss()
            dialog.dismiss()  # as two clicks beside it do that come in one read
            await until(pilot, lambda: not pilot.app.screen.is_modal)
            await pilot.press(*"draft")
            assert chat_screen(pilot).prompt.value == "draft" * (number + 1), key
