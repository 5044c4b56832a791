"""One line of a form: a label and a value that can be chosen or typed.

Textual's Select and Input cost some milliseconds each before the first frame. A field is
one line of text; an Input appears in it while it is edited.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from textual import on
from textual.actions import SkipAction
from textual.binding import Binding
from textual.content import Content
from textual.events import Blur, Click, Key, Paste
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input

from fmtui.core.text import one_line
from fmtui.ui.fitting import cells, fit, fit_middle
from fmtui.ui.looks import MUTED, look

LABEL_WIDTH = 14
Kind = Literal["typed", "chosen"]


class Field(Widget, can_focus=True):
    """A label and its value; Enter changes it.

    A `typed` field is edited in place: Enter or leaving it keeps the text, Esc the old one.
    A `chosen` field only reports that the user wants to choose.
    """

    BINDINGS = [
        Binding("enter", "change", show=False),
        Binding("escape", "revert", show=False),
    ]

    DEFAULT_CSS = """
    Field {
        height: auto;
        &:focus {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        & > Input {
            width: 1fr;
            background: $panel;
        }
    }
    """

    value = reactive("")
    """What is shown and, in a typed field, edited."""
    info = reactive("")
    """Stands at the right, in a stacked field of the label, else of the value where there is room."""

    class Typed(Message):
        """The user typed another value."""

        def __init__(self, field: Field, text: str) -> None:
            super().__init__()
            self.field = field
            self.text = text

        @property
        def control(self) -> Field:
            """The field."""
            return self.field

    class Asked(Message):
        """The user wants to choose another value."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> Field:
            """The field."""
            return self.field

    class Refused(Message):
        """What the user typed is no value; the sentence is for people, empty when all is well again."""

        def __init__(self, field: Field, sentence: str) -> None:
            super().__init__()
            self.field = field
            self.sentence = sentence

        @property
        def control(self) -> Field:
            """The field."""
            return self.field

    def __init__(
        self,
        label: str,
        kind: Kind,
        *,
        empty: str = "",
        check: Callable[[str], object] = lambda text: text,
        middle: bool = False,
        stacked: bool = False,
        label_width: int = LABEL_WIDTH,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Make a field.

        Args:
            label: shown at the left, two cells less than its width at most.
            kind: how it is changed.
            empty: shown for an empty value.
            check: raises ValueError, with a sentence for people, for a text that is no value.
            middle: cut a long value in its middle, as names of models need it.
            stacked: put the value on a second row, where it has more room.
            label_width: columns of the label.
            id: the widget's id.
        """
        super().__init__(id=id)
        self._label = label
        self._kind = kind
        self._empty = empty
        self._check = check
        self._middle = middle
        self._stacked = stacked
        self._label_width = label_width
        self.again = False
        """Whether the same value counts as another when it is typed."""
        self._input: Input | None = None

    def render(self) -> Content:
        """Return the row, or two."""
        width = self.size.width
        muted = "" if self.has_focus else look(self.app, MUTED)
        sign = " ▾ " if self._kind == "chosen" else " "
        label = f"  {self._label}".ljust(self._label_width)
        room = max(0, width - self._label_width - len(sign))
        cut = fit_middle if self._middle else fit
        text = one_line(self.value, 400)
        if self._stacked:
            info = fit(self.info, room)
            head = Content.styled(label + " " * (room - cells(info)) + info + sign, muted)
            below = cut(text or self._empty, width - 3)
            below += " " * (width - 2 - cells(below))  # what is reversed is as wide as the field
            return head + Content("\n") + Content.styled("  " + below, "" if text else muted)
        shown = cut(text or self._empty, room)
        left = room - cells(shown)
        info = self.info if cells(self.info) + 2 <= left else ""
        blanks = " " * (left - cells(info))
        return Content.assemble((label, muted), (shown, "" if text else muted), (blanks + info + sign, muted))

    def get_content_height(self, *_: object) -> int:
        """Return its height."""
        return 2 if self._stacked else 1

    @property
    def is_typed(self) -> bool:
        """Whether its value is typed, and not chosen."""
        return self._kind == "typed"

    def begins(self, event: Key) -> bool:
        """Return whether a key starts to edit, or asks for a choice."""
        if event.key == "enter":
            return not self.editing
        if not self.is_typed:
            return event.key == "space"
        return not self.editing and event.is_printable and bool(event.character)

    @property
    def editing(self) -> bool:
        """Whether the value is being typed."""
        return self._input is not None

    def action_change(self) -> None:
        """Start to edit, or ask for a choice."""
        if self._kind == "chosen":
            self.post_message(self.Asked(self))
        else:
            self._edit(self.value)

    def action_revert(self) -> None:
        """Give up what was typed; when nothing is being typed the key goes on to the screen.

        Raises:
            SkipAction: nothing is being typed.
        """
        if not self.editing:
            raise SkipAction
        self.post_message(self.Refused(self, ""))
        self._close()

    def on_key(self, event: Key) -> None:
        """Begin to edit with the first character, which replaces the value as in a spreadsheet."""
        if event.key == "enter" or not self.begins(event):
            return
        event.stop()
        if self.is_typed:
            self._edit(event.character or "")
        else:
            self.action_change()

    def on_paste(self, event: Paste) -> None:
        """Take a pasted value."""
        if self._kind == "typed" and not self.editing:
            event.stop()
            self._edit(one_line(event.text))

    def on_click(self, event: Click) -> None:
        """Change the value."""
        if not self.editing:
            event.stop()
            self.action_change()

    def _edit(self, text: str) -> None:
        from fmtui.ui.line import Line  # noqa: PLC0415 - most starts type no value

        field = Line(text, compact=True, select_on_focus=False)
        field.styles.margin = (0, 1, 0, self._label_width)
        field.cursor_position = len(text)
        self._input = field
        self.mount(field)
        field.focus()

    def _close(self) -> None:
        had_focus = self.has_focus_within
        self._input = None
        self.remove_children()
        if had_focus:
            self.focus()

    def _keep(self, text: str) -> bool:
        """Report a text if it is a value; return whether it is."""
        try:
            self._check(text)
        except ValueError as error:
            self.post_message(self.Refused(self, str(error)))
            return False
        self.post_message(self.Refused(self, ""))
        if text != self.value or self.again:
            self.value = text
            self.post_message(self.Typed(self, text))
        return True

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._keep(event.value.strip()):
            self._close()

    @on(Input.Blurred)
    def _left(self, event: Input.Blurred) -> None:
        event.stop()
        if event.input is self._input:
            self._keep(event.value.strip())
            self._close()

    def _on_blur(self, event: Blur) -> None:
        self.refresh()
        super()._on_blur(event)
