"""Faults of processes and terminals: signals, stopping, a terminal that is gone or that nobody reads."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from tests.chaos.endpoint import word
from tests.chaos.rig import DRAFT, LEAVES_S, PROMPT, Round, child_of, end_by, lasting, read_for
from tests.terminal import Terminal


def kill_9(round_: Round) -> None:
    """End it without a word."""
    with round_.streaming(before=1) as (terminal, _):
        terminal.kill(signal.SIGKILL)
        round_.gone(terminal, "SIGKILL")
    round_.restores = False


def signalled(number: signal.Signals) -> Callable[[Round], None]:
    """Return what ends the app with a signal that it hears."""

    def run(round_: Round) -> None:
        with round_.streaming() as (terminal, _):
            end_by(terminal, number, round_)
        round_.draft = DRAFT

    return run


def stop_by_key(round_: Round) -> None:
    """Stop it from the keyboard, use the shell, have it go on."""
    with round_.streaming(started_by="bash") as (terminal, server):
        terminal.type("\x1a")
        _stopped(round_, terminal)
        read_for(terminal, 0.5)
        terminal.type("fg\r")
        terminal.until(_newer_than(round_))
        round_.now(server)
        _leave_to_shell(round_, terminal)


def stop_by_kill(round_: Round) -> None:
    """Stop it from another program, use the shell, have it go on from there too, and back by the shell."""
    with round_.streaming(started_by="bash") as (terminal, server):
        app = child_of(terminal.pid)
        os.kill(app, signal.SIGTSTP)
        _stopped(round_, terminal)
        terminal.type("echo still $((6 * 7))\r")
        terminal.until("still 42")
        # It goes on beside the shell, whose terminal it must leave alone.
        os.kill(app, signal.SIGCONT)
        read_for(terminal, 0.5)
        before = len(terminal.raw)
        terminal.type("echo mine $((7 * 7))\r")
        terminal.until("mine 49")
        # The shell itself asks for bracketed paste while it reads a line.
        if still := set(lasting(bytes(terminal.raw[before:]))) - {"bracketed paste"}:
            round_.notes.append(f"beside the shell it took: {still}")
        terminal.type("fg\r")
        terminal.until(_newer_than(round_))
        round_.now(server)
        _leave_to_shell(round_, terminal)


def stop_unheard(round_: Round) -> None:
    """Stop it three times by a signal that no program hears of, and have it go on."""
    with round_.streaming() as (terminal, server):
        for _ in range(3):
            terminal.kill(signal.SIGTSTP)  # of no use where no shell could have it go on
            terminal.kill(signal.SIGSTOP)
            time.sleep(0.3)
            round_.now(server)
            terminal.kill(signal.SIGCONT)
            terminal.until(_newer_than(round_))
        round_.leave(terminal, server)


def _stopped(round_: Round, terminal: Terminal) -> None:
    terminal.until("Stopped")
    # What follows is the shell's own doing.
    if still := lasting(bytes(terminal.raw).rpartition(b"Stopped")[0]):
        round_.notes.append(f"while it is stopped the shell has: {still}")


def _newer_than(round_: Round) -> Callable[[Terminal], bool]:
    """Return whether the screen shows what was sent after the fault."""
    newest = word(0, len(round_.sent[0]))
    return lambda terminal: newest in terminal.text


def _leave_to_shell(round_: Round, terminal: Terminal) -> None:
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


def silent_server(round_: Round) -> None:
    """Take the request and never answer; the user leaves."""
    with round_.app(words=0) as (terminal, server):
        terminal.type(PROMPT + "\r")
        terminal.until(lambda _: server.asked > 0)
        round_.prompts.append(PROMPT)
        terminal.type(DRAFT)
        terminal.until(DRAFT)
        round_.leave(terminal, server)
