"""Help, palette and status line: what a user can see and do in them."""

from fmtui.ui.commands import COMMANDS, with_keys
from fmtui.ui.fitting import cells
from fmtui.ui.help import HelpScreen
from fmtui.ui.keymap import keymap
from fmtui.ui.palette import Palette
from fmtui.ui.status import StatusLine
from tests.ui.dialog_host import DialogApp, screen_text

HOSTILE = "a\x1b]52;c;eA==\x07[/x]\u202eb"


# ---- help and palette ------------------------------------------------------------


async def test_help_names_every_command_at_the_smallest_size() -> None:
    app = DialogApp(HelpScreen())
    async with app.run_test(size=(60, 15)) as pilot:
        seen = screen_text(pilot)
        for _ in range(40):
            await pilot.press("pagedown")
            seen += screen_text(pilot)
        for command in COMMANDS:
            assert command.title in seen
        await pilot.press(*"f5q", "backspace")
        seen = screen_text(pilot)
        assert "Keys and commands · f5" in seen
        assert "Switch model" in seen
        assert "New session" not in seen
        await pilot.press("q")
        assert "Nothing has these words." in screen_text(pilot)
        await pilot.press("ctrl+u")
        assert "Nothing has these words." not in screen_text(pilot)
        await pilot.press("escape")
    assert app.results == [None]


async def test_help_explains_in_sentences_where_there_is_room() -> None:
    async with DialogApp(HelpScreen()).run_test(size=(112, 220)) as pilot:
        text = screen_text(pilot)
        for command in COMMANDS:
            assert command.help in text


async def test_at_80_columns_names_to_type_take_no_more_room_than_those_beside_them_need() -> None:
    async with DialogApp(HelpScreen()).run_test(size=(80, 220)) as pilot:
        rows = screen_text(pilot).splitlines()
        older = next(row for row in rows if "/older" in row)
        undo = next(row for row in rows if "Undo the last change" in row)
        assert "Undo the last change of the prompt." in undo
        assert undo.index("Undo") == older.index("Write an earlier")


async def test_help_shows_the_keys_of_the_user() -> None:
    keys, _ = keymap({"reply.retry": "ctrl+t"})
    async with DialogApp(HelpScreen(with_keys(keys))).run_test(size=(100, 60)) as pilot:
        text = screen_text(pilot)
        assert "Ctrl+T" in text
        assert "Ctrl+R" not in text


async def test_the_palette_offers_the_commands_with_the_keys_of_the_user() -> None:
    keys, _ = keymap({"session.new": "ctrl+t", "app.theme": ""})
    palette = Palette(with_keys(keys))
    offered = {row.id: row for row in palette.matching("")}
    assert {command.id for command in COMMANDS} == set(offered)
    assert offered["session.new"].cells == ("/new", "Ctrl+T")
    assert offered["app.theme"].cells == ("/theme [name]", "")
    assert next(iter(offered)) == "draft.edit", "keys of the editor stand last"
    assert palette.matching("ask again")[0].id == "reply.retry"
    assert palette.matching("colours")[0].id == "app.theme", "found by what it does"
    app = DialogApp(palette)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"new se")
        seen = screen_text(pilot)
        assert "Start a new session." in seen
        assert "Ctrl+T" in seen
        await pilot.press("enter")
    assert app.results == ["session.new"]


# ---- status line -----------------------------------------------------------------


async def test_the_status_line_shows_both_parts() -> None:
    async with DialogApp().run_test(size=(60, 12)) as pilot:
        pilot.app.screen.query_one(StatusLine).show("demo · stop", "F1 help")
        await pilot.pause()
        line = pilot.app.screen.query_one(StatusLine).render().plain
        assert line.startswith("demo · stop")
        assert line.endswith("F1 help")
        assert cells(line) == 58


async def test_the_right_part_gives_way_and_the_left_is_cut_but_it_stays_one_row() -> None:
    async with DialogApp().run_test(size=(60, 12)) as pilot:
        status = pilot.app.screen.query_one(StatusLine)
        status.show("x" * 55, "F1 help")
        assert "F1" not in status.render().plain
        status.show("x" * 55, "F1 help", urgent="3 more")
        assert status.render().plain == "x" * 49 + "…  3 more"
        fewer = "model · $1 · $2 today", "model · $1"
        for right, said in (("F1 help", fewer[0]), ("F1 help " * 5, fewer[1])):
            status.show("x" * 60, right, fewer=fewer)
            assert status.render().plain.startswith(f"{said}  "), "as much as there is room for"
        status.show("日" * 100, "F1 help", "error")
        await pilot.pause()
        assert status.render().plain.endswith("…")
        assert cells(status.render().plain) <= 58
        assert status.size.height == 1


async def test_the_status_line_cannot_act_on_the_terminal() -> None:
    async with DialogApp().run_test(size=(60, 12)) as pilot:
        status = pilot.app.screen.query_one(StatusLine)
        status.show(HOSTILE, HOSTILE, "warning")
        await pilot.pause()
        assert not set(screen_text(pilot)) & set("\x1b\x07\u202e")
        assert "[/x]" in screen_text(pilot)
