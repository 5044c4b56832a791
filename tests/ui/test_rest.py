"""What a slow line gets less of: nothing that is needed, and no key waits for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from fmtui.ui.app import FmtuiApp
from fmtui.ui.find_bar import FindBar
from fmtui.ui.pace import Pace
from fmtui.ui.palette import Palette
from fmtui.ui.rest import REST_S, Rest
from fmtui.ui.session_search import SessionSearch
from fmtui.ui.theme_picker import ThemePicker
from tests.ui.rig import (
    Answer,
    ScriptedTransport,
    at_once,
    chat,
    chat_screen,
    finish,
    say,
    screen_text,
    setup,
    until,
)


class Owner:
    """Has timers that go off when a test says so."""

    def __init__(self, *, slow: bool) -> None:
        self.app = SimpleNamespace(pace=Pace(low_bandwidth=slow))
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def set_timer(self, seconds: float, do: Callable[[], None]) -> Any:
        timer = (seconds, do)
        self.timers.append(timer)
        return SimpleNamespace(stop=lambda: self.timers.remove(timer))


def test_what_follows_from_typing_waits_for_a_rest_where_the_line_is_slow_and_only_there() -> None:
    done: list[str] = []
    quick, slow = Owner(slow=False), Owner(slow=True)
    Rest(cast("Any", quick), lambda: done.append("quick")).due()
    assert (done, quick.timers) == (["quick"], [])
    rest = Rest(cast("Any", slow), lambda: done.append("slow"))
    for _ in "word":
        rest.due()
    assert done == ["quick"]
    assert [seconds for seconds, _ in slow.timers] == [REST_S]
    slow.timers[0][1]()
    assert done == ["quick", "slow"]
    rest.now()
    rest.due()
    rest.now()
    rest.due()
    rest.drop()
    assert done == ["quick", "slow", "slow"]
    assert slow.timers == []


async def test_keys_on_a_slow_line_act_on_what_was_typed_though_it_is_not_drawn_yet(tmp_path: Path) -> None:
    transport = ScriptedTransport(Answer([chat("one word, another word"), finish()]))
    app = FmtuiApp(setup(tmp_path, transport, low_bandwidth=True))
    async with app.run_test(size=(80, 24)) as pilot:
        prompt = chat_screen(pilot).prompt
        await say(pilot, "Hello")
        await until(pilot, "another word")
        await pilot.press(*"/copyco", "tab")
        assert prompt.value == "/copycode "
        await pilot.press("ctrl+u", "f2")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        assert app.screen.styles.background.a == 0, "what is below is not darkened"
        await pilot.press(*"colours", "enter")
        await until(pilot, lambda: isinstance(app.screen, ThemePicker))
        await pilot.press("escape", "ctrl+f", *"word")
        await until(pilot, "2/2")
        assert chat_screen(pilot).query_one(FindBar).text == "word"
        await pilot.press("escape")
        assert "Find:" not in screen_text(pilot)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, SessionSearch))
        at_once(pilot, *"another", "enter")
        await until(pilot, "Find: another")
