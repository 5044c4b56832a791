"""Markdown to lines: blocks drawn one by one, each from its own text alone.

How a block looks never depends on what comes after it, and how an item of a list looks never
on its neighbours: a growing answer keeps what it has drawn. So whether a list is spaced out
is not decided for the whole list, as HTML does it, but where its author left a line empty.
Source text becomes printable here, once, before anything else is done with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from fmtui.core.text import printable
from fmtui.ui.conversation.code import Highlighter, code_line, code_rows, info_rows
from fmtui.ui.conversation.inline import Inline, addresses
from fmtui.ui.conversation.lines import Line, Run, prefixed, width_of_runs, wrap_runs
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.parsing import Node, Rule, parse
from fmtui.ui.conversation.styles import Style
from fmtui.ui.conversation.table import SAMPLE, Cells, Layout, layout

BLANK: Line = ()
_BULLETS = "•◦▪"
_BAR: Line = (("▌ ", Style.QUOTE),)
_HEADINGS = (Style.HEADING1, Style.HEADING2, Style.HEADING3)
_TASK = re.compile(r"\[([ xX])\]\s+(?=\S)")
_KEPT = 512
"""Paragraphs that are remembered: an open list is drawn again for each of its lines."""
_LEAST = 12
"""Columns that indentation leaves to the text; what would be indented further is not."""


def render(source: str, width: int, *, links: Links | None = None) -> list[Line]:
    """Return the lines of a whole markdown text.

    Args:
        source: the text as it came.
        width: columns of a line, at least 1; no line is wider.
        links: where the targets of its links are kept.
    """
    renderer = Renderer(width, links)
    text = prepared(source)
    lines: list[Line] = []
    place = Place(text.split("\n"), renderer.width)
    for node in renderer.parse(text):
        if lines:
            lines.append(BLANK)
        lines += renderer.block(node, place)
    return lines


def block_starts(source: str) -> list[int]:
    """Return where the outermost blocks of a text start, as places in it.

    The text may be parted at any of them: the lines of the parts, with an empty line between
    one and the next, are the lines of the whole.

    Args:
        source: the text, with line feeds as its only line ends.
    """
    text = prepared(source)
    starts = {node.start for node in parse(text)}
    places: list[int] = []
    offset = 0
    for number, line in enumerate(text.split("\n")):
        if number in starts:
            places.append(offset)
        offset += len(line) + 1
    return places


def render_plain(
    source: str, width: int, style: int = Style.PLAIN, *, links: Links | None = None
) -> list[Line]:
    """Return the lines of a text shown as it was written, wrapped at words.

    Args:
        source: the text as it came.
        width: columns of a line, at least 1; no line is wider.
        style: the style of all of it.
        links: where the targets of the addresses in it are kept; without it they are text.
    """
    text = printable(unified(source)).rstrip("\n")
    runs: list[Run] = [(text, style)] if links is None else addresses(text, style, links)
    return wrap_runs(runs, width) if text else []


def unified(source: str) -> str:
    """Return the text with line feeds as its only line ends."""
    return source.replace("\r\n", "\n").replace("\r", "\n") if "\r" in source else source


def prepared(source: str) -> str:
    """Return the text as the parser gets it: printable, with a line feed at the end of each line."""
    text = printable(unified(source))
    return text if text.endswith("\n") else text + "\n"


def is_blank(line: str) -> bool:
    """Whether a line of source separates blocks, also within a quotation."""
    return not line.strip(" \t>")


class Place(NamedTuple):
    """Where a block is drawn.

    Attributes:
        source: the lines of the text that it was parsed from.
        width: columns that it may use.
        depth: how many lists it is in.
    """

    source: Sequence[str]
    width: int
    depth: int = 0


class _Code:
    """A code block as far as its lines are whole: one within a list is drawn again and again."""

    def __init__(self, info: str, width: int) -> None:
        self.info = info
        self.width = width
        shown = fence_info(info)
        self.highlighter = Highlighter(shown)
        self.lines: list[str] = []
        self.rows = info_rows(shown, width)


class Renderer:
    """Draws blocks of one text at one width, and counts its work.

    Args:
        width: columns of a line, at least 1.
        links: where the targets of links are kept; without it runs tell of none.
    """

    def __init__(self, width: int, links: Links | None = None) -> None:
        self.width = max(1, width)
        self.inline = Inline(links)
        self.lexed = 0
        """How many lines of code went through a lexer."""
        self.parsed = 0
        """How many characters were parsed into blocks."""
        self._paragraphs: dict[tuple[str, int], list[Line]] = {}
        self._code: _Code | None = None
        self._least = min(_LEAST, (self.width + 1) // 2)

    def parse(self, source: str, rule: Rule = "") -> list[Node]:
        """Return the outermost blocks of a text; see `parsing.parse`."""
        self.parsed += len(source)
        return parse(source, rule)

    def block(self, node: Node, place: Place) -> list[Line]:
        """Return the lines of a block."""
        match node.kind:
            case "paragraph":
                return self._paragraph(node.text, place.width)
            case "heading":
                return self._heading(node, place.width)
            case "fence":
                return self._fence(node, place.width)
            case "code_block":
                return self.code_rows(node, place.width)
            case "hr":
                return [(("─" * place.width, Style.RULE),)]
            case "table":
                return self._table(node, place.width)
            case _:
                lines: list[Line] = []
                for index, child in enumerate(node.children):
                    gap = index > 0 and is_blank(place.source[child.start - 1])
                    lines += self.part(node, child, node.level + index, place, gap=gap)
                return lines or [(("▌", Style.QUOTE),)]

    def part(self, node: Node, child: Node, number: int, place: Place, *, gap: bool) -> list[Line]:
        """Return the lines of one item of a list, or of one block of a quotation.

        Args:
            node: the list or the quotation.
            child: the item or the block.
            number: the number of the item.
            place: where the list or the quotation stands.
            gap: whether an empty line comes before the part.
        """
        before = [BLANK] if gap else []
        if child.deep:
            text = "\n".join(place.source[child.start : child.end]).rstrip("\n")
            return [*before, *wrap_runs([(text, Style.PLAIN)], place.width)]
        if node.kind != "blockquote":
            return [*before, *self._item(child, number if node.kind == "ordered_list" else None, place)]
        return self._framed(_BAR, _BAR, place, lambda inner: [*before, *self.block(child, inner)])

    def _item(self, item: Node, number: int | None, place: Place) -> list[Line]:
        bullet = _BULLETS[place.depth % len(_BULLETS)]
        sign = f"{bullet} " if number is None else f"{number}{item.markup} "
        blocks = item.children
        task = _TASK.match(blocks[0].text) if blocks and blocks[0].kind == "paragraph" else None
        if task is not None:
            box = "☐ " if task[1] == " " else "☑ "
            sign = box if number is None else sign + box
        marker: Line = ((sign, Style.BULLET),)
        indent: Line = ((" " * width_of_runs(marker), Style.PLAIN),)

        def draw(inner: Place) -> list[Line]:
            inner = inner._replace(depth=place.depth + 1)
            lines: list[Line] = []
            for index, child in enumerate(blocks):
                if index and is_blank(place.source[child.start - 1]):
                    lines.append(BLANK)
                if not index and task is not None:
                    lines += self._paragraph(child.text[task.end() :], inner.width)
                else:
                    lines += self.block(child, inner)
            return lines or [BLANK]

        return self._framed(marker, indent, place, draw)

    def _framed(
        self, first: Line, rest: Line, place: Place, draw: Callable[[Place], list[Line]]
    ) -> list[Line]:
        """Return lines with something before them, or without it where it leaves too little room."""
        room = place.width - width_of_runs(first)
        if room >= self._least:
            return prefixed(draw(place._replace(width=room)), first, rest)
        return [*(wrap_runs(first, place.width) if first != rest else []), *draw(place)]

    def _heading(self, node: Node, width: int) -> list[Line]:
        signs = "#" * node.level + " "
        runs = self.inline.runs(node.text, _HEADINGS[min(node.level, 3) - 1])
        rest: Line = ((" " * len(signs), Style.PLAIN),)
        return wrap_runs(runs, width, ((signs, Style.HEADING_MARK),), rest)

    def _paragraph(self, text: str, width: int) -> list[Line]:
        key = text, width
        lines = self._paragraphs.get(key)
        if lines is None:
            if len(self._paragraphs) >= _KEPT:
                self._paragraphs.clear()
            lines = self._paragraphs[key] = wrap_runs(self.inline.runs(text), width)
        return lines

    def _fence(self, node: Node, width: int) -> list[Line]:
        lines = node.text.split("\n")[:-1]
        whole = lines[:-1]  # the last one may not have ended
        known = self._code
        if (
            known is None
            or (known.info, known.width) != (node.info, width)
            or whole[: len(known.lines)] != known.lines
        ):
            known = self._code = _Code(node.info, width)
        before = known.highlighter.lexed
        for line in whole[len(known.lines) :]:
            known.lines.append(line)
            known.rows += code_rows(known.highlighter.line(code_line(line)), width)
        rows = list(known.rows)
        if lines:
            rows += code_rows(known.highlighter.peek(code_line(lines[-1])), width)
        self.lexed += known.highlighter.lexed - before
        return rows or code_rows([], width)

    def code_rows(self, node: Node, width: int) -> list[Line]:
        """Return the rows of an indented code block."""
        rows: list[Line] = []
        for line in node.text.split("\n")[:-1]:
            rows += code_rows([(code_line(line), Style.FENCE)], width)
        return rows

    def _table(self, node: Node, width: int) -> list[Line]:
        drawn = self.layout(node, width)
        lines = drawn.head_lines(alone=len(node.rows) == 1)
        for number, row in enumerate(node.rows[1:]):
            lines += drawn.row_lines(self.cells(row), number)
        return lines

    def layout(self, node: Node, width: int) -> Layout:
        """Return how a table is drawn."""
        sample = [self.cells(row) for row in node.rows[1 : SAMPLE + 1]]
        return layout(self.cells(node.rows[0], Style.TABLE_HEAD), sample, node.aligns, width)

    def cells(self, row: Sequence[str], base: int = Style.PLAIN) -> Cells:
        """Return the runs of each cell of a row."""
        return [self.inline.runs(cell, base) for cell in row]


def fence_info(info: str) -> str:
    """Return what stands after an opening fence as one printable line."""
    from markdown_it.common.utils import unescapeAll  # noqa: PLC0415 - only a parsed text has fences

    return " ".join(printable(unescapeAll(info)).split())
