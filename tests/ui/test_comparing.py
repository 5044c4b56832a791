"""Two replies to one prompt, read side by side."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from fmtui.ui.compare_screen import CompareScreen
from tests.ui.rig import (
    Answer,
    ScriptedTransport,
    app,
    at_once,
    chat,
    chat_screen,
    finish,
    notices,
    say,
    screen_text,
    until,
)

LONG = "\n\n".join(f"line {n} of" for n in range(40))


def sides(pilot: Pilot[None]) -> list[str]:
    """Return what is on the left and on the right."""
    rows = [row.strip(" │").split("│") for row in screen_text(pilot).splitlines()[1:-1]]
    return ["\n".join(row[side] for row in rows if len(row) > side) for side in (0, 1)]


async def test_replies_are_read_side_by_side_and_one_is_gone_on_with(tmp_path: Path) -> None:
    answers = [Answer([chat(f"{LONG} {name}"), finish()]) for name in ("one", "two", "three")]
    shown = app(tmp_path, ScriptedTransport(*answers))
    async with shown.run_test(size=(90, 24)) as pilot:
        await say(pilot, "/compare")
        await until(pilot, lambda: any("no two replies" in words for words in notices(pilot)))
        await say(pilot, "Which is better?")
        await until(pilot, "line 39 of one")
        for name in ("two", "three"):
            await until(pilot, lambda: not chat_screen(pilot)._works.shelf.shown.running)  # type: ignore[union-attr]
            await pilot.press("ctrl+r")
            await until(pilot, f"line 39 of {name}")
        await until(pilot, "m1 · stop")

        # From the prompt, of which the shown reply is the last of three; the next one stands beside it.
        await pilot.press("alt+v", "K", "|")
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
        await until(pilot, lambda: "[3/3]" in sides(pilot)[0] and "[1/3]" in sides(pilot)[1])
        assert "Compare: Which is better?" in screen_text(pilot)
        assert all("line 0 of" in side for side in sides(pilot))
        # Both move together.
        await pilot.press("end")
        await until(pilot, lambda: "39 of three" in sides(pilot)[0] and "39 of one" in sides(pilot)[1])
        # The one that is shown is never on both sides.
        await pilot.press("right")
        await until(pilot, lambda: "[2/3]" in sides(pilot)[1])
        await pilot.press("right")
        await until(pilot, lambda: "[1/3]" in sides(pilot)[1])
        await pilot.press("left")
        await until(pilot, lambda: "[2/3]" in sides(pilot)[1])
        await pilot.resize_terminal(50, 24)
        await until(pilot, "Enter takes the lower")
        assert "[2/3]" in screen_text(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: not pilot.app.screen.is_modal)
        await until(pilot, "[2/3]")

        # Keys that come before anything is laid out do no harm. Left by Esc, all is as it was.
        at_once(pilot, "ctrl+x", "vertical_line", "down", "end", "right")
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
        await until(pilot, lambda: "[1/3]" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not pilot.app.screen.is_modal)
        await until(pilot, "[2/3]")
