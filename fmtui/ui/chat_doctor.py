"""Opens the doctor's screen over the chat: joins the examination with what the app knows of its terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fmtui.core.doctor import of_problem
from fmtui.core.doctor_terminal import Answers, Terminal
from fmtui.core.errors import FmtuiError
from fmtui.doctor_text import Row, rows, summary
from fmtui.ui.doctor_screen import DoctorScreen
from fmtui.ui.paced import PacedApp
from fmtui.ui.setup import Setup
from fmtui.ui.terminal_driver import TerminalDriver

if TYPE_CHECKING:
    from fmtui.doctor import Examination

_ANSWER_S = 1.0
"""Seconds that the terminal has to answer."""


class _Looking:
    """An examination whose failure is one more thing that it found."""

    def __init__(self, examination: Examination) -> None:
        self._examination = examination

    async def run(self, tell: Callable[[object], None]) -> None:
        """Look at everything."""
        try:
            await self._examination.run(tell)
        except FmtuiError as error:
            self._examination.findings.append(of_problem("configuration", "file", error))

    def rows(self, width: int) -> Sequence[Row]:
        """Return what is known, what is wrong before the rest."""
        found = self._examination.findings
        wrong = [each for level in ("error", "warning") for each in found if each.level == level]
        first = rows(wrong, width, heading="What to mend")
        return [*first, *self._examination.rows(width)]

    def summary(self) -> str:
        """Return what it comes to."""
        return summary(self._examination.findings)


def show_doctor(app: PacedApp, setup: Setup, examine: Callable[[Terminal, bool], Examination]) -> None:
    """Open the screen.

    Args:
        app: what to open it on.
        setup: what the app was started with.
        examine: prepares an examination, as `Setup.examine` does.
    """

    async def begin(request: bool) -> _Looking:  # noqa: FBT001 - what the screen calls with a key's meaning
        return _Looking(examine(await _terminal(app, setup), request))

    app.push_screen(DoctorScreen(begin))


async def _terminal(app: PacedApp, setup: Setup) -> Terminal:
    """Return what the app knows of its terminal."""
    from fmtui.asking_terminal import parents  # noqa: PLC0415 - with what runs tmux
    from fmtui.copying import tools_of  # noqa: PLC0415 - same

    lean = app.writes_lean
    why = "" if lean == (setup.writer == "lean") and lean else "as asked for"
    if setup.writer == "lean" and not lean:
        why = "Textual is not the known one, or it failed; the log says more"
    return Terminal(
        setup.environ,
        is_terminal=not app.is_headless,
        size=(app.size.width, app.size.height),
        colours=app.console.color_system or "",
        writer="lean" if lean else "stock",
        writer_why=why,
        low_bandwidth=setup.low_bandwidth,
        answers=await _answers(app),
        asked_why="there is none",
        parents=await asyncio.to_thread(parents),
        platform=sys.platform,
        tools=tools_of(setup.environ),
    )


async def _answers(app: PacedApp) -> Answers | None:
    """Return what the terminal says of its keys; Textual has asked it about whole frames at the start."""
    driver = app._driver  # noqa: SLF001 - Textual hands it to nobody
    if not isinstance(driver, TerminalDriver):
        return None
    said = await driver.ask_keys(_ANSWER_S)
    if said is None:
        return Answers(sync=app._sync_available)  # noqa: SLF001 - same
    return Answers(answered=True, keys=said, sync=app._sync_available)  # noqa: SLF001 - same
