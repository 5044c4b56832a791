"""A reply that is still coming, as parts.

Taking in a token only keeps its text; drawing renders the block that is being written and
nothing before it, so both cost the same however long the answer is. What has grown to a
piece is cut off and stays as it was drawn: another width draws the open piece again, and the
pieces that are on the screen. The end of the reply draws none of them.
"""

from __future__ import annotations

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
from fmtui.ui.conversation.cuts import EDGES, Cutter, edges, plain_cut
from fmtui.ui.conversation.entries import Settled
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.markdown import BLANK, unified
from fmtui.ui.conversation.parts import (
    ENDING,
    GAP,
    HEADER,
    LABEL,
    REASONING,
    TEXT,
    THOUGHT,
    Markup,
    Piece,
    gap_part,
    head_part,
    label_part,
    markup_of,
    parts_of,
)
from fmtui.ui.conversation.sections import Cut, Cuts, Drawn, Keyed, Shown
from fmtui.ui.conversation.stream import StreamDoc
from fmtui.ui.conversation.turn_lines import local_now, notice_lines, tool_lines


class _Open(Shown):
    """The end of a text that grows.

    Args:
        text: what has come of it.
        markup: how it is cut and drawn.
        gap: whether an empty line comes before it.
    """

    def __init__(self, text: str, markup: Markup, *, gap: bool) -> None:
        super().__init__()
        self._markup = markup
        self._gap = gap
        self._texts = [text]
        self._doc: StreamDoc | None = None

    @property
    def source(self) -> str:
        """The text that came."""
        if len(self._texts) > 1:
            self._texts[:] = ["".join(self._texts)]
        return self._texts[0]

    @property
    def begun(self) -> bool:
        """Whether any of it was drawn."""
        return self._doc is not None

    def feed(self, text: str) -> None:
        """Take in text."""
        self._texts.append(text)
        if self._doc is not None:
            self._doc.feed(text)

    def flush(self, width: int) -> None:
        """Draw what came since the last time; all of it for another width."""
        if self._doc is None or self._doc.width != max(1, width):
            self._doc = StreamDoc(
                width,
                plain=not self._markup.markdown,
                style=self._markup.style,
                links=self._markup.links,
            )
            self._doc.feed(self.source)
        self._doc.flush()
        self._take(self._doc.lines)

    def finish(self, width: int) -> Drawn:
        """Draw the end of the text as such."""
        self.flush(width)
        if self._doc is not None:
            self._doc.finish()
            self._take(self._doc.lines)
        return self.drawn

    def _take(self, lines: list[Line]) -> None:
        self.drawn = Drawn([BLANK, *lines] if self._gap and lines else lines, None)

    def split(self, at: int, kind: str, width: int) -> tuple[Drawn | None, _Open]:
        """Return the lines of the text before a place, if they are known, and the end that starts there."""
        rest = _Open(self.source[at:], self._markup, gap=kind == "block")
        if self._doc is None:
            return None, rest
        self.flush(width)
        rest.flush(width)
        lines, below = self.drawn.lines, rest.drawn.lines
        above = len(lines) - len(below)
        return (Drawn(lines[:above], None) if lines[above:] == below else None), rest


class _Growing:
    """A text that grows: the pieces that are whole, and the open one.

    Args:
        text: what has come of it.
        markup: how it is cut and drawn.
        base: the key of its first piece.
    """

    def __init__(self, text: str, markup: Markup, base: int) -> None:
        self.markup = markup
        self.cuts: list[Cut] = []
        """Where the pieces start, but for the first."""
        self._base = base
        self._whole: list[tuple[int, Piece]] = []
        self._pending = [text] if text else []
        self._begun = markup.markdown  # the empty lines that a plain text starts with are not shown
        self._held = ""  # what is shown only when something follows
        self._start = Cut(0, "start")  # of the open piece in the text
        self._cutter = Cutter()
        self._partial = ""  # a line that has not ended: markdown is cut before whole lines
        self._open = _Open("", markup, gap=False)

    @property
    def count(self) -> int:
        """How many parts it has; none before anything came that is shown."""
        whole = len(self._whole)
        return whole + 1 if whole or self._open.drawn.lines else 0

    @property
    def parts(self) -> list[Keyed]:
        """Its parts with their keys, the open one last."""
        if not self.count:
            return []
        return [*self._whole, (self._base + len(self._whole), self._open)]

    def feed(self, text: str) -> None:
        """Take in text; nothing is drawn."""
        self._pending.append(text)

    def flush(self, width: int) -> list[tuple[int, Drawn]]:
        """Draw what came; return the lines of the pieces that became whole and were drawn before."""
        text = self._taken()
        self._open.feed(text)
        whole: list[tuple[int, Drawn]] = []
        for cut in self._found(text):
            key, open_ = self._base + len(self._whole), self._open
            at = cut.at - self._start.at
            drawn, rest = open_.split(at, cut.kind, width)
            if cut.kind == "words":
                drawn = None  # its last line ends where it would not
            piece = self.markup.piece(open_.source[:at], self._start._replace(at=0), cut._replace(at=at))
            if open_.begun:
                whole.append((key, piece.draw(width) if drawn is None else drawn))
            self._whole.append((key, piece))
            self.cuts.append(cut)
            self._open, self._start = rest, cut
        self._open.flush(width)
        return whole

    def finish(self, text: str, width: int) -> list[tuple[int, Drawn]] | None:
        """Draw the end of the text as such.

        Args:
            text: the whole text.
            width: columns of a line.

        Returns:
            The lines of the pieces that became whole by it; None when another text came.
        """
        whole = self.flush(width)
        known = "".join([*(piece.source for _, piece in self._whole), self._open.source])
        first = edges(text)[0] if not self.markup.markdown else 0
        if not text.startswith(known, first):
            return None
        self._held = ""
        self._pending.clear()
        self.feed(text[first + len(known) :] if known else text)
        whole += self.flush(width)
        if self.count:
            whole.append((self._base + len(self._whole), self._open.finish(width)))
        return whole

    def _taken(self) -> str:
        """Return what can be drawn of what came."""
        text = "".join(self._pending)
        self._pending.clear()
        if text.endswith("\r"):  # a line feed may follow
            self._pending.append("\r")
            text = text[:-1]
        text = self._held + unified(text)
        if self.markup.markdown:
            return text
        stop = len(text.rstrip(EDGES))
        text, self._held = text[:stop], text[stop:]
        if text and not self._begun:
            self._begun = True
            self._start = Cut(edges(text)[0], "start")
            text = text[self._start.at :]
        return text

    def _found(self, text: str) -> list[Cut]:
        """Return the cuts that were found in the text that came last, or by it."""
        if self.markup.markdown:
            known = len(self._cutter.cuts)
            end = text.rfind("\n") + 1
            if end:
                self._cutter.take(self._partial + text[:end])
                self._partial = ""
            self._partial += text[end:]
            self._cutter.take_open(self._partial)
            return self._cutter.cuts[known:]
        source = self._open.source
        cuts: list[Cut] = []
        at = 0
        while (cut := plain_cut(source, at, len(source))) is not None:
            cuts.append(cut._replace(at=self._start.at + cut.at))
            at = cut.at
        return cuts


class LiveTurn:
    """The live counterpart of `parts_of`: the same lines, while the reply comes.

    Args:
        turn: the reply as it is now; it may hold text already.
        now: the clock that the header is dated against.
        links: where the targets of links are kept; without it runs tell of none.
    """

    def __init__(
        self, turn: Turn, *, now: Callable[[], datetime] = local_now, links: Links | None = None
    ) -> None:
        self.id = turn.id
        self.parts: Sequence[Keyed] = []
        """The parts with their keys, as they were drawn last."""
        self._now = now
        self._links = links
        self._width = 0
        self._dirty = True
        self._head = head_part(turn, now)
        self._reasoning = _Growing(turn.reasoning, THOUGHT, REASONING)
        self._text = _Growing(turn.text, markup_of(turn, links), TEXT)
        self._calls: dict[int, tuple[str, list[str]]] = {
            index: (call.name, [call.arguments]) for index, call in enumerate(turn.tool_calls)
        }
        self._notices = list(turn.notices)
        self._tail = Shown()
        self._shape = (-1, -1, False)
        self._whole: list[tuple[int, Drawn]] = []

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
        shape = self._reasoning.count, self._text.count, tail
        if shape != self._shape:
            self._shape = shape
            self._lay_out()
        return True

    def _lay_out(self) -> None:
        thoughts, texts = self._reasoning.parts, self._text.parts
        parts: list[Keyed] = [(HEADER, self._head)]
        if thoughts:
            parts += [(LABEL, label_part()), *thoughts]
            if texts:
                parts.append((GAP, gap_part()))
        parts += texts
        if self._calls or self._notices:
            parts.append((ENDING, self._tail))
        self.parts = parts

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
            return Settled(*parts_of(turn, now=self._now, links=self._links), same=False)
        self._whole += thought + text
        cuts = Cuts(tuple(self._reasoning.cuts), tuple(self._text.cuts))
        return Settled(*parts_of(turn, cuts, now=self._now, links=self._links), same=True)
