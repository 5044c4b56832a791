"""What a run of text is, as a small number; the widget's theme decides how each looks.

Lines hold numbers instead of colours, so a change of theme or terminal never renders a text
again. The numbers are dense and start at zero: they index a table of styles.
"""

from typing import Final


class Style:
    """What a run of text is.

    The first eight are sums of strong (1), emphasis (2) and strike-through (4), so nested
    marks combine by addition.
    """

    PLAIN: Final = 0
    STRONG: Final = 1
    EMPHASIS: Final = 2
    STRONG_EMPHASIS: Final = 3
    STRIKE: Final = 4
    STRONG_STRIKE: Final = 5
    EMPHASIS_STRIKE: Final = 6
    STRONG_EMPHASIS_STRIKE: Final = 7
    CODE: Final = 8
    """Code within a sentence."""
    LINK: Final = 9
    """The words of a link, or a bare address."""
    URL: Final = 10
    """Where a link really leads, after its words."""
    HEADING1: Final = 11
    HEADING2: Final = 12
    HEADING3: Final = 13
    """Headings of the third level and below."""
    HEADING_MARK: Final = 14
    """The number signs before a heading, which tell its level without colours."""
    BULLET: Final = 15
    """Bullets, numbers and check boxes of lists."""
    RULE: Final = 16
    QUOTE: Final = 17
    """The bar at the left of a quotation."""
    TABLE_HEAD: Final = 18
    TABLE_RULE: Final = 19
    """The lines between the cells of a table."""
    FENCE: Final = 20
    """Code in a block of its own, where nothing below fits."""
    FENCE_BAR: Final = 21
    FENCE_INFO: Final = 22
    """The language of a code block."""
    KEYWORD: Final = 23
    STRING: Final = 24
    COMMENT: Final = 25
    NUMBER: Final = 26
    NAME: Final = 27
    OPERATOR: Final = 28
    INSERTED: Final = 29
    DELETED: Final = 30
    USER: Final = 31
    USER_MARK: Final = 32
    ASSISTANT_MARK: Final = 33
    REASONING: Final = 34
    META: Final = 35
    WARNING: Final = 36
    ERROR: Final = 37
    USER_BAR: Final = 38
    """The bar at the left of a prompt."""
    WRAPPED: Final = 39
    """Of a run without text at the end of a line: the text goes on in the next line, after a space."""
    BROKEN: Final = 40
    """Of a run without text at the end of a line: the text goes on in the next line, without a space."""
    CURSOR: Final = 41
    """Of a run without text at the start of a line: the keyboard's cursor is at it."""
    FOLD: Final = 42
    """The line that stands for reasoning."""


class Mark:
    """What a part of a line on the screen is marked as; where two meet, the larger one is shown."""

    LINK: Final = 1
    """The link that the keyboard is at."""
    FOUND: Final = 2
    """What was searched for."""
    CURRENT: Final = 3
    """The place that the search is at."""
    SELECTED: Final = 4


DECORATION = frozenset(
    {
        *(Style.QUOTE, Style.FENCE_BAR, Style.FENCE_INFO),
        *(Style.TABLE_RULE, Style.RULE, Style.HEADING_MARK, Style.USER_BAR),
    }
)
"""Styles of what fmtui draws around the text; copying text leaves these runs out."""
