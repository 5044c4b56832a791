"""Slash commands are completed while they are typed, by a list that takes no key from who writes on."""

from pathlib import Path

import pytest

from fmtui.core.prompts import PromptFolder, Prompts
from fmtui.ui.commands import COMMANDS
from fmtui.ui.completion import CompletionList
from fmtui.ui.slash_completion import slash_source, slashes
from tests.ui.rig import ScriptedTransport, app, chat_screen, screen_text, until


def offered(before: str, row: int = 0) -> list[str]:
    """Return what is offered for a line, as it would be inserted."""
    offer = slash_source(lambda: slashes(COMMANDS))(before, row)
    return [] if offer is None else [each.insert for each in offer.candidates]


def test_a_slash_offers_all_commands_that_can_be_typed() -> None:
    assert [each.strip() for each in offered("/")] == [f"/{each.slash}" for each in COMMANDS if each.slash]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("/mo", "/model "),
        ("/q", "/quit"),
        ("/copyc", "/copycode "),
        ("/rtry", "/retry "),
        ("/THE", "/theme "),
    ],
)
def test_the_best_match_is_first_with_a_blank_where_more_follows(typed: str, first: str) -> None:
    assert offered(typed)[0] == first


@pytest.mark.parametrize(
    ("before", "row"), [("", 0), ("a /mo", 0), ("/mo", 1), ("/model x", 0), ("/etc/hosts", 0)]
)
def test_what_is_no_beginning_of_a_command_is_left_alone(before: str, row: int) -> None:
    assert offered(before, row) == []


async def test_the_prompts_of_the_user_are_read_once_for_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[PromptFolder] = []

    def count(folder: PromptFolder) -> Prompts:
        read.append(folder)
        return Prompts()

    monkeypatch.setattr(PromptFolder, "read", count)
    async with app(tmp_path, ScriptedTransport()).run_test() as pilot:
        await until(pilot, "max_tokens")
        await pilot.press("/")
        await until(pilot, lambda: bool(read))
        await pilot.pause()
        assert len(read) == 1, "that they have been read is no reason to read them"
        await pilot.press("x", "backspace")
        await until(pilot, lambda: len(read) == 2)


async def test_the_list_completes_closes_and_is_in_nobodys_way(tmp_path: Path) -> None:
    async with app(tmp_path, ScriptedTransport()).run_test(size=(80, 24)) as pilot:
        await until(pilot, "Ask anything")
        prompt = chat_screen(pilot).prompt
        await pilot.press(*"/th")
        await until(pilot, "Tab completes")
        assert "/theme [name]" in screen_text(pilot)
        await pilot.press("tab")
        assert prompt.value == "/theme "
        await until(pilot, lambda: "Tab completes" not in screen_text(pilot))
        await pilot.press("space")  # typed as it always is: there is one already
        assert prompt.value == "/theme "
        await pilot.press(".", "space")
        assert prompt.value == "/theme . "

        prompt.take()
        await pilot.press("/", "down", "tab")
        second = [each.slash for each in COMMANDS if each.slash][1]
        assert prompt.value.strip() == f"/{second}"

        prompt.take()
        await pilot.press(*"/the", "escape")
        await until(pilot, lambda: "Tab completes" not in screen_text(pilot))
        await pilot.press("m")  # closed for this word
        assert not chat_screen(pilot).query_one(CompletionList).display
        assert prompt.has_focus

        # It stays right above what stands above the prompt, whatever comes there or goes.
        prompt.take()
        await pilot.press(*"/th")
        await until(pilot, "Tab completes")
        shown, screen = chat_screen(pilot).query_one(CompletionList), chat_screen(pilot)
        for rows in (["1 queued", "1  first"], ["1 queued"], []):
            screen.pending(rows)
            await until(pilot, lambda rows=rows: shown.region.bottom == prompt.region.y - len(rows))  # type: ignore[misc]  # a default of a lambda
        await pilot.resize_terminal(80, 20)
        await until(pilot, lambda: shown.region.bottom == prompt.region.y)

        prompt.take()
        await pilot.press(*"/help", "enter")  # Enter sends, whatever is offered
        await until(pilot, "Keys and commands")
