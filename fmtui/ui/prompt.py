"""The editor in which prompts are written.

What is sent is always what was typed or pasted, to the character; what is drawn never
holds a character that could act on the terminal, and a paste so large that drawing it
would stall the screen is shown as one label. Both need a document that differs from the
text: `value` is the text, the document's own `text` is for drawing only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from rich.style import Style
from textual._text_area_theme import TextAreaTheme
from textual.content import Content
from textual.events import Key, Paste
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from fmtui.ui.command import Command
from fmtui.ui.commands import editing_keys, keys_of
from fmtui.ui.own_keys import done_at_once
from fmtui.ui.prompt_keeping import KeepingArea
from fmtui.ui.prompt_place import PLACEHOLDER
from fmtui.ui.prompt_recall import Recall

UNDONE = 500
"""Steps that can be undone. What is large is in labels, so each is small."""
_THEME = "prompt"


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


_CSS = """
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


class Prompt(KeepingArea, inherit_bindings=False, inherit_css=False):
    """A multi-line editor that sends on Enter and grows with its text to a third of the screen.

    Its styles are all its own: most of those of a `TextArea` are for what it never shows.
    """

    # The screen scrolls the conversation with these, whatever has the focus.
    BINDINGS = [
        binding
        for binding in TextArea.BINDINGS
        if binding.key not in {"pageup", "pagedown"}  # type: ignore[union-attr]  # all of them are Binding
    ]

    # Styled before the first frame and with every change of focus: only what a prompt shows.
    COMPONENT_CLASSES = {"text-area--cursor", "text-area--selection", "text-area--placeholder"}
    DEFAULT_CSS = _CSS

    class Submitted(Message):
        """The user sent the prompt; the editor is empty now."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text
            """What was typed and pasted, as it was; never blank."""

    def __init__(
        self,
        placeholder: str = PLACEHOLDER,
        *,
        send_keys: Sequence[str] = ("enter",),
        newline_keys: Sequence[str] = ("ctrl+j", "alt+enter"),
        edit_keys: Mapping[str, str] | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Make an empty prompt.

        Args:
            placeholder: shown while it is empty.
            send_keys: keys that send, as Textual names them.
            newline_keys: keys that add a line; Shift+Enter does too, where terminals report it.
            edit_keys: key -> id of a command of the table, for the other commands of a prompt.
            id: the widget's id.
        """
        self.completing: Completer | None = None
        """Has the keys first while it offers what a word may become; mostly there is none."""
        self.queued: Callable[[], bool] | None = None
        """Puts a prompt that waits back into the editor; None while none waits."""
        self.recall: Callable[[], Awaitable[Sequence[str]]] | None = None
        """Returns earlier prompts, newest first."""
        self._walk: Recall | None = None
        self._edit_keys = editing_keys() if edit_keys is None else edit_keys
        self._send_keys = frozenset(send_keys)
        self._newline_keys = frozenset(newline_keys) | {"shift+enter"}
        super().__init__(
            id=id,
            highlight_cursor_line=False,
            placeholder=Content(placeholder),
            max_checkpoints=UNDONE,
        )
        self.register_theme(_looks())
        self.theme = _THEME
        self.cursor_blink = False  # a blinking cursor wakes the computer twice a second
        self.match_cursor_bracket = False

    @classmethod
    def keyed(cls, commands: Sequence[Command]) -> Prompt:
        """Return an empty prompt with the keys of a table of commands."""
        return cls(
            send_keys=keys_of("prompt.send", commands),
            newline_keys=keys_of("prompt.newline", commands),
            edit_keys=editing_keys(commands),
        )

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the editor; one that was just removed may still be asked, and has lost its styles."""
        if (
            not self.is_attached or not self.content_size.width
        ):  # what it asks for cannot be wrapped to nothing
            return [Strip.blank(crop.width)] * crop.height
        return super().render_lines(crop)

    # ---- the text ------------------------------------------------------------

    def _emptied(self, *, undoable: bool = False) -> str:
        self._walk = None
        return super()._emptied(undoable=undoable)

    def submit(self) -> None:
        """Send the text, which undoing brings back; nothing happens while it is blank."""
        if self.text.strip():
            self.post_message(self.Submitted(self._emptied(undoable=True)))
            self._bring_back()

    def type_in(self, event: Key | Paste) -> None:
        """Take a key or paste that came to something above the editor; others than an editor's do nothing."""
        # Through the queue, all of them: what was typed later is done later.
        if isinstance(event, Paste):
            self.post_message(Paste(event.text).stop())
        elif event.is_printable or event.key in self._send_keys | self._newline_keys:
            self.post_message(Key(event.key, event.character).stop())
        elif event.key in self._edit_keys:
            self.call_later(self.do, self._edit_keys[event.key])
        else:
            for binding in self._bindings.key_to_bindings.get(event.key, ()):
                self.call_later(self.run_action, binding.action)

    # ---- editing -------------------------------------------------------------

    async def on_key(self, event: Key) -> None:
        """Send, add a line, or do what else a key of the editor does, before the next key comes."""
        self._before_key(event)
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
        elif event.key in self._edit_keys:
            event.prevent_default().stop()
            await self.do(self._edit_keys[event.key])
            self._after_key()
        elif await done_at_once(self, event):
            self._after_key()

    async def do(self, command_id: str) -> None:
        """Do a command of the prompt; one that sends or adds a line too."""
        match command_id.partition(".")[2]:
            case "send":
                self.submit()
            case "newline":
                self._new_line()
            case "older":
                await self._older()
            case "newer":
                self._newer()
            case "word_left" | "word_right" as name:
                await self.run_action(f"cursor_{name}")
            case name:
                await self.run_action(name)

    async def _older(self) -> None:
        """Go up, from the first line to the prompt before; from nothing to one that is queued."""
        if not self.text and self.queued is not None and self.queued():
            return
        if not self.navigator.is_first_wrapped_line(self.cursor_location):
            self.action_cursor_up()
            return
        if self._walk is None and self.recall is not None:
            self._walk = Recall(await self.recall(), self._folds.drawn)
        text = None if self._walk is None else self._walk.older(self.text)
        if text is None:
            self.action_cursor_up()
        else:
            self._put_drawn(text)
            self.move_cursor((0, len(self.document.get_line(0))))

    def _newer(self) -> None:
        """Go down, from the last line to the prompt after."""
        last = self.navigator.is_last_wrapped_line(self.cursor_location)
        text = self._walk.newer(self.text) if last and self._walk is not None else None
        if text is None:
            self.action_cursor_down()
            return
        self._put_drawn(text)
        if self._walk is not None and self._walk.at_draft:
            self._walk = None

    def _new_line(self) -> None:
        self.replace("\n", *self.selection, maintain_selection_offset=False)

    def _ends_in_backslash(self) -> bool:
        row, column = self.cursor_location
        line = self.document.get_line(row)
        return self.selection.is_empty and column == len(line) and line.endswith("\\")
