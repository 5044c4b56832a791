"""The fenced code blocks of a markdown text, without fences and indentation. Pure."""

from __future__ import annotations

import re

_OPENING = re.compile(r"((?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}|~{3,})([^`\n]*|(?<=~)[^\n]*)$")
_ITEM = re.compile(r"[-*+]|\d{1,9}[.)]")


def code_blocks(text: str) -> list[str]:
    """Return the code of each block, in their order; of one that is not closed, all that follows it.

    A block may stand in quotations and in lists.
    """
    found: list[str] = []
    inside: list[str] | None = None
    before, fence = "", ""
    for line in text.split("\n"):
        if inside is None:
            match = _OPENING.match(line)
            if match is not None:
                # What stands before its lines is what stands before the fence, blanks in place of a bullet.
                before, fence = _ITEM.sub(lambda found: " " * len(found[0]), match[1]), match[2]
                inside = []
            continue
        said = _without(before, line)
        end = said.strip(" \t")
        if len(end) >= len(fence) and not end.strip(fence[0]) and end:
            found.append("\n".join(inside))
            inside = None
        else:
            inside.append(said)
    if inside is not None:
        found.append("\n".join(inside).rstrip("\n"))
    return found


def _without(before: str, line: str) -> str:
    """Return a line without as much of what stands before it as it has."""
    at = 0
    for sign in before:
        if at < len(line) and (line[at] == sign or (sign in " \t" and line[at] in " \t")):
            at += 1
        elif sign == ">":
            break
    return line[at:]
