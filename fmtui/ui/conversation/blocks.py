"""The blocks of a conversation: paragraphs, items, code, tables, headings, as units to be taken."""

from __future__ import annotations

from typing import NamedTuple

from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.places import Position, moved


class BlockSpan(NamedTuple):
    """One block."""

    start: Position
    """Its first line."""
    stop: Position
    """The line after its last."""
    source: str
    """What it was made from, as it came."""


def block_at(entries: Entries, position: Position) -> BlockSpan | None:
    """Return the block that holds a line, or the next one; the last when none follows, None without any."""
    found = _next(entries, position) or _previous(entries, position)
    return None if found is None else _span(entries, found)


def block_from(entries: Entries, position: Position, count: int) -> Position:
    """Return the start of the `count`-th block after a line, before it for a negative number.

    The start of the block that holds the line counts as before it, unless it is the line. Where
    there are fewer blocks it is the last one, and the position itself when there is none.
    """
    for _ in range(abs(count)):
        if count > 0:
            here = _next(entries, position)
            if here is not None and _start(here, entries) <= position:
                here = _next(entries, _stop(here, entries))
            if here is None or _start(here, entries) <= position:
                break
        else:
            here = _previous(entries, position)
            if here is None:
                break
        position = _start(here, entries)
    return position


_Found = tuple[int, int, int]
"""Turn, part and number of a block in it."""


def _next(entries: Entries, position: Position) -> _Found | None:
    """Return the block that holds a line, or the next one."""
    turn, part, line = moved(entries, position, 0)
    while turn < len(entries):
        for number, block in enumerate(entries.blocks(turn, part)):
            if block.stop > line:
                return turn, part, number
        (turn, part), line = entries.after(turn, part), 0
    return None


def _previous(entries: Entries, position: Position) -> _Found | None:
    """Return the last block that starts before a line."""
    turn, part, line = moved(entries, position, 0)
    if turn < len(entries):
        starts = [block.start for block in entries.blocks(turn, part) if block.start < line]
        if starts:
            return turn, part, len(starts) - 1
    before = entries.before(turn, part)
    while before is not None:
        count = len(entries.blocks(*before))
        if count:
            return *before, count - 1
        before = entries.before(*before)
    return None


def _start(found: _Found, entries: Entries) -> Position:
    turn, part, number = found
    return Position(turn, part, entries.blocks(turn, part)[number].start)


def _stop(found: _Found, entries: Entries) -> Position:
    turn, part, number = found
    return Position(turn, part, entries.blocks(turn, part)[number].stop)


def _span(entries: Entries, found: _Found) -> BlockSpan:
    turn, part, number = found
    block = entries.blocks(turn, part)[number]
    return BlockSpan(Position(turn, part, block.start), Position(turn, part, block.stop), block.source)
