"""The panel with what the next reply is asked with, and the sessions below it.

Made of one-line widgets only: it is part of the first frame. Whatever needs more, a list
to choose from or an editor, appears while it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import DescendantBlur, Event, Key, Paste
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from fmtui.core.chat import Params
from fmtui.core.text import one_line
from fmtui.ui.field import Field
from fmtui.ui.rows import Even, Row, RowList, SessionRow
from fmtui.ui.setting import Setting

if TYPE_CHECKING:  # the editor comes after the first frame
    from fmtui.ui.prompt import Prompt

ModeChoice = Literal["auto", "chat", "completion"]
_MODES: tuple[tuple[ModeChoice, str], ...] = (
    ("auto", "as the model's task says"),
    ("chat", "messages"),
    ("completion", "plain text"),
)
_CURRENT = "▸"
_ENDPOINTS = "endpoints"
_CSS = """
Sidebar {
    width: 34;
    height: 1fr;
    background: $surface;
    border-right: vkey $border-blurred;
    scrollbar-size-vertical: 1;
    & > .heading {
        height: 1;
        padding: 0 2;
        color: $text-muted;
        text-style: bold;
    }
    & > .gap { margin-top: 1; }
    & > .note {
        height: auto;
        padding: 0 1 0 2;
        color: $text-muted;
        display: none;
        &:ansi { text-style: dim; }
    }
    & > .problem {
        height: auto;
        padding: 0 1 0 2;
        color: $text-error;
    }
    & > #sessions {
        min-height: 4;
    }
    & > .choices, & > SystemEditor {
        height: auto;
        max-height: 8;
        background: $panel;
    }
}
"""


class Drawer:
    """The one list or editor that is open below a field, if any."""

    def __init__(self, panel: Widget) -> None:
        self._panel = panel
        self.content: RowList | Prompt | None = None
        """What is open."""

    def open(self, content: RowList | Prompt, below: Widget) -> None:
        """Show something below a field, instead of what was open."""
        self.close()
        self.content = content
        self._panel.mount(content, after=below)
        content.focus()

    def edit(self, text: str, below: Widget) -> None:
        """Show an editor of the system prompt."""
        from fmtui.ui.system_editor import SystemEditor  # noqa: PLC0415 - when it is needed

        editor = SystemEditor("Enter keeps it, Ctrl+J adds a line")
        editor.restore(text)
        self.open(editor, below)

    def choose(self, what: str, rows: Sequence[Row], current: str, below: Widget) -> None:
        """Show a list to choose from, the current row marked and under the cursor.

        Args:
            what: the class of the list. No id: one that was closed a moment ago may still be there.
            rows: what to choose from.
            current: the id of the current row.
            below: the field that the list belongs to.
        """
        choices = RowList()
        choices.add_class("choices", what)
        choices.set_rows([row._replace(mark=_CURRENT if row.id == current else "") for row in rows], current)
        self.open(choices, below)

    def close(self) -> None:
        """Close what is open, if anything is; its focus goes to the field above it."""
        content, self.content = self.content, None
        if content is None:
            return
        siblings = self._panel.children
        owner = siblings[siblings.index(content) - 1]
        had_focus = content.has_focus
        content.remove()
        if had_focus:
            owner.focus()


class Sidebar(Even, VerticalScroll, can_focus=False):
    """Endpoint, model, mode and the parameters used most; below them the sessions.

    It keeps no truth: it shows what `show` and the setters gave it and reports what the
    user wants. Arrows and Tab go from field to field, Enter changes one.
    """

    BINDINGS = [
        Binding("up", "go(-1)", show=False),
        Binding("down", "go(1)", show=False),
        Binding("escape", "close_inner", show=False),
    ]

    DEFAULT_CSS = _CSS

    class Assigned(Message):
        """The user set a parameter, or took it back with an empty text."""

        def __init__(self, name: str, text: str) -> None:
            super().__init__()
            self.name = name
            self.text = text

    class ParametersRequested(Message):
        """The user wants to see all parameters."""

    class EndpointChosen(Message):
        """The user chose an endpoint."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class ModeChosen(Message):
        """The user chose how prompts are sent."""

        def __init__(self, choice: ModeChoice) -> None:
            super().__init__()
            self.choice = choice

    class ModelPickerRequested(Message):
        """The user wants to choose a model."""

    class SessionChosen(Message):
        """The user chose a session."""

        def __init__(self, session_id: str) -> None:
            super().__init__()
            self.session_id = session_id

    def __init__(self, endpoints: Sequence[tuple[str, str]], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        """Make a sidebar.

        Args:
            endpoints: name of each endpoint and where it came from, in the order to offer them.
            id: the widget's id.
        """
        super().__init__(id=id)
        self._endpoints = tuple(endpoints)
        self._params = Params()
        self._mode_choice: ModeChoice = "auto"
        self._drawer = Drawer(self)
        self._endpoint = Field("endpoint", "chosen", id="endpoint")
        self._model = Field("model", "chosen", empty="choose one", middle=True, stacked=True, id="model")
        self._mode = Field("mode", "chosen", id="mode")
        self._settings: dict[str, Setting] = {}
        self._typed_fields = {
            name: Field(name, "typed", empty="not sent", check=partial(self._check, name), id=name)
            for name in ("max_tokens", "temperature")
        }
        self._system = Field("system", "chosen", empty="none", id="system")
        self._more = Field("more", "chosen", empty="nothing set", id="more")
        self._note = Static(classes="note", markup=False)
        self._sessions = RowList(empty="none yet", id="sessions")
        self._problems: dict[Field, Static] = {}

    def compose(self) -> ComposeResult:
        """Lay out the fields and the list."""
        yield self._endpoint
        yield self._model
        yield self._note
        yield self._mode
        yield from self._typed_fields.values()
        yield self._system
        yield self._more
        yield Static("sessions", classes="heading gap", markup=False)
        yield self._sessions

    # ---- what it is told -------------------------------------------------------

    def show(self, params: Params, mode_choice: ModeChoice, settings: Sequence[Setting]) -> None:
        """Show what the next reply is asked with.

        Args:
            params: whose endpoint, model and mode are shown.
            mode_choice: what was chosen as the mode.
            settings: the parameters that apply, in the order to show them.
        """
        self._params = params
        self._mode_choice = mode_choice
        self._endpoint.value = params.endpoint
        self._model.value = params.model
        self._mode.value = f"auto: {params.mode}" if mode_choice == "auto" else mode_choice
        self._settings = {setting.name: setting for setting in settings}
        for name, field in self._typed_fields.items():
            setting = self._settings[name]
            field.value, field.info, field.again = setting.value, setting.note, bool(setting.refused)
        system = self._settings.get("system")
        self._system.display = system is not None
        if system is not None:
            self._system.value, self._system.info = one_line(params.system), system.note
        own = {*self._typed_fields, "system"}
        self._more.value = ", ".join(s.name for s in settings if s.value and s.name not in own)

    def _check(self, name: str, text: str) -> object:
        return self._settings[name].check(text)

    def set_endpoints(self, endpoints: Sequence[tuple[str, str]]) -> None:
        """Offer other endpoints: name and where it came from."""
        self._endpoints = tuple(endpoints)
        choices = self._drawer.content
        if isinstance(choices, RowList) and choices.has_class(_ENDPOINTS):
            choices.set_rows(self._endpoint_rows())

    def set_models(self, count: int, note: str = "") -> None:
        """Say how many models the endpoint offers, or why that is not known."""
        self._model.info = f"{count:,} offered" if count else ""
        self._note.update(Content(one_line(note, 200)))
        self._note.display = bool(note)

    def set_sessions(self, rows: Sequence[SessionRow], current: str) -> None:
        """List the sessions; the cursor goes to the current one unless the user is in the list."""
        listed = [row.row(current) for row in rows]
        self._sessions.set_rows(listed, None if self._sessions.has_focus else current)

    def focus_first(self) -> None:
        """Take the focus, on the first field."""
        self._endpoint.focus()

    def misses(self, event: Event) -> bool:
        """Return whether text comes to what has the focus in here, where it would mean nothing."""
        typed = isinstance(event, Key) and event.is_printable and event.key != "space"
        if not (typed or isinstance(event, Paste)) or event.is_forwarded or not self.has_focus_within:
            return False
        focused = self.screen.focused
        return isinstance(focused, RowList) or (isinstance(focused, Field) and not focused.is_typed)

    # ---- going about -----------------------------------------------------------

    def action_go(self, by: int) -> None:
        """Move the focus to the field above or below."""
        stops = [stop for stop in self.children if stop.focusable]
        here = next((index for index, stop in enumerate(stops) if stop.has_focus_within), None)
        if here is not None and 0 <= here + by < len(stops):
            stops[here + by].focus()

    def action_close_inner(self) -> None:
        """Close the open list or editor; when none is open, Esc is the screen's.

        Raises:
            SkipAction: nothing is open.
        """
        if self._drawer.content is None:
            raise SkipAction
        self._drawer.close()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Close what was open when the user goes elsewhere; a written system prompt is kept."""
        content = self._drawer.content
        if content is None or event.widget is not content:
            return
        if isinstance(content, RowList):
            self._drawer.close()
        else:
            content.submit()

    # ---- what the user wants ------------------------------------------------------

    @on(Field.Asked)
    def _asked(self, event: Field.Asked) -> None:
        event.stop()
        if event.field is self._model:
            self.post_message(self.ModelPickerRequested())
        elif event.field is self._more:
            self.post_message(self.ParametersRequested())
        elif event.field is self._system:
            self._drawer.edit(self._params.system, below=self._system)
        elif event.field is self._endpoint:
            self._drawer.choose(_ENDPOINTS, self._endpoint_rows(), self._params.endpoint, self._endpoint)
        else:
            rows = [Row(choice, choice, detail) for choice, detail in _MODES]
            self._drawer.choose("modes", rows, self._mode_choice, self._mode)

    def _endpoint_rows(self) -> list[Row]:
        return [Row(name, name, source) for name, source in self._endpoints]

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        event.stop()
        if event.rows is self._sessions:
            self.post_message(self.SessionChosen(event.row.id))
            return
        self._drawer.close()
        if event.rows.has_class(_ENDPOINTS):
            self.post_message(self.EndpointChosen(event.row.id))
        else:
            choice = next(choice for choice, _ in _MODES if choice == event.row.id)
            self.post_message(self.ModeChosen(choice))

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Take the system prompt that was written."""
        event.stop()
        self._drawer.close()
        if event.text != self._params.system:
            self._system.value = one_line(event.text)
            self.post_message(self.Assigned("system", event.text))

    @on(Field.Typed)
    def _typed(self, event: Field.Typed) -> None:
        event.stop()
        self.post_message(self.Assigned(str(event.field.id), event.text))

    @on(Field.Refused)
    def _refused(self, event: Field.Refused) -> None:
        event.stop()
        problem = self._problems.pop(event.field, None)
        if problem is not None:
            problem.remove()
        if event.sentence:
            self._problems[event.field] = Static(Content(event.sentence), classes="problem")
            self.mount(self._problems[event.field], after=event.field)
