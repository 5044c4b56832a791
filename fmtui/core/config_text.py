"""Where a key stands in a TOML text: the standard library's reader does not tell.

Made for error messages only: it knows the layouts that people write, and answers None
rather than a wrong line.
"""

from __future__ import annotations

import re

from fmtui.core.text import one_line

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = rf"\s*\[\[?\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?$"
_ASSIGNMENT = rf"\s*({_DOTTED})\s*=(.*)$"
_PARTS = _PART


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    """Return the line, from 1, of the key at `path`.

    A key inside an inline table is on the line of its table; None when nothing of the
    path is found.
    """
    best: tuple[int, int] | None = None  # how much of the path is matched, and the line
    header: tuple[str, ...] = ()
    closing = ""  # the quotes that end the multi-line string we are in
    for number, line in enumerate(text.split("\n"), 1):
        if closing:
            if closing not in line:
                continue
            line, closing = line.partition(closing)[2], ""  # noqa: PLW2901 - the rest of this line
        here: tuple[str, ...] = ()
        if (match := re.match(_HEADER, line)) is not None:
            here = header = _split(match.group(1))
        elif (match := re.match(_ASSIGNMENT, line)) is not None:
            here = header + _split(match.group(1))
        matched = len(here) if here and path[: len(here)] == here else 0
        if matched and (best is None or matched > best[0]):
            best = (matched, number)
        closing = _left_open(line)
    return None if best is None else best[1]


def broken_at(reason: str, text: str) -> tuple[str, int | None]:
    """Return what the reader of TOML says of a text, in words that go on a sentence, and the line of that."""
    match = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", reason)
    line: int | None = None
    if match is not None:
        reason = reason[: match.start()]
        line = int(match.group(1)) if match.group(1) else text.rstrip("\n").count("\n") + 1
    words = one_line(reason)
    return words[:1].lower() + words[1:], line


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PARTS, dotted))


def _left_open(line: str) -> str:
    """Return the quotes of the multi-line string that a line begins and does not end, or ""."""
    at = 0
    while at < len(line):
        if line[at] == "#":
            return ""
        if line[at] not in "\"'":
            at += 1
            continue
        quotes = line[at] * (3 if line.startswith(line[at] * 3, at) else 1)
        at += len(quotes)
        while at < len(line) and not line.startswith(quotes, at):
            at += 2 if line[at] == "\\" and quotes[0] == '"' else 1
        if at >= len(line):
            return quotes if len(quotes) == 3 else ""
        at += len(quotes)
    return ""
