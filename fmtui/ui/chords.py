"""Keys of two: a leader, then another one, which together do a command wherever the focus is.

Whoever knows them types them at once; for all others a panel says after a moment what may
follow. Every key passes here before anything else of the screen gets it, in the order in
which it was typed, so that none is taken for another however late the screen is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from textual import events
from textual.app import App
from textual.geometry import Size
from textual.keys import Keys
from textual.timer import Timer
from textual.widget import Widget

from fmtui.ui.command import Command, key_label
from fmtui.ui.prompt import Prompt

if TYPE_CHECKING:
    from fmtui.ui.chat_shelf import Severity
    from fmtui.ui.chord_panel import ChordPanel

SHOWN_AFTER_S = 0.5
"""Seconds after the leader in which another key keeps the panel from being drawn at all."""
_PAGES = {"pagedown": 1, "down": 1, "pageup": -1, "up": -1}
_IN_PROMPT = "draft.attach"
"""Writes into the prompt where its cursor is, as the commands of the prompt do."""


class ChordStage(Protocol):
    """What chords ask of the chat screen."""

    @property
    def app(self) -> App[Any]:
        """The app, which knows which screen is seen."""
        ...

    @property
    def size(self) -> Size:
        """Columns and rows."""
        ...

    @property
    def prompt(self) -> Prompt:
        """The editor, above which the panel stands."""
        ...

    async def action_command(self, command_id: str) -> None:
        """Do what a key asks for."""
        ...

    async def command(self, command_id: str, argument: str = "") -> None:
        """Do a command before returning."""
        ...

    def tell(self, problem: str, severity: Severity = "information") -> None:
        """Show a notice."""
        ...

    def set_timer(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Do something later."""
        ...

    def mount(self, *widgets: Widget) -> object:
        """Put something on the screen."""
        ...


class Chords:
    """Takes leaders and what follows them, and does what they mean.

    Args:
        stage: the chat screen; over a dialog it gets no chord.
        commands: the table, with the keys that the user has.
        moving: the commands that give the keys to another part of the screen.
        moved: has what is typed from now on wait until one of these has done so.
    """

    def __init__(
        self,
        stage: ChordStage,
        commands: Sequence[Command],
        moving: frozenset[str],
        moved: Callable[[], None],
    ) -> None:
        self._stage = stage
        self._moving = moving
        self._moved = moved
        self._follows: dict[str, dict[str, Command]] = {}
        for command in commands:
            for chord in command.chords:
                leader, _, key = chord.partition(" ")
                self._follows.setdefault(leader, {})[key] = command
        self._begun = ""
        """The leader that was pressed; empty when none waits for its second key."""
        self._timer: Timer | None = None
        self._panel: ChordPanel | None = None

    async def takes(self, event: events.Event) -> bool:
        """Return whether an event was a part of a chord, so that nobody else is to have it."""
        if event.is_forwarded or not isinstance(event, events.InputEvent | events.Paste):
            return False
        if self._begun and not self._is_seen:
            self._end()  # a dialog has come, which knows no chords
        match event:
            case events.Key(key=Keys.Ignore):
                pass  # the terminal answered something; nobody typed it
            case events.Key() if self._begun:
                return await self._second(event.key)
            case events.Key(key=key) if key in self._follows and self._is_seen:
                self._begin(key)
                return True
            case events.Paste() | events.MouseDown():
                self._end()
        return False

    @property
    def _is_seen(self) -> bool:
        """Whether no dialog is open."""
        stage: object = self._stage
        return self._stage.app.screen is stage

    # ---- the two keys

    def _begin(self, leader: str) -> None:
        self._begun = leader
        self._timer = self._stage.set_timer(SHOWN_AFTER_S, self._show)

    def _end(self) -> None:
        self._begun = ""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._panel is not None:
            self._panel.display = False
            self._panel.remove()
            self._panel = None

    async def _second(self, key: str) -> bool:
        follows = self._follows[self._begun]
        command = follows.get(key)
        if command is None and self._panel is not None and key in _PAGES:
            self._panel.turn(_PAGES[key])
            return True
        leader = self._begun
        self._end()
        if command is not None:
            await self._do(command)
        elif key == "ctrl+c":
            return False  # it stops and leaves, whatever is going on
        elif key not in {"escape", leader}:
            self._stage.tell(_unknown(leader, key, follows), "warning")
        return True

    async def _do(self, command: Command) -> None:
        if command.of_prompt or command.id == _IN_PROMPT:
            # Behind what was typed before, which the prompt may not have taken in yet.
            self._stage.prompt.call_later(self._stage.command, command.id)
        else:
            await self._stage.action_command(command.id)
        if command.id in self._moving:
            self._moved()

    # ---- the panel

    def _show(self) -> None:
        """Say what may follow, if nobody has typed it yet: a timer's call may come after it was stopped."""
        if not self._begun or self._panel is not None or not self._is_seen:
            return
        from fmtui.ui.chord_panel import ChordPanel  # noqa: PLC0415 - who knows the keys never sees it

        self._panel = ChordPanel(self._begun, self._follows[self._begun], lambda: self._stage.prompt.region)
        self._stage.mount(self._panel)


def _unknown(leader: str, key: str, follows: dict[str, Command]) -> str:
    """Return what to say of a second key that does nothing."""
    meant = follows.get(key.removeprefix("ctrl+"))
    if meant is not None:
        without = key_label(f"{leader} {key.removeprefix('ctrl+')}")
        return f"{key_label(f'{leader} {key}')} does nothing; {without}, without Ctrl, is: {meant.title}."
    waiting = f"wait behind {key_label(leader)} to see what may follow"
    return f"{key_label(f'{leader} {key}')} does nothing; {waiting}."
