"""Markdown to lines: blocks drawn one by one, each from its own text alone.

How a block looks never depends on what comes after it, and how an item of a list looks never
on its neighbours: a growing answer keeps what it has drawn. So whether a list is spaced out
is not decided for the whole list, as HTML does it, but where its author left a line empty.
Source text becomes printable here, once, before anything else is done with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from fmtui.core.record import NamedTuple
from fmtui.core.text import printable
from fmtui.ui.conversation.drawing import Drawing
from fmtui.ui.conversation.growing import Copyable, OpenCode, OpenLeaf, OpenParagraph, OpenText, Work
from fmtui.ui.conversation.inline import Inline, addresses
from fmtui.ui.conversation.inside import TASK, Inside
from fmtui.ui.conversation.lines import Line, Run, joined, prefixed, width_of_runs, wrap_runs
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.parsing import Blocks, State, read_line
from fmtui.ui.conversation.styles import Style
from fmtui.ui.conversation.table import OpenTable

BLANK: Line = ()
_BULLETS = "•◦▪"
_BAR: Line = (("▌ ", Style.QUOTE),)
_HEADINGS = (Style.HEADING1, Style.HEADING2, Style.HEADING3)
_LEAST = 12
"""Columns that indentation leaves to the text; what would be indented further is not."""


class Span(NamedTuple):
    """One of the outermost blocks of a text; the items of an outermost list count each.

    Attributes:
        start: its first line.
        stop: the line after its last.
        first: where it starts in the text, as the number of a character.
        last: where the next one starts, or the text ends.
    """

    start: int
    stop: int
    first: int
    last: int


def render(source: str, width: int, *, links: Links | None = None) -> list[Line]:
    """Return the lines of a whole markdown text.

    Args:
        source: the text as it came.
        width: columns of a line, at least 1; no line is wider.
        links: where the targets of its links are kept.
    """
    return render_blocks(source, width, links=links)[0]


def render_blocks(
    source: str, width: int, *, links: Links | None = None, inside: Inside | None = None
) -> tuple[list[Line], list[Span]]:
    """Return the lines of a whole markdown text, and its blocks.

    Args:
        source: the text as it came.
        width: columns of a line, at least 1; no line is wider.
        links: where the targets of its links are kept.
        inside: what it is inside of, where it is a part of a longer one.
    """
    renderer = Renderer(width, links, inside)
    blocks = Blocks(renderer, State() if inside is None else inside.state)
    text = printable(unified(source))
    # The lines before a block, those with the gap, and its place in the text.
    starts: list[tuple[int, int, int]] = [] if inside is None else [(0, 0, 0)]
    offset = before = 0
    for line in text.removesuffix("\n").split("\n"):
        read_line(blocks, line)
        if blocks.fresh:
            starts.append((*renderer.mark, before if blocks.fresh == "table" else offset))
        before = offset
        offset += len(line) + 1
    blocks.finish()
    lines = renderer.lines
    starts.append((len(lines), len(lines), len(text)))
    spans = [
        Span(start, stop, first, last)
        for (_, start, first), (stop, _, last) in pairwise(starts)
        if start < stop
    ]
    return lines, spans


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


@dataclass(slots=True)
class _Level:
    """A container whose blocks are being drawn.

    Attributes:
        prefix: what stands before its lines, with all that it is in.
        width: columns that its blocks may use.
        rest: what it adds to the prefix.
        first: what stands instead of that before its first line, until that is drawn.
        depth: how many lists it is in.
        begun: whether it holds any block.
        quoted: whether it is a quotation.
    """

    prefix: Line
    width: int
    rest: Line = ()
    first: Line | None = None
    depth: int = 0
    begun: bool = False
    quoted: bool = False


class _Item(NamedTuple):
    """An item of which only the sign has come.

    Attributes:
        sign: its sign as it is shown, "" for a bullet.
        depth: how many lists it is in, itself not counted.
    """

    sign: str
    depth: int


class Renderer(Copyable, Drawing):
    """Draws the blocks of one text at one width, and counts its work.

    Args:
        width: columns of a line, at least 1.
        links: where the targets of links are kept; without it runs tell of none.
        inside: what the first line is inside of.
    """

    def __init__(self, width: int, links: Links | None = None, inside: Inside | None = None) -> None:
        self.width = max(1, width)
        self.lines: list[Line] = []
        """The final lines that were not taken yet."""
        self.mark = (0, 0)
        """How many of the lines come before the latest of the outermost blocks, without and with the gap."""
        self.inline = Inline(links)
        self.work = Work()
        self._levels = [_Level((), self.width)]
        self._item: _Item | None = None  # its sign depends on what comes first in it
        self._leaf: OpenLeaf | None = None
        self._least = min(_LEAST, (self.width + 1) // 2)
        if inside is not None:
            self._resume(inside)

    def _resume(self, inside: Inside) -> None:
        """Be inside of containers whose first lines were drawn."""
        for number, mark, box in inside.opened:
            if mark:
                self.item(number, mark, gap=False)
                self._show_item(_box(box))
            else:
                self.quote(gap=False)
        for level in self._levels:
            level.begun, level.first = True, None
        if inside.state.leaf == "paragraph":
            self._leaf = OpenParagraph(self.inline, self.work, self._levels[-1].width)
        elif inside.state.leaf == "code":
            self._leaf = OpenCode(self.work, self._levels[-1].width, None, begun=True)
        self.lines = []
        self.mark = 0, 0

    def detach(self) -> None:
        """Share nothing that changes with the one that this is a copy of, but what counts the work.

        The copy has no lines.
        """
        self.lines = []
        self._levels = [replace(level) for level in self._levels]
        self._leaf = self._leaf.copied() if self._leaf is not None else None

    @property
    def begun(self) -> bool:
        """Whether anything was drawn."""
        return self._levels[0].begun

    def quote(self, *, gap: bool) -> None:
        """Begin a quotation."""
        self._begin(gap=gap)
        level = self._levels[-1]
        self._push(_BAR, _BAR, level.depth, quoted=True)

    def item(self, number: int | None, mark: str, *, gap: bool) -> None:
        """Begin an item of a list."""
        self._begin(gap=gap)
        self._item = _Item("" if number is None else f"{number}{mark} ", self._levels[-1].depth)

    def leave(self, count: int) -> None:
        """End quotations and items; one that holds nothing shows its sign."""
        for _ in range(count):
            if self._item is not None:
                self._show_item()
            level = self._levels[-1]
            if not level.begun:
                bare = level.quoted and not level.rest
                self._emit([(("▌", Style.QUOTE),) if bare else BLANK])
            self._levels.pop()

    def paragraph(self, text: str, *, gap: bool) -> None:
        """Begin a paragraph; at the start of an item it may say that this is a task."""
        if self._item is not None and (task := TASK.match(text)):
            self._show_item(_box(task[1]))
            text = text[task.end() :]
        self._begin(gap=gap)
        leaf = self._leaf = OpenParagraph(self.inline, self.work, self._levels[-1].width)
        self._emit(leaf.line(text, first=True))

    def text(self, text: str) -> None:
        """Add a line to the paragraph."""
        if isinstance(self._leaf, OpenParagraph):
            self._emit(self._leaf.line(text, first=not self._leaf.length))

    def underline(self, level: int) -> None:
        """Draw the paragraph as a heading."""
        if isinstance(self._leaf, OpenParagraph):
            text = self._leaf.kept
            self._leaf = self._heading(level)
            self._leaf.add(text)
            self.end()

    def heading(self, level: int, text: str, *, gap: bool) -> None:
        """Begin a heading."""
        self._begin(gap=gap)
        self._leaf = self._heading(level)
        self._leaf.add(text)

    def table(self, head: list[str], aligns: tuple[str, ...], *, gap: bool) -> None:
        """Begin a table with the last line of the paragraph as its head."""
        if isinstance(self._leaf, OpenParagraph) and self._leaf.without_last():
            self.end()
            self._begin(gap=gap)
        self._leaf = OpenTable(self.inline, self.work, self._levels[-1].width, head, aligns)

    def row(self, text: str, *, long: bool) -> None:
        """Add a row to the table."""
        if isinstance(self._leaf, OpenTable):
            self._emit(self._leaf.more(text) if long else self._leaf.row(text))

    def rule(self, *, gap: bool) -> None:
        """Draw a thematic break."""
        self._begin(gap=gap)
        self._emit([(("─" * self._levels[-1].width, Style.RULE),)])

    def code_block(self, info: str | None, *, gap: bool) -> None:
        """Begin a code block."""
        self._begin(gap=gap)
        shown = None if info is None else fence_info(info)
        self._leaf = OpenCode(self.work, self._levels[-1].width, shown)

    def code(self, text: str, *, long: bool) -> None:
        """Add a line of code."""
        if isinstance(self._leaf, OpenCode):
            self._emit(self._leaf.more(text) if long else self._leaf.line(text))

    def more(self, text: str) -> None:
        """Add to the long line of the open leaf."""
        if self._leaf is not None:
            self._emit(self._leaf.more(text))

    def line_end(self) -> None:
        """End the long line of the open leaf."""
        if self._leaf is not None:
            self._emit(self._leaf.line_end())

    def end(self) -> None:
        """End the open leaf."""
        if self._leaf is not None:
            self._emit(self._leaf.close())
            self._leaf = None

    def _heading(self, level: int) -> OpenText:
        signs = "#" * level + " "
        rest: Line = ((" " * len(signs), Style.PLAIN),)
        first: Line = ((signs, Style.HEADING_MARK),)
        style = _HEADINGS[min(level, 3) - 1]
        return OpenText(self.inline, self.work, self._levels[-1].width, style, first, rest)

    def _begin(self, *, gap: bool) -> None:
        """Begin a block in the innermost container."""
        if self._item is not None:
            self._show_item()
        before = len(self.lines)
        level = self._levels[-1]
        if gap and level.begun:
            self._emit([BLANK])
        level.begun = True
        if len(self._levels) == 1:
            self.mark = before, len(self.lines)

    def _show_item(self, box: str = "") -> None:
        """Draw the sign of the item that began, with the box of a task."""
        if self._item is None:
            return
        sign, depth = self._item
        self._item = None
        marker: Line = ((sign + box or _BULLETS[depth % len(_BULLETS)] + " ", Style.BULLET),)
        self._push(marker, ((" " * width_of_runs(marker), Style.PLAIN),), depth + 1)

    def _push(self, first: Line, rest: Line, depth: int, *, quoted: bool = False) -> None:
        """Indent what follows, unless that would leave too little room."""
        level = self._levels[-1]
        room = level.width - width_of_runs(first)
        if room >= self._least:
            prefix = tuple(joined([*level.prefix, *rest]))
            self._levels.append(_Level(prefix, room, rest, first, depth, quoted=quoted))
        else:
            if not quoted:
                self._emit(wrap_runs(first, level.width))
            self._levels.append(_Level(level.prefix, level.width, depth=depth, quoted=quoted))

    def _emit(self, rows: list[Line]) -> None:
        """Add lines of the innermost container."""
        if not rows:
            return
        first = prefix = self._levels[-1].prefix
        if any(level.first is not None for level in self._levels):
            first = ()
            for level in self._levels:
                first = (*first, *(level.rest if level.first is None else level.first))
                level.first = None
            first = tuple(joined(first))
        self.lines += prefixed(rows, first, prefix)


def _box(sign: str) -> str:
    """Return what a task stands behind, by what is in its box; "" without one."""
    return ("☐ " if sign == " " else "☑ ") if sign else ""


def fence_info(info: str) -> str:
    """Return what stands after an opening fence as one printable line."""
    if not info:
        return ""
    from markdown_it.common.utils import unescapeAll  # noqa: PLC0415 - only a parsed text has fences

    return " ".join(printable(unescapeAll(info)).split())
