"""Finding, copying and links on the chat screen: keys, slash commands, notices, focus."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from fmtui.ui.app import FmtuiApp
from fmtui.ui.chat_reading import TAKEN, copied_words, has_display
from fmtui.ui.find_bar import FindBar
from tests.ui.rig import (
    Answer,
    ScriptedTransport,
    app,
    chat,
    chat_screen,
    finish,
    notices,
    say,
    screen_text,
    until,
)

ANSWER = "the **first** answer\n\nsee https://a.example/x and more first words"


async def answered(fmtui: FmtuiApp, pilot: Pilot[None]) -> list[str]:
    """Get one answer; return the list to which texts are added that are copied from now on."""
    copied: list[str] = []
    vars(fmtui)["copy_to_clipboard"] = copied.append  # there is no terminal here
    await until(pilot, "Ask anything")
    await say(pilot, "question")
    await until(pilot, "more first words")
    await until(pilot, lambda: chat_screen(pilot)._shelf.shown is not None)
    return copied


def scripted() -> ScriptedTransport:
    return ScriptedTransport(Answer([chat(ANSWER), finish()]))


async def test_the_last_answer_is_copied_and_it_is_said_what_was_sent(tmp_path: Path) -> None:
    fmtui = app(tmp_path, scripted())
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        copied = await answered(fmtui, pilot)
        await pilot.press("ctrl+y")
        await until(pilot, f"Sent {len(ANSWER)} characters in 3 lines")
        assert "may be set to refuse" in notices(pilot)[0]
        assert copied == [ANSWER]
        await say(pilot, "/copyanswer")
        await until(pilot, lambda: len(copied) == 2)


async def test_blocks_are_copied_as_text_and_raw_and_esc_goes_back_to_the_prompt(tmp_path: Path) -> None:
    fmtui = app(tmp_path, scripted())
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        copied = await answered(fmtui, pilot)
        await pilot.press("alt+v", "k", "k", "y", "Y")
        await until(pilot, lambda: copied == ["the first answer", "the **first** answer"])
        await pilot.press("escape")
        assert chat_screen(pilot).prompt.has_focus


async def test_text_is_found_and_the_draft_stays_visible_and_keeps_the_keys_afterwards(
    tmp_path: Path,
) -> None:
    fmtui = app(tmp_path, scripted())
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        await answered(fmtui, pilot)
        await pilot.press(*"draft", "ctrl+f", *"first")
        await until(pilot, "2/2")
        assert "draft" in screen_text(pilot)
        assert chat_screen(pilot).prompt.value == "draft"
        await pilot.press("enter")
        await until(pilot, "1/2")
        await pilot.press("up")
        await until(pilot, "2/2")
        await pilot.press("escape")
        await until(pilot, lambda: not chat_screen(pilot).conversation.finding)
        assert chat_screen(pilot).prompt.has_focus
        assert not chat_screen(pilot).query_one(FindBar).display
        await pilot.press(*"x")
        assert chat_screen(pilot).prompt.value == "draftx"


async def test_how_often_it_is_there_is_said_for_what_was_searched_so_far(tmp_path: Path) -> None:
    fmtui = app(tmp_path, scripted())
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        await answered(fmtui, pilot)
        await pilot.press("ctrl+f", *"first")
        await until(pilot, "2/2")
        bar = chat_screen(pilot).query_one(FindBar)
        bar.show_count(0, 0, complete=False)
        await until(pilot, "searching…")
        bar.show_count(1_200, 1_200, complete=False)
        await until(pilot, "1,200 so far…")


async def test_finding_from_the_conversation_comes_back_to_it_for_the_next_place(tmp_path: Path) -> None:
    fmtui = app(tmp_path, scripted())
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        await answered(fmtui, pilot)
        await pilot.press("alt+v", "slash", *"first")
        await until(pilot, "2/2")
        await pilot.press("enter", "N")
        await until(pilot, "1/2")
        await pilot.press("n")
        await until(pilot, "2/2")
        assert chat_screen(pilot).conversation.has_focus


async def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    fmtui = app(tmp_path, scripted())
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        await answered(fmtui, pilot)
        await say(pilot, "/find nothing of the kind")
        await until(pilot, "not found")


async def test_a_link_shows_where_it_leads_and_is_copied_where_no_browser_can_be_seen(tmp_path: Path) -> None:
    fmtui = app(tmp_path, scripted())
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        copied = await answered(fmtui, pilot)
        await pilot.press("alt+v", "shift+tab")
        await until(pilot, "→ https://a.example/x")
        await pilot.press("enter")
        await until(pilot, "The address was sent")
        assert copied == ["https://a.example/x"]


@pytest.mark.parametrize(
    ("target", "done"),
    [
        ("https://a.example/", "opened"),
        ("mailto:a@b.example", "opened"),
        ("file:///etc/passwd", "copied"),
        ("javascript:alert(1)", "copied"),
        ("docs/x.md", "copied"),
    ],
)
async def test_only_safe_links_are_opened_and_only_beside_a_display(
    tmp_path: Path, target: str, done: str
) -> None:
    fmtui = app(tmp_path, scripted(), environ={"DISPLAY": ":0"})
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, "Ask anything")
        copied: list[str] = []
        visited: list[str] = []
        vars(fmtui)["copy_to_clipboard"], vars(fmtui)["open_url"] = copied.append, visited.append
        chat_screen(pilot)._reading.choose_link(target)
        assert (visited, copied) == (([target], []) if done == "opened" else ([], [target]))


def test_a_display_far_away_is_none() -> None:
    assert has_display({"DISPLAY": ":0"}, "linux")
    assert has_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert has_display({}, "darwin")
    assert not has_display({}, "linux")
    assert not has_display({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "x"}, "linux")


def test_large_texts_are_said_to_be_more_than_terminals_take() -> None:
    assert copied_words("a")[0].startswith("Sent 1 character to")
    words, tone = copied_words("a" * TAKEN)
    assert tone == "warning"
    assert "99 kB" in words


def test_that_a_terminal_may_refuse_is_said_once() -> None:
    assert "refuse" in copied_words("text")[0]
    assert copied_words("text", first=False) == (
        "Sent 4 characters to the terminal's clipboard.",
        "information",
    )
