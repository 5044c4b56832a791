"""The whole app through both writers at once: after every frame both terminals show the same."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual.app import App
from textual.driver import Driver
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from fmtui.ui.app import FmtuiApp
from fmtui.ui.pace import STATUS_QUERY
from fmtui.ui.prompt import Prompt
from fmtui.ui.terminal.app import LeanWriter
from fmtui.ui.terminal.compositor import RowsUpdate, SparingCompositor
from fmtui.ui.terminal.known import strange
from tests.ui.grid import Grid, rows_seen_apart
from tests.ui.rig import Answer, ScriptedTransport, chat, finish, say, setup, until

ANSWER = """\
# A heading

Some **bold**, *slanted* and `code` words with a [link](https://a.invalid/x), 漢字 and かな, naïve e\u0301.

| name | value |
| --- | --- |
| a 🚀 | 1 |
| ❤️ 👩\u200d👩\u200d👧 | 2 |

```python
def process(items: list[str]) -> int:
    return len(items)  # a comment
```

> quoted · and • so on

""" + "".join(f"{n}. an item that says a little and then a little more, {n} times\n" for n in range(1, 40))


class Both:
    """Two terminals, which get every frame of an app, each through its writer."""

    def __init__(self, app: FmtuiApp, monkeypatch: pytest.MonkeyPatch) -> None:
        self.frames = self.lean_bytes = self.stock_bytes = 0
        self._app = app
        self._writer = LeanWriter({"TERM": "xterm-256color"}, ColorSystem.TRUECOLOR)
        self._console = Console(color_system="truecolor", force_terminal=True, _environ={})
        self._grids: tuple[Grid, Grid] | None = None
        display = app._display

        def both(screen: Any, renderable: Any) -> None:
            display(screen, renderable)
            if isinstance(renderable, LayoutUpdate | ChopsUpdate | RowsUpdate) and not app._batch_count:
                self._show(renderable)

        monkeypatch.setattr(app, "_display", both)

    def _show(self, update: LayoutUpdate | ChopsUpdate | RowsUpdate) -> None:
        width, height = self._app.size
        if self._grids is None or (self._grids[0].columns, self._grids[0].rows) != (width, height):
            if not isinstance(update, LayoutUpdate):
                return
            self._grids = Grid(width, height), Grid(width, height)
        lean, stock = self._grids
        data = self._writer.frame(update, (width, height), (0, 0), sync=True)
        lean.feed(data)
        written = update.render_segments(self._console)
        stock.feed(written)
        self.frames += 1
        self.lean_bytes += len(data.encode())
        self.stock_bytes += len(written.encode())
        for y in rows_seen_apart(lean, stock):
            assert lean.seen()[y] == stock.seen()[y], f"frame {self.frames}, row {y}, after {data!r}"
        assert not lean.in_sync


async def test_a_session_looks_the_same_through_both_writers_after_every_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = [chat(ANSWER[at : at + 9]) for at in range(0, len(ANSWER), 9)]
    answers = Answer([*pieces, finish()]), Answer([chat("短い"), finish()])
    app = FmtuiApp(setup(tmp_path, ScriptedTransport(*answers)))
    both = Both(app, monkeypatch)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "tell me")
        await until(pilot, "first token")
        keys = "pageup pageup f4 pagedown f4 ctrl+end f1 escape f2 a escape f3 down escape"
        for key in keys.split():
            await pilot.press(key)
            await pilot.pause()
        app.notify("a toast 🚀", markup=False)
        await pilot.pause(0.05)
        for width, height in ((80, 24), (133, 40), (60, 12), (100, 30)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
        for theme in ("textual-light", "ansi-dark", "fmtui-dark"):
            app.theme = theme
            await pilot.pause(0.05)
        await pilot.press("f5")
        await pilot.pause(0.05)
        await pilot.press("escape")
        await say(pilot, "漢字 and more")
        await until(pilot, "短い")
        await pilot.pause(0.05)
    assert both.frames > 40
    assert both.lean_bytes < both.stock_bytes / 4


# ---- the hook ---------------------------------------------------------------


async def test_what_changed_is_found_as_the_framework_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = [chat(ANSWER[at : at + 90]) for at in range(0, len(ANSWER), 90)]
    gates = [asyncio.Event() for _ in pieces]
    steps = [step for both in zip(pieces, gates, strict=True) for step in both]
    app = FmtuiApp(setup(tmp_path, ScriptedTransport(Answer([*steps, finish()]))))
    compared = asked = own_asked = stock_asked = whole = covered = 0
    spare, rows_of = SparingCompositor.render_partial_update, SparingCompositor.rows_of
    render_lines = Widget.render_lines

    def counted(widget: Widget, crop: Region) -> list[Strip]:
        nonlocal asked
        asked += crop.height
        return render_lines(widget, crop)

    def both(compositor: SparingCompositor) -> ChopsUpdate | None:
        nonlocal compared, own_asked, stock_asked
        regions = compositor._dirty_regions.copy()
        before = asked
        own = spare(compositor)
        own_asked += asked - before
        compositor._dirty_regions |= regions
        before = asked
        stock = Compositor.render_partial_update(compositor)
        stock_asked += asked - before
        assert (own is None) == (stock is None)
        if own is not None and stock is not None:
            compared += 1
            assert own.spans == stock.spans
            for y, start, stop in own.spans:
                assert own.chop_ends[y] == stock.chop_ends[y]
                assert seen(own, y, start, stop) == seen(stock, y, start, stop), f"row {y} of {own.spans}"
        return own

    def at_once(
        compositor: SparingCompositor, widget: Widget, regions: Sequence[Region]
    ) -> RowsUpdate | None:
        nonlocal whole, covered
        own = rows_of(compositor, widget, regions)
        if own is None:
            covered += 1
            return None
        whole += 1
        waiting = compositor._dirty_regions.copy()
        compositor._dirty_regions = {Region(x, y, stop - x, 1) for y, x, stop in own.spans}
        stock = Compositor.render_partial_update(compositor)
        compositor._dirty_regions = waiting
        assert stock is not None
        assert sorted(own.spans) == sorted(stock.spans)
        for (y, start, stop), (_, strip) in zip(own.spans, own.rows, strict=True):
            parts = [part for _, part in seen(stock, y, start, stop)]
            assert Strip.join([Strip(part or []) for part in parts]) == Strip.join([strip]), f"row {y}"
        return own

    monkeypatch.setattr(SparingCompositor, "rows_of", at_once)
    monkeypatch.setattr(SparingCompositor, "render_partial_update", both)
    monkeypatch.setattr(Widget, "render_lines", counted)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "max_tokens")
        await say(pilot, "tell me")
        app.notify("a toast over it 🚀", markup=False)
        for gate in gates[:-4]:
            gate.set()
            await pilot.pause(0.04)
        await pilot.resize_terminal(60, 20)
        await pilot.press("f4")  # on a narrow screen the sidebar lies over the conversation
        for gate in gates[-4:]:
            gate.set()
            await pilot.pause(0.04)
        await until(pilot, "first token")
        await pilot.press("f4")
        await pilot.resize_terminal(100, 30)
        keys = (
            "pageup pageup f4 pagedown f4 ctrl+end f1 escape f2 a escape x y f3 down escape ctrl+f a escape"
        )
        for key in keys.split():
            await pilot.press(key)
            await pilot.pause()
        for number in range(8):
            app.notify(f"toast {number}", markup=False)
            app._chat.conversation.scroll_lines(1 if number % 2 else -2)
            await pilot.pause(0.02)
        await pilot.resize_terminal(60, 20)
        await pilot.press("f4", "pageup", "x", "f4")
        await pilot.pause()
    assert compared + whole > 30
    # A busy machine makes one frame of several, in which more has changed.
    assert own_asked < stock_asked * 0.7
    assert whole > 10
    assert covered > 0


def seen(update: ChopsUpdate, y: int, start: int, stop: int) -> list[tuple[int, list[Segment] | None]]:
    """Return the strips that an update has in a part of a row."""
    places = zip(update.chops[y].items(), update.chop_ends[y], strict=True)
    return [
        (x, None if strip is None else list(strip)) for (x, strip), end in places if x < stop and end > start
    ]


class Recorder(Driver):
    """A driver whose terminal is a list."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.written: list[str] = []

    def write(self, data: str) -> None:
        self.written.append(data)

    def start_application_mode(self) -> None: ...
    def disable_input(self) -> None: ...
    def stop_application_mode(self) -> None: ...


async def test_one_frame_is_one_write_and_one_that_changes_nothing_none(tmp_path: Path) -> None:
    app = FmtuiApp(setup(tmp_path, ScriptedTransport()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "1 offered")
        await until(pilot, "(new session)")  # the last that comes by itself
        recorder = app._driver = Recorder(app, size=(100, 30))
        app._sync_available = True

        def redraw() -> list[str]:
            recorder.written.clear()
            app._display(app.screen, app.screen._compositor.render_update(full=True))
            return [data for data in recorder.written if data != STATUS_QUERY]

        (first,) = redraw()
        assert first.startswith("\x1b[?2026h")
        assert first.endswith("\x1b[?2026l")
        assert redraw() == []
        await pilot.press("Q")  # a letter that nothing else on the screen has, as other frames may come too
        await until(pilot, lambda: "Q" in "".join(recorder.written))
        (typed,) = [data for data in recorder.written if "Q" in data]
        assert len(typed) < 400
        assert "\x1b[?2026h" not in typed
        app._display(app.screen, "something else")
        assert "something else" in "".join(recorder.written)
        (again,) = redraw()
        assert len(again) > 1000
        # An input method shows its words where the terminal's cursor is.
        prompt = app.screen.query_one(Prompt)
        await pilot.press("f5", "g")
        await until(pilot, lambda: app.cursor_position != prompt.cursor_screen_offset)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is prompt.screen)

        def cursor() -> tuple[int, int]:
            terminal = Grid(100, 30)
            for data in recorder.written:
                if "\x1b]" not in data and data != STATUS_QUERY:
                    terminal.feed(data)
            return terminal.x, terminal.y

        await until(pilot, lambda: cursor() == prompt.cursor_screen_offset)


async def test_an_error_of_the_lean_writer_costs_nothing_but_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise ValueError("of our own making")

    app = FmtuiApp(setup(tmp_path, ScriptedTransport()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, "max_tokens")
        recorder = app._driver = Recorder(app, size=(100, 30))
        monkeypatch.setattr(LeanWriter, "frame", fail)
        logging.getLogger("fmtui").propagate = True
        app._display(app.screen, app.screen._compositor.render_update(full=True))
        assert "max_tokens" in "".join(recorder.written)
        assert "whole rows are written" in caplog.text
        assert app._lean_writer is None


def test_the_framework_installed_is_the_known_one() -> None:
    assert strange() == ""


@pytest.mark.parametrize("how", ["another framework", "another driver", "asked for"])
def test_otherwise_the_stock_writer_stays_and_the_log_says_why(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("fmtui").propagate = True
    if how == "another framework":

        def display(self: App[None], screen: object, renderable: object, more: int) -> None:
            self.display_anew(screen, renderable, more)  # type: ignore[attr-defined]

        monkeypatch.setattr("fmtui.ui.terminal.known._KNOWN", ((display, "post_display_hook"),))
    if how == "another driver":
        monkeypatch.setattr(App, "get_driver_class", lambda _: Recorder)
    chosen = setup(tmp_path, ScriptedTransport(), writer="stock" if how == "asked for" else "lean")
    app = FmtuiApp(chosen)
    assert app._lean_writer is None
    assert ("is not the known one" in caplog.text) is (how != "asked for")


@pytest.mark.parametrize(
    ("terminal", "can"),
    [
        ({"TERM": "xterm-256color"}, "True True"),
        ({"TERM": "xterm-256color", "STY": "1.screen"}, "False True"),
        ({"TERM": "screen"}, "False False"),
        ({"TERM": "no-such-terminal"}, "False False"),
        ({}, "False False"),
    ],
    ids=["xterm", "xterm within screen", "screen", "unknown", "none"],
)
def test_of_a_terminal_only_what_its_entry_promises_is_expected(terminal: dict[str, str], can: str) -> None:
    code = (
        "from fmtui.ui.terminal.abilities import abilities_of\n"
        f"can = abilities_of({terminal!r})\n"
        "print(can.colours_erased, can.erases_columns)"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )
    assert done.stdout.strip() == can
