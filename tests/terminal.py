"""A terminal for tests: runs a program in a pseudo-terminal and shows what a user would see.

Every byte that the program writes is kept in `raw`, and fed to an emulator, whose cells
are `screen`. Waiting is always for a condition, with a limit, never for a time.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import pyte

from tests import zygote

LIMIT_S = 60.0
"""Longest wait for a condition: far more than it takes, so that a busy machine does not fail a test."""


_STRANGE = re.compile(rb"\x1b\[(?:>4(?:;1)?m|\?103[69][sr])")


class Terminal:
    """One program in one pseudo-terminal."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        columns: int = 100,
        rows: int = 30,
        fresh: bool = False,
    ) -> None:
        """Start a program.

        Args:
            command: the program and its arguments.
            environ: all of its environment.
            columns: of the terminal.
            rows: of the terminal.
            fresh: whether fmtui is started as a shell starts it, for tests of the start itself.
        """
        self.raw = bytearray()
        self._emulator = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._emulator)
        if fresh or not zygote.can_fork(command, environ):
            self.pid, self._master = pty.fork()
            if self.pid == 0:
                try:
                    os.execvpe(command[0], list(command), dict(environ))
                finally:
                    os._exit(127)
        else:
            self._master, slave = os.openpty()
            try:
                set_size(self._master, columns, rows)
                self.pid = zygote.start(command, environ, (slave, slave, slave), terminal=True)
            finally:
                os.close(slave)
        self.status: int | None = None
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the program hears of it as from a real one."""
        set_size(self._master, columns, rows)
        self._emulator.resize(rows, columns)

    @property
    def screen(self) -> list[str]:
        """The rows as the user sees them."""
        return list(self._emulator.display)

    @property
    def text(self) -> str:
        """The whole screen as one string."""
        return "\n".join(self.screen)

    def is_cursor_behind(self, text: str) -> bool:
        """Return whether the cursor stands right behind a text."""
        cursor = self._emulator.cursor
        return self.screen[cursor.y][: cursor.x].endswith(text)

    def echoes_lines(self) -> bool:
        """Return whether it is as a shell has it, which reads whole lines and need not show what is typed."""
        both = termios.ECHO | termios.ICANON
        return bool(termios.tcgetattr(self._master)[3] & both == both)

    def type(self, keys: str | bytes) -> None:
        """Send keys."""
        os.write(self._master, keys if isinstance(keys, bytes) else keys.encode())

    def read(self, within_s: float = 0.05) -> bool:
        """Take in what the program writes; return whether it wrote anything."""
        ready, _, _ = select.select([self._master], [], [], within_s)
        if not ready:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # how Linux says that the program has closed the terminal
                raise
            data = b""
        self.raw += data
        # pyte knows none of these: it would print the tails of some, and take others for margins.
        self._stream.feed(_STRANGE.sub(b"", data))
        return bool(data)

    def until(self, condition: Callable[[Terminal], bool] | str, within_s: float = LIMIT_S) -> None:
        """Read until a condition holds or a text is on the screen.

        Raises:
            AssertionError: it did not in time; the message holds the screen.
        """
        deadline = time.monotonic() + within_s
        while True:
            if condition in self.text if isinstance(condition, str) else condition(self):
                return
            if time.monotonic() > deadline or (not self.read() and self.ended):
                raise AssertionError(f"never came: {condition!r}; the screen:\n{self.text}")

    @property
    def ended(self) -> bool:
        """Whether the program has ended; its exit code is then in `status`."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def wait(self, within_s: float = LIMIT_S) -> int:
        """Read until the program ends; return its exit code, negative for a signal."""
        deadline = time.monotonic() + within_s
        while not self.ended:
            self.read()
            assert time.monotonic() < deadline, f"still running; the screen:\n{self.text}"
        while self.read(0):
            pass
        return self.status if self.status is not None else 0

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send the program a signal."""
        if not self.ended:
            os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the terminal, as when the SSH line drops."""
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        """End the program, if it still runs, and the terminal."""
        self.kill()
        if self.status is None:
            os.waitpid(self.pid, 0)
            self.status = -signal.SIGKILL
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def set_size(master: int, columns: int, rows: int) -> None:
    """Give a pseudo-terminal a size; the program in it is told."""
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def clean_environ(home: Path, **more: str) -> dict[str, str]:
    """Return an environment in which fmtui finds nothing of the machine's own user."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(sys.path),
        **more,
    }


def fmtui(*arguments: str) -> list[str]:
    """Return the command that starts fmtui with these arguments, as this interpreter runs it."""
    return [sys.executable, "-m", "fmtui", *arguments]
