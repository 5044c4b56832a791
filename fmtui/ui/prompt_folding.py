"""A text area that shows labels in the place of what is long, and signs in that of controls."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import split_graphemes
from rich.containers import Lines
from rich.text import Span, Text
from textual.document._document import EditResult, Location
from textual.document._edit import Edit

from fmtui.core.text import clipboard_safe
from fmtui.ui.looks import look
from fmtui.ui.prompt_cutting import CuttingArea
from fmtui.ui.prompt_folds import FOLD_LINES, Attached, Folds, Held, visible

CLOSING = ",.;:!?)]}"
"""What stands right behind a name in a sentence, and is no part of it."""
_ENDS = re.compile(rf"[{re.escape(CLOSING)}]*(?:\s|$)")
"""What comes behind a word that is whole."""
_CHARACTER = 32
"""What a character is made of at most, as it is drawn."""


def _characters(text: str) -> list[str]:
    """Return the characters of a short text as they are seen: bases with their marks, joined emoji."""
    if text.isascii():
        return list(text)
    return [text[start:end] for start, end, _ in split_graphemes(text)[0]]


class _Drawn:
    """How the line that was drawn last is divided into rows, so that its next row need not do that again."""

    def __init__(self) -> None:
        self._of: tuple[str, list[Span], list[int]] | None = None
        self._rows = Lines()

    def rows(self, line: Text, offsets: list[int]) -> Lines:
        """Return the rows of a line."""
        if self._of != (line.plain, line.spans, offsets):
            self._rows = Text.divide(line, offsets)
            self._of = line.plain, list(line.spans), offsets
        return self._rows


class _Line(Text):
    """A line to draw: it is made for each row of it, but divided once."""

    __slots__ = ("_drawn",)

    def __init__(self, text: str, drawn: _Drawn) -> None:
        super().__init__(text, end="", no_wrap=True)
        self._drawn = drawn

    def divide(self, offsets: Iterable[int]) -> Lines:
        """Return its rows; they are the same for every line of the same text and styles."""
        return self._drawn.rows(self, list(offsets))


class FoldingArea(CuttingArea, inherit_bindings=False, inherit_css=False):
    """A text area of which `value` is the text, and the document's own `text` is for drawing only."""

    def __init__(self, *values: object, **named: object) -> None:
        self._folds = Folds()
        self._drawn = _Drawn()
        super().__init__(*values, **named)

    @property
    def value(self) -> str:
        """The text as it will be sent, with every paste in full."""
        return self._folds.plain(self.text)

    @property
    def selected_text(self) -> str:
        """The selected text, fit for the clipboard."""
        return clipboard_safe(self._folds.plain(super().selected_text))

    def attach(self, word: str, file: Attached) -> None:
        """Write what stands for an attached file.

        Args:
            word: the word in whose place it comes; nothing is done once that is gone. Empty for the cursor.
            file: what is attached.
        """
        start, end = self.selection if not word else self._place_of(word)
        if word and start == end:
            return
        label = self._folds.attach(file) if file.said else file.mention
        cursor = self.cursor_location
        with self.apart():
            self.replace(label, start, end, maintain_selection_offset=bool(word) and cursor > end)

    def _place_of(self, word: str) -> tuple[Location, Location]:
        """Return from where to where a word stands last; twice the same place where it does not."""
        word = self._folds.drawn(word)  # names of files may hold any character
        for row in range(self.document.line_count - 1, -1, -1):
            line = self.document.get_line(row)
            at = line.rfind(word)
            while at >= 0:
                if _ENDS.match(line, at + len(word)):
                    return (row, at), (row, at + len(word))
                at = line.rfind(word, 0, at)
        return (0, 0), (0, 0)

    def put(self, text: str) -> None:
        """Write a text in the place of all that is there; undoing brings that back."""
        self._put_drawn(self._folds.drawn(text, ends=True))

    def write(self, text: str) -> None:
        """Write a text at the cursor."""
        with self.apart():
            self.replace(text, *self.selection, maintain_selection_offset=False)

    def write_word(self, text: str) -> None:
        """Write a text at the cursor, apart from a word that stands before it."""
        row, column = min(self.selection)
        before = self.document.get_line(row)[:column]
        self.write(text if not before or before[-1].isspace() else f" {text}")

    def label_here(self) -> tuple[int, Held] | None:
        """Return the label that the cursor is at, or the only one, as its number and what it stands for."""
        row, column = self.cursor_location
        here = [number for start, end, number in self._spans(row) if start <= column <= end]
        every = here or [
            number for line in range(self.document.line_count) for _, _, number in self._spans(line)
        ]
        held = self._folds.held(every[0]) if len(every) == 1 or here else None
        return None if held is None else (every[0], held)

    def change_label(self, number: int, text: str) -> None:
        """Have a label stand for another text."""
        for row in range(self.document.line_count):
            for start, end, there in self._spans(row):
                if there == number:
                    label = self._folds.change(number, text)
                    with self.apart():
                        self.replace(label, (row, start), (row, end), maintain_selection_offset=False)
                    return

    def _put_drawn(self, text: str) -> None:
        with self.apart():
            self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)

    def edit(self, edit: Edit) -> EditResult:
        """Do an edit, of which labels are changed as a whole or not at all and large texts are folded."""
        top, bottom = edit.top, edit.bottom
        if top == bottom:
            top = bottom = self._label_end(top)
        else:
            top, bottom = self._label_start(top), self._label_end(bottom)
        text = edit.text
        if len(text) > 1 or not text.isprintable():
            text = self._folds.drawn(text, 0 if len(text) < FOLD_LINES else len(self.text))
        if (text, top, bottom) != (edit.text, edit.top, edit.bottom):
            edit = Edit(text, top, bottom, edit.maintain_selection_offset)
        return super().edit(edit)

    # ---- moving ----------------------------------------------------------------

    def get_cursor_left_location(self) -> Location:
        """Return where the cursor is one character further left: labels are one, and so are joined emoji."""
        row, column = self.cursor_location
        pieces = _characters(self.document.get_line(row)[max(0, column - _CHARACTER) : column])
        if not pieces:
            return super().get_cursor_left_location()
        return self._label_start((row, column - len(pieces[-1])))

    def get_cursor_right_location(self) -> Location:
        """Return where the cursor is one character further right, likewise."""
        row, column = self.cursor_location
        pieces = _characters(self.document.get_line(row)[column : column + _CHARACTER])
        if not pieces:
            return super().get_cursor_right_location()
        return self._label_end((row, column + len(pieces[0])))

    def get_cursor_word_left_location(self) -> Location:
        """Return the start of the word, or of the one before."""
        return self._label_start(self._word_start())

    def get_cursor_word_right_location(self) -> Location:
        """Return the end of the word, or of the next one: where shells go, and where a word is cut to."""
        return self._label_end(self._after_word())

    # ---- labels ----------------------------------------------------------------

    def _spans(self, row: int) -> list[tuple[int, int, int]]:
        """Return where the labels of a line start and end, and their numbers."""
        if 0 <= row < self.document.line_count:
            return list(self._folds.spans(self.document.get_line(row)))
        return []

    def _label_start(self, location: Location) -> Location:
        row, column = location
        return next(((row, start) for start, end, _ in self._spans(row) if start < column < end), location)

    def _label_end(self, location: Location) -> Location:
        row, column = location
        return next(((row, end) for start, end, _ in self._spans(row) if start < column < end), location)

    # ---- drawing -------------------------------------------------------------

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is drawn: controls as signs, labels coloured."""
        text = _Line(visible(self.document.get_line(line_index)), self._drawn)
        for start, end, _ in self._spans(line_index):
            text.stylize(look(self.app, "$text-accent").rich_style, start, end)
        return text
