"""The lists and dialogs of models and sessions: what a user can see and do in them."""

from collections.abc import Sequence

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from fmtui.core.chat import Model
from fmtui.ui import model_switcher
from fmtui.ui.fitting import cells, fit, fit_middle
from fmtui.ui.matching import match
from fmtui.ui.model_rows import ModelRow, Place, texts_of
from fmtui.ui.model_switcher import ModelSwitcher
from fmtui.ui.prompt_rows import Asked
from fmtui.ui.rows import Row, RowList
from fmtui.ui.values_screen import ValuesScreen
from tests.ui.dialog_host import DialogApp, screen_text

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
        rows = {
            line.split()[1]: line.split()[2:-1] for line in screen_text(pilot).splitlines() if "-" in line
        }
        assert rows["llama-3-70b"] == ["chat", "work"]
        assert rows["mpt-30b"] == ["completion", "scaled", "to", "zero", "work"]
        assert rows["demo-chat"] == ["chat", "demo"]
        assert "3 models · local: listing…" in screen_text(pilot)


async def test_the_model_in_use_is_marked_and_under_the_cursor() -> None:
    app = DialogApp(ModelSwitcher(MODELS, ModelRow.key_of("demo", "demo-chat")))
    async with app.run_test(size=(100, 24)) as pilot:
        assert "•  demo-chat" in screen_text(pilot)
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
        await pilot.press("down", "down", "up", "down", "down", "up", "up")
        assert isinstance(app.focused, Input)
        await pilot.press("enter")
    assert app.results == [MODELS[0]]


async def test_a_name_that_no_list_holds_can_be_used_at_any_endpoint() -> None:
    for keys, endpoint in (((), "work"), (("down",), "demo")):
        app = DialogApp(ModelSwitcher(MODELS, ModelRow.key_of("work", "llama-3-70b")))
        async with app.run_test() as pilot:
            await pilot.press(*"zzz9", *keys)
            assert names(pilot) == ["use “zzz9”", "use “zzz9”"]
            offers = [line.split() for line in screen_text(pilot).splitlines() if "use “zzz9”" in line]
            assert [offer[-2] for offer in offers] == ["work", "demo"]
            assert "0 of 3 models" in screen_text(pilot), "what is typed is not counted"
            await pilot.press("enter")
        assert app.results == [ModelRow(endpoint, Model("zzz9"))]


async def test_an_exact_name_is_not_offered_where_it_is_listed() -> None:
    async with DialogApp(ModelSwitcher(MODELS, query="mpt-30b")).run_test() as pilot:
        assert names(pilot) == ["mpt-30b", "use “mpt-30b”"]
        rows = pilot.app.screen.query_one(RowList).rows
        assert "demo" in rows[1].cells


async def test_models_that_arrive_later_keep_what_was_typed_and_the_cursor() -> None:
    app = DialogApp(ModelSwitcher(MODELS[:2]))
    async with app.run_test() as pilot:
        await pilot.press("down")
        switcher = app.screen
        assert isinstance(switcher, ModelSwitcher)
        switcher.set_rows([MODELS[2], *MODELS[:2]])
        assert names(pilot) == ["demo-chat", "llama-3-70b", "mpt-30b"]
        await pilot.press("enter", "enter")  # it is not ready
    assert app.results == [MODELS[1]]


async def test_five_thousand_models_make_only_the_rows_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0

    def counted(row: ModelRow, place: Place) -> tuple[str, ...]:
        nonlocal made
        made += 1
        return texts_of(row, place)

    monkeypatch.setattr(model_switcher, "texts_of", counted)
    many = [ModelRow("work", Model(f"databricks-model-{n}-instruct-v{n % 7}")) for n in range(5_000)]
    async with DialogApp(ModelSwitcher(many)).run_test(size=(80, 24)) as pilot:
        await pilot.press(*"ins 499")
        listing = pilot.app.screen.query_one(RowList)
        assert listing.rows[0].text.startswith("databricks-model-499")
        before, made = made, 0
        await pilot.press("9")
        assert 0 < made <= 4 * listing.size.height < before, "a letter costs what is seen"
        assert len(listing._strips) <= 3 * listing.size.height


async def test_rows_that_come_above_the_cursor_do_not_move_it_on_the_screen() -> None:
    many = [ModelRow("work", Model(f"m{n:03}")) for n in range(100)]
    app = DialogApp(ModelSwitcher(many, ModelRow.key_of("work", "m050")))
    async with app.run_test(size=(80, 24)) as pilot:
        switcher = app.screen
        assert isinstance(switcher, ModelSwitcher)
        await pilot.press("up", "up")

        def line() -> int:
            return next(at for at, text in enumerate(screen_text(pilot).splitlines()) if "m048" in text)

        before = line()
        switcher.set_rows([ModelRow("lab", Model(f"x{n:03}")) for n in range(30)] + many)
        await pilot.pause()
        assert line() == before
        assert "130 models" in screen_text(pilot)
        switcher.set_rows([row for row in many if row.model.name != "m048"])
        assert switcher.query_one(RowList).current is not None
        assert switcher.query_one(RowList)._cursor == 78, "in the place of what is gone"


CHOICE = [
    ModelRow("work", Model("databricks-claude", "llm/v1/chat", True, "Claude", "", 200_000, 3.0, 15.0), True),
    ModelRow(
        "lab", Model("old-completions", "llm/v1/completions", ready=False, note="retired on 2026-10-09")
    ),
]
PLACES = [Place("work", "config.toml", "list 3 h old"), Place("lab", "profile lab", "403 · no permission")]


@pytest.mark.parametrize(
    ("size", "first", "second"),
    [
        (
            (120, 40),
            "★ databricks-claude chat 200K $3/15 work config.toml",
            "old-completions completion retired on 2026-10-09 lab profile lab",
        ),
        (
            (80, 24),
            "★ databricks-claude chat 200K $3/15 work",
            "old-completions completion retired on 202… lab",
        ),
        ((60, 15), "★ databricks-claude chat 200K work", "old-completions retired on 2026… lab"),
    ],
)
async def test_columns_give_way_in_small_windows_and_the_line_below_says_it_all(
    size: tuple[int, int], first: str, second: str
) -> None:
    async with DialogApp(ModelSwitcher(CHOICE, places=PLACES)).run_test(size=size) as pilot:
        lines = [" ".join(line.strip(" │▌").split()) for line in screen_text(pilot).splitlines()]
        assert [line for line in lines if "databricks-claude" in line] == [first]
        assert [line for line in lines if "old-completions" in line] == [second]
        words = " ".join(lines)
        assert "Claude · window 200,000 tokens" in words
        if size[1] > 20:
            assert "$3/15 a million tokens in/out · work (config.toml) · list 3 h old" in words
        await pilot.press("down")
        assert "retired on 2026-10-09 · lab (profile lab) · 403" in " ".join(screen_text(pilot).split())
        assert pilot.app.screen.query_one(RowList).size.height >= 4


async def test_a_star_is_told_and_a_refresh_asked_for() -> None:
    told: list[object] = []
    switcher = ModelSwitcher(
        MODELS,
        star=lambda row, starred: told.append((row.model.name, starred)),
        ask_again=lambda: told.append("again"),
    )
    async with DialogApp(switcher).run_test(size=(100, 24)) as pilot:
        await pilot.press("down", "ctrl+t", "down", "ctrl+t", "ctrl+t", "ctrl+r")
        assert told == [("mpt-30b", True), ("demo-chat", True), ("demo-chat", False), "again"]
        assert "★ mpt-30b" in screen_text(pilot)
        assert "★ demo-chat" not in screen_text(pilot)


async def test_models_are_found_by_their_endpoint_and_longer_name_too() -> None:
    async with DialogApp(ModelSwitcher(CHOICE, places=PLACES)).run_test(size=(100, 24)) as pilot:
        await pilot.press(*"lab old")
        assert names(pilot)[0] == "old-completions"
        assert "1 of 2 models" in screen_text(pilot)


async def test_what_matches_goes_before_what_was_typed_when_it_comes_later() -> None:
    app = DialogApp(ModelSwitcher([], places=PLACES))
    async with app.run_test(size=(100, 24)) as pilot:
        switcher = app.screen
        assert isinstance(switcher, ModelSwitcher)
        await pilot.press(*"claude")
        switcher.set_rows(CHOICE, PLACES)
        await pilot.press("enter")
    assert app.results == [CHOICE[0]]


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


async def test_arrows_stay_at_the_ends_of_a_form_as_they_do_in_lists() -> None:
    asked = [Asked(name, "", lambda _text: None, may_be_empty=True) for name in ("one", "two", "three")]
    app = DialogApp(ValuesScreen("Values", asked))
    async with app.run_test() as pilot:
        await pilot.press("up", "a", "down", "b", "down", "down", "c", "enter")
    assert app.results == [{"one": "a", "two": "b", "three": "c"}]
