"""What a reader of markdown tells of a text; here nothing is made of it."""

from __future__ import annotations


class Drawing:
    """Is told of the blocks of a text, in the order of its lines.

    Each block begins inside the innermost container; `gap` says whether it stands apart from
    what comes before it in there. A leaf is told its lines, then that it ends. A line that is
    longer than `parsing.LONG` comes in parts: its start, `more` of it, and `line_end`.
    """

    def quote(self, *, gap: bool) -> None:
        """A quotation begins."""

    def item(self, number: int | None, mark: str, *, gap: bool) -> None:
        """An item of a list begins; a bullet has no number."""

    def leave(self, count: int) -> None:
        """So many of the innermost quotations and items end."""

    def paragraph(self, text: str, *, gap: bool) -> None:
        """A paragraph begins with its first line."""

    def text(self, text: str) -> None:
        """The paragraph goes on with another line."""

    def underline(self, level: int) -> None:
        """The paragraph was a heading, and has ended."""

    def table(self, head: list[str], aligns: tuple[str, ...], *, gap: bool) -> None:
        """The last line of the paragraph was the head of a table, which begins."""

    def row(self, text: str, *, long: bool) -> None:
        """The table goes on with a row."""

    def heading(self, level: int, text: str, *, gap: bool) -> None:
        """A heading begins."""

    def rule(self, *, gap: bool) -> None:
        """A thematic break, which is no leaf that goes on."""

    def code_block(self, info: str | None, *, gap: bool) -> None:
        """Code begins: a fence with what stands after its signs, or None for indented code."""

    def code(self, text: str, *, long: bool) -> None:
        """The code goes on with a line."""

    def more(self, text: str) -> None:
        """The long line of the open leaf goes on."""

    def line_end(self) -> None:
        """The long line of the open leaf has ended, but not the leaf."""

    def end(self) -> None:
        """The open leaf ends."""
