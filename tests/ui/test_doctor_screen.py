"""The doctor's screen: what is found appears as it is found, and can be looked for again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from fmtui.core.doctor import Finding
from fmtui.core.doctor_terminal import Terminal
from fmtui.doctor import Examination
from fmtui.doctor_text import Row, rows, summary
from fmtui.ui.doctor_screen import DoctorScreen
from fmtui.workbench import Workbench
from tests.ui.dialog_host import DialogApp, screen_text
from tests.ui.rig import ScriptedTransport, app, say, until

HOSTILE = "x\x1b]52;c;eA==\x07[/y]"


class _Scripted:
    """An examination that goes on when the test says so."""

    def __init__(self, request: bool) -> None:  # noqa: FBT001 - what the screen calls with
        self.request = request
        self.gate = asyncio.Event()
        self.found: list[Finding] = []

    async def run(self, tell: Callable[[object], None]) -> None:
        self.found.append(Finding("terminal", "type", f"TERM={HOSTILE}"))
        tell(None)
        await self.gate.wait()
        self.found.append(Finding("files", "data", "/d", "error", "It cannot be.", f"chmod {'7' * 200}"))
        tell(None)

    def rows(self, width: int) -> Sequence[Row]:
        return [row for each in self.found for row in rows([each], width)]

    def summary(self) -> str:
        return summary(self.found)


async def test_what_is_found_appears_as_it_is_found() -> None:
    made: list[_Scripted] = []

    async def begin(request: bool) -> _Scripted:  # noqa: FBT001 - as the screen calls it
        made.append(_Scripted(request))
        return made[-1]

    dialog = DialogApp(DoctorScreen(begin))
    async with dialog.run_test(size=(80, 24)) as pilot:
        await until(pilot, "[/y]")
        text = screen_text(pilot)
        assert "Doctor: looking" in text
        assert "It cannot be." not in text
        assert "\x1b" not in text
        made[0].gate.set()
        await until(pilot, "Doctor: 1 error.")
        await until(pilot, "It cannot be.")
        await pilot.press("y")
        assert dialog.clipboard == f"chmod {'7' * 200}", "in one line, however it is wrapped"
        await until(pilot, "1 of 1 sent to the clipboard: chmod")
        await pilot.press("a")
        await until(pilot, "Doctor: looking")
        assert [each.request for each in made] == [False, True]
        await pilot.press("escape")
    assert dialog.results == [None]


async def test_the_slash_command_opens_it_on_everything(tmp_path: Path) -> None:
    bench = Workbench({"XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}, tmp_path)
    seen: list[Terminal] = []

    def examine(terminal: Terminal, request: bool) -> Examination:  # noqa: FBT001 - as `Setup` has it
        seen.append(terminal)
        return Examination(bench, {}, terminal, request=request, endpoint="demo")

    shown = app(tmp_path, ScriptedTransport(), examine=examine)
    async with shown.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await say(pilot, "/doctor")
        await until(pilot, "Doctor: ")
        await until(pilot, lambda: "looking" not in screen_text(pilot))
        assert "Python" in screen_text(pilot)
        await pilot.press("pagedown", "pagedown", "pagedown", "pagedown")
        await until(pilot, "Endpoint demo")
        assert seen[0].size == (80, 24)


async def test_what_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone.toml"

    def examine(terminal: Terminal, request: bool) -> Examination:  # noqa: FBT001 - same
        return Examination(Workbench({}, tmp_path, config=str(gone)), {}, terminal, request=request)

    shown = app(tmp_path, ScriptedTransport(), examine=examine)
    async with shown.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await say(pilot, "/doctor")
        await until(pilot, "What to mend")
        await until(pilot, "There is no configuration file")
