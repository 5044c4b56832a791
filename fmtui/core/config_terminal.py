"""The `[terminal]` table of the configuration file: how the screen is written."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from fmtui.core import config_checks as checks
from fmtui.core.config_checks import Checks, Report, UnfitError
from fmtui.core.record import record

WriterName: TypeAlias = Literal["lean", "stock"]
NotifyBy: TypeAlias = Literal["off", "bell", "osc9", "osc777"]
LowBandwidth: TypeAlias = bool | Literal["auto"]


@record
class TerminalTable:
    """The keys that the `[terminal]` table may have."""

    writer: WriterName = "lean"
    """`lean` sends the terminal only what differs from what it shows; `stock` sends whole rows, as Textual
    does."""

    low_bandwidth: LowBandwidth = "auto"
    """`true` writes less: fewer frames and colours, what is typed filters and is found once typing rests,
    dialogs darken nothing, and following scrolls by a third of the screen at a time; `"auto"` does so where
    the terminal is seen to be slow; `false` waits where it must."""
    mouse: bool = True
    """`false` leaves the mouse to the terminal, which then selects with it as everywhere else."""
    notify: NotifyBy = "bell"
    """What tells that a long reply has ended: `bell`, a notice of the desktop by `osc9` (iTerm2, WezTerm,
    Windows Terminal, kitty) or `osc777` (urxvt, foot, WezTerm, Ghostty), or `off`. Nothing does while the
    terminal says that its window has the focus."""

    notify_after: float = 20.0
    """Seconds from which a reply is a long one."""
    given: frozenset[str] = frozenset()
    """The keys that the file has; no key."""


def _low_bandwidth(value: object) -> LowBandwidth:
    if value == "auto":
        return "auto"
    if not isinstance(value, bool):
        raise UnfitError('true, false or "auto"')
    return value


TERMINAL_KEYS: Checks = MappingProxyType(
    {
        "writer": checks.one_of("lean", "stock"),
        "low_bandwidth": _low_bandwidth,
        "mouse": checks.flag,
        "notify": checks.one_of("off", "bell", "osc9", "osc777"),
        "notify_after": checks.seconds,
    }
)
"""How each key of the table is judged."""


def read_terminal(table: Mapping[str, object], report: Report) -> TerminalTable:
    """Return what is valid of the table; what is not is noted, and keeps its default."""
    values = report.read(table, ("terminal",), TERMINAL_KEYS)
    return TerminalTable(**values, given=frozenset(values))
