"""Runs a program in a pseudo-terminal and measures it from outside.

What the program writes is read at once, as a fast terminal would, and counted. Programs
may mark moments by writing words to the pipe whose number is in `BENCH_PIPE`.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

COLUMNS, ROWS = 120, 40
_LEFT_OUT = {"COLUMNS", "LINES", "NO_COLOR", "PYTHONDONTWRITEBYTECODE"}
"""Not passed on. Without the last a program keeps its compiled modules, as an installed one has them."""
_SYNC_QUERY = b"\x1b[?2026$p"
_SYNC_ANSWER = b"\x1b[?2026;2$y"
"""Textual asks whether a frame can be shown in one piece; terminals of today answer that it can."""


@dataclass
class Measured:
    """What was seen of one run."""

    written: int = 0
    """Bytes that the program wrote to the terminal."""
    marks: list[tuple[str, float, int]] = field(default_factory=list)
    """Words from the pipe: the word, seconds since the start, bytes written so far."""
    first_frame_s: float | None = None
    """Seconds from the start until `sees` was satisfied."""
    status: int = 0
    cpu_s: float = 0.0
    """Seconds of a core, the kernel's share included, that the program took until it ended."""
    peak_kb: int = 0
    """Largest resident size of the program, in KiB."""


def run(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    sees: Callable[[bytes], bool] | None = None,
    limit_s: float = 600,
) -> Measured:
    """Run a program until it ends, or until `sees` is satisfied with all that it wrote so far.

    Args:
        argv: the program and its arguments.
        environ: set on top of this process's environment.
        sees: asked after each read; when it says yes, the moment is kept and the program killed.
        limit_s: seconds after which the program is killed.

    Raises:
        TimeoutError: the limit was reached.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    pipe_out, pipe_in = os.pipe()
    os.set_inheritable(pipe_in, True)
    full = {k: v for k, v in os.environ.items() if k not in _LEFT_OUT}
    full |= {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "BENCH_PIPE": str(pipe_in),
        **(environ or {}),
    }
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        _become(argv, full, master, slave)
    os.close(slave)
    os.close(pipe_in)
    try:
        return _Watch(pid, master, pipe_out, started).until(sees, limit_s)
    finally:
        os.close(pipe_out)
        os.close(master)


def _become(argv: Sequence[str], environ: Mapping[str, str], master: int, slave: int) -> None:
    """Turn the forked process into the program."""
    try:
        os.close(master)
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for number in (0, 1, 2):
            os.dup2(slave, number)
        os.execvpe(argv[0], list(argv), dict(environ))
    finally:
        os._exit(127)


class _Watch:
    """Reads all that a program writes, until it ends or has shown what is waited for."""

    def __init__(self, pid: int, master: int, pipe: int, started: float) -> None:
        self._measured = Measured()
        self._pid = pid
        self._master = master
        self._pipe = pipe
        self._started = started
        self._seen = b""
        self._killed = False

    def until(self, sees: Callable[[bytes], bool] | None, limit_s: float) -> Measured:
        sources = [self._master, self._pipe]
        late = False
        while self._master in sources:
            ready, _, _ = select.select(sources, [], [], 1.0)
            now = time.perf_counter() - self._started
            if now > limit_s and not self._killed:
                late = True
                self._kill()
            for source in ready:
                data = _read(source)
                if not data:
                    sources.remove(source)
                elif source == self._pipe:
                    written = self._measured.written
                    self._measured.marks += [(word, now, written) for word in data.decode().split()]
                else:
                    self._take(data, sees, now)
        _, self._measured.status, usage = os.wait4(self._pid, 0)
        self._measured.cpu_s = usage.ru_utime + usage.ru_stime
        self._measured.peak_kb = usage.ru_maxrss
        if late:
            raise TimeoutError(f"not done after {limit_s} s")
        return self._measured

    def _take(self, data: bytes, sees: Callable[[bytes], bool] | None, now: float) -> None:
        self._measured.written += len(data)
        if _SYNC_QUERY in data:
            os.write(self._master, _SYNC_ANSWER)
        if sees is not None and not self._killed:
            self._seen += data
            if sees(self._seen):
                self._measured.first_frame_s = now
                self._kill()

    def _kill(self) -> None:
        self._killed = True
        os.kill(self._pid, 9)


def _read(source: int) -> bytes:
    try:
        return os.read(source, 1 << 16)
    except OSError:  # how Linux says that the other end of a pty is closed
        return b""
