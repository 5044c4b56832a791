"""The editor in which prompts are written.

What is sent is always what was typed or pasted, to the character; what is drawn never
holds a character that could act on the terminal, and a paste so large that drawing it
would stall the screen is shown as one label. Both need a document that differs from the
text: `value` is the text, the document's own `text` is for drawing only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Protocol

from rich.style import Style
from rich.text import Text
from textual._text_area_theme import TextAreaTheme
from textual.binding import Binding
from textual.content import Content
from textual.document._document import EditResult, Location
from textual.document._edit import Edit
from textual.events import Key, Paste
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from fmtui.core.text import clipboard_safe, normalised, printable
from fmtui.ui.figures import size
from fmtui.ui.looks import look
from fmtui.ui.own_keys import done_at_once

FOLD_CHARACTERS = 20_000
FOLD_LINES = 200
"""Larger insertions become a label. Measured: at 1 MB a key takes 1.5 s, at this size it cannot be felt."""

_LABEL = r"⟦pasted [^⟦⟧\n]*#(\d+)⟧"

# Controls live in the document as private-use characters, one cell wide as their stand-ins:
# the document breaks lines at some of them, and those with no width would upset the wrapping.
_PRIVATE = 0xF0000
_CONTROLS = [
    *(code for code in range(0x20) if chr(code) not in "\n\t"),
    *range(0x7F, 0xA0),
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
]
_ENCODE = {code: _PRIVATE + code for code in _CONTROLS}
_DECODE = {_PRIVATE + code: code for code in _CONTROLS}
_HIDDEN = f"[{chr(_PRIVATE)}-{chr(_PRIVATE + 0x2069)}]"


_THEME = "prompt"


@cache
def _signs() -> dict[int, str]:
    """Return what is drawn for each control in a document."""
    controls = {_PRIVATE + code: printable(chr(code)) for code in _CONTROLS}
    return controls | {_PRIVATE + code: "\ufffd" for code in (0x2028, 0x2029)}


def _looks() -> TextAreaTheme:
    """Return styles of nothing for what a prompt never shows; the others come from its style sheet."""
    nothing = Style.null()
    return TextAreaTheme(
        _THEME,
        gutter_style=nothing,
        cursor_line_style=nothing,
        cursor_line_gutter_style=nothing,
        bracket_matching_style=nothing,
    )


class Completer(Protocol):
    """Offers what a word may become."""

    def takes(self, event: Key) -> bool:
        """Do what a key means for the offer; return whether it means anything there."""
        ...


class Prompt(TextArea, inherit_bindings=False, inherit_css=False):
    """A multi-line editor that sends on Enter and grows with its text to a third of the screen.

    Its styles are all its own: most of those of a `TextArea` are for what it never shows.
    """

    # The screen scrolls the conversation with these, whatever has the focus.
    BINDINGS = [
        *(binding for binding in TextArea.BINDINGS if binding.key not in {"pageup", "pagedown"}),  # type: ignore[union-attr]  # all of them are Binding
        Binding("ctrl+underscore", "undo", "Undo", show=False),  # its usual key suspends, redo's copies
        Binding("alt+z", "redo", "Redo", show=False),
    ]

    # Styled before the first frame and with every change of focus: only what a prompt shows.
    COMPONENT_CLASSES = {"text-area--cursor", "text-area--selection", "text-area--placeholder"}
    DEFAULT_CSS = """
    Prompt {
        width: 1fr;
        height: auto;
        min-height: 1;
        max-height: 33vh;
        border-left: outer $border-blurred;
        padding: 0 1;
        color: $foreground;
        background: $surface;
        pointer: text;
        overflow: auto auto;
        scrollbar-background: $scrollbar-background;
        scrollbar-background-hover: $scrollbar-background-hover;
        scrollbar-background-active: $scrollbar-background-active;
        scrollbar-color: $scrollbar;
        scrollbar-color-active: $scrollbar-active;
        scrollbar-color-hover: $scrollbar-hover;
        scrollbar-corner-color: $scrollbar-corner-color;
        scrollbar-size: 1 1;
        &:focus { border-left: outer $primary; }
        .text-area--cursor {
            color: $input-cursor-foreground;
            background: $input-cursor-background;
            text-style: $input-cursor-text-style;
        }
        .text-area--selection {
            background: $input-selection-background;
            color: $input-selection-foreground;
        }
        .text-area--placeholder { color: $text-muted; }
        &:ansi {
            /* seen in a selection too, which is reversed as well */
            .text-area--cursor { text-style: bold underline reverse; }
            .text-area--selection { background: transparent; text-style: reverse; }
            .text-area--placeholder { text-style: dim; }
        }
    }
    """

    class Submitted(Message):
        """The user sent the prompt; the editor is empty now."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text
            """What was typed and pasted, as it was; never blank."""

    def __init__(
        self,
        placeholder: str = "Ask anything",
        *,
        send_keys: Sequence[str] = ("enter",),
        newline_keys: Sequence[str] = ("ctrl+j", "alt+enter"),
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Make an empty prompt.

        Args:
            placeholder: shown while it is empty.
            send_keys: keys that send, as Textual names them.
            newline_keys: keys that add a line; Shift+Enter does too, where terminals report it.
            id: the widget's id.
        """
        self.completing: Completer | None = None
        """Has the keys first while it offers what a word may become; mostly there is none."""
        self._pastes: dict[int, str] = {}
        self._count = 0
        self._send_keys = frozenset(send_keys)
        self._newline_keys = frozenset(newline_keys) | {"shift+enter"}
        super().__init__(
            id=id,
            highlight_cursor_line=False,
            placeholder=Content(placeholder),
        )
        self.register_theme(_looks())
        self.theme = _THEME
        self.cursor_blink = False  # a blinking cursor wakes the computer twice a second
        self.match_cursor_bracket = False

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the editor; one that was just removed may still be asked, and has lost its styles."""
        if not self.is_attached:
            return [Strip.blank(crop.width)] * crop.height
        return super().render_lines(crop)

    # ---- the text ------------------------------------------------------------

    @property
    def value(self) -> str:
        """The text as it will be sent, with every paste in full."""
        return self._plain(self.text)

    @property
    def selected_text(self) -> str:
        """The selected text, fit for the clipboard."""
        return clipboard_safe(self._plain(super().selected_text))

    def take(self) -> str:
        """Return the text and empty the editor."""
        value = self.value
        used = {int(number) for number in re.findall(_LABEL, self.text)}
        # What was just sent may come back, and should then be folded as it was.
        self._pastes = {number: text for number, text in self._pastes.items() if number in used}
        if self.text:
            self.load_text("")
        return value

    def restore(self, text: str) -> None:
        """Put a text back, in front of what has been typed since."""
        if not text:
            return
        typed = self.text
        gap = "\n" if typed and not text.endswith("\n") else ""
        self.load_text(self._drawn(text) + gap + typed)
        self.move_cursor(self.document.end)

    def submit(self) -> None:
        """Send the text; nothing happens while it is blank."""
        if self.text.strip():
            self.post_message(self.Submitted(self.take()))

    def type_in(self, event: Key | Paste) -> None:
        """Take a key or paste that came to something above the editor; others than an editor's do nothing."""
        # Through the queue, all of them: what was typed later is done later.
        if isinstance(event, Paste):
            self.post_message(Paste(event.text).stop())
        elif event.is_printable or event.key in self._send_keys | self._newline_keys:
            self.post_message(Key(event.key, event.character).stop())
        else:
            for binding in self._bindings.key_to_bindings.get(event.key, ()):
                self.call_later(self.run_action, binding.action)

    # ---- editing -------------------------------------------------------------

    async def on_key(self, event: Key) -> None:
        """Send, add a line, or do what else a key of the editor does, before the next key comes."""
        if self.completing is not None and self.completing.takes(event):
            event.prevent_default().stop()
        elif event.key in self._newline_keys:
            event.prevent_default().stop()
            self._new_line()
        elif event.key in self._send_keys:
            event.prevent_default().stop()
            if self._ends_in_backslash():
                row, column = self.cursor_location
                self.replace("\n", (row, column - 1), (row, column), maintain_selection_offset=False)
            else:
                self.submit()
        else:
            await done_at_once(self, event)

    def edit(self, edit: Edit) -> EditResult:
        """Do an edit, of which labels are changed as a whole or not at all and large texts are folded."""
        top, bottom = edit.top, edit.bottom
        if top == bottom:
            top = bottom = self._out_of_label(top)
        else:
            top, bottom = self._label_start(top), self._label_end(bottom)
        text = self._drawn(edit.text)
        if (text, top, bottom) != (edit.text, edit.top, edit.bottom):
            edit = Edit(text, top, bottom, edit.maintain_selection_offset)
        return super().edit(edit)

    def _new_line(self) -> None:
        self.replace("\n", *self.selection, maintain_selection_offset=False)

    def _ends_in_backslash(self) -> bool:
        row, column = self.cursor_location
        line = self.document.get_line(row)
        return self.selection.is_empty and column == len(line) and line.endswith("\\")

    # ---- labels and controls ---------------------------------------------------

    def _plain(self, drawn: str) -> str:
        """Return the text that a part of the document stands for."""

        def unfold(match: re.Match[str]) -> str:
            return self._pastes.get(int(match[1]), match[0])

        plain = drawn.translate(_DECODE) if re.search(_HIDDEN, drawn) else drawn
        return re.sub(_LABEL, unfold, plain) if self._pastes else plain

    def _drawn(self, text: str) -> str:
        """Return what the document holds for a text."""
        text = normalised(text)
        pieces = [text]
        if len(text) > FOLD_CHARACTERS or text.count("\n") > FOLD_LINES:
            pieces = list(self._folded(text))
        return "".join(pieces).translate(_ENCODE)

    def _folded(self, text: str) -> Iterator[str]:
        """Yield the text with its pastes as labels: those known from before, else all of it as one."""
        for number, paste in self._pastes.items():
            before, found, after = text.partition(paste)
            if found and len(before) + len(after) <= FOLD_CHARACTERS:
                yield from (before, self._label(number), after)
                return
        self._count += 1
        self._pastes[self._count] = text
        yield self._label(self._count)

    def _label(self, number: int) -> str:
        text = self._pastes[number]
        lines = text.count("\n") + (not text.endswith("\n"))
        return f"⟦pasted {size(len(text))} · {lines:,} {'line' if lines == 1 else 'lines'} #{number}⟧"

    def _labels(self, row: int) -> Iterator[tuple[int, int]]:
        """Yield the columns at which the labels of a line start and end."""
        if self._pastes and 0 <= row < self.document.line_count:
            for match in re.finditer(_LABEL, self.document.get_line(row)):
                if int(match[1]) in self._pastes:
                    yield match.span()

    def _label_start(self, location: Location) -> Location:
        row, column = location
        return next(((row, start) for start, end in self._labels(row) if start < column < end), location)

    def _label_end(self, location: Location) -> Location:
        row, column = location
        return next(((row, end) for start, end in self._labels(row) if start < column < end), location)

    _out_of_label = _label_end

    # ---- drawing -------------------------------------------------------------

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is drawn: controls as signs, labels coloured."""
        line = self.document.get_line(line_index)
        text = Text(line.translate(_signs()) if re.search(_HIDDEN, line) else line, end="", no_wrap=True)
        for start, end in self._labels(line_index):
            text.stylize(look(self.app, "$text-accent").rich_style, start, end)
        return text
