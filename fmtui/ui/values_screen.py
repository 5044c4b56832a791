"""The dialog that asks for a value or several, such as those of a prompt's variables, or a title."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from fmtui.core.text import one_line
from fmtui.ui.form_screen import FormScreen
from fmtui.ui.line import Line
from fmtui.ui.prompt_rows import Asked


class ValuesScreen(FormScreen[dict[str, str] | None]):
    """Returns a value for each name; None when the user left.

    Enter takes all values once there is none missing, and goes to the first that is until then.

    Args:
        title: what they are for.
        asked: what is asked for, in the order to show it.
    """

    DEFAULT_CSS = """
    ValuesScreen Static.label {
        margin-top: 1;
        color: $text-muted;
        &:ansi { text-style: dim; }
    }
    ValuesScreen Input {
        height: 1;
        border: none;
        padding: 0 1;
        background: $panel;
        &:focus { border: none; }
        &:ansi { background: ansi_default; text-style: underline; }
    }
    ValuesScreen #said {
        height: auto;
        color: $text-error;
    }
    """

    def __init__(self, title: str, asked: Sequence[Asked]) -> None:
        super().__init__()
        self._title_text = title
        self._asked = list(asked)
        self._lines = {
            each.name: Line(each.value, placeholder=one_line(" | ".join(each.choices), 200)) for each in asked
        }
        self._said = Static(id="said", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out one field a value."""
        box = Vertical()
        box.border_title = Content(one_line(self._title_text, 60))
        box.border_subtitle = Content("Enter uses it · ↑ ↓ go · Esc leaves")
        with box:
            with VerticalScroll(can_focus=False):
                for each in self._asked:
                    about = [each.description, f"one of {', '.join(each.choices)}" if each.choices else ""]
                    words = " · ".join([each.name, *filter(None, about)])
                    yield Static(Content(one_line(words, 200)), classes="label", markup=False)
                    yield self._lines[each.name]
            yield self._said

    def fields(self) -> Sequence[Line]:
        """Return the fields, in the order in which they are shown."""
        return list(self._lines.values())

    def on_mount(self) -> None:
        """Begin with the first that has no value."""
        fields = self.fields()
        next((field for field in fields if not field.value), fields[0]).focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        values = {name: line.value for name, line in self._lines.items()}
        for each in self._asked:
            line = self._lines[each.name]
            problem = "" if values[each.name] or each.may_be_empty else f"{each.name} needs a value"
            if not problem:
                try:
                    each.check(values[each.name])
                except ValueError as error:
                    problem = str(error)
            if problem:
                # Of what was just left empty it is said; to what was not reached yet one is led.
                self._say(f"{problem}." if line is event.input or values[each.name] else "")
                line.focus()
                return
        self.dismiss(values)

    def _say(self, words: str) -> None:
        self._said.update(Content(one_line(words, 300)))
