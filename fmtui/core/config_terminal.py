"""The `[terminal]` table of the configuration file: how the screen is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from fmtui.core import config_checks as checks
from fmtui.core.config_checks import Checks, Report

WriterName: TypeAlias = Literal["lean", "stock"]


@dataclass(frozen=True, kw_only=True)
class TerminalTable:
    """The keys that the `[terminal]` table may have."""

    writer: WriterName = "lean"
    """`lean` sends the terminal only what differs from what it shows; `stock` sends whole rows, as Textual
    does."""


TERMINAL_KEYS: Checks = MappingProxyType({"writer": checks.one_of("lean", "stock")})
"""How each key of the table is judged."""


def read_terminal(table: Mapping[str, object], report: Report) -> TerminalTable:
    """Return what is valid of the table; what is not is noted, and keeps its default."""
    return TerminalTable(**report.read(table, ("terminal",), TERMINAL_KEYS))
