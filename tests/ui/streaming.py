"""What the tests of streaming share: feeding a text in parts, and looking at every step."""

from collections.abc import Iterable

from rich.cells import cell_len

from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.stream import StreamDoc


def text_of(lines: Iterable[Line]) -> list[str]:
    """Return lines without their styles."""
    return ["".join(text for text, _ in line) for line in lines]


def columns(line: Line) -> int:
    """Return how wide a line is on a terminal, measured as a whole and run by run."""
    whole = cell_len("".join(text for text, _ in line))
    return max(whole, sum(cell_len(text) for text, _ in line))


def streamed(text: str, width: int, cuts: Iterable[int], *, plain: bool = False) -> StreamDoc:
    """Stream a text cut at some places and check on the way that what is settled stays.

    Args:
        text: the whole text.
        width: columns of a line.
        cuts: where the text is cut.
        plain: whether it is shown as it was written.
    """
    doc = StreamDoc(width, plain=plain, links=Links())
    settled: list[Line] = []
    clean = 0, 0
    start = 0
    for cut in (*sorted(cuts), len(text)):
        before = list(doc.lines)
        doc.feed(text[start:cut])
        start = cut
        first = doc.flush()
        assert doc.lines[:first] == before[:first], "a line changed before the first that was said to"
        assert doc.lines[: len(settled)] == settled, "a settled line changed"
        settled = doc.lines[: doc.settled]
        characters, lines = doc.clean
        assert lines <= doc.settled
        assert clean <= (characters, lines), "a clean place was taken back"
        clean = doc.clean
    before = list(doc.lines)
    first = doc.finish()
    assert doc.lines[:first] == before[:first]
    assert doc.lines[: len(settled)] == settled
    return doc
