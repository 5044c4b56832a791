"""Places in a conversation, and ways between them that draw no more than they pass."""

from __future__ import annotations

from typing import NamedTuple  # which makes its tuples sooner: several for each frame

from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.lines import Line, style_of
from fmtui.ui.conversation.styles import DECORATION


class Position(NamedTuple):
    """A line of the conversation; one past the last line of the last turn is its end.

    Positions are in the order of what they stand for. Where the next line is, only
    `moved` knows.
    """

    turn: int
    part: int
    """The key of a part of the turn; its first has 0."""
    line: int
    """The line of the part."""


class Place(NamedTuple):
    """A place in the text of a turn, which stays when the text is wrapped anew."""

    turn: int
    part: int
    characters: int
    """How many characters of the part that count come before it."""
    blanks: int
    """How many lines without such characters come right before it."""


class Unseen(NamedTuple):
    """Lines at the end that have not been on the screen."""

    lines: int = 0
    about: bool = False
    """Whether their number is a guess, as it is after a resize until they were drawn."""


START = Position(0, 0, 0)


def start_of(turn: int) -> Position:
    """Return the first line of a turn."""
    return Position(turn, 0, 0)


def end_of(entries: Entries) -> Position:
    """Return the end of the last turn: a place in that turn, as it may grow."""
    turn = len(entries) - 1
    if turn < 0 or not entries.width:
        return START
    part = entries.last(turn)
    return Position(turn, part, entries.height(turn, part))


def last_top(entries: Entries, need: int) -> Position:
    """Return the line from which on there are `need` lines, the first when there are fewer."""
    at = entries.before(len(entries), 0)
    while at is not None:
        height = entries.height(*at)
        if height >= need:
            return Position(*at, height - need)
        need -= height
        at = entries.before(*at)
    return START


def moved(entries: Entries, start: Position, count: int) -> Position:
    """Return the line `count` lines further on, back for a negative number; never past either end."""
    turn, part, line = start
    line += count
    while line < 0:
        before = entries.before(turn, part)
        if before is None:
            return START
        turn, part = before
        line += entries.height(turn, part)
    while turn < len(entries):
        height = entries.height(turn, part)
        if line < height:
            return Position(turn, part, line)
        line -= height
        turn, part = entries.after(turn, part)
    return start_of(turn)


def within(entries: Entries, position: Position) -> Position:
    """Return a position in a turn whose parts have changed: the same line, in the part that it is in now."""
    turn, part, line = position
    if turn >= len(entries):
        return position
    if (nearest := entries.nearest(turn, part)) != part:  # folded into the line that stands for it
        part, line = nearest, 0
    while line >= (height := entries.height(turn, part)):
        after = entries.after(turn, part)
        if after[0] != turn:
            return Position(turn, part, line)
        part, line = after[1], line - height
    return Position(turn, part, line)


def lines_before(entries: Entries, position: Position) -> int:
    """Return about how many lines come before a position: exactly, where all of them were drawn."""
    turn, part, line = position
    above = entries.heights.before(turn) + line
    if not part or turn >= len(entries):
        return above
    section = entries.section(turn)
    return above + sum(section.heights[: section.place(part)])


def unseen_from(entries: Entries, position: Position) -> Unseen:
    """Return how many lines there are from a position on to the end."""
    lines = max(0, entries.heights.total - lines_before(entries, position))
    return Unseen(lines, about=bool(lines) and not _are_measured(entries, position))


def _are_measured(entries: Entries, position: Position) -> bool:
    """Whether it is known how many lines each part has from the one that holds a position on."""
    for turn in range(position.turn, len(entries)):
        section = entries.known(turn)
        if section is None:
            return False
        first = section.place(position.part) if turn == position.turn else 0
        if not all(section.measured[first:]):
            return False
    return True


def lines_from(entries: Entries, position: Position, most: int) -> tuple[list[Line], Position]:
    """Return up to so many lines from a position on, and where the next one is."""
    rows: list[Line] = []
    turn, part, line = position
    while turn < len(entries) and len(rows) < most:
        lines = entries.window(turn, part, line, line + most - len(rows))
        rows += lines
        line += len(lines)
        if len(rows) < most:
            (turn, part), line = entries.after(turn, part), 0
    # The end is a line of the last turn, as that turn may grow.
    return rows, end_of(entries) if turn == len(entries) else Position(turn, part, line)


def thumb_of(entries: Entries, top: Position, height: int) -> tuple[int, int]:
    """Return the first row of a scroll bar's thumb and how many rows it has: none when all is shown."""
    total = entries.heights.total
    if total <= height:
        return 0, 0
    size = max(1, height * height // total)
    above = lines_before(entries, top)
    first = round((height - size) * min(1.0, above / (total - height)))
    if first == 0 and top != START and height > size:
        first = 1  # only the start may look like the start
    return first, size


def place_of(entries: Entries, position: Position) -> Place:
    """Return the place in the text where a line starts."""
    if position.turn >= len(entries):
        return Place(position.turn, 0, 0, 0)
    turn, part, line = within(entries, position)
    characters = blanks = 0
    for said in entries.window(turn, part, 0, line):
        inside = _characters(said)
        characters += inside
        blanks = 0 if inside else blanks + 1
    return Place(turn, part, characters, blanks)


def line_at(entries: Entries, place: Place) -> Position:
    """Return the line that holds a place in the text."""
    turn, part, characters, blanks = place
    if turn >= len(entries):
        return start_of(turn)
    while True:
        height = entries.height(turn, part)
        before = 0
        for number, line in enumerate(entries.window(turn, part, 0, height)):
            if before == characters:
                return Position(turn, part, min(number + blanks, height))
            before += _characters(line)
            if before > characters:
                return Position(turn, part, number)
        after = entries.after(turn, part)
        if before == characters or after[0] != turn:
            return Position(turn, part, height)
        part, characters = after[1], characters - before  # it was a part of a longer one


def _characters(line: Line) -> int:
    """Count what wrapping anew keeps: neither spaces nor what is drawn around the text."""
    return sum(len(text) - text.count(" ") for text, style in line if style_of(style) not in DECORATION)
