"""What is typed before there is anything that can take it.

Textual drops keys while nothing has the focus, and gives them to what has it still while a
dialog comes or goes. Who knows the keys types them without waiting for the screen, and over
a slow line many keys come at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

_LOOK_S = 0.01
_MOST_S = 1.0
"""Seconds after which no dialog is awaited any more: the command had none to open."""
_STEPS = 16
"""From one widget to another, until a key has had its effect: up to the app, which looks for a binding,
down to the field, which tells its dialog, which asks the list, which tells the dialog."""
_DOING = frozenset({"command", "turns"})
"""Groups of the workers in which that is done which a key asks for."""
_NO_FOCUS_S = 0.3
"""Seconds after which a dialog is taken to have nothing to type into."""


class TypedAhead:
    """Keeps keys and pastes, in order, until they can be handed on.

    Args:
        hand_on: takes an event that was kept.
    """

    def __init__(self, app: App[None], hand_on: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._kept: list[events.Event] | None = []
        """None while nothing has to be kept; at the start everything has."""
        self._before: object = None
        self._since = 0.0
        self._timer: Timer | None = None

    def keeps(self, event: events.Event) -> bool:
        """Return whether an event was kept, and will come again."""
        # What was forwarded comes back when nothing on its way up wanted it.
        if self._kept is None or event.is_forwarded or not isinstance(event, events.Key | events.Paste):
            return False
        self._kept.append(event)
        return True

    def until_it_opens(self) -> None:
        """Keep what is typed from now on until the dialog is there that was just asked for."""
        if self._kept is None:
            self._kept = []
            self._before, self._since = self._app.screen, time.monotonic()
            self._timer = self._app.set_interval(_LOOK_S, self._look)

    def until_it_closes(self) -> None:
        """Keep what is typed from now on until the dialog has taken a key that may end it."""
        if self._kept is None:
            self._kept = []
            self._app.run_worker(self._taken(self._app.screen), group="typed ahead")

    def until_it_moves(self) -> None:
        """Keep what is typed from now on until the focus is where a key has sent it, if it does."""
        if self._kept is None:
            self._kept = []
            self._app.run_worker(self._moved(self._app.screen, self._app.focused), group="typed ahead")

    async def _moved(self, screen: Screen[object], focused: Widget | None) -> None:
        """Wait until something else has the keys, or nothing is done any more that could bring that about."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MOST_S):
                for _ in range(_STEPS):
                    await asyncio.gather(*map(_idle, (*filter(None, [focused]), screen, self._app)))
                    if screen is not self._app.screen or focused is not self._app.focused:
                        break
                    while any(work.group in _DOING and work.is_running for work in self._app.workers):
                        if screen is not self._app.screen:
                            break
                        await asyncio.sleep(_LOOK_S)
        self._app.call_later(self.release)

    async def _taken(self, dialog: Screen[object]) -> None:
        """Wait until a dialog and all that is in it have done what there was to do."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MOST_S):
                for _ in range(_STEPS):
                    if dialog is self._app.screen:
                        below = dialog.walk_children(Widget)
                        await asyncio.gather(*map(_idle, (*below, dialog, self._app)))
        self._app.call_later(self.release)

    async def release(self) -> None:
        """Hand on what was kept."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        kept, self._kept = self._kept or [], None
        for event in kept:
            if not self.keeps(event):  # which it does once one of them asked for the next dialog
                await self._hand_on(event)

    async def _look(self) -> None:
        screen, waited = self._app.screen, time.monotonic() - self._since
        opened = screen is not self._before and (screen.focused is not None or waited > _NO_FOCUS_S)
        if opened or waited > _MOST_S:
            await self.release()


async def _idle(node: MessagePump) -> None:
    """Wait until a widget, or the app, has done all that it was told so far."""
    done = asyncio.Event()
    if node.call_later(done.set):
        await done.wait()
