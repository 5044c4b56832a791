"""Runs a program in a pseudo-terminal of 120x40 and looks at it from outside.

What the program writes is read at once, as a fast terminal would, and counted; when a text
showed is known to the moment its last byte was read. Processor time is that of the whole
process, read from the kernel; the program itself does nothing for it.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from tests.bench.endpoint import Endpoint, Mark
from tests.bench.probe import Noted
from tests.terminal import set_size

COLUMNS, ROWS = 120, 40
LIMIT_S = 60.0
_KEPT = 1 << 20
"""Bytes of the output that are kept to be searched."""
_CALM, _CALM_S = 0.1, 0.3
"""A program is calm when it uses less than this share of a core, twice in a row for so many seconds."""
_SYNC_QUERY = b"\x1b[?2026$p"
_SYNC_ANSWER = b"\x1b[?2026;2$y"
"""Textual asks whether a frame can be shown in one piece; terminals of today answer that it can."""
_CONTROL = re.compile(rb"\x1b\[[0-9;:?<=>$]*[ -/]*[@-~]|\x1b[()][0-9A-Z]|\x1b[=>]")


class Never(Exception):  # noqa: N818 - it is an answer: the program does not get there in time
    """What was waited for has not come within the limit."""


class Moment(NamedTuple):
    """Where a program stood."""

    at: float
    """By `time.monotonic`."""
    cpu_s: float
    """Seconds of a core that it has used, the kernel's share included."""
    written: int
    """Bytes that it has written to its terminal."""


class Terminal:
    """One program in one pseudo-terminal, until it is left; then it is killed.

    Args:
        command: the program and its arguments.
        environ: all of its environment.
        endpoint: whose marks are noted beside what the program does.
        watched: whether the program runs under `tests.bench.probe`.
    """

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        endpoint: Endpoint | None = None,
        watched: bool = False,
    ) -> None:
        self.written = 0
        self.last_output_at = 0.0
        self.marks: list[tuple[Mark, Moment]] = []
        """What the endpoint said, and where the program stood when it was heard."""
        self._endpoint = endpoint
        self._output = bytearray()
        self._chunks: list[tuple[int, float]] = []
        """Where each piece of the output ends, in bytes written, and when it was read."""
        ours, theirs = socket.socketpair()
        self._probe = ours if watched else None
        os.set_inheritable(theirs.fileno(), watched)
        full = dict(environ) | ({"BENCH_PROBE": str(theirs.fileno())} if watched else {})
        # Not fork and a size after it: the program must find the size when it looks for the first time.
        master, slave = pty.openpty()
        set_size(slave, COLUMNS, ROWS)
        self.started = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.login_tty(slave) if hasattr(os, "login_tty") else _login(master, slave)
                os.execvpe(command[0], list(command), full)
            finally:
                os._exit(127)
        self._master = master
        os.close(slave)
        theirs.close()
        if not watched:
            ours.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._master)
        if self._probe is not None:
            self._probe.close()

    # ---- doing

    def type(self, keys: str | bytes) -> float:
        """Send keys; return when."""
        data = keys.encode() if isinstance(keys, str) else keys
        at = time.monotonic()
        os.write(self._master, data)
        return at

    def resize(self, columns: int, rows: int = ROWS) -> float:
        """Give the terminal another size; return when."""
        at = time.monotonic()
        set_size(self._master, columns, rows)
        return at

    # ---- waiting

    def until(self, done: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
        """Read until a condition holds.

        Raises:
            Never: it did not within so many seconds, or the program ended.
        """
        deadline = time.monotonic() + limit_s
        while not done():
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(min(left, 0.02)):
                raise Never(self.tail())

    def shows(self, text: str, since: int = 0, limit_s: float = LIMIT_S) -> float:
        """Wait for a text in what was written after so many bytes; return when its last byte was read.

        Only what the program writes in one go can be found: a text on an otherwise empty row,
        or letters that no cell of the screen showed before.

        Raises:
            Never: it has not come.
        """
        wanted = text.encode()
        found = -1

        def there() -> bool:
            nonlocal found
            start = max(0, since - (self.written - len(self._output)))
            place = self._output.find(wanted, start)
            if place < 0 and wanted in _CONTROL.sub(b"", self._output[start:]):
                place = len(self._output) - len(wanted)
            found = place if place < 0 else place + len(wanted) + self.written - len(self._output)
            return found >= 0

        self.until(there, limit_s)
        return next(at for end, at in self._chunks if end >= found)

    def quiet(self, seconds: float, limit_s: float = LIMIT_S) -> float:
        """Wait until nothing was written for so long; return when the last byte was read.

        Raises:
            Never: it goes on writing.
        """
        begun = time.monotonic()
        self.until(lambda: time.monotonic() - max(begun, self.last_output_at) >= seconds, limit_s + seconds)
        return self.last_output_at

    def calm(self, limit_s: float = LIMIT_S) -> Moment:
        """Wait until the program does next to nothing; return where it stood when that began.

        What it writes does not matter: while a reply waits for more, a clock may go on.

        Raises:
            Never: it goes on working.
        """
        deadline = time.monotonic() + limit_s
        moments = [self.moment()]
        while len(moments) < 3 or moments[-1].cpu_s - moments[-3].cpu_s > _CALM * 2 * _CALM_S:
            if time.monotonic() > deadline:
                raise Never(self.tail())
            self.read_for(_CALM_S)
            moments.append(self.moment())
        return moments[-3]

    def read_for(self, seconds: float) -> None:
        """Go on reading for so long."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, seconds + LIMIT_S)

    def marked(self, what: str, limit_s: float = LIMIT_S) -> tuple[Mark, Moment]:
        """Wait for a mark of the endpoint; return it and where the program stood then.

        Raises:
            Never: it has not come.
        """
        self.until(lambda: any(mark.what == what for mark, _ in self.marks), limit_s)
        return next(pair for pair in self.marks if pair[0].what == what)

    def _read(self, within_s: float) -> bool:
        """Take in what comes; return whether the program still has its terminal."""
        sources: list[int | Endpoint] = [self._master]
        if self._endpoint is not None:
            sources.append(self._endpoint)
        for source in select.select(sources, [], [], within_s)[0]:
            if isinstance(source, Endpoint):
                self.marks += [(mark, self.moment()) for mark in source.take()]
                continue
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:  # how Linux says that the other end of a pty is closed
                return False
            self.last_output_at = time.monotonic()
            self.written += len(data)
            self._output += data
            self._chunks.append((self.written, self.last_output_at))
            if _SYNC_QUERY in data:
                self.type(_SYNC_ANSWER)
            if len(self._output) > 2 * _KEPT:
                del self._output[:-_KEPT], self._chunks[: -_KEPT // 16]
        return True

    # ---- looking

    def moment(self) -> Moment:
        """Return where the program stands."""
        return Moment(time.monotonic(), cpu_s(self.pid), self.written)

    def noted(self) -> Noted:
        """Return what the probe in the program noted since it was asked last."""
        assert self._probe is not None
        self._probe.sendall(b"?")
        data = b""
        while not data.endswith(b"\n"):
            data += self._probe.recv(1 << 16)
        rounds, long = json.loads(data)
        return Noted(rounds, [(begun, took) for begun, took in long])

    def memory_mb(self, field: str = "VmRSS") -> float:
        """Return how much memory the program has now; `VmHWM` for the most it ever had."""
        return _status(Path(f"/proc/{self.pid}/status"))[field] / 1024

    def switches(self) -> int:
        """Return how often a thread of the program has gone to sleep, so far."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(_status(task / "status")["voluntary_ctxt_switches"] for task in tasks)

    def tail(self) -> str:
        """Return the end of what was written, readable."""
        return _CONTROL.sub(b" ", bytes(self._output[-2000:])).decode(errors="replace")


def _login(master: int, slave: int) -> None:
    """Make the slave the terminal of this process, as `os.login_tty` of later Pythons does."""
    import fcntl  # noqa: PLC0415 - only in the child of older Pythons
    import termios  # noqa: PLC0415 - likewise

    os.close(master)
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for number in (0, 1, 2):
        os.dup2(slave, number)


def _status(path: Path) -> dict[str, int]:
    """Return the numbers of a status file of the kernel."""
    rows = (line.split() for line in path.read_text().splitlines())
    return {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}


def cpu_s(pid: int) -> float:
    """Return the seconds of a core that a process has used, its ended threads and the kernel included."""
    # The clock of another process (clock_getcpuclockid), which /proc/PID/stat shows in hundredths only.
    return time.clock_gettime((~pid << 3) | 2)
