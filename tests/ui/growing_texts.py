"""Texts of every kind of block that can go on for as long as a model likes, and where blocks start."""

from collections.abc import Callable
from typing import Final, NamedTuple

from fmtui.core.text import printable
from fmtui.ui.conversation.drawing import Drawing
from fmtui.ui.conversation.parsing import Blocks, read_line
from tests.ui.answers import SHAPES, Shape, answer


class Growing(NamedTuple):
    """A text that one block, or one kind of block, fills.

    Attributes:
        name: what it is.
        make: gives it, at about so many characters.
        plain: whether it is shown as it was written.
    """

    name: str
    make: Callable[[int], str]
    plain: bool = False


def _repeated(part: str, start: str = "") -> Callable[[int], str]:
    return lambda size: start + part * (max(0, size - len(start)) // len(part) + 1)


def _shape(shape: Shape) -> Callable[[int], str]:
    return lambda size: answer(shape, size)


def _numbered(line: str, start: str = "") -> Callable[[int], str]:
    """Return what gives lines with a number in each."""

    def make(size: int) -> str:
        parts, length, number = [start], len(start), 0
        while length < size:
            parts.append(line.format(n=number))
            length += len(parts[-1])
            number += 1
        return "".join(parts)

    return make


_WORDS = "the **river** carries `every` lantern to [the harbour](https://example.org/h) "
_CODE = "value_{n} = call({n})  # note {n}\n"

TEXTS: Final[tuple[Growing, ...]] = (
    *(Growing(shape, _shape(shape)) for shape in SHAPES),
    Growing("nested items", _numbered("    - item {n} of the *inner* list\n", "- a\n  - b\n")),
    Growing("items three deep", _numbered("- a {n}\n  1. b {n}\n     - c {n}\n", "> q\n>\n\n")),
    Growing("loose items", _numbered("- item {n}\n\n  more of it\n\n")),
    Growing("list in a quotation", _numbered("> - item {n} is quoted\n")),
    Growing("paragraphs in one item", _numbered("  paragraph {n} of one item\n\n", "- a\n\n")),
    Growing("paragraphs in a quotation", _numbered("> paragraph {n} of one quotation\n>\n")),
    Growing("fence in an item", _numbered("   " + _CODE, "1. a\n\n   ```python\n")),
    Growing("fence in a quotation in an item", _numbered("  > " + _CODE, "- a\n  > ```python\n")),
    Growing("fence without a language", _numbered(_CODE, "```\n")),
    Growing("table in an item", _numbered("  | {n} | row {n} |\n", "- a\n\n  | n | what |\n  |--|--|\n")),
    Growing("table in a quotation", _numbered("> | {n} | row {n} |\n", "> | n | what |\n> |--|--|\n")),
    Growing("paragraph in an item", _repeated(_WORDS, "- ")),
    Growing("paragraph in a quotation", _repeated("> " + _WORDS + "\n")),
    Growing("lines of one paragraph", _repeated(_WORDS + "\n")),
    Growing("lazy lines of a quotation", _repeated(_WORDS + "\n", "> > - ")),
    Growing("lines with bars", _repeated("one | two | three\n")),
    Growing("heading", _repeated(_WORDS, "## ")),
    Growing("heading in a quotation", _repeated(_WORDS, "> ## ")),
    Growing("row of a table", _repeated(_WORDS, "| a | b |\n|---|---|\n| x | ")),
    Growing("row of many cells", _repeated("one | ", "| a | b |\n|---|---|\n| ")),
    Growing("line of code", _repeated("x = 12; ", "```python\n")),
    Growing("line of wide code", _repeated("世界 = 12; ", "```python\n")),
    Growing("line of indented code", _repeated("x\t= 12; ", "    ")),
    Growing("line that opens a fence", _repeated("python ", "```")),
    Growing("indented code", _numbered("    " + _CODE)),
    Growing("indented code in an item", _numbered("      " + _CODE, "- a\n\n")),
    Growing("empty lines", _repeated("\n", "a\n\n")),
    Growing("empty lines of a fence", _repeated("\n", "```\n")),
    Growing("empty lines of indented code", _repeated("\n", "    x\n")),
    Growing("empty lines of an item", _repeated("\n", "- a\n")),
    Growing("signs of quotations", _repeated(">")),
    Growing("signs of quotations on each line", _repeated("> " * 60 + "x\n")),
    Growing("signs of items", _repeated("- ")),
    Growing("signs of rules", _repeated("-")),
    Growing("items as deep as it goes", _numbered("{n}. a\n" + " " * 39 + "- b {n}\n", "- " * 19 + "a\n")),
    Growing("one word", _repeated("x")),
    Growing("one word with signs", _repeated("a_b*c`d")),
    Growing("one wide word", _repeated("世界")),
    Growing("wide words", _repeated("世界。 ")),
    Growing("joined characters", _repeated("👩\u200d💻")),
    Growing("characters joined without end", _repeated("👩\u200d")),
    Growing("marks on one letter", _repeated("\u0301", "a")),
    Growing("marks on one letter of a table", _repeated("\u0301", "| a |\n|---|\n| a")),
    Growing("marks on one letter of code", _repeated("\u0301", "```\na")),
    Growing("characters without a width", _repeated("\u200b")),
    Growing("spaces", _repeated(" ", "a")),
    Growing("spaces before a word", _repeated(" ")),
    Growing("open brackets", _repeated("[")),
    Growing("open marks", _repeated("*a **b ")),
    Growing("open code", _repeated("` ``` ")),
    Growing("short paragraphs", _numbered("paragraph {n}\n\n")),
    Growing("headings", _numbered("# heading {n}\n")),
    Growing("rules", _repeated("---\n")),
    Growing("plain line", _repeated("the river carries every lantern "), plain=True),
    Growing("plain word", _repeated("x"), plain=True),
    Growing("plain wide word", _repeated("世界"), plain=True),
    Growing("plain marks on one letter", _repeated("\u0301", "a"), plain=True),
    Growing("plain spaces", _repeated(" ", "a"), plain=True),
    Growing("plain empty lines", _repeated("\n", "a"), plain=True),
    Growing("plain lines", _numbered("line {n} of a thought\n"), plain=True),
)


def block_starts(source: str) -> list[int]:
    """Return where the outermost blocks of a text start, as places in it.

    The text may be parted at any of them: the lines of the parts, with an empty line between
    one and the next, are the lines of the whole.

    Args:
        source: the text, with line feeds as its only line ends.
    """
    blocks = Blocks(Drawing())
    places: list[int] = []
    offset = before = 0
    for line in printable(source).split("\n"):
        read_line(blocks, line)
        if blocks.fresh == "block":
            places.append(offset)
        elif blocks.fresh == "table" and before > places[-1]:
            places.append(before)
        before = offset
        offset += len(line) + 1
    return places
