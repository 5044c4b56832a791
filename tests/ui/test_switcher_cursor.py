"""The list of models while lists arrive: where its cursor is, and which models come first."""

from fmtui.core.chat import Model
from fmtui.ui.model_rows import ModelRow
from fmtui.ui.model_switcher import ModelSwitcher
from fmtui.ui.rows import RowList
from tests.ui.dialog_host import DialogApp

UNREADY = ModelRow("work", Model("mpt-30b", ready=False, note="scaled to zero"))


async def test_a_cursor_that_nobody_moved_goes_to_the_best_of_the_models_that_arrive() -> None:
    demo = [ModelRow("demo", Model(f"demo-{n}-completion-opus")) for n in range(30)]
    opus = ModelRow("work", Model("claude-opus-5-5"))
    listed = [ModelRow("work", Model("cold", ready=False)), opus]
    for typed, moves, chosen in (("opus", (), opus), ("", (), opus), ("", ("down", "up"), demo[0])):
        app = DialogApp(ModelSwitcher(demo, ModelRow.key_of("work", "")))
        async with app.run_test(size=(80, 24)) as pilot:
            switcher = app.screen
            assert isinstance(switcher, ModelSwitcher)
            await pilot.press(*typed, *moves)
            switcher.set_rows([*listed, *demo])
            await pilot.pause()
            if chosen is opus:
                assert switcher.query_one(RowList).scroll_offset.y == 0
            await pilot.press("enter")
        assert app.results == [chosen], (typed, moves)


async def test_the_cursor_is_first_on_a_model_that_is_likely_wanted() -> None:
    last, cold, other = (ModelRow("work", Model(name, ready=name != "cold")) for name in ("m1", "cold", "m2"))
    for apart, chosen in (({last.key}, other), ({last.key, other.key}, cold), ({cold.key}, last), ((), last)):
        app = DialogApp(ModelSwitcher([last, cold, other], last.key, apart=apart))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("enter", *(["enter"] if chosen is cold else []))
        assert app.results == [chosen]


async def test_a_model_that_asks_whether_it_is_meant_stays_under_the_cursor_when_others_arrive() -> None:
    app = DialogApp(ModelSwitcher([UNREADY]))
    async with app.run_test(size=(80, 24)) as pilot:
        switcher = app.screen
        assert isinstance(switcher, ModelSwitcher)
        await pilot.press("enter")
        switcher.set_rows([ModelRow("work", Model("llama-3")), UNREADY])
        await pilot.press("enter")
    assert app.results == [UNREADY]


async def test_ready_models_and_those_that_begin_with_what_was_typed_come_first() -> None:
    models = [Model("my-cold-one"), Model("demo-cold", ready=False), Model("cold-llama"), Model("c-old")]
    rows = [ModelRow("work", model, recent=not model.ready) for model in models]
    async with DialogApp(ModelSwitcher(rows)).run_test(size=(80, 24)) as pilot:
        await pilot.press(*"cold")
        names = [row.text for row in pilot.app.screen.query_one(RowList).rows]
        assert names[:4] == ["cold-llama", "my-cold-one", "demo-cold", "c-old"]
