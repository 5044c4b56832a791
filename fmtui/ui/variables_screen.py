"""The dialog that asks for the variables of a prompt."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import DescendantFocus
from textual.widgets import Input, Static

from fmtui.core.text import one_line
from fmtui.ui.dialog import Dialog
from fmtui.ui.line import Line
from fmtui.ui.prompt_rows import Asked


class VariablesScreen(Dialog[dict[str, str] | None]):
    """Returns a value for each variable; None when the user left.

    Enter takes all values once there is none missing, and goes to the first that is until then.

    Args:
        title: what they are for.
        variables: in the order to show them.
    """

    BINDINGS = [
        Binding("escape", "leave", show=False),
        Binding("up", "go(-1)", show=False),
        Binding("down", "go(1)", show=False),
    ]

    DEFAULT_CSS = """
    VariablesScreen > Vertical {
        max-height: 90%;
    }
    VariablesScreen VerticalScroll {
        height: auto;
        scrollbar-size-vertical: 1;
    }
    VariablesScreen Static.label {
        margin-top: 1;
        color: $text-muted;
        &:ansi { text-style: dim; }
    }
    VariablesScreen Input {
        height: 1;
        border: none;
        padding: 0 1;
        background: $panel;
        &:focus { border: none; }
        &:ansi { background: ansi_default; text-style: underline; }
    }
    VariablesScreen #said {
        height: auto;
        color: $text-error;
    }
    """

    def __init__(self, title: str, variables: Sequence[Asked]) -> None:
        super().__init__()
        self._title_text = title
        self._variables = list(variables)
        self._lines = {
            each.name: Line(each.value, placeholder=one_line(" | ".join(each.choices), 200))
            for each in variables
        }
        self._said = Static(id="said", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out one field a variable."""
        box = Vertical()
        box.border_title = Content(one_line(self._title_text, 60))
        box.border_subtitle = Content("Enter uses it · ↑ ↓ go · Esc leaves")
        with box:
            with VerticalScroll(can_focus=False):
                for each in self._variables:
                    about = [each.description, f"one of {', '.join(each.choices)}" if each.choices else ""]
                    words = " · ".join([each.name, *filter(None, about)])
                    yield Static(Content(one_line(words, 200)), classes="label", markup=False)
                    yield self._lines[each.name]
            yield self._said

    def on_mount(self) -> None:
        """Begin with the first that has no value."""
        fields = list(self._lines.values())
        next((field for field in fields if not field.value), fields[0]).focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        values = {name: line.value for name, line in self._lines.items()}
        for each in self._variables:
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

    @on(DescendantFocus)
    def _focused(self, event: DescendantFocus) -> None:
        event.widget.scroll_visible(animate=False)

    def action_go(self, by: int) -> None:
        """Move to the field above or below."""
        fields = list(self._lines.values())
        here = next((index for index, field in enumerate(fields) if field.has_focus), 0)
        fields[(here + by) % len(fields)].focus()
