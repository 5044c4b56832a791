"""What a run of text is, as a small number; the widget's theme decides how each looks.

Lines hold numbers instead of colours, so a change of theme or terminal never renders a text
again. The numbers are dense and start at zero: they index a table of styles.
"""

from enum import IntEnum


class Style(IntEnum):
    """What a run of text is.

    The first eight are sums of strong (1), emphasis (2) and strike-through (4), so nested
    marks combine by addition.
    """

    PLAIN = 0
    STRONG = 1
    EMPHASIS = 2
    STRONG_EMPHASIS = 3
    STRIKE = 4
    STRONG_STRIKE = 5
    EMPHASIS_STRIKE = 6
    STRONG_EMPHASIS_STRIKE = 7
    CODE = 8
    """Code within a sentence."""
    LINK = 9
    """The words of a link, or a bare address."""
    URL = 10
    """Where a link really leads, after its words."""
    HEADING1 = 11
    HEADING2 = 12
    HEADING3 = 13
    """Headings of the third level and below."""
    HEADING_MARK = 14
    """The number signs before a heading, which tell its level without colours."""
    BULLET = 15
    """Bullets, numbers and check boxes of lists."""
    RULE = 16
    QUOTE = 17
    """The bar at the left of a quotation."""
    TABLE_HEAD = 18
    TABLE_RULE = 19
    """The lines between the cells of a table."""
    FENCE = 20
    """Code in a block of its own, where nothing below fits."""
    FENCE_BAR = 21
    FENCE_INFO = 22
    """The language of a code block."""
    KEYWORD = 23
    STRING = 24
    COMMENT = 25
    NUMBER = 26
    NAME = 27
    OPERATOR = 28
    INSERTED = 29
    DELETED = 30
    USER = 31
    USER_MARK = 32
    ASSISTANT_MARK = 33
    REASONING = 34
    META = 35
    WARNING = 36
    ERROR = 37
    USER_BAR = 38
    """The bar at the left of a prompt."""
    WRAPPED = 39
    """Of a run without text at the end of a line: the text goes on in the next line, after a space."""
    BROKEN = 40
    """Of a run without text at the end of a line: the text goes on in the next line, without a space."""
    CURSOR = 41
    """Of a run without text at the start of a line: the keyboard's cursor is at it."""
    FOLD = 42
    """The line that stands for reasoning."""


class Mark(IntEnum):
    """What a part of a line on the screen is marked as; where two meet, the larger one is shown."""

    LINK = 1
    """The link that the keyboard is at."""
    FOUND = 2
    """What was searched for."""
    CURRENT = 3
    """The place that the search is at."""
    SELECTED = 4


DECORATION = frozenset(
    {
        *(Style.QUOTE, Style.FENCE_BAR, Style.FENCE_INFO),
        *(Style.TABLE_RULE, Style.RULE, Style.HEADING_MARK, Style.USER_BAR),
    }
)
"""Styles of what fmtui draws around the text; copying text leaves these runs out."""
