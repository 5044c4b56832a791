"""The parts of a turn: its header, pieces of its texts, and how it ended.

Only parts whose lines are asked for are drawn, so how long a turn is plays no part in what
showing it costs. A part knows nothing of its width before it is drawn: the parts of a turn
are found once and drawn at every width. Drawn one after the other they are the whole turn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from fmtui.core.chat import Turn
from fmtui.core.record import NamedTuple
from fmtui.core.text import printable
from fmtui.ui.conversation.code_parts import CodePiece, Lexing
from fmtui.ui.conversation.cuts import EDGES, Cutter, edges, plain_cut
from fmtui.ui.conversation.folds import Folds
from fmtui.ui.conversation.inline import addresses
from fmtui.ui.conversation.inside import Inside
from fmtui.ui.conversation.lines import Line, prefixed, stripped, wrap_runs
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.markdown import BLANK, render_blocks, unified
from fmtui.ui.conversation.path import Siblings
from fmtui.ui.conversation.sections import (
    ENDING,
    GAP,
    HEADER,
    LABEL,
    REASONING,
    TEXT,
    Block,
    Cut,
    Cuts,
    Drawn,
    Keyed,
    Part,
)
from fmtui.ui.conversation.styles import Style
from fmtui.ui.conversation.turn_lines import (
    BAR,
    ending_lines,
    header,
    is_markdown,
    local_now,
    notice_lines,
    reasoning_label,
    tool_lines,
)
from fmtui.ui.figures import reasoning_figures

_WRAPPED: Line = (("", int(Style.WRAPPED)),)
_BROKEN: Line = (("", int(Style.BROKEN)),)


class Fixed(Part):
    """A part that is no text of its own: header, label, tool calls, ending.

    Args:
        make: gives its lines at a width.
        rows: about how many there are.
        block: whether it can be taken as a block.
    """

    def __init__(self, make: Callable[[int], list[Line]], rows: int, *, block: bool = False) -> None:
        super().__init__(0, rows)
        self._make = make
        self._block = block

    def draw(self, width: int) -> Drawn:
        """Return its lines at a width."""
        lines = self._make(width)
        if not (self._block and lines):
            return Drawn(lines)
        said = "\n".join("".join(text for text, _ in line) for line in lines)
        return Drawn(lines, [Block(0, len(lines), said)])


class Piece(Part, ABC):
    """A piece of a text.

    Args:
        text: the whole text, with line feeds as its only line ends.
        start: where the piece starts in it.
        stop: where it ends.
    """

    def __init__(self, text: str, start: int, stop: int) -> None:
        super().__init__(stop - start, text.count("\n", start, stop) + 1)
        self.head = ""
        """What it is drawn below: the head of a table that it goes on with."""
        self.inside: Inside | None = None
        """What its first line, or that of its head, is inside of."""
        self.gap = False
        """Whether an empty line comes before it."""
        self.goes_on = False
        """Whether its last line goes on in the next piece."""
        self._text = text
        self._start = start
        self._stop = stop

    @property
    def source(self) -> str:
        """The text of the piece."""
        return self._text[self._start : self._stop]

    @abstractmethod
    def draw(self, width: int) -> Drawn:
        """Return its lines at a width."""


class MarkdownPiece(Piece):
    """Whole blocks of a markdown text.

    Args:
        text: the whole text, with line feeds as its only line ends.
        start: where the piece starts in it.
        stop: where it ends.
        links: where the targets of its links are kept.
    """

    def __init__(self, text: str, start: int, stop: int, links: Links | None = None) -> None:
        super().__init__(text, start, stop)
        self._links = links

    def draw(self, width: int) -> Drawn:
        """Return its lines at a width, an empty one first where something comes before."""
        if self.head:
            return self._below(width)
        source = self.source
        found, spans = render_blocks(source, width, links=self._links, inside=self.inside)
        gap = bool(found) and self.gap
        blocks = [
            Block(span.start + gap, span.stop + gap, source[span.first : span.last].rstrip(EDGES))
            for span in spans
        ]
        lines = [BLANK, *found] if gap else found
        if self.goes_on:
            lines[-1:] = _going_on(lines[-1:], source)
        return Drawn(lines, blocks)

    def _below(self, width: int) -> Drawn:
        """Return the lines of rows of a table: those that are added to its head."""
        found, spans = render_blocks(self.head + self.source, width, links=self._links, inside=self.inside)
        above, skipped = _head_height(self.head, width, self.inside), len(self.head)
        blocks = [
            Block(
                max(0, span.start - above),
                span.stop - above,
                self.source[max(0, span.first - skipped) : span.last - skipped].rstrip(EDGES),
            )
            for span in spans
            if span.stop > above
        ]
        return Drawn(found[above:], blocks)


@lru_cache(maxsize=16)
def _head_height(head: str, width: int, inside: Inside | None) -> int:
    """Return how many lines the start of a table has: every piece of the table is drawn below it."""
    return len(render_blocks(head, width, inside=inside)[0])


class PlainPiece(Piece):
    """Lines of a text that is shown as it was written.

    Args:
        text: the whole text, with line feeds as its only line ends.
        start: where the piece starts in it.
        stop: where it ends.
        markup: how the text is drawn.
    """

    def __init__(self, text: str, start: int, stop: int, markup: Markup) -> None:
        super().__init__(text, start, stop)
        self._markup = markup

    def draw(self, width: int) -> Drawn:
        """Return its lines at a width; each run of lines that are not empty is a block."""
        markup = self._markup
        bar = markup.bar if width > len(BAR) else ()
        room = width - len(BAR) if bar else width
        lines: list[Line] = []
        blocks: list[Block] = []
        source = self.source.removesuffix("\n").split("\n")
        start = 0
        while start < len(source):
            stop = start + 1
            empty = not source[start].strip()
            while stop < len(source) and empty == (not source[stop].strip()):
                stop += 1
            said = "\n".join(source[start:stop])
            first = len(lines)
            runs = [(printable(said), markup.style)]
            lines += wrap_runs(addresses(*runs[0], markup.links) if markup.links else runs, room)
            if not empty:
                blocks.append(Block(first, len(lines), said))
            start = stop
        if self.goes_on:
            lines[-1:] = _going_on(lines[-1:], self.source)
        return Drawn(prefixed(lines, bar, bar), blocks)


def _going_on(last: list[Line], source: str) -> list[Line]:
    """Return the last line of a piece, if there is one, with what says that it goes on in the next."""
    spaces = len(source) - len(source.rstrip(" \n"))
    return [(*stripped(line), *(_WRAPPED * spaces or _BROKEN)) for line in last if line]


class Markup(NamedTuple):
    """How a text is cut and drawn.

    Attributes:
        markdown: whether it is markdown, and not shown as it was written.
        style: the style of a text shown as written.
        bar: what stands before each of its lines.
        links: where the targets of its links are kept; without it they are text.
    """

    markdown: bool
    style: int = Style.PLAIN
    bar: Line = ()
    links: Links | None = None

    def cuts(self, text: str) -> tuple[Cut, ...]:
        """Return where the pieces of a whole text start, but for the first."""
        if self.markdown:
            cutter = Cutter()
            cutter.take(text if text.endswith("\n") else text + "\n")
            return tuple(cutter.cuts)
        cuts: list[Cut] = []
        at, stop = edges(text)
        while (cut := plain_cut(text, at, stop)) is not None:
            cuts.append(cut)
            at = cut.at
        return tuple(cuts)

    def piece(self, text: str, cut: Cut, following: Cut) -> Piece:
        """Return one piece of a text.

        Args:
            text: the whole text.
            cut: where it starts.
            following: where it ends, and the next one starts.
        """
        piece: Piece
        if self.markdown:
            piece = MarkdownPiece(text, cut.at, following.at, self.links)
            piece.gap, piece.head, piece.inside = cut.kind == "block", cut.head, cut.inside
        else:
            piece = PlainPiece(text, cut.at, following.at, self)
        piece.goes_on = following.kind == "words"
        piece.joins = cut.joins
        return piece

    def pieces(self, text: str, cuts: Sequence[Cut]) -> list[Part]:
        """Return all pieces of a text."""
        start, stop = (0, len(text)) if self.markdown else edges(text)
        if start >= stop or not text.strip(EDGES):
            return []
        pieces: list[Part] = []
        place = 0
        lexings: dict[int, Lexing] = {}
        all_cuts = [Cut(start, "start"), *cuts, Cut(stop, "end")]
        for cut, following in pairwise(all_cuts):
            if cut.kind != "code":
                pieces.append(self.piece(text, cut, following))
                continue
            origin = cut.origin
            if origin not in lexings:
                starts = [known.at for known in cuts if known.kind == "code" and known.origin == origin]
                lexings[origin] = Lexing(text, cut.head, [origin, *starts])
                place = 0
            place += 1
            pieces.append(CodePiece(text[cut.at : following.at], lexings[origin], place))
        return pieces


THOUGHT = Markup(markdown=False, style=Style.REASONING)


def markup_of(turn: Turn, links: Links | None = None) -> Markup:
    """Return how the text of a turn is shown: markdown for chat replies, verbatim for all else."""
    if is_markdown(turn):
        return Markup(markdown=True, links=links)
    if turn.role == "user":
        return Markup(markdown=False, style=Style.USER, bar=((BAR, Style.USER_BAR),), links=links)
    return Markup(markdown=False)


def parts_of(
    turn: Turn,
    cuts: Cuts | None = None,
    *,
    now: Callable[[], datetime] = local_now,
    links: Links | None = None,
    folds: Folds | None = None,
    siblings: Siblings | None = None,
) -> tuple[list[Keyed], Cuts]:
    """Return the parts of a finished turn with their keys, folded ones too, and where its texts were cut.

    Args:
        turn: the turn.
        cuts: where its texts are cut, if that is known.
        now: the clock that the header is dated against.
        links: where the targets of links are kept; without it runs tell of none.
        folds: knows what is folded, which the label of reasoning says.
        siblings: knows which of its siblings it is, which the header says.
    """
    markup = markup_of(turn, links)
    text, thought = unified(turn.text), unified(turn.reasoning)
    if cuts is None:
        cuts = Cuts(THOUGHT.cuts(thought), markup.cuts(text))
    parts: list[Keyed] = [(HEADER, head_part(turn, now, siblings))]
    thoughts = THOUGHT.pieces(thought, cuts.reasoning)
    pieces = markup.pieces(text, cuts.text)
    if thoughts:
        parts.append((LABEL, LabelPart(turn, folds, answered=bool(pieces))))
        parts += enumerate(thoughts, REASONING)
        if pieces:
            parts.append((GAP, gap_part()))
    parts += enumerate(pieces, TEXT)
    if turn.tool_calls or turn.notices or turn.role == "assistant" or turn.error is not None:
        parts.append((ENDING, ending_part(turn)))
    return parts, cuts


def head_part(turn: Turn, now: Callable[[], datetime], siblings: Siblings | None = None) -> Part:
    """Return the part that says who speaks and when."""
    label = siblings.label if siblings is not None else lambda _: ""
    return Fixed(lambda width: header(turn, width, now(), label(turn.id)), 2)


class LabelPart(Part):
    """The line above reasoning, which stands for it while it is folded.

    Args:
        turn: the turn.
        folds: knows whether it is folded; never without it.
        answered: whether there is an answer, too.
    """

    def __init__(self, turn: Turn, folds: Folds | None, *, answered: bool) -> None:
        super().__init__(0, 1)
        self._turn = turn
        self._folds = folds
        self._answered = answered

    def draw(self, width: int) -> Drawn:
        """Return its line at a width: a block, made from the reasoning if that is folded."""
        turn, folds = self._turn, self._folds
        closed = folds is not None and folds.closed(turn.id, answered=self._answered)
        line = reasoning_label(reasoning_figures(turn), width, closed=closed)
        return Drawn([line], [Block(0, 1, turn.reasoning if closed else "")])


def gap_part() -> Part:
    """Return the part between reasoning and the text."""
    return Fixed(lambda _: [BLANK], 1)


def ending_part(turn: Turn) -> Part:
    """Return the part below the text: tool calls, notices, how it ended."""

    def make(width: int) -> list[Line]:
        return [
            *tool_lines(turn.tool_calls, width),
            *notice_lines(turn.notices, width),
            *ending_lines(turn, width),
        ]

    return Fixed(make, 1 + len(turn.tool_calls) + len(turn.notices), block=True)
