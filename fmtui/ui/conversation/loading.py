"""What renders turns, loaded apart from the widget.

The first frame of an empty conversation needs no parser, so the widget knows them only by
way of the functions here. Loading them with the first answer would stop the screen in its
middle for a tenth of a second: `warm` is run in a thread once the first frame is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from fmtui.core.chat import Turn
from fmtui.ui.conversation.folds import Folds
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.path import Live, Siblings
from fmtui.ui.conversation.sections import Cuts, Keyed

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


def parts_of(
    turn: Turn,
    cuts: Cuts | None,
    *,
    links: Links | None = None,
    folds: Folds | None = None,
    siblings: Siblings | None = None,
) -> tuple[Sequence[Keyed], Cuts]:
    """Return the parts of a finished turn, and where its texts are cut."""
    from fmtui.ui.conversation import parts  # noqa: PLC0415 - see the module's docstring

    return parts.parts_of(turn, cuts, links=links, folds=folds, siblings=siblings)


def live_of(
    turn: Turn, *, links: Links | None = None, folds: Folds | None = None, siblings: Siblings | None = None
) -> Live:
    """Return a reply that is coming, from what has come of it."""
    from fmtui.ui.conversation.live import LiveTurn  # noqa: PLC0415 - see the module's docstring

    return LiveTurn(turn, links=links, folds=folds, siblings=siblings)


def warm() -> None:
    """Render a little of everything; blocks for about a tenth of a second the first time."""
    live = live_of(Turn("", "assistant", _TEXT))
    live.flush(80)
    for _, part in parts_of(Turn("", "assistant", _TEXT), None)[0]:
        part.draw(80)


def folding(
    links: Links, folds: Folds, siblings: Siblings
) -> tuple[Callable[[Turn, Cuts | None], tuple[Sequence[Keyed], Cuts]], Callable[[Turn], Live]]:
    """Return both functions for a view that knows links, folds and siblings."""
    known = {"links": links, "folds": folds, "siblings": siblings}
    return partial(parts_of, **known), partial(live_of, **known)  # type: ignore[arg-type]  # each by its name
