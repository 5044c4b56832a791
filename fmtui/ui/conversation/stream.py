"""A growing text as lines: what is drawn stays, and only the open end is drawn again.

Whole lines are read once, each going on in whatever is open: containers within containers, a
paragraph, code, a table. What they decide is drawn for good. Then a copy of the reader is
told the line that has not ended, and to end everything: that is what is shown below until
more comes. So a frame costs what came since the last one, and what is still open of the
latest leaf, which is bounded. When all has come, the lines are those that `markdown.render`
gives for the whole, as it reads the same lines in the same way.
"""

from __future__ import annotations

import re

from fmtui.core.text import printable
from fmtui.ui.conversation.growing import OpenPlain
from fmtui.ui.conversation.inside import Inside
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.markdown import Renderer, unified
from fmtui.ui.conversation.parsing import LONG, Blocks, State
from fmtui.ui.conversation.styles import Style

_UNDECIDED = re.compile(r"[-=*_+#>`~|: \t]*|\d{1,9}[.)]?|(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX]?\]?[ \t]*")
"""A line of which only signs have come: it is not shown before it says what it is."""


class StreamDoc:
    """The lines of a text that is still coming.

    Args:
        width: columns of a line, at least 1.
        plain: whether the text is shown as it was written instead of as markdown.
        style: the style of a plain text.
        links: where the targets of links are kept; without it runs tell of none.
        inside: what a markdown text is inside of that is the end of a longer one.
    """

    def __init__(
        self,
        width: int,
        *,
        plain: bool = False,
        style: int = Style.PLAIN,
        links: Links | None = None,
        inside: Inside | None = None,
    ) -> None:
        self.lines: list[Line] = []
        """All lines so far."""
        self.settled = 0
        """How many of them, from the first, can never change."""
        self.clean = 0, 0
        """The latest place where the text may be parted: characters of the text, and lines.

        Everything before it is drawn for good, and a new document that is given what comes after
        has the lines that follow, but for an empty one between the two. Characters are those of
        the text with line feeds as its only line ends. It only grows, from (0, 0).
        """
        self.renderer = Renderer(width, links, inside)
        """What draws them; it counts its work."""
        self._blocks = Blocks(self.renderer, State() if inside is None else inside.state)
        self._read = 0  # characters that were read into blocks
        self._pending: list[str] = []
        self._return = ""  # a carriage return that a line feed may follow
        self._partial = ""  # the line that has not ended
        self._long = False  # whether that is known to be long, and was read as far as it came
        self._taken = 0  # characters of the lines that have ended
        self._begun = False  # whether anything has come that is no sign
        self._plain = OpenPlain(self.renderer.work, self.renderer.width, style) if plain else None

    @property
    def width(self) -> int:
        """Columns of a line."""
        return self.renderer.width

    @property
    def parsed_characters(self) -> int:
        """How many characters were parsed so far, into blocks and into sentences."""
        return self._read + self.renderer.inline.read

    @property
    def lexed_lines(self) -> int:
        """How many lines of code went through a lexer so far."""
        return self.renderer.work.lexed

    @property
    def drawn_characters(self) -> int:
        """How many characters were laid out in lines so far."""
        return self.renderer.work.drawn

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
        start = self.settled
        before = self.lines[start:]
        del self.lines[start:]
        if self._plain is not None:
            self._plain.take(text)
            self._settle(self._plain.rows)
            self._plain.rows = []
            self.lines += self._plain.open_rows()
        else:
            self._take(text)
            if last and (self._partial or self._long):
                self._end_line()
            self._settle_drawn()
            self.lines += self._open_lines()
        for index, line in enumerate(before, start):
            if index >= len(self.lines) or self.lines[index] != line:
                return index
        return start + len(before)

    def _settle(self, lines: list[Line]) -> None:
        self.lines += lines
        self.settled = len(self.lines)

    def _settle_drawn(self) -> None:
        self._settle(self.renderer.lines)
        self.renderer.lines = []

    def _take(self, text: str) -> None:
        """Read the lines that have ended, and as much as can be of a long one."""
        *ended, partial = text.split("\n")
        for line in ended:
            self._add(line)
            self._end_line()
        self._add(partial)

    def _add(self, text: str) -> None:
        """Take in a part of a line."""
        if self._long:
            self._read_on(text)
            return
        self._partial += text
        if len(self._partial) > LONG:
            line, self._partial, self._long = self._partial, "", True
            self._read += LONG
            self._blocks.line(line[:LONG], long=True)
            self._note_clean()
            self._begun = True
            self._read_on(line[LONG:])
            self._taken += LONG

    def _read_on(self, text: str) -> None:
        self._read += len(text)
        self._taken += len(text)
        self._blocks.more(text)

    def _end_line(self) -> None:
        if self._long:
            self._blocks.line_end()
            self._long = False
        else:
            line, self._partial = self._partial, ""
            self._read += len(line)
            self._begun = self._begun or _UNDECIDED.fullmatch(line.strip(" \t")) is None
            self._blocks.line(line)
            self._note_clean()
            self._taken += len(line)
        self._taken += 1
        if not any(self._blocks.state[:2]) and self.renderer.begun:
            self.clean = self._taken, self.settled + len(self.renderer.lines)

    def _note_clean(self) -> None:
        """Note where a block began outside of all others; the line that began it is not counted yet."""
        if self._blocks.fresh == "block" and (before := self.settled + self.renderer.mark[0]):
            self.clean = self._taken, before

    def _open_lines(self) -> list[Line]:
        """Return the lines of what is not drawn for good, as if the text ended here."""
        renderer = self.renderer.copied()
        blocks = self._blocks.copied(renderer)
        if self._partial and self._shows(self._partial.strip(" \t")):
            self._read += len(self._partial)
            blocks.line(self._partial)
        blocks.finish()
        return renderer.lines

    def _shows(self, partial: str) -> bool:
        """Whether a line that has not ended says what it is."""
        if fence := self._blocks.fence:
            return bool(partial.strip(f"{fence[0]}> \t"))
        if _UNDECIDED.fullmatch(partial) is None:
            self._begun = True
            return True
        # A number that opens the answer is shown all the same: it may be all of it.
        return not self._begun and partial[:1].isdigit()
