"""Characters that are made of several: bases with their marks, emoji that are joined.

A strip of the screen is measured run by run, so a run must neither begin in the middle of
such a character nor with what should join or change the one before it.
"""

from __future__ import annotations

import re
from functools import cache

from rich._unicode_data import load as load_cell_table
from rich.cells import get_character_cell_size, split_graphemes

_Run = tuple[str, int]

_JOINER = "[\u200d\ufe0f]+"
"""Characters that change the one before them."""
_JOINS_NEXT = "\u200d"
MOST = 32
"""What a character is made of at most; no script needs a half of it, and no terminal shows more."""


def with_whole_characters(runs: list[_Run]) -> list[_Run]:
    """Return runs of which each begins with a character of its own; some may be empty."""
    return _whole_graphemes(_with_bases(_without_surplus(runs)))


@cache
def _crowd() -> re.Pattern[str]:
    """Return what finds characters that may be made of more than there is room for."""
    ranges = (
        f"{re.escape(chr(a))}-{re.escape(chr(b))}" for a, b, size in load_cell_table().widths if not size
    )
    return re.compile(f"(?:[{''.join(ranges)}]|(?<={_JOINS_NEXT}).){{{MOST}}}")


def _without_surplus(runs: list[_Run]) -> list[_Run]:
    """Leave out marks and joiners that a character has too many of.

    Nothing of a text can be laid out before its last character has ended, so that must end.
    """
    if _crowd().search("".join(text for text, _ in runs)) is None:
        return runs
    out: list[_Run] = []
    count = 0  # characters that the latest one is made of
    joins = False  # whether the next one is a part of it
    for text, style in runs:
        kept: list[str] = []
        for char in text:
            if joins:
                joins = False
                count += 1
            elif char == "\n" or get_character_cell_size(char):
                count = char != "\n"
            elif count < MOST:
                joins = char == _JOINS_NEXT
                count += 1
            else:
                continue
            kept.append(char)
        out.append(("".join(kept), style))
    return out


def _with_bases(runs: list[_Run]) -> list[_Run]:
    """Leave out what should join or change a character before it, but begins a line.

    It shows nothing, and what follows it would be measured one way alone and another within a strip.
    """
    if not any(re.search(_JOINER, text) for text, _ in runs):
        return runs
    out: list[_Run] = []
    begins = True
    for text, style in runs:
        kept = [
            line[match.end() :] if (number or begins) and (match := re.match(_JOINER, line)) else line
            for number, line in enumerate(text.split("\n"))
        ]
        begins = not kept[-1] and (begins or len(kept) > 1)
        out.append(("\n".join(kept), style))
    return out


def _whole_graphemes(runs: list[_Run]) -> list[_Run]:
    """Move style changes inside a character (a base and its marks) behind it.

    A strip measures run by run: a run that began with a joiner would be measured wrongly.
    """
    plain = "".join(text for text, _ in runs)
    if len(runs) < 2 or plain.isascii():
        return runs
    ends = {end for _, end, _ in split_graphemes(plain)[0]}
    out: list[_Run] = []
    begin = offset = 0
    for text, style in runs:
        offset += len(text)
        end = offset
        while end not in ends:
            end += 1
        if end > begin:
            out.append((plain[begin:end], style))
            begin = end
    return out
