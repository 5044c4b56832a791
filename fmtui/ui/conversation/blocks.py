"""The blocks of a conversation: paragraphs, items, code, tables, headings, as units to be taken."""

from __future__ import annotations

from fmtui.core.record import NamedTuple
from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.places import Position, moved
from fmtui.ui.conversation.sections import Block


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


def source_between(entries: Entries, start: Position, stop: Position, most: int) -> str | None:
    """Return what the blocks between two lines, whole ones, were made from; None for more than `most`."""
    parts: list[str] = []
    block = block_at(entries, start)
    while block is not None and block.start <= stop and block.stop > start:
        parts.append(block.source)
        following = block_from(entries, block.start, 1)
        if following <= block.start:
            break
        # Items of one list follow each other without an empty line, blocks do not.
        parts.append("\n" if following == moved(entries, block.stop, 0) else "\n\n")
        if len(parts) > most:
            return None
        block = block_at(entries, following)
    return "".join(parts).strip("\n")


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


def _count(entries: Entries, turn: int, key: int) -> int:
    """Return how many blocks a part has, a piece of one included; draws it only if that is not known."""
    return 1 if entries.part(turn, key).alone else len(entries.blocks(turn, key))


def _first(found: _Found, entries: Entries) -> _Found:
    """Return the first piece of a block that was cut."""
    turn, key, number = found
    while not number and entries.part(turn, key).joins:
        before = entries.before(turn, key)
        if before is None:
            break
        key = before[1]
        number = max(0, _count(entries, turn, key) - 1)
    return turn, key, number


def _last(found: _Found, entries: Entries) -> _Found:
    """Return the last piece of a block that was cut."""
    turn, key, number = found
    while number + 1 >= _count(entries, turn, key):
        after = entries.after(turn, key)
        if after[0] != turn or not entries.part(*after).joins:
            break
        key, number = after[1], 0
    return turn, key, number


def _block(entries: Entries, found: _Found) -> Block:
    turn, key, number = found
    blocks = entries.blocks(turn, key)
    return blocks[number] if blocks else Block(0, 0, "")  # the end of a fence alone


def _start(found: _Found, entries: Entries) -> Position:
    first = _first(found, entries)
    return Position(*first[:2], _block(entries, first).start)


def _stop(found: _Found, entries: Entries) -> Position:
    last = _last(found, entries)
    return Position(*last[:2], _block(entries, last).stop)


def _span(entries: Entries, found: _Found) -> BlockSpan:
    return BlockSpan(_start(found, entries), _stop(found, entries), _source(entries, found))


def _source(entries: Entries, found: _Found) -> str:
    """Return what a block was made from, all its pieces."""
    first, last = _first(found, entries), _last(found, entries)
    source = _block(entries, first).source
    if first == last:
        return source
    turn, key, _ = first
    text = entries.part(turn, key).source
    sources = [text[max(0, text.rfind(source)) :]]
    while (key := entries.after(turn, key)[1]) != last[1]:
        sources.append(entries.part(turn, key).source)
    text, source = entries.part(turn, key).source, _block(entries, last).source
    sources.append(text[: text.find(source) + len(source)] if source else text.rstrip())
    return "".join(sources)
