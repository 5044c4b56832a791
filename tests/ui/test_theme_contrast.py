"""Every text of every shipped theme can be read, and eyes of each kind can tell what it has to tell.

All of it is worked out from the files; no app is started.
"""

import math
from itertools import combinations

import pytest
from textual.color import Color
from textual.theme import Theme

from fmtui.ui.conversation.colours import MARKS
from fmtui.ui.theme_checks import CODE_KINDS
from fmtui.ui.themes import load_themes, shipped_folder

COLOURED = [theme for theme in load_themes([shipped_folder()])[0] if not theme.ansi]
ROLES = ("primary", "secondary", "accent", "success", "warning", "error")

# What eyes make of linear red, green and blue that lack one kind of cone wholly (Machado and others, 2009).
SEEN = {
    "protanopia": ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    "deuteranopia": ((0.3673, 0.8606, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
    "tritanopia": ((1.2555, -0.0767, -0.1788), (-0.0784, 0.9308, 0.1476), (0.0047, 0.6914, 0.3039)),
    "all colours": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}
APART = 20.0
"""Difference in CIE Lab from which short words in two colours are told apart at a glance."""


class Tokens:
    """The colours of a theme by the names that style sheets use."""

    def __init__(self, theme: Theme) -> None:
        self._values = {**theme.to_color_system().generate(), **theme.variables}

    def has(self, name: str) -> bool:
        return name in self._values

    def ratio(self, front: str, *backs: str) -> float:
        """Return the contrast of one on others, of which each is drawn upon the next."""
        back = self.colour(backs[-1], Color(0, 0, 0))
        for name in reversed(backs[:-1]):
            back = self.colour(name, back)
        return contrast(self.colour(front, back), back)

    def colour(self, name: str, back: Color) -> Color:
        """Return a colour as it is seen upon another."""
        value = self._values[name]
        value = value.split()[-1] if name.startswith("code-") else value  # behind bold and its like
        first, _, alpha = value.partition(" ")
        part = float(alpha.rstrip("%") or 100) / 100
        colour = back.get_contrast_text(1.0) if first == "auto" else Color.parse(first)
        return back + colour.multiply_alpha(part)


def linear(colour: Color) -> list[float]:
    return [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    ]


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of WCAG."""
    light = [0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in map(linear, (one, other))]
    return (max(light) + 0.05) / (min(light) + 0.05)


def lab(rgb: list[float]) -> tuple[float, float, float]:
    """Return the place in CIE Lab of linear red, green and blue."""
    red, green, blue = (min(1.0, max(0.0, part)) for part in rgb)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    a, b, c = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * b - 16, 500 * (a - b), 200 * (b - c)


def difference(one: Color, other: Color, eyes: str) -> float:
    """Return how different two colours look to eyes of a kind."""
    places = [
        lab([sum(part * of for part, of in zip(row, linear(colour), strict=True)) for row in SEEN[eyes]])
        for colour in (one, other)
    ]
    return math.dist(*places)


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_every_text_can_be_read_on_its_background(theme: Theme) -> None:
    tokens = Tokens(theme)
    high = "high-contrast" in theme.name
    text, muted = (7.0, 7.0) if high else (4.5, 3.0)
    wanted = [
        *(("foreground", (back,), text) for back in ("background", "surface", "panel")),
        *(("text", (back,), text) for back in ("background", "surface")),
        *(("text-muted", (back,), muted) for back in ("background", "surface")),
        *((f"text-{role}", (back,), text) for role in ROLES for back in ("background", "surface")),
        *(
            (f"code-{kind}", ("background",), muted if kind == "comment" else text)
            for kind in CODE_KINDS
            if tokens.has(f"code-{kind}")
        ),
        ("block-cursor-foreground", ("block-cursor-background", "surface"), text),
        ("block-cursor-blurred-foreground", ("block-cursor-blurred-background", "surface"), text),
        ("input-cursor-foreground", ("input-cursor-background", "surface"), text),
        ("input-selection-foreground", ("input-selection-background", "surface"), text),
        ("foreground", ("panel-lighten-1",), 4.5),
    ]
    poor = [
        f"{front} on {backs[0]}: {ratio:.2f} < {least}"
        for front, backs, least in wanted
        if (ratio := tokens.ratio(front, *backs)) < least
    ]
    assert poor == []


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_what_is_marked_can_be_read_and_what_stands_out_does(theme: Theme) -> None:
    tokens = Tokens(theme)
    poor = []
    for style in MARKS.values():
        front, back = (word[1:] for word in style.split() if word.startswith("$"))
        if (ratio := tokens.ratio(front, back, "background")) < 4.5:
            poor.append(f"{style}: {ratio:.2f}")
    cursor = 3.0 if "high-contrast" in theme.name else 1.15
    shown = [
        ("block-cursor-background", "surface", cursor),
        ("block-cursor-blurred-background", "surface", 1.08),
        ("input-selection-background", "surface", 1.15),
        ("input-cursor-background", "surface", 3.0),
        ("primary", "surface", 3.0),  # frames of dialogs
        ("text-error", "panel", 3.0),  # edges of notices
    ]
    poor += [f"{a} on {b}: {r:.2f}" for a, b, least in shown if (r := tokens.ratio(a, b)) < least]
    assert poor == []


@pytest.mark.parametrize(
    ("name", "eyes"),
    [
        *((f"colour-blind-{kind}", eyes) for kind in ("dark", "light") for eyes in SEEN if eyes[0] != "t"),
        *((f"tritan-{kind}", eyes) for kind in ("dark", "light") for eyes in ("tritanopia", "all colours")),
    ],
)
def test_themes_for_colour_blind_eyes_keep_the_roles_apart(name: str, eyes: str) -> None:
    tokens = Tokens(next(theme for theme in COLOURED if theme.name == name))
    black = Color(0, 0, 0)
    names = ["foreground", *(f"text-{role}" for role in ROLES if role != "secondary")]
    alike = [
        f"{one} and {other}: {apart:.0f}"
        for one, other in combinations(names, 2)
        if (apart := difference(tokens.colour(one, black), tokens.colour(other, black), eyes)) < APART
    ]
    assert alike == []
