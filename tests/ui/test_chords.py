"""Keys of two: what they do, in which order, and what is said to who waits behind the first."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from textual import events
from textual.app import ComposeResult
from textual.geometry import Region, Size
from textual.keys import Keys
from textual.pilot import Pilot

from fmtui.core.config import Config
from fmtui.ui.chord_panel import ChordPanel, entries, pages
from fmtui.ui.chords import Chords, ChordStage
from fmtui.ui.commands import COMMANDS, with_keys
from fmtui.ui.keymap import keymap
from fmtui.ui.palette import Palette
from fmtui.ui.prompt import Prompt
from fmtui.ui.values_screen import ValuesScreen
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

FOLLOWS = {chord.partition(" ")[2]: command for command in COMMANDS for chord in command.chords}


class _Timer:
    def __init__(self) -> None:
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True


class _Stage:
    """Stands for the chat screen, and writes down what is done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.told: list[str] = []
        self.timers: list[_Timer] = []
        self.panels: list[object] = []
        self.screen: object = self
        self.show: Callable[[], None] = lambda: None
        self.size = Size(80, 24)
        self.region = Region(0, 21, 80, 2)

    @property
    def app(self) -> _Stage:
        return self

    @property
    def prompt(self) -> _Stage:
        return self

    def call_later(self, callback: Callable[[str], object], id_: str) -> None:
        assert callback == self.command
        self.done.append(f"in the prompt: {id_}")

    def command(self, id_: str) -> None:
        raise AssertionError(id_)

    async def action_command(self, id_: str) -> None:
        self.done.append(id_)

    def tell(self, words: str, _severity: str) -> None:
        self.told.append(words)

    def set_timer(self, _delay: float, show: Callable[[], None]) -> _Timer:
        self.show = show
        self.timers.append(_Timer())
        return self.timers[-1]

    def mount(self, panel: object) -> None:
        self.panels.append(panel)


def _made(user: dict[str, str] | None = None) -> tuple[_Stage, Chords]:
    stage = _Stage()

    def moved() -> None:
        stage.done.append("waits until it has moved")

    commands = with_keys(keymap(user or {})[0])
    return stage, Chords(cast("ChordStage", stage), commands, frozenset({"turn.edit"}), moved)


async def _typed(chords: Chords, *keys: str) -> list[str]:
    """Return the keys that are left for others."""
    return [key for key in keys if not await chords.takes(events.Key(key, key if len(key) == 1 else None))]


async def test_a_chord_does_its_command_and_leaves_nothing_to_type() -> None:
    stage, chords = _made({"prompt.send": "ctrl+x b, f11 1", "app.log": "ctrl+x ctrl+g"})
    assert await _typed(chords, *"ab", "ctrl+x", "p", "p", "ctrl+x", "D", "q") == ["a", "b", "p", "q"]
    assert stage.done == ["session.pin", "session.delete"]
    stage.done.clear()
    # What acts on the text does so in its turn, behind the letters before it.
    assert await _typed(chords, "ctrl+x", "b", "f11", "1", "ctrl+x", "f", "ctrl+x", "ctrl+g") == []
    assert stage.done == [*["in the prompt: prompt.send"] * 2, "in the prompt: draft.attach", "app.log"]
    stage.done.clear()
    await _typed(chords, "ctrl+x", "e")
    assert stage.done == ["turn.edit", "waits until it has moved"]
    assert stage.told == []
    assert stage.panels == []
    assert all(timer.stopped for timer in stage.timers)


class _Panel:
    def __init__(self, *_: object) -> None:
        self.display = True

    def remove(self) -> None:
        self.display = False


async def test_the_panel_stays_away_where_its_time_comes_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fmtui.ui.chord_panel.ChordPanel", _Panel)
    stage, chords = _made()
    # What a timer calls waits its turn; a key may be handled before it.
    await _typed(chords, "ctrl+x", "p")
    stage.show()
    assert stage.panels == []
    await _typed(chords, "ctrl+x", "escape", "ctrl+x")
    stage.show()
    stage.show()
    assert len(stage.panels) == 1, "one that nobody knows of would stay for good"
    await _typed(chords, "ctrl+x", "ctrl+x")
    stage.screen = object()
    stage.show()
    assert len(stage.panels) == 1, "none comes below a dialog"


@pytest.mark.parametrize("end", ["escape", "ctrl+x"])
async def test_a_chord_is_given_up_by_escape_or_the_leader_again(end: str) -> None:
    stage, chords = _made()
    assert await _typed(chords, "ctrl+x", end, "p") == ["p"]
    assert stage.done == stage.told == []
    assert stage.timers[0].stopped


async def test_a_second_key_that_does_nothing_is_told_and_not_typed() -> None:
    stage, chords = _made()
    assert await _typed(chords, "ctrl+x", "b", "x", "ctrl+x", "ctrl+e", "ctrl+x", "enter", "f5") == [
        "x",
        "f5",
    ]
    assert stage.done == []
    assert stage.told == [
        "Ctrl+X b does nothing; wait behind Ctrl+X to see what may follow.",
        "Ctrl+X Ctrl+E does nothing; Ctrl+X e, without Ctrl, is: Edit prompt.",
        "Ctrl+X Enter does nothing; wait behind Ctrl+X to see what may follow.",
    ]


async def test_what_is_no_key_of_a_chord_goes_where_it_belongs() -> None:
    stage, chords = _made()
    # Ctrl+C stops whatever is going on, and an answer of the terminal is nothing that was typed.
    assert await _typed(chords, "ctrl+x", "ctrl+c", "p") == ["ctrl+c", "p"]
    assert await _typed(chords, "ctrl+x", Keys.Ignore, "p") == [Keys.Ignore]
    assert stage.done == ["session.pin"]
    await _typed(chords, "ctrl+x")
    assert not await chords.takes(events.Paste("p"))
    assert await _typed(chords, "p") == ["p"]
    # A key that nobody wanted comes back on its way; it was here already.
    back = events.Key("ctrl+x", None)
    back._forwarded = True
    assert not await chords.takes(back)
    assert stage.done == ["session.pin"]


async def test_a_dialog_has_its_keys_to_itself() -> None:
    stage, chords = _made()
    stage.screen = object()
    assert await _typed(chords, "ctrl+x", "p") == ["ctrl+x", "p"]
    stage.screen = stage
    await _typed(chords, "ctrl+x")
    stage.screen = object()  # one comes of its own
    assert await _typed(chords, "p") == ["p"]
    assert stage.done == []


# ---- the panel


@pytest.mark.parametrize(("width", "height", "most"), [(56, 11, 2), (76, 18, 1), (116, 30, 1), (300, 60, 1)])
def test_every_key_stands_on_a_page_below_the_name_of_its_group(width: int, height: int, most: int) -> None:
    lines = entries(FOLLOWS)
    found = pages(lines, width, height)
    assert len(found) <= most
    assert [line for page in found for column in page.columns for line in column] == lines
    assert [line.key for line in lines if line.key].count("#") == 1
    for page in found:
        assert len(page.columns) * (page.width + page.gap) - page.gap <= width
        for column in page.columns:
            assert len(column) <= min(height, 16)
            assert column[-1].key, "the name of a group stands with what is in it"
            assert all(len(line.title) <= page.width - 2 for line in column), "none is cut"


@pytest.mark.parametrize("width", [-2, 1, 8, 20])
def test_pages_come_to_an_end_however_little_room_there_is(width: int) -> None:
    found = pages(entries(FOLLOWS), width, 1)
    assert sum(len(column) for page in found for column in page.columns) == len(entries(FOLLOWS))
    assert all(len(page.columns) == 1 for page in found)
    assert pages([], 40, 10) == [found[0]._replace(columns=[[]], width=1, gap=2)]


# ---- in the app


def _panel(pilot: Pilot[None]) -> bool:
    return any(panel.display for panel in chat_screen(pilot).query(ChordPanel))


async def _act_on_the_prompt(pilot: Pilot[None]) -> None:
    """Choose commands of the prompt in the palette: they act on it as it was when that was opened."""
    prompt = chat_screen(pilot).prompt
    for id_, expected, column in (
        ("prompt.newline", "one tw\no", 0),
        ("prompt.word_left", "one two", 4),
        ("prompt.kill_word", "one o", 4),
        ("prompt.kill_to_end", "one tw", 6),
        ("prompt.yank", "one twoo", 7),
        ("prompt.undo", "", 0),
    ):
        prompt.load_text("")
        prompt.insert("one two")
        prompt.move_cursor((0, 6))
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, Palette))
        pilot.app.screen.dismiss(id_)
        wanted = expected, column
        await until(pilot, lambda at=wanted: at == (prompt.text, prompt.cursor_location[1]), 3)  # type: ignore[misc]  # bound now
        assert prompt.has_focus
    # Typed, what makes sense there acts on the prompt that is empty by then.
    prompt.load_text("")
    await say(pilot, "/putback")
    await until(pilot, lambda: prompt.text == "o")
    prompt.load_text("")
    await say(pilot, "/older")
    await until(pilot, lambda: prompt.text == "hello")
    prompt.load_text("")
    await say(pilot, "/blockabove")
    await until(pilot, lambda: chat_screen(pilot).conversation.has_focus)


def _be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the dialog that asks for a title take long, as on a machine that does much else."""
    compose = ValuesScreen.compose

    def later(screen: ValuesScreen) -> ComposeResult:
        time.sleep(0.4)
        yield from compose(screen)

    monkeypatch.setattr(ValuesScreen, "compose", later)


async def test_chords_work_in_the_prompt_the_conversation_and_the_sidebar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = ScriptedTransport(Answer([chat("One.\n\nTwo.\n\nThree."), finish()]))
    config = Config(path=tmp_path / "config.toml", keys={"prompt.send": "leader b"})
    fmtui = app(tmp_path, transport, config=config)
    async with fmtui.run_test(size=(100, 30)) as pilot:
        await until(pilot, "Ask anything")
        screen = chat_screen(pilot)
        # All in one go, as from a slow line: what was typed before it is sent, what comes behind is typed.
        at_once(pilot, *"hello", "ctrl+x", "b", *"see", "ctrl+x", "f", *"no")
        await until(pilot, "m1 · stop")
        await until(pilot, lambda: screen.prompt.text == "see @no")
        assert transport.sent()["messages"][-1]["content"] == "hello"
        screen.prompt.text = ""

        # Into the conversation, and on from there by letters alone.
        at_once(pilot, "ctrl+x", "k", "k", "k")
        await until(pilot, lambda: screen.conversation.has_focus)
        await until(pilot, lambda: screen.conversation.copied_text() == "Two.")
        await pilot.press("ctrl+x", "j")
        await until(pilot, lambda: screen.conversation.copied_text() == "Three.")
        at_once(pilot, "ctrl+x", "e", *"R u")
        await until(pilot, lambda: screen.prompt.has_focus)
        await until(pilot, lambda: "R u" in screen.prompt.text)
        assert "hello" in screen.prompt.text
        screen.prompt.text = ""

        # A dialog gets what is typed behind the chord that opens it, and knows no chords itself.
        await until(pilot, lambda: not screen.conversation.has_focus)
        _be_slow(monkeypatch)
        at_once(pilot, "ctrl+x", "t", "ctrl+u", *"Dpx", "enter")
        await until(pilot, "Dpx")
        await until(pilot, lambda: any("Dpx" in words for words in notices(pilot)))

        await pilot.press("f4", "ctrl+x", "p")
        await until(pilot, lambda: any("Pinned" in words for words in notices(pilot)))
        assert screen.sidebar.has_focus_within
        await pilot.press("escape")

        # Asking where the prompt is may lay out the screen, and with it the panel that asks.
        region = Prompt.region

        def laid_out(prompt: Prompt) -> Region:
            compositor = screen._compositor
            compositor._full_map_invalidated = True
            assert prompt in compositor.full_map
            return region.fget(prompt)  # type: ignore[attr-defined, no-any-return]  # it is a property

        monkeypatch.setattr(Prompt, "region", property(laid_out))
        # No window is too small for it, nor for an empty prompt.
        await pilot.press("ctrl+x")
        await until(pilot, "D Delete")
        monkeypatch.setattr(Prompt, "region", region)
        for size in ((3, 12), (1, 1), (100, 30)):
            await pilot.resize_terminal(*size)
        await pilot.press("escape")

        # Who waits is told; nothing of it comes into the prompt.
        await pilot.press(*"ab", "ctrl+x")
        await until(pilot, "D Delete")
        await pilot.resize_terminal(60, 15)
        await until(pilot, "PgDn more (1/2)")
        assert "Fold reasoning" not in screen_text(pilot)
        await pilot.press("pagedown", "pagedown")
        assert "Fold reasoning" in screen_text(pilot)
        assert "PgUp back (2/2)" in screen_text(pilot)
        await pilot.press("escape", "ctrl+x", "ctrl+x", *"cd")
        assert not _panel(pilot)
        await pilot.press("ctrl+x", "g", "e")
        assert "Ctrl+X g does nothing" in notices(pilot)[-1]
        assert screen.prompt.text == "abcde"
        await _act_on_the_prompt(pilot)
