"""What an empty conversation says, in the middle of the screen."""

from __future__ import annotations

from collections.abc import Sequence

from fmtui.core.text import printable
from fmtui.ui.conversation.lines import Line, width_of_runs, wrap_runs
from fmtui.ui.conversation.styles import Style


def placeholder(texts: Sequence[str], width: int, height: int) -> list[Line | None]:
    """Return `height` rows that hold the texts, wrapped to `width` columns, in their middle."""
    lines: list[Line | None] = []
    for text in texts:
        lines += wrap_runs([(printable(text), Style.META)], width) if text else [None]
    lines = lines[:height]
    block = max((width_of_runs(line) for line in lines if line), default=0)
    indent = ((" " * ((width - block) // 2), Style.PLAIN),) if block < width else ()
    above: list[Line | None] = [None] * ((height - len(lines)) // 3)
    below: list[Line | None] = [None] * (height - len(lines) - len(above))
    return [*above, *(line and (*indent, *line) for line in lines), *below]
