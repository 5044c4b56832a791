"""The screen that shows the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from textual.app import App
from textual.widgets import Input, Log, Static

from fmtui.ui.fitting import cells
from fmtui.ui.log_screen import LogScreen
from fmtui.ui.wrapped_log import wrapped

pytestmark = pytest.mark.anyio

LINES = [f"2026-11-23T10:00:{n:02} INFO request id={n} host=one.example outcome=complete" for n in range(60)]


class _Host(App[None]):
    def __init__(self, read: Callable[[], Sequence[str]]) -> None:
        super().__init__()
        self._read = read

    async def on_mount(self) -> None:
        await self.push_screen(LogScreen("/home/u/.local/state/fmtui/fmtui.log", self._read))


def _rows(app: App[None]) -> list[str]:
    """Return the lines that are on the screen, without those below the end."""
    log = app.screen.query_one(Log)
    shown = ["".join(segment.text for segment in log.render_line(y)) for y in range(log.size.height)]
    return [row.rstrip() for row in shown if row.strip()]


async def test_it_opens_at_the_newest_line_and_typing_filters() -> None:
    app = _Host(lambda: LINES)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "id=59 " in " ".join(_rows(app))
        assert "60 lines" in str(app.screen.query_one(".note", Static).render())
        assert not app.screen.query_one(Input).cursor_blink  # which would wake the app twice a second
        await pilot.press(*"id=7 complete")
        await pilot.pause()
        assert "id=7 " in " ".join(_rows(app))
        assert "1 of 60 lines" in str(app.screen.query_one(".note", Static).render())
        await pilot.press("escape")
        assert not app.screen.query(Log)


async def test_what_is_logged_while_it_is_open_appears_unless_one_reads_above() -> None:
    lines = list(LINES)
    logger = logging.getLogger("fmtui")
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        app = _Host(lambda: list(lines))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            lines.append("a new line")
            logger.info("a new line")
            await pilot.pause()
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert _rows(app)[-1] == "a new line"
            await pilot.press("ctrl+home")
            await pilot.pause()
            lines.append("one more")
            logger.info("one more")
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert "id=0 " in " ".join(_rows(app)[:2])
        assert all("log_screen" not in type(handler).__module__ for handler in logger.handlers)
    finally:
        logger.setLevel(before[0])
        logger.propagate = before[1]


async def test_nothing_in_the_log_acts_on_the_terminal() -> None:
    app = _Host(lambda: ["x \x1b]52;c;eA==\x07 [bold]y[/bold] \x9b2J"])
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        (row,) = _rows(app)
        assert row.isprintable()
        assert "[bold]y[/bold]" in row


async def test_an_empty_log_says_so() -> None:
    app = _Host(list)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.screen.focused is app.screen.query_one(Input)
        assert "Nothing was logged yet." in str(app.screen.query_one(".note", Static).render())


@pytest.mark.parametrize("width", [20, 33, 80])
def test_a_long_line_is_wrapped_whole(width: int) -> None:
    line = " ".join(f"name{n}=value{n}" for n in range(40)) + " " + "x" * 300
    rows = list(wrapped(line, width))
    assert all(len(row) <= width for row in rows)
    assert "".join(rows).replace(" ", "") == line.replace(" ", "")


def test_a_line_is_wrapped_by_what_fills_the_screen() -> None:
    rows = list(wrapped("説明" * 60, 33))
    assert max(map(cells, rows)) in (32, 33)
    assert "".join(rows).replace(" ", "") == "説明" * 60


def test_no_row_copies_all_the_rest_of_a_line() -> None:
    class Line(str):
        __slots__ = ()
        copied = 0

        def __getitem__(self, place: Any) -> str:
            part = super().__getitem__(place)
            Line.copied += len(part)
            return Line(part)

        def lstrip(self, chars: str | None = None, /) -> str:
            return Line(super().lstrip(chars))

    line = Line("word " * 4000)
    assert len(list(wrapped(line, 80))) > 250
    assert Line.copied < 4 * len(line)
