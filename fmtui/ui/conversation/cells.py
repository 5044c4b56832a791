"""Rows of tables as they are written: lines to cells."""

from __future__ import annotations

import re

_DELIMITERS = re.compile(r"[-:| \t]+")
_DELIMITER = re.compile(r":?-+:?")
_BAR = re.compile(r"(?<!\\)\|")


def alignments(line: str) -> tuple[str, ...]:
    """Return the alignment of each column of a delimiter row; none where it is not one."""
    if len(line) < 2 or line[:2] in {"- ", "-\t"} or not _DELIMITERS.fullmatch(line):
        return ()
    columns = line.split("|")
    columns = columns[not columns[0].strip(" \t") : len(columns) - (not columns[-1].strip(" \t"))]
    aligns = []
    for column in columns:
        sign = column.strip(" \t")
        if not _DELIMITER.fullmatch(sign):
            return ()
        right = sign.endswith(":")
        aligns.append("center" if right and sign.startswith(":") else "right" if right else "left")
    return tuple(aligns)


def cells(line: str) -> list[str]:
    """Return the cells of a row; an escaped bar is a part of its cell, also within code."""
    line = line.strip(" \t")
    parts = [cell.replace("\\|", "|").strip(" \t") for cell in _BAR.split(line)]
    if parts and not parts[0] and line.startswith("|"):
        del parts[0]
    if parts and not parts[-1] and line.endswith("|"):
        del parts[-1]
    return parts


def row_cells(line: str, columns: int) -> list[str]:
    """Return the cells of a row of a table; the last one has what there is beyond the columns."""
    found = cells(line)
    more = found[columns - 1 :]
    return [*found[: columns - 1], " | ".join(more)] if more else found


class Bars:
    """Cuts a row that comes in parts into cells.

    Args:
        columns: how many columns the table has.
    """

    def __init__(self, columns: int) -> None:
        self.held = ""
        """A backslash that a bar may follow."""
        self._last = columns - 1
        self._column = -1
        self._bars = 0  # since the latest text

    def take(self, text: str) -> list[tuple[int, str]]:
        """Return what each cell gets, with the number of its column."""
        text = self.held + text
        self.held = "\\" if text.endswith("\\") else ""
        found: list[tuple[int, str]] = []
        for number, part in enumerate(_BAR.split(text.removesuffix(self.held))):
            self._bars += number > 0
            says = part.replace("\\|", "|")
            if self._bars or self._column < 0:
                says = says.lstrip(" \t")
                if says and self._column == self._last:
                    says = " | " * self._bars + says
                elif says:
                    before = max(self._bars, 1) - 1 if self._column < 0 else self._column + self._bars
                    self._column = min(before, self._last)
            if says:
                self._bars = 0
                found.append((self._column, says))
        return found
