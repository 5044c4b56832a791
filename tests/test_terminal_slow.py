"""Terminals that take nothing, take it slowly, or are gone: the app goes on, leaves in time, and sleeps."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from fmtui.ui.pace import Pace
from fmtui.ui.terminal_output import TerminalOutput
from tests.servers import D, E, F, Scripted, ScriptedServer, stream
from tests.terminal import LIMIT_S, Terminal, clean_environ, fmtui
from tests.test_terminal import kept, leave, start, until

ROOM = 100_000
"""More bytes than the kernel keeps of what nobody reads."""


async def comes(condition: Callable[[], bool]) -> None:
    """Wait for something that is not on the screen; nothing is read from the terminal meanwhile."""
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        await asyncio.sleep(0.02)


def long_answer(gate: asyncio.Event) -> Scripted:
    """Return a reply that begins, waits, and then fills the screen many times before it goes on for ever."""
    words = [E(f"line {number} of an answer that nobody can read now\n\n") for number in range(3_000)]
    return stream(E("the beginning\n\n"), gate, *words, asyncio.Event())


def outcomes(folder: Path) -> list[str | None]:
    """Return how the turns of the only session ended, as far as they are on the disk."""
    return [turn.outcome for turn in kept(folder)]


@pytest.mark.parametrize("how", ["nobody reads", "stopped"])
async def test_a_terminal_that_takes_nothing_holds_up_neither_keys_nor_the_reply_nor_leaving(
    tmp_path: Path, how: str
) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(long_answer(gate)) as server:
        with start(tmp_path, server.url) as terminal:
            await until(terminal, "max_tokens")
            terminal.type("go\r")
            await until(terminal, "the beginning")
            if how == "stopped":
                stop_output(terminal)
            gate.set()
            await comes(lambda: len(live_text(tmp_path)) > ROOM)
            terminal.type("\x1b")
            await comes(lambda: outcomes(tmp_path)[-1] == "stopped")
            terminal.type("\x11")
            await comes(lambda: terminal.ended)
            assert terminal.status == 0
            while terminal.read():
                pass
    assert bytes(terminal.raw).rfind(b"\x1b[?1049l") > bytes(terminal.raw).rfind(b"\x1b[?1049h")


async def test_what_a_terminal_shows_that_goes_on_again_is_the_newest_state(tmp_path: Path) -> None:
    gate = asyncio.Event()
    words = [E(f"line {number}\n\n") for number in range(3_000)]
    async with ScriptedServer(
        stream(E("the beginning\n\n"), gate, *words, E("the end"), F("stop"), D)
    ) as server:
        with start(tmp_path, server.url) as terminal:
            await until(terminal, "max_tokens")
            terminal.type("go\r")
            await until(terminal, "the beginning")
            gate.set()
            await comes(lambda: outcomes(tmp_path)[-1] == "complete")
            terminal.type("typed meanwhile")
            written = len(terminal.raw)
            await until(terminal, "the end")
            await until(terminal, "typed meanwhile")
            assert len(terminal.raw) - written < ROOM, "frames nobody saw were kept for later"
            assert await leave(terminal) == 0


async def test_a_signal_ends_the_app_in_time_though_nobody_reads(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(long_answer(gate)) as server:
        with start(tmp_path, server.url) as terminal:
            await until(terminal, "max_tokens")
            terminal.type("go\r")
            await until(terminal, "the beginning")
            gate.set()
            await comes(lambda: len(live_text(tmp_path)) > ROOM)
            terminal.kill(signal.SIGTERM)
            await comes(lambda: terminal.ended)
    assert outcomes(tmp_path)[-1] == "interrupted"


def live_text(folder: Path) -> str:
    """Return what the disk has of the running reply."""
    return "".join(
        path.read_text("utf-8", "replace") for path in (folder / "data" / "sessions").glob("*.live")
    )


def stop_output(terminal: Terminal) -> None:
    """Do what Ctrl+S does in a terminal that has not left it to its programs."""
    number = os.open(Path(f"/proc/{terminal.pid}/fd/0").readlink(), os.O_RDWR | os.O_NOCTTY)
    try:
        termios.tcflow(number, termios.TCOOFF)
    finally:
        os.close(number)


UNTOLD = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
pid = os.fork()
if not pid:
    os.setsid()  # the end of a terminal is told to the session that it belongs to, and to no other
    os.execv(sys.argv[1], sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
"""Runs a program that does not hear of its terminal's end."""


def test_a_terminal_that_goes_without_a_signal_ends_the_app_with_everything_kept(tmp_path: Path) -> None:
    command = [sys.executable, "-c", UNTOLD, *fmtui("-e", "demo", "--data-dir", str(tmp_path / "data"))]
    with Terminal(command, clean_environ(tmp_path)) as terminal:
        terminal.until("F1 help")
        terminal.type("hello\r")
        terminal.until("You wrote")
        terminal.hang_up()
        deadline = time.monotonic() + LIMIT_S
        while not terminal.ended:
            assert time.monotonic() < deadline, "it goes on without a terminal"
            time.sleep(0.02)
    assert terminal.status == 128 + signal.SIGHUP
    assert outcomes(tmp_path)[-1] in {"interrupted", "complete"}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts wake-ups as Linux tells them")
def test_nothing_is_woken_and_nothing_is_written_while_nothing_happens(tmp_path: Path) -> None:
    with Terminal(fmtui("-e", "demo"), clean_environ(tmp_path)) as terminal:
        terminal.until("F1 help")
        terminal.type("hello\r")
        terminal.until("first token")
        deadline = time.monotonic() + LIMIT_S
        while True:
            before = wakeups(terminal.pid)
            if not terminal.read(1.0) and wakeups(terminal.pid) == before:
                break
            assert time.monotonic() < deadline, f"never quiet: {before} {wakeups(terminal.pid)}"


def wakeups(pid: int) -> dict[str, str]:
    """Return how often each thread of a process has gone to sleep so far."""
    statuses = [path / "status" for path in Path(f"/proc/{pid}/task").iterdir()]
    return {
        path.parent.name: line
        for path in statuses
        for line in path.read_text().splitlines()
        if line.startswith("voluntary_ctxt_switches")
    }


# ---- the writing thread alone ------------------------------------------------


@dataclass
class Rig:
    """A pseudo-terminal, and the thread that writes to it."""

    master: int
    output: TerminalOutput
    said: list[str]
    """What was said of the terminal's end."""


@pytest.fixture
def rig() -> Iterator[Rig]:
    master, slave = pty.openpty()
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    said: list[str] = []
    with os.fdopen(master, "rb", buffering=0) as reading, os.fdopen(slave, "w") as file:
        output = TerminalOutput(file, Pace(), lambda: said.append("lost"))
        output.start()
        yield Rig(reading.fileno(), output, said)
        output.stop()
        assert not output.is_alive()


def test_writing_never_waits_and_all_arrives_in_order(rig: Rig) -> None:
    texts = [f"<{number} {'x' * 1_000}>" for number in range(500)]
    for text in texts:
        rig.output.write(text)
    got = b""
    while len(got) < len("".join(texts)):
        got += os.read(rig.master, 65_536)
    assert got.decode() == "".join(texts)


def test_stopping_drops_what_was_not_taken_and_still_gives_the_terminal_back(rig: Rig) -> None:
    rig.output.write("x" * ROOM)
    got = os.read(rig.master, 10)
    rig.output.write("the end")
    rig.output.stop()
    os.set_blocking(rig.master, False)
    with suppress(BlockingIOError):
        while True:
            got += os.read(rig.master, 65_536)
    assert len(got) < ROOM
    assert got.endswith(b"the end")


def test_a_terminal_that_is_gone_is_told_once_and_what_follows_is_dropped() -> None:
    master, slave = pty.openpty()
    said: list[str] = []
    with os.fdopen(slave, "w") as file:
        output = TerminalOutput(file, Pace(), lambda: said.append("lost"))
        output.start()
        os.close(master)
        for _ in range(3):
            output.write("x")
        output.stop()
    assert not output.is_alive()
    assert said == ["lost"]
