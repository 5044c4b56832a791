"""The app: theme, keymap, screens and the end. No streaming, no disk."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.driver import Driver
from textual.geometry import Size
from textual.notifications import Notify
from textual.screen import Screen

from fmtui.core import loop
from fmtui.core.keyless import told
from fmtui.core.logfile import log_to, tail
from fmtui.core.text import printable
from fmtui.ui.chat_screen import ChatScreen
from fmtui.ui.chat_telling import NOTICE_S
from fmtui.ui.commands import keys_of, leaders, way_to, with_keys
from fmtui.ui.pace import Pace, over_ssh
from fmtui.ui.setup import Setup
from fmtui.ui.terminal.abilities import fit_colours, has_many
from fmtui.ui.terminal_driver import TerminalLost, to_shell
from fmtui.ui.themed_app import ThemedApp
from fmtui.ui.typed_ahead import MOVING, TypedAhead, gives_away, moving_keys

if TYPE_CHECKING:  # sessions come after the first frame
    from fmtui.ui.chat_shelf import Severity
    from fmtui.ui.chords import Chords

log = logging.getLogger(__name__)

DEFAULT_THEME = "fmtui-dark"
SPARE_THEME = "terminal"
"""The theme where nobody chose one and there are sixteen colours only."""
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""The system or the terminal asks fmtui to end; it keeps what there is first."""
LEAVE_S = 2.0
"""Seconds after such a signal in which the program ends, whatever holds it."""
AGAIN_S = 2.0
"""Seconds in which Ctrl+C has to come again to leave."""
WARNED_S = 15.0
"""Seconds in which leaving again leaves without what the disk did not take."""

_LATER = Path(__file__).with_name("later.tcss")
_ENDING_KEYS = frozenset({"enter", "escape"})
"""Keys with which dialogs end."""


def _keymap(setup: Setup) -> tuple[dict[str, str], list[str]]:
    """Return the keys that the user changed, and what is wrong with them."""
    if not setup.config.keys:
        return {}, []
    from fmtui.ui.keymap import keymap  # noqa: PLC0415 - most configurations leave the keys alone

    return keymap(setup.config.keys, setup.environ)


class _MayLeave:
    """Holds up once who would leave without something."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._warned_at = float("-inf")

    def __call__(self, lost: int) -> bool:
        """Return whether to leave; say why not.

        Args:
            lost: turns that the disk did not take.
        """
        now = time.monotonic()
        if not lost or now - self._warned_at < WARNED_S:
            return True
        self._warned_at = now
        turns = "one turn" if lost == 1 else f"{lost} turns"
        words = (
            f"The disk did not take {turns}. The same again leaves without; /export FILE writes elsewhere."
        )
        self._app.notify(words, severity="error", timeout=WARNED_S, markup=False)
        return False


class FmtuiApp(ThemedApp, App[None], inherit_bindings=False):
    """fmtui on the full screen."""

    TITLE = "fmtui"
    # Textual reads the styles of screens that are pushed, not those of the default screen.
    CSS_PATH = "chat_screen.tcss"
    ENABLE_COMMAND_PALETTE = False  # Textual's own: two rows a command, and a cursor that blinks
    BINDINGS = [Binding("ctrl+c", "help_quit", show=False, system=True)]
    # Idle means idle: nothing moves unless the user or a reply moves it.
    ALLOW_SELECT = False

    def __init__(self, setup: Setup) -> None:
        state = setup.state.load()
        code = "theme"
        any_set = bool(state.settings or setup.config.view.given or "mouse" in setup.config.terminal.given)
        if any_set:
            from fmtui.ui.chat_settings import code_of, settle  # noqa: PLC0415 - most starts have the defaults

            setup = settle(setup, state)
            code = code_of(setup, state)
        pace = Pace(low_bandwidth=setup.low_bandwidth, remote=over_ssh(setup.environ))
        folder = setup.config.path.parent / "themes"
        usual = DEFAULT_THEME if has_many(setup.environ) else SPARE_THEME
        wanted = setup.theme, setup.config.theme, state.theme, usual
        super().__init__(pace, folder, wanted, colours=not setup.environ.get("NO_COLOR"), code=code)
        self.animation_level = "none"
        fit_colours(self.console, setup.environ, low=pace.low)
        if setup.writer == "lean":
            self.write_lean(setup.environ)
        self.terminal_environ = setup.environ
        self._setup = setup
        self.takes_mouse = setup.mouse
        """Whether the mouse is fmtui's at the start."""
        self.bug = ""
        """An unexpected error that ended the app, in a line; empty when it left as asked."""
        self._leaving = False
        self._interrupted_at = float("-inf")
        self._may_leave = _MayLeave(self)
        self._ahead = TypedAhead(self, self.on_event)
        self.ended_by = 0
        """The signal that ended the app; 0 when the user left."""
        keys, key_problems = _keymap(setup)
        self.problems += key_problems
        self._commands = with_keys(keys)
        self._leaders = leaders(self._commands)
        self._chords: Chords | None = None
        self._quit_keys = keys_of("app.quit", self._commands)
        self._moving_keys = moving_keys(self._commands)
        self._sidebar_keys = keys_of("sidebar.toggle", self._commands)
        self.set_keymap(keys)
        self._chat = ChatScreen(setup, self._commands, pace, self._ahead.until_it_opens)
        if any_set:
            from fmtui.ui.chat_settings import wear  # noqa: PLC0415 - same

            wear(setup, state, self._chat.conversation)

    def get_default_screen(self) -> Screen[None]:
        """Return the chat screen: it is the first thing on the terminal."""
        return self._chat

    def theme_kept(self, name: str) -> None:
        """Keep a theme that the user chose for the next start."""
        self._chat.remember_theme(name)
        configured = self._setup.config.theme
        if configured not in ("", name):
            words = f"Kept for now: the configuration says theme = “{configured}” for every start."
            self.notify(printable(words), timeout=10, markup=False)

    async def on_event(self, event: events.Event) -> None:
        """Keep what is typed while nothing can take it."""
        if isinstance(event, events.InputEvent | events.Paste | events.Resize):
            self._chat.stirred()
        if self._ahead.keeps(event) or self._leaves_dialogs(event) or await self._of_chord(event):
            return
        key = event.key if isinstance(event, events.Key) and not event.is_forwarded else ""
        dialog = self.screen if key and self.screen is not self._chat else None
        if self._chat.sidebar.misses(event) and self.screen is self._chat:
            self._chat.leave_sidebar()
        moves = key in self._moving_keys and self.focused not in (None, self._chat.prompt)
        moves = (moves or key in self._sidebar_keys) and dialog is None
        moves = moves or (isinstance(event, events.Key) and bool(key) and gives_away(event, self.focused))
        await super().on_event(event)
        if key in _ENDING_KEYS and dialog is not None and dialog is self.screen:
            self._ahead.until_it_closes()
        elif moves:
            self._ahead.until_it_moves()

    async def _of_chord(self, event: events.Event) -> bool:
        """Take a key that begins a chord, and the one behind it."""
        if self._chords is None and isinstance(event, events.Key) and event.key in self._leaders:
            from fmtui.ui.chords import Chords  # noqa: PLC0415 - with the first of them

            self._chords = Chords(self._chat, self._commands, MOVING, self._ahead.until_it_moves)
        return self._chords is not None and await self._chords.takes(event)

    async def on_chat_screen_ready(self) -> None:
        """Take in what was typed while the app started."""
        await self._ahead.release()

    def copy_to_clipboard(self, text: str) -> None:
        """Copy what was cut or copied in a field: by the way that everything goes that is copied."""
        self._clipboard = text
        self._chat.put_on_clipboard(text)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Severity = "information",
        timeout: float | None = None,
        markup: bool = False,  # noqa: ARG002 - none is read, whatever is asked for
    ) -> None:
        """Say something for a while: above the prompt, or over the dialog that is open."""
        if len(self.screen_stack) > 1:
            super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)
        else:
            self._chat.tell_for(NOTICE_S if timeout is None else timeout, message, severity)

    def on_notify(self, event: Notify) -> None:
        """Show a notice that is on the screen already for longer, instead of twice."""
        new = event.notification
        for known in list(self._notifications):
            if (known.message, known.title, known.severity) == (new.message, new.title, new.severity):
                self._unnotify(known, refresh=False)

    def on_mount(self) -> None:
        """Say what was wrong with themes and keys; be ready to be ended from outside."""
        self.call_after_refresh(self.tell_problems)
        self._loop_to_end = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in ENDING_SIGNALS:
                signal.signal(number, self._ended_by)
        self.call_after_refresh(lambda: self.stylesheet.read(_LATER))
        self.call_after_refresh(_collect_from_now_on)
        self.call_after_refresh(lambda: _log_start(self._setup, self.size))

    def _leaves_dialogs(self, event: events.Event) -> bool:
        """Do what the keys that end the app do where a dialog is open, which would not let them through."""
        if not isinstance(event, events.Key) or event.is_forwarded or self.screen is self._chat:
            return False
        if event.key in self._quit_keys:
            if self._may_leave(self._chat.unsaved):
                self._end_soon()
        elif event.key == "ctrl+c" and not getattr(self.focused, "selected_text", ""):
            self.action_help_quit()
        else:
            return False
        return True

    def _ended_by(self, number: int, _frame: object) -> None:
        """Keep everything and leave; a terminal that is gone must not be able to hold the program."""
        # Not asyncio's handler: that one waits for the event loop, which may itself be
        # waiting to write to a terminal that nobody reads any more.
        self.ended_by = number
        threading.Thread(target=_leave_in_time, args=(number,), daemon=True).start()
        self._loop_to_end.call_soon_threadsafe(self._end_soon)

    @on(TerminalLost)
    def _terminal_lost(self) -> None:
        """Do what SIGHUP does, which not every terminal's end brings."""
        self._ended_by(signal.SIGHUP, None)

    @on(Driver.SignalResume)
    def _shown_again(self) -> None:
        """Paint everything: where the terminal has the size it had, Textual only paints what changed."""
        self.refresh()

    def _end_soon(self) -> None:
        self.run_worker(self.action_quit(), group="quit", exit_on_error=False)

    async def _choose_command(self) -> None:
        """Open the palette, and do what is chosen there."""
        from fmtui.ui.palette import Palette  # noqa: PLC0415 - most starts never show it

        command_id = await self.push_screen_wait(Palette(self._commands))
        if command_id is not None:
            await self._chat.action_command(command_id)

    def pop_screen(self) -> AwaitComplete:
        """Close the dialog that is open; one that is closed by two clicks or keys at once is closed once."""
        return super().pop_screen() if len(self.screen_stack) > 1 else AwaitComplete()

    @on(ChatScreen.CommandAsked)
    def _command(self, message: ChatScreen.CommandAsked) -> None:
        match message.id:
            case "app.palette":
                self.run_worker(self._choose_command(), group="dialog", exit_on_error=False)
            case "app.help":
                from fmtui.ui.help import HelpScreen  # noqa: PLC0415 - most starts never show it
                from fmtui.ui.key_doubts import kept  # noqa: PLC0415 - same

                self.push_screen(HelpScreen(self._commands, kept(self._commands, self._setup.environ)))
            case "app.log":
                from fmtui.ui.log_screen import LogScreen  # noqa: PLC0415 - most starts never show it

                path = self._setup.log_path
                self.push_screen(LogScreen(str(path), lambda: tail(path)))
            case "app.doctor" if (examine := self._setup.examine) is not None:
                from fmtui.ui.chat_doctor import show_doctor  # noqa: PLC0415 - most starts never show it

                show_doctor(self, self._setup, examine)
            case "app.theme" if message.argument:
                self.choose_theme(message.argument)
            case "app.theme":
                self.search_themes()
            case "app.suspend":
                to_shell(self)
            case "app.quit" if self._may_leave(self._chat.unsaved):
                self._end_soon()

    async def action_quit(self) -> None:
        """Leave, once everything is kept."""
        if not self._leaving:
            self._leaving = True
            try:
                await self._chat.close("interrupted" if self.ended_by else "stopped")
            finally:
                log.info("exit signal=%d", self.ended_by)
                self.exit()

    def action_help_quit(self) -> None:
        """Ctrl+C: stop the reply if one runs; pressed twice while none does, leave."""
        if self._chat.stop_reply():
            return
        now = time.monotonic()
        if now - self._interrupted_at < AGAIN_S:
            if self._may_leave(self._chat.unsaved):
                self._end_soon()
            return
        self._interrupted_at = now
        words = (
            f"Ctrl+C again leaves fmtui, as {way_to('app.quit', self._commands)} does; everything is kept."
        )
        self.notify(words, timeout=AGAIN_S, markup=False)

    def _handle_exception(self, error: Exception) -> None:
        """Write an unexpected error to the log instead of the user's terminal, and end."""
        log.error("unexpected error", exc_info=error)
        self.bug = printable(told(error))[:300]
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()


def _collect_from_now_on() -> None:
    """Start the collector again that stood still up to the first frame; what is there now stays for good."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _log_start(setup: Setup, size: Size) -> None:
    """Write down what this is and where it runs, once the first frame is drawn."""
    from fmtui import __version__  # noqa: PLC0415 - after the first frame
    from fmtui.core.request_log import line  # noqa: PLC0415 - same

    about = {
        "fmtui": __version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "term": setup.environ.get("TERM"),
        "size": f"{size.width}x{size.height}",
        "writer": setup.writer,
    }
    log.info(line("start", about))


def _leave_in_time(number: int) -> None:
    """End the process if leaving in good order takes too long; received text is in its checkpoint."""
    time.sleep(LEAVE_S)
    os._exit(128 + number)


def run_app(setup: Setup) -> int:
    """Run fmtui on the full screen until the user leaves; return the exit status.

    Standard input and output must be a terminal: the command line has seen to it.
    """
    if not sys.stderr.isatty():
        vars(sys)["__stderr__"] = sys.__stdout__  # Textual draws on it; `2>file` is meant for messages
    log_path = setup.log_path
    log_to(log_path, "debug" if setup.debug else "info")
    app = FmtuiApp(setup)
    loop.run(app.run_async(mouse=app.takes_mouse))
    if app.last_words:
        with suppress(OSError):
            os.write(2, f"{printable(app.last_words)}\n".encode())
    if app.ended_by:
        # All is kept by now; Python's own end would try to write to a terminal that may be gone.
        os._exit(128 + app.ended_by)
    if app.bug:
        print(f"fmtui ended on an error of its own: {app.bug}", file=sys.stderr)  # noqa: T201
        print(f"Prompts and received text are kept. Details: {log_path}", file=sys.stderr)  # noqa: T201
        return 1
    return app.return_code or 0
