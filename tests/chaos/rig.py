"""The rig: one round of one fault, with the real app in a pseudo-terminal and a server on loopback."""

from __future__ import annotations

import os
import random
import re
import shlex
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.endpoint import FOR_EVER, NumberServer, word
from tests.terminal import Terminal, clean_environ, fmtui

PROMPT = "count for me"
DRAFT = "not sent yet"
DRAFT_KEPT_S = 1.0
"""Seconds after which what was typed is promised to be on the disk."""
SIDEBAR = 35
"""Columns of the screen that the list of sessions takes, whose titles are no turns."""
LEAVES_S = 10.0
"""Longest that leaving may take, on a machine that does other things too."""

MODES = {
    "alternate screen": (b"\x1b[?1049h", b"\x1b[?1049l"),
    "mouse": (b"\x1b[?1000h", b"\x1b[?1000l"),
    "mouse motion": (b"\x1b[?1003h", b"\x1b[?1003l"),
    "mouse positions": (b"\x1b[?1006h", b"\x1b[?1006l"),
    "hidden cursor": (b"\x1b[?25l", b"\x1b[?25h"),
    "bracketed paste": (b"\x1b[?2004h", b"\x1b[?2004l"),
}
"""What the app turns on in a terminal, and how it is turned off."""


@dataclass
class Round:
    """One round: its folder, its luck, and what the judge has to know of what happened."""

    folder: Path
    chance: random.Random
    many: int = 200
    """How often something is done that is done many times."""
    module: str = "fmtui"
    """What is run as the app."""
    through: tuple[str, ...] = ()
    """The command that runs the app, if it is not run as it is."""
    longest_s: float = 2.0
    """Longest time that a reply runs before the fault."""
    prompts: list[str] = field(default_factory=list)
    """Every prompt that was sent and shown."""
    sent: list[list[float]] = field(default_factory=list)
    """When each word of each answer was sent, as far as it was sent before the fault."""
    faulted_at: float = 0.0
    cut_at: dict[int, float] = field(default_factory=dict)
    """When the fault came for one answer, where that was not at `faulted_at`."""
    draft: str = ""
    """What was typed long enough ago to be on the disk, and not sent."""
    raw: bytes = b""
    """What the terminal got."""
    restores: bool = True
    """Whether the app had the chance to give the terminal back."""
    counts: bool = True
    """Whether the answers are the numbered words."""
    seen: dict[int, int] = field(default_factory=dict)
    """How many words of an answer were on the screen when the user stopped it."""
    notes: list[str] = field(default_factory=list)
    """What was seen that breaks a promise which only this fault has."""
    instead: str = ""
    """How the fault was produced where this system does not let it be produced for real."""
    afterwards: list[Callable[[], object]] = field(default_factory=list)
    """What tidies up once all was judged."""

    @property
    def sessions(self) -> Path:
        """The folder of session files."""
        return self.folder / "data" / "sessions"

    def command(self, server: NumberServer, *arguments: str) -> list[str]:
        """Return the command that starts the app against a server."""
        config = self.folder / "config.toml"
        config.write_text(f'[endpoints.numbers]\nurl = "http://127.0.0.1:{server.port}/v1"\nmodel = "m"\n')
        data = str(self.folder / "data")
        command = fmtui("--config", str(config), "--data-dir", data, "-e", "numbers", *arguments)
        return [*self.through, *(self.module if word == "fmtui" else word for word in command)]

    @contextmanager
    def app(self, words: int = FOR_EVER, *, started_by: str = "") -> Iterator[tuple[Terminal, NumberServer]]:
        """Run the app, or a shell that started it, until the end of the round."""
        with NumberServer(words) as server:
            command = self.command(server)
            environ = clean_environ(self.folder, PS1="shell> ")
            started = [started_by, "--norc", "--noprofile", "-i"] if started_by else command
            with Terminal(started, environ) as terminal:
                if started_by:
                    terminal.type(f"{shlex.join(command)}\r")
                terminal.until("max_tokens")
                try:
                    yield terminal, server
                finally:
                    self.raw = bytes(terminal.raw)

    @contextmanager
    def streaming(
        self, *, least_s: float = 0.0, started_by: str = "", before: int = 0
    ) -> Iterator[tuple[Terminal, NumberServer]]:
        """Run the app until a random instant of a running reply, with a draft typed under it.

        Args:
            least_s: how long the reply runs at least.
            started_by: a shell that starts the app.
            before: how many prompts are asked and answered before that.
        """
        with self.app(started_by=started_by) as (terminal, server):
            for number in range(before):
                self.talk(terminal, server, f"earlier {number}")
            terminal.type(PROMPT + "\r")
            terminal.until(f"{word(before, 0)} ")
            self.prompts.append(PROMPT)
            terminal.type(DRAFT)
            terminal.until(DRAFT)
            typed_at = time.monotonic()
            read_for(terminal, self.chance.uniform(least_s, max(least_s, self.longest_s)))
            self.now(server)
            if self.faulted_at - typed_at > DRAFT_KEPT_S:
                self.draft = DRAFT
            yield terminal, server

    def talk(self, terminal: Terminal, server: NumberServer, prompt: str) -> None:
        """Ask, have something come, and stop the answer."""
        answer = server.asked
        said = f"{word(answer, 7)} "
        terminal.type(f"{prompt}\r")
        terminal.until(said)
        self.prompts.append(prompt)
        self.stop(terminal, answer)

    def stop(self, terminal: Terminal, answer: int) -> None:
        """Stop an answer; what counts of it is what the user saw, as more may have been on its way."""
        stopped = terminal.text.count("stopped by you")
        terminal.type("\x1b")
        terminal.until(lambda t: t.text.count("stopped by you") > stopped)
        letter = word(answer, 0)[0]
        self.seen[answer] = 1 + max(map(int, re.findall(rf"\b{letter}(\d+)\b", terminal.text)))

    def now(self, server: NumberServer) -> None:
        """Note that the fault comes now: what was sent until now counts."""
        self.faulted_at = time.monotonic()
        self.sent = [times[: self.seen.get(number)] for number, times in enumerate(server.sent_at)]

    def leave(self, terminal: Terminal, server: NumberServer) -> None:
        """Leave by the key for it; everything that came until now has to be there then."""
        self.now(server)
        self.draft = DRAFT
        terminal.type("\x11")
        if terminal.wait(LEAVES_S) != 0:
            self.notes.append(f"leaving ended with status {terminal.status}")

    def gone(self, terminal: Terminal, how: str) -> None:
        """Wait for the end without reading, as nobody may be at the terminal any more."""
        deadline = time.monotonic() + LEAVES_S
        while not terminal.ended:
            time.sleep(0.005)
            assert time.monotonic() < deadline, f"still alive {LEAVES_S:.0f} s after {how}"


def lasting(raw: bytes) -> list[str]:
    """Return what is still turned on in a terminal that got these bytes."""
    return [name for name, (on, off) in MODES.items() if raw.rfind(on) > raw.rfind(off)]


def read_for(terminal: Terminal, seconds: float) -> None:
    """Be a terminal for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.read(min(0.02, max(0.0, end - time.monotonic())))


def child_of(pid: int) -> int:
    """Return the newest process that a process has started, as Linux tells it."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[-1])


def threads_and_files(pid: int) -> tuple[int, int]:
    """Return how many threads and open files a process has, as Linux tells it."""
    return len(os.listdir(f"/proc/{pid}/task")), len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - a count


def end_by(terminal: Terminal, number: signal.Signals, round_: Round) -> None:
    """Send a signal and wait for the end as a terminal that goes on reading."""
    terminal.kill(number)
    terminal.wait(LEAVES_S)
    expected = (-number, 128 + number)
    if terminal.status not in expected:
        round_.notes.append(f"ended with status {terminal.status} after {number.name}")
