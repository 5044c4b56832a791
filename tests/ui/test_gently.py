"""Long work in a thread gives way to what the user sees."""

from __future__ import annotations

import pytest

from fmtui.ui import chat_shelf


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the seconds that were slept; the clock goes on by them and by a little with every look at it."""
    now = 0.0
    slept: list[float] = []

    def look() -> float:
        nonlocal now
        now += 0.001
        return now

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        slept.append(seconds)

    monkeypatch.setattr("fmtui.ui.chat_shelf.time.monotonic", look)
    monkeypatch.setattr("fmtui.ui.chat_shelf.time.sleep", sleep)
    return slept


def test_it_works_for_a_moment_and_rests_for_longer(slept: list[float]) -> None:
    go_on = chat_shelf.gently(lambda: True)
    assert all(go_on() for _ in range(100))
    assert len(slept) > 20
    assert set(slept) == {chat_shelf.REST_S}


def test_it_stops_while_a_reply_runs_and_ends_when_it_is_not_wanted(slept: list[float]) -> None:
    go_on = chat_shelf.gently(lambda: len(slept) < 50, lambda: len(slept) < 20 or len(slept) > 30)
    while go_on():
        pass
    assert slept.count(chat_shelf.LOOK_S) > 30
    assert slept[1:20] == [chat_shelf.LOOK_S] * 19
    assert not go_on()
