"""The faults: how each is produced, and what is promised when it comes."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos import disks, signals, windows
from tests.chaos.cuts import reset_at_each_byte
from tests.chaos.rig import Round


@dataclass(frozen=True)
class Fault:
    """One fault."""

    name: str
    produced: str
    """How, in words."""
    promised: str
    """What holds besides what always holds."""
    run: Callable[[Round], None]
    long: bool = False
    """Whether it takes most of the time of all."""


FAULTS = (
    Fault(
        "kill-9",
        "SIGKILL at a random instant of a reply",
        "at most 1 s of text lost; not the terminal",
        signals.kill_9,
    ),
    Fault(
        "sigterm",
        "SIGTERM at a random instant of a reply",
        "text, draft, terminal",
        signals.signalled(signal.SIGTERM),
    ),
    Fault(
        "sighup",
        "SIGHUP at a random instant of a reply",
        "text, draft, terminal",
        signals.signalled(signal.SIGHUP),
    ),
    Fault("sigint", "SIGINT from another program", "text, draft, terminal", signals.signalled(signal.SIGINT)),
    Fault("stop", "Ctrl+Z in a shell, then `fg`", "text, draft, terminal in both", signals.stop_by_key),
    Fault(
        "stop-kill",
        "SIGTSTP by `kill`, the shell is used, SIGCONT by `kill`, then `fg`",
        "text, draft, terminal in both",
        signals.stop_by_kill,
    ),
    Fault(
        "stop-unheard",
        "SIGTSTP without a shell, SIGSTOP and SIGCONT by `kill`, three times",
        "text, draft, terminal",
        signals.stop_unheard,
    ),
    Fault("hang-up", "the pseudo-terminal is closed", "text, draft", signals.hang_up),
    Fault(
        "blocked",
        "nobody reads the terminal; the key to leave",
        "text, draft, terminal",
        signals.nobody_reads,
    ),
    Fault(
        "disk-full",
        "a file system of 1 MB is filled to the last block (ENOSPC), to the end",
        "what came until 1 s before; it is told",
        disks.disk_full,
    ),
    Fault("disk-full-a-while", "the same, then room again", "all text, draft", disks.disk_full_for_a_while),
    Fault(
        "read-only",
        "folder and files lose the right to be written to (EACCES), to the end",
        "what came until 1 s before; it is told",
        disks.read_only,
    ),
    Fault(
        "read-only-a-while", "the same, then they get it back", "all text, draft", disks.read_only_for_a_while
    ),
    Fault(
        "folder-away",
        "a file in place of the folder, to the end",
        "what came until 1 s before; it is told",
        disks.folder_away,
    ),
    Fault(
        "folder-away-a-while",
        "the same, then the folder again",
        "all text, draft",
        disks.folder_away_for_a_while,
    ),
    Fault(
        "folder-removed",
        "the folder of sessions and the one above are deleted in the third reply",
        "every turn of the session, all text, draft",
        disks.folder_removed,
    ),
    Fault(
        "folder-removed-kill",
        "the folder of sessions is deleted in the third reply, SIGKILL 1.2 s later",
        "every turn of the session, at most 1 s of text lost, draft; not the terminal",
        disks.folder_removed_and_killed,
    ),
    Fault(
        "folder-removed-idle",
        "the folder of sessions is deleted while nothing is written; the key to leave",
        "every turn of the session, draft",
        disks.folder_removed_while_idle,
    ),
    Fault(
        "reset",
        "the server's connection breaks after each byte of an answer",
        "every whole event",
        reset_at_each_byte,
        long=True,
    ),
    Fault(
        "two-windows",
        "a second window; SIGKILL to the first, a prompt in the second",
        "the second adds nothing before and writes after; text, its draft",
        windows.two_windows,
    ),
    Fault(
        "clock",
        "the time of day jumps one day on and two back, four times a second, in four replies of two sessions",
        "all text, draft; timings, ids and orders are right",
        windows.clock_jumps,
    ),
    Fault(
        "many-sessions",
        "200 sessions begun and closed in one app, ten opened again",
        "threads, open files and locks do not grow",
        windows.many_sessions,
        long=True,
    ),
    Fault(
        "silent",
        "the server never answers; the key to leave",
        "prompt, draft, terminal",
        signals.silent_server,
    ),
)
