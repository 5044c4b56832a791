"""A text that still grows, as parts: the pieces that are whole, and the open one."""

from __future__ import annotations

from copy import copy

from fmtui.ui.conversation.code import Highlighter
from fmtui.ui.conversation.code_parts import CodeDoc, CodePiece, Lexing, highlighter_of, state_after
from fmtui.ui.conversation.cuts import EDGES, Cutter, edges, plain_cut
from fmtui.ui.conversation.markdown import BLANK, unified
from fmtui.ui.conversation.parts import Markup
from fmtui.ui.conversation.sections import Cut, Drawn, Keyed, Part, Shown
from fmtui.ui.conversation.stream import StreamDoc

_AT_ONCE = 262_144
"""Characters that may be left to draw at the end of a reply."""


class _Open(Shown):
    """The end of a text that grows.

    Args:
        text: what has come of it.
        markup: how it is cut and drawn.
        cut: where it starts.
        state: colours its first line, where that is one of code.
    """

    def __init__(self, text: str, markup: Markup, cut: Cut, state: Highlighter | None = None) -> None:
        super().__init__()
        self.cut, self.joins = cut, cut.joins
        self.length = len(text)
        """Characters that came."""
        self._markup = markup
        self._state = state
        self._texts = [text]
        self._doc: StreamDoc | CodeDoc | None = None
        self._hidden = 0  # lines of what it goes on with

    @property
    def source(self) -> str:
        """The text that came."""
        if len(self._texts) > 1:
            self._texts[:] = ["".join(self._texts)]
        return self._texts[0]

    @property
    def begun(self) -> bool:
        """Whether any of it was drawn."""
        return self._doc is not None

    def feed(self, text: str) -> None:
        """Take in text."""
        self._texts.append(text)
        self.length += len(text)
        if self._doc is not None:
            self._doc.feed(text)

    def flush(self, width: int) -> None:
        """Draw what came since the last time; all of it for another width."""
        if self._doc is None or self._doc.width != max(1, width):
            self._doc = self._begin(width)
            self._doc.feed(self.source)
        self._doc.flush()
        self._take(self._doc)

    def finish(self, width: int) -> Drawn:
        """Draw the end of the text as such."""
        self.flush(width)
        if self._doc is not None:
            self._doc.finish()
            self._take(self._doc)
        return self.drawn

    def _begin(self, width: int) -> StreamDoc | CodeDoc:
        markup, head = self._markup, self.cut.head
        if self._state is not None:
            return CodeDoc(width, head, self._state)
        doc = StreamDoc(
            width,
            plain=not markup.markdown,
            style=markup.style,
            links=markup.links,
            inside=self.cut.inside,
        )
        if head:
            doc.feed(head)
            doc.flush()
            self._hidden = len(doc.lines)
        return doc

    def _take(self, doc: StreamDoc | CodeDoc) -> None:
        lines = doc.lines[self._hidden :] if self._hidden else doc.lines
        gap = self.cut.kind == "block" and self._markup.markdown and lines
        self.drawn = Drawn([BLANK, *lines] if gap else lines, None)

    def whole(self, at: int, following: Cut) -> Part:
        """Return the text before a place as a piece."""
        source = self.source[:at]
        if self._state is not None:
            return CodePiece(source, Lexing("", self.cut.head, [0], self._state), 0)
        return self._markup.piece(source, self.cut._replace(at=0), following._replace(at=at))

    def split(self, at: int, cut: Cut, width: int) -> tuple[Drawn | None, _Open]:
        """Return the lines of the text before a place, if they are known, and the end that starts there."""
        state = self._state_at(at, cut, width) if cut.kind == "code" else None
        rest = _Open(self.source[at:], self._markup, cut, state)
        if self._doc is None or cut.kind == "words":  # whose last line ends where it would not
            return None, rest
        if not rest.length:
            # The empty lines at the end are shown now, as more comes.
            hides = not self._markup.markdown and self.source.endswith("\n\n")
            return None if hides else self.finish(width), rest
        self.flush(width)
        rest.flush(width)
        lines, below = self.drawn.lines, rest.drawn.lines
        above = len(lines) - len(below)
        # What shows nothing yet may have shown something as the end of the text before it.
        same = below and lines[above:] == below
        return (Drawn(lines[:above], None) if same else None), rest

    def _state_at(self, at: int, cut: Cut, width: int) -> Highlighter:
        if isinstance(self._doc, CodeDoc):
            self.flush(width)
            return copy(self._doc.state)  # only whole lines change it, and those after the cut did not come
        if self._state is not None:
            return state_after(self._state, self.source[:at], cut.head)
        start = cut.origin - self.cut.at
        return state_after(highlighter_of(cut.head), self.source[start:at], cut.head)


class Growing:
    """A text that grows: the pieces that are whole, and the open one.

    Args:
        text: what has come of it.
        markup: how it is cut and drawn.
        base: the key of its first piece.
    """

    def __init__(self, text: str, markup: Markup, base: int) -> None:
        self.markup = markup
        self.cuts: list[Cut] = []
        """Where the pieces start, but for the first."""
        self._base = base
        self._whole: list[Keyed] = []
        self._pending = [text] if text else []
        self._begun = markup.markdown  # the empty lines that a plain text starts with are not shown
        self._held = ""  # what is shown only when something follows
        self._cutter = Cutter()
        self._partial = ""  # a line that has not ended: most cuts are before whole lines
        self._open = _Open("", markup, Cut(0, "start"))

    @property
    def count(self) -> int:
        """How many parts it has; none before anything came that is shown."""
        whole = len(self._whole)
        return whole + 1 if whole or self._open.drawn.lines else 0

    @property
    def parts(self) -> list[Keyed]:
        """Its parts with their keys, the open one last."""
        if not self.count:
            return []
        return [*self._whole, (self._base + len(self._whole), self._open)]

    def feed(self, text: str) -> None:
        """Take in text; nothing is drawn."""
        self._pending.append(text)

    def flush(self, width: int) -> list[tuple[int, Drawn]]:
        """Draw what came; return the lines of the pieces that became whole and were drawn before."""
        text = self._taken()
        whole: list[tuple[int, Drawn]] = []
        for cut in self._found(text):
            open_, key = self._open, self._base + len(self._whole)
            at = cut.at - open_.cut.at
            ahead = max(0, at - open_.length)
            open_.feed(text[:ahead])
            text = text[ahead:]
            drawn, self._open = open_.split(at, cut, width)
            piece = open_.whole(at, cut)
            if open_.begun:
                whole.append((key, piece.draw(width) if drawn is None else drawn))
            self._whole.append((key, piece))
            self.cuts.append(cut)
        self._open.feed(text)
        self._open.flush(width)
        return whole

    def finish(self, text: str, width: int) -> list[tuple[int, Drawn]] | None:
        """Draw the end of the text as such.

        Args:
            text: the whole text.
            width: columns of a line.

        Returns:
            The lines of the pieces that became whole by it; None when another text came, or so
            much more of it that it is quicker shown as a turn that was there before.
        """
        whole = self.flush(width)
        known = "".join([*(piece.source for _, piece in self._whole), self._open.source])
        first = edges(text)[0] if not self.markup.markdown else 0
        if not text.startswith(known, first) or len(text) - first - len(known) > _AT_ONCE:
            return None
        self._held = ""
        self._pending.clear()
        self.feed(text[first + len(known) :] if known else text)
        whole += self.flush(width)
        if self.count:
            whole.append((self._base + len(self._whole), self._open.finish(width)))
        return whole

    def _taken(self) -> str:
        """Return what can be drawn of what came."""
        text = "".join(self._pending)
        self._pending.clear()
        if text.endswith("\r"):  # a line feed may follow
            self._pending.append("\r")
            text = text[:-1]
        text = self._held + unified(text)
        if self.markup.markdown:
            return text
        stop = len(text.rstrip(EDGES))
        text, self._held = text[:stop], text[stop:]
        if text and not self._begun:
            self._begun = True
            start = edges(text)[0]
            self._open = _Open("", self.markup, Cut(start, "start"))
            text = text[start:]
        return text

    def _found(self, text: str) -> list[Cut]:
        """Return the cuts that are found by the text that came last."""
        if self.markup.markdown:
            known = len(self._cutter.cuts)
            end = text.rfind("\n") + 1
            if end:
                self._cutter.take(self._partial + text[:end])
                self._partial = ""
            self._partial += text[end:]
            self._cutter.take_open(self._partial)
            return self._cutter.cuts[known:]
        source = self._open.source + text
        cuts: list[Cut] = []
        at = 0
        while (cut := plain_cut(source, at, len(source))) is not None:
            cuts.append(cut._replace(at=self._open.cut.at + cut.at))
            at = cut.at
        return cuts
