"""Markdown to blocks: what the parser is told, and what of its answer is kept.

Only blocks are parsed here; the sentences in them are read when a block is drawn. A text may
be parsed from the start of any block, item or paragraph of a quotation on, and gives what it
gave as a part of the whole: that is what lets a growing answer forget its beginning. Two
things of CommonMark are given up for it. Link reference definitions are text, as one at the
end of an answer would change all above it. HTML is text, as nothing here could show it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # imported with the first text: it costs a part of the start-up time
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

DEEPEST = 40
"""Containers within containers; what is deeper is shown as it was written."""
CONTAINERS = frozenset({"bullet_list", "ordered_list", "list_item", "blockquote"})

Rule = Literal["", "list", "blockquote"]

_DELIMITERS = re.compile(r"[-:| \t]+")
_DELIMITER = re.compile(r":?-+:?")


@dataclass(slots=True)
class Node:
    """A block of a text.

    Attributes:
        kind: paragraph, heading, fence, code_block, hr, table, or one of `CONTAINERS`.
        start: the line of the source that it starts at.
        end: the line after its last.
        text: what a paragraph, a heading or a code block says.
        info: what stands after the opening of a fence.
        markup: the fence's signs, or the signs that make a heading or an item.
        level: the level of a heading, or the number of the first item of a list.
        children: the blocks of a container.
        rows: the cells of a table, its head first.
        aligns: the columns of a table.
        deep: whether blocks inside are nested deeper than the parser goes.
    """

    kind: str
    start: int
    end: int
    text: str = ""
    info: str = ""
    markup: str = ""
    level: int = 0
    children: list[Node] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    aligns: tuple[str, ...] = ()
    deep: bool = False


@cache
def parser() -> MarkdownIt:
    """Return the markdown parser: CommonMark with tables and strike-through."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - see the imports above

    options = {"html": False, "maxNesting": DEEPEST}
    made = MarkdownIt("commonmark", options).enable(["table", "strikethrough"]).disable("reference")
    made.block.ruler.at("table", _table, {"alt": ["paragraph"]})
    return made


def parse(source: str, rule: Rule = "") -> list[Node]:
    """Return the outermost blocks of a text that ends with a line feed.

    Args:
        source: the text, printable and with line feeds only.
        rule: what the first line is known to continue; "" when it starts a block like any other.
    """
    from markdown_it.rules_block import StateBlock, blockquote, list_block  # noqa: PLC0415 - see the imports above

    md = parser()
    state = StateBlock(source, md, {}, [])
    if rule == "list":
        list_block(state, 0, state.lineMax, silent=False)
    elif rule == "blockquote":
        blockquote(state, 0, state.lineMax, silent=False)
    md.block.tokenize(state, state.line, state.lineMax)
    return _tree(state.tokens)


def _tree(tokens: list[Token]) -> list[Node]:
    root = Node("root", 0, 0)
    stack = [root]
    for token in tokens:
        if token.type == "inline":
            stack[-1].text = token.content
        elif token.nesting < 0:
            closed = stack.pop()
            stack[-1].deep = stack[-1].deep or closed.deep
        else:
            node = _node(token)
            stack[-1].children.append(node)
            if token.nesting > 0:
                stack.append(node)
    return root.children


def _node(token: Token) -> Node:
    start, end = token.map or (0, 0)
    node = Node(token.type.removesuffix("_open"), start, end, token.content, token.info, token.markup)
    if node.kind == "heading":
        node.level = int(token.tag[1:])
    elif node.kind == "ordered_list":
        node.level = int(token.attrs.get("start", 1))
    elif node.kind == "table":
        node.rows, node.aligns = token.meta["rows"], token.meta["aligns"]
    node.deep = node.kind in CONTAINERS and token.level >= DEEPEST - 1
    return node


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """Recognise a table; unlike the parser's own rule, drop no cell and make no token a cell."""
    if start + 2 > end or state.sCount[start + 1] < state.blkIndent:
        return False
    if state.is_code_block(start) or state.is_code_block(start + 1):
        return False
    head = _line(state, start)
    if "|" not in head:
        return False
    aligns = _aligns(_line(state, start + 1))
    if not aligns or len(cells := _cells(head)) != len(aligns):
        return False
    if silent:
        return True
    rows = [cells]
    token = state.push("table", "table", 0)
    parent, state.parentType = state.parentType, "table"
    rules = state.md.block.ruler.getRules("blockquote")
    line = start + 2
    while line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        if state.is_code_block(line) or any(rule(state, line, end, True) for rule in rules):
            break
        cells = _cells(_line(state, line))
        more = cells[len(aligns) - 1 :]
        rows.append([*cells[: len(aligns) - 1], " | ".join(more)] if more else cells)
        line += 1
    state.parentType = parent
    token.meta = {"rows": rows, "aligns": aligns}
    token.map = [start, line]
    state.line = line
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip(" \t")


def _aligns(line: str) -> tuple[str, ...]:
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


def _cells(line: str) -> list[str]:
    """Return the cells of a row; an escaped bar is a part of its cell, also within code."""
    cells = [cell.replace("\\|", "|").strip(" \t") for cell in re.split(r"(?<!\\)\|", line)]
    if cells and not cells[0] and line.startswith("|"):
        del cells[0]
    if cells and not cells[-1] and line.endswith("|"):
        del cells[-1]
    return cells
