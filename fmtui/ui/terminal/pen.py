"""Writing at a place in a look, with the fewest bytes that get there from the last place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

from fmtui.ui.terminal.looks import Look, Looks

_SWAP, _SWAP_BACK = "\x1b[7m", "\x1b[27m"
_STEPS_BACK = 3
"""Columns by which going back step by step takes no more bytes than any other way."""


class Kind(IntEnum):
    """What is done at a place."""

    ERASE_REST = 0
    """Blank the row from here to its end."""
    ERASE = 1
    """Blank some columns."""
    TEXT = 2
    UNSURE = 3
    """Text of which terminals may disagree how wide it is."""


class Stroke(NamedTuple):  # of `typing`, as hundreds are made for a frame
    """One thing to do at one place."""

    y: int
    x: int
    kind: Kind
    look: Look
    text: str
    """Empty where something is erased."""
    width: int
    """Columns it takes."""


class Pen:
    """Where the cursor of the terminal stands and how it writes, as far as is known, and what it is told."""

    def __init__(self, looks: Looks, height: int, width: int) -> None:
        self._looks = looks
        self._height = height
        self._width = width
        self._out: list[str] = []
        self.y: int | None = None
        self.x: int | None = None
        self.look: Look | None = None
        self._swapped: Look | None = None
        """The look that was set before its colours were swapped, which made it the present one."""

    def copy(self) -> Pen:
        """Return a pen at the same place that has written nothing."""
        other = Pen(self._looks, self._height, self._width)
        other.y, other.x, other.look, other._swapped = self.y, self.x, self.look, self._swapped
        return other

    def lift(self) -> str:
        """Return what was written since the last time."""
        text = "".join(self._out)
        self._out.clear()
        return text

    def move(self, y: int, x: int) -> None:
        """Put the cursor at a row and column, both from 0."""
        if y == self.y:
            if x == self.x:
                return
            way = self._along(x)
        else:
            way = f"\x1b[{y + 1 if y else ''}{f';{x + 1}' if x else ''}H"
            if self.y is not None:
                way = min((way, *self._across(self.y, y, x)), key=cost)
        self._out.append(way)
        self.y, self.x = y, x

    def _along(self, x: int) -> str:
        """Return the shortest way within a row."""
        if x == 0:
            return "\r"
        way = f"\x1b[{x + 1}G"
        if self.x is None:
            return way
        if 0 < self.x - x <= _STEPS_BACK:
            return "\b" * (self.x - x)
        step = _by(x - self.x, "C", "D")
        return step if len(step) < len(way) else way

    def _across(self, before: int, y: int, x: int) -> Iterator[str]:
        """Yield ways from another row that are shorter than naming the place, where there are any."""
        if y == before + 1 and x == 0:
            yield "\r\n"  # not the last row, so nothing scrolls
        if self.x is None:
            return
        if self.x == x:
            yield _by(y - before, "B", "A")
            yield f"\x1b[{y + 1}d"
        elif 0 < self.x - x <= _STEPS_BACK:
            yield "\b" * (self.x - x) + _by(y - before, "B", "A")

    def dress(self, look: Look, *, for_blanks: bool = False, erases: bool = False) -> None:
        """Write in a look from now on.

        Args:
            look: the look.
            for_blanks: whether only its background is going to be seen.
            erases: whether what is written next is no text: terminals disagree what erasing does
                while colours are swapped.
        """
        current, swapped = self.look, self._swapped
        if current is None:
            self._set(self._looks.change(None, look), look)
            return
        if swapped is not None:
            if not erases and self._looks.swapped(swapped, look, for_blanks=for_blanks):
                self.look = look
                return
            step = self._looks.change(swapped, look)
            anew = step if step.startswith("\x1b[0;") or step == "\x1b[m" else _SWAP_BACK + step
            self._set(anew, look)
        elif current is look or (for_blanks and current.plain and current.blank is look):
            return
        elif not erases and self._looks.swapped(current, look, for_blanks=for_blanks):
            self._set(_SWAP, look)
            self._swapped = current
        else:
            if for_blanks and look.plain and current.plain and not self._looks.afresh:
                # What is not seen there stays as it is: text in it mostly follows.
                look = self._looks.made(current.attributes, current.fore, look.back)
            self._set(self._looks.change(current, look), look)

    def _set(self, codes: str, look: Look) -> None:
        self._out.append(codes)
        self.look, self._swapped = look, None

    def draw(self, strokes: Iterable[Stroke]) -> None:
        """Do what the strokes say, in their order."""
        out = self._out
        for y, x, kind, look, text, width in strokes:
            if kind is Kind.UNSURE:
                self._draw_unsure(y, x, look, text, width)
                continue
            if y != self.y or x != self.x:
                self.move(y, x)
            if look is not self.look or self._swapped is not None:
                erases = kind is not Kind.TEXT
                self.dress(look, for_blanks=erases or not text.strip(" "), erases=erases)
            if kind is Kind.TEXT:
                out.append(text)
                # Behind the last column some terminals stay on it and some do not.
                self.x = x + width if x + width < self._width else None
            elif kind is Kind.ERASE:
                out.append(f"\x1b[{width}X")
            else:
                out.append("\x1b[K")

    def _draw_unsure(self, y: int, x: int, look: Look, text: str, width: int) -> None:
        """Write text that may turn out narrower or wider, onto blanks; the cursor is lost then."""
        self.move(y, x)
        self.dress(look)
        self._out.append(" " * width)
        self.x = None
        self.move(y, x)
        self._out.append(text)
        self.x = self.y = None

    def scroll(self, top: int, stop: int, lines: int) -> None:
        """Move rows from `top` to before `stop` up by some lines, or down if negative."""
        if self.look is not None and (self._swapped is not None or not self.look.plain):
            self.dress(self._looks.default)  # the rows that come in are blank in the look that is set
        whole = top == 0 and stop == self._height
        if not whole:
            self._out.append(f"\x1b[{top + 1};{stop}r")
            self.y = self.x = 0
        if lines > 0:
            self.move(stop - 1, 0)
            self._out.append("\n" * lines)
        else:
            self.move(top, 0)
            self._out.append("\x1bM" * -lines)
        if not whole:
            self._out.append("\x1b[r")
            self.y = self.x = None  # most terminals put the cursor home, some do not


def cost(text: str) -> int:
    """Return the bytes that a text is on the wire, where a line feed gets a carriage return before it."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return size + text.count("\n")


def _by(steps: int, forth: str, back: str) -> str:
    """Return how the cursor moves by some steps, one way or the other."""
    number = abs(steps)
    return f"\x1b[{number if number > 1 else ''}{forth if steps > 0 else back}"
