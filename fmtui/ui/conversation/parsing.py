"""Markdown to blocks, line by line: no line is ever looked at twice.

What a line means is decided by the containers that are open and by its own start, as
CommonMark describes it; only a paragraph may turn out to be a heading or the head of a table
when the line after it comes. So a text that grows is read on from where it ended, inside
whatever is open, and what was told of its blocks stays true.

Three things of CommonMark are given up for that. Link reference definitions are text, as one
at the end of an answer would change all above it. HTML is text, as nothing here could show
it. A line is looked at up to `LONG` characters: one that is longer is words, code or a row,
never a sign of its own, and a paragraph of that length is never turned into a heading.
"""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from fmtui.core.record import NamedTuple
from fmtui.ui.conversation.cells import alignments, cells
from fmtui.ui.conversation.drawing import Drawing

if TYPE_CHECKING:  # imported with the first sentence: it costs a part of the start-up time
    from markdown_it import MarkdownIt

LONG = 1_000
"""Characters after which a line or a paragraph that has not ended can be nothing but more of it."""
DEEPEST = 40
"""Containers within containers, lists and items counted apart; signs of deeper ones are text."""
_TAB_STOP = 4

_HEADING = re.compile(r"#{1,6}(?=[ \t]|$)")
_HEADING_END = re.compile(r"(?:^|(?<![ \t])[ \t]+)#+[ \t]*$")
_FENCE = re.compile(r"`{3,}+(?!.*`)|~{3,}")
_CLOSING = re.compile(r"(`{3,}|~{3,})[ \t]*")
_RULE = re.compile(r"(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,}")
_UNDERLINE = re.compile(r"(=+|-+)[ \t]*")
_MARKER = re.compile(r"(?:[-+*]|([0-9]{1,9})[.)])(?=[ \t]|$)")

Kind = Literal["quote", "list", "item"]
Leaf = Literal["", "paragraph", "heading", "fence", "code", "table"]
Fresh = Literal["", "block", "item", "table"]


@cache
def parser() -> MarkdownIt:
    """Return the parser of sentences: CommonMark with strike-through."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - see the imports above

    return MarkdownIt("commonmark", {"html": False}).enable(["strikethrough"])


class Container(NamedTuple):
    """A block that holds blocks.

    Attributes:
        kind: what it is; a list holds items, and stays open between them.
        indent: columns that the text of an item is indented by.
        mark: the sign of a list's items, without their numbers.
        number: the number of a list's next item.
    """

    kind: Kind
    indent: int = 0
    mark: str = ""
    number: int = 0


class State(NamedTuple):
    """What is open where a line starts, as far as it decides on what the line says.

    Attributes:
        stack: the containers.
        leaf: what is open in the innermost one and goes on: a long paragraph, or indented code.
        blank: whether the line before is empty.
    """

    stack: tuple[Container, ...] = ()
    leaf: Leaf = ""
    blank: bool = True


class _Line:
    """A line that is being read, from its start on.

    Attributes:
        rest: what is left of it.
        body: that without the space before it.
        indent: columns of that space.
        empty: whether nothing is left.
        long: whether this is only the start of a long line.
    """

    __slots__ = ("_column", "body", "empty", "indent", "long", "rest")

    def __init__(self, text: str, *, long: bool) -> None:
        self.rest = text
        self.long = long
        self._column = 0
        self.skip(0)

    def skip(self, columns: int) -> None:
        """Leave so many columns behind."""
        rest = self.rest = self.rest[columns:] if columns else self.rest
        self._column += columns
        self.body = body = rest.lstrip(" \t")
        indent = len(rest) - len(body)
        if indent and "\t" in rest[:indent]:
            before = self._column % _TAB_STOP
            indent = len((" " * before + rest[:indent]).expandtabs(_TAB_STOP)) - before
            self.rest = " " * indent + body
        self.indent = indent
        self.empty = not body and not self.long

    def skip_quote(self) -> None:
        """Leave the sign of a quotation behind, with the space after it."""
        self.skip(self.indent + 1)
        if self.indent:
            self.skip(1)


class Blocks:
    """Reads a text line by line, and tells a drawing what it says.

    Args:
        out: what is told.
        state: what the first line is inside of.
    """

    def __init__(self, out: Drawing, state: State = State()) -> None:  # noqa: B008 - it never changes
        self.fresh: Fresh = ""
        """What the latest line began outside of all containers, or as an item of the outermost list.

        A "table" began with the line before; the paragraph that this was a line of may go on above.
        """
        self.out = out
        """What is told of the blocks."""
        self._stack, self._blank = state.stack, state.blank
        self.leaf = state.leaf
        """What may go on with the next line, "" for nothing."""
        self._bare = False  # whether the innermost item holds nothing so far
        self._sign = ""  # of the open fence
        self._fence_indent = 0
        self._last = ""  # the last line of the paragraph
        # Characters of the paragraph: only a long one is parted.
        self._size = LONG + 1 if state.leaf == "paragraph" else 0
        self._columns = 0  # of the table
        self._at = _Line("", long=False)

    def copied(self, out: Drawing) -> Blocks:
        """Return a reader that goes on from here on its own."""
        other = copy.copy(self)
        other.out = out
        return other

    @property
    def state(self) -> State:
        """What the next line is inside of."""
        return State(self._stack, self.leaf, self._blank)

    @property
    def fence(self) -> str:
        """The signs of the open fence, "" when none is open."""
        return self._sign if self.leaf == "fence" else ""

    def line(self, text: str, *, long: bool = False) -> None:
        """Read one line, without its line feed.

        Args:
            text: the line, or the first `LONG` characters of a longer one.
            long: whether it is longer; `more` and `line_end` follow.
        """
        self.fresh = ""
        if self.leaf == "paragraph" and not self._stack and not long and text[:1].isalpha():
            self._more_words(text)  # most lines of most texts, in a third of the time
            self._blank = False
            return
        self._at = _Line(text, long=long)
        matched = self._matched()
        going: Leaf = self.leaf if matched == len(self._stack) else ""
        if not (going in {"fence", "code"} and self._code(going)) and not (
            going == "paragraph" and self._turned()
        ):
            while (begun := self._begin(matched, within=going == "paragraph")) == "container":
                matched, going = len(self._stack), ""
            if not begun:
                self._words(matched, going)
        self._blank = not long and not text.strip(" \t>")

    def more(self, text: str) -> None:
        """Read on in a long line."""
        self.out.more(text)

    def line_end(self) -> None:
        """Note that a long line has ended."""
        if self.leaf == "heading":
            self._end_leaf()
        else:
            self.out.line_end()

    def finish(self) -> None:
        """End all that is open."""
        self._end_leaf()
        self._close(0)

    def _matched(self) -> int:
        """Return how many of the containers go on in this line, and leave their signs behind."""
        for depth, container in enumerate(self._stack):
            if container.kind == "quote":
                if self._at.indent > 3 or not self._at.body.startswith(">"):
                    return depth
                self._at.skip_quote()
            elif container.kind == "item":
                if self._at.empty:
                    if self._bare and depth == len(self._stack) - 1:
                        return depth
                    self._at.skip(self._at.indent)
                elif self._at.indent >= container.indent:
                    self._at.skip(container.indent)
                else:
                    return depth
        return len(self._stack)

    def _code(self, leaf: Leaf) -> bool:
        """Read a line of the open code; return whether it is one."""
        if leaf == "fence":
            closing = None if self._at.long or self._at.indent > 3 else _CLOSING.fullmatch(self._at.body)
            if closing is not None and closing[1].startswith(self._sign):
                self._end_leaf()
            else:
                self.out.code(self._at.rest[min(self._at.indent, self._fence_indent) :], long=self._at.long)
            return True
        if self._at.indent <= 3 and not self._at.empty:
            return False
        self.out.code(self._at.rest[4:], long=self._at.long)
        return True

    def _turned(self) -> bool:
        """Return whether the line makes something else of the paragraph before it."""
        if self._at.long or self._at.indent > 3 or self._at.body[:1] not in {"-", "=", "|", ":"}:
            return False
        aligns = alignments(self._at.body.rstrip(" \t")) if "|" in self._last else ()
        if aligns and len(head := cells(self._last)) == len(aligns):
            self.fresh = "" if self._stack else "table"
            self.out.table(head, aligns, gap=not self._stack)
            self.leaf, self._columns = "table", len(aligns)
            return True
        if self._size > LONG or (found := _UNDERLINE.fullmatch(self._at.body)) is None:
            return False
        self.out.underline(1 if found[1][0] == "=" else 2)
        self.leaf = ""
        return True

    def _begin(self, matched: int, *, within: bool) -> Literal["", "container", "leaf"]:
        """Begin what the line says; `within` a paragraph that goes on not all can begin."""
        if self._at.empty:
            return ""
        if self._at.indent > 3:
            if self.leaf == "paragraph":
                return ""
            self.out.code_block(None, gap=self._open(matched))
            self.out.code(self._at.rest[4:], long=self._at.long)
            self.leaf = "code"
            return "leaf"
        sign = self._at.body[:1]
        if sign == ">" and matched < DEEPEST:
            self.out.quote(gap=self._open(matched))
            self._stack += (Container("quote"),)
            self._at.skip_quote()
            return "container"
        if sign == "#" and (found := _HEADING.match(self._at.body)):
            self._begin_heading(found.end(), self._open(matched))
            return "leaf"
        if sign in {"`", "~"} and not self._at.long and (found := _FENCE.match(self._at.body)):
            indent = self._at.indent
            self.out.code_block(self._at.body[found.end() :], gap=self._open(matched))
            self.leaf, self._sign, self._fence_indent = "fence", found.group(), indent
            return "leaf"
        if sign in {"*", "-", "_"} and not self._at.long and _RULE.fullmatch(self._at.body):
            self.out.rule(gap=self._open(matched))
            return "leaf"
        item = (sign in {"*", "-", "+"} or sign.isdecimal()) and self._begin_item(matched, within=within)
        return "container" if item else ""

    def _begin_heading(self, level: int, gap: bool) -> None:  # noqa: FBT001 - what `_open` returned
        text = self._at.body[level:].strip(" \t")
        if self._at.long:
            self.out.heading(level, text, gap=gap)
            self.leaf = "heading"
        else:
            self.out.heading(level, _HEADING_END.sub("", text), gap=gap)
            self.out.end()

    def _begin_item(self, matched: int, *, within: bool) -> bool:
        found = _MARKER.match(self._at.body)
        if found is None or matched + 2 > DEEPEST:
            return False
        width = found.end()
        says_nothing = not self._at.long and not self._at.body[width:].strip(" \t")
        number = int(found[1]) if found[1] else None
        if within and (says_nothing or number not in {None, 1}):
            return False
        mark = self._at.body[width - 1]
        self._end_leaf()
        self._close(matched)
        known = self._stack[-1] if self._stack and self._stack[-1].kind == "list" else None
        if known is not None and known.mark == mark:
            gap = self._blank
            number = known.number if number is not None else None
            self.fresh = "item" if len(self._stack) == 1 else ""
        else:
            gap = self._open(matched)
            matched = len(self._stack) + 1
        self._stack = (*self._stack[: matched - 1], Container("list", mark=mark, number=(number or 0) + 1))
        self.out.item(number, mark, gap=gap)
        indent = self._at.indent + width
        self._at.skip(indent)
        space = 1 if self._at.empty or not 1 <= self._at.indent <= 4 else self._at.indent
        self._stack += (Container("item", indent + space),)
        self._at.skip(min(space, self._at.indent))
        self._bare = self._at.empty
        return True

    def _words(self, matched: int, going: Leaf) -> None:
        """Read a line that begins nothing: words, a row, or an empty line."""
        if self._at.empty:
            self._close(matched)
            if going in {"paragraph", "table"}:
                self._end_leaf()
        elif self.leaf == "paragraph":
            self._more_words(self._at.body)
        elif going == "table":
            self.out.row(self._at.body, long=self._at.long)
        else:
            self.out.paragraph(self._at.body, gap=self._open(matched))
            self.leaf, self._size = "paragraph", len(self._at.body)
            self._last = self._at.body
        if self._at.long:
            self._size += LONG
            self._last = ""

    def _more_words(self, text: str) -> None:
        """Read one more line of the paragraph."""
        self.out.text(text)
        self._size += 1 + len(text)
        self._last = text

    def _open(self, matched: int) -> bool:
        """Make room for a block after so many containers; return whether it stands apart."""
        self._end_leaf()
        self._close(matched)
        if self._stack and self._stack[-1].kind == "list":
            self._stack = self._stack[:-1]
        self._bare = False
        if not self._stack:
            self.fresh = "block"
        return self._blank or not self._stack

    def _end_leaf(self) -> None:
        if self.leaf:
            self.leaf = ""
            self.out.end()

    def _close(self, matched: int) -> None:
        """End the containers from this one on, and the leaf in them."""
        ended = self._stack[matched:]
        if ended:
            self._end_leaf()
            self._stack = self._stack[:matched]
            self._bare = False
            self.out.leave(sum(container.kind != "list" for container in ended))


def read_line(blocks: Blocks, text: str) -> None:
    """Read one line of any length."""
    if len(text) <= LONG:
        blocks.line(text)
    else:
        blocks.line(text[:LONG], long=True)
        blocks.more(text[LONG:])
        blocks.line_end()
