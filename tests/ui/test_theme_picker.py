"""Choosing a theme shows it at once, editing one does too, and neither forgets what was there before."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.color import Color
from textual.pilot import Pilot

from fmtui.ui import themed_app
from fmtui.ui.app import FmtuiApp
from tests.ui.rig import ScriptedTransport, chat_screen, notices, screen_text, until
from tests.ui.rig import app as fmtui_app

SEA = 'primary = "#5fb3d4"\nbackground = "{}"\nforeground = "#d7e6ee"\n'


def background(pilot: Pilot[None]) -> str:
    """Return the colour that the conversation is seen on."""
    return chat_screen(pilot).styles.background.hex.lower()


def worn(pilot: Pilot[None], colour: str) -> Callable[[], bool]:
    return lambda: background(pilot) == colour


def kept(app: FmtuiApp) -> str:
    return app._setup.state.load().theme


def own(folder: Path, name: str, text: str, changed_s: int = 0) -> Path:
    """Write a theme file of the user's."""
    path = folder / "config" / "themes" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    os.utime(path, (1_700_000_000 + changed_s,) * 2)
    return path


async def test_the_theme_under_the_cursor_is_shown_and_only_enter_keeps_it(tmp_path: Path) -> None:
    own(tmp_path, "sea.toml", SEA.format("#0b1a24"))
    own(tmp_path, "bad.toml", "primary = 5\n")
    app = fmtui_app(tmp_path, ScriptedTransport(), theme="solarized-dark")
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, worn(pilot, "#002b36"))
        app.search_themes()
        await until(pilot, "Enter keeps")
        shown = screen_text(pilot)
        for words in ("sea", "yours", "fmtui", "Textual", "16 colours", "no colours"):
            assert words in shown
        for words in ("1 file has a mistake:", "such as '#7cb7ff'."):
            assert words in shown, "what is wrong is said whole"
        assert "Ask anything" in shown, "what is behind can be seen"
        await pilot.press("down")
        await until(pilot, worn(pilot, "#fdf6e3"))
        await pilot.press(*"sea")
        await until(pilot, worn(pilot, "#0b1a24"))
        await pilot.press("escape")
        await until(pilot, worn(pilot, "#002b36"))
        assert "Enter keeps" not in screen_text(pilot)

        app.search_themes()
        await until(pilot, "Enter keeps")
        await pilot.press(*"light gruv", "enter")
        await until(pilot, worn(pilot, "#fbf1c7"))
        await app.workers.wait_for_complete()
        assert kept(app) == "gruvbox-light"


async def test_keys_that_come_faster_than_themes_are_drawn_wait_for_none(tmp_path: Path) -> None:
    app = fmtui_app(tmp_path, ScriptedTransport(), theme="nord")
    async with app.run_test(size=(60, 15)) as pilot:
        app.search_themes()
        await until(pilot, "Enter keeps")
        names: list[str] = []
        app.theme_changed_signal.subscribe(app, lambda theme: names.append(theme.name))
        for _ in range(5):
            app.screen.action_steer("move", 1)  # type: ignore[attr-defined]  # it is the picker
        await until(pilot, lambda: bool(names))
        await pilot.pause()
        assert names == ["tritan-light"]
        shown = screen_text(pilot)
        assert "solarized-light" in shown, "a narrow screen leaves room for names before anything else"
        assert "Textual" not in shown


async def test_an_edited_theme_is_worn_once_the_user_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own(tmp_path, "sea.toml", SEA.format("#0b1a24"))
    app = fmtui_app(tmp_path, ScriptedTransport(), theme="sea")
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        assert background(pilot) == "#0b1a24"
        own(tmp_path, "sea.toml", SEA.format("#102030"), 1)
        app.post_message(events.AppFocus())
        await until(pilot, worn(pilot, "#102030"))

        own(tmp_path, "sea.toml", SEA.format("blau"), 2)
        app.post_message(events.AppFocus())
        await until(pilot, lambda: any("'blau' is not a colour" in words for words in notices(pilot)))
        assert background(pilot) == "#102030", "the last that could be used is worn on"

        monkeypatch.setattr(themed_app, "LOOK_AGAIN_S", 0.0)  # a key that comes later, without the wait
        own(tmp_path, "sea.toml", SEA.format("#203040"), 3)
        await pilot.press("x")
        await until(pilot, worn(pilot, "#203040"))
        assert app.screen.styles.background == Color.parse("#203040")
        assert kept(app) == ""


async def test_without_colours_there_are_none_to_choose(tmp_path: Path) -> None:
    app = fmtui_app(tmp_path, ScriptedTransport(), theme="nord", environ={"NO_COLOR": "1"})
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        assert app.theme == "no-colour"
        chat_screen(pilot).prompt.insert("/theme nord")
        await pilot.press("enter")
        await until(pilot, "NO_COLOR is set")
        await pilot.press(*"abc")
        await until(pilot, "abc")
        assert app.theme == "no-colour"
        styles = {part.style for row in app.screen._compositor.render_strips() for part in row if part.style}
        for style in styles:
            assert style.color is None or style.color.is_default
            assert style.bgcolor is None or style.bgcolor.is_default
        assert any(style.reverse for style in styles), "the cursor"


async def test_an_empty_no_color_means_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    app = fmtui_app(tmp_path, ScriptedTransport(), theme="nord", environ={"NO_COLOR": ""})
    assert not app.no_color
    assert app.theme == "nord"
