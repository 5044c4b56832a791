"""A long code block in pieces: each drawn apart, in the colours that the whole has.

How a line is coloured depends on all lines before it. Jumping into the middle of a long block
does not wait for them: a piece is first coloured as if it were the start, which is wrong only
inside a string or a comment of many lines. The state of the lexer at each piece is then found
piece by piece, and the piece drawn again. How many lines it has never depends on it.
"""

from __future__ import annotations

from copy import copy

from fmtui.core.text import printable
from fmtui.ui.conversation.code import Highlighter, code_line, code_rows
from fmtui.ui.conversation.cuts import Closing
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.markdown import fence_info
from fmtui.ui.conversation.sections import Block, Drawn, Part


def highlighter_of(opening: str) -> Highlighter:
    """Return what colours the first line of a block, from the line that opens it."""
    return Highlighter(fence_info(opening.lstrip(opening[0]).strip()))


def _lines(source: str, opening: str) -> list[str]:
    """Return the lines of code in a text that starts inside a block."""
    closed = Closing(opening).find(source)
    kept = source if closed is None else source[: closed.start()]
    return printable(kept).removesuffix("\n").split("\n") if kept else []


def state_after(state: Highlighter, source: str, opening: str) -> Highlighter:
    """Return the state of a lexer after some lines of a block."""
    after = copy(state)
    for line in _lines(source, opening):
        after.line(code_line(line))
    return after


class Lexing:
    """The states of a lexer at the pieces of one block.

    Args:
        text: the text that the block is in.
        opening: the line that opens it.
        starts: where its first line and each of its pieces start.
        state: the state at the first of them, if it is not that of a first line.
    """

    def __init__(self, text: str, opening: str, starts: list[int], state: Highlighter | None = None) -> None:
        self.opening = opening
        self._text = text
        self._starts = starts
        self._states = [highlighter_of(opening) if state is None else state]

    def at(self, place: int) -> Highlighter | None:
        """Return the state at a piece, None where it is not known and would take long to find."""
        if place == len(self._states):
            self.step()
        return copy(self._states[place]) if place < len(self._states) else None

    def step(self) -> None:
        """Find the state at one more piece."""
        known = len(self._states)
        if known < len(self._starts):
            source = self._text[self._starts[known - 1] : self._starts[known]]
            self._states.append(state_after(self._states[-1], source, self.opening))


class CodePiece(Part):
    """Some lines of a code block, to its end or to the next piece of it.

    Args:
        source: its text.
        lexing: the states of the lexer.
        place: which of the pieces of the block it is, counted from the one that opens it.
    """

    joins = alone = True

    def __init__(self, source: str, lexing: Lexing, place: int) -> None:
        super().__init__(len(source), source.count("\n"))
        self._source = source
        self._lexing = lexing
        self._place = place

    @property
    def source(self) -> str:
        """Its text."""
        return self._source

    def draw(self, width: int) -> Drawn:
        """Return its lines at a width."""
        state = self._lexing.at(self._place)
        self.unsure = state is None
        if state is None:
            state = highlighter_of(self._lexing.opening)
        lines: list[Line] = []
        for line in _lines(self._source, self._lexing.opening):
            lines += code_rows(state.line(code_line(line)), width)
        return Drawn(lines, [Block(0, len(lines), self._source.strip("\n"))] if lines else ())

    def refine(self) -> bool:
        """Find out a little of what was not known; return whether it can be drawn as it is now."""
        self._lexing.step()
        return self._lexing.at(self._place) is not None


class CodeDoc:
    """The lines of a code block that is still coming, from one of its lines on.

    Args:
        width: columns of a line.
        opening: the line that opens the block.
        state: colours its next line.
    """

    def __init__(self, width: int, opening: str, state: Highlighter) -> None:
        self.width = max(1, width)
        self.lines: list[Line] = []
        """All lines so far."""
        self.state = copy(state)
        """Colours the line after the last whole one."""
        self._sign = opening[0]
        self._closing = Closing(opening)
        self._closed = False
        self._settled = 0
        self._pending: list[str] = []

    def feed(self, text: str) -> None:
        """Take in the next part of the text; nothing is drawn."""
        self._pending.append(text)

    def flush(self) -> None:
        """Draw what was fed."""
        text = "".join(self._pending)
        end = text.rfind("\n") + 1
        del self.lines[self._settled :]
        for line in text[:end].split("\n")[:-1]:
            self._closed = self._closed or self._closing.find(line) is not None
            if not self._closed:
                self.lines += code_rows(self.state.line(code_line(printable(line))), self.width)
        self._settled = len(self.lines)
        self._pending[:] = [text[end:]] if end < len(text) else []
        partial = text[end:]
        if partial.strip(" ") and not partial.strip(f" {self._sign}"):
            partial = ""  # it may become the closing fence
        if partial and not self._closed:
            self.lines += code_rows(self.state.peek(code_line(printable(partial))), self.width)

    def finish(self) -> None:
        """Draw the end of the text as such."""
        self.flush()
        if self._pending:
            self.feed("\n")
            self.flush()
