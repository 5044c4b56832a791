"""A growing text as lines: what is drawn stays, and only the open end is drawn again.

The text is parsed from the start of its last block on. A block is drawn for good when a
whole line after it was read that does not belong to it: from then on nothing can change it,
as the parser decides line by line and never looks back across blocks. The same holds for the
items of a list, the blocks of a quotation and the rows of a long table. Fences and long
paragraphs are not even parsed again. When all has come, the lines are those that
`markdown.render` gives for the whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fmtui.core.text import printable
from fmtui.ui.conversation.growing import OpenFence, OpenParagraph, OpenPlain
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.markdown import BLANK, Place, Renderer, is_blank, unified
from fmtui.ui.conversation.parsing import Node, Rule
from fmtui.ui.conversation.styles import Style
from fmtui.ui.conversation.table import SAMPLE, Layout

_UNDECIDED = re.compile(r"[-=*_+#>`~|: \t]*|\d{1,9}[.)]?")
"""A line of which only signs have come: it is not shown before it says what it is."""
_SINGLE = frozenset({"heading", "hr"})
_PARTS = frozenset({"bullet_list", "ordered_list", "blockquote"})


@dataclass(slots=True)
class _Continued:
    """What the text that is kept goes on with, where its beginning was drawn and forgotten.

    Attributes:
        rule: how its first line is to be parsed.
        number: the number of the next item of a list.
        gap: whether an empty line comes before the next part.
        layout: how the rows of a table are drawn.
        rows: how many rows were drawn.
    """

    rule: Rule = ""
    number: int = 0
    gap: bool = False
    layout: Layout | None = None
    rows: int = 0


class StreamDoc:
    """The lines of a text that is still coming.

    Args:
        width: columns of a line, at least 1.
        plain: whether the text is shown as it was written instead of as markdown.
        style: the style of a plain text.
        links: where the targets of links are kept; without it runs tell of none.
    """

    def __init__(
        self, width: int, *, plain: bool = False, style: int = Style.PLAIN, links: Links | None = None
    ) -> None:
        self.lines: list[Line] = []
        """All lines so far."""
        self.settled = 0
        """How many of them, from the first, can never change."""
        self.clean = 0, 0
        """The latest place where the text may be parted: characters of the text, and lines.

        Everything before it is drawn for good, and a new document that is given what comes after
        has the lines that follow, but for an empty one between the two. Characters are those of
        the text with line feeds as its only line ends. It only grows, from (0, 0)."""
        self.renderer = Renderer(width, links)
        """What draws them; it counts its work."""
        self._pending: list[str] = []
        self._return = ""  # a carriage return that a line feed may follow
        self._tail = ""  # whole lines: the open block, as far as it is not drawn for good
        self._partial = ""  # the line that has not ended
        self._taken = 0  # characters of all text so far
        self._begun = False  # whether anything has come that is no sign
        self._continued: _Continued | None = None
        self._fence: OpenFence | None = None
        self._paragraph: OpenParagraph | None = None
        self._first = 0  # the first line that the latest drawing changed
        self._staying = 0  # lines after the settled ones that stay as long as there is this paragraph
        self._plain = OpenPlain(self.renderer.width, style) if plain else None

    @property
    def width(self) -> int:
        """Columns of a line."""
        return self.renderer.width

    @property
    def parsed_characters(self) -> int:
        """How many characters were parsed so far, into blocks and into sentences."""
        return self.renderer.parsed + self.renderer.inline.read

    @property
    def lexed_lines(self) -> int:
        """How many lines of code went through a lexer so far."""
        return self.renderer.lexed + (self._fence.lexed if self._fence is not None else 0)

    def feed(self, text: str) -> None:
        """Take in the next part of the text; nothing is drawn."""
        self._pending.append(text)

    def flush(self) -> int:
        """Draw what was fed; return the index of the first line that changed."""
        if not self._pending:
            return len(self.lines)
        text = self._return + "".join(self._pending)
        self._pending.clear()
        self._return = "\r" if text.endswith("\r") else ""
        return self._draw(printable(unified(text.removesuffix("\r"))), last=False)

    def finish(self) -> int:
        """Draw the end of the text as such; return the index of the first line that changed."""
        text = self._return + "".join(self._pending)
        self._pending.clear()
        self._return = ""
        return self._draw(printable(unified(text)), last=True)

    def _draw(self, text: str, *, last: bool) -> int:
        start = self._first = self.settled + self._staying
        before = self.lines[start:]
        del self.lines[start:]
        self._taken += len(text)
        if self._plain is not None:
            self._plain.take(text)
            self._settle(self._plain.rows)
            self._plain.rows = []
            self.lines += self._plain.open_rows()
        else:
            if last and (text or self._partial) and not text.endswith("\n"):
                text += "\n"
            self._take(text)
            if not last:
                self._mark_clean()
            partial = self._partial.strip(" \t")
            undecided = _UNDECIDED.fullmatch(partial) is not None
            # A number that opens the answer is shown all the same: it may be all of it.
            opens = not self._begun and not start and partial[:1].isdigit()
            self._begun = self._begun or not undecided
            self._add_open("" if last or (undecided and not opens) else self._partial)
        if self._first < start:
            return self._first
        for index, line in enumerate(before, start):
            if index >= len(self.lines) or self.lines[index] != line:
                return index
        return start + len(before)

    def _settle(self, lines: list[Line]) -> None:
        self.lines += lines
        self.settled = len(self.lines)

    def _take(self, text: str) -> None:
        """Take in text, and draw for good what can be."""
        end = text.rfind("\n") + 1
        if not end:
            self._partial += text
            return
        whole, self._partial = self._partial + text[:end], text[end:]
        if self._fence is not None:
            rest = self._fence.take(whole)
            self._settle(self._fence.rows)
            self._fence.rows = []
            if rest is None:
                return
            self.renderer.lexed += self._fence.lexed
            self._fence = None
            whole = rest
        elif self._paragraph is not None:
            ended = self._paragraph.take(whole)
            if ended is None:
                return
            intact, whole = ended
            if intact:
                self.lines += self._paragraph_rows("")
                self.settled = len(self.lines)
            else:
                del self.lines[self.settled :]
                self._first = self.settled
            self._paragraph, self._staying = None, 0
        self._tail += whole
        if whole:
            self._settle_blocks()

    def _mark_clean(self) -> None:
        if self._fence is None and self._paragraph is None and self._continued is None and self.settled:
            self.clean = self._taken - len(self._tail) - len(self._partial), self.settled

    def _separator(self) -> list[Line]:
        return [BLANK] if self.lines else []

    def _settle_blocks(self) -> None:
        """Draw for good what the whole lines of the tail say."""
        blocks = self.renderer.parse(self._tail, _rule(self._continued))
        if not blocks:
            self._tail = ""
            return
        lines = self._tail.split("\n")
        for node in blocks[:-1]:
            self._settle(self._block_lines(node, lines))
            self._continued = None
        node = blocks[-1]
        if node.kind == "fence" and not OpenFence.closed(node, lines) and _is_decided(node, lines):
            self._settle(self._separator())
            self._fence = OpenFence(node, lines[node.start], self.width)
            self._fence.take("".join(line + "\n" for line in lines[node.start + 1 : -1]))
            self._settle(self._fence.rows)
            self._fence.rows = []
            self._tail = ""
        elif _is_closed(node, lines):
            self._settle(self._block_lines(node, lines))
            self._continued = None
            self._tail = ""
        elif node.kind in _PARTS and node.children:
            self._settle_parts(node, lines)
        elif node.kind == "table":
            self._settle_rows(node, lines)
        elif node.kind == "code_block":
            self._settle_code(node, lines)
        else:
            self._tail = "\n".join(lines[node.start :])

    def _settle_parts(self, node: Node, lines: list[str]) -> None:
        """Draw all items of a list, or blocks of a quotation, but the last."""
        last = node.children.pop()
        if node.children:
            self._settle(self._block_lines(node, lines))
            self._continued = _Continued(
                "blockquote" if node.kind == "blockquote" else "list",
                (node.level if self._continued is None else self._continued.number) + len(node.children),
                is_blank(lines[last.start - 1]),
            )
            lines[last.start] = _outdented(lines[last.start])
        self._tail = "\n".join(lines[last.start :])

    def _settle_rows(self, node: Node, lines: list[str]) -> None:
        """Draw the rows of a table once its columns are fixed."""
        known = self._continued
        if known is None and len(node.rows) <= SAMPLE:
            self._tail = "\n".join(lines[node.start :])
            return
        layout = self.renderer.layout(node, self.width) if known is None else known.layout
        rows = (known.rows if known is not None else 0) + len(node.rows) - 1
        self._settle(self._block_lines(node, lines))
        self._continued = _Continued(layout=layout, rows=rows)
        self._tail = "\n".join([*lines[node.start : node.start + 2], ""])

    def _settle_code(self, node: Node, lines: list[str]) -> None:
        """Draw all lines of indented code but the last that is not empty."""
        if node.end - node.start > 1:
            kept = node.text.split("\n")
            rows = len(kept) - 2
            node.text = "".join(line + "\n" for line in kept[:rows])
            self._settle(self._block_lines(node, lines))
            self._continued = _Continued()
        self._tail = "\n".join(lines[node.end - 1 :])

    def _block_lines(self, node: Node, source: list[str]) -> list[Line]:
        """Return the lines of the first block of the tail, or of one that follows it."""
        if self._continued is None:
            return [*self._separator(), *self.renderer.block(node, Place(source, self.width))]
        return _continued_lines(self.renderer, self._continued, node, source)

    def _paragraph_rows(self, partial: str) -> list[Line]:
        """Return the rows of the long paragraph that are not among the lines yet."""
        if self._paragraph is None:
            return []
        start = [] if self._staying else self._separator()
        rows = self._paragraph.open_rows(partial)
        if self._paragraph.rows:
            start += self._paragraph.rows
            self._staying += len(start)
            self._paragraph.rows = []
        return start + rows

    def _add_open(self, partial: str) -> None:
        """Add the lines of what is not drawn for good."""
        if self._fence is not None:
            self.lines += self._fence.open_rows(partial)
        elif self._paragraph is not None:
            self.lines += self._paragraph_rows(partial)
        elif text := self._tail + partial:
            self._add_blocks(text + "\n" if partial else text, partial)

    def _add_blocks(self, text: str, partial: str) -> None:
        continued = self._continued
        source = text.split("\n")
        blocks = self.renderer.parse(text, _rule(self._continued))
        for node in blocks:
            self.lines += self._block_lines(node, source)
            self._continued = None
        self._continued = continued
        alone = [node.kind for node in blocks] == ["paragraph"] and continued is None
        if alone and partial == self._partial and OpenParagraph.suits(self._tail, partial):
            self._paragraph, self._tail = OpenParagraph(self.renderer, self._tail), ""


def _rule(known: _Continued | None) -> Rule:
    return known.rule if known is not None else ""


def _continued_lines(renderer: Renderer, known: _Continued, node: Node, source: list[str]) -> list[Line]:
    """Return the lines of a block whose beginning was drawn."""
    if known.layout is not None:
        rows = enumerate(node.rows[1:], known.rows)
        return [line for n, row in rows for line in known.layout.row_lines(renderer.cells(row), n)]
    if node.kind == "code_block":
        return renderer.code_rows(node, renderer.width)
    lines: list[Line] = []
    for index, child in enumerate(node.children):
        gap = is_blank(source[child.start - 1]) if index else known.gap
        place = Place(source, renderer.width)
        lines += renderer.part(node, child, known.number + index, place, gap=gap)
    return lines


def _is_decided(node: Node, lines: list[str]) -> bool:
    """Whether the next line cannot make the first line of the last block the head of a table."""
    return "|" not in lines[node.start] or len(lines) - node.start > 2


def _is_closed(node: Node, lines: list[str]) -> bool:
    """Whether nothing that follows can belong to the last block."""
    if node.kind in _SINGLE:
        return _is_decided(node, lines)
    if node.kind == "fence":
        return OpenFence.closed(node, lines)
    # The last of the lines is the empty one after the last line feed.
    return node.kind in {"paragraph", "table", "blockquote"} and node.end < len(lines) - 1


def _outdented(line: str) -> str:
    """Return a line without the indentation that would make it code at the start of a text.

    Whole tab stops are taken away, so tabs further on are as wide as they were.
    """
    text = line.lstrip(" \t")
    columns = len(line[: len(line) - len(text)].expandtabs(4))
    return " " * (columns % 4) + text if columns >= 4 else line
