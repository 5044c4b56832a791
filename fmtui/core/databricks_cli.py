"""The token of a person who has signed in with the Databricks CLI: `databricks auth token`.

The CLI keeps the sign-in and renews it; fmtui runs it and reads what it prints, and never
looks into its caches.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import shlex
import time
from collections.abc import Mapping
from pathlib import Path

from fmtui.core.auth import Credential
from fmtui.core.child import environ_for, run
from fmtui.core.errors import CredentialError
from fmtui.core.record import NamedTuple
from fmtui.core.text import masked, one_line
from fmtui.core.tokens import Token, is_sendable, token_in

PROGRAM = "databricks"
_INSTALL = "https://docs.databricks.com/dev-tools/cli/install.html"
_TRIES = 4
"""How often it is run when another run of it holds its cache."""
_BUSY = 45
"""Its exit status when that happens."""
_PAUSE_S = 0.2
_COMPLAINT = 600
"""Characters of its complaint that are shown: they hold the command that helps."""

_CHOICES = ("DATABRICKS_HOST", "DATABRICKS_CONFIG_PROFILE", "DATABRICKS_AUTH_TYPE", "DATABRICKS_ACCOUNT_ID")
"""Variables that make the CLI choose another workspace than the one it is asked for."""
_NO_SUCH_FLAG = re.compile(r"unknown flag: --force-refresh|no such option:? *-*force-refresh", re.IGNORECASE)
_OLD = re.compile(r"no such command.{0,4}auth", re.IGNORECASE)
_HOW_TO_SIGN_IN = re.compile(
    r"(?<=\. )[^.:]{0,60}run[^.:]{0,30}:.{0,12}databricks auth login [^ ].*$", re.IGNORECASE
)
_VERSION = re.compile(r"(?<!\d)(\d{1,9})\.(\d{1,9})")


class Cli(NamedTuple):
    """How the CLI is run for one endpoint."""

    workspace: str
    profile: str
    """Empty: the workspace is asked for by its address."""
    program: str
    environ: Mapping[str, str]
    limit_s: float
    """Seconds that each run may take."""

    @property
    def login(self) -> str:
        """The command by which the user signs in."""
        which = f" --profile {shlex.quote(self.profile)}" if self.profile else ""
        return one_line(f"databricks auth login --host {self.workspace}{which}", 300)

    async def run(self, *arguments: str) -> tuple[int, bytes, bytes]:
        """Return exit status, output and errors of one run.

        Raises:
            CredentialError: it is not installed, cannot be started or took too long.
        """
        try:
            return await run((self.program, *arguments), self.environ, self.limit_s)
        except TimeoutError:
            raise CredentialError(
                f"The Databricks CLI took longer than {self.limit_s:g} s and was stopped.",
                f"It may wait for a keyring to be unlocked. Try: {self.login}",
            ) from None
        except (FileNotFoundError, NotADirectoryError) as error:
            where = f": there is no {one_line(self.program)}" if self.program != PROGRAM else ""
            raise CredentialError(
                f"The Databricks CLI, by which this endpoint signs in, was not found{where}.",
                f"Install it as {_INSTALL} says, or name it with DATABRICKS_CLI_PATH; then run: {self.login}"
                " (or use a personal access token).",
            ) from error
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "its name holds a null character"
            raise CredentialError(
                f"The Databricks CLI {one_line(self.program)} cannot be started: {reason}.",
                "Check PATH and DATABRICKS_CLI_PATH.",
            ) from error


async def ask(
    credential: Credential, workspace: str, environ: Mapping[str, str], limit_s: float, *, refused: bool
) -> Token:
    """Return the token of who has signed in.

    The CLI gets the user's environment, as it needs its configuration, keyring and proxy, but
    no variable with a key (those of `environ_for`), and none that would make it choose
    another workspace: the token of one must not be sent to another.

    Args:
        credential: names the profile, if any.
        workspace: the address that the token is for.
        environ: the user's environment.
        limit_s: seconds that each run of the program may take.
        refused: the server refused the last token, so that the CLI must not give it again.

    Raises:
        CredentialError: there is no token; its hint is the command that signs in.
    """
    allowed = environ_for((), environ, (*credential.withheld, *_CHOICES))
    program = _expanded(environ.get("DATABRICKS_CLI_PATH", "").strip()) or PROGRAM
    cli = Cli(workspace, credential.profile, program, allowed, limit_s)
    which = ("--profile", cli.profile) if cli.profile else ("--host", workspace)
    wanted = ("auth", "token", *which)
    status, output, errors = await _patiently(cli, (*wanted, "--force-refresh") if refused else wanted)
    if refused and status and _NO_SUCH_FLAG.search(_text(errors)):  # it came with version 0.296
        status, output, errors = await _patiently(cli, wanted)
    try:
        token = token_in(json.loads(output), time.time())
    except (ValueError, RecursionError):
        token = None
    if not status and token is not None and is_sendable(token.text):
        return token
    await _refuse_old(cli, errors)
    raise _failure(cli, status, token, errors)


async def _patiently(cli: Cli, arguments: tuple[str, ...]) -> tuple[int, bytes, bytes]:
    """Run the CLI, and again while another run of it writes to its cache."""
    for attempt in range(1, _TRIES):
        done = await cli.run(*arguments)
        if not done[0] or (done[0] != _BUSY and "cache update" not in _text(done[2])):
            return done
        await asyncio.sleep(_PAUSE_S * attempt * (0.5 + random.random()))  # noqa: S311 - guards nothing
    return await cli.run(*arguments)


async def _refuse_old(cli: Cli, errors: bytes) -> None:
    """Raise when this is the CLI that came from pip, which cannot sign in this way."""
    old = bool(_OLD.search(_text(errors)))
    with contextlib.suppress(CredentialError):  # what went wrong first is what is told
        status, output, _ = (0, b"", b"") if old else await cli.run("--version")
        version = _VERSION.search(_text(output)) if not status else None
        old = old or (version is not None and (int(version[1]), int(version[2])) < (0, 100))
    if old:
        raise CredentialError(
            f"The Databricks CLI {one_line(cli.program)} is the old one, from before version 0.100, and "
            "gives no tokens.",
            f"Install the new one as {_INSTALL} says, or name it with DATABRICKS_CLI_PATH.",
        )


def _failure(cli: Cli, status: int, token: Token | None, errors: bytes) -> CredentialError:
    text = _text(errors).removeprefix("Error: ")
    complaint = one_line(masked(text, (token.text,) if token else ()), _COMPLAINT).rstrip(".")
    if not status:
        return CredentialError(
            "The Databricks CLI printed something that holds no token"
            f"{': ' + complaint if complaint else ''}.",
            f"Run it in a shell to see what: databricks auth token; or sign in again: {cli.login}",
        )
    what = f"stopped by signal {-status}" if status < 0 else f"exit status {status}"
    # Its own last words are how to sign in: said once, and as a line that can be copied.
    complaint = _HOW_TO_SIGN_IN.sub("", complaint).rstrip(". ")
    return CredentialError(
        f"The Databricks CLI gave no token ({what}){': ' + complaint if complaint else ''}.",
        f"Sign in with: {cli.login}",
    )


def _text(output: bytes) -> str:
    return output.decode("utf-8", "replace").strip()


def _expanded(name: str) -> str:
    if not name.startswith("~"):
        return name
    try:
        return os.fspath(Path(name).expanduser())
    except RuntimeError:  # no such user: starting it will say so
        return name
