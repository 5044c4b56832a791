"""What tmux says of itself, of the terminal around it, and of who is attached. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fmtui.core.record import NamedTuple

LOADS_CLIPBOARD = (3, 2)
"""The first version whose `load-buffer -w` hands what it loads on to the terminal."""
ALWAYS_PASSED = (3, 3)
"""Before this version tmux passed on whatever was wrapped for that; since then it has to be allowed."""

TMUX_QUERY = (
    *("tmux", "display-message", "-p"),
    "#{version}\t#{client_termname}\t#{client_termfeatures}\t#{allow-passthrough}",
    *(";", "show-options", "-s", ";", "show-environment"),
)
"""Has tmux say what `tmux_in` reads."""


class Tmux(NamedTuple):
    """What tmux says of itself."""

    version: str = ""
    outer: str = ""
    """What the terminal around it is called (its TERM)."""
    features: str = ""
    """What tmux believes of that terminal, with commas between."""
    options: Mapping[str, str] = {}
    """The server's options."""
    passes: str = ""
    """Whether wrapped sequences are handed on: `on`, `all`, `off`, 0 or 1; empty without such an option."""
    environ: Mapping[str, str] = {}
    """What it knows of the environment of whoever attached last: where that display is."""

    @property
    def number(self) -> tuple[int, int]:
        """The version as two numbers, such as (3, 2) of `3.2a` or `next-3.2`; (0, 0) where it is unknown."""
        found = re.search(r"(\d+)\.(\d+)", self.version)
        return (int(found[1]), int(found[2])) if found else (0, 0)

    @property
    def passes_wrapped(self) -> bool:
        """Whether what is wrapped for it goes to the terminal as it is."""
        if self.passes:
            return self.passes not in ("off", "0")
        return (0, 0) < self.number < ALWAYS_PASSED


def tmux_in(text: str) -> Tmux:
    """Return what tmux printed, asked with `TMUX_QUERY`."""
    first, *rest = text.split("\n")
    version, outer, features, passes = [*first.split("\t"), "", "", "", ""][:4]
    options: dict[str, str] = {}
    environ: dict[str, str] = {}
    for line in rest:
        # Variables are `NAME=value`, or `-NAME` when they were taken away; options `name value`.
        name, equals, value = line.partition("=")
        if equals and re.fullmatch(r"\w+", name):
            environ[name] = value
            continue
        name, _, value = line.partition(" ")
        if name and not name.startswith("-"):
            options[name] = value.strip().strip('"')
    return Tmux(version, outer, features, options, passes, environ)
