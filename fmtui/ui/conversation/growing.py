"""Blocks that may grow without limit while they stream: fences, paragraphs, plain text.

Each takes in what came, keeps the lines that are final, and draws the rest anew. The lines
are those that the whole block gives when it is rendered at once.
"""

from __future__ import annotations

import re

from fmtui.ui.conversation.code import Highlighter, code_line, code_rows, info_rows
from fmtui.ui.conversation.inline import next_cut
from fmtui.ui.conversation.lines import Line, Run, wrap_open, wrap_runs
from fmtui.ui.conversation.markdown import BLANK, Place, Renderer, fence_info
from fmtui.ui.conversation.parsing import Node
from fmtui.ui.conversation.styles import Style

_TAB_STOP = 4
LONG = 1_000
"""Characters from which on a paragraph is kept instead of being drawn whole each time."""
_CLOSING = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")
_MAY_START = re.compile(r"[ \t]*(?:$|[#>=+|:\-~]|`{1,2}$|```|[*_][*_ \t]*$|\*[ \t]|\d{1,9}(?:[.)]|$))")
"""Lines that may end a paragraph, change what it is, or grow into such a line."""


class OpenFence:
    """A code block whose closing fence has not come.

    Args:
        node: the block as far as it was parsed.
        opening: its first line.
        width: columns that it may use.
    """

    def __init__(self, node: Node, opening: str, width: int) -> None:
        self.rows: list[Line] = []
        """The final rows that were not taken yet."""
        self._sign = node.markup
        self._indent = len(opening) - len(opening.lstrip(" "))
        self._width = width
        info = fence_info(node.info)
        self._highlighter = Highlighter(info)
        self._drawn = bool(info)
        self.rows += info_rows(info, width)

    @staticmethod
    def closed(node: Node, lines: list[str]) -> bool:
        """Whether a block that was parsed has its closing fence."""
        return node.end - node.start > 1 and _closes(lines[node.end - 1], node.markup)

    @property
    def lexed(self) -> int:
        """How many lines went through a lexer."""
        return self._highlighter.lexed

    def take(self, text: str) -> str | None:
        """Take in whole lines; return what comes after the closing fence, None while it is missing."""
        start = 0
        while (end := text.find("\n", start)) >= 0:
            line = text[start:end]
            start = end + 1
            if _closes(line, self._sign):
                if not self._drawn:
                    self.rows += code_rows([], self._width)
                return text[start:]
            self.rows += code_rows(self._highlighter.line(self._shown(line)), self._width)
            self._drawn = True
        return None

    def open_rows(self, partial: str) -> list[Line]:
        """Return the rows of a line that has not ended."""
        if partial.strip(" ") and not partial.strip(f" {self._sign[0]}"):
            partial = ""  # it may become the closing fence
        if partial:
            return code_rows(self._highlighter.peek(self._shown(partial)), self._width)
        return [] if self._drawn else code_rows([], self._width)

    def _shown(self, line: str) -> str:
        """Return a line without the indentation that the opening fence has."""
        column = at = 0
        while column < self._indent and line[at : at + 1] in {" ", "\t"}:
            column += 1 if line[at] == " " else _TAB_STOP - column % _TAB_STOP
            at += 1
        return code_line(" " * (column - self._indent) + line[at:])


def _closes(line: str, sign: str) -> bool:
    found = _CLOSING.fullmatch(line)
    return found is not None and found[1][0] == sign[0] and len(found[1]) >= len(sign)


class OpenParagraph:
    """A long paragraph that has not ended: neither parsed nor wrapped again from its start.

    Args:
        renderer: draws the sentences.
        text: the whole lines of it that came.
    """

    def __init__(self, renderer: Renderer, text: str) -> None:
        self._renderer = renderer
        self.rows: list[Line] = []
        """The rows that were not taken yet, and stay as long as this is a paragraph."""
        self._text = text.lstrip()
        self._cut = 0
        self._carried: list[Run] = []

    @staticmethod
    def suits(text: str, partial: str) -> bool:
        """Whether a paragraph is long enough, and its last line can be nothing but a part of it."""
        return len(text) + len(partial) > LONG and (not partial or not _MAY_START.match(partial))

    def take(self, text: str) -> tuple[bool, str] | None:
        """Take in whole lines.

        Returns:
            None while the paragraph goes on; otherwise whether it was one to its end, and the
            text to be parsed: what follows it, or all of it when it turned into something else.
        """
        start = 0
        while (end := text.find("\n", start)) >= 0:
            line = text[start:end]
            if not line.strip(" \t"):
                return True, text[start:]
            ends = self._ends(line) if _MAY_START.match(line) else False
            if ends is not False:
                return (True, text[start:]) if ends else (False, self._text + text[start:])
            self._text += line + "\n"
            start = end + 1
        return None

    def open_rows(self, partial: str = "") -> list[Line]:
        """Add to `rows` what can stay, and return the rows after it, with a line that has not ended."""
        text, below = self._text, list[Line]()
        if not _MAY_START.match(partial):
            text += partial
            self._lay_out(text)
        elif partial:
            self._lay_out(text)
            ends = self._ends(partial)
            if ends is False:
                text += partial
            elif ends:
                below = self._below(partial)
        runs = self._renderer.inline.runs(text[self._cut :])
        return [*wrap_runs([*self._carried, *runs], self._renderer.width), *below]

    def _lay_out(self, text: str) -> None:
        """Draw the pieces of the text that no later text can change."""
        while (cut := next_cut(text, self._cut)) is not None:
            piece = self._renderer.inline.piece(text[self._cut : cut[0]])
            runs = [*self._carried, *piece, (text[cut[0] : cut[1]], Style.PLAIN)]
            rows, self._carried = wrap_open(runs, self._renderer.width)
            self.rows += rows
            self._cut = cut[1]

    def _ends(self, line: str) -> bool | None:
        """Whether a line ends the paragraph; None when it makes it something else."""
        before = self._text.rstrip("\n")
        previous = before[before.rfind("\n") + 1 :]
        source = f"x\n{previous}\n{line}\n" if previous else f"x\n{line}\n"
        blocks = self._renderer.parse(source)
        if blocks[0].kind != "paragraph":
            return None
        if len(blocks) == 1:
            return False
        return True if blocks[0].end == source.count("\n") - 1 else None

    def _below(self, line: str) -> list[Line]:
        source = f"x\n{line}\n"
        place = Place(source.split("\n"), self._renderer.width)
        below = self._renderer.parse(source)[1:]
        return [line for node in below for line in (BLANK, *self._renderer.block(node, place))]


class OpenPlain:
    """Text shown as it was written.

    Args:
        width: columns of a line.
        style: the style of all of it.
    """

    def __init__(self, width: int, style: int) -> None:
        self.rows: list[Line] = []
        """The final rows that were not taken yet."""
        self._width = width
        self._style = style
        self._carried: list[Run] = []
        self._breaks = 0  # line feeds at the end: shown when something follows

    def take(self, text: str) -> None:
        """Take in text."""
        kept = text.rstrip("\n")
        breaks, self._breaks = self._breaks, len(text) - len(kept)
        if not kept:
            self._breaks += breaks
            return
        runs = [*self._carried, ("\n" * breaks + kept, self._style)]
        rows, self._carried = wrap_open(runs, self._width)
        self.rows += rows

    def open_rows(self) -> list[Line]:
        """Return the rows of what is not final."""
        return wrap_runs(self._carried, self._width) if self._carried else []
