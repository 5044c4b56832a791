"""Running `fmtui` as a user does: a process of its own, with a home folder that is empty."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fmtui.cli import main
from fmtui.core.chat import Turn
from fmtui.core.sessions import SessionStore
from tests import zygote
from tests.servers import ScriptedServer

LIMIT_S = 30.0
"""Far more than any command takes, so that a busy machine does not fail a test."""


@dataclass(frozen=True)
class Result:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output, read as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class Home:
    """A home folder and what fmtui has in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config" / "fmtui" / "config.toml"
        self.store = SessionStore(folder / "data" / "fmtui" / "sessions")
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_STATE_HOME": str(folder / "state"),
            "PYTHONWARNINGS": "error",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        }

    def configure(self, server: ScriptedServer | None = None, text: str = "", **endpoint: object) -> None:
        """Write a configuration; with a server, its endpoint is called `local` and has the model `tiny`."""
        if server is not None:
            settings = {"url": server.url, "kind": "openai", "model": "tiny"} | endpoint
            rows = "".join(
                f"{name} = {json.dumps(value)}\n" for name, value in settings.items() if value is not None
            )
            text += f"\n[endpoints.local]\n{rows}"
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text)

    def command(self, *arguments: str) -> list[str]:
        """Return the command line that runs fmtui."""
        return [sys.executable, "-m", "fmtui", *arguments]

    def run(
        self, *arguments: str, stdin: str | bytes | None = None, environ: Mapping[str, str] | None = None
    ) -> Result:
        """Run fmtui to its end."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        with zygote.Popen(
            self.command(*arguments),
            env=self.environ | dict(environ or {}),
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                out, err = process.communicate(given, LIMIT_S)
            finally:
                process.kill()
        return Result(process.returncode, out.decode(), err.decode())

    async def start(
        self,
        *arguments: str,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.PIPE,
        fresh: bool = False,
    ) -> asyncio.subprocess.Process:
        """Start fmtui and return at once, its output in pipes; `fresh` as a shell starts it."""
        with nullcontext() if fresh else patch("subprocess.Popen", zygote.Popen):
            return await asyncio.create_subprocess_exec(
                *self.command(*arguments),
                env=self.environ,
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.PIPE,
            )

    async def ask(self, *arguments: str, stdin: str | bytes | None = None) -> Result:
        """Do the same within this process, which is quicker, in a thread, while the test's loop goes on."""
        given = stdin.encode() if isinstance(stdin, str) else stdin or b""
        written_out, written_err = io.BytesIO(), io.BytesIO()
        out, err = io.TextIOWrapper(written_out, "utf-8"), io.TextIOWrapper(written_err, "utf-8")
        with (
            patch.dict(os.environ, self.environ, clear=True),
            patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), "utf-8")),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            status = await asyncio.to_thread(main, arguments)
        return Result(status, written_out.getvalue().decode(), written_err.getvalue().decode())

    def turns(self, session_id: str = "") -> list[Turn]:
        """Return the turns of a session as they are on the disk; the newest session's by default."""
        session = self.store.open(session_id or self.store.latest() or "", write=False)
        try:
            return session.all_turns()
        finally:
            session.close()
