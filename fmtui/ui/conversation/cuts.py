"""Where a long text may be cut into pieces that are drawn apart.

A piece of markdown starts with a line that begins a block, and it is noted what that is
inside of: quotations and items go on from one piece into the next, so drawing the pieces one
by one gives the lines of the whole. What lines say is read by the reader that drawing uses,
which costs a tenth of drawing at most. A cut depends on nothing that comes after it, so a
text that still grows is cut where it will be cut when it is whole.
"""

from __future__ import annotations

import re

from rich.cells import get_character_cell_size

from fmtui.ui.conversation.inline import next_cut
from fmtui.ui.conversation.inside import Inside, Outline
from fmtui.ui.conversation.parsing import LONG, Blocks
from fmtui.ui.conversation.sections import Cut
from fmtui.ui.conversation.table import SAMPLE, SAMPLE_TEXT

SIZE = 1_500
"""Characters from which on a piece ends at the next place where it may."""
CODE = 800
"""The same for code, of which a line is short and costs more than one of prose."""
LONGEST = 8_000
"""Characters after which a paragraph, or a line of plain text, is broken at a space.

So long a one is read as a sequence of screens anyway, and a line that ends early among a
hundred full ones is not seen."""
_WIDE = 3_000
"""The same for text that is not ASCII: finding where its lines break takes many times as long."""
_MARKS = 200
"""Characters more, after which a line without a space is broken anywhere."""

EDGES = " \t\n"
"""Characters of which lines are empty."""

_JOINER = "\u200d"


class Cutter:
    """Cuts a markdown text that comes in parts.

    The text is read line by line, as it is for drawing, but nothing is made of it. A piece
    may start with any line that begins a block: what that is inside of is noted with the cut.
    """

    def __init__(self) -> None:
        self.cuts: list[Cut] = []
        """Where pieces start; the first starts at 0, which is not named."""
        self._outline = Outline()
        self._blocks = Blocks(self._outline)
        self._at = 0
        self._last = 0
        self._begun = False  # whether anything but empty lines has come
        self._started = False  # whether the start of the line that has not ended was read
        self._empty = True  # whether the line before is empty
        self._closing: Closing | None = None  # ends the fence that is open outside of all containers
        self._opening = ""  # the line that opened it, where it may be cut
        self._origin = 0  # where the line after it starts
        self._due = -1  # where it is cut if it goes on there
        self._after = False  # whether a fence that was cut has ended, and nothing has come yet
        self._table = ""  # the head of a table and its first rows, where it may be cut
        self._around: Inside | None = None  # what the head is inside of
        self._sampled = 0, 0  # rows of it, and their characters, before the latest one
        self._gap = 0  # where the empty lines start that came last, in indented code

    def take(self, text: str) -> None:
        """Take in whole lines, which end with line feeds and nothing else."""
        start = 0
        while start < len(text):
            if self._closing is not None:
                found = self._closing.find(text, start)
                stop = len(text) if found is None else found.start()
                self._cut_code(text, start, stop)
                if found is None:
                    break
                self._after = bool(self.cuts) and self.cuts[-1].kind == "code"
                self._closing = None
                self._blocks.line(found.group())
                start = found.end() + 1
                continue
            end = text.find("\n", start)
            self._line(text[start:end], self._at + start)
            start = end + 1
        self._at += len(text)

    def take_open(self, line: str) -> None:
        """Look at a line that has not ended: it may be a long paragraph. It is taken in when it has."""
        if self._closing:
            return
        if self._after and line.strip(" \t"):
            self._cut(Cut(self._at))
        if len(line) > LONGEST:
            if not self._started:
                self._start(line, self._at)
                self._started = True
            self._cut_words(line, self._at)

    def _line(self, line: str, at: int) -> None:
        if not self._started:
            if not line and self._empty and not self._blocks.leaf:
                return  # nothing is closed by one more
            self._start(line, at)
        if len(line) > LONG:
            self._cut_words(line, at)
            self._blocks.line_end()
        self._started = False
        self._empty = not line

    def _start(self, line: str, at: int) -> None:
        """Read a line, only the start of a long one, and cut before it if that can be."""
        blocks, outline = self._blocks, self._outline
        state, opened = blocks.state, outline.opened
        outline.began = False
        blocks.line(line[:LONG], long=len(line) > LONG)
        if outline.began:
            inside = Inside(state._replace(leaf=""), opened) if opened is not None else None
            self._table, self._around = line + "\n" if inside is not None and "|" in line else "", inside
            self._sampled = 0, 0
            if self._begun and (self._after or at - self._last >= SIZE):
                self._cut_before(at, inside)
            self._begun = True
            if blocks.fence and not blocks.state.stack:
                self._open_fence(line, at)
        elif state.leaf == "paragraph":
            self._follow_paragraph(line, at)
        elif state.leaf == "table":
            self._follow_row(line, at)
        elif state.leaf == blocks.leaf == "code":
            self._follow_indented(line, at, blank=state.blank)

    def _cut(self, cut: Cut) -> None:
        self.cuts.append(cut)
        self._last = cut.at
        self._after = False

    def _cut_before(self, at: int, inside: Inside | None) -> None:
        """Cut before a line that began a block."""
        if self._blocks.fresh == "block":
            self._cut(Cut(at))
        elif inside is not None:
            self._cut(Cut(at, "item" if self._blocks.fresh == "item" else "inside", inside=inside))

    def _open_fence(self, line: str, at: int) -> None:
        text = line.lstrip(" ")
        self._closing = Closing(text)
        self._opening, self._due = text if text == line else "", -1
        self._origin = at + len(line) + 1

    def _cut_code(self, text: str, start: int, stop: int) -> None:
        """Cut the lines of code in a part of the text; at its end only when more of them come."""
        at = start
        while self._opening and at < stop:
            if self._due < 0:
                found = text.find("\n", max(at, self._last + CODE - 1 - self._at), stop)
                if found < 0:
                    break
                self._due = self._at + found + 1
            at = self._due - self._at
            if at < stop:
                self._cut(Cut(self._due, "code", self._opening, self._origin))
                self._due = -1

    def _cut_leaf(self, at: int, kind: str) -> None:
        """Cut what goes on in the latest line."""
        opened = self._outline.opened
        if opened is not None:
            self._cut(Cut(at, kind, inside=Inside(self._blocks.state._replace(blank=False), opened)))

    def _follow_indented(self, line: str, at: int, *, blank: bool) -> None:
        """Cut indented code before a line that is not empty, and the empty ones that come before it."""
        if not line.strip(" \t"):
            self._gap = self._gap if blank else at
        elif at - self._last >= CODE:
            self._cut_leaf(self._gap if blank else at, "inside")

    def _follow_paragraph(self, line: str, at: int) -> None:
        """Cut a long paragraph before a line, or follow that its last one was the head of a table."""
        if self._blocks.leaf == "table":
            self._table = f"{self._table}{line}\n" if self._table else ""
        else:
            self._table = ""
            if self._blocks.leaf == "paragraph" and at - self._last >= LONGEST:
                self._cut_leaf(at, "words")

    def _follow_row(self, line: str, at: int) -> None:
        """Follow a table, and cut it between rows when it is known how wide its columns are."""
        if not self._table or self._blocks.leaf != "table":
            return
        rows, characters = self._sampled
        self._sampled = self._outline.rows, self._outline.row_text
        if rows < SAMPLE and characters < SAMPLE_TEXT:
            # A row that is long is laid out in another way, so nothing can be drawn below it.
            self._table = f"{self._table}{line}\n" if len(line) <= LONG else ""
        elif at - self._last >= SIZE:
            self._cut(Cut(at, "rows", self._table, inside=self._around))

    def _cut_words(self, line: str, at: int) -> None:
        """Cut a long line of a paragraph before words that could be nothing else at the start of a line."""
        if self._blocks.leaf != "paragraph":
            return
        start = max(0, self._last - at)
        begin = start
        while (cut := next_cut(line, start)) is not None:
            start = cut[1]
            if start - begin >= LONGEST and cut[0] < start and line[start : start + 1].isalpha():
                self._cut_leaf(at + start, "words")
                begin = start


class Closing:
    """The line that closes a code block.

    Args:
        opening: the line that opens it, without indentation.
    """

    def __init__(self, opening: str) -> None:
        count = len(opening) - len(opening.lstrip(opening[0]))
        self._signs = opening[0] * count
        self._line = re.compile(rf" {{0,3}}{re.escape(opening[0])}{{{count},}}[ \t]*(?=\n|\Z)")

    def find(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Return the first such line of a text, looked for from the start of a line on."""
        at = start
        while (at := text.find(self._signs, at)) >= 0:
            begin = max(start, text.rfind("\n", start, at) + 1)
            found = self._line.match(text, begin)
            if found is not None:
                return found
            at += len(self._signs)
        return None


def plain_cut(text: str, start: int, stop: int) -> Cut | None:
    """Return where the piece of a plain text ends that starts at `start`; None when that is after `stop`.

    It ends after a line, and inside one only where that is far longer than a screen.
    """
    longest = LONGEST if text[start : start + LONGEST].isascii() else _WIDE
    limit = min(stop, start + longest)
    found = text.find("\n", start + SIZE - 1, limit)
    if found >= 0:
        return Cut(found + 1, "line") if found + 1 < stop else None
    if stop - start <= longest + _MARKS:
        return None
    space = text.rfind(" ", start + SIZE, limit)
    if space >= 0:
        return Cut(space + 1, "words")
    end = start + longest
    while end < start + longest + _MARKS and _joins(text, end):
        end += 1
    return Cut(end, "words")


def _joins(text: str, at: int) -> bool:
    """Whether a character belongs to the one before."""
    return text[at - 1] == _JOINER or not get_character_cell_size(text[at])


def edges(text: str) -> tuple[int, int]:
    """Return where the lines of a text that are not empty start and end."""
    stop = len(text.rstrip(EDGES))
    first = len(text) - len(text.lstrip(EDGES))
    return (text.rfind("\n", 0, first) + 1, stop) if first < stop else (0, 0)
