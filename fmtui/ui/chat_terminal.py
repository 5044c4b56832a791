"""Giving the terminal back in part: its mouse, or all of it for the conversation on the normal screen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from fmtui.ui.terminal.app import LeanApp
from fmtui.ui.terminal_driver import TerminalDriver

if TYPE_CHECKING:
    from fmtui.core.chat import Turn
    from fmtui.ui.chat_parts import Services
    from fmtui.ui.chat_sessions import OpenSession
    from fmtui.ui.chat_shelf import Stage
    from fmtui.ui.chat_status import StatusBoard


class Lending:
    """Does the commands that leave something of the terminal to others."""

    def __init__(self, services: Services) -> None:
        self._stage = services.stage
        self._shelf = services.shelf
        self._board = services.board
        self._environ = services.setup.environ
        self._outside = False

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do a command; return False when it is none of these."""
        del argument
        match command_id:
            case "app.mouse":
                self._switch_mouse()
            case "app.pager":
                self._stage.start_worker(self._page(), "pager")
            case _:
                return False
        return True

    def _switch_mouse(self) -> None:
        """Leave the mouse to the terminal, or take it again."""
        if not take_mouse(self._stage, self._board, take=self._board.mouse_off):
            return
        if self._board.mouse_off:
            self._stage.tell(
                "The mouse is the terminal's: it selects as everywhere else. /mouse takes it again."
            )
        else:
            self._stage.tell("The mouse is fmtui's again.")

    async def _page(self) -> None:
        """Show the conversation on the normal screen, or in the pager of the environment."""
        await self._shelf.ready.wait()
        shown = self._shelf.shown
        if shown is None or self._outside:  # its key may have come twice
            return
        from fmtui.paging import pieces, show  # noqa: PLC0415 - most starts never do it
        from fmtui.ui.outside import outside  # noqa: PLC0415 - same

        session = shown.session
        path = await asyncio.to_thread(session.path_to, shown.leaf)
        more = on_the_way(shown, path.last)
        if not len(path) and not more:
            self._stage.tell("There is nothing to print yet.", "warning")
            return
        text = partial(pieces, session.title, path, more)
        self._outside = True
        try:
            with outside(self._stage.app) as there:
                pager = self._environ.get("PAGER", "").strip()
                await asyncio.to_thread(show, text, pager, there.interrupted, start=there.start)
        except SuspendNotSupported:
            self._stage.tell("There is no terminal to print on.", "error")
        finally:
            self._outside = False


def take_mouse(stage: Stage, board: StatusBoard, *, take: bool) -> bool:
    """Have the mouse be fmtui's or the terminal's; return whether there is a terminal, and say so if not."""
    app = stage.app
    if not isinstance(app, LeanApp) or not isinstance(driver := app.driver, TerminalDriver):
        stage.tell("There is no terminal here to leave the mouse to.", "warning")
        return False
    board.mouse_off = not take
    driver.take_mouse(take=take)
    board.update()
    return True


def on_the_way(shown: OpenSession, last: str) -> list[Turn]:
    """Return the prompt that is being answered, and its answer so far.

    Args:
        shown: the session.
        last: id of its last turn, which that prompt may be already.
    """
    turns = [] if shown.prompt is None or shown.prompt.id == last else [shown.prompt]
    if shown.running and shown.exchange is not None:
        # What it would be if the program ended now is not what it is.
        turns.append(replace(shown.exchange.so_far(), outcome=None))
    return turns
