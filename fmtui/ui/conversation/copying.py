"""What is copied of a selection: the text, and nothing of what is drawn around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fmtui.core.text import clipboard_safe
from fmtui.ui.conversation.lines import Line, style_of
from fmtui.ui.conversation.paragraphs import cells, code_start, text_of
from fmtui.ui.conversation.styles import Style

_MARKS = frozenset({Style.USER_MARK, Style.ASSISTANT_MARK})
_BULLETS = {"•": "-", "◦": "-", "▪": "-", "☐": "- [ ]", "☑": "- [x]"}
_WIDE_GAP = " {2,}"
_OVER = 1 << 62


def copied(lines: Sequence[Line], first: int = 0, last: int = _OVER) -> str:
    """Return the text of lines as it is put on the clipboard.

    Lines that were wrapped are one again, cells are separated by tabs, items keep their marks
    and code its indentation; no line ends with blanks.

    Args:
        lines: the lines.
        first: where the text starts in the first line.
        last: where it ends in the last one.
    """
    only_code = all(code_start(line) >= 0 for line in lines if text_of(line).strip())
    rows: list[list[str]] = []
    open_cells: list[bool] = []
    for number, line in enumerate(lines):
        start = first if number == 0 else 0
        stop = last if number == len(lines) - 1 else _OVER
        if any(open_cells):
            said, open_cells = _said(line, start, stop, open_cells, only_code=only_code)
            row = rows[-1]
            row += [""] * (len(said) - len(row))
            for column, text in enumerate(said):
                row[column] += text
        elif not _is_drawn(line):
            said, open_cells = _said(line, start, stop, [], only_code=only_code)
            rows.append(said)
    text = "\n".join("\t".join(row).rstrip() for row in rows)
    return clipboard_safe(text.strip("\n"))


def _said(
    line: Line, start: int, stop: int, before: Sequence[bool], *, only_code: bool
) -> tuple[list[str], list[bool]]:
    """Return the text of each cell of a line, and whether it goes on in the next line.

    Args:
        line: the line.
        start: where the text starts in it.
        stop: where it ends.
        before: which cells of the line before go on in this one.
        only_code: whether nothing but code is copied.
    """
    if any(style_of(number) == Style.RULE for _, number in line) and not cells(line)[0].bits:
        return ["---" if start < len(text_of(line)) else ""], [False]
    found = cells(line)
    code = code_start(line)
    said: list[str] = []
    for column, cell in enumerate(found):
        continues = column < len(before) and before[column]
        text = ""
        for bit in cell.bits:
            if bit.start < code and (only_code or continues):
                continue
            if bit.style == Style.FENCE_INFO:
                continue
            part = bit.text[max(0, start - bit.start) : max(0, stop - bit.start)]
            text += (
                _sign(part) if bit.style in _MARKS else _listed(part) if bit.style == Style.BULLET else part
            )
        if len(found) > 1:
            text = text.strip()
        elif continues and code < 0:
            text = text.lstrip(" ")
        elif line and line[0][1] in _MARKS:
            text = re.sub(_WIDE_GAP, "  ", text)
        said.append(text + " " * cell.ends.count(Style.WRAPPED))
    return said, [bool(cell.ends) for cell in found]


def _is_drawn(line: Line) -> bool:
    """Whether a line is nothing but a rule of a table, the name of a language, or stands for reasoning."""
    styles = {style_of(number) for text, number in line if text.strip()}
    return styles in ({Style.TABLE_RULE}, {Style.FOLD}) or Style.FENCE_INFO in styles


def _sign(text: str) -> str:
    """Return who speaks, without the sign before."""
    return text.lstrip("▌● ")


def _listed(text: str) -> str:
    """Return the mark of an item as it is written."""
    for sign, written in _BULLETS.items():
        if sign in text:
            # The box of a numbered item needs no bullet of its own.
            return text.replace(sign, written.removeprefix("- ") if text[0].isdigit() else written)
    return text
