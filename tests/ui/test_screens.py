"""Every screen and dialog, its words and its colours in a dark and in a light theme, looked at by eye.

One start of the app walks through all of them. `pytest --snapshot-update` takes them anew; look at
them in the app before committing that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.style import Style
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.strip import Strip

from fmtui.core.chat import Turn
from fmtui.core.doctor import Finding
from fmtui.core.sessions import SessionStore
from fmtui.doctor_text import Row, rows, summary
from fmtui.ui.compare_screen import CompareScreen
from fmtui.ui.doctor_screen import DoctorScreen
from fmtui.ui.overflow_screen import Option, OverflowScreen
from tests.ui.rig import ScriptedTransport, app, chat_screen, say, until
from tests.ui.test_snapshots import ID, WHEN, folder, still

__all__ = ["folder", "still"]

ELSEWHERE = "20240205-153000-0002"
DARK, LIGHT = "fmtui-dark", "fmtui-light"
_LETTERS = ".abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_PROMPT = """\
description = "Translate a text"
text = "Translate into {{language}}, {{tone}}: {{input}}"

[variables]
language = "German"
"""


class _Examination:
    async def run(self, tell: Callable[[object], None]) -> None:
        tell(None)

    def rows(self, width: int) -> Sequence[Row]:
        return [row for each in _FOUND for row in rows([each], width)]

    def summary(self) -> str:
        return summary(_FOUND)


_FOUND = [
    Finding("terminal", "type", "TERM=xterm-256color"),
    Finding("files", "data", "/d", "error", "It cannot be written.", "chmod u+w /d"),
]


def _described(style: Style | None) -> str:
    """Return foreground, background and attributes in words."""
    if style is None:
        return "-"
    fore, back = (
        "-" if each is None else str(each.triplet.hex if each.triplet else each.name)
        for each in (style.color, style.bgcolor)
    )
    attributes = ("bold", "dim", "italic", "underline", "reverse", "strike")
    return " ".join([fore, "on", back, *(name for name in attributes if getattr(style, name))])


def _strips(pilot: Pilot[None]) -> list[Strip]:
    """Return what is on the screen, of a dialog its box alone: what is below it has a picture of its own."""
    screen = pilot.app.screen
    box = screen.children[0].region if screen.is_modal else screen.region
    rows = screen._compositor.render_strips()[box.y : box.bottom]
    return [row.crop(box.x, box.right) for row in rows]


def _words(pilot: Pilot[None]) -> str:
    return "\n".join(row.text.rstrip() for row in _strips(pilot))


def _styles(pilot: Pilot[None]) -> list[list[str]]:
    """Return how each cell is drawn."""
    return [
        [_described(segment.style) for segment in strip for _ in range(segment.cell_length)]
        for strip in _strips(pilot)
    ]


async def _settled(pilot: Pilot[None]) -> list[list[str]]:
    """Return how each cell is drawn once nothing changes any more."""
    before: list[list[str]] = []
    await pilot.pause()
    while (now := _styles(pilot)) != before:
        before = now
        await pilot.pause()
    return now


async def _picture(pilot: Pilot[None]) -> str:
    """Return the words of the screen, then a letter for the looks of each cell, then what the letters mean.

    The app goes on in the other theme, as each change of it takes long.
    """
    words = _words(pilot)
    here = pilot.app.theme
    looks = {here: _styles(pilot)}
    other = LIGHT if here == DARK else DARK
    pilot.app.theme = other
    looks[other] = await _settled(pilot)
    assert _words(pilot) == words, "a theme changes no words"
    letters: dict[tuple[str, str], str] = {}
    drawn = [
        "".join(letters.setdefault(pair, _LETTERS[len(letters)]) for pair in zip(*row, strict=True)).rstrip()
        for row in zip(looks[DARK], looks[LIGHT], strict=True)
    ]
    meant = [f"{letter}  {pair[0]}  |  {pair[1]}" for pair, letter in letters.items()]
    return "\n".join([words, *drawn, *meant])


async def test_every_screen_in_a_dark_and_a_light_theme(
    folder: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    monkeypatch.chdir(folder)
    prompts = folder / "config" / "prompts"
    prompts.mkdir(parents=True)
    (prompts / "translate.toml").write_text(_PROMPT)
    shown = app(Path(), ScriptedTransport(), session=ID, theme=DARK)
    other = SessionStore(folder / "sessions").new(ELSEWHERE)
    light = shown.get_theme(LIGHT)
    assert light is not None
    shown.register_theme(light)
    async with shown.run_test(size=(80, 24)) as pilot:
        await until(pilot, "Ask for the permission.")
        screen = chat_screen(pilot)

        async def typed(text: str) -> None:
            screen.prompt.focus()
            await say(pilot, text)

        def keys(*names: str) -> Callable[[], Awaitable[None]]:
            return lambda: pilot.press(*names)

        async def doctor() -> None:
            async def begin(_request: bool) -> _Examination:  # noqa: FBT001 - as the screen calls it
                return _Examination()

            await pilot.app.push_screen(DoctorScreen(begin))

        async def overflow() -> None:
            words = "The conversation has about 3,304 tokens, and max_tokens is 2,048."
            words = f"{words} The model's window has 4,000."
            about = "They stay here and in the file, and are not sent any more; ~2K tokens are."
            options = [
                Option("drop", "Leave out the 4 oldest turns", about),
                Option("summarise", "Summarise the 6 oldest turns", "One request.", possible=False),
                Option("go_on", "Go on anyway", "The server may refuse it."),
                Option("", "Back to the editor", "Nothing is sent, and nothing is lost."),
            ]
            await pilot.app.push_screen(OverflowScreen("The context is full", words, options))

        async def elsewhere() -> None:
            other.append(replace(Turn.prompt("Which is written elsewhere?"), id="w1", created=WHEN))
            # Who has it is another each time.
            other.path.with_suffix(".lock").write_text("pid 7 on another\n")
            await pilot.press("f3")
            await until(pilot, "2 sessions")
            await pilot.press(*"elsewhere", "enter")

        async def find() -> None:
            await pilot.press("ctrl+f", *"flour")

        async def slash() -> None:
            await pilot.press("slash", "s", "e")

        async def compare() -> None:
            replies = [
                Turn(f"c{n}", "assistant", f"{n} cups.", created=WHEN, outcome="complete") for n in (1, 2)
            ]
            await pilot.app.push_screen(CompareScreen("How many?", replies, 0))

        async def notices() -> None:
            for severity in ("information", "warning", "error"):
                screen.tell_for(600, f"This is of the kind {severity}.", severity)

        for name, begin, sign, leave in (
            ("browse", keys("alt+v", "K", "K"), "## Cookies", "escape"),
            ("sidebar", keys("f4"), "max_tokens", "f4"),
            ("sessions", keys("f3"), "1 session", "escape"),
            ("search", keys("f7", *"flour"), "1 place", "escape"),
            ("models", keys("f5"), "2 models", "escape"),
            ("ask another", lambda: typed("/retrywith"), "Ask another model", "escape"),
            ("parameters", keys("f6"), "Most tokens", "escape"),
            ("settings", keys("alt+s"), "Low bandwidth", "escape"),
            ("themes", lambda: typed("/theme"), "themes", "escape"),
            ("prompts", keys("f12"), "1 prompt", "escape"),
            ("variables", lambda: typed("/translate Hello"), "tone", "escape"),
            ("system", lambda: typed("/system"), "told before everything", "escape"),
            ("help", keys("f1"), "Keys and commands", "escape"),
            ("palette", keys("ctrl+p"), "Commands", "escape"),
            ("chords", keys("ctrl+x"), "Esc ends", "escape"),
            ("cost", lambda: typed("/cost"), "last reply", "escape"),
            ("compare", compare, "Compare: ", "escape"),
            ("context", lambda: typed("/context"), "when full", "escape"),
            ("request", lambda: typed("/request"), "the last prompt", "escape"),
            ("history", keys("alt+r"), "Earlier prompts", "escape"),
            ("doctor", doctor, "Doctor: ", "escape"),
            ("log", keys("f8"), "Nothing was logged", "escape"),
            ("overflow", overflow, "Go on anyway", "escape"),
            ("find", find, "2/2", "escape"),
            ("slash", slash, "Tab completes", "escape"),
            ("notices", notices, "of the kind error", "escape"),
            ("read-only", elsewhere, "read-only ·", "escape"),
        ):
            screen.prompt.text = ""
            screen.prompt.focus()
            await begin()
            await until(pilot, sign)
            await pilot.pause()
            assert await _picture(pilot) == snapshot(name=name)
            await pilot.press(leave)
            await until(pilot, lambda: not pilot.app.screen.is_modal)
    other.close()
