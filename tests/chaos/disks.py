"""Faults of disks: full, not to be written to, moved away, removed."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.chaos.endpoint import NumberServer
from tests.chaos.rig import Round, read_for
from tests.terminal import Terminal

ROOM = "1m"
"""Size of the small disk."""
TOLD_S = 10.0
"""Longest time until a disk that is full is told: the last page of each file takes some text yet."""


class SmallDisk:
    """A file system of its own for the app's data, which can be filled to the last byte.

    Where none can be mounted no file may grow (RLIMIT_FSIZE 0) instead, once the app runs.
    """

    def __init__(self, round_: Round) -> None:
        self._filler = round_.folder / "data" / "filler"
        folder = str(self._filler.parent)
        self._filler.parent.mkdir()
        mount, unmount = shutil.which("mount"), shutil.which("umount")
        options = ("-t", "tmpfs", "-o", f"size={ROOM},mode=700")
        self.is_real = bool(unmount) and _run(mount, *options, "none", folder) == 0
        if self.is_real:
            round_.afterwards.append(lambda: _run(unmount, "-l", folder))
        else:
            round_.instead = "RLIMIT_FSIZE, as nothing may be mounted here"

    def fill(self, terminal: Terminal) -> None:
        """Leave no block."""
        if not self.is_real:
            _limit(terminal, 0)
            return
        descriptor = os.open(self._filler, os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(descriptor, bytes(4096))
        except OSError:
            pass  # full, as was wished
        finally:
            os.close(descriptor)

    def free(self, terminal: Terminal | None = None) -> None:
        """Make room again, for an app that still runs."""
        self._filler.unlink(missing_ok=True)
        if terminal is not None and not self.is_real:
            _limit(terminal, resource.RLIM_INFINITY)


def _run(program: str | None, *arguments: str) -> int:
    """Run a program of the system and return its status; one that does not exist fails."""
    if program is None:
        return 127
    return subprocess.run([program, *arguments], check=False, capture_output=True).returncode


def _limit(terminal: Terminal, size: int) -> None:
    resource.prlimit(terminal.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def disk_full(round_: Round) -> None:
    """Leave no block from a random instant on, until after the end."""
    disk = SmallDisk(round_)
    with round_.streaming(least_s=1.2, before=1) as (terminal, server):
        disk.fill(terminal)
        terminal.until("disk is full", TOLD_S)
        _leave_as_it_was(round_, terminal, server)
    disk.free()


def disk_full_for_a_while(round_: Round) -> None:
    """Leave no block for a while, then many."""
    disk = SmallDisk(round_)
    with round_.streaming() as (terminal, server):
        disk.fill(terminal)
        terminal.until("disk is full", TOLD_S)
        read_for(terminal, 0.7)
        disk.free(terminal)
        read_for(terminal, 1.2)
        round_.leave(terminal, server)


def _leave_as_it_was(round_: Round, terminal: Terminal, server: NumberServer) -> None:
    """Leave, with no more promised than there was when the fault came."""
    before = (round_.faulted_at, round_.sent, round_.draft)
    round_.leave(terminal, server)
    round_.faulted_at, round_.sent, round_.draft = before


def _without_rights(round_: Round) -> None:
    """Have the app run as someone whom modes of files bind, also when root runs this."""
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        assert setpriv, "setpriv is missing, by which the app loses the rights of root"
        round_.through = (setpriv, "--bounding-set=-all", "--inh-caps=-all")


def _protect(folder: Path, *, protected: bool) -> None:
    """Take away every right to write to a folder and what is in it, or give them back."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod((path.stat().st_mode & ~0o222) if protected else (path.stat().st_mode | 0o200))


def read_only(round_: Round) -> None:
    """Take the right to write to the folder and its files, to the end."""
    _without_rights(round_)
    with round_.streaming(least_s=1.2, before=1) as (terminal, server):
        _protect(round_.sessions, protected=True)
        terminal.until("could not")
        _leave_as_it_was(round_, terminal, server)
    _protect(round_.sessions, protected=False)


def read_only_for_a_while(round_: Round) -> None:
    """Take the right to write to the folder and its files, and give it back."""
    _without_rights(round_)
    with round_.streaming() as (terminal, server):
        _protect(round_.sessions, protected=True)
        terminal.until("could not")
        read_for(terminal, 0.7)
        _protect(round_.sessions, protected=False)
        read_for(terminal, 1.2)
        round_.leave(terminal, server)


def folder_away(round_: Round) -> None:
    """Put a file where the folder of sessions is, and the folder back after the end."""
    aside = round_.folder / "aside"
    with round_.streaming(least_s=1.2, before=1) as (terminal, server):
        round_.sessions.rename(aside)
        round_.sessions.write_text("no folder")
        terminal.until("could not")
        _leave_as_it_was(round_, terminal, server)
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
    """Remove the folder of sessions with everything in it, and its folder too."""
    with round_.streaming(before=2, least_s=1.2) as (terminal, server):
        shutil.rmtree(round_.sessions.parent)
        read_for(terminal, 1.2)
        round_.leave(terminal, server)


def folder_removed_and_killed(round_: Round) -> None:
    """Remove the folder of sessions with everything in it; a while later there is no time for anything."""
    with round_.streaming(before=2, least_s=1.2) as (terminal, server):
        shutil.rmtree(round_.sessions)
        read_for(terminal, 1.2)
        round_.now(server)
        terminal.kill(signal.SIGKILL)
        round_.gone(terminal, "SIGKILL")
    round_.restores = False


def folder_removed_while_idle(round_: Round) -> None:
    """Remove the folder of sessions when nothing is being written, and leave."""
    with round_.app() as (terminal, server):
        round_.talk(terminal, server, "one")
        round_.talk(terminal, server, "two")
        terminal.type("not sent yet")
        terminal.until("not sent yet")
        read_for(terminal, 1.0)
        time.sleep(0.1)
        shutil.rmtree(round_.sessions)
        round_.leave(terminal, server)
