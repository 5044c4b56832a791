"""Theme files work wherever they come from, and a bad one is a sentence instead of a crash."""

from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.theme import Theme
from textual.widgets import Input

from fmtui.core.chat import Params
from fmtui.ui.help import HelpScreen
from fmtui.ui.prompt import Prompt
from fmtui.ui.session_picker import SessionPicker, SessionRow
from fmtui.ui.sidebar import Sidebar
from fmtui.ui.status import StatusLine
from fmtui.ui.themes import ThemeFiles, load_themes, shipped_folder
from tests.ui.parameters import settings_of
from tests.ui.rig import ScriptedTransport
from tests.ui.rig import app as fmtui_app

SHIPPED, _ = load_themes([shipped_folder()])


class EverythingApp(App[None]):
    """All widgets at once, in one theme."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.register_theme(theme)
        self.theme = theme.name

    def compose(self) -> ComposeResult:
        yield Sidebar([("demo", "built in")])
        yield Prompt()
        yield Input()
        yield StatusLine()

    def on_mount(self) -> None:
        self.query_one(Sidebar).show(Params("demo", "demo-chat"), "auto", settings_of(Params()))
        self.query_one(Sidebar).set_sessions([SessionRow("a", "One", "now", running=True)], "a")


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_the_shipped_themes_are_found_and_valid() -> None:
    themes, problems = load_themes([shipped_folder()])
    assert problems == []
    assert {"fmtui-dark", "fmtui-light", "high-contrast", "terminal"} <= {theme.name for theme in themes}


def test_each_shipped_file_is_named_as_its_theme() -> None:
    assert sorted(path.stem for path in shipped_folder().glob("*.toml")) == [t.name for t in SHIPPED]


@pytest.mark.parametrize("theme", SHIPPED, ids=lambda theme: theme.name)
async def test_every_widget_can_be_drawn_in_each_shipped_theme(theme: Theme) -> None:
    app = EverythingApp(theme)
    async with app.run_test(size=(100, 30)) as pilot:
        app.push_screen(SessionPicker([SessionRow("a", "One", "now")]))
        await pilot.pause()
        app.push_screen(HelpScreen())
        await pilot.pause()
        assert "Keys and commands" in app.export_screenshot().replace("&#160;", " ")


@pytest.mark.parametrize("theme", [t for t in SHIPPED if not t.ansi], ids=lambda theme: theme.name)
def test_text_and_focus_stand_out_from_their_backgrounds(theme: Theme) -> None:
    tokens = theme.to_color_system().generate()
    pairs = [
        ("foreground", "background", 7.0),
        ("foreground", "surface", 7.0),
        ("block-cursor-foreground", "block-cursor-background", 7.0),
        *((f"text-{role}", "surface", 4.5) for role in ("primary", "accent", "success", "warning", "error")),
    ]
    for front, back, least in pairs:
        ratio = contrast(Color.parse(tokens[front]), Color.parse(tokens[back]))
        assert ratio >= least, f"{front} on {back}: {ratio:.1f}"


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of WCAG."""

    def luminance(color: Color) -> float:
        parts = [
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_terminal_theme_uses_only_colours_of_the_terminal() -> None:
    terminal = next(theme for theme in SHIPPED if theme.name == "terminal")
    for name, value in terminal.to_color_system().generate().items():
        if "-style" not in name:
            assert value.startswith(("ansi_", "transparent")), f"{name}: {value}"


def test_a_theme_of_the_user_replaces_a_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, 'name = "fmtui-dark"\nprimary = "red"\n')
    themes, problems = load_themes([shipped_folder(), tmp_path])
    assert problems == []
    assert [theme.primary for theme in themes if theme.name == "fmtui-dark"] == ["red"]


def test_a_theme_without_a_name_is_called_as_its_file(tmp_path: Path) -> None:
    write(tmp_path, 'primary = "#123456"\n', "sea.toml")
    themes, _ = load_themes([tmp_path])
    assert [theme.name for theme in themes] == ["sea"]


def test_folders_that_do_not_exist_have_no_themes(tmp_path: Path) -> None:
    assert load_themes([tmp_path / "none"]) == ([], [])


def test_a_shipped_theme_is_found_without_reading_the_others(tmp_path: Path) -> None:
    files = ThemeFiles(shipped_folder(), tmp_path / "none")
    found = files.get("fmtui-light")
    assert found is not None
    assert (found.name, files.themes) == ("fmtui-light", [found])
    assert files.get("no such theme") is None
    assert len(files.themes) == len(SHIPPED)


def test_a_file_of_the_user_may_have_taken_the_name_of_a_shipped_theme(tmp_path: Path) -> None:
    write(tmp_path, 'name = "fmtui-dark"\nprimary = "red"\n')
    write(tmp_path, "primary = ", "bad.toml")
    files = ThemeFiles(shipped_folder(), tmp_path)
    found = files.get("fmtui-dark")
    assert found is not None
    assert found.primary == "red"
    assert [problem for problem in files.problems if "bad.toml" in problem]


async def test_the_style_sheet_is_parsed_once_in_the_colours_of_the_theme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[bool] = []
    monkeypatch.setattr(App, "refresh_css", lambda *_args, **_settings: again.append(True))
    app = fmtui_app(tmp_path, ScriptedTransport(), theme="fmtui-light")
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        assert pilot.app.screen.styles.background == Color.parse("#fcfcfa")
    assert not again


async def test_every_theme_is_offered_and_the_one_chosen_last_is_remembered(tmp_path: Path) -> None:
    app = fmtui_app(tmp_path, ScriptedTransport(), theme="fmtui-light")
    async with app.run_test(size=(100, 24)) as pilot:
        app.search_themes()
        await pilot.pause()
        await pilot.press("escape")
        assert {theme.name for theme in SHIPPED} <= set(app.available_themes)
        for name in ("fmtui-dark", "fmtui-light"):
            app.theme = name
            await pilot.pause()
        await app.workers.wait_for_complete()
        assert app._setup.state.load().theme == "fmtui-light"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("primary = ", "not valid TOML"),
        ("dark = true", "needs at least the colour `primary`"),
        ('primary = "no colour"', "is not a colour"),
        ("primary = 5", "is not a colour"),
        ('primary = "red"\nprimry = "red"', "no key 'primry'. Did you mean 'primary'?"),
        ('primary = "red"\ndark = "yes"', "dark must be true or false"),
        ('primary = "red"\ntext_alpha = 2', "text_alpha must be a number from 0 to 1"),
        ('primary = "red"\nname = ""', "name must be a string"),
        ('primary = "red"\nvariables = 1', "variables must be a table"),
        ('primary = "red"\n[variables]\nborder = 3', "variables.border must be a string"),
        ('primary = "red"\n[variables]\nborder = "5px }"', "is not a colour"),
        ('primary = "red"\n[variables]\n"text-muted" = "red half"', "is not a colour"),
        ('primary = "red"\n[variables]\n"input-cursor-text-style" = "loud"', "is not a text style"),
        ('primary = "red"\n[variables]\n"text-mutd" = "blue"', "Did you mean 'text-muted'?"),
    ],
)
def test_what_is_wrong_with_a_theme_is_a_sentence_that_names_the_file(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = write(tmp_path, text)
    write(tmp_path, 'primary = "red"', "good.toml")
    themes, problems = load_themes([tmp_path])
    assert [theme.name for theme in themes] == ["good"]
    assert len(problems) == 1
    assert str(path) in problems[0]
    assert sentence in problems[0]


def test_a_file_that_is_not_text_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "folder.toml").mkdir()
    themes, problems = load_themes([tmp_path])
    assert themes == []
    assert any("not UTF-8" in problem for problem in problems)
    assert any("cannot be read" in problem for problem in problems)


async def test_a_theme_with_terminal_colours_needs_nothing_but_its_primary_colour(tmp_path: Path) -> None:
    write(tmp_path, 'ansi = true\nprimary = "ansi_green"\n', "mine.toml")
    themes, problems = load_themes([tmp_path])
    assert problems == []
    async with EverythingApp(themes[0]).run_test() as pilot:
        assert pilot.app.query_one(StatusLine).size.height == 1
