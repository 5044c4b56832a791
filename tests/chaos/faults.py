"""The faults: how each is produced, and what is promised when it comes."""

from __future__ import annotations

import resource
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.chaos.cuts import reset_at_each_byte
from tests.chaos.judge import lasting
from tests.chaos.rig import DRAFT, LEAVES_S, PROMPT, Round, end_by, read_for, threads_and_files
from tests.terminal import Terminal, clean_environ


@dataclass(frozen=True)
class Fault:
    """One fault."""

    name: str
    produced: str
    """How, in words."""
    promised: str
    """What holds besides what always holds."""
    run: Callable[[Round], None]
    fails: str = ""
    """What is known to be broken; empty when everything holds."""


def kill_9(round_: Round) -> None:
    """End it without a word."""
    with round_.streaming() as (terminal, _):
        terminal.kill(signal.SIGKILL)
        round_.gone(terminal, "SIGKILL")
    round_.restores = False


def _signalled(number: signal.Signals) -> Callable[[Round], None]:
    def run(round_: Round) -> None:
        with round_.streaming() as (terminal, _):
            end_by(terminal, number, round_)
        round_.draft = DRAFT

    return run


def stop_and_go_on(round_: Round) -> None:
    """Stop it from the keyboard, use the shell, have it go on."""
    with round_.streaming(started_by="bash") as (terminal, server):
        terminal.type("\x1a")
        terminal.until("Stopped")
        # What follows is the shell's own doing.
        if still := lasting(bytes(terminal.raw).rpartition(b"Stopped")[0]):
            round_.notes.append(f"while it is stopped the shell has: {still}")
        read_for(terminal, 0.5)
        terminal.type("fg\r")
        terminal.until(lambda t: f"w{len(round_.sent)}" in t.text)
        round_.now(server)
        round_.draft = DRAFT
        prompts = terminal.raw.count(b"shell>")
        terminal.type("\x11")
        terminal.until(lambda t: t.raw.count(b"shell>") > prompts)
        terminal.type("exit\r")
        terminal.wait(LEAVES_S)


def hang_up(round_: Round) -> None:
    """Close the terminal."""
    with round_.streaming() as (terminal, _):
        terminal.hang_up()
        round_.gone(terminal, "the end of its terminal")
    round_.draft = DRAFT
    round_.restores = False


def nobody_reads(round_: Round) -> None:
    """Take nothing of what it writes, until it has left."""
    with round_.streaming() as (terminal, server):
        time.sleep(1.5)
        round_.now(server)
        round_.draft = DRAFT
        terminal.type("\x11")
        round_.gone(terminal, "the key to leave")
        while terminal.read():
            pass


def _limit(terminal: Terminal, size: int) -> None:
    """Let no file of the app become larger than this, as on a disk that is full."""
    resource.prlimit(terminal.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def disk_full(round_: Round) -> None:
    """Take nothing more from a random instant on, until after the end."""
    with round_.streaming(least_s=1.2) as (terminal, server):
        _limit(terminal, 0)
        terminal.until("disk is full")
        before = (round_.faulted_at, round_.sent, round_.draft)
        round_.leave(terminal, server)
        round_.faulted_at, round_.sent, round_.draft = before


def disk_full_for_a_while(round_: Round) -> None:
    """Take nothing for a while, then again."""
    with round_.streaming() as (terminal, server):
        _limit(terminal, 0)
        terminal.until("disk is full")
        read_for(terminal, 0.7)
        _limit(terminal, resource.RLIM_INFINITY)
        read_for(terminal, 1.2)
        round_.leave(terminal, server)


def folder_away(round_: Round) -> None:
    """Put a file where the folder of sessions is, and the folder back after the end."""
    aside = round_.folder / "aside"
    with round_.streaming(least_s=1.2) as (terminal, server):
        round_.sessions.rename(aside)
        round_.sessions.write_text("no folder")
        terminal.until("could not")
        before = (round_.faulted_at, round_.sent, round_.draft)
        round_.leave(terminal, server)
        round_.faulted_at, round_.sent, round_.draft = before
    round_.sessions.unlink()
    aside.rename(round_.sessions)


def folder_away_for_a_while(round_: Round) -> None:
    """Put a file where the folder of sessions is, and the folder back while the app runs."""
    aside = round_.folder / "aside"
    with round_.streaming() as (terminal, server):
        round_.sessions.rename(aside)
        round_.sessions.write_text("no folder")
        terminal.until("could not")
        round_.sessions.unlink()
        aside.rename(round_.sessions)
        read_for(terminal, 1.2)
        round_.leave(terminal, server)


def folder_removed(round_: Round) -> None:
    """Remove the folder of sessions with everything in it."""
    with round_.streaming() as (terminal, server):
        shutil.rmtree(round_.sessions)
        read_for(terminal, 1.2)
        round_.leave(terminal, server)
    # Whoever removes them wants them gone.
    round_.prompts.clear()
    round_.draft = ""


def clock_jumps(round_: Round) -> None:
    """Run under a clock that goes a day ahead and back, and ask twice."""
    round_.module = "tests.chaos.clock"
    with round_.streaming(least_s=1.2) as (terminal, server):
        terminal.type("\x1b")
        terminal.until("stopped by you")
        terminal.type(".\r")
        terminal.until(lambda _: server.asked > 1)
        round_.prompts.append(f"{DRAFT}.")
        terminal.until(lambda t: t.text.count("w0") > 1)
        terminal.type(DRAFT)
        terminal.until(lambda t: t.text.count(DRAFT) > 1)
        read_for(terminal, 0.7)
        round_.leave(terminal, server)
    today = f"{datetime.now(UTC):%Y%m%d}"
    if [path.name for path in round_.sessions.glob(f"{today}*.toml")]:
        round_.notes.append("the clock did not jump")
    # The judge compares with the newest answer, of which less came.
    round_.sent = round_.sent[:1]


def silent_server(round_: Round) -> None:
    """Take the request and never answer; the user leaves."""
    with round_.app(words=0) as (terminal, server):
        terminal.type(PROMPT + "\r")
        terminal.until(lambda _: server.asked > 0)
        round_.prompts.append(PROMPT)
        terminal.type(DRAFT)
        terminal.until(DRAFT)
        round_.leave(terminal, server)


def two_windows(round_: Round) -> None:
    """Read the session in a second window, kill the first, write in the second."""
    with round_.streaming() as (terminal, server):
        command = round_.command(server, "--continue")
        with Terminal(command, clean_environ(round_.folder)) as second:
            second.until("w1")
            second.type("mine\r")
            read_for(second, 0.5)
            round_.now(server)
            terminal.kill(signal.SIGKILL)
            round_.gone(terminal, "SIGKILL")
            second.type("\x11")
            second.wait(LEAVES_S)
            if still := lasting(bytes(second.raw)):
                round_.notes.append(f"the second window left: {still}")
    round_.draft = ""
    round_.restores = False


def many_sessions(round_: Round) -> None:
    """Begin sessions one after the other in one app, each with a short answer."""
    with round_.app(words=2) as (terminal, server):
        first = (0, 0)
        for number in range(round_.many):
            prompt = f"session {number}."
            terminal.type(prompt)
            terminal.until(prompt)
            terminal.type("\r")
            terminal.until("w1")
            round_.prompts.append(prompt)
            if number == 9:
                first = threads_and_files(terminal.pid)
            terminal.type("\x0e")
            terminal.until(lambda t: "w1" not in t.text)
        last = threads_and_files(terminal.pid)
        # A session may leave work to a thread that has not ended yet; more than some is a leak.
        if last[0] > first[0] + 8 or last[1] > first[1] + 8:
            round_.notes.append(f"{first} threads and files after 10 sessions, {last} after {round_.many}")
        round_.leave(terminal, server)
        round_.draft = ""


ALWAYS = "every session loads, no turn is missing, a turn can be added, nothing is left over"

FAULTS = (
    Fault(
        "kill-9",
        "SIGKILL at a random instant of a reply",
        "at most 1 s of text lost; not the terminal",
        kill_9,
    ),
    Fault(
        "sigterm",
        "SIGTERM at a random instant of a reply",
        "text, draft, terminal",
        _signalled(signal.SIGTERM),
    ),
    Fault(
        "sighup", "SIGHUP at a random instant of a reply", "text, draft, terminal", _signalled(signal.SIGHUP)
    ),
    Fault("sigint", "SIGINT from another program", "text, draft, terminal", _signalled(signal.SIGINT)),
    Fault("stop", "Ctrl+Z in a shell, then `fg`", "text, draft, terminal in both", stop_and_go_on),
    Fault("hang-up", "the pseudo-terminal is closed", "text, draft", hang_up),
    Fault("blocked", "nobody reads the terminal; the key to leave", "text, draft, terminal", nobody_reads),
    Fault(
        "disk-full",
        "no file may grow (RLIMIT_FSIZE 0), to the end",
        "what came until 1 s before; it is told",
        disk_full,
    ),
    Fault("disk-full-a-while", "the same, then room again", "all text, draft", disk_full_for_a_while),
    Fault(
        "folder-away",
        "a file in place of the folder, to the end",
        "what came until 1 s before; it is told",
        folder_away,
    ),
    Fault(
        "folder-away-a-while", "the same, then the folder again", "all text, draft", folder_away_for_a_while
    ),
    Fault(
        "folder-removed",
        "the folder of sessions is deleted",
        "what was written is gone with it; the running answer is written whole",
        folder_removed,
    ),
    Fault(
        "reset",
        "the server's connection breaks after each byte of an answer",
        "every whole event",
        reset_at_each_byte,
    ),
    Fault(
        "two-windows",
        "a second window; the first is killed",
        "the second follows and adds nothing",
        two_windows,
    ),
    Fault(
        "clock",
        "the time of day jumps by two days, four times a second",
        "both prompts, both answers, the draft",
        clock_jumps,
    ),
    Fault("many-sessions", "200 sessions begun in one app", "threads and files bounded", many_sessions),
    Fault("silent", "the server never answers; the key to leave", "prompt, draft, terminal", silent_server),
)
