"""What renders turns, loaded apart from the widget.

The first frame of an empty conversation needs no parser, so the widget knows them only by
way of the functions here. Loading them with the first answer would stop the screen in its
middle for a tenth of a second: `warm` is run in a thread once the first frame is shown.
"""

from __future__ import annotations

from fmtui.core.chat import Turn
from fmtui.ui.conversation.entries import Live
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.links import Links

_TEXT = """# A heading

A *sentence* with **marks**, `code` and a [link](https://example.org).

- a list

> a quotation

| a | table |
|---|---|
| 1 | 2 |

```python
def code(text: str) -> int:
    return len(text) + 1  # and a comment
```
"""


def lines_of(turn: Turn, width: int, *, links: Links | None = None) -> list[Line]:
    """Return the lines of a finished turn."""
    from fmtui.ui.conversation.turn_lines import turn_lines  # noqa: PLC0415 - see the module's docstring

    return turn_lines(turn, width, links=links)


def live_of(turn: Turn, *, links: Links | None = None) -> Live:
    """Return a reply that is coming, from what has come of it."""
    from fmtui.ui.conversation.live import LiveTurn  # noqa: PLC0415 - see the module's docstring

    return LiveTurn(turn, links=links)


def warm() -> None:
    """Render a little of everything; blocks for about a tenth of a second the first time."""
    live = live_of(Turn("", "assistant", _TEXT))
    live.flush(80)
    lines_of(Turn("", "assistant", _TEXT), 80)
