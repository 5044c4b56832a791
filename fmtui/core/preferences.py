"""How fmtui looks and behaves on the screen: what may be set, and which of four places says it.

What the command line says goes before the configuration, that before what was chosen in the
app, that before the default. Every value is a word here, as people type it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from fmtui.core.config_terminal import TerminalTable
from fmtui.core.config_view import CODE_STYLES, ViewTable
from fmtui.core.record import NamedTuple

if TYPE_CHECKING:
    from fmtui.core.config import Config

Source = Literal["command line", "configuration", "chosen here", "default", "for now"]

ON, OFF = "on", "off"
WHOLE = "whole"
"""As wide as the window."""


class Preference(NamedTuple):
    """One thing that may be set."""

    name: str
    title: str
    values: tuple[str, ...]
    """What may be chosen; empty for themes, of which there is a list of its own."""
    default: str
    help: str
    """One sentence."""
    key: str
    """The configuration's key."""


PREFERENCES: tuple[Preference, ...] = (
    Preference("theme", "Theme", (), "", "The colours of everything.", "theme"),
    Preference(
        "code",
        "Code",
        CODE_STYLES,
        "theme",
        "The colours of code: the theme's own, none, or a style's; what is hard to read stays the theme's.",
        "view.code",
    ),
    Preference(
        "width",
        "Width of text",
        ("60", "72", "80", "100", "120", WHOLE),
        "100",
        "Columns that text has at most: longer lines are hard to read.",
        "view.width",
    ),
    Preference(
        "follow",
        "Follow replies",
        (ON, OFF),
        ON,
        "Whether the view goes along with a reply; otherwise it stops once the reply fills the screen.",
        "view.follow",
    ),
    Preference(
        "mouse",
        "Mouse",
        (ON, OFF),
        ON,
        "Whether the mouse is fmtui's; off, the terminal selects with it as everywhere else.",
        "terminal.mouse",
    ),
    Preference(
        "notify",
        "Long replies",
        ("bell", "osc9", "osc777", OFF),
        "bell",
        "What tells that a long reply has ended while you look elsewhere: the bell, a notice of the "
        "desktop in one of two ways, or nothing.",
        "terminal.notify",
    ),
    Preference(
        "notify_after",
        "Long from seconds",
        ("5", "20", "60", "300"),
        "20",
        "Seconds from which a reply is a long one.",
        "terminal.notify_after",
    ),
    Preference(
        "low_bandwidth",
        "Low bandwidth",
        ("auto", ON, OFF),
        "auto",
        "Whether to write less: always, never, or while the terminal is seen to be slow.",
        "terminal.low_bandwidth",
    ),
)
"""All of them, in the order to show them."""


class Settled(NamedTuple):
    """What holds."""

    value: str
    source: Source


def word_of(value: object) -> str:
    """Return a value of the configuration as people type it."""
    if isinstance(value, bool):
        return ON if value else OFF
    return f"{value:g}" if isinstance(value, float) else str(value)


def configured(config: Config) -> dict[str, str]:
    """Return what the configuration says, by name."""
    tables: dict[str, TerminalTable | ViewTable] = {"terminal": config.terminal, "view": config.view}
    found = {"theme": config.theme} if config.theme else {}
    for each in PREFERENCES:
        table, _, key = each.key.partition(".")
        if key and key in tables[table].given:
            found[each.name] = word_of(getattr(tables[table], key))
    return found


def settled(
    said: Mapping[str, str], given: Mapping[str, str], chosen: Mapping[str, str]
) -> dict[str, Settled]:
    """Return what holds of everything.

    Args:
        said: what the command line says.
        given: what the configuration says.
        chosen: what was chosen in the app; what is no value any more counts as nothing.
    """
    found: dict[str, Settled] = {}
    for each in PREFERENCES:
        picked = chosen.get(each.name, "")
        if each.name in said:
            found[each.name] = Settled(said[each.name], "command line")
        elif each.name in given:
            found[each.name] = Settled(given[each.name], "configuration")
        elif picked and (picked in each.values or not each.values):
            found[each.name] = Settled(picked, "chosen here")
        else:
            found[each.name] = Settled(each.default, "default")
    return found


def stepped(preference: Preference, value: str, by: int) -> str:
    """Return the value next to one, the first behind the last; other numbers have their place too."""
    values = preference.values
    if value in values:
        return values[(values.index(value) + by) % len(values)]
    numbers = [each for each in values if each.isdecimal()]
    if value.isdecimal() and numbers:
        above = [each for each in numbers if int(each) > int(value)]
        below = [each for each in numbers if int(each) < int(value)]
        return (above or [values[-1]])[0] if by > 0 else (below or [values[-1]])[-1]
    return values[0]
