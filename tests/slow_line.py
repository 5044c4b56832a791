"""A slow line between a program and the terminal it is seen on, as a modem or a far network makes it.

    python -m tests.slow_line --bits 9600 -- python -m fmtui -e demo

runs the program in a pseudo-terminal of its own and passes on what it writes at so many bits
a second, ten of them a byte as on a serial line; what is not passed on yet waits in a buffer
of the size that a socket has, so that the program waits when the line does. Keys go the other
way at the same speed. At the end it says how many bytes passed.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Sequence
from typing import Self

BITS_A_BYTE = 10
STEP_S = 0.02
"""Seconds between two portions: short enough that a line seems to flow."""


class Direction:
    """One direction of the line: what was taken from one end and is not passed on yet.

    Args:
        source: file descriptor to read from.
        target: file descriptor to write to.
        rate: bytes a second.
        room: most bytes that may be on the way.
    """

    def __init__(self, source: int, target: int, rate: float, room: int) -> None:
        self.source = source
        self.passed = 0
        self._target = target
        self._rate = rate
        self._room = room
        self._waiting = bytearray()
        self._due = 0.0
        self._at = time.monotonic()

    @property
    def is_full(self) -> bool:
        """Whether nothing can be taken at the moment."""
        return len(self._waiting) >= self._room

    @property
    def is_empty(self) -> bool:
        """Whether all that was taken has been passed on."""
        return not self._waiting

    def take(self) -> bool:
        """Take what there is to read; return False at its end."""
        try:
            data = os.read(self.source, self._room - len(self._waiting))
        except OSError:  # a pseudo-terminal whose program has gone
            return False
        self._waiting += data
        return bool(data)

    def give(self) -> None:
        """Pass on as much as the time that has gone by allows."""
        now = time.monotonic()
        # A line that had nothing to do saves up no speed.
        self._due = min(self._due + (now - self._at) * self._rate, max(1.0, self._rate * 2 * STEP_S))
        self._at = now
        portion = bytes(self._waiting[: int(self._due)])
        if portion:
            written = os.write(self._target, portion)
            del self._waiting[:written]
            self._due -= written
            self.passed += written


class _Raw:
    """The terminal of the caller, passing on each key as it comes."""

    def __enter__(self) -> Self:
        self._before = termios.tcgetattr(sys.stdin.fileno()) if sys.stdin.isatty() else None
        if self._before is not None:
            tty.setraw(sys.stdin.fileno())
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._before)


def run(command: Sequence[str], bits: int, room: int) -> int:
    """Run a program behind the line until it ends; return its exit status."""
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(command[0], list(command))

    def resize(*_: object) -> None:
        size = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(master, termios.TIOCSWINSZ, size)

    if sys.stdout.isatty():
        resize()
        signal.signal(signal.SIGWINCH, resize)
    rate = bits / BITS_A_BYTE
    down = Direction(master, sys.stdout.fileno(), rate, room)
    up = Direction(sys.stdin.fileno(), master, rate, room)
    is_open = True
    with _Raw():
        while is_open or not down.is_empty:
            open_ends = [end for end in (down, up) if is_open and not end.is_full]
            ready, _, _ = select.select([end.source for end in open_ends], [], [], STEP_S)
            for end in open_ends:
                if end.source in ready and not end.take():
                    is_open = False
            down.give()
            if is_open:
                up.give()
            if ready:
                time.sleep(STEP_S / 4)
    print(f"\r\n{down.passed:,} bytes came, {up.passed:,} went, at {bits:,} bit/s.")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main() -> int:
    """Read the command line and run the program."""
    parser = argparse.ArgumentParser(prog="python -m tests.slow_line", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--bits", type=int, default=9600, help="bits a second, each way; default: 9600")
    parser.add_argument("--room", type=int, default=4096, help="bytes that may be on the way; default: 4096")
    parser.add_argument("command", nargs="+", help="the program and its arguments, after --")
    options = parser.parse_args()
    return run(options.command, options.bits, options.room)


if __name__ == "__main__":
    sys.exit(main())
