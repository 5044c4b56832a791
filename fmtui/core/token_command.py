"""The token that a program of the user's choice prints: `token_command`."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping

from fmtui.core.auth import Credential
from fmtui.core.child import environ_for, run
from fmtui.core.errors import CredentialError
from fmtui.core.text import masked, one_line
from fmtui.core.tokens import Token, first_line, token_in


async def ask(credential: Credential, environ: Mapping[str, str], limit_s: float) -> Token:
    """Run the program and return the token that it prints; its text may be anything but empty.

    Args:
        credential: has the command, and what it must not be given.
        environ: the user's environment; see `environ_for` for what the program sees of it.
        limit_s: seconds until it is killed.

    Raises:
        CredentialError: it could not be started, took too long, failed or printed nothing.
    """
    command = credential.command
    name = one_line(command[0], 60)  # the arguments may hold a secret: only the program is named
    try:
        status, output, errors = await run(
            command, environ_for(command, environ, credential.withheld), limit_s
        )
    except TimeoutError:
        raise CredentialError(
            f"The token command {name} took longer than {limit_s:g} s and was stopped.",
            "It must not ask for anything: it has no terminal. Sign in with it in a shell first.",
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its arguments hold a null character"
        raise CredentialError(
            f"The token command {name} cannot be started: {reason}.",
            "Check token_command in the configuration, and PATH.",
        ) from error
    found = _token_in(output)
    complaint = one_line(masked(first_line(errors), (found.text, first_line(output))))
    if status != 0:
        what = f"stopped by signal {-status}" if status < 0 else f"exit status {status}"
        raise CredentialError(
            f"The token command {name} failed ({what}){': ' + complaint if complaint else ''}.",
            "Run it in a shell to see why; it is token_command of this endpoint.",
        )
    if not found.text:
        raise CredentialError(
            f"The token command {name} printed {'JSON without a token' if output.strip() else 'nothing'}"
            f"{': ' + complaint if complaint else ''}.",
            "It must print the token, or JSON with access_token, to its standard output.",
        )
    return found


def _token_in(output: bytes) -> Token:
    """Return the token in a command's output: its first line, or the JSON of a cloud's own program.

    `databricks auth token` and `az account get-access-token` print an object.
    """
    if output.lstrip().startswith(b"{"):
        with contextlib.suppress(ValueError, RecursionError):
            return token_in(json.loads(output), time.time()) or Token("")
    return Token(first_line(output))
