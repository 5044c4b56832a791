"""What the terminal shows is what is on the screen, whichever way the frames went there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.color import ColorSystem
from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from fmtui.core.chat import TextDelta
from fmtui.ui.pace import Pace
from fmtui.ui.paced import PacedApp
from fmtui.ui.painting import paint_at_once, run_framed
from fmtui.ui.status import StatusLine
from fmtui.ui.terminal.cells import Row, unknown_row
from fmtui.ui.terminal.compositor import RowsUpdate
from fmtui.ui.terminal.looks import Looks
from fmtui.ui.terminal.screen import LeanScreen
from fmtui.ui.terminal.updates import StripCells, rows_of_layout, rows_wanted
from tests.ui.conversation_app import ConversationApp, frames_settle, prompt, reply


class _Terminal(ConversationApp):
    """Keeps what a terminal would show of all that is written to it."""

    shown: list[Row]
    strips: StripCells
    size_shown = (0, 0)
    at_once = 0
    """How many frames did not go the framework's way."""

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if self._batch_count or not isinstance(renderable, LayoutUpdate | ChopsUpdate | RowsUpdate):
            return
        if self.size != self.size_shown:
            self.size_shown = self.size
            self.shown = [unknown_row(self.size.width) for _ in range(self.size.height)]
        self.at_once += isinstance(renderable, RowsUpdate)
        for y, row in rows_wanted(renderable, self.shown, self.strips).items():
            self.shown[y] = row


class _Screen(LeanScreen, Screen[None]):
    """Draws only what changed."""


class _Shown(PacedApp, _Terminal):
    """A conversation, a status line, and what may come to lie over them."""

    CSS = """
    Screen { layers: base overlay; }
    #over { layer: overlay; dock: bottom; width: 20; height: 3; margin: 0 0 1 5; display: none; }
    #beside { dock: left; width: 10; display: none; }
    StatusLine { dock: bottom; }
    """

    def __init__(self) -> None:
        super().__init__(Pace())
        self.line = StatusLine()
        self.strips = StripCells(Looks(ColorSystem.TRUECOLOR))

    def get_default_screen(self) -> Screen[None]:
        return _Screen(lean=True)

    def compose(self) -> ComposeResult:
        yield self.line
        yield Static("beside", id="beside")
        yield self.conversation
        yield Static("over it", id="over")


def _assert_shown(app: _Shown) -> None:
    rows = [unknown_row(app.size.width) for _ in range(app.size.height)]
    whole = app.screen._compositor.render_full_update()
    for y, row in rows_of_layout(whole, rows, app.strips).items():
        rows[y] = row
    differ = {y: (_text(app.shown[y]), _text(row)) for y, row in enumerate(rows) if app.shown[y] != row}
    assert not differ


def _text(row: Row) -> str:
    return "".join("?" if cell is None else cell[0] for cell in row)


async def test_frames_that_go_straight_to_the_terminal_leave_nothing_wrong_on_it() -> None:
    app = _Shown()
    async with app.run_test(size=(60, 12)) as pilot:
        app.conversation.begin(prompt("Hi"))
        app.conversation.begin_reply(reply())
        count = 0

        async def grow(*, straight: bool | None) -> None:
            """Let the reply and the figures grow while nothing else is handled, then look."""
            nonlocal count
            count += 1
            before = app.at_once
            app.conversation.feed("r", TextDelta(f"more {count} 漢字\n\n- item\n\n" * (count % 3 + 1)))
            app.conversation._draw(paint_at_once)
            went = app.at_once > before
            run_framed(app.line, lambda paint: app.line.show(f"{count} s", "Esc stops", "good", paint=paint))
            assert straight is None or went == straight, count
            await frames_settle(app, pilot)
            _assert_shown(app)

        await frames_settle(app, pilot)
        await grow(straight=True)

        def styled(widget: str, **styles: object) -> Callable[[], None]:
            def change() -> None:
                for name, value in styles.items():
                    setattr(app.query_one(widget).styles, name, value)

            return change

        for change, straight in (
            (styled("#over", display="block"), False),
            (styled("#over", width=40, offset=(3, -2)), False),
            (styled("#over", visibility="hidden"), True),
            (styled("#over", visibility="visible"), False),
            (styled("#over", display="none"), True),
            (styled("#beside", display="block"), True),
            (styled("#beside", layer="overlay"), False),
            (styled("#beside", display="none"), True),
            (styled("Conversation", max_height=4), True),
            (styled("Conversation", display="none"), False),
            (styled("Conversation", display="block", max_height=20), True),
            (styled("StatusLine", background="red"), True),
            (app.conversation.scroll_to_start, None),  # what came is not in sight
            (lambda: app.screen.set_focus(app.conversation), None),  # from now on it is read
            (app.conversation.follow, True),
        ):
            change()
            await grow(straight=None)
            await grow(straight=straight)
        for size in ((40, 12), (40, 5), (90, 20)):
            await pilot.resize_terminal(*size)
            await grow(straight=True)


async def test_what_was_put_off_is_shown_though_there_was_room_for_it_in_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = _Shown()
    async with app.run_test(size=(60, 12)) as pilot:
        app.conversation.begin_reply(reply())
        await frames_settle(app, pilot)
        monkeypatch.setattr(app.pace, "held", lambda: True)
        app.conversation.feed("r", TextDelta("put off"))
        await frames_settle(app, pilot)
        assert app.frames_put_off
        monkeypatch.undo()
        with app.batch_update():
            app.call_next(app._draw_owed)
            await pilot.pause()
        await pilot.pause()
        _assert_shown(app)
