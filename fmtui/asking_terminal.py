"""Asking the terminal, tmux and the system what the terminal is. Never for long.

A terminal answers as if somebody typed, so it is asked only while nothing else reads from it.
"""

from __future__ import annotations

import os
import select
import termios
import time
import tty
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from fmtui.core.child import environ_for, run
from fmtui.core.doctor_terminal import LAST_ANSWER, Answers, answers_in, query_for
from fmtui.core.tmux import TMUX_QUERY, Tmux, tmux_in
from fmtui.terminal_modes import modes_kept

ANSWER_S = 1.0
"""Seconds that a terminal has to answer; one at the far end of a line takes some."""
_TMUX_S = 1.0
_MOST = 4096
_GENERATIONS = 12


def ask_terminal(number: int, environ: Mapping[str, str], limit_s: float = ANSWER_S) -> Answers | None:
    """Return what a terminal says of itself; None when it must not be asked.

    Args:
        number: the file of a terminal, open for reading and writing.
        environ: tells which questions it cannot bear.
        limit_s: seconds that it has.
    """
    try:
        if os.tcgetpgrp(number) != os.getpgrp():  # in the background asking would stop the program
            return None
        with modes_kept(number):
            tty.setcbreak(number, termios.TCSANOW)
            os.write(number, query_for(environ))
            return answers_in(_read(number, limit_s))
    except (OSError, termios.error):
        return None


def _read(number: int, limit_s: float) -> bytes:
    """Return what comes until the last answer is there or the time is over."""
    data = bytearray()
    end = time.monotonic() + limit_s
    while (left := end - time.monotonic()) > 0 and len(data) < _MOST and not LAST_ANSWER.search(data):
        ready, _, _ = select.select([number], [], [], left)
        more = os.read(number, _MOST) if ready else b""
        if not more:
            break
        data += more
    return bytes(data)


async def ask_tmux(environ: Mapping[str, str]) -> Tmux | None:
    """Return what tmux says of itself and of the terminal around it; None outside, or if it says nothing."""
    if not environ.get("TMUX"):
        return None
    try:
        status, output, _ = await run(TMUX_QUERY, environ_for(TMUX_QUERY, environ, ()), _TMUX_S)
    except (OSError, ValueError, TimeoutError):
        return None
    return None if status else tmux_in(output.decode("utf-8", "replace"))


def parents() -> tuple[str, ...]:
    """Return the names of the programs that started this one, the nearest first; none where nobody tells."""
    names: list[str] = []
    process = os.getppid()
    with suppress(OSError, ValueError, IndexError):
        while process > 1 and len(names) < _GENERATIONS:
            # The name stands in brackets and may hold some itself.
            before, _, after = Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")
            names.append(before.partition("(")[2])
            process = int(after.split()[1])
    return tuple(names)
