"""Textual's driver for terminals, where it wakes or holds up the program for nothing.

It asks ten times a second whether anything was typed, goes on asking without a pause when
the terminal is gone, and holds up the event loop when the terminal does not keep up. Here
the reading thread sleeps until there is something to read, the terminal's end is told to
the app, and writing never waits. And stopping and going on is between all programs that the
shell started together and the shell, whoever of them was told to stop.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Any, TextIO

from textual.app import App
from textual.drivers import linux_driver
from textual.message import Message

from fmtui.ui.pace import Pace
from fmtui.ui.terminal.app import LeanDriver
from fmtui.ui.terminal_input import InputParser
from fmtui.ui.terminal_output import TerminalOutput

_READ = 4096
_CLEAR = "\x1b[m\x1b[H\x1b[J"
_NO_PIXELS = "\x1b[?1016l"
_LAST_ANSWER_S = 0.2
"""Seconds that leaving waits for an answer on its way, which the shell would take for keys."""


class TerminalLost(Message, bubble=False):
    """Posted to the app: nobody is at the terminal any more."""


def has_shell() -> bool:
    """Return whether a shell that can stop what it starts, and have it go on, started this program."""
    # It gives each of its command lines a process group; what the terminal itself starts is in the session's.
    return os.getpgrp() != os.getsid(0)


def to_shell(app: App[Any]) -> None:
    """Go back to the shell until it has the program go on; say so where there is none."""
    if has_shell():
        app.action_suspend_process()
    else:
        app.notify("No shell started fmtui here, so there is none to go back to.", markup=False)


class _Ending(threading.Event):
    """An event that can be waited for together with a file: `number` is readable while it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.number, self._write_end = os.pipe()

    def set(self) -> None:
        if not self.is_set():
            os.write(self._write_end, b"x")
        super().set()

    def clear(self) -> None:
        if self.is_set():
            os.read(self.number, 1)
        super().clear()


class TerminalDriver(LeanDriver):
    """Reads and writes one terminal; `pace` is set before it starts."""

    pace: Pace
    """Is told how quickly the terminal takes what is written."""
    _environ: Mapping[str, str] = MappingProxyType({})
    _ending: _Ending | None = None
    _taken = False
    """Whether the terminal is in use."""
    _lent = False
    """Whether it is the shell's while the program is stopped."""
    _went_on = False
    """Whether the program was told to go on, and has not done so yet."""
    _keeps_typed = False
    """Whether what is typed while the terminal is given back is for the app all the same."""
    _parts: tuple[Callable[[bytes], str], InputParser] | None = None
    """What read until then, with the half of a character or of a paste that it may hold."""
    _keys_told: asyncio.Future[bool] | None = None
    _tells_keys = False

    def know(self, environ: Mapping[str, str]) -> None:
        """Go by the environment variables from now on: they tell what kind of terminal there is."""
        self._environ = environ
        super().know(environ)

    def start_application_mode(self) -> None:
        """Take the terminal."""
        if self._ending is None:  # it is taken again after the program was stopped
            self.exit_event = self._ending = _Ending()
        # Textual makes its writer in the midst of a long method.
        vars(linux_driver).update(WriterThread=self._output)
        super().start_application_mode()

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        if self._taken:
            # Some have no other screen to go back to (GNU screen, the Linux console): what was drawn
            # would stand around what the shell says next.
            self.write(_CLEAR)
        self._taken = False
        super().stop_application_mode()

    def take_mouse(self, *, take: bool) -> None:
        """Have the terminal report its mouse, or leave it to the terminal and its own selection."""
        if take:
            self._mouse = True
            self._enable_mouse_support()
            if self._mouse_pixels:
                self._enable_mouse_pixels()
        else:
            self._disable_mouse_support()
            if self._mouse_pixels:
                self.write(_NO_PIXELS)
            self._mouse = False
        self.flush()

    async def ask_keys(self, limit_s: float) -> bool | None:
        """Return whether the terminal tells all keys apart; None when it does not answer in time.

        Args:
            limit_s: seconds that it has.
        """
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._keys_told = told
        self._tells_keys = False
        # What every terminal answers comes last.
        self.write("\x1b[?u\x1b[c")
        self.flush()
        try:
            async with asyncio.timeout(limit_s):
                return await told
        except TimeoutError:
            return None

    def _hear(self, answer: str) -> None:
        """Take an answer of the terminal, in the thread that reads."""
        if answer.endswith("u"):
            self._tells_keys = True
        elif self._keys_told is not None:
            self._soon(partial(self._settle, self._keys_told))

    def _settle(self, told: asyncio.Future[bool]) -> None:
        if not told.done():
            told.set_result(self._tells_keys)

    def _lend(self) -> None:
        self.suspend_application_mode()
        self._lent = self._must_signal_resume = True

    # A signal comes in the midst of anything, also of writing to the terminal, whose lock
    # giving it back would wait for. The event loop does what signals ask for, between two steps.

    def _sigtstp_application(self, *_: object) -> None:
        self._soon(self._stop)

    def _sigcont_application(self, *_: object) -> None:
        self._went_on = True
        self._soon(self._go_on)

    def _soon(self, work: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has ended, and the app with it
            self._loop.call_soon_threadsafe(work)

    def _stop(self) -> None:
        """Stop, with what was started together, as the shell waits for all of it; go on when it says so."""
        if not has_shell():
            return
        if self._auto_restart:
            self._lend()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.killpg(0, signal.SIGTSTP)  # nothing stops where the shell is gone meanwhile
        signal.signal(signal.SIGTSTP, self._sigtstp_application)
        self._went_on = False
        if self._lent and self._auto_restart:
            self.resume_application_mode()

    def _go_on(self) -> None:
        """Take the terminal again, whose modes another program may have changed meanwhile."""
        if not self._went_on or not self._auto_restart:
            return
        self._went_on = False
        if self._taken:  # it was stopped by a signal that no program hears of
            self._keeps_typed = True
            self._lend()
            self._keeps_typed = False
        if self._lent:
            self.resume_application_mode()

    def _output(self, file: TextIO) -> TerminalOutput:
        self._taken, self._lent = True, False  # Textual takes it only if it may
        output = TerminalOutput(file, self.pace, self._tell_lost)
        if self._environ.get("TERM") == "linux":
            from fmtui.ui.terminal.glyphs import Glyphs, glyphs_of  # noqa: PLC0415 - on the console alone

            # Each time: another font may have been loaded while the program was stopped.
            output.fit = Glyphs(glyphs_of(file.fileno())).shown
        elif self._environ.get("STY"):
            from fmtui.ui.terminal.glyphs import unjoined  # noqa: PLC0415 - in GNU screen alone

            output.fit = unjoined
        return output

    def _tell_lost(self) -> None:
        self.send_message(TerminalLost())

    def disable_input(self) -> None:
        """Stop reading."""
        if not self._keeps_typed:
            if not self.exit_event.is_set():
                self.pace.quiet.wait(_LAST_ANSWER_S)
            super().disable_input()  # and throw away what the shell would take for keys
        elif not self.exit_event.is_set():
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
            self._disable_mouse_support()
            self.exit_event.set()
            if self._key_thread is not None:
                self._key_thread.join()
            self.exit_event.clear()

    def run_input_thread(self) -> None:
        """Hand on what is typed until the end of the app or of the terminal."""
        decode, parser = self._parts or (
            # Bytes that are no UTF-8, from a terminal set to Latin-1, must not end the program.
            getincrementaldecoder("utf-8")("replace").decode,
            InputParser(self._debug, answered=self.pace.answered, told=self._hear),
        )
        self._parts = None
        ending = self._ending
        while ending is not None and not ending.is_set():
            # There is a limit only while the Esc key cannot be told from the start of a sequence.
            ready, _, _ = select.select([self.fileno, ending.number], [], [], parser.patience_s)
            if self.fileno in ready:
                data = self._read()
                if not data:
                    self._tell_lost()
                    break
                if text := decode(data):
                    for event in parser.feed(text):
                        self.process_message(event)
            for event in parser.tick():
                self.process_message(event)
        if self._keeps_typed:
            self._parts = decode, parser
        else:
            list(parser.feed(""))

    def _read(self) -> bytes:
        """Return what was typed; nothing when the terminal is gone."""
        try:
            return os.read(self.fileno, _READ)
        except OSError:
            return b""
