"""What lines say: the text of paragraphs, items, rows and cells, without what is drawn around it.

A paragraph is read over the lines that it was wrapped into, and a table cell by cell, so what
is searched or copied does not depend on how wide the window is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fmtui.core.record import NamedTuple
from fmtui.ui.conversation.lines import GOES_ON, Line, Run, style_of
from fmtui.ui.conversation.styles import Style

DRAWN = frozenset(
    {
        *(Style.QUOTE, Style.FENCE_BAR, Style.TABLE_RULE),
        *(Style.RULE, Style.HEADING_MARK, Style.USER_BAR, Style.CURSOR),
    }
)
"""Styles of runs that say nothing: they are drawn around the text."""
_TOLD = frozenset({Style.META, Style.FOLD, Style.USER_MARK, Style.ASSISTANT_MARK, Style.WARNING, Style.ERROR})
"""Styles of what fmtui says about a turn: who speaks, when, and how it ended."""


class Bit(NamedTuple):
    """A part of a line that says something."""

    start: int
    """Its place in the text of the line."""
    text: str
    style: int


class Cell(NamedTuple):
    """What a line says between two rules of a table, or all of what it says outside of tables."""

    bits: list[Bit]
    ends: list[int]
    """The styles of what says that it goes on in the next line; empty when it does not."""


def cells(line: Line) -> list[Cell]:
    """Return what a line says, cell by cell; outside of tables there is one."""
    found = [Cell([], [])]
    at = 0
    for text, number in line:
        style = style_of(number)
        if not text:
            if style in GOES_ON:
                found[-1].ends.append(style)
        elif style == Style.TABLE_RULE:
            found.append(Cell([], []))
        elif style not in DRAWN and not (found[-1].ends and text.isspace()):
            found[-1].bits.append(Bit(at, text, style))
        at += len(text)
    return found


def text_of(line: Iterable[Run]) -> str:
    """Return all text of a line, what is drawn around it included."""
    return "".join(text for text, _ in line)


def goes_on(line: Line) -> bool:
    """Whether a line, or a cell in it, goes on in the next one."""
    return any(not text and number in GOES_ON for text, number in line)


def code_start(line: Line) -> int:
    """Return where the code of a line of a code block starts in its text, -1 in other lines."""
    at, start = 0, -1
    for text, number in line:
        at += len(text)
        if style_of(number) == Style.FENCE_BAR:
            start = at
    return start


class Piece(NamedTuple):
    """A part of a paragraph that is in one line."""

    line: int
    """The number of the line."""
    start: int
    """Its place in the text of that line."""
    text: str


class Paragraph:
    """A text that ends only where its author ended it, and where its parts are drawn."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._starts: list[int] = []
        self._texts: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        """All of it, in one line."""
        return "".join(self._texts)

    def add(self, line: int, start: int, text: str) -> None:
        """Add what a line says."""
        self._pieces.append(Piece(line, start, text))
        self._starts.append(self._length)
        self._texts.append(text)
        self._length += len(text)

    def skip(self, spaces: int) -> None:
        """Add the spaces that were left out at the end of a line."""
        self._texts.append(" " * spaces)
        self._length += spaces

    def places(self, start: int, stop: int) -> list[tuple[int, int, int]]:
        """Return where a part of the text is drawn: line, and where it starts and ends in it."""
        found: list[tuple[int, int, int]] = []
        for piece, at in zip(self._pieces, self._starts, strict=True):
            first, last = max(start, at) - at, min(stop, at + len(piece.text)) - at
            if first < last:
                found.append((piece.line, piece.start + first, piece.start + last))
        return found

    def place(self, line: int, offset: int) -> int:
        """Return the place in the text of a place in a line; the nearest where that says nothing."""
        near = 0
        for piece, at in zip(self._pieces, self._starts, strict=True):
            if piece.line < line or (piece.line == line and piece.start <= offset):
                inside = offset - piece.start if piece.line == line else len(piece.text)
                near = at + min(inside, len(piece.text))
        return near

    def has(self, line: int) -> bool:
        """Whether a part of it is drawn in a line."""
        return any(piece.line == line for piece in self._pieces)


def paragraphs(lines: Sequence[Line], *, told: bool = False) -> Iterator[Paragraph]:
    """Yield the paragraphs that lines say, cells of tables as paragraphs of their own.

    Args:
        lines: the lines, from the start of a paragraph on.
        told: whether what fmtui says about the turns counts too.
    """
    going: list[Paragraph | None] = []
    left: frozenset[int] = frozenset() if told else _TOLD
    for number, line in enumerate(lines):
        if not line:
            yield from (paragraph for paragraph in going if paragraph is not None)
            going = []
            continue
        found = cells(line)
        code = code_start(line)
        following: list[Paragraph | None] = []
        for column, cell in enumerate(found):
            before = going[column] if column < len(going) else None
            paragraph = before or Paragraph()
            bits = [bit for bit in cell.bits if bit.style not in left and bit.start >= code]
            for bit in _continuing(bits) if before is not None and code < 0 else bits:
                paragraph.add(number, bit.start, bit.text)
            if cell.ends:
                paragraph.skip(cell.ends.count(Style.WRAPPED))
                following.append(paragraph)
            else:
                following.append(None)
                yield paragraph
        yield from (paragraph for paragraph in going[len(found) :] if paragraph is not None)
        going = following
    yield from (paragraph for paragraph in going if paragraph is not None)


def _continuing(bits: list[Bit]) -> list[Bit]:
    """Return the bits without the indentation before them: at a break no space begins a line."""
    for index, (start, text, style) in enumerate(bits):
        kept = text.lstrip(" ")
        if kept:
            return [Bit(start + len(text) - len(kept), kept, style), *bits[index + 1 :]]
    return []
