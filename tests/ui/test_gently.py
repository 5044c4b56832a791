"""Long work in a thread gives way to what the user sees."""

from __future__ import annotations

import asyncio
import threading

import pytest

from fmtui.ui.gently import BREATH_S, CALM_S, REST_S, SPELL_S, Easily, Gently, Lull


class _World:
    """A clock that goes on by what is slept and by a little with every look at it; replies that run."""

    step = 0.0005

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.replies_until = 0.0
        self.lull = Lull(lambda: self.now < self.replies_until, self.look)
        self.go_on = Gently(self.lull, self.look, self._sleep)

    def look(self) -> float:
        self.now += self.step
        return self.now

    def _sleep(self, seconds: float) -> bool:
        self.slept.append(seconds)
        self.now += seconds
        return False


@pytest.fixture
def world() -> _World:
    """Return a world in which nothing has happened for a while."""
    world = _World()
    world.now = CALM_S
    return world


def test_it_works_for_a_moment_and_rests_for_longer(world: _World) -> None:
    assert all(world.go_on() for _ in range(100))
    assert len(world.slept) > 20
    assert set(world.slept) == {REST_S}


def test_it_waits_until_nothing_has_happened_for_a_while(world: _World) -> None:
    world.lull.stir()
    pressed = world.now
    assert world.go_on()
    assert world.now >= pressed + CALM_S
    assert len(world.slept) == 1, "it is not woken to look whether it is time"


def test_it_stands_still_while_a_reply_runs_and_a_while_after_it(world: _World) -> None:
    world.replies_until = world.now + 60
    assert world.go_on()
    assert world.now > world.replies_until
    assert len(world.slept) <= 60 / CALM_S + 2


def test_it_ends_at_once_when_it_is_called_off_while_it_waits() -> None:
    waiting = threading.Event()

    def runs() -> bool:
        waiting.set()
        return True

    gently = Gently(Lull(runs))
    heard: list[bool] = []
    thread = threading.Thread(target=lambda: heard.append(gently()), daemon=True)
    thread.start()
    assert waiting.wait(10)
    gently.end()
    thread.join(CALM_S / 2)
    assert heard == [False]
    assert not gently()


async def test_a_lull_comes_when_nothing_happens_any_more() -> None:
    now = 0.0
    lull = Lull(lambda: False, lambda: now)
    coming = asyncio.ensure_future(lull.comes())
    await asyncio.sleep(0)
    assert not coming.done()
    coming.cancel()
    now = CALM_S
    await asyncio.wait_for(lull.comes(), 10)


def test_what_somebody_waits_for_is_gone_through_with_short_rests(world: _World) -> None:
    easily = Easily(range(100), world.look, world.slept.append)
    for _ in range(2):
        world.slept.clear()
        assert list(easily) == list(range(100))
        assert set(world.slept) == {BREATH_S}
        assert len(world.slept) >= 100 * world.step // SPELL_S / 2
