"""The `[view]` table of the configuration file: how conversations are shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fmtui.core import config_checks as checks
from fmtui.core.config_checks import Checks, Report, UnfitError
from fmtui.core.record import record

LEAST_WIDTH, MOST_WIDTH = 20, 1000
CODE_STYLES = (
    *("theme", "plain", "monokai", "dracula", "nord", "gruvbox-dark", "github-dark", "solarized-dark"),
    *("friendly", "solarized-light", "gruvbox-light", "tango"),
)
"""How code may look: as the theme says, without colours, or as one of Pygments' styles."""


@record
class ViewTable:
    """The keys that the `[view]` table may have."""

    width: int | str = 100
    """Columns that text has at most, or `"whole"` for all there are."""
    follow: bool = True
    """`false` has the view stop once a reply fills the screen, with its first line at the top."""
    code: str = "theme"
    """The colours of code: `theme` for the theme's own, `plain` for none, or a style of Pygments; the
    settings list them."""
    given: frozenset[str] = frozenset()
    """The keys that the file has; no key."""


def _width(value: object) -> int | str:
    if value == "whole":
        return "whole"
    if type(value) is not int or not LEAST_WIDTH <= value <= MOST_WIDTH:
        raise UnfitError(f'a number of columns from {LEAST_WIDTH} to {MOST_WIDTH}, or "whole"')
    return value


VIEW_KEYS: Checks = MappingProxyType(
    {"width": _width, "follow": checks.flag, "code": checks.one_of(*CODE_STYLES)}
)
"""How each key of the table is judged."""


def read_view(table: Mapping[str, object], report: Report) -> ViewTable:
    """Return what is valid of the table; what is not is noted, and keeps its default."""
    values = report.read(table, ("view",), VIEW_KEYS)
    return ViewTable(**values, given=frozenset(values))
