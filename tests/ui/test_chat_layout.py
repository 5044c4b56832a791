"""Where things stand on the screen, at every size."""

from pathlib import Path

import pytest

from tests.ui.rig import (
    Answer,
    ScriptedTransport,
    app,
    at_once,
    chat,
    chat_screen,
    finish,
    say,
    screen_text,
    until,
)

NARROW = [(60, 15), (80, 24), (89, 30)]


async def test_below_90_columns_the_conversation_has_the_whole_width_and_the_prompt_room_in_20_rows(
    tmp_path: Path,
) -> None:
    async with app(tmp_path, ScriptedTransport()).run_test(size=NARROW[0]) as pilot:
        screen = chat_screen(pilot)
        for size in NARROW:
            await pilot.resize_terminal(*size)
            await until(pilot, "F4")
            assert screen.conversation.size.width == size[0]
            assert not screen.sidebar.display
        prompt = screen.prompt
        for rows, space in ((15, 0), (19, 0), (20, 1), (40, 1)):
            await pilot.resize_terminal(100, rows)
            await until(pilot, lambda: prompt.has_focus and prompt.region.height > 0)
            assert prompt.region.height == 1 + 2 * space
            assert prompt.region.bottom == rows - 1


async def test_below_90_columns_the_sidebar_floats_over_the_conversation_and_wraps_nothing_anew(
    tmp_path: Path,
) -> None:
    transport = ScriptedTransport(Answer([chat("word " * 60), finish()]))
    async with app(tmp_path, transport).run_test(size=NARROW[0]) as pilot:
        await until(pilot, lambda: chat_screen(pilot)._works.shelf.shown is not None)
        await say(pilot, "hello")
        screen = chat_screen(pilot)
        for size in NARROW:
            await pilot.resize_terminal(*size)
            await until(pilot, "7 + 3 tokens")
            before = screen.conversation.region
            assert before.width == size[0]
            await pilot.press("f4")
            await until(pilot, lambda: screen.sidebar.has_focus_within)
            assert screen.sidebar.region.x == 0
            assert screen.conversation.region == before
            await until(pilot, "max_tokens")
            await pilot.press("escape")
            await until(pilot, lambda: not screen.sidebar.display)
            assert screen.prompt.has_focus
        # A prompt that is begun there is one; a number is typed into its field.
        await pilot.press("f4")
        await until(pilot, lambda: screen.sidebar.has_focus_within)
        at_once(pilot, *"whose")
        await until(pilot, lambda: screen.prompt.value == "whose")
        assert not screen.sidebar.display
        await pilot.press("f4")
        await until(pilot, lambda: screen.sidebar.has_focus_within)
        await pilot.press("down", "down", "down", *"77", "enter", "escape")
        assert screen._choices.params.max_tokens == 77
        assert screen.prompt.value == "whose"


async def test_from_90_columns_the_sidebar_stands_beside_and_its_key_hides_it_for_good(
    tmp_path: Path,
) -> None:
    async with app(tmp_path, ScriptedTransport()).run_test(size=(90, 24)) as pilot:
        screen = chat_screen(pilot)
        await until(pilot, "temperature")
        assert screen.conversation.region.x == screen.sidebar.size.width + 1
        await pilot.press("f4")
        await until(pilot, lambda: screen.sidebar.has_focus_within)
        await pilot.press("f4")
        await until(pilot, lambda: not screen.sidebar.display)
        assert screen.conversation.size.width == 90
        await pilot.app.action_quit()
    async with app(tmp_path, ScriptedTransport()).run_test(size=(90, 24)) as pilot:
        await until(pilot, "F4")
        assert "temperature" not in screen_text(pilot)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])
async def test_neither_a_notice_nor_the_sidebar_covers_the_status_line_and_a_notice_not_the_prompt(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with app(tmp_path, ScriptedTransport()).run_test(size=size, notifications=True) as pilot:
        await until(pilot, "max_tokens 2048")
        screen = chat_screen(pilot)
        screen.prompt.insert("what is being written")
        screen.tell("Something happened.", "warning")
        await until(pilot, "Something happened.")
        screen.tell("Something happened.", "warning")
        screen.tell("Something else happened.", "warning")
        await until(pilot, "Something else happened.")
        assert screen_text(pilot).count("Something happened.") == 1, "it is shown for longer, not twice"
        rows = screen_text(pilot).splitlines()
        assert "what is being written" in rows[screen.prompt.content_region.y]
        await pilot.press("f4")
        await until(pilot, lambda: screen.sidebar.has_focus_within)
        await pilot.pause()
        assert "test · m1 · chat · max_tokens 2048" in screen_text(pilot).splitlines()[-1]
