"""Running a program that does one thing in the background: prints a token, or takes a copied text.

It can neither stop the app nor outlive its welcome: no shell, no terminal, no input, a
time limit, output cut at a size that no token has. Whatever ends the wait, cancelling
included, the program is gone afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from asyncio import subprocess
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from fmtui.core.auth import KEY_VARIABLES

OUTPUT_LIMIT = 65_536
"""Bytes of output that are looked at; no token is longer."""

_LAST_WORDS_S = 0.5
"""Seconds to wait for output once the program has ended: what it left running may hold the pipe for ever."""

_DEATH_S = 5.0
"""Seconds to wait for the end of a program that was killed; one of another user's may not be."""


async def run(
    command: tuple[str, ...], environ: Mapping[str, str], limit_s: float, fed: bytes | None = None
) -> tuple[int, bytes, bytes]:
    """Return a program's exit status, its output and its errors, both cut at `OUTPUT_LIMIT`.

    Args:
        command: the program and its arguments.
        environ: its environment.
        limit_s: seconds that it may take.
        fed: what it is given on its standard input; None for no input.

    Raises:
        OSError: it could not be started.
        ValueError: its arguments hold a null character.
        TimeoutError: it took longer than `limit_s` seconds and was killed, with everything it
            had started.
    """
    starting = asyncio.ensure_future(_start(command, environ, feeding=fed is not None))
    try:
        # Waited for, not awaited: a start that is cancelled half-way leaves the program running.
        await asyncio.wait([starting])
        transport, output = starting.result()
        if fed is not None:
            _feed(transport, fed)
        await asyncio.wait([output.exited], timeout=limit_s)
        if not output.exited.done():
            raise TimeoutError
        await asyncio.wait([output.ended], timeout=_LAST_WORDS_S)
        return transport.get_returncode() or 0, bytes(output.written[1]), bytes(output.written[2])
    finally:
        await _end(starting)


def environ_for(
    command: tuple[str, ...], environ: Mapping[str, str], withheld: Iterable[str]
) -> dict[str, str]:
    """Return the environment that a program is started with.

    It is the user's own, since password managers and sign-in programs need to find their
    agents, folders, proxies and settings in it; but not the variables that are known to hold
    the keys of endpoints, as a program that gives the key of one has no use for the others'.
    One that its arguments name, as in `sh -c 'echo $OPENAI_API_KEY'`, is passed all the same.

    Args:
        command: the program and its arguments.
        environ: the user's environment.
        withheld: names to leave out, besides those of `KEY_VARIABLES`.
    """
    named = set(re.findall(r"\w+", " ".join(command)))
    hidden = {*KEY_VARIABLES, *withheld} - named
    return {name: value for name, value in environ.items() if name not in hidden}


class _Output(asyncio.SubprocessProtocol):
    """Takes all that a program writes, so that it never blocks, and keeps the beginning.

    Not `asyncio.subprocess`: its pipes stop when nobody reads, and then a killed program
    never seems to end.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.written = {1: bytearray(), 2: bytearray()}
        self.exited: asyncio.Future[None] = loop.create_future()
        """Done when the program has ended; others may still hold its pipes."""
        self.ended: asyncio.Future[None] = loop.create_future()
        """Done when its pipes are closed too."""

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        kept = self.written[fd]
        kept += data[: OUTPUT_LIMIT - len(kept)]

    def process_exited(self) -> None:
        if not self.exited.done():
            self.exited.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.ended.done():
            self.ended.set_result(None)


_Started: TypeAlias = tuple[asyncio.SubprocessTransport, _Output]


def _feed(transport: asyncio.SubprocessTransport, data: bytes) -> None:
    """Hand a program its input; one that ends sooner does not want the rest."""
    pipe = transport.get_pipe_transport(0)
    if isinstance(pipe, asyncio.WriteTransport):
        pipe.write(data)
        pipe.write_eof()


async def _start(command: tuple[str, ...], environ: Mapping[str, str], *, feeding: bool) -> _Started:
    return await asyncio.get_running_loop().subprocess_exec(
        _Output,
        *command,
        env=dict(environ),
        stdin=subprocess.PIPE if feeding else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Away from our terminal: it cannot draw over the screen or wait for a key, and
        # a time-out reaches everything it has started.
        start_new_session=True,
    )


async def _end(starting: asyncio.Future[_Started]) -> None:
    """Kill the program if it still runs, and wait until nothing of it is left here."""
    await asyncio.wait([starting])
    if starting.cancelled() or starting.exception() is not None:
        return
    transport, output = starting.result()
    if transport.get_returncode() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(transport.get_pid(), signal.SIGKILL)
        # Closing looks for the status, too: were it the first to find it, asyncio, which waits for it
        # elsewhere, would complain on the terminal.
        await asyncio.wait([output.exited], timeout=_DEATH_S)
    transport.close()
    await asyncio.wait([output.ended])
