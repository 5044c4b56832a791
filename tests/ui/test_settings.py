"""The settings in the app: shown with where they come from, changed at once, kept for the next start."""

from pathlib import Path

from fmtui.core.config import Config
from fmtui.core.config_view import ViewTable
from fmtui.core.state import StateFile
from fmtui.ui.code_styles import code_variables
from tests.ui.rig import (
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

LONG = "word " * 60 + "\n\n```python\ndef f(): return 1\n```\n"


def lines(text: str) -> bytes:
    return chat("".join(f"{text} {number}\n\n" for number in range(60)))


async def test_settings_hold_at_once_and_at_the_next_start(tmp_path: Path) -> None:
    transport = ScriptedTransport(Answer([chat(LONG), finish()]), Answer([lines("row"), finish()]))
    config = Config(
        path=tmp_path / "config" / "config.toml", view=ViewTable(code="plain", given=frozenset({"code"}))
    )
    async with app(tmp_path, transport, config=config).run_test(size=(140, 30)) as pilot:
        await until(pilot, "Ask anything")
        await say(pilot, "go")
        await until(pilot, "first token")

        def widest() -> int:
            return max(row.rfind("word") for row in screen_text(pilot).split("\n")) + 4 - 31

        wide = widest()
        await pilot.press("alt+s")
        await until(pilot, "Width of text")
        assert "100                     default" in screen_text(pilot)
        assert "fmtui-dark              default" in screen_text(pilot)
        assert "plain                   configuration" in screen_text(pilot)
        assert pilot.app.theme_variables["code-keyword"] == "none"
        await pilot.press("right")  # the theme: there is a list of its own
        await until(pilot, "Enter keeps · Esc goes back")
        await pilot.press("escape")
        await until(pilot, lambda: not pilot.app.screen.is_modal)

        await pilot.press("alt+s")
        await until(pilot, "Width of text")
        await pilot.press("down", "right")
        await until(pilot, "The configuration says view.code = plain")
        await until(pilot, "monokai                 for now")
        assert "#" in pilot.app.theme_variables["code-keyword"]
        await pilot.press("down", "left", "left")
        await until(pilot, "72                      chosen here")
        await pilot.press("down", "enter")
        await until(pilot, "off                     chosen here")
        await pilot.press("escape")
        await until(pilot, lambda: not pilot.app.screen.is_modal)
        await until(pilot, lambda: 0 < widest() < wide)

        # What is not followed stops with its first line at the top.
        await say(pilot, "more")
        await until(pilot, "row 0")
        await until(pilot, "more lines")
        assert "row 59" not in screen_text(pilot)
        await pilot.press("ctrl+end")
        await until(pilot, "row 59")

        await say(pilot, "/settings width 73")
        await until(pilot, lambda: "width is one of 60, 72, 80, 100, 120, whole." in notices(pilot))
        await until(pilot, "/settings width 73")
        chat_screen(pilot).prompt.take()
        await say(pilot, "/settings wdith 80")
        await until(pilot, lambda: any("There is no setting “wdith”" in each for each in notices(pilot)))
        await until(pilot, "/settings wdith 80")
        chat_screen(pilot).prompt.take()
        await say(pilot, "/settings notify off")
        await say(pilot, "/settings notify_after 60")
        await say(pilot, "/settings low_bandwidth on")
        state = StateFile(tmp_path / "state" / "state.toml")
        await until(pilot, lambda: state.load().settings.get("low_bandwidth") == "on")
        assert state.load().settings == {
            "code": "monokai",
            "width": "72",
            "follow": "off",
            "notify": "off",
            "notify_after": "60",
            "low_bandwidth": "on",
        }

        # Another window changes something, which holds there and from the next start on.
        state.set("code", "nord")
        state.set("theme", "dracula")
        await say(pilot, "/settings width 80")
        await say(pilot, "/settings code dracula")
        state.set("notify", "osc9")
        await until(pilot, lambda: state.load().settings["width"] == "80")
        await until(pilot, lambda: state.load().settings["code"] == "dracula")
        assert (state.load().settings["notify"], state.load().theme) == ("osc9", "dracula")
        await pilot.press("alt+s")
        await until(pilot, "fmtui-dark              for now")
        await until(pilot, "off                     for now")
        await pilot.press("delete")
        await until(pilot, "fmtui-dark              default")
        await pilot.press("down", "delete", "down", "delete", "escape")
        await until(pilot, lambda: "width" not in state.load().settings)
        state.set("code", "monokai")
        state.set("width", "72")
        state.set("notify", "off")

    again = app(tmp_path, ScriptedTransport())
    async with again.run_test(size=(140, 30)) as pilot:
        await until(pilot, "Ask anything")
        assert again.pace.low
        assert (again._setup.config.terminal.notify, again._setup.config.terminal.notify_after) == ("off", 60)
        assert again.code_style == "monokai"
        conversation = chat_screen(pilot).conversation
        assert conversation._text_width(500) == 72
        assert not conversation._view.goes_along


def test_a_style_of_code_keeps_what_can_be_read_on_the_background() -> None:
    on_dark, on_light = code_variables("monokai", "#111111"), code_variables("monokai", "#ffffff")
    assert on_dark["code-keyword"] == "#66d9ef"
    assert "code-keyword" not in on_light
    assert set(code_variables("plain", "#111111").values()) == {"none"}
    assert code_variables("theme", "#111111") == {}
