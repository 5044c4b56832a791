"""Finds the turns of a session file as bytes, so that opening a long one parses almost nothing.

What our writer wrote is recognised by its shape and not parsed. Anything else, such as
what a person changed by hand, is parsed at once; `thorough` parses every turn. Pure: a
damaged file is described by the result, never raised, and nothing is cut off here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from fmtui.core.session_file import BrokenError, block, tables, tables_of, turn_from, turn_tables
from fmtui.core.session_head import Head, head_bytes, head_from

BOM = b"\xef\xbb\xbf"
JOINS = 64
"""Most pieces that are tried together, for texts into which a person put header lines."""
JOINED_BYTES = 1_000_000
SALVAGE_TRIES = 16
"""Most ends of texts that are tried in a broken piece; a turn of ours has two or three."""

_HEADER = re.compile(rb"""\[\[[ \t]*(?:turns|"turns"|'turns')[ \t]*\]\]""")
# The parent follows the id; a turn without one is only believed to have none when all of
# its keys are seen to be others, as in a prompt of ours.
_OURS = re.compile(
    rb'\[\[turns\]\]\r?\nid = "([\w.:-]+)"\r?\n'
    rb'(?:parent = "([\w.:-]+)"\r?\n|role = "user"\r?\ncreated = [^\r\n]*\r?\ntext = )'
)
# Every line that may be a header, with id and parent where it is one of ours. One pass over the
# file with one pattern is what opening a long session costs.
_LIKE_OURS = re.compile(rb"\n\[\[(?:" + _OURS.pattern[4:].replace(rb"\r?\n", rb"\n") + rb")?")
# Behind another turn: a text ends in a quote, so another ending is a slip of someone's hand.
_NEXT = re.compile(_LIKE_OURS.pattern.replace(rb"(?:", rb'(?:(?<="\n\n\[\[)', 1))
_TEXT = b'\ntext = """'
_AROUND = len(b'\ntext = """\n"""\n\n')
_TEXT_END = re.compile(rb'"""\r?\n')


@dataclass(slots=True)
class Entry:
    """Where one turn is."""

    id: str
    parent: str
    start: int
    """First byte of the piece of the file that holds it; -1 while it is in memory alone."""
    end: int
    nth: int = 0
    """Which of the turns of that piece it is; a piece mostly has one."""
    weight: int = field(default=0, compare=False)
    """About how many characters its text has: its bytes, as far as they were looked at."""


@dataclass(slots=True)
class Scan:
    """What a session file holds."""

    head: Head
    entries: list[Entry]
    first: int
    """Where the head ends."""
    end: int
    """Bytes up to here are good."""
    trouble: str = ""
    """What is wrong, for people; empty when nothing is."""
    mended: list[bytes] = field(default_factory=list)
    """The pieces of the file as it should be written, when something is wrong."""


@dataclass(slots=True)
class _Blocks:
    entries: list[Entry] = field(default_factory=list)
    end: int = 0
    reason: str = ""


def scan(data: bytes, session_id: str, *, thorough: bool = False) -> Scan:
    """Return what the bytes of a session file hold.

    Args:
        data: the whole file.
        session_id: the id that its name says.
        thorough: parse every turn, not only those that look odd.
    """
    base = len(BOM) if data.startswith(BOM) else 0
    ours = [] if thorough else _all_ours(data, base)
    starts = [entry.start for entry in ours] or _starts(data, base)
    first = starts[0] if starts else len(data)
    head, head_trouble = head_from(data[base:first], session_id)
    in_head = [] if head_trouble else tables_of(head.table)
    entries: list[Entry] = []
    for nth, table in enumerate(in_head):
        entries.append(_entry(table, nth, base, first, nth, entries[-1].id if entries else ""))
    # The last may be cut: it is always parsed.
    found = scan_blocks(data, starts, entries, thorough=thorough, known=ours[:-1])
    result = Scan(head, found.entries, first, found.end)
    if found.reason:
        row = data.count(b"\n", 0, found.end) + 1
        result.trouble = f"The file of this session is damaged from line {row} on ({found.reason})."
    new_head = data[base:first]
    if head_trouble:
        result.trouble = f"{result.trouble} Its head is damaged ({head_trouble}).".strip()
        new_head = head_bytes(head)
    elif "turns" in head.table and not _can_follow(data[base:first]):
        result.trouble = result.trouble or "Its turns are written in a form that nothing can be added to."
        new_head = head_bytes(head) + b"".join(
            block(turn_from(table, entry.id, entry.parent))
            for table, entry in zip(in_head, entries, strict=False)
        )
    if result.trouble:
        result.mended = [new_head, data[first : max(first, found.end)]]
    return result


def scan_added(data: bytes, shift: int, before: list[Entry]) -> tuple[list[Entry], int]:
    """Return the whole turns at the beginning of bytes that were added to a file, and where they end.

    Args:
        data: the bytes from `shift` on.
        shift: where in the file they begin.
        before: the turns before them.
    """
    found = scan_blocks(data, _starts(data, 0), [], thorough=True, before=before)
    for entry in found.entries:
        entry.start += shift
        entry.end += shift
    return found.entries, shift + (found.end if found.entries else 0)


def scan_blocks(
    data: bytes,
    starts: list[int],
    entries: list[Entry],
    *,
    thorough: bool,
    before: Sequence[Entry] = (),
    known: Sequence[Entry] = (),
) -> _Blocks:
    """Return the turns of the blocks that begin at `starts`, up to the first broken one.

    Args:
        data: what holds them.
        starts: where they begin.
        entries: turns that come first in the result.
        thorough: parse every turn.
        before: turns before all of these.
        known: those of the first blocks, as far as they need no look.
    """
    found = _Blocks([*entries, *known], len(data))
    edges = [*starts, len(data)]
    last = len(starts) - 1
    k = len(known)
    while k <= last:
        start, end = edges[k], edges[k + 1]
        if not thorough and k < last:
            ours = _OURS.match(data, start)
            # A text ends in a quote, so another ending is a slip of someone's hand.
            if ours is not None and data[max(start, end - 8) : end].rstrip().endswith(b'"'):
                turn_id, parent = ours[1].decode(), (ours[2] or b"").decode()
                found.entries.append(Entry(turn_id, parent, start, end, weight=_weight(data, start, end)))
                k += 1
                continue
        end, inside, reason = _read(data, edges, k, joining=thorough)
        if (
            reason
            and not thorough
            and not (k == last and k and not _read(data, edges, k - 1, joining=False)[2])
        ):
            # Somewhere before, the pieces may be cut at a wrong place: look at all of them.
            return scan_blocks(data, starts, entries, thorough=True, before=before)
        for nth, table in enumerate(inside):
            earlier = found.entries or before
            last_id = earlier[-1].id if earlier else ""
            found.entries.append(_entry(table, nth, start, end, len(before) + len(found.entries), last_id))
        if reason:
            found.end = end
            found.reason = reason
            break
        k = edges.index(end, k + 1)
    return found


def _read(data: bytes, edges: list[int], k: int, *, joining: bool) -> tuple[int, list[dict[str, Any]], str]:
    """Return up to where the piece from edge `k` on is good, its tables, and what is wrong or nothing."""
    start = edges[k]
    reason = ""
    for end in edges[k + 1 : k + 1 + (JOINS if joining else 1)]:
        if reason and end - start > JOINED_BYTES:
            break
        piece = data[start:end]
        try:
            inside = turn_tables(piece)
        except BrokenError as error:
            reason = reason or str(error)
            continue
        if end == len(data) and _is_torn(piece, inside[-1]):
            return start, [], "the last turn is incomplete"
        return end, inside, ""
    return *_salvaged(data, start, edges[k + 1]), reason


def _salvaged(data: bytes, start: int, end: int) -> tuple[int, list[dict[str, Any]]]:
    """Return the turn at the beginning of a broken piece, if it is whole, and where it ends.

    The header of the next turn may be what was cut or damaged, and then it looks like a part of this one.
    """
    for match in islice(_TEXT_END.finditer(data, start, end), SALVAGE_TRIES):
        try:
            inside = turn_tables(data[start : match.end()])
        except BrokenError:
            continue
        if "text" in inside[-1]:
            return match.end(), inside
    return start, []


def _is_torn(piece: bytes, table: dict[str, Any]) -> bool:
    """Return whether the last piece of a file was cut though it can be read.

    Its text comes last and is closed by three quotes. An editor may leave out the line
    break behind them; an empty text without one is the beginning of three quotes.
    """
    if "text" not in table:
        return True
    return not piece.endswith(b"\n") and not (table["text"] and piece.endswith((b'"', b"'")))


def _starts(data: bytes, base: int) -> list[int]:
    """Return where lines begin that look like the header of a turn."""
    starts = [base] if _HEADER.match(data, base) else []
    find, match, ours = data.find, _HEADER.match, data.startswith
    at = find(b"\n[[", base)
    while at >= 0:
        if ours(b"[[turns]]", at + 1) or match(data, at + 1):
            starts.append(at + 1)
        at = find(b"\n[[", at + 3)
    return starts


def _all_ours(data: bytes, base: int) -> list[Entry]:
    """Return all turns of a file that our writer left as it is; nothing of any other file."""
    if _HEADER.match(data, base):
        return []
    first = _LIKE_OURS.search(data, base)
    if first is None or first[1] is None:
        return []
    entries: list[Entry] = []
    find, add = data.find, entries.append
    start, name, above = first.start() + 1, *first.groups()
    turn_id, parent = name.decode(), above.decode() if above else ""
    # Each step is taken for every turn: this is what opening costs.
    for match in _NEXT.finditer(data, first.end()):
        name_of_next, above = match.groups()
        if name_of_next is None:
            return []
        end = match.start() + 1
        text = find(_TEXT, start, end)
        add(Entry(turn_id, parent, start, end, 0, end - (text + _AROUND if text >= 0 else start)))
        # Mostly it follows the turn before, whose id needs no second decoding.
        parent = turn_id if above == name else above.decode() if above else ""
        start, name, turn_id = end, name_of_next, name_of_next.decode()
    add(Entry(turn_id, parent, start, len(data)))
    return entries


def _weight(data: bytes, start: int, end: int) -> int:
    """Return how many bytes the text of a turn has that our writer wrote.

    Three quotes are never in a text as they are, so that nothing else looks like its beginning.
    """
    at = data.find(_TEXT, start, end)
    return max(0, end - at - _AROUND) if at >= 0 else end - start


def holds(piece: bytes, entries: Sequence[Entry], count: int, last: str) -> bool:
    """Return whether a piece of the file, from its header on, holds these turns when it is parsed.

    Args:
        piece: its bytes.
        entries: the turns that a quick look found in it.
        count: how many turns are before it.
        last: the id of the last of those.
    """
    if _starts(piece, 0) != [0]:
        return False
    try:
        inside = turn_tables(piece)
    except BrokenError:
        return False
    start, end = entries[0].start, entries[0].end
    found: list[Entry] = []
    for nth, table in enumerate(inside):
        found.append(_entry(table, nth, start, end, count + nth, found[-1].id if found else last))
    return found == entries


def _entry(table: dict[str, Any], nth: int, start: int, end: int, count: int, last: str) -> Entry:
    """Return the entry of a parsed turn that has `count` turns before it, the last of that id.

    A turn without an id was written by a person, who means it to follow the one before.
    """
    turn_id, parent = table.get("id"), table.get("parent", "")
    if not isinstance(turn_id, str) or not turn_id:
        turn_id = f"turn-{count + 1}"
        if "parent" not in table and last:
            parent = last
    text = table.get("text")
    weight = len(text.encode(errors="replace")) if isinstance(text, str) else 0
    return Entry(turn_id, parent if isinstance(parent, str) else "", start, end, nth, weight)


def _can_follow(head: bytes) -> bool:
    """Return whether blocks of turns may follow this head: not when it has an inline list of them."""
    try:
        tables(head + b"\n[[turns]]\n")
    except BrokenError:
        return False
    return True
