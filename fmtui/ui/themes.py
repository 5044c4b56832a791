"""Theme files: TOML with the fields of a Textual theme.

Shipped themes and a user's are the same kind of file. A theme reaches the style sheet,
where a bad value would end the app, so everything is checked here and a file with a
mistake in it becomes a sentence, never an exception.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

from fmtui.core.text import one_line

_COLOURS = (
    *("primary", "secondary", "warning", "error", "success", "accent"),
    *("foreground", "background", "surface", "panel", "boost"),
)
_SWITCHES = ("dark", "ansi")
_NUMBERS = ("luminosity_spread", "text_alpha")
_KEYS = tuple(field.name for field in fields(Theme))
_STYLE_WORDS = {
    *("none", "not", "bold", "b", "dim", "d", "italic", "i"),
    *("underline", "u", "underline2", "strike", "reverse", "blink"),
}


# Textual's own style sheets use these, but its colours for `ansi = true` lack them.
_ANSI_LACKS = {
    "ansi-background": "ansi_default",
    "ansi-foreground": "ansi_default",
    "foreground-disabled": "ansi_default 50%",
    "surface-active": "ansi_default",
}


class _WrongThemeError(Exception):
    """A theme file cannot be used; the message says what is wrong with it."""


def shipped_folder() -> Path:
    """Return the folder of the themes that come with fmtui, in a wheel and in a checkout."""
    package = Path(__file__).parents[1]
    packed = package / "themes"
    return packed if packed.is_dir() else package.parent / "themes"


class ThemeFiles:
    """The theme files of fmtui and of the user, of which a start mostly reads one.

    Args:
        shipped: folder of the themes that come with fmtui; each file is named as its theme.
        own: folder of the user's, which need not exist. One of the same name replaces a shipped one.
    """

    def __init__(self, shipped: Path, own: Path) -> None:
        self.problems: list[str] = []
        """One sentence, naming the file, for each file that was read and cannot be used."""
        self._shipped = shipped
        self._own = own
        self._themes: dict[str, Theme] = {}
        self._has_all = False

    @property
    def themes(self) -> list[Theme]:
        """Those that were read so far."""
        return list(self._themes.values())

    def get(self, name: str) -> Theme | None:
        """Return the theme of that name, None when no file has it."""
        if name not in self._themes and not self._has_all:
            theme = self._read_alone(name)
            if theme is None:
                self.read_all()
            else:
                self._themes[name] = theme
        return self._themes.get(name)

    def _read_alone(self, name: str) -> Theme | None:
        """Return a shipped theme if that is what the name means; any file of the user's may have taken it."""
        path = next((path for path in _theme_files(self._shipped, []) if path.stem == name), None)
        if path is None or _theme_files(self._own, []):
            return None
        try:
            return _read(path, known_names=True)
        except _WrongThemeError:
            return None

    def read_all(self) -> None:
        """Read every file."""
        themes, problems = load_themes([self._shipped, self._own])
        self._themes = {theme.name: theme for theme in themes}
        self.problems += problems
        self._has_all = True


def load_themes(folders: Iterable[Path]) -> tuple[list[Theme], list[str]]:
    """Return the themes of all `*.toml` files of the folders, and what is wrong with the others.

    A theme of a later folder replaces one of the same name. A folder that does not exist has none.

    Returns:
        The themes by name, and one sentence, naming the file, for each file that cannot be used.
    """
    themes: dict[str, Theme] = {}
    problems: list[str] = []
    for folder in folders:
        for path in _theme_files(folder, problems):
            try:
                theme = _read(path)
            except _WrongThemeError as error:
                problems.append(f"Theme {path}: {one_line(str(error), 500)}")
            else:
                themes[theme.name] = theme
    return [themes[name] for name in sorted(themes)], problems


def _theme_files(folder: Path, problems: list[str]) -> list[Path]:
    try:
        return sorted(folder.glob("*.toml")) if folder.is_dir() else []
    except OSError as error:
        problems.append(f"Themes in {folder} cannot be listed: {error.strerror or error}.")
        return []


def _read(path: Path, *, known_names: bool = False) -> Theme:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise _WrongThemeError(f"it cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise _WrongThemeError("it is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise _WrongThemeError(f"it is not valid TOML: {one_line(str(error))}.") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or lists a thousand deep
        raise _WrongThemeError("it holds a value that is too large to read.") from None
    return _theme(table, path.stem, known_names=known_names)


def _theme(table: Mapping[str, Any], stem: str, *, known_names: bool = False) -> Theme:
    """Return the theme that a table describes, once every value in it has been checked.

    Args:
        table: what is in the file.
        stem: the name of a theme that gives none.
        known_names: whether its variables are known to exist, as those of shipped themes are: to
            list all there are takes as long as to read the file.
    """
    for key, value in table.items():
        if key not in _KEYS:
            raise _WrongThemeError(f"there is no key {key!r}.{_nearest(key, _KEYS)}")
        _check(key, value)
    if "primary" not in table:
        raise _WrongThemeError("it needs at least the colour `primary`.")
    variables = table.get("variables", {})
    known = variables if known_names else Theme(name="known", primary="#000000").to_color_system().generate()
    for name, value in variables.items():
        if not isinstance(value, str):
            raise _WrongThemeError(f"variables.{name} must be a string.")
        if name not in known and (meant := _nearest(name, known, cutoff=0.88)):
            raise _WrongThemeError(f"there is no variable {name!r}.{meant}")
        _check_variable(name, value)
    lacking = _ANSI_LACKS if table.get("ansi") else {}
    return Theme(**{"name": stem, **table, "variables": {**lacking, **variables}})


def _check(key: str, value: object) -> None:
    if key in _COLOURS:
        if not isinstance(value, str) or not _is_colour(value):
            raise _WrongThemeError(f"{key} = {_quoted(value)} is not a colour, such as '#7cb7ff'.")
    elif key in _SWITCHES:
        if not isinstance(value, bool):
            raise _WrongThemeError(f"{key} must be true or false.")
    elif key in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise _WrongThemeError(f"{key} must be a number from 0 to 1.")
    elif key == "variables":
        if not isinstance(value, dict):
            raise _WrongThemeError("variables must be a table.")
    elif not isinstance(value, str) or not value.strip():
        raise _WrongThemeError(f"{key} must be a string.")


def _check_variable(name: str, value: str) -> None:
    words = value.split()
    if "-style" in name:
        wrong = [word for word in words if word not in _STYLE_WORDS]
        if wrong or not words:
            raise _WrongThemeError(f"variables.{name} = {value!r} is not a text style, such as 'bold'.")
        return
    colour, alpha = (words[0] if words else ""), words[1:]
    percent = not alpha or (len(alpha) == 1 and alpha[0].endswith("%") and alpha[0][:-1].isdecimal())
    if not percent or not (colour == "auto" or _is_colour(colour)):
        raise _WrongThemeError(
            f"variables.{name} = {value!r} is not a colour, such as '#7cb7ff' or 'red 50%'."
        )


def _quoted(value: object) -> str:
    try:
        return repr(value)
    except (
        ValueError,
        RecursionError,
    ):  # hexadecimal digits can be read where no decimal ones can be written
        return "a value too large to show"


def _is_colour(text: str) -> bool:
    try:
        Color.parse(text)
    except ColorParseError:
        return False
    return True


def _nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f" Did you mean {close[0]!r}?" if close else ""
