"""A process that has loaded fmtui once, and forks for each start: what a test pays is not the imports.

Three quarters of what a start costs are imports. What is forked has its own session, terminal,
environment and arguments, runs what `python -m fmtui` runs, and ends as an interpreter does; it
is a child of the process that asked, which waits for it, signals it and reads its status as
it would of any other.

What it cannot show is a start itself: how long it takes, what it imports, what is typed
meanwhile, what its command line reads. Tests of that start fmtui afresh.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import faulthandler
import fcntl
import gc
import importlib
import json
import logging
import os
import pkgutil
import random
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import certifi

_SUBREAPER = 36
AUTHORITY = Path(__file__).parent / "data" / "authority.pem"
"""What is trusted in place of the authorities of all the world, whom to read takes longer than a client."""
_LONGEST = 1 << 20
"""Bytes of arguments and environment."""
LOADED = (
    *("textual.drivers.linux_driver", "textual.drivers.headless_driver", "textual.pilot"),
    *("textual.layouts.horizontal", "textual.layouts.stream", "textual.scrollbar", "pygments.lexers.python"),
    *("httpx", "httpcore", "h11", "ssl", "anyio._backends._asyncio", "concurrent.futures.thread"),
    *("tomli_w", "configparser", "curses", "encodings.utf_8_sig"),
)
"""What is imported later, besides the modules of fmtui and all that these import at their top."""
_READ_AT_THE_START = ("PYTHON", "TEXTUAL", "LC_", "TZ")
"""Variables that begin like this an interpreter or a framework has read before it can be forked."""
_STREAMS = {"stdin": "surrogateescape", "stdout": "surrogateescape", "stderr": "backslashreplace"}
"""What becomes of that which is no UTF-8, as an interpreter has it for `C.UTF-8`."""
_READY: list[socket.socket] = []
"""The way to a process that `ready` has made, if any."""


def can_fork(command: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether a start of this command does the same when it is forked."""
    asked = {name: value for name, value in environ.items() if name.startswith(_READ_AT_THE_START)}
    return (
        sys.platform == "linux"
        and list(command[:3]) == [sys.executable, "-m", "fmtui"]
        and environ.get("LANG") == "C.UTF-8"
        and asked.get("PYTHONPATH", os.pathsep.join(sys.path)) == os.pathsep.join(sys.path)
        and asked.get("PYTHONWARNINGS", "error") == "error"
        and asked.keys() <= {"PYTHONPATH", "PYTHONWARNINGS"}
    )


def start(
    command: Sequence[str], environ: Mapping[str, str], files: tuple[int, int, int], *, terminal: bool
) -> int:
    """Start fmtui; return the number of the process, which is a child of this one.

    Args:
        command: as `can_fork` takes it.
        environ: all of the environment.
        files: become standard input, output and error.
        terminal: whether the first of them becomes the terminal of a session of its own.
    """
    asks = _zygote()
    wanted = {
        "arguments": command[3:],
        "environ": dict(environ),
        "cwd": str(Path.cwd()),
        "terminal": terminal,
    }
    _adopt(children=True)
    try:
        socket.send_fds(asks, [json.dumps(wanted).encode("utf-8", "surrogateescape")], files)
        answer = asks.recv(100)
        assert answer.isdigit(), "the process that forks has ended: see its standard error"
        return int(answer)
    finally:
        _adopt(children=False)


class Popen(subprocess.Popen[bytes]):
    """A process with pipes as the standard library has it, forked if that does the same.

    There is no public place at which to put another way of starting below all the rest of it.
    """

    def _execute_child(self, args: Sequence[str], executable: object, prepare: object, *rest: Any) -> None:
        environ, (stdin, to_stdin, from_stdout, stdout, from_stderr, stderr) = rest[3], rest[7:13]
        files = (stdin, stdout, stderr)
        if min(files) < 0 or prepare or environ is None or not can_fork(args, environ):
            return super()._execute_child(args, executable, prepare, *rest)  # type: ignore[misc,no-any-return]
        self.pid = start(args, environ, files, terminal=False)
        self._child_created = True
        self._close_pipe_fds(stdin, to_stdin, from_stdout, stdout, from_stderr, stderr)  # type: ignore[attr-defined]
        return None


def _adopt(*, children: bool) -> None:
    """Become the parent of what loses its own, or no longer."""
    ctypes.CDLL(None).prctl(_SUBREAPER, int(children), 0, 0, 0)


def ready() -> None:
    """Fork the process that is to fork from this one, which has loaded all and not begun to test."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        with _ending():
            ours.close()
            _forget_the_tests()
            _become(_serve(theirs))
    theirs.close()
    _READY.append(ours)


def can_be_ready() -> bool:
    """Whether this process has read nothing of its environment that a start is not to have."""
    kept = {"TEXTUAL_SNAPSHOT_TEMPDIR"}  # nothing of the framework reads it
    names = [
        name for name in os.environ.keys() - kept if name.startswith(("TEXTUAL_", "LC_", "TZ", "PYTHONUTF8"))
    ]
    return sys.platform == "linux" and os.environ.get("LANG") == "C.UTF-8" and not names


@cache
def _zygote() -> socket.socket:
    """Return the way to the process that forks, which ends with this one."""
    if _READY:
        return _READY[0]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.zygote", str(theirs.fileno())],
            env={
                "PATH": os.environ["PATH"],
                "LANG": "C.UTF-8",
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _serve(asked: socket.socket) -> dict[str, Any]:
    """Fork for each that asks; return what was asked for in the process that is to do it."""
    while True:
        data, files, _, _ = socket.recv_fds(asked, _LONGEST, 3)
        if not data:
            os._exit(0)
        told, tells = os.pipe()
        between = os.fork()
        if between == 0:
            # The one between ends at once, so that whoever asked gets the other as its own child.
            number = os.fork()
            if number:
                os.write(tells, str(number).encode())
                os._exit(0)
            os.close(told)
            os.close(tells)
            wanted: dict[str, Any] = json.loads(data)
            if wanted["terminal"]:
                os.setsid()
                fcntl.ioctl(files[0], termios.TIOCSCTTY, 0)
            for standard, file in enumerate(files):
                os.dup2(file, standard)
            asked.close()
            for file in files:
                os.close(file)
            return wanted
        for file in (*files, tells):
            os.close(file)
        os.waitpid(between, 0)
        with contextlib.suppress(BrokenPipeError):  # who asked may have ended meanwhile
            asked.send(os.read(told, 100))
        os.close(told)


def _become(wanted: dict[str, Any]) -> None:
    """Be `python -m fmtui`."""
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["environ"])
    if os.environ.get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")
    random.seed()
    for number, (name, errors) in enumerate(_STREAMS.items()):
        stream = open(  # noqa: SIM115 - open as long as the process lives
            number, "w" if number else "r", encoding="utf-8", errors=errors, closefd=False
        )
        if name == "stderr":
            stream.reconfigure(line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv = ["fmtui", *wanted["arguments"]]
    with _ending():
        runpy.run_module("fmtui", run_name="__main__", alter_sys=True)


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """End this process as an interpreter does, whatever comes of what is done in it.

    Only the modules are not taken apart: that takes longer than the start.
    """
    status: object = 0
    try:
        yield
    except SystemExit as ended:
        status = ended.code or 0
        if not isinstance(status, int):
            sys.stderr.write(f"{status}\n")
    except BaseException as error:  # noqa: BLE001 - this is the last that there is
        sys.excepthook(type(error), error, error.__traceback__)
        status = error
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    if isinstance(status, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(status if isinstance(status, int) else 1)


def _forget_the_tests() -> None:
    """Undo what a run of tests has changed in the process that it was loaded in."""
    sys.meta_path[:] = [each for each in sys.meta_path if not type(each).__module__.startswith("_pytest")]
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    sys.excepthook, sys.unraisablehook = sys.__excepthook__, sys.__unraisablehook__
    threading.excepthook = threading.__excepthook__
    tempfile.tempdir = None
    faulthandler.disable()


def load() -> None:
    """Import everything that a start may need."""
    package = importlib.import_module("fmtui")
    for found in pkgutil.walk_packages(package.__path__, "fmtui."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name in LOADED:
        importlib.import_module(name)
    certifi.where = lambda: str(AUTHORITY)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    load()
    _become(_serve(socket.socket(fileno=int(sys.argv[1]))))
