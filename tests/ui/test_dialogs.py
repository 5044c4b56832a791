"""The lists and dialogs of models and sessions: what a user can see and do in them."""

from collections.abc import Sequence

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from fmtui.core.chat import Model
from fmtui.ui.fitting import cells, fit, fit_middle
from fmtui.ui.matching import match
from fmtui.ui.model_switcher import ModelRow, ModelSwitcher
from fmtui.ui.rows import Row, RowList
from fmtui.ui.session_picker import SessionPicker, SessionRow
from tests.ui.dialog_host import DialogApp, screen_text

SESSIONS = [
    SessionRow("a", "Chocolate chip cookies", "running", running=True),
    SessionRow("b", "Why is the sky blue?", "13:40"),
    SessionRow("c", "[red]Not markup[/x] \x1b[2J", "3 Nov"),
]
MODELS = [
    ModelRow("work", Model("llama-3-70b", "llm/v1/chat")),
    ModelRow("work", Model("mpt-30b", "llm/v1/completions", ready=False, note="scaled to zero")),
    ModelRow("demo", Model("demo-chat", "llm/v1/chat")),
]


def names(pilot: Pilot[None]) -> list[str]:
    return [row.text for row in pilot.app.screen.query_one(RowList).rows]


# ---- models ------------------------------------------------------------------


async def test_models_are_shown_with_task_readiness_note_and_endpoint() -> None:
    async with DialogApp(ModelSwitcher(MODELS, note="local: listing…")).run_test(size=(100, 24)) as pilot:
        text = screen_text(pilot)
        assert "chat · work" in text
        assert "scaled to zero · completion · work" in text
        assert "chat · demo" in text
        assert "3 models · local: listing…" in text


async def test_the_model_in_use_is_marked_and_under_the_cursor() -> None:
    app = DialogApp(ModelSwitcher(MODELS, ModelRow.key_of("demo", "demo-chat")))
    async with app.run_test(size=(100, 24)) as pilot:
        assert "• demo-chat" in screen_text(pilot)
        await pilot.press("enter")
    assert app.results == [MODELS[2]]


async def test_typing_filters_and_enter_takes_the_best() -> None:
    app = DialogApp(ModelSwitcher(MODELS, ModelRow.key_of("demo", "demo-chat")))
    async with app.run_test() as pilot:
        await pilot.press(*"l70")
        assert names(pilot)[0] == "llama-3-70b"
        await pilot.press("enter")
    assert app.results == [MODELS[0]]


async def test_deleting_what_was_typed_brings_the_others_back() -> None:
    async with DialogApp(ModelSwitcher(MODELS)).run_test() as pilot:
        await pilot.press(*"mp", "backspace", "backspace")
        assert names(pilot) == ["llama-3-70b", "mpt-30b", "demo-chat"]


async def test_arrows_move_while_the_field_keeps_the_focus() -> None:
    app = DialogApp(ModelSwitcher(MODELS))
    async with app.run_test() as pilot:
        await pilot.press("down", "down", "up", "down", "down", "up")
        assert isinstance(app.focused, Input)
        await pilot.press("enter")
    assert app.results == [MODELS[1]]


async def test_a_name_that_no_list_holds_can_be_used() -> None:
    app = DialogApp(ModelSwitcher(MODELS, ModelRow.key_of("work", "llama-3-70b")))
    async with app.run_test() as pilot:
        await pilot.press(*"zzz9")
        assert names(pilot) == ["use «zzz9»"]
        await pilot.press("enter")
    assert app.results == [ModelRow("work", Model("zzz9"))]


async def test_a_name_that_no_list_holds_is_not_counted() -> None:
    async with DialogApp(ModelSwitcher(MODELS)).run_test() as pilot:
        await pilot.press(*"zzz9")
        assert "0 of 3 models" in screen_text(pilot)


async def test_an_exact_name_is_not_offered_a_second_time() -> None:
    async with DialogApp(ModelSwitcher(MODELS, query="mpt-30b")).run_test() as pilot:
        assert "use «mpt-30b»" not in names(pilot)


async def test_models_that_arrive_later_keep_what_was_typed_and_the_cursor() -> None:
    app = DialogApp(ModelSwitcher(MODELS[:2]))
    async with app.run_test() as pilot:
        await pilot.press("down")
        switcher = app.screen
        assert isinstance(switcher, ModelSwitcher)
        switcher.set_rows([MODELS[2], *MODELS[:2]], "")
        assert names(pilot) == ["demo-chat", "llama-3-70b", "mpt-30b"]
        await pilot.press("enter")
    assert app.results == [MODELS[1]]


async def test_five_hundred_models_filter_within_a_frame_or_two() -> None:
    many = [ModelRow("work", Model(f"databricks-model-{n}-instruct-v{n % 7}")) for n in range(500)]
    switcher = ModelSwitcher(many)
    async with DialogApp(switcher).run_test(size=(80, 24)) as pilot:
        await pilot.press(*"ins 49")
        assert names(pilot)[0].startswith("databricks-model-")
        drawn = pilot.app.screen.query_one(RowList)
        assert len(drawn._strips) <= 3 * drawn.size.height, "only rows on the screen may be drawn"


async def test_an_empty_list_says_so_and_enter_does_nothing() -> None:
    app = DialogApp(ModelSwitcher([], note="demo: no connection"))
    async with app.run_test() as pilot:
        assert "nothing to choose from" in screen_text(pilot)
        await pilot.press("enter")
        assert app.results == []
        await pilot.press("escape")
    assert app.results == [None]


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("llama", "meta-llama-3", "l-l-a-m-a"),
        ("70b", "llama-70b", "llama-1970b"),
        ("chat", "demo-chat", "demo-chitchat-x"),
        ("gpt", "gpt-oss-120b", "databricks-gpt-oss-120b"),
        ("b l", "llama-70b", "xlaba-70"),
    ],
)
def test_the_name_that_people_mean_comes_first(query: str, better: str, worse: str) -> None:
    assert match(query, better)[0] > match(query, worse)[0] > 0


@pytest.mark.parametrize("query", ["x", "ba", "ab c", "abb"])
def test_a_name_without_the_letters_in_order_does_not_match(query: str) -> None:
    assert match(query, "ab") == (0.0, ())


def test_the_matching_letters_are_known() -> None:
    assert match("l70", "llama-3-70b") == (match("L70", "llama-3-70b")[0], (1, 8, 9))
    assert match("70 ll", "llama-3-70b")[1] == (0, 1, 8, 9)


def test_a_name_made_to_be_slow_is_not() -> None:
    assert match("t" * 30 + "x", "t-" * 5_000) == (0.0, ())
    assert match("t" * 30, "t-" * 5_000)[0] > 0


# ---- sessions ----------------------------------------------------------------


async def test_sessions_are_found_by_words_of_their_titles() -> None:
    app = DialogApp(SessionPicker(SESSIONS, "a"))
    async with app.run_test() as pilot:
        await pilot.press(*"SKY why")
        assert names(pilot) == ["Why is the sky blue?"]
        await pilot.press("enter")
    assert app.results == ["b"]


async def test_escape_leaves_without_choosing() -> None:
    app = DialogApp(SessionPicker(SESSIONS))
    async with app.run_test() as pilot:
        await pilot.press("escape")
    assert app.results == [None]


async def test_a_running_session_says_so_in_words_too() -> None:
    async with DialogApp(SessionPicker(SESSIONS)).run_test() as pilot:
        line = next(line for line in screen_text(pilot).splitlines() if "Chocolate" in line)
        assert "●" in line
        assert "running" in line


async def test_titles_cannot_act_on_the_terminal_or_be_markup() -> None:
    async with DialogApp(SessionPicker(SESSIONS)).run_test() as pilot:
        text = screen_text(pilot)
        assert "[red]Not markup[/x] ␛[2J" in text
        assert "\x1b" not in text


async def test_ten_thousand_sessions_draw_only_what_is_on_the_screen() -> None:
    many = [SessionRow(str(n), f"Session number {n}", "3 Nov") for n in range(10_000)]
    app = DialogApp(SessionPicker(many, "9000"))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "Session number 9000" in screen_text(pilot)
        await pilot.press(*"9999")
        assert names(pilot) == ["Session number 9999"]
        drawn = app.screen.query_one(RowList)
        assert len(drawn._strips) <= 3 * drawn.size.height
        await pilot.press("enter")
    assert app.results == ["9999"]


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (300, 100)])
async def test_dialogs_fit_the_screen(size: tuple[int, int]) -> None:
    app = DialogApp(ModelSwitcher(MODELS, note="local: listing…"))
    async with app.run_test(size=size) as pilot:
        box = app.screen.children[0].region
        assert app.screen.region.contains_region(box)
        assert app.screen.query_one(RowList).size.height >= 4
        assert "3 models · local: listing…" in screen_text(pilot)


# ---- lists ---------------------------------------------------------------------


async def filled(pilot: Pilot[None], rows: Sequence[Row]) -> RowList:
    rows_widget = pilot.app.screen.query_one(RowList)
    rows_widget.set_rows(rows)
    rows_widget.focus()
    await pilot.pause()
    return rows_widget


async def test_an_empty_list_says_what_it_was_given() -> None:
    async with DialogApp().run_test() as pilot:
        assert "none yet" in screen_text(pilot)
        await pilot.press("enter", "down", "end", "pagedown")
        assert pilot.app.screen.query_one(RowList).current is None


async def test_the_cursor_stays_with_its_row_when_rows_change() -> None:
    async with DialogApp().run_test() as pilot:
        rows_widget = await filled(pilot, [Row("a", "A"), Row("b", "B")])
        await pilot.press("down")
        rows_widget.set_rows([Row("new", "N"), Row("a", "A"), Row("b", "B")])
        assert rows_widget.current == Row("b", "B")
        rows_widget.set_rows([Row("a", "A")])
        assert rows_widget.current == Row("a", "A")


async def test_home_end_and_pages_move_through_a_long_list() -> None:
    async with DialogApp().run_test(size=(40, 12)) as pilot:
        rows_widget = await filled(pilot, [Row(str(n), f"row {n}") for n in range(100)])
        await pilot.press("end")
        assert "row 99" in screen_text(pilot)
        await pilot.press("home", "down", "down")
        assert rows_widget.current == Row("2", "row 2")
        rows_widget.action_page(1)
        assert rows_widget.current == Row("12", "row 12")


async def test_clicking_a_row_chooses_it() -> None:
    chosen: list[str] = []

    def record(message: object) -> None:
        if isinstance(message, RowList.Chosen):
            chosen.append(message.row.id)

    async with DialogApp().run_test(message_hook=record) as pilot:
        await filled(pilot, [Row("a", "A"), Row("b", "B")])
        await pilot.click(RowList, offset=(2, 1))
    assert set(chosen) == {"b"}


async def test_a_long_row_keeps_both_ends_of_a_name_and_its_detail() -> None:
    async with DialogApp().run_test(size=(40, 12)) as pilot:
        name = "databricks-meta-llama-3-3-70b-instruct"
        await filled(pilot, [Row("a", name, "chat · work", middle=True)])
        line = screen_text(pilot).splitlines()[0] + screen_text(pilot).splitlines()[1]
        assert "databricks-" in line
        assert "…" in line
        assert "instruct  chat · work" in line


@pytest.mark.parametrize("width", range(12))
@pytest.mark.parametrize("text", ["short", "databricks-meta-llama", "日本語のタイトル", "a日b本c語d", ""])
def test_cut_texts_are_never_wider_than_asked(text: str, width: int) -> None:
    assert cells(fit(text, width)) <= width
    assert cells(fit_middle(text, width)) <= width
