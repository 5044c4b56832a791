"""Cutting and putting back in the editor, as shells do it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unicodedata import category

from textual.document._document import Location
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

MOST = 20
"""Cuts that can be put back."""
_FAR = 4000
"""Characters within which a word begins and ends."""


class Cuts:
    """What was cut, newest last. What is cut in one go, key after key, is one cut."""

    def __init__(self) -> None:
        self._cuts: list[str] = []
        self._back = 0

    def add(self, text: str, *, on: bool, before: bool) -> None:
        """Keep what was cut.

        Args:
            text: nothing is kept of an empty one.
            on: whether it goes on with the last cut.
            before: whether it stood before that one in the text.
        """
        self._back = 0
        if not text:
            return
        if on and self._cuts:
            last = self._cuts.pop()
            text = text + last if before else last + text
        self._cuts.append(text)
        del self._cuts[:-MOST]

    @property
    def all(self) -> str:
        """All that can be put back."""
        return "\n".join(self._cuts)

    def last(self) -> str:
        """Return the newest cut; empty when nothing was cut."""
        self._back = 0
        return self._cuts[-1] if self._cuts else ""

    def before(self) -> str:
        """Return the cut before the one that was returned last, the newest after the oldest."""
        if not self._cuts:
            return ""
        self._back = (self._back + 1) % len(self._cuts)
        return self._cuts[-1 - self._back]


def _with_letters(text: str) -> str:
    """Return a text of the same length in which marks of letters are letters too: they part no word."""
    if text.isascii():
        return text
    out: list[str] = []
    for char in text:
        mark = char in "\u200c\u200d" or category(char)[0] == "M"
        out.append("x" if mark and out and (out[-1].isalnum() or out[-1] == "_") else char)
    return "".join(out)


class CuttingArea(TextArea, inherit_bindings=False, inherit_css=False):
    """A text area that keeps what its keys cut."""

    def __init__(self, *values: object, **named: object) -> None:
        self._cuts = Cuts()
        self._after_cut: tuple[str, Location] | None = None
        """The text and the place of the cursor that the last cut left, to know one that goes on with it."""
        self._put_back: tuple[str, Location, Location] | None = None
        """The text, and from where to where what was put back last stands in it."""
        super().__init__(*values, **named)  # type: ignore[arg-type]  # what a TextArea takes

    def _refresh_size(self) -> None:
        """Take the size of a text that has changed.

        The framework undoes and redoes edits before it moves the cursor, and looks for that when
        a scroll bar comes or goes with them: it must not be in a line that is gone.
        """
        start, end = self.selection
        inside = Selection(self.clamp_visitable(start), self.clamp_visitable(end))
        if inside != self.selection:
            self.selection = inside
        super()._refresh_size()

    def action_kill_word(self) -> None:
        """Cut back to the blank before the cursor."""
        self._cut(self._before_word)

    def action_kill_word_left(self) -> None:
        """Cut back to the start of the word."""
        self._cut(self.get_cursor_word_left_location)

    def action_kill_word_right(self) -> None:
        """Cut on to the end of the word."""
        self._cut(self._after_word)

    def action_kill_to_start(self) -> None:
        """Cut back to the start of the line; from there, the line break before."""
        row, column = self.cursor_location
        self._cut(lambda: (row, 0) if column else self.get_cursor_left_location())

    def action_kill_to_end(self) -> None:
        """Cut on to the end of the line; from there, the line break."""
        row, column = self.cursor_location
        end = len(self.document.get_line(row))
        self._cut(lambda: (row, end) if column < end else self.get_cursor_right_location())

    def action_yank(self) -> None:
        """Put back what was cut last; what was cut before that in its place when it is pressed again."""
        held = self._put_back
        start, end = self.selection
        if held is not None and held[0] == self.text and held[2] == self.cursor_location and start == end:
            text, (start, end) = self._cuts.before(), held[1:]
        else:
            text = self._cuts.last()
        if text:
            with self.apart():
                done = self.replace(text, start, end, maintain_selection_offset=False)
            self._put_back = self.text, min(start, end), done.end_location

    def _cut(self, other_end: Callable[[], Location]) -> None:
        """Cut what is selected, else from the cursor to the other end."""
        goes_on = self._after_cut == (self.text, self.cursor_location) and self.selection.is_empty
        start, end = self.selection if not self.selection.is_empty else (self.cursor_location, other_end())
        before = self.selection.is_empty and end < start
        with self.apart():
            done = self.delete(start, end, maintain_selection_offset=False)
        self._cuts.add(done.replaced_text, on=goes_on, before=before)
        self._after_cut = self.text, self.cursor_location

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Make what is done to the text one step of undoing, apart from those before and after it."""
        self.history.checkpoint()
        yield
        self.history.checkpoint()

    def _before_word(self) -> Location:
        return self._back_over(r"\S*\s*\Z")

    def _word_start(self) -> Location:
        return self._back_over(r"\w*\W*\Z")

    def _back_over(self, pattern: str) -> Location:
        row, column = self.cursor_location
        if column == 0:
            return self.get_cursor_left_location()
        line = _with_letters(self.document.get_line(row)[max(0, column - _FAR) : column])
        return row, column - len(line) + len(re.sub(pattern, "", line))

    def _after_word(self) -> Location:
        row, column = self.cursor_location
        line = self.document.get_line(row)
        if column >= len(line):
            return self.get_cursor_right_location()
        found = re.match(r"\W*\w*", _with_letters(line[column : column + _FAR]))
        return row, column + found.end() if found is not None else len(line)
