"""The dialog with every parameter of a request that applies: value, where it comes from, meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import DescendantFocus
from textual.widgets import Static

from fmtui.core.text import one_line
from fmtui.ui.field import Field
from fmtui.ui.form_screen import FormScreen
from fmtui.ui.setting import Setting

_LABEL_WIDTH = 20


class ParametersScreen(FormScreen[None]):
    """Lets the user see and change parameters; each change holds at once.

    Args:
        rows: gives the parameters as they stand.
        assign: sets one as it was typed, or takes it back for an empty text; raises ValueError.
        model: which model they are for, for people.
    """

    BINDINGS = [
        Binding("f6", "leave", show=False),
        Binding("delete,backspace", "unset", show=False),
    ]

    DEFAULT_CSS = """
    ParametersScreen #about {
        height: 3;
        margin-top: 1;
        color: $text-muted;
        &:ansi { text-style: dim; }
        &.-problem { color: $text-error; text-style: none; }
    }
    """

    def __init__(
        self, rows: Callable[[], Sequence[Setting]], assign: Callable[[str, str], object], model: str
    ) -> None:
        super().__init__()
        self._rows = rows
        self._assign = assign
        self._model = model
        self._settings: dict[str, Setting] = {}
        self._fields: dict[str, Field] = {}
        self._about = Static(id="about", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out one field a parameter."""
        for setting in self._rows():
            self._fields[setting.name] = Field(
                setting.name,
                "typed",
                empty=setting.left_out,
                check=partial(self._check, setting.name),
                label_width=_LABEL_WIDTH,
                id=f"set-{setting.name}",
            )
        box = Vertical()
        box.border_title = Content(f"Parameters · {one_line(self._model, 60) or 'no model'}")
        box.border_subtitle = Content("Type anew · Enter edits · Del resets · Esc leaves")
        with box:
            with VerticalScroll(can_focus=False):
                yield from self._fields.values()
            yield self._about
        self._show()

    def fields(self) -> Sequence[Field]:
        """Return the fields, in the order in which they are shown."""
        return list(self._fields.values())

    def _show(self) -> None:
        for setting in self._rows():
            field = self._fields.get(setting.name)
            if field is not None:
                self._settings[setting.name] = setting
                field.value, field.info = setting.value, setting.note
                field.again = bool(setting.refused)

    def _check(self, name: str, text: str) -> object:
        return self._settings[name].check(text)

    @property
    def _here(self) -> Setting | None:
        return next(
            (self._settings[name] for name, field in self._fields.items() if field.has_focus_within), None
        )

    def _explain(self) -> None:
        """Say what the parameter with the focus is, or why the model is not asked with it."""
        setting = self._here
        if setting is None:
            return
        said = setting.help
        if setting.refused:
            said = f"The model refused it: “{setting.refused}”. Set it again to try again."
        self._about.remove_class("-problem")
        self._about.update(Content(one_line(said, 220)))

    @on(DescendantFocus)
    def _focused(self) -> None:
        self._explain()

    @on(Field.Typed)
    def _typed(self, event: Field.Typed) -> None:
        event.stop()
        name = next(name for name, field in self._fields.items() if field is event.field)
        self._set(name, event.text)

    @on(Field.Refused)
    def _refused(self, event: Field.Refused) -> None:
        event.stop()
        if event.sentence:
            self._say_problem(event.sentence)
        else:
            self._explain()

    def _set(self, name: str, text: str) -> None:
        try:
            self._assign(name, text)
        except ValueError as error:
            self._say_problem(str(error))
        self._show()

    def _say_problem(self, sentence: str) -> None:
        self._about.update(Content(one_line(sentence, 220)))
        self._about.add_class("-problem")

    def action_unset(self) -> None:
        """Take back what was set for the session."""
        if self._here is not None:
            self._set(self._here.name, "")
