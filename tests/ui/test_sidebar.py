"""The sidebar is used without a mouse, reports what the user wants and holds nobody's focus."""

from dataclasses import replace

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input

from fmtui.core.chat import Params
from fmtui.ui.prompt import Prompt
from fmtui.ui.rows import SessionRow
from fmtui.ui.sidebar import Sidebar
from tests.ui.parameters import settings_of
from tests.ui.rig import at_once

PARAMS = Params("work", "databricks-meta-llama-3-3-70b-instruct", max_tokens=2048, temperature=0.5)
ENDPOINTS = [("work", "config.toml"), ("local", "Ollama"), ("demo", "built in")]
SESSIONS = [SessionRow("a", "Cookies", "now", running=True), SessionRow("b", "Sky", "13:40")]


class SidebarApp(App[None]):
    """A sidebar beside a prompt; Esc goes to the prompt, as on the chat screen."""

    BINDINGS = [Binding("escape", "to_prompt")]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Sidebar(ENDPOINTS)
            yield Prompt()

    def on_mount(self) -> None:
        sidebar = self.query_one(Sidebar)
        sidebar.show(PARAMS, "auto", settings_of(PARAMS))
        sidebar.set_models(34, "")
        sidebar.set_sessions(SESSIONS, "b")
        sidebar.focus_first()

    def action_to_prompt(self) -> None:
        self.query_one(Prompt).focus()

    def on_sidebar_assigned(self, event: Sidebar.Assigned) -> None:
        self.heard.append(event)

    def on_sidebar_parameters_requested(self, event: Sidebar.ParametersRequested) -> None:
        self.heard.append(event)

    def on_sidebar_endpoint_chosen(self, event: Sidebar.EndpointChosen) -> None:
        self.heard.append(event)

    def on_sidebar_mode_chosen(self, event: Sidebar.ModeChosen) -> None:
        self.heard.append(event)

    def on_sidebar_model_picker_requested(self, event: Sidebar.ModelPickerRequested) -> None:
        self.heard.append(event)

    def on_sidebar_session_chosen(self, event: Sidebar.SessionChosen) -> None:
        self.heard.append(event)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self.heard.append(event)

    @property
    def assigned(self) -> list[tuple[str, str]]:
        return [(event.name, event.text) for event in self.heard if isinstance(event, Sidebar.Assigned)]


def screen_text(pilot: Pilot[None]) -> str:
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


def line_with(pilot: Pilot[None], words: str) -> str:
    return next((line for line in screen_text(pilot).splitlines() if words in line), "")


async def go_to(pilot: Pilot[None], id_: str) -> None:
    for _ in range(8):
        focused = pilot.app.focused
        if focused is not None and focused.id == id_:
            return
        await pilot.press("down")
    raise AssertionError(f"the arrows do not reach {id_}")


async def test_it_shows_what_the_next_reply_is_asked_with() -> None:
    async with SidebarApp().run_test(size=(100, 24)) as pilot:
        assert "work" in line_with(pilot, "endpoint")
        assert "34 offered" in line_with(pilot, "model")
        assert "auto: chat" in line_with(pilot, "mode ")
        assert "2048" in line_with(pilot, "max_tokens")
        assert "0.5" in line_with(pilot, "temperature")
        assert "none" in line_with(pilot, "system")
        name = line_with(pilot, "databricks").split("│")[0]
        assert "…" in name
        assert "instruct" in name


async def test_a_problem_with_the_models_is_said_below_the_model() -> None:
    async with SidebarApp().run_test(size=(100, 24)) as pilot:
        pilot.app.query_one(Sidebar).set_models(0, "could not be listed: 401 [/x] \x1b[2J")
        await pilot.pause()
        assert "could not be listed: 401" in screen_text(pilot)
        assert "\x1b" not in screen_text(pilot)


async def test_arrows_reach_every_field_and_the_sessions() -> None:
    async with SidebarApp().run_test(size=(100, 24)) as pilot:
        for id_ in ("endpoint", "model", "mode", "max_tokens", "temperature", "system", "more", "sessions"):
            await go_to(pilot, id_)
        await pilot.press(*["up"] * 9)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "endpoint"


async def test_tab_reaches_every_field_and_goes_on_to_the_prompt() -> None:
    async with SidebarApp().run_test(size=(100, 24)) as pilot:
        seen = []
        for _ in range(9):
            seen.append(pilot.app.focused.id if pilot.app.focused is not None else None)
            await pilot.press("tab")
        assert seen[:8] == [
            "endpoint",
            "model",
            "mode",
            "max_tokens",
            "temperature",
            "system",
            "more",
            "sessions",
        ]
        assert seen[8] is None


async def test_a_number_is_typed_right_into_its_field() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await go_to(pilot, "max_tokens")
        await pilot.press(*"4096", "enter")
        assert app.assigned == [("max_tokens", "4096")]
        assert "4096" in line_with(pilot, "max_tokens")
        assert app.focused is not None
        assert app.focused.id == "max_tokens"


async def test_enter_edits_the_value_that_is_there() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await go_to(pilot, "max_tokens")
        await pilot.press("enter", "backspace", "enter")
    assert app.assigned == [("max_tokens", "204")]


async def test_leaving_a_field_keeps_what_was_typed() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await go_to(pilot, "temperature")
        await pilot.press(*"1.5", "tab")
        assert app.assigned == [("temperature", "1.5")]
        assert app.focused is not None
        assert app.focused.id == "system"


async def test_an_emptied_temperature_is_not_sent() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await go_to(pilot, "temperature")
        await pilot.press("enter", "ctrl+u", "enter")
        assert app.assigned == [("temperature", "")]
        assert "not sent" in line_with(pilot, "temperature")


@pytest.mark.parametrize("text", ["0", "-1", "abc", "1000000000"])
async def test_a_bad_number_gets_a_sentence_and_changes_nothing(text: str) -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await go_to(pilot, "max_tokens")
        await pilot.press(*("minus" if letter == "-" else letter for letter in text), "enter")
        await pilot.pause()
        assert "max_tokens must be" in screen_text(pilot)
        assert app.heard == []
        await pilot.press("escape")
        await pilot.pause()
        assert "must be" not in screen_text(pilot)
        assert "2048" in line_with(pilot, "max_tokens")


async def test_escape_gives_up_the_edit_first_and_then_leaves_the_sidebar() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await go_to(pilot, "max_tokens")
        await pilot.press(*"99", "escape")
        assert app.heard == []
        assert app.focused is not None
        assert app.focused.id == "max_tokens"
        await pilot.press("escape")
        assert isinstance(app.focused, Prompt)
        assert not app.query(Input)


async def test_an_endpoint_is_chosen_from_a_list_that_says_where_each_came_from() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("enter")
        assert "config.toml" in screen_text(pilot)
        await pilot.press("down", "enter")
        assert [event.name for event in app.heard if isinstance(event, Sidebar.EndpointChosen)] == ["local"]
        await pilot.pause()
        assert "config.toml" not in screen_text(pilot)
        assert app.focused is not None
        assert app.focused.id == "endpoint"


async def test_an_open_list_closes_on_escape_and_when_it_is_left() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("enter", "escape")
        assert app.focused is not None
        assert app.focused.id == "endpoint"
        await pilot.press("enter", "tab")
        await pilot.pause()
        assert "config.toml" not in screen_text(pilot)
    assert app.heard == []


async def test_a_mode_is_chosen() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await go_to(pilot, "mode")
        await pilot.press("enter", "down", "down", "enter")
        assert [event.choice for event in app.heard if isinstance(event, Sidebar.ModeChosen)] == [
            "completion"
        ]
        completing = replace(PARAMS, mode="completion")
        app.query_one(Sidebar).show(completing, "auto", settings_of(completing))
        await pilot.pause()
        assert "auto: completion" in line_with(pilot, "mode ")
        app.query_one(Sidebar).show(PARAMS, "completion", settings_of(PARAMS))
        await pilot.pause()
        assert "completion" in line_with(pilot, "mode ")


async def test_the_model_is_left_to_the_model_dialog() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await go_to(pilot, "model")
        await pilot.press("enter")
    assert [type(event) for event in app.heard] == [Sidebar.ModelPickerRequested]


async def test_a_system_prompt_has_several_lines_and_is_not_taken_for_a_prompt() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await go_to(pilot, "system")
        await pilot.press("enter", *"Be kind", "ctrl+j", *"and brief", "enter")
        assert app.assigned == [("system", "Be kind\nand brief")]
        assert len(app.heard) == 1
        await pilot.pause()
        assert "Be kind and" in line_with(pilot, "system")
        assert app.focused is not None
        assert app.focused.id == "system"


async def test_a_system_prompt_can_be_emptied_and_left_alone() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        old = Params("work", "m", system="Old")
        app.query_one(Sidebar).show(old, "auto", settings_of(old))
        await go_to(pilot, "system")
        await pilot.press("enter", *"x", "escape")
        assert app.assigned == []
        await pilot.press("enter", *["backspace"] * 3, "enter")
    assert app.assigned == [("system", "")]


async def test_a_session_is_chosen_and_the_running_one_says_so() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        assert "running" in line_with(pilot, "● Cookies")
        await go_to(pilot, "sessions")
        await pilot.press("up", "enter")
    assert [event.session_id for event in app.heard if isinstance(event, Sidebar.SessionChosen)] == ["a"]


async def test_a_list_that_comes_late_leaves_the_cursor_of_a_user_who_is_in_it() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await go_to(pilot, "sessions")
        await pilot.press("up")
        app.query_one(Sidebar).set_sessions([SessionRow("n", "New", "now"), *SESSIONS], "n")
        await pilot.press("enter")
    assert [event.session_id for event in app.heard if isinstance(event, Sidebar.SessionChosen)] == ["a"]


async def test_a_list_may_be_opened_again_before_it_is_gone() -> None:
    """Enter chooses from the list, and opens it again before it was taken away."""
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        for id_ in ("endpoint", "mode"):
            await go_to(pilot, id_)
            at_once(pilot, "enter", "enter", "enter")
            await pilot.pause()
            assert app.query(".choices")
            await pilot.press("escape")
            assert not app.query(".choices")


async def test_endpoints_that_are_found_late_are_offered_in_an_open_list() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.press("enter")
        app.query_one(Sidebar).set_endpoints([*ENDPOINTS, ("vllm", "127.0.0.1:8000")])
        await pilot.press("end", "enter")
    assert [event.name for event in app.heard if isinstance(event, Sidebar.EndpointChosen)] == ["vllm"]


async def test_everything_is_reachable_on_the_smallest_screen() -> None:
    async with SidebarApp().run_test(size=(60, 15)) as pilot:
        for id_ in ("endpoint", "model", "mode", "max_tokens", "temperature", "system", "more", "sessions"):
            await go_to(pilot, id_)
            focused = pilot.app.focused
            assert focused is not None
            assert pilot.app.screen.region.contains_region(focused.region)


async def test_names_of_endpoints_and_models_cannot_act_on_the_terminal() -> None:
    app = SidebarApp()
    async with app.run_test(size=(100, 24)) as pilot:
        nasty = "a\x1b]52;c;eA==\x07[/x]\u202e"
        app.query_one(Sidebar).set_endpoints([(nasty, nasty)])
        hostile = Params(nasty, nasty, system=nasty)
        app.query_one(Sidebar).show(hostile, "auto", settings_of(hostile))
        await pilot.press("enter")
        await pilot.pause()
        assert not set(screen_text(pilot)) & set("\x1b\x07\u202e")
