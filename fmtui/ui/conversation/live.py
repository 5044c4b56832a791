"""A reply that is still coming, as parts.

Taking in a token only keeps its text; drawing renders the block that is being written and
nothing before it, so both cost the same however long the answer is. What has grown to a
piece is cut off and stays as it was drawn: another width draws the open piece again, and the
pieces that are on the screen. The end of the reply draws none of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from fmtui.core.chat import (
    Event,
    Finished,
    Notice,
    ReasoningDelta,
    Retrying,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Turn,
    UsageUpdate,
)
from fmtui.ui.conversation.folds import Folds, without_thoughts
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.markdown import unified
from fmtui.ui.conversation.open_text import Growing
from fmtui.ui.conversation.parts import (
    THOUGHT,
    gap_part,
    head_part,
    markup_of,
    parts_of,
)
from fmtui.ui.conversation.path import Settled, Siblings
from fmtui.ui.conversation.sections import (
    ENDING,
    GAP,
    HEADER,
    LABEL,
    REASONING,
    TEXT,
    Cuts,
    Drawn,
    Keyed,
    Shown,
)
from fmtui.ui.conversation.turn_lines import local_now, notice_lines, reasoning_label, tool_lines
from fmtui.ui.figures import thought


class LiveTurn:
    """The live counterpart of `parts_of`: the same lines, while the reply comes.

    Args:
        turn: the reply as it is now; it may hold text already.
        now: the clock that the header is dated against.
        links: where the targets of links are kept; without it runs tell of none.
        folds: knows whether its reasoning is folded; never without it.
        siblings: knows which of its siblings it is.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        turn: Turn,
        *,
        now: Callable[[], datetime] = local_now,
        links: Links | None = None,
        folds: Folds | None = None,
        siblings: Siblings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = turn.id
        self.parts: Sequence[Keyed] = []
        """The parts with their keys, as they were drawn last."""
        self.every: Sequence[Keyed] = []
        """The same with those that are folded."""
        self._now = now
        self._links = links
        self._folds = folds
        self._siblings = siblings
        self._clock = clock
        self._label = Shown()
        self._thought: list[float] = []  # when it began to think, and when it was last seen to
        self._thoughts = len(turn.reasoning)
        self._width = 0
        self._dirty = True
        self._head = head_part(turn, now, siblings)
        self._reasoning = Growing(turn.reasoning, THOUGHT, REASONING)
        self._text = Growing(turn.text, markup_of(turn, links), TEXT)
        self._calls: dict[int, tuple[str, list[str]]] = {
            index: (call.name, [call.arguments]) for index, call in enumerate(turn.tool_calls)
        }
        self._notices = list(turn.notices)
        self._tail = Shown()
        self._shape = (-1, -1, False, False)
        self._whole: list[tuple[int, Drawn]] = []

    def add(self, event: Event) -> None:
        """Take in one event; figures are not drawn here, so those change nothing."""
        match event:
            case TextDelta(text):
                self._text.feed(text)
            case ReasoningDelta(text):
                self._reasoning.feed(text)
                self._thoughts += len(text)
                self._thought = [*self._thought[:1], self._clock()]
            case ToolCallDelta(index, _, name, arguments):
                known, pieces = self._calls.get(index, ("", []))
                pieces.append(arguments)
                self._calls[index] = known or name, pieces
            case Notice(message):
                self._notices.append(message)
            case UsageUpdate() | Finished() | Retrying():
                return
        self._dirty = True

    def flush(self, width: int) -> bool:
        """Draw what came since the last call; return whether any line may have changed."""
        if width == self._width and not self._dirty:
            return False
        self._width = width
        self._dirty = False
        self._whole += self._reasoning.flush(width)
        self._whole += self._text.flush(width)
        tail = bool(self._calls or self._notices)
        if tail:
            calls = tool_lines(self._tool_calls(), width)
            self._tail.drawn = Drawn([*calls, *notice_lines(self._notices, width)], None)
        if self._text.count and not self._shape[1] and self._folds is not None and self._shape[0] > 0:
            self._folds.answer_begins(self.id)
        closed = self._folds is not None and self._folds.closed(self.id, answered=self._text.count > 0)
        if self._reasoning.count:
            times = self._thought
            took = times[1] - times[0] if len(times) > 1 else None
            line = reasoning_label(thought(None, self._thoughts, took), width, closed=closed)
            self._label.drawn = Drawn([line], None)
        shape = self._reasoning.count, self._text.count, tail, closed
        if shape != self._shape:
            self._shape = shape
            self._lay_out()
        return True

    def _lay_out(self) -> None:
        thoughts, texts = self._reasoning.parts, self._text.parts
        parts: list[Keyed] = [(HEADER, self._head)]
        if thoughts:
            parts += [(LABEL, self._label), *thoughts]
            if texts:
                parts.append((GAP, gap_part()))
        parts += texts
        if self._calls or self._notices:
            parts.append((ENDING, self._tail))
        self.parts = without_thoughts(parts) if self._shape[3] else parts
        self.every = parts

    def refold(self) -> None:
        """Take note that its reasoning was folded or opened."""
        self._dirty = True

    def _tool_calls(self) -> list[ToolCall]:
        return [ToolCall(name, "".join(pieces)) for _, (name, pieces) in sorted(self._calls.items())]

    def whole(self) -> list[tuple[int, Drawn]]:
        """Return, once, the lines of the parts that became whole since the last call."""
        whole, self._whole = self._whole, []
        return whole

    def settle(self, turn: Turn, width: int) -> Settled:
        """Return what the reply became."""
        self.flush(width)
        same = markup_of(turn, self._links) == self._text.markup
        thought = self._reasoning.finish(unified(turn.reasoning), width) if same else None
        text = self._text.finish(unified(turn.text), width) if thought is not None else None
        if thought is None or text is None:
            return Settled(*self._parts_of(turn), same=False)
        self._whole += thought + text
        cuts = Cuts(tuple(self._reasoning.cuts), tuple(self._text.cuts))
        return Settled(*self._parts_of(turn, cuts), same=True)

    def _parts_of(self, turn: Turn, cuts: Cuts | None = None) -> tuple[list[Keyed], Cuts]:
        return parts_of(
            turn, cuts, now=self._now, links=self._links, folds=self._folds, siblings=self._siblings
        )
