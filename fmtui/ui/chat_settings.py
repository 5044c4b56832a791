"""The settings: worn at the start, and changed live by the part of the chat screen behind `/settings`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from fmtui.core.preferences import (
    OFF,
    ON,
    PREFERENCES,
    WHOLE,
    Preference,
    Settled,
    configured,
    settled,
    stepped,
    word_of,
)
from fmtui.core.state import State
from fmtui.ui.setup import Setup
from fmtui.ui.themed_app import ThemedApp

if TYPE_CHECKING:
    from fmtui.core.chat import Turn
    from fmtui.core.config_terminal import LowBandwidth, TerminalTable
    from fmtui.ui.chat_parts import Services
    from fmtui.ui.chat_sessions import OpenSession
    from fmtui.ui.conversation.widget import Conversation
    from fmtui.ui.settings_screen import SettingRow

_BANDWIDTHS: Mapping[str, LowBandwidth] = {"auto": "auto", ON: True, OFF: False}
_TOLD_BY = "notify", "notify_after"
_BY_NAME = {each.name: each for each in PREFERENCES}


def settled_for(setup: Setup, state: State) -> dict[str, Settled]:
    """Return what holds of every setting."""
    said = {
        "theme": setup.theme,
        "mouse": word_of(setup.mouse),
        "low_bandwidth": word_of(setup.low_bandwidth),
    }
    chosen = {**state.settings, **({"theme": state.theme} if state.theme else {})}
    return settled({name: said[name] for name in setup.said}, configured(setup.config), chosen)


def settle(setup: Setup, state: State) -> Setup:
    """Return what the app starts with, with what was chosen in an earlier run."""
    values = settled_for(setup, state)
    terminal = setup.config.terminal
    for name in _TOLD_BY:
        terminal = _told_by(terminal, name, values[name].value)
    return replace(
        setup,
        config=replace(setup.config, terminal=terminal),
        mouse=values["mouse"].value == ON,
        low_bandwidth=_BANDWIDTHS[values["low_bandwidth"].value],
    )


def _told_by(terminal: TerminalTable, name: str, value: str) -> TerminalTable:
    """Return the table with another way to tell that a reply has ended."""
    return replace(terminal, **{name: float(value) if name == "notify_after" else value})  # type: ignore[arg-type]  # names of its fields


def code_of(setup: Setup, state: State) -> str:
    """Return how code looks."""
    return settled_for(setup, state)["code"].value


def wear(setup: Setup, state: State, conversation: Conversation) -> None:
    """Have a conversation look as it was set, before the first frame."""
    values = settled_for(setup, state)
    _show(conversation, "width", values["width"].value)
    _show(conversation, "follow", values["follow"].value)


def _show(conversation: Conversation, name: str, value: str) -> None:
    if name == "width":
        conversation.limit_text(0 if value == WHOLE else int(value))
    elif name == "follow":
        conversation.go_along(always=value == ON)


class Settling:
    """Shows the settings, and changes them."""

    def __init__(self, services: Services) -> None:
        self._stage = services.stage
        self._board = services.board
        self._choosing = services.choosing
        self._shelf = services.shelf
        self._setup = services.setup
        self._terminal = services.setup.config.terminal
        self._state = services.choosing.remembered
        self._now = {name: each.value for name, each in settled_for(services.setup, self._state).items()}
        """What holds in this window: another one may have chosen something else since."""

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do `/settings`; it is the only command."""
        if command_id != "app.settings":
            return False
        name, _, value = argument.replace("=", " ", 1).partition(" ")
        if not argument:
            self._stage.start_worker(self._open(), "dialog")
        elif name not in _BY_NAME:
            self._stage.refuse(f"There is no setting “{name}”; there are: {', '.join(_BY_NAME)}.", "error")
        elif not self._is_value(_BY_NAME[name], value.strip()):
            self._stage.refuse(f"{name} is one of {', '.join(_BY_NAME[name].values)}.", "error")
        else:
            self._set(_BY_NAME[name], value.strip())
        return True

    def _is_value(self, preference: Preference, value: str) -> bool:
        return value in preference.values or (not preference.values and bool(value))

    async def _open(self) -> None:
        from fmtui.ui.settings_screen import SettingsScreen  # noqa: PLC0415 - most starts never show it

        self._state = await asyncio.to_thread(self._setup.state.load)
        asks_theme = await self._stage.app.push_screen_wait(
            SettingsScreen(self.rows, self.step, self.take_back)
        )
        self._stage.prompt.focus()
        if asks_theme and isinstance(app := self._stage.app, ThemedApp):
            app.search_themes()

    # ---- what holds

    def _settled(self, name: str) -> Settled:
        found = settled_for(self._setup, self._state)[name]
        live = self._live(name)
        if name == "theme" and not found.value and live == getattr(self._stage.app, "usual_theme", ""):
            return Settled(live, "default")
        if live and live != found.value:
            return Settled(live, "for now")
        return found

    def _live(self, name: str) -> str:
        """Return what is seen on the screen, where something else than the settings changes it, too."""
        if name == "theme":
            return str(self._stage.app.theme)
        if name == "mouse":
            return word_of(not self._board.mouse_off)
        return self._now[name]

    def rows(self) -> list[SettingRow]:
        """Return the settings as they stand."""
        from fmtui.ui.settings_screen import SettingRow  # noqa: PLC0415 - most starts never show it

        found = [(each, self._settled(each.name)) for each in PREFERENCES]
        return [
            SettingRow(each.name, each.title, value, source, self._help(each))
            for each, (value, source) in found
        ]

    def _help(self, preference: Preference) -> str:
        given = configured(self._setup.config).get(preference.name)
        if preference.name in self._setup.said:
            return f"{preference.help} The command line sets it for this run."
        if given is not None:
            return f"{preference.help} The configuration says {preference.key} = {given} for every start."
        return preference.help

    # ---- changing

    def step(self, name: str, by: int) -> bool:
        """Take the next value, or the one before; return False where there is a list of its own."""
        preference = _BY_NAME[name]
        if not preference.values:
            return False
        self._set(preference, stepped(preference, self._settled(name).value, by))
        return True

    def take_back(self, name: str) -> None:
        """Forget what was chosen, so that the configuration or the default holds again."""
        if name == "theme":
            self._state = replace(self._state, theme="")
            self._stage.start_worker(self._choosing.set(name, ""), "remember")
            value = settled_for(self._setup, self._state)["theme"].value
            if isinstance(app := self._stage.app, ThemedApp):
                app.wear_theme(value or app.usual_theme)
            return
        self._keep(name, "")
        self._now[name] = settled_for(self._setup, self._state)[name].value
        self._apply(name, self._now[name])

    def _set(self, preference: Preference, value: str) -> None:
        if preference.name == "theme":
            if isinstance(app := self._stage.app, ThemedApp):
                app.choose_theme(value)
            return
        if not self._apply(preference.name, value):
            return
        self._now[preference.name] = value
        self._keep(preference.name, value)

    def _keep(self, name: str, value: str) -> None:
        self._state = replace(self._state, settings={**self._state.settings, name: value})
        self._stage.start_worker(self._choosing.set(name, value), "remember")

    def _tell_end(self, opened: OpenSession, turn: Turn) -> None:
        from fmtui.ui.chat_announcing import announce  # noqa: PLC0415 - with the first reply

        announce(self._stage.app, self._terminal, self._setup.environ, opened.session.title, turn)

    def _apply(self, name: str, value: str) -> bool:
        """Have a value hold at once; return whether it can."""
        app = self._stage.app
        _show(self._stage.conversation, name, value)
        if name == "code" and isinstance(app, ThemedApp):
            app.wear_code(value)
        elif name == "low_bandwidth" and isinstance(app, ThemedApp):
            app.pace.set_low(low_bandwidth=_BANDWIDTHS[value])
        elif name in _TOLD_BY:
            self._terminal = _told_by(self._terminal, name, value)
            self._shelf.on_ended = self._tell_end
        elif name == "mouse":
            from fmtui.ui.chat_terminal import take_mouse  # noqa: PLC0415 - when it is needed

            return take_mouse(self._stage, self._board, take=value == ON)
        return True
