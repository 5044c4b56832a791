"""Where a long text may be cut into pieces that are drawn apart.

A piece of markdown starts at a block that nothing before it can reach into, so drawing the
pieces one by one gives the lines of the whole. Such places are found by looking at how lines
start, at a fiftieth of what parsing costs: not all of them are found, but none is found that
the parser would not agree to. A cut depends on nothing that comes after it, so a text that
still grows is cut where it will be cut when it is whole.
"""

from __future__ import annotations

import re

from rich.cells import get_character_cell_size

from fmtui.ui.conversation.inline import next_cut
from fmtui.ui.conversation.sections import Cut

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

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_HEAD = re.compile(r"\|[^\\`]*\|[ \t]*")
_DELIMITERS = re.compile(r"\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*")
_SAMPLE = 16
"""Rows of a table that decide how wide its columns are."""
_HEADING = re.compile(r"#{1,6}(?:[ \t]|$)")
_MARKER = re.compile(r"( {0,3})([-+*]|(\d{1,9})[.)])(?:([ \t]+)(?=[^ \t])|[ \t]*$)")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_JOINER = "\u200d"


class Cutter:
    """Cuts a markdown text that comes in parts.

    It follows whether a line is inside a fence, and whether a list is open. An unindented line
    after an empty one, a heading or a fence, outside of both, is known to start a block, and
    so are an unindented heading and a fence anywhere. An item of a list may start
    a piece when it would be the same item at the start of a text.
    """

    def __init__(self) -> None:
        self.cuts: list[Cut] = []
        """Where pieces start; the first starts at 0, which is not named."""
        self._opening = ""  # the line that opened the fence, where it may be cut
        self._origin = 0  # where the line after it starts
        self._due = -1  # where the fence is cut if it goes on there
        self._after = False  # whether a fence that was cut has ended, and nothing has come yet
        self._table = ""  # the head of a table and its first rows, where it may be cut
        self._rows = 0  # how many rows of it came
        self._at = self._at_line = 0
        self._last = 0
        self._begun = False  # whether anything but empty lines has come
        self._closing: Closing | None = None  # ends the fence that is open
        self._blank = True  # whether nothing that came before goes on, unless an open list does
        self._words = False  # whether the line before is known to be of a paragraph
        self._column = 0  # where the text of the latest item of the open list starts; 0 without a list
        self._sure = True  # whether that list is known to be open
        self._sign = ""  # what makes its items
        self._number = -1  # the number of its next item; negative when it is not known
        self._lost = False  # whether it is not known what the lines are inside of

    def take(self, text: str) -> None:
        """Take in whole lines, which end with line feeds and nothing else."""
        start = 0
        while start < len(text) and not self._lost:
            if self._closing is not None:
                found = self._closing.find(text, start)
                stop = len(text) if found is None else found.start()
                self._cut_code(text, start, stop)
                if found is None:
                    break
                self._after = bool(self.cuts) and self.cuts[-1].kind == "code"
                self._closing, self._blank = None, True
                start = found.end() + 1
                continue
            end = text.find("\n", start)
            self._line(text[start:end], self._at + start)
            start = end + 1
        self._at += len(text)

    def take_open(self, line: str) -> None:
        """Look at a line that has not ended: it may be a long paragraph. It is taken in when it has."""
        if self._closing or self._column or self._lost:
            return
        if self._after and line.strip(" \t"):
            self._cut(Cut(self._at))
        if len(line) > LONGEST:
            self._cut_words(line, self._at)

    def _line(self, line: str, at: int) -> None:
        if len(line) > LONGEST and not self._column:
            self._cut_words(line, at)
        self._at_line = at
        kind = self._starts(line)
        if self._after and not self._blank:
            self._cut(Cut(at))
        self._row(line, at, begins=kind == "block")
        size = LONGEST if kind == "words" else SIZE
        if kind and self._begun and at - self._last >= size:
            self._cut(Cut(at, kind))
        self._begun = self._begun or not self._blank
        self._blank = self._blank or _HEADING.match(line) is not None

    def _cut(self, cut: Cut) -> None:
        self.cuts.append(cut)
        self._last = cut.at
        self._after = False

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

    def _row(self, line: str, at: int, *, begins: bool) -> None:
        """Follow a table whose every row starts with a bar, and cut it between rows."""
        if begins and _HEAD.fullmatch(line):
            self._table, self._rows = line + "\n", 0
        elif self._table and not self._rows and self._table.count("\n") == 1:
            same = _DELIMITERS.fullmatch(line) and line.count("|") == self._table.count("|")
            self._table = f"{self._table}{line}\n" if same else ""
        elif self._table and line.startswith("|"):
            if self._rows < _SAMPLE:
                self._table += line + "\n"
            elif at - self._last >= SIZE:
                self._cut(Cut(at, "rows", self._table))
            self._rows += 1
        else:
            self._table = ""

    def _cut_words(self, line: str, at: int) -> None:
        """Cut a long line of a paragraph before words that could be nothing else at the start of a text."""
        if not line[0].isalpha() or not (self._blank or self._words):
            return
        start = max(0, self._last - at)
        begin = start
        while (cut := next_cut(line, start)) is not None:
            start = cut[1]
            if start - begin >= LONGEST and cut[0] < start and line[start : start + 1].isalpha():
                self._cut(Cut(at + start, "words"))
                begin = start

    def _starts(self, line: str) -> str:
        """Note what a line says, and return what it is known to start, if anything."""
        text = line.lstrip(" \t")
        words, self._words = self._words, False
        if not text:
            self._blank = True
            return ""
        after_blank, self._blank = self._blank, False
        if line[0].isalpha():
            self._words = words or after_blank
            going_on = words and not after_blank and "|" not in line
            return self._text(after_blank=after_blank, indented=False) or ("words" if going_on else "")
        if _HEADING.match(line):  # nothing goes on before one that is not indented
            return self._text(after_blank=True, indented=False)
        if text == line and line[0] not in "`~-+*_0123456789":
            return self._text(after_blank=after_blank, indented=False)
        indent = len(line[: len(line) - len(text)].expandtabs(4))
        if _FENCE.match(line):
            if not self._column or indent < self._column:
                return self._fence(text, indented=indent > 0)
            self._lost = not self._sure
            return ""
        if indent >= (self._column or 4) or indent >= 4:
            self._sure = self._sure and indent >= self._column
            return ""
        marker = None if _RULE.match(line) else _MARKER.match(line)
        if marker is None:
            return self._text(after_blank=after_blank, indented=indent > 0)
        return self._item(marker, line, after_blank=after_blank)

    def _text(self, *, after_blank: bool, indented: bool) -> str:
        if after_blank:
            self._column, self._sure = 0, True
        elif self._column:
            self._sure = False  # either the end of the list, or one more line of a paragraph in it
        return "block" if after_blank and not indented else ""

    def _fence(self, text: str, *, indented: bool) -> str:
        self._closing = Closing(text)
        self._opening, self._due = "" if indented else text, -1
        self._origin = self._at_line + len(text) + 1
        self._column, self._sure = 0, True
        return "" if indented else "block"

    def _item(self, marker: re.Match[str], line: str, *, after_blank: bool) -> str:
        """Note an item of a list, and return what starts with it, if it is known."""
        indent, sign, number, space = marker.groups()
        same = bool(self._column) and self._sign == sign[-1]
        # A number other than 1, or a sign alone, may be a part of the paragraph before.
        sure = space is not None and (after_blank or same or number in {None, "1"})
        known = self._sure or not self._column
        begins = after_blank and not self._column
        if not same:
            self._number = int(number or 0)
        elif not known:
            self._number = -1
        alike = same and (known or after_blank) and (number is None or int(number) == self._number)
        self._number += self._number >= 0
        self._sign = sign[-1]
        self._sure = sure and (after_blank or known)
        first = len(indent) + len(sign)
        column = len(line[: marker.end()].expandtabs(4)) if space else first + 1
        self._column = column if column <= first + 4 else first + 1
        if indent or not sure or not (begins or alike):
            return ""
        return "block" if after_blank else "item"


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
