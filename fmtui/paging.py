"""A conversation as plain text on the normal screen, or in the user's pager.

It is read, written and forgotten piece by piece, so that its length does not matter.
"""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeAlias

from fmtui.core.chat import Turn, Turns
from fmtui.core.errors import FmtuiError
from fmtui.core.export import for_reading
from fmtui.core.text import one_line, printable
from fmtui.terminal_modes import modes_kept

BACK = "Press a key to go back to fmtui."
_PIECE = 4096
"""Bytes that are written at once: between two, Ctrl+C is looked for."""
_LOOK_S = 0.1
_AT_ONCE_S = 0.5
"""Seconds within which nobody leaves a pager that has just got the end of the text."""
_LEFT_EARLY = {0, 130, -signal.SIGINT, 141, -signal.SIGPIPE}
"""How pagers end that were only left before the end."""


Start: TypeAlias = Callable[[Sequence[str], int], subprocess.Popen[bytes]]
"""What starts a program, with what it reads."""


def _start(argv: Sequence[str], stdin: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(argv, stdin=stdin)


def pieces(title: str, path: Turns, more: Iterable[Turn] = ()) -> Iterator[str]:
    """Yield a conversation for reading, turn by turn, with nothing in it that acts on a terminal.

    Args:
        title: its title; may be empty.
        path: its turns, each read when it is its turn.
        more: what is on its way and not among them.
    """
    if title:
        yield f"# {one_line(title)}\n\n"
    for index in range(len(path)):
        try:
            yield printable(for_reading(path[index])) + "\n\n"
        except FmtuiError as error:
            yield f"[{printable(error.message)}]\n\n"
    for turn in more:
        yield printable(for_reading(turn)) + "\n\n"
        if turn.role == "assistant" and turn.outcome is None:
            yield "*The reply is still coming.*\n\n"


def show(
    text: Callable[[], Iterable[str]],
    pager: str,
    interrupted: threading.Event,
    clock: Callable[[], float] = time.monotonic,
    start: Start | None = None,
) -> None:
    """Show a text on the terminal that the process has, and return when the user wants to go back.

    Args:
        text: gives it in pieces, from the start each time.
        pager: the program that shows it, with its arguments; empty for the normal screen itself.
        interrupted: set when Ctrl+C was pressed.
        clock: seconds that only grow.
        start: starts the pager.
    """
    failed, seen = _page(text(), pager, clock, start or _start) if pager else ("", False)
    if seen:
        return
    interrupted.clear()
    number = sys.__stdout__.fileno() if sys.__stdout__ is not None else 1
    with suppress(OSError):  # the terminal has gone: the app finds out
        for piece in text() if failed or not pager else ():
            if not _write(number, piece.encode("utf-8", "replace"), interrupted):
                _write(number, b"\n(stopped)\n", threading.Event())
                break
        words = f"{failed} {BACK}" if failed else BACK
        _write(number, f"-- {printable(words)} --\n".encode(), threading.Event())
        _wait_for_key(interrupted)


def _page(text: Iterable[str], pager: str, clock: Callable[[], float], start: Start) -> tuple[str, bool]:
    """Show a text in a pager until it ends.

    Returns:
        What went wrong, as a sentence, and whether the user had it before their eyes: a pager that
        ends as soon as it has everything, such as `cat` or `less -F`, has only printed it.
    """
    try:
        argv = shlex.split(pager)
    except ValueError:
        argv = []
    if not argv:
        return f"PAGER={one_line(pager, 40)} is no command.", False
    if os.path.basename(argv[0]) == "less" and not os.environ.get("LESS") and len(argv) == 1:  # noqa: PTH119 - no path is meant
        argv.append("-R")
    try:
        process = start(argv, subprocess.PIPE)
    except OSError as error:
        return f"{argv[0]} could not be started: {error.strerror}.", False
    assert process.stdin is not None  # noqa: S101 - it was asked for
    left = True  # before the end
    with suppress(OSError):
        try:
            for piece in text:
                process.stdin.write(piece.encode("utf-8", "replace"))
        finally:
            process.stdin.close()
        left = False
    given = clock()
    status = process.wait()
    if status == -signal.SIGTERM:  # with fmtui
        return "", True
    if status not in _LEFT_EARLY:
        return f"{argv[0]} ended with status {status}.", False
    return "", left or clock() - given > _AT_ONCE_S


def _write(number: int, data: bytes, interrupted: threading.Event) -> bool:
    """Write bytes; return whether all were, before Ctrl+C."""
    for start in range(0, len(data), _PIECE):
        rest = data[start : start + _PIECE]
        while rest:
            if interrupted.is_set():
                return False
            _, ready, _ = select.select([], [number], [], _LOOK_S)
            rest = rest[os.write(number, rest) :] if ready else rest
    return True


def _wait_for_key(interrupted: threading.Event) -> None:
    stdin = sys.__stdin__
    if stdin is None:
        return
    number = stdin.fileno()
    interrupted.clear()
    with _key_by_key(number):
        while not interrupted.is_set():
            ready, _, _ = select.select([number], [], [], _LOOK_S)
            if ready:
                os.read(number, 64)  # a key may be several bytes
                return


@contextmanager
def _key_by_key(number: int) -> Iterator[None]:
    """Have each key come at once and unseen; what was typed before is not meant."""
    with modes_kept(number):
        with suppress(termios.error):
            tty.setcbreak(number)
            # Ctrl+C throws away what was typed: a read must not wait for a key that is no more.
            modes = termios.tcgetattr(number)
            modes[6][termios.VMIN] = 0
            termios.tcsetattr(number, termios.TCSANOW, modes)
        yield
