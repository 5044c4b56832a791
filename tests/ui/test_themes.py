"""Theme files work wherever they come from, and a bad one is a sentence instead of a crash."""

import os
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.theme import Theme
from textual.widgets import Input

from fmtui.core.chat import Params
from fmtui.ui.help import HelpScreen
from fmtui.ui.prompt import Prompt
from fmtui.ui.rows import SessionRow
from fmtui.ui.session_list import SessionList
from fmtui.ui.sidebar import Sidebar
from fmtui.ui.status import StatusLine
from fmtui.ui.themed_app import in_few
from fmtui.ui.themes import ThemeFiles, load_themes, shipped_folder
from tests.ui.parameters import settings_of
from tests.ui.rig import ScriptedTransport
from tests.ui.rig import app as fmtui_app

SHIPPED, _ = load_themes([shipped_folder()])


class EverythingApp(App[None]):
    """All widgets at once, in one theme after the other."""

    def __init__(self, *themes: Theme) -> None:
        super().__init__()
        for theme in themes:
            self.register_theme(theme)
        self.theme = themes[0].name

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


def edit(path: Path, text: str) -> None:
    """Write a file again, as a person would some time later."""
    before = path.stat().st_mtime_ns
    path.write_text(text, "utf-8")
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_the_shipped_themes_are_found_and_valid() -> None:
    themes, problems = load_themes([shipped_folder()])
    assert problems == []
    assert {"fmtui-dark", "fmtui-light", "high-contrast", "terminal", "no-colour"} <= {t.name for t in themes}


def test_each_shipped_file_is_named_as_its_theme() -> None:
    assert sorted(path.stem for path in shipped_folder().glob("*.toml")) == [t.name for t in SHIPPED]


async def test_every_widget_can_be_drawn_in_each_kind_of_theme() -> None:
    """All themes of a kind give the same variables, and their values are checked when they are read."""
    kinds = {(theme.ansi, theme.dark): theme for theme in SHIPPED}
    app = EverythingApp(*kinds.values())
    async with app.run_test(size=(100, 30)) as pilot:
        app.push_screen(SessionList([SessionRow("a", "One", "now")]))
        await pilot.pause()
        app.push_screen(HelpScreen())
        for theme in kinds.values():
            app.theme = theme.name
            await pilot.pause()
            assert "Keys and commands" in app.export_screenshot().replace("&#160;", " ")


@pytest.mark.parametrize("name", ["terminal", "no-colour"])
def test_themes_of_the_terminal_use_only_its_colours(name: str) -> None:
    theme = next(theme for theme in SHIPPED if theme.name == name)
    tokens = {**theme.to_color_system().generate(), **theme.variables}
    for token, value in tokens.items():
        if "-style" not in token and not token.startswith("code-"):
            assert value.startswith(("ansi_", "transparent")), f"{token}: {value}"


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


def test_a_shipped_theme_is_found_without_parsing_any_other_file(tmp_path: Path) -> None:
    write(tmp_path, 'primary = "red"\n', "sea.toml")
    write(tmp_path, "primary = ", "bad.toml")
    files = ThemeFiles(shipped_folder(), tmp_path)
    found = files.get("fmtui-light")
    assert found is not None
    assert (found.name, files.themes, files.problems) == ("fmtui-light", [found], [])
    assert files.get("no such theme") is None
    assert len(files.themes) == len(SHIPPED) + 1


@pytest.mark.parametrize("name", ["fmtui-dark", "fmtui\\u002ddark"])
def test_a_file_of_the_user_may_have_taken_the_name_of_a_shipped_theme(tmp_path: Path, name: str) -> None:
    write(tmp_path, f'name = "{name}"\nprimary = "red"\n')
    write(tmp_path, "primary = ", "bad.toml")
    files = ThemeFiles(shipped_folder(), tmp_path)
    found = files.get("fmtui-dark")
    assert found is not None
    assert found.primary == "red"
    assert [problem for problem in files.problems if "bad.toml" in problem]


def test_files_are_read_again_only_when_one_has_changed_come_or_gone(tmp_path: Path) -> None:
    files = ThemeFiles(shipped_folder(), tmp_path)
    assert files.get("nord") is not None
    assert not files.look_again()
    path = write(tmp_path, 'primary = "red"\n', "sea.toml")
    assert files.look_again()
    assert not files.look_again()
    edit(path, 'primary = "tan"\n')
    assert files.look_again()
    assert (found := files.get("sea")) is not None
    assert (found.primary, files.is_own("sea"), files.is_own("nord")) == ("tan", True, False)
    path.unlink()
    assert files.look_again()
    assert files.get("sea") is None


def test_a_mistake_is_told_once_and_again_after_it_was_mended(tmp_path: Path) -> None:
    path = write(tmp_path, 'primary = "red"\n', "sea.toml")
    files = ThemeFiles(shipped_folder(), tmp_path)
    told = []
    for text in ('primary = "rad"\n', 'primary = "rad"\n', 'primary = "red"\n', 'primary = "rad"\n'):
        edit(path, text)
        assert files.look_again()
        told.append(len(files.problems))
        files.problems.clear()
    assert told == [1, 0, 0, 1]
    assert len(files.wrong) == 1


def test_a_theme_gives_the_styles_of_code(tmp_path: Path) -> None:
    write(tmp_path, 'primary = "red"\n[code]\nkeyword = "bold #ff79c6"\ncomment = "dim"\n')
    ((theme,), problems) = load_themes([tmp_path])
    assert problems == []
    assert theme.variables == {"code-keyword": "bold #ff79c6", "code-comment": "dim"}


@pytest.mark.parametrize(("back", "dark"), [("#0b1a24", True), ("#fdf6e3", False)])
def test_what_a_short_theme_leaves_out_fits_its_background(tmp_path: Path, back: str, dark: object) -> None:
    write(tmp_path, f'primary = "#3a86a8"\nbackground = "{back}"\n')
    ((theme,), _) = load_themes([tmp_path])
    assert theme.dark is dark
    surface, panel, front = map(Color.parse, (theme.surface or "", theme.panel or "", theme.foreground or ""))
    steps = [abs(each.brightness - Color.parse(back).brightness) for each in (surface, panel, front)]
    assert steps == sorted(steps)
    assert 0 < steps[0] < steps[1] < 0.2
    assert steps[2] > 0.5


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


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('name = "x"\nprimary = ', ", line 2: it is not valid TOML"),
        ("\n\nprimary = red", ", line 3: it is not valid TOML"),
        ("dark = true", "needs at least the colour `primary`"),
        ('primary = "no colour"', ", line 1: primary = 'no colour' is not a colour"),
        ("primary = 5", "is not a colour"),
        ('primary = "red"\nprimry = "red"', ", line 2: there is no key 'primry'. Did you mean 'primary'?"),
        ('primary = "red"\ndark = "yes"', "dark must be true or false"),
        ('primary = "red"\ntext_alpha = 2', "text_alpha must be a number from 0 to 1"),
        ('primary = "red"\nname = ""', "name must be a string"),
        ('primary = "red"\nvariables = 1', "variables must be a table"),
        ('primary = "red"\n[variables]\nborder = 3', ", line 3: variables.border must be a string"),
        ('primary = "red"\n[variables]\nborder = "5px }"', "is not a colour"),
        ('primary = "red"\n[variables]\n"text-muted" = "red half"', "is not a colour"),
        ('primary = "red"\n[variables]\n"input-cursor-text-style" = "loud"', "is not a text style"),
        ('primary = "red"\n[variables]\n"text-mutd" = "blue"', "Did you mean 'text-muted'?"),
        ('primary = "red"\ncode = 1', "code must be a table"),
        ('primary = "red"\n\n[code]\nkeywrd = "bold"', ", line 4: there is no key 'keywrd' in [code]. Did"),
        ('primary = "red"\n[code]\nkeyword = "bold }"', "code.keyword = 'bold }' is not a style, such as"),
        ('primary = "red"\n[code]\nkeyword = "red blue"', "is not a style"),
        ('primary = "red"\n[code]\nkeyword = 5', "is not a style"),
    ],
)
def test_what_is_wrong_with_a_theme_is_a_sentence_that_names_file_and_line(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = write(tmp_path, text)
    write(tmp_path, 'primary = "red"', "good.toml")
    themes, problems = load_themes([tmp_path])
    assert [theme.name for theme in themes] == ["good"]
    assert len(problems) == 1
    assert str(path) in problems[0]
    assert sentence in problems[0]


def test_who_wants_a_theme_that_cannot_be_had_is_told_why(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "themes"
    folder.mkdir(parents=True)
    write(folder, 'name = "deep sea"\nprimary = "rad"\n', "sea.toml")
    for name, words in (
        ("sea", f"Theme {folder / 'sea.toml'}, line 2: primary = 'rad' is not a colour, such as '#7cb7ff'."),
        (
            "deep sea",
            f"Theme {folder / 'sea.toml'}, line 2: primary = 'rad' is not a colour, such as '#7cb7ff'.",
        ),
        ("nrd", "There is no theme “nrd”. Did you mean “nord”? /theme lists them."),
    ):
        assert fmtui_app(tmp_path, ScriptedTransport(), theme=name).problems == [words]


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


def test_more_faults_than_there_is_room_for_are_counted() -> None:
    assert in_few(["a", "b", "c"]) == ["a", "b", "c"]
    assert in_few(["a", "b", "c", "d", "e"]) == ["a", "b", "3 more like these; /doctor tells all."]
