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
    return "" if width < 1 else _head(text, width - 1).rstrip() + ELLIPSIS


def fit_middle(text: str, width: int) -> str:
    """Return the text in at most `width` cells; what does not fit is cut from its middle.

    For names that differ at their ends, such as those of models and files.
    """
    if cell_len(text) <= width:
        return text
    if width < 5:
        return fit(text, width)
    head = _head(text, width // 2)
    tail = _head(text[::-1], width - 1 - cell_len(head))[::-1]
    return head + ELLIPSIS + tail


def _head(text: str, width: int) -> str:
    """Return as much of the start as fills at most `width` cells."""
    used = 0
    for index, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            return text[:index]
    return text
