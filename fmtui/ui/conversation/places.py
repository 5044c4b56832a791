"""Places in a conversation, and ways between them that render no more than they pass."""

from __future__ import annotations

from typing import NamedTuple

from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.lines import Line, style_of
from fmtui.ui.conversation.styles import DECORATION


class Position(NamedTuple):
    """A line of the conversation; one past the last line of the last turn is its end."""

    turn: int
    line: int


class Place(NamedTuple):
    """A place in the text of a turn, which stays when the text is wrapped anew."""

    turn: int
    characters: int
    """How many characters that count come before it."""
    blanks: int
    """How many lines without such characters come right before it."""


START = Position(0, 0)


def end_of(entries: Entries) -> Position:
    """Return the end of the last turn: a place in that turn, as it may grow."""
    last = len(entries) - 1
    return Position(last, entries.height(last)) if last >= 0 and entries.width else START


def last_top(entries: Entries, need: int) -> Position:
    """Return the line from which on there are `need` lines, the first when there are fewer."""
    for turn in range(len(entries) - 1, -1, -1):
        height = entries.height(turn)
        if height >= need:
            return Position(turn, height - need)
        need -= height
    return START


def moved(entries: Entries, start: Position, count: int) -> Position:
    """Return the line `count` lines further on, back for a negative number; never past either end."""
    turn, line = start
    line += count
    while line < 0:
        if turn == 0:
            return START
        turn -= 1
        line += entries.height(turn)
    while turn < len(entries):
        height = entries.height(turn)
        if line < height:
            return Position(turn, line)
        line -= height
        turn += 1
    return Position(turn, 0)


def place_of(entries: Entries, position: Position) -> Place:
    """Return the place in the text where a line starts."""
    if position.turn >= len(entries):
        return Place(position.turn, 0, 0)
    characters = blanks = 0
    for line in entries.window(position.turn, 0, position.line):
        inside = _characters(line)
        characters += inside
        blanks = 0 if inside else blanks + 1
    return Place(position.turn, characters, blanks)


def line_at(entries: Entries, place: Place) -> Position:
    """Return the line that holds a place in the text."""
    if place.turn >= len(entries):
        return Position(place.turn, 0)
    height = entries.height(place.turn)
    before = 0
    for number, line in enumerate(entries.window(place.turn, 0, height)):
        if before == place.characters:
            return Position(place.turn, min(number + place.blanks, height))
        before += _characters(line)
        if before > place.characters:
            return Position(place.turn, number)
    return Position(place.turn, height)


def _characters(line: Line) -> int:
    """Count what wrapping anew keeps: neither spaces nor what is drawn around the text."""
    return sum(len(text) - text.count(" ") for text, style in line if style_of(style) not in DECORATION)
