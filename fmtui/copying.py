"""Puts a text on the user's clipboard by the best way there is, and says which that was."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping

from fmtui.core.clipboard import (
    TOOLS,
    Around,
    Route,
    encoded_size,
    fed,
    fits,
    helping,
    sent_words,
    sequence,
    ways,
)
from fmtui.core.record import NamedTuple
from fmtui.core.text import clipboard_safe, one_line

_TOOL_S = 3.0
"""Seconds that a program has to take a text."""
_MOST = 4_000_000
"""Characters that are put on a clipboard at most."""
TO_FILE = "/copyfile writes it to a file."


class Copied(NamedTuple):
    """What became of a text."""

    words: str
    """What to tell."""
    done: bool = True
    """Whether it went somewhere."""
    likely: bool = True
    """Whether nothing is known that speaks against its coming there."""


def tools_of(environ: Mapping[str, str]) -> frozenset[str]:
    """Return which of the programs that can fill a clipboard there are."""
    path = environ.get("PATH")
    return frozenset(name for name in TOOLS if path and shutil.which(name, path=path))


async def look_around(environ: Mapping[str, str]) -> Around:
    """Find out what stands around the program; tmux is asked each time, as it may be set otherwise by now."""
    from fmtui.asking_terminal import ask_tmux, parents  # noqa: PLC0415 - only who copies needs it

    tmux = await ask_tmux(environ)
    return await asyncio.to_thread(lambda: Around(environ, sys.platform, tools_of(environ), tmux, parents()))


class Clipboard:
    """The user's clipboard, as far as it can be reached.

    Args:
        environ: the environment variables.
        send: writes to the terminal.
        look: finds out what stands around the program.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        send: Callable[[str], None],
        look: Callable[[Mapping[str, str]], Awaitable[Around]] = look_around,
    ) -> None:
        self._environ = environ
        self._send = send
        self._look = look
        self._told: set[str] = set()
        """The ways of which was said what may become of a text."""
        self._turn = asyncio.Lock()

    async def put(self, text: str) -> Copied:
        """Copy a text; nothing that acts on a terminal goes with it. What is copied last is what stays."""
        safe = clipboard_safe(text)
        if not safe:
            return Copied("There is nothing to copy yet.", done=False, likely=False)
        async with self._turn:
            return await self._put(safe)

    async def _put(self, text: str) -> Copied:
        if len(text) > _MOST:
            words = f"{len(text):,} characters are too much for a clipboard; nothing was copied. {TO_FILE}"
            return Copied(words, done=False, likely=False)
        found = ways(await self._look(self._environ))
        failed: list[str] = []
        long = 0
        for route in found.routes:
            if not route.command and not fits(route, text):
                long = max(long, route.limit)
                continue
            problem = await self._go(route, text)
            if problem:
                failed.append(problem)
                continue
            first = route.name not in self._told
            self._told.add(route.name)
            likely = route.likely and fits(route, text)
            words = " ".join([*failed, sent_words(text, route, first=first), *([] if likely else [TO_FILE])])
            return Copied(words + (helping(route.mend) if first else ""), likely=likely)
        if long:
            size = f"{encoded_size(text) // 1000:,} kB of base64"
            why = (
                f"{size} are more than the {long // 1000:,} kB that are sure to come through; none was sent."
            )
        else:
            why = found.why_none or "Nothing was copied."
        helps = "" if long else helping(found.mend)
        return Copied(" ".join([*failed, why, TO_FILE]) + helps, done=False, likely=False)

    async def _go(self, route: Route, text: str) -> str:
        """Send a text one way; return what went wrong, as a sentence."""
        if not route.command:
            self._send(sequence(route.form, text))
            return ""
        from fmtui.core.child import environ_for, run  # noqa: PLC0415 - most terminals are written to

        name, *_ = command = route.command
        try:
            status, _, said = await run(
                command, environ_for(command, self._environ, ()), _TOOL_S, fed(command, text)
            )
        except TimeoutError:
            return f"{name} took longer than {_TOOL_S:g} s."
        except (OSError, ValueError) as error:
            return f"{name} could not be started: {getattr(error, 'strerror', None) or error}."
        if status:
            words = one_line(said.decode("utf-8", "replace"), 120).rstrip(".")
            return f"{name} failed: {words or f'status {status}'}."
        return ""
