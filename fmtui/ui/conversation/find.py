"""Finding text: in lines as they are drawn, and whether a text can hold it before it is drawn.

A paragraph is searched as its author wrote it, over the lines it was wrapped into and over
changes of style; a cell of a table is a paragraph. So what is found does not depend on the
width of the window, and marks of markdown between letters hide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fmtui.core.chat import Turn
from fmtui.core.text import printable
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.paragraphs import Paragraph, paragraphs

_NO_WORD = r"[\W_]+"
_BLANKS = r"[ \t]+"
_ENTITY = r"&#?\w+;"
_NUMBER = r"\s*\d{1,9}[.)]?"
# In these a text is gone through once: what they look for ends where the next such thing begins.
_NUMBERED = r"(?m)^(?:[^\S\n]|[>*+-])*+\d{1,9}[.)](?:\s|$)"
_REWRITTEN = (
    r"!\[\W*\]|!\[[^\n]*\["
    r"|\]\((?:[\x00-\x28\x2a-\x5c\x5e-\x7f]|\](?!\())*+[^\x00-\x7f]"
    r"|<\w+:(?:[\x00-\x3b\x3d\x3f-\x7f]|<(?!\w+:))*+[^\x00-\x7f]"
)
"""Images without words, which are named, or with links in them, and addresses that are shown encoded."""
_SHOWN = frozenset('•◦▪☐☑─│▌#.)(:"\ufffd')
"""Signs that are drawn where the text has others or none."""


class Query:
    """What is searched for.

    Args:
        text: letters of any case are found, unless one of its own is upper-case.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        flags = 0 if any(character.isupper() for character in text) else re.IGNORECASE
        # Space at its start is looked for once in each run of spaces, not from each of them.
        once = "(?<! )" if text[:1] in {" ", "\t"} else ""
        self._pattern = re.compile(once + " +".join(map(re.escape, re.split(_BLANKS, text))), flags)
        self._words = _squeezed(text)
        number = re.match(_NUMBER, text)
        # The numbers of items are counted, whatever their author wrote.
        self._behind = None if number is None else _squeezed(text[number.end() :])
        self._signs = frozenset(text) - _SHOWN - {" ", "\t"}

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where it is in the text of a paragraph."""
        if self.text:
            for match in self._pattern.finditer(text):
                yield match.span()

    def places(self, lines: Sequence[Line]) -> Iterator[list[tuple[int, int, int]]]:
        """Yield where it is in lines: parts of lines, as their number and places in their text."""
        for paragraph in paragraphs(lines):
            yield from self._places(paragraph)

    def _places(self, paragraph: Paragraph) -> Iterator[list[tuple[int, int, int]]]:
        for start, stop in self.spans(paragraph.text):
            drawn = paragraph.places(start, stop)
            if drawn:
                yield drawn

    def count(self, lines: Sequence[Line]) -> int:
        """Return how often it is in lines."""
        return sum(1 for _ in self.places(lines))

    def may_be_in(self, turn: Turn) -> bool:
        """Whether a turn may show it; quick, and sure only when it says no."""
        text = f"{turn.text}\n{turn.reasoning}" if turn.reasoning else turn.text
        if turn.error is not None:
            text += f"\n{turn.error.hint}"
        if not self._words:
            shown = printable(text)
            return bool(self.text) and (all(sign in shown for sign in self._signs) or "&" in text)
        if "&" in text and re.search(_ENTITY, text):
            return True
        said = _squeezed(text)
        if self._words in said:
            return True
        if ":" in self.text and "|" in text:
            return True  # the names of columns may be drawn before each cell
        if "%" in self.text and ("](" in text or "<" in text):
            return True  # addresses are shown encoded
        if self._behind is not None and self._behind in said and re.search(_NUMBERED, text):
            return True
        return re.search(_REWRITTEN, text) is not None


def _squeezed(text: str) -> str:
    """Return the letters and digits of a text, of one case: what no mark of markdown parts."""
    return re.sub(_NO_WORD, "", text).casefold()
