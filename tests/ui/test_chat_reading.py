"""Finding, copying and links on the chat screen: keys, slash commands, notices, focus."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

from textual.pilot import Pilot

from fmtui.copying import Clipboard
from fmtui.ui.app import FmtuiApp
from fmtui.ui.chat_reading import has_display
from fmtui.ui.find_bar import FindBar
from tests.ui.rig import (
    Answer,
    ScriptedTransport,
    app,
    at_once,
    chat,
    chat_screen,
    finish,
    notices,
    say,
    screen_text,
    until,
)

ANSWER = "the **first** answer\n\nsee https://a.example/x and more first words"


PLAIN = {"TERM": "xterm-256color"}


def listen(fmtui: FmtuiApp) -> list[str]:
    """Return the list to which texts are added that a terminal is asked to copy."""
    copied: list[str] = []

    def sent(data: str) -> None:
        assert data.startswith("\x1b]52;c;")
        assert data.endswith("\x07")
        copied.append(b64decode(data[7:-1]).decode())

    vars(fmtui)["send_to_terminal"] = sent  # there is no terminal here
    return copied


async def answered(fmtui: FmtuiApp, pilot: Pilot[None]) -> list[str]:
    """Get one answer; return the list to which texts are added that are copied from now on."""
    copied = listen(fmtui)
    await until(pilot, "Ask anything")
    await say(pilot, "question")
    await until(pilot, "more first words")
    await until(pilot, lambda: chat_screen(pilot)._works.shelf.shown is not None)
    return copied


def scripted() -> ScriptedTransport:
    return ScriptedTransport(Answer([chat(ANSWER), finish()]))


async def test_the_last_answer_is_copied_and_it_is_said_what_was_sent(tmp_path: Path) -> None:
    fmtui = app(tmp_path, scripted(), environ=PLAIN)
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        copied = await answered(fmtui, pilot)
        await pilot.press("ctrl+y")
        await until(pilot, f"Sent {len(ANSWER)} characters in 3 lines")
        assert "may be set to refuse" in notices(pilot)[0]
        assert copied == [ANSWER]
        await say(pilot, "/copyreply")
        await until(pilot, lambda: len(copied) == 2)
        await until(pilot, f"Sent {len(ANSWER)} characters in 3 lines to the terminal (OSC 52).")
        chat_screen(pilot).prompt.insert("from the prompt")
        chat_screen(pilot).prompt.select_all()
        await pilot.press("ctrl+c")
        await until(pilot, lambda: copied[2:] == ["from the prompt"])
        await pilot.press("ctrl+w")
        vars(chat_screen(pilot)._works.reading)["_clipboard"] = Clipboard({"TERM": "linux"}, copied.append)
        await say(pilot, "/help")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        fmtui.copy_to_clipboard("of a dialog")
        await until(
            pilot, lambda: "takes no copies" in "".join(each.message for each in fmtui._notifications)
        )
        await pilot.press("escape")
        assert len(copied) == 3
        # The file gets what did not get out, as was said; once the cursor is elsewhere, what is there.
        file = tmp_path / "file"
        await say(pilot, f"/copyfile {file}")
        await until(pilot, file.exists)
        assert file.read_text() == "of a dialog\n"
        await pilot.press("alt+v", "k", "k", "w")
        await until(pilot, (tmp_path / "state" / "copies").exists)
        await until(pilot, lambda: any((tmp_path / "state" / "copies").iterdir()))
        (written,) = (tmp_path / "state" / "copies").iterdir()
        assert written.read_text() == "the first answer\n"
        assert written.stat().st_mode & 0o077 == 0


async def test_blocks_are_copied_as_text_and_raw_and_esc_goes_back_to_the_prompt(tmp_path: Path) -> None:
    fmtui = app(tmp_path, scripted(), environ=PLAIN)
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        copied = await answered(fmtui, pilot)
        await pilot.press("alt+v", "k", "k", "y", "Y")
        await until(pilot, lambda: copied == ["the first answer", "the **first** answer"])
        at_once(pilot, "escape", "d", "o", "alt+v", "k", "slash", *"first")
        await until(pilot, lambda: chat_screen(pilot).prompt.value == "do")
        await until(pilot, "2/2")
        await pilot.press("escape", "escape")
        assert chat_screen(pilot).prompt.has_focus
        assert "the first answer" in screen_text(pilot)
        at_once(pilot, "ctrl+p", *"read", "enter", "k", "Y")
        await until(pilot, lambda: len(copied) == 3)
        assert chat_screen(pilot).conversation.has_focus


async def test_text_is_found_and_the_draft_stays_visible_and_keeps_the_keys_afterwards(
    tmp_path: Path,
) -> None:
    fmtui = app(tmp_path, scripted(), environ=PLAIN)
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
    fmtui = app(tmp_path, scripted(), environ=PLAIN)
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
    fmtui = app(tmp_path, scripted(), environ=PLAIN)
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
    fmtui = app(tmp_path, scripted(), environ=PLAIN)
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, "Type a prompt")
        await pilot.press("ctrl+f", *"zz")
        await until(pilot, "not found")
        lines = [line.strip() for line in screen_text(pilot).splitlines()]
        (first,) = (row for row, line in enumerate(lines) if "Type a prompt" in line)
        assert "Ctrl+J" in lines[first + 2], "what an empty conversation says stays as it is"
        await pilot.press("escape")
        await answered(fmtui, pilot)
        await say(pilot, "/find nothing of the kind")
        await until(pilot, "not found")


async def test_a_link_shows_where_it_leads_and_is_copied_where_no_browser_can_be_seen(tmp_path: Path) -> None:
    fmtui = app(tmp_path, scripted(), environ=PLAIN)
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        copied = await answered(fmtui, pilot)
        await pilot.press("alt+v", "shift+tab")
        await until(pilot, "→ https://a.example/x")
        await pilot.press("enter")
        await until(pilot, "https://a.example/x: Sent 19 characters")
        assert copied == ["https://a.example/x"]


async def test_only_safe_links_are_opened_and_only_beside_a_display(tmp_path: Path) -> None:
    fmtui = app(tmp_path, scripted(), environ={**PLAIN, "DISPLAY": ":0"})
    async with fmtui.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, "Ask anything")
        copied = listen(fmtui)
        visited: list[str] = []
        vars(fmtui)["open_url"] = visited.append
        safe = ["https://a.example/", "mailto:a@b.example"]
        others = ["file:///etc/passwd", "javascript:alert(1)", "docs/x.md"]
        for number, target in enumerate((*safe, *others), start=1):
            chat_screen(pilot)._works.reading.choose_link(target)
            await until(pilot, lambda number=number: len(copied + visited) == number)  # type: ignore[misc]
        assert (visited, copied) == (safe, others)


def test_a_display_far_away_is_none() -> None:
    assert has_display({"DISPLAY": ":0"}, "linux")
    assert has_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert has_display({}, "darwin")
    assert not has_display({}, "linux")
    assert not has_display({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "x"}, "linux")
