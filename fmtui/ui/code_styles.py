"""Colours of code other than the theme's own: none, or those of one of Pygments' styles."""

from __future__ import annotations

from typing import Any

from textual.color import Color, ColorParseError

_KINDS = ("inline", "keyword", "string", "comment", "number", "name", "operator", "inserted", "deleted")
_LEAST_CONTRAST = 3.0
"""Below this a colour cannot be read on its background, and the theme's own is used instead."""


def code_variables(name: str, background: str) -> dict[str, str]:
    """Return the variables of code, each with a style; what is left out stays the theme's.

    Args:
        name: `theme`, `plain`, or the name of a style of Pygments.
        background: the colour that code stands on.
    """
    if name == "theme":
        return {}
    if name == "plain":
        return {f"code-{kind}": "none" for kind in _KINDS}
    from pygments import token  # noqa: PLC0415 - few choose one
    from pygments.styles import get_style_by_name  # noqa: PLC0415 - same

    style: Any = get_style_by_name(name)
    tokens = {
        "keyword": token.Keyword,
        "string": token.String,
        "comment": token.Comment,
        "number": token.Number,
        "name": token.Name.Function,
        "operator": token.Operator,
        "inserted": token.Generic.Inserted,
        "deleted": token.Generic.Deleted,
    }
    found: dict[str, str] = {}
    for kind, type_ in tokens.items():
        about = style.style_for_token(type_)
        colour = about["color"]
        if not colour or not _can_be_read(f"#{colour}", background):
            continue
        words = [word for word in ("bold", "italic", "underline") if about[word]]
        found[f"code-{kind}"] = " ".join([*words, f"#{colour}"])
    return found


def _can_be_read(colour: str, background: str) -> bool:
    try:
        front, back = _light(Color.parse(colour)), _light(Color.parse(background))
    except ColorParseError:
        return False
    return (max(front, back) + 0.05) / (min(front, back) + 0.05) >= _LEAST_CONTRAST


def _light(colour: Color) -> float:
    """Return the relative luminance of a colour."""
    parts = [each / 255 for each in (colour.r, colour.g, colour.b)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
