"""What a theme file says, checked: a theme of the framework, or what is wrong with it in a sentence."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

from fmtui.core.text import did_you_mean

_COLOURS = (
    *("primary", "secondary", "warning", "error", "success", "accent"),
    *("foreground", "background", "surface", "panel", "boost"),
)
_SWITCHES = ("dark", "ansi")
_NUMBERS = ("luminosity_spread", "text_alpha")
CODE_KINDS = (
    *("inline", "keyword", "string", "comment", "number", "name", "operator", "inserted", "deleted"),
)
"""Keys of the table `[code]`, each the style of one kind of text."""
_KEYS = (*(field.name for field in dataclasses.fields(Theme)), "code")
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


class WrongThemeError(Exception):
    """A theme file cannot be used; the message says what is wrong with it.

    Args:
        message: a sentence.
        path: the key that it is about, with the tables around it; empty when it is about none.
    """

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message)
        self.path = path


def theme_of(table: Mapping[str, Any], stem: str, *, known_names: bool = False) -> Theme:
    """Return the theme that a table describes, once every value in it has been checked.

    Args:
        table: what is in the file.
        stem: the name of a theme that gives none.
        known_names: whether its variables are known to exist, as those of shipped themes are: to
            list all there are takes as long as to read the file.

    Raises:
        WrongThemeError: something in it is no part of a theme, or not of its kind.
    """
    for key, value in table.items():
        if key not in _KEYS:
            raise WrongThemeError(f"there is no key {key!r}.{did_you_mean(key, _KEYS)}", key)
        _check(key, value)
    if "primary" not in table:
        raise WrongThemeError("it needs at least the colour `primary`.")
    variables = {**table.get("variables", {})}
    known = variables if known_names else Theme(name="known", primary="#000000").to_color_system().generate()
    for name, value in variables.items():
        path = "variables", name
        if not isinstance(value, str):
            raise WrongThemeError(f"variables.{name} must be a string.", *path)
        if name not in known and (meant := did_you_mean(name, known, cutoff=0.88)):
            raise WrongThemeError(f"there is no variable {name!r}.{meant}", *path)
        _check_variable(name, value)
    given = {key: value for key, value in table.items() if key != "code"}
    fitting, lacking = ({}, _ANSI_LACKS) if table.get("ansi") else _fitting(table)
    variables = {**lacking, **_code(table.get("code", {})), **variables}
    return Theme(**{"name": stem, **fitting, **given, "variables": variables})


def _fitting(table: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return fields and variables that fit the background of a theme, for those that it leaves out.

    The framework has the same greys for every background.
    """
    back = Color.parse(table["background"]) if "background" in table else None
    if back is None or back.ansi is not None:
        return {}, {}
    front = Color.parse(table["foreground"]) if "foreground" in table else back.get_contrast_text(1.0)
    if front.ansi is not None:
        return {}, {}
    surface, panel, line = (back.blend(front, part, alpha=1.0).hex for part in (0.05, 0.13, 0.22))
    fields = {"dark": back.brightness < 0.5, "foreground": front.hex, "surface": surface, "panel": panel}
    return fields, {"border-blurred": line}


def _check(key: str, value: object) -> None:
    if key in _COLOURS:
        if not isinstance(value, str) or not _is_colour(value):
            raise WrongThemeError(f"{key} = {_quoted(value)} is not a colour, such as '#7cb7ff'.", key)
    elif key in _SWITCHES:
        if not isinstance(value, bool):
            raise WrongThemeError(f"{key} must be true or false.", key)
    elif key in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise WrongThemeError(f"{key} must be a number from 0 to 1.", key)
    elif key in ("variables", "code"):
        if not isinstance(value, dict):
            raise WrongThemeError(f"{key} must be a table.", key)
    elif not isinstance(value, str) or not value.strip():
        raise WrongThemeError(f"{key} must be a string.", key)


def _check_variable(name: str, value: str) -> None:
    words = value.split()
    if "-style" in name:
        if not words or any(word not in _STYLE_WORDS for word in words):
            raise WrongThemeError(
                f"variables.{name} = {value!r} is not a text style, such as 'bold'.", "variables", name
            )
        return
    colour, alpha = (words[0] if words else ""), words[1:]
    percent = not alpha or (len(alpha) == 1 and alpha[0].endswith("%") and alpha[0][:-1].isdecimal())
    if not percent or not (colour == "auto" or _is_colour(colour)):
        raise WrongThemeError(
            f"variables.{name} = {value!r} is not a colour, such as '#7cb7ff' or 'red 50%'.",
            *("variables", name),
        )


def _code(styles: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that the styles of code become."""
    for kind, value in styles.items():
        path = "code", kind
        if kind not in CODE_KINDS:
            meant = did_you_mean(kind, CODE_KINDS)
            raise WrongThemeError(f"there is no key {kind!r} in [code].{meant}", *path)
        words = value.split() if isinstance(value, str) else []
        colours = [word for word in words if word not in _STYLE_WORDS]
        if not words or len(colours) > 1 or not all(map(_is_colour, colours)):
            what = "is not a style, such as 'bold #7cb7ff'."
            raise WrongThemeError(f"code.{kind} = {_quoted(value)} {what}", *path)
    return {f"code-{kind}": value for kind, value in styles.items()}


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
