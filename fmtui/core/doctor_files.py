"""Whether the files and folders of fmtui are there, can be written, and are closed to others."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from fmtui.core.doctor import Area, Finding, Level, of_problem
from fmtui.core.errors import ConfigError
from fmtui.core.private import changeable, exposure
from fmtui.core.record import NamedTuple
from fmtui.core.session_head import head_from
from fmtui.core.session_heads import HEAD_BYTES, as_written
from fmtui.core.session_scan import BOM

_LITTLE, _NONE = 100_000_000, 1_000_000
"""Bytes that are little room on a disk, and as good as none."""
_ENDING = ".toml"
_HEADER = b"\n[[turns]]"
_TOLD = 3
"""Unreadable sessions that are named; of more only the number is told."""


class Places(NamedTuple):
    """Where fmtui has its files."""

    config: Path
    profiles: Path
    """Those of Databricks' own tools, which fmtui reads."""
    data: Path
    state: Path
    log: Path

    @property
    def sessions(self) -> Path:
        """The folder of the sessions."""
        return self.data / "sessions"


def examine_files(places: Places) -> Iterator[Finding]:
    """Yield what there is to say about each place; reads the heads of all sessions."""
    yield _config(places.config)
    yield _profiles(places.profiles)
    for name, folder in (("data", places.data), ("state", places.state)):
        yield from _folder(name, folder, places.sessions if name == "data" else None)
    yield from _sessions(places.sessions)
    yield _log(places.log)
    yield from _remembered(places.state)


def examine_config(problems: Iterable[ConfigError], grave: Iterable[ConfigError]) -> Iterator[Finding]:
    """Yield what is wrong with the configuration, the environment and the profiles.

    Args:
        problems: all of it.
        grave: what of it concerns more than one profile that may not be in use.
    """
    concerning_all = set(map(id, grave))
    found = False
    for problem in problems:
        found = True
        level: Level = "error" if id(problem) in concerning_all else "warning"
        yield of_problem("configuration", problem.key or "file", problem, level=level)
    if not found:
        yield Finding("configuration", "problems", "none")


def _of(name: str, value: str, level: Level = "ok", sentence: str = "", mend: str = "") -> Finding:
    area: Area = "files"
    return Finding(area, name, value, level, sentence, mend)


def _config(path: Path) -> Finding:
    """Tell of the configuration file, which fmtui only reads."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return _of("config", f"{path}, not there: everything has its default")
    except (OSError, ValueError) as error:
        return _of("config", str(path), "error", _cannot(path, "looked at", error), _own(path.parent))
    if not os.access(path, os.R_OK):
        return _of("config", str(path), "error", f"{path} cannot be read.", f"chmod u+r {_q(path)}")
    if mending := changeable(path):
        sentence = (
            "Other users can change it, and with it where keys are sent; so no key is used that it names."
        )
        return _of("config", str(path), "warning", sentence, mending)
    return _of("config", f"{path}, {stat.st_mode & 0o777:o}")


def _profiles(path: Path) -> Finding:
    """Tell of the file of Databricks' own tools, which mostly holds keys."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return _of("profiles", f"{path}, not there")
    except (OSError, ValueError) as error:
        return _of("profiles", str(path), "warning", _cannot(path, "looked at", error), _own(path.parent))
    # Whether others can get at the keys in it is among the problems of the configuration.
    return _of("profiles", f"{path}, {stat.st_mode & 0o777:o}")


def _folder(name: str, folder: Path, inner: Path | None) -> Iterator[Finding]:
    """Tell of a folder that fmtui writes to; `inner` is the one in it that must be closed to others."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        mode = f", {folder.stat().st_mode & 0o777:o}" if folder.exists() else ", made when it is needed"
        disk = os.statvfs(there)
    except OSError as error:
        yield _of(name, str(folder), "error", _cannot(folder, "looked at", error), _own(there))
        return
    free = disk.f_bavail * disk.f_frsize
    value = f"{folder}{mode}, {_bytes(free)} free"
    if not there.is_dir():
        sentence = f"{there} is no folder, so nothing can be kept in {folder}."
        yield _of(name, value, "error", sentence, f"mv {_q(there)} {_q(there)}.old")
    elif not os.access(there, os.W_OK | os.X_OK):
        sentence = f"{there} cannot be written to, so nothing is kept."
        mine = there.stat().st_uid == os.geteuid()
        yield _of(name, value, "error", sentence, f"chmod u+rwx {_q(there)}" if mine else _own(there))
    elif free < _NONE or (disk.f_files and not disk.f_favail):
        sentence = "The disk is full, so nothing is kept."
        yield _of(name, value, "error", sentence, f"df -h {_q(there)}")
    elif free < _LITTLE:
        yield _of(name, value, "warning", "The disk is nearly full.", f"df -h {_q(there)}")
    else:
        yield _of(name, value)
    closed = inner or folder
    with suppress(OSError):
        if exposure(closed.stat()):
            sentence = f"Other users can get at what is in {closed}; the app closes it when it starts."
            yield _of(
                f"{name} modes", f"{closed.stat().st_mode & 0o777:o}", "warning", sentence, _close(closed)
            )


def _sessions(folder: Path) -> Iterator[Finding]:
    """Tell how many sessions there are, and which cannot be read."""
    count = 0
    found: dict[str, list[Path]] = {"closed": [], "fixed": [], "damaged": [], "whole": []}
    try:
        with os.scandir(folder) as files:
            for file in files:
                if file.name.endswith(_ENDING) and not file.name.startswith("."):
                    count += 1
                    found[_state(file.path)].append(Path(file.path))
    except FileNotFoundError:
        yield _of("sessions", "none yet")
        return
    except OSError as error:
        yield _of("sessions", "", "error", _cannot(folder, "read", error), f"chmod u+rwx {_q(folder)}")
        return
    yield _of("sessions", f"{count:,}")
    if closed := found["closed"]:
        sentence = f"{_named(closed)} cannot be read."
        yield _of("sessions", "", "error", sentence, f"chmod u+rw {' '.join(map(_q, closed[:_TOLD]))}")
    if fixed := found["fixed"]:
        sentence = f"{_named(fixed)} cannot be written to, so it can be read and not gone on with."
        yield _of("sessions", "", "warning", sentence, _writable(fixed[0]))
    if damaged := found["damaged"]:
        sentence = f"{_named(damaged)} has a damaged head; it opens all the same, with what can be read."
        yield _of("sessions", "", "warning", sentence, f"fmtui sessions show {shlex.quote(damaged[0].stem)}")


def _state(path: str) -> str:
    """Return whether a session is `whole`, `closed` to us, `fixed` as it is, or has a `damaged` head."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            data = os.read(descriptor, HEAD_BYTES)
        finally:
            os.close(descriptor)
    except OSError:
        return "closed"
    if not os.access(path, os.W_OK):
        return "fixed"
    first = data.find(_HEADER)
    if as_written(data) or (first < 0 and len(data) == HEAD_BYTES):  # or a head longer than what was read
        return "whole"
    _, trouble = head_from((data if first < 0 else data[:first]).removeprefix(BOM), "")
    return "damaged" if trouble else "whole"


def _log(path: Path) -> Finding:
    try:
        value = f"{path}, {_bytes(path.stat().st_size)}"
        if os.access(path, os.W_OK):
            return _of("log", value)
        return _of("log", value, "warning", "It cannot be written to, so nothing is logged.", _writable(path))
    except FileNotFoundError:
        return _of("log", f"{path}, not there yet")
    except OSError as error:
        return _of("log", str(path), "warning", _cannot(path, "looked at", error), _own(path.parent))


def _remembered(state: Path) -> Iterator[Finding]:
    """Tell of what the app remembers and could not write, as after it was run by another user."""
    with suppress(OSError):
        for path in sorted(state.glob(f"*{_ENDING}")):
            if not os.access(path, os.W_OK):
                sentence = f"{path} cannot be written to, so what is chosen in the app is not remembered."
                yield _of("state", path.name, "warning", sentence, _writable(path))


def _writable(path: Path) -> str:
    """Return what makes a file one that we can write to."""
    with suppress(OSError):
        if path.stat().st_uid != os.geteuid():
            return _own(path)
    return f"chmod u+rw {_q(path)}"


def _named(paths: list[Path]) -> str:
    names = ", ".join(path.stem for path in paths[:_TOLD])
    return names if len(paths) <= _TOLD else f"{names} and {len(paths) - _TOLD} more"


def _cannot(path: Path, done: str, error: OSError | ValueError) -> str:
    reason = error.strerror if isinstance(error, OSError) else "it is no path"
    return f"{path} cannot be {done}: {reason}."


def _own(path: Path) -> str:
    return f"sudo chown -R {os.geteuid()} {_q(path)}"


def _close(path: Path) -> str:
    return f"chmod -R go= {_q(path)}"


def _q(path: Path) -> str:
    return shlex.quote(str(path))


def _bytes(count: int) -> str:
    """Return a size for people."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
