"""The leaves of a text while they grow: sentences, code, plain text.

Each takes in what comes, gives the lines that nothing can change any more, and can be copied
and closed at any time to see how it would end. What one keeps is bounded, however long it
gets, and so is the work for what comes next.
"""

from __future__ import annotations

from copy import copy
from typing import Protocol, Self

from fmtui.ui.conversation.code import Highlighter, code_line, code_rows, info_rows
from fmtui.ui.conversation.inline import Inline, next_cut
from fmtui.ui.conversation.lines import (
    GOES_ON,
    TAB,
    Line,
    Run,
    fill_open,
    joined,
    prefixed,
    width_of_runs,
    wrap_open,
    wrap_runs,
)
from fmtui.ui.conversation.parsing import LONG
from fmtui.ui.conversation.styles import Style

_STEP = 120
"""Characters that must have come since no place was found where a sentence may end, to look again."""
_SPARE = 80
"""Spaces beyond the width of a line, at its end, that are kept; more would look the same."""


class Work:
    """Counts what was done."""

    def __init__(self) -> None:
        self.lexed = 0
        """Lines of code that went through a lexer."""
        self.drawn = 0
        """Characters that were laid out in lines."""


class Copyable:
    """What can be copied while it grows: each copy goes on from here on its own."""

    def copied(self) -> Self:
        """Return a copy."""
        other = copy(self)
        other.detach()
        return other

    def detach(self) -> None:
        """Share nothing that changes with the one that this is a copy of."""


class OpenLeaf(Protocol):
    """A leaf that may get more."""

    def copied(self) -> OpenLeaf:
        """Return one that goes on from here on its own."""

    def more(self, text: str) -> list[Line]:
        """Take in more of the latest line; return the lines that are final now."""

    def line_end(self) -> list[Line]:
        """Note that the latest line ended; return the lines that are final now."""

    def close(self) -> list[Line]:
        """Return the lines that are left."""


class OpenText(Copyable):
    """Sentences: a paragraph, a heading, a cell.

    Args:
        inline: reads the sentences.
        work: counts.
        width: columns that they may use.
        base: the style where no mark says otherwise.
        first: what stands before the first line.
        rest: what stands before the others.
        label: what the sentences begin with.
    """

    def __init__(
        self,
        inline: Inline,
        work: Work,
        width: int,
        base: int = Style.PLAIN,
        first: Line = (),
        rest: Line = (),
        label: Line = (),
    ) -> None:
        self.length = 0
        """Characters that were taken in."""
        self.kept = ""
        """The text that is not in any line yet."""
        self._inline, self._work, self._base = inline, work, base
        self._before: list[Line] = []
        self._width = width - max(width_of_runs(first), width_of_runs(rest))
        if self._width < 1:
            self._before, self._width = wrap_runs(first, width) if first else [], width
            first = rest = ()
        self._first, self._rest = first, rest
        self._carried: list[Run] = list(label)
        self._begun = False  # whether a piece was read
        self._enough = 0  # characters without which looking for the end of a piece would find none again

    def add(self, text: str) -> None:
        """Take in text; nothing is drawn."""
        self.length += len(text)
        self.kept += text

    def more(self, text: str) -> list[Line]:
        """Take in more of a long line; return the lines that are final now."""
        self.add(text)
        return self.settled()

    def line_end(self) -> list[Line]:
        """Do nothing: whether more lines come is not known."""
        return []

    def settled(self, held: int = 0) -> list[Line]:
        """Return the lines that nothing can change any more.

        Args:
            held: so many of the last characters may be taken away again.
        """
        rows: list[Line] = []
        if len(self.kept) < self._enough:
            return rows
        limit = len(self.kept) - held
        while (cut := next_cut(self.kept, 0)) is not None and cut[0] < limit:
            piece = self._inline.piece(self.kept[: cut[0]], self._base)
            runs = [*self._carried, *piece, (self.kept[cut[0] : cut[1]], self._base)]
            rows += self._laid(runs)
            self._begun = True
            self.kept = self.kept[cut[1] :]
            limit -= cut[1]
        self._enough = len(self.kept) + _STEP
        return self._framed(rows)

    def close(self) -> list[Line]:
        """Return the lines that are left."""
        runs = [*self._carried, *self._inline.runs(self.kept, self._base, begun=self._begun)]
        self._work.drawn += sum(len(text) for text, _ in runs)
        return self._framed(wrap_runs(joined(runs), self._width))

    def _laid(self, runs: list[Run]) -> list[Line]:
        self._work.drawn += sum(len(text) for text, _ in runs)
        rows, carried = wrap_open(runs, self._width)
        self._carried = _without_spare(carried, self._width)
        return rows

    def _framed(self, rows: list[Line]) -> list[Line]:
        if not rows:
            return rows
        framed = [*self._before, *prefixed(rows, self._first, self._rest)]
        self._before, self._first = [], self._rest
        return framed


def _without_spare(runs: list[Run], width: int) -> list[Run]:
    """Return runs that end with no more spaces than a break could remember."""
    if runs and runs[-1][0].endswith(" " * (width + _SPARE + 1)):
        text, style = runs[-1]
        return [*runs[:-1], (text.rstrip(" ") + " " * (width + _SPARE), style)]
    return runs


class OpenParagraph(OpenText):
    """A paragraph: short, it may become a heading; its last line may become the head of a table."""

    def __init__(self, inline: Inline, work: Work, width: int) -> None:
        super().__init__(inline, work, width)
        self._held = 0

    def line(self, text: str, *, first: bool = False) -> list[Line]:
        """Take in a line, or the start of a long one; return the lines that are final now."""
        self.add(text if first else "\n" + text)
        self._held = len(text) + (not first)
        return self.settled(self._held if "|" in text else 0) if self.length > LONG else []

    def more(self, text: str) -> list[Line]:
        """Take in more of a long line; return the lines that are final now."""
        self._held = 0
        return super().more(text)

    def without_last(self) -> bool:
        """Take away the last line; return whether anything is left."""
        self.kept = self.kept[: len(self.kept) - self._held]
        self.length -= self._held
        return self.length > 0


class OpenCode(Copyable):
    """A code block.

    Args:
        work: counts.
        width: columns that it may use.
        info: what stands after the opening of a fence; None for indented code.
        begun: whether there are lines of it already, which are drawn elsewhere.
    """

    def __init__(self, work: Work, width: int, info: str | None, *, begun: bool = False) -> None:
        self._work = work
        self._width = width
        self._highlighter = Highlighter(info or "")
        self._indented = info is None
        self._blank = 0  # empty lines that are only shown when others follow
        self._before = info_rows(info or "", width)
        self._any = begun or bool(info)
        self._column: int | None = None  # within a long line
        self._carried: list[Run] = []

    def detach(self) -> None:
        """Share nothing that changes with the one that this is a copy of."""
        self._highlighter = copy(self._highlighter)

    def line(self, text: str) -> list[Line]:
        """Take in a line; return the lines that are final now."""
        if self._indented and not text.strip(" \t"):
            self._blank += 1
            return []
        before = self._highlighter.lexed
        shown = code_line(text)
        runs = self._highlighter.line(shown)
        self._work.lexed += self._highlighter.lexed - before
        self._work.drawn += len(shown)
        return [*self._begun(), *code_rows(runs, self._width)]

    def more(self, text: str) -> list[Line]:
        """Take in a part of a line that is too long to have colours; return the lines that are final now."""
        rows = self._begun() if self._column is None else []
        column = (self._column or 0) % TAB
        shown = (" " * column + text).expandtabs(TAB)[column:]
        self._column = column + len(shown)
        room = self._width - 2 if self._width > 2 else self._width
        self._carried = joined([*self._carried, (shown, int(Style.FENCE))])
        self._work.drawn += sum(len(part) for part, _ in self._carried)
        filled, self._carried = fill_open(self._carried, room)
        return rows + [row for line in filled for row in _coded(line, self._width)]

    def line_end(self) -> list[Line]:
        """Note that a long line has ended; return the lines that are final now."""
        if self._column is None:
            return []
        runs, self._carried, self._column = self._carried, [], None
        return code_rows(runs, self._width)

    def close(self) -> list[Line]:
        """Return the lines that are left."""
        rows = [*self._before, *self.line_end()]
        self._before = []
        return rows if rows or self._any else code_rows([], self._width)

    def _begun(self) -> list[Line]:
        """Return the lines before the one that has come."""
        rows = self._before
        for _ in range(self._blank):
            rows = rows + code_rows([], self._width)
        self._before, self._blank, self._any = [], 0, True
        return rows


def _coded(line: Line, width: int) -> list[Line]:
    """Return a full row of code with its bar, and with what says that it goes on."""
    marks = [run for run in line if run[1] in GOES_ON and not run[0]]
    rows = code_rows([run for run in line if run not in marks], width)
    return [*rows[:-1], (*rows[-1], *marks)]


class OpenPlain:
    """Text shown as it was written.

    Args:
        work: counts.
        width: columns of a line.
        style: the style of all of it.
    """

    def __init__(self, work: Work, width: int, style: int) -> None:
        self.rows: list[Line] = []
        """The final rows that were not taken yet."""
        self._work = work
        self._width = width
        self._style = style
        self._carried: list[Run] = []
        self._any = False  # whether anything but line feeds came
        self._breaks = 0  # line feeds at the end: shown when something follows

    def take(self, text: str) -> None:
        """Take in text."""
        kept = text.rstrip("\n")
        breaks, self._breaks = self._breaks, len(text) - len(kept)
        if not kept:
            self._breaks += breaks
            return
        self._any = True
        runs = [*self._carried, ("\n" * breaks + kept, self._style)]
        self._work.drawn += sum(len(part) for part, _ in runs)
        rows, carried = wrap_open(runs, self._width)
        self._carried = _without_spare(carried, self._width)
        self.rows += rows

    def open_rows(self) -> list[Line]:
        """Return the rows of what is not final."""
        return wrap_runs(self._carried, self._width) if self._any else []
