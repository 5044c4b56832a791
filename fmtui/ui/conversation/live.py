"""A reply that is still coming, as lines.

Taking in a token only keeps its text; drawing renders the block that is being written and
nothing before it, so both cost the same however long the answer is. What was drawn is
handed over as it is when the reply ends: the end of a long answer is not rendered again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

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
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.stream import StreamDoc
from fmtui.ui.conversation.styles import Style
from fmtui.ui.conversation.turn_lines import (
    BLANK,
    assembled,
    content,
    header,
    is_markdown,
    local_now,
    notice_lines,
    reasoning_label,
    reasoning_lines,
    text_lines,
    tool_lines,
    trimmed,
)


class _Growing:
    """A text that grows, and its lines at one width."""

    def __init__(
        self, text: str, *, plain: bool, style: Style = Style.PLAIN, links: Links | None = None
    ) -> None:
        self.plain = plain
        self._links = links
        self._style = style
        self.start = self.stop = 0
        """The lines that are shown: those from the first to the last that is not empty."""
        self.lines: Sequence[Line] = ()
        self._parts = [text] if text else []
        self._doc: StreamDoc | None = None
        self._fresh = bool(text)

    @property
    def text(self) -> str:
        if len(self._parts) > 1:
            self._parts[:] = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def feed(self, text: str) -> None:
        self._parts.append(text)
        if self._doc is not None:
            self._doc.feed(text)
        self._fresh = True

    def rewrap(self, width: int) -> None:
        self._doc = StreamDoc(width, plain=self.plain, style=self._style, links=self._links)
        self._doc.feed(self.text)
        self._fresh = True

    def flush(self) -> None:
        if self._fresh and self._doc is not None:
            self._fresh = False
            self._doc.flush()
            self._take(self._doc)

    def finish(self, text: str) -> list[Line] | None:
        """Return the lines of the whole text, None when another text was drawn so far."""
        known = self.text
        if self._doc is None or not text.startswith(known):
            return None
        if len(text) > len(known):
            self.feed(text[len(known) :])
        self._doc.finish()
        self._take(self._doc)
        return trimmed(list(self._doc.lines))

    def _take(self, doc: StreamDoc) -> None:
        self.lines = doc.lines
        self.start, self.stop = content(self.lines)


class _Part(NamedTuple):
    lines: Sequence[Line]
    start: int
    stop: int


class LiveTurn:
    """The live counterpart of `turn_lines`: the same lines, while the reply comes.

    Args:
        turn: the reply as it is now; it may hold text already.
        now: the clock that the header is dated against.
        links: where the targets of links are kept; without it runs tell of none.
    """

    def __init__(
        self, turn: Turn, *, now: Callable[[], datetime] = local_now, links: Links | None = None
    ) -> None:
        self.id = turn.id
        self._links = links
        self._turn = turn
        self._now = now
        self._width = 0
        self._dirty = True
        self._reasoning = _Growing(turn.reasoning, plain=True, style=Style.REASONING)
        self._text = _Growing(turn.text, plain=not is_markdown(turn), links=links)
        self._calls: dict[int, tuple[str, list[str]]] = {
            index: (call.name, [call.arguments]) for index, call in enumerate(turn.tool_calls)
        }
        self._notices = list(turn.notices)
        self._head: list[Line] = []
        self._parts: list[_Part] = []
        self._height = 0

    def add(self, event: Event) -> None:
        """Take in one event; figures are not drawn here, so those change nothing."""
        match event:
            case TextDelta(text):
                self._text.feed(text)
            case ReasoningDelta(text):
                self._reasoning.feed(text)
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
        if width != self._width:
            self._width = width
            self._head = header(self._turn, width, self._now())
            self._reasoning.rewrap(width)
            self._text.rewrap(width)
            self._dirty = True
        if not self._dirty:
            return False
        self._dirty = False
        self._reasoning.flush()
        self._text.flush()
        self._lay_out()
        return True

    def _lay_out(self) -> None:
        reasoning, text = self._reasoning, self._text
        parts = [_Part(self._head, 0, len(self._head))]
        if reasoning.stop > reasoning.start:
            label = reasoning_label(self._width)
            parts.append(_Part(label, 0, len(label)))
            parts.append(_Part(reasoning.lines, reasoning.start, reasoning.stop))
            if text.stop > text.start:
                parts.append(_Part((BLANK,), 0, 1))
        parts.append(_Part(text.lines, text.start, text.stop))
        if self._calls or self._notices:
            tail = [
                *tool_lines(self._tool_calls(), self._width),
                *notice_lines(self._notices, self._width),
            ]
            parts.append(_Part(tail, 0, len(tail)))
        self._parts = parts
        self._height = sum(part.stop - part.start for part in parts)

    def _tool_calls(self) -> list[ToolCall]:
        return [ToolCall(name, "".join(pieces)) for _, (name, pieces) in sorted(self._calls.items())]

    def __len__(self) -> int:
        return self._height

    def window(self, start: int, stop: int) -> list[Line]:
        """Return some of the lines; `stop` may be past the end."""
        rows: list[Line] = []
        for part in self._parts:
            first, last = part.start + max(0, start), min(part.stop, part.start + stop)
            if first < last:
                rows += part.lines[first:last]
            height = part.stop - part.start
            start -= height
            stop -= height
            if stop <= 0:
                break
        return rows

    def settle(self, turn: Turn, width: int) -> list[Line]:
        """Return the lines of the turn that the reply became."""
        self.flush(width)
        text = self._text.finish(turn.text) if is_markdown(turn) != self._text.plain else None
        thought = self._reasoning.finish(turn.reasoning)
        return assembled(
            turn,
            width,
            reasoning_lines(turn.reasoning, width) if thought is None else thought,
            text_lines(turn, width, links=self._links) if text is None else text,
            now=self._now,
        )
