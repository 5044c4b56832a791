"""Theme files: TOML with the fields of a Textual theme, and the styles of code.

Shipped themes and a user's are the same kind of file. A theme reaches the style sheet,
where a bad value would end the app, so everything is checked and a file with a mistake
in it becomes a sentence, never an exception.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from textual.theme import Theme

from fmtui.core.text import one_line
from fmtui.ui.theme_checks import WrongThemeError, theme_of

_Stamp = tuple[tuple[str, int, int, int], ...]
"""Names, times of change in ns, sizes and inodes of files."""


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
        """One sentence, naming file and line, for each file that cannot be used and was not told of yet."""
        self._shipped = shipped
        self._own = own
        self._themes: dict[str, Theme] = {}
        self._has_all = False
        self._wrong: list[str] = []
        self._own_names: frozenset[str] = frozenset()
        self._stamp = _stamp_of(own)

    @property
    def themes(self) -> list[Theme]:
        """Those that were read so far."""
        return list(self._themes.values())

    @property
    def wrong(self) -> tuple[str, ...]:
        """What is wrong with files as they were when all were read last; also what was told already."""
        return tuple(self._wrong)

    def is_own(self, name: str) -> bool:
        """Return whether the theme of that name is the user's, once all are read."""
        return name in self._own_names

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
        """Return a shipped theme if that is what the name means, without parsing any other file."""
        path = next((path for path in _theme_files(self._shipped, []) if path.stem == name), None)
        if path is None or any(_may_be(path, name) for path in _theme_files(self._own, [])):
            return None
        try:
            return _read(path, known_names=True)
        except WrongThemeError:
            return None

    def read_all(self) -> None:
        """Read every file."""
        stamp = _stamp_of(self._own)
        own, wrong = load_themes([self._own])
        shipped, wrong_shipped = load_themes([self._shipped])
        wrong += wrong_shipped
        self.problems += [told for told in wrong if told not in self._wrong]
        self._wrong = wrong
        self._themes = {theme.name: theme for theme in [*shipped, *own]}
        self._own_names = frozenset(theme.name for theme in own)
        self._stamp, self._has_all = stamp, True

    def mistake(self, name: str) -> str:
        """Return what is wrong with the user's file that would have a theme; empty where none would."""
        for path in _theme_files(self._own, []):
            if _may_be(path, name):
                try:
                    _read(path)
                except WrongThemeError as error:
                    return _told(path, error)
        return ""

    def shortly(self, wrong: str) -> str:
        """Return a sentence about a file of the user's, which names it without its folder."""
        return wrong.replace(f"Theme {self._own}/", "", 1)

    def look_again(self) -> bool:
        """Read every file if one of the user's has changed, come or gone; return whether that is so."""
        if _stamp_of(self._own) == self._stamp:
            return False
        self.read_all()
        return True


def load_themes(folders: Iterable[Path]) -> tuple[list[Theme], list[str]]:
    """Return the themes of all `*.toml` files of the folders, and what is wrong with the others.

    A theme of a later folder replaces one of the same name. A folder that does not exist has none.

    Returns:
        The themes by name, and one sentence, naming file and line, for each file that cannot be used.
    """
    themes: dict[str, Theme] = {}
    problems: list[str] = []
    for folder in folders:
        for path in _theme_files(folder, problems):
            try:
                theme = _read(path)
            except WrongThemeError as error:
                problems.append(_told(path, error))
            else:
                themes[theme.name] = theme
    return [themes[name] for name in sorted(themes)], problems


def _told(path: Path, error: WrongThemeError) -> str:
    return f"Theme {path}{one_line(str(error), 500)}"


def _theme_files(folder: Path, problems: list[str]) -> list[Path]:
    try:
        return sorted(folder.glob("*.toml")) if folder.is_dir() else []
    except OSError as error:
        problems.append(f"Themes in {folder} cannot be listed: {error.strerror or error}.")
        return []


def _stamp_of(folder: Path) -> _Stamp:
    """Return what differs once a theme of the folder was written, renamed or removed."""
    stamp = []
    for path in _theme_files(folder, []):
        try:
            stat = path.stat()
        except OSError:
            stamp.append((path.name, 0, 0, 0))
        else:
            stamp.append((path.name, stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(stamp)


def _may_be(path: Path, name: str) -> bool:
    """Return whether a file may hold the theme of that name, without parsing it."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    # With a backslash a name can be written in any way.
    return path.stem == name or name.encode() in content or b"\\" in content


def _read(path: Path, *, known_names: bool = False) -> Theme:
    """Return the theme of a file.

    Raises:
        WrongThemeError: there is none; the message begins with the line, where there is one.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise WrongThemeError(f": it cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise WrongThemeError(": it is not UTF-8 text.") from None
    try:
        return theme_of(tomllib.loads(text), path.stem, known_names=known_names)
    except tomllib.TOMLDecodeError as error:
        what, line = _place(str(error), text)
        raise WrongThemeError(f", line {line}: it is not valid TOML: {one_line(what)}.") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or lists a thousand deep
        raise WrongThemeError(": it holds a value that is too large to read.") from None
    except WrongThemeError as error:
        from fmtui.core.config_text import line_of  # noqa: PLC0415 - most themes are right

        number = line_of(text, error.path) if error.path else None
        raise WrongThemeError(f"{f', line {number}' if number else ''}: {error}") from None


def _place(told: str, text: str) -> tuple[str, int]:
    """Return what the reader of TOML says without its place, and the line of that."""
    match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", told)
    if match is None:
        return told, 1
    return told[: match.start()], int(match[1] or text.rstrip("\n").count("\n") + 1)
