"""Getting the secret of a credential and putting it into requests.

Imported by the client only, since it needs httpx. A secret is read when a request is
made, never earlier; it goes into the `Authorization` header and nowhere else: no error
text, no log and no `repr` holds it. Only what a command printed is remembered, until the
server says 401.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Generator, Mapping
from pathlib import Path

import httpx

from fmtui.core.auth import Credential, header_value
from fmtui.core.errors import CredentialError
from fmtui.core.text import masked, one_line
from fmtui.core.token_command import OUTPUT_LIMIT, run

COMMAND_LIMIT_S = 15.0
"""Seconds a token command may take; then it is killed, with everything it started."""


class TokenAuth(httpx.Auth):
    """Puts one credential's secret into requests.

    Make one for each endpoint and keep it: it remembers what a token command printed.
    When the server answers 401 the source is asked again, and the request is sent once
    more if the secret has changed.
    """

    def __init__(
        self, credential: Credential, environ: Mapping[str, str], *, command_limit_s: float = COMMAND_LIMIT_S
    ) -> None:
        self._credential = credential
        self._environ = environ
        self._command_limit_s = command_limit_s
        self._remembered = ""
        self._asking = asyncio.Lock()
        self._seen: list[str] = []

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be shown: the secrets used so far, in every form sent, longest first."""
        found = {self._credential.token, *self._seen}
        if self._credential.kind == "basic":
            found |= {
                header_value(self._credential, secret).removeprefix("Basic ") for secret in found if secret
            }
        return tuple(sorted(filter(None, found), key=len, reverse=True))

    async def secret(self) -> str:
        """Return the secret; it is never empty.

        Raises:
            CredentialError: there is none, its source failed, or it cannot be a token.
        """
        async with self._asking:  # requests that start together run the command once
            found = self._remembered or await self._ask()
            if found not in self._seen:
                self._seen.append(found)
            if self._credential.command:
                self._remembered = found
        return found

    def forget(self, secret: str = "") -> None:
        """Drop the remembered secret, so that the next request asks its source again.

        Args:
            secret: the one that the server refused; a newer one is kept. Empty: any.
        """
        if secret in ("", self._remembered):
            self._remembered = ""

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with the secret; after a 401 once more, if its source has a new one."""
        secret = await self.secret()
        request.headers["Authorization"] = header_value(self._credential, secret)
        response = yield request
        if response.status_code == 401 and (self._credential.command or self._credential.file):
            self.forget(secret)
            fresh = await self.secret()
            if fresh != secret:
                request.headers["Authorization"] = header_value(self._credential, fresh)
                yield request

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Refuse: a request without its key would leave otherwise."""
        del request
        raise RuntimeError("TokenAuth works with httpx.AsyncClient only")

    async def _ask(self) -> str:
        credential = self._credential
        if credential.problem:
            raise CredentialError(credential.problem, credential.hint)
        if credential.token:
            found = credential.token
        elif credential.env:
            found = _from_environment(credential.env, self._environ)
        elif credential.command:
            found = await _from_command(credential.command, self._environ, self._command_limit_s)
        elif credential.file:
            found = await asyncio.to_thread(_from_file, credential.file)
        else:
            raise CredentialError(
                "No token is configured for this endpoint.",
                f"Set token_env, token_command or token_file for {credential.source or 'it'}.",
            )
        return _checked(found.strip(), credential)


def auth_for(credential: Credential, environ: Mapping[str, str]) -> TokenAuth | None:
    """Return what puts the credential into requests, None when the server wants no key."""
    if credential.kind == "none" and not credential.problem:
        return None
    return TokenAuth(credential, environ)


def _checked(secret: str, credential: Credential) -> str:
    where = credential.source or credential.env or "its source"
    if not secret:
        raise CredentialError("No token: its source is empty.", f"Looked at: {where}.")
    if credential.kind == "bearer" and not all("!" <= character <= "~" for character in secret):
        # Such a header cannot be sent, and the library's own error would quote it.
        raise CredentialError(
            "The token holds a blank, a line break or a character outside ASCII, so it cannot be a token.",
            f"Give the bare token, without “Bearer” and quotes. It came from: {where}.",
        )
    return secret


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    found = environ.get(name, "").strip()
    if not found:
        raise CredentialError(
            f"No token: the environment variable {name} is not set.",
            f"Run: export {name}=… and start fmtui again.",
        )
    return found


def _from_file(name: str) -> str:
    try:
        with Path(name).expanduser().open("rb") as stream:
            content = stream.read(OUTPUT_LIMIT)
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CredentialError(
            f"No token: the file {one_line(name)} cannot be read: {reason}.",
            "Check token_file in the configuration.",
        ) from error
    found = _first_line(content)
    if not found:
        raise CredentialError(f"No token: the file {one_line(name)} is empty.", "Write the token into it.")
    return found


async def _from_command(command: tuple[str, ...], environ: Mapping[str, str], limit_s: float) -> str:
    name = one_line(command[0], 60)  # the arguments may hold a secret: only the program is named
    status, output, errors = await run(command, environ, limit_s)
    found = _token_in(output)
    complaint = one_line(masked(_first_line(errors), (found,)))
    if status != 0:
        what = f"stopped by signal {-status}" if status < 0 else f"exit status {status}"
        raise CredentialError(
            f"The token command {name} failed ({what}){': ' + complaint if complaint else ''}.",
            "Run it in a shell to see why; it is token_command of this endpoint.",
        )
    if not found:
        raise CredentialError(
            f"The token command {name} printed nothing{': ' + complaint if complaint else ''}.",
            "It must print the token to its standard output.",
        )
    return found


def _first_line(content: bytes) -> str:
    """Return the first line that is not blank: password stores keep notes below the password."""
    text = content.decode("utf-8-sig", "replace")
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _token_in(output: bytes) -> str:
    """Return the token in a command's output: its first line, or the JSON of a cloud's own program.

    `databricks auth token` and `az account get-access-token` print an object.
    """
    if output.lstrip().startswith(b"{"):
        with contextlib.suppress(ValueError, RecursionError):
            answer = json.loads(output)
            found = answer.get("access_token", answer.get("accessToken"))
            if isinstance(found, str):
                return found.strip()
    return _first_line(output)
