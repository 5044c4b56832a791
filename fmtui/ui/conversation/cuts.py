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

SIZE = 1_500
"""Characters from which on a piece ends at the next place where it may."""
LONGEST = 8_000
"""Characters after which a line of plain text is broken at a space, wherever that is."""
_UNBROKEN = 8_200
"""Characters after which it is broken anywhere."""

EDGES = " \t\n"
"""Characters of which lines are empty."""

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_MARKER = re.compile(r"( {0,3})([-+*]|(\d{1,9})[.)])(?:([ \t]+)(?=[^ \t])|[ \t]*$)")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_JOINER = "\u200d"


class Cutter:
    """Cuts a markdown text that comes in parts.

    It follows whether a line is inside a fence, and whether a list is open: only an
    unindented line after an empty one, outside of both, is known to start a block.
    """

    def __init__(self) -> None:
        self.cuts: list[int] = []
        """Where pieces start; the first starts at 0, which is not named."""
        self._at = 0
        self._last = 0
        self._begun = False  # whether anything but empty lines has come
        self._closing: re.Pattern[str] | None = None  # ends the fence that is open
        self._blank = True  # whether the line before was empty
        self._column = 0  # where the text of the latest item of the open list starts; 0 without a list
        self._sure = True  # whether that list is known to be open
        self._lost = False  # whether it is not known what the lines are inside of

    def take(self, text: str) -> None:
        """Take in whole lines, which end with line feeds and nothing else."""
        start = 0
        while start < len(text) and not self._lost:
            if self._closing is not None:
                found = self._closing.search(text, start)
                if found is None:
                    break
                self._closing, self._blank = None, False
                start = found.end() + 1
                continue
            end = text.find("\n", start)
            line = text[start:end]
            if self._starts(line) and self._begun and self._at + start - self._last >= SIZE:
                self._last = self._at + start
                self.cuts.append(self._last)
            self._begun = self._begun or not self._blank
            start = end + 1
        self._at += len(text)

    def _starts(self, line: str) -> bool:
        """Note what a line says, and return whether it is known to start a block."""
        text = line.lstrip(" \t")
        if not text:
            self._blank = True
            return False
        after_blank, self._blank = self._blank, False
        if line[0].isalpha() or (text == line and line[0] not in "`~-+*_0123456789"):
            return self._words(after_blank=after_blank, indented=False)
        indent = len(line[: len(line) - len(text)].expandtabs(4))
        if _FENCE.match(line):
            if not self._column or indent < self._column:
                return self._fence(text, after_blank=after_blank, indented=indent > 0)
            self._lost = not self._sure
            return False
        if indent >= (self._column or 4) or indent >= 4:
            return False
        marker = None if _RULE.match(line) else _MARKER.match(line)
        if marker is None:
            return self._words(after_blank=after_blank, indented=indent > 0)
        return self._item(marker, line, after_blank=after_blank)

    def _words(self, *, after_blank: bool, indented: bool) -> bool:
        if after_blank:
            self._column, self._sure = 0, True
        elif self._column:
            self._sure = False  # either the end of the list, or one more line of a paragraph in it
        return after_blank and not indented

    def _fence(self, text: str, *, after_blank: bool, indented: bool) -> bool:
        sign = text[0]
        count = len(text) - len(text.lstrip(sign))
        self._closing = re.compile(rf"^ {{0,3}}{re.escape(sign)}{{{count},}}[ \t]*$", re.MULTILINE)
        self._column, self._sure = 0, True
        return after_blank and not indented

    def _item(self, marker: re.Match[str], line: str, *, after_blank: bool) -> bool:
        """Note an item of a list, and return whether the list starts with it."""
        indent, sign, number, space = marker.groups()
        begins = after_blank and not self._column and not indent
        # A number other than 1, or a sign alone, may be a part of the paragraph before.
        sure = space is not None and (after_blank or bool(self._column) or number in {None, "1"})
        self._sure = sure and (after_blank or self._sure or not self._column)
        first = len(indent) + len(sign)
        column = len(line[: marker.end()].expandtabs(4)) if space else first + 1
        self._column = column if column <= first + 4 else first + 1
        return begins


def plain_cut(text: str, start: int, stop: int) -> int | None:
    """Return where the piece of a plain text ends that starts at `start`; None when that is after `stop`.

    It ends after a line. Only where a single line is far longer than a screen does it end
    inside one: so long a line is no line to its reader, and one that ends early among a
    hundred full ones is not seen.
    """
    limit = min(stop, start + LONGEST)
    found = text.find("\n", start + SIZE - 1, limit)
    if found >= 0:
        return found + 1 if found + 1 < stop else None
    if stop - start <= _UNBROKEN:
        return None
    space = text.rfind(" ", start + SIZE, limit)
    if space >= 0:
        return space + 1
    end = start + LONGEST
    while end < start + _UNBROKEN and _joins(text, end):
        end += 1
    return end


def _joins(text: str, at: int) -> bool:
    """Whether a character belongs to the one before."""
    return text[at - 1] == _JOINER or not get_character_cell_size(text[at])


def edges(text: str) -> tuple[int, int]:
    """Return where the lines of a text that are not empty start and end."""
    stop = len(text.rstrip(EDGES))
    first = len(text) - len(text.lstrip(EDGES))
    return (text.rfind("\n", 0, first) + 1, stop) if first < stop else (0, 0)
