"""What an examination finds, as values: what it is, whether it is right, and what mends it.

The checks themselves are in `doctor_terminal`, `doctor_files` and `doctor_endpoint`. No key
is ever part of a finding; texts may come from anywhere, so they reach a terminal only
through `fmtui.core.text.printable`.
"""

from __future__ import annotations

import platform
import ssl
import sys
from collections.abc import Iterable
from importlib import metadata
from typing import Literal

from fmtui.core.errors import FmtuiError
from fmtui.core.record import NamedTuple

Level = Literal["ok", "note", "warning", "error"]
Area = Literal["terminal", "files", "configuration", "endpoint", "versions"]

LEVELS: tuple[Level, ...] = ("ok", "note", "warning", "error")
"""From what is right to what is wrong."""


class Finding(NamedTuple):
    """One thing that was looked at."""

    area: Area
    name: str
    """What was looked at, in a word or two."""
    value: str = ""
    """What it is, for people."""
    level: Level = "ok"
    """`note` is worth knowing, `warning` may be in the way, `error` is wrong."""
    sentence: str = ""
    """What is to be said about it; empty where the value says it all."""
    mend: str = ""
    """The line that mends it, to be typed or put into a file as it is; empty where no one line does."""
    hint: str = ""
    """What to think of besides, or where no one line mends it."""
    endpoint: str = ""
    """Which endpoint it is about; empty in other areas."""
    took_s: float | None = None
    """Seconds that it took, where that is of interest."""

    def as_json(self) -> dict[str, object]:
        """Return it as a JSON object."""
        took = None if self.took_s is None else round(self.took_s, 4)
        return self._asdict() | {"took_s": took}


def worst(findings: Iterable[Finding]) -> Level:
    """Return the gravest level of all; `ok` when there are none."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="ok")


def of_problem(area: Area, name: str, error: FmtuiError, *, level: Level = "error") -> Finding:
    """Return an error that was met elsewhere as a finding."""
    hint, line = parts_of(error.hint)
    return Finding(area, name, "", level, error.message, line, hint)


_BEFORE_LINE = ("Run: ", "then run: ", "Sign in with: ", "sign in again: ", "Try: ")
_BEHIND_LINE = (" and start fmtui again.", " (or use a personal access token).")


def parts_of(hint: str) -> tuple[str, str]:
    """Return what a hint of ours says, and the command that it tells to run; either may be empty."""
    for marker in _BEFORE_LINE:
        before, found, line = hint.partition(marker)
        if found:
            for behind in _BEHIND_LINE:
                line = line.removesuffix(behind)
            before = before.rstrip(" ;")
            return (f"{before}." if before and before[-1] not in ".:" else before), line
    return hint, ""


def shown_s(seconds: float) -> str:
    """Return a short time for people: `3 ms`, `1.24 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def versions() -> list[Finding]:
    """Return what this program runs on."""
    python = ".".join(map(str, sys.version_info[:3]))
    named = [("fmtui", _version("fmtui")), ("Python", f"{python}, {platform.python_implementation()}")]
    named += [(name, _version(name)) for name in ("textual", "httpx")]
    named += [("OpenSSL", ssl.OPENSSL_VERSION), ("system", platform.platform())]
    return [Finding("versions", name, value) for name, value in named]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "run from a copy that was never installed"
