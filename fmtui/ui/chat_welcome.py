"""What an empty conversation says: what is wrong, what the demo is, and the keys to begin with."""

from __future__ import annotations

from collections.abc import Sequence

from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.text import printable

KEYS = (
    "Type a prompt and press Enter.",
    "",
    "Ctrl+J  new line     F5  model      F3  sessions",
    "Esc     stop         F4  sidebar    F1  help",
)
DEMO_WORDS = (
    "This is the demo: canned answers, no model behind them.",
    "Send help to see what it shows.",
)
ALONE = (
    "For a real model set DATABRICKS_HOST and DATABRICKS_TOKEN,",
    "or OPENAI_API_KEY, or write a configuration file:",
    "fmtui config path prints where it is.",
)


def welcome(endpoint: Endpoint, *, alone: bool, problems: Sequence[object]) -> list[str]:
    """Return the lines.

    Args:
        endpoint: what the next prompt is sent to.
        alone: whether nothing else is offered.
        problems: what is wrong with the configuration.
    """
    parts: list[Sequence[str]] = []
    if problems:
        parts.append([printable(str(problem)) for problem in problems])
    if endpoint.name == DEMO.name:
        parts.append(DEMO_WORDS)
        if alone:
            parts.append(ALONE)
    lines: list[str] = []
    for part in parts:
        lines += [*part, ""]
    return [*lines, *KEYS]
