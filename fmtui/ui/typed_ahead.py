"""What is typed before there is anything that can take it.

Textual drops keys while nothing has the focus, and gives them to what has it still while a
dialog comes or goes. Who knows the keys types them without waiting for the screen, and over
a slow line many keys come at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

from fmtui.ui.command import Command
from fmtui.ui.commands import keys_of
from fmtui.ui.field import Field

_LOOK_S = 0.01
_LOOKS = 100
"""Looks after which nothing is awaited any more: the command had no dialog to open.

It is no time: a busy machine may take long from one to the next, and the dialog is late with it.
"""
_STEPS = 16
"""From one widget to another, until a key has had its effect: up to the app, which looks for a binding,
down to the field, which tells its dialog, which asks the list, which tells the dialog."""
_DOING = frozenset({"command", "turns"})
"""Groups of the workers in which that is done which a key asks for."""
MOVING = frozenset({"view.find", "turn.edit", "draft.attach"})
"""Commands that take the keys from the conversation, while it is read."""
_TO_ANOTHER = frozenset({"up", "down", "tab", "shift+tab"})
"""Keys that go from field to field."""


def moving_keys(commands: Sequence[Command]) -> frozenset[str]:
    """Return the keys that give the keys to another part of the screen."""
    letters = (key for command in commands if command.id in MOVING for key in command.browse)
    return frozenset(("tab", "shift+tab", *keys_of("reply.stop", commands), *letters))


def gives_away(event: events.Key, focused: Widget | None) -> bool:
    """Return whether a key gives the focus of a field to another, or to the line in which it is edited."""
    if focused is None:
        return False
    if isinstance(focused, Field) and focused.begins(event):
        return True
    in_form = isinstance(focused, Field) or isinstance(focused.parent, Field)
    return event.key in _TO_ANOTHER and (in_form or getattr(focused.screen, "HAS_FIELDS", False))


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

    def keeps(self, event: events.Event) -> bool:
        """Return whether an event was kept, and will come again."""
        # What was forwarded comes back when nothing on its way up wanted it.
        if self._kept is None or event.is_forwarded or not isinstance(event, events.Key | events.Paste):
            return False
        self._kept.append(event)
        return True

    def until_it_opens(self) -> None:
        """Keep what is typed from now on until the dialog is there that was just asked for."""
        self._keep_for(self._opened(self._app.screen))

    def until_it_closes(self) -> None:
        """Keep what is typed from now on until the dialog has taken a key that may end it."""
        self._keep_for(self._taken(self._app.screen))

    def until_it_moves(self) -> None:
        """Keep what is typed from now on until the focus is where a key has sent it, if it does."""
        self._keep_for(self._moved(self._app.screen, self._app.focused))

    def _keep_for(self, waiting: Coroutine[object, object, None]) -> None:
        """Keep what is typed until something has ended, but not for ever."""
        if self._kept is None:
            self._kept = []
            self._app.run_worker(self._awaited(waiting), group="typed ahead")
        else:
            waiting.close()

    async def _awaited(self, waiting: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(waiting)
        for _ in range(_LOOKS):
            if (await asyncio.wait({task}, timeout=_LOOK_S))[0]:
                break
        task.cancel()
        self._app.call_later(self.release)

    async def _opened(self, before: Screen[object]) -> None:
        """Wait until a dialog has something that takes keys, or is there without."""
        while self._app.screen is before:  # noqa: ASYNC110 - nothing tells of a screen that comes
            await asyncio.sleep(_LOOK_S)
        dialog = self._app.screen
        for _ in range(_STEPS):
            if dialog.focused is not None:
                break
            await self._settled(dialog)

    async def _moved(self, screen: Screen[object], focused: Widget | None) -> None:
        """Wait until something else has the keys, or nothing is done any more that could bring that about."""
        for _ in range(_STEPS):
            await asyncio.gather(*map(_idle, (*filter(None, [focused]), screen, self._app)))
            if screen is not self._app.screen or focused is not self._app.focused:
                break
            while any(work.group in _DOING and work.is_running for work in self._app.workers):
                if screen is not self._app.screen:
                    break
                await asyncio.sleep(_LOOK_S)

    async def _taken(self, dialog: Screen[object]) -> None:
        """Wait until a dialog and all that is in it have done what there was to do."""
        for _ in range(_STEPS):
            if dialog is self._app.screen:
                await self._settled(dialog)

    async def _settled(self, screen: Screen[object]) -> None:
        """Wait until a screen, all that is on it and the app have done all that they were told so far."""
        await asyncio.gather(*map(_idle, (*screen.walk_children(Widget), screen, self._app)))

    async def release(self) -> None:
        """Hand on what was kept."""
        kept, self._kept = self._kept or [], None
        for event in kept:
            if not self.keeps(event):  # which it does once one of them asked for the next dialog
                await self._hand_on(event)


async def _idle(node: MessagePump) -> None:
    """Wait until a widget, or the app, has done all that it was told so far."""
    done = asyncio.Event()
    if node.call_later(done.set):
        await done.wait()
