"""Marks on lines that are on the screen: what is selected, found, or where the cursor is."""

from __future__ import annotations

from collections.abc import Sequence

from fmtui.core.record import NamedTuple
from fmtui.ui.conversation.lines import Line, Run, style_of, with_mark
from fmtui.ui.conversation.styles import DECORATION, Mark, Style

AT_CURSOR: Run = ("", int(Style.CURSOR))
"""Begins a line that the keyboard's cursor is at."""


class Span(NamedTuple):
    """A marked part of a line, as places in its text."""

    start: int
    stop: int
    mark: int


def marked(line: Line, spans: Sequence[Span]) -> Line:
    """Return a line with parts of it marked; what it says stays.

    What is drawn around text is never marked as selected: it is not copied either.
    """
    for span in spans:
        if span.start < span.stop:
            line = _with(line, span)
    return line


def _with(line: Line, span: Span) -> Line:
    out: list[Run] = []
    at = 0
    for text, number in line:
        end = at + len(text)
        first, last = max(span.start, at) - at, min(span.stop, end) - at
        if first >= last or (span.mark == Mark.SELECTED and style_of(number) in DECORATION):
            out.append((text, number))
        else:
            changed = with_mark(number, span.mark)
            pieces = ((text[:first], number), (text[first:last], changed), (text[last:], number))
            out += [piece for piece in pieces if piece[0]]
        at = end
    return tuple(out)
