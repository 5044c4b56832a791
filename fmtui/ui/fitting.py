"""Cutting text to a number of terminal cells.

A character may fill no cell, one or two, so lengths in characters say nothing about the screen.
"""

from __future__ import annotations

from rich.cells import cell_len

ELLIPSIS = "…"


def cells(text: str) -> int:
    """Return how many cells a single line fills."""
    return cell_len(text)


def fit(text: str, width: int) -> str:
    """Return the text in at most `width` cells; what does not fit is cut from its end."""
    if cell_len(text) <= width:
        return text
    return "" if width < 1 else head(text, width - 1).rstrip() + ELLIPSIS


def fit_middle(text: str, width: int) -> str:
    """Return the text in at most `width` cells; what does not fit is cut from its middle.

    For names that differ at their ends, such as those of models and files.
    """
    if cell_len(text) <= width:
        return text
    if width < 5:
        return fit(text, width)
    start = head(text, width // 2)
    end = head(text[::-1], width - 1 - cell_len(start))[::-1]
    return start + ELLIPSIS + end


def head(text: str, width: int) -> str:
    """Return as much of the start as fills at most `width` cells."""
    if text.isascii():
        return text[:width]
    used = 0
    for index, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            return text[:index]
    return text
