"""Getting the secret of a credential and putting it into requests.

Imported by the client only, since it needs httpx. A secret is read when a request is
made, never earlier; it goes into the `Authorization` header and nowhere else: no error
text, no log and no `repr` holds it. What was given with a lifetime is remembered until a
minute before its end, or until the server says 401; nothing is written to a file.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx

from fmtui.core.auth import Credential, basic_form, header_of, header_value
from fmtui.core.errors import AuthError, CredentialError
from fmtui.core.outgoing import Way
from fmtui.core.private import exposed_key
from fmtui.core.request_log import watch_of
from fmtui.core.text import one_line
from fmtui.core.together import Together
from fmtui.core.tokens import Token, first_line, is_sendable

COMMAND_LIMIT_S = 15.0
"""Seconds a token command may take; then it is killed, with everything it started."""

TELL_S = 2.0
"""Seconds from which on it is told that such a program is waited for."""

RENEW_BEFORE_S = 60.0
"""Seconds before its end at which a token is not used any more."""

_FILE_LIMIT = 65_536
_REFUSAL_LIMIT = 65_536
_REFUSAL_S = 2.0
"""What is read of a refusal that is answered with a new key, so that its connection can be used again."""

Clock = Callable[[], tuple[float, ...]]


def clocks() -> tuple[float, ...]:
    """Return the time of day and the time since the start, in seconds.

    The one can be set back, the other stands still while a laptop sleeps: a token has come to
    its end when either says so.
    """
    return time.time(), time.monotonic()


class TokenAuth:
    """Puts one credential's secret into requests.

    Make one for each endpoint and keep it: it remembers tokens. When the server answers 401
    the source is asked again, and the request is sent once more if there is a new secret.

    Args:
        credential: says where the secret is.
        environ: the environment variables.
        workspace: the address that OAuth and the Databricks CLI sign in to.
        command_limit_s: seconds that a program may take to give a token.
        clock: see `clocks`.
        waits: is told what is waited for, once that takes long.
    """

    def __init__(
        self,
        credential: Credential,
        environ: Mapping[str, str],
        workspace: str = "",
        *,
        command_limit_s: float = COMMAND_LIMIT_S,
        clock: Clock = clocks,
        waits: Callable[[str], object] = lambda _words: None,
    ) -> None:
        self._waits = waits
        self._told = False
        self._credential = credential
        self._environ = environ
        self._workspace = workspace
        self._command_limit_s = command_limit_s
        self._clock = clock
        self._remembered = ""
        self._until: tuple[float, ...] = ()
        self._refused = False
        self._asking: Together[str] = Together()
        self._own = {credential.token} - {""}
        self._seen: deque[str] = deque(maxlen=40)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be shown: the secrets used so far, in every form sent, longest first."""
        found = {*self._own, *self._seen}
        if self._credential.sign_in == "oauth-m2m":
            found |= {basic_form(self._credential.client_id, secret) for secret in self._own}
        elif self._credential.kind == "basic":
            found |= {basic_form(self._credential.username, secret) for secret in tuple(found)}
        return tuple(sorted(found, key=len, reverse=True))

    async def send(self, way: Way, request: httpx.Request) -> httpx.Response:
        """Send a request with the secret, and after a 401 once more if its source has a new one.

        Only the headers of the response are read. Not by an `httpx.Auth`: that would read all
        of a refusal, however long, and end with the request that happens to fetch a token the
        others wait for.

        Raises:
            FmtuiError: there is no secret, and nothing was sent; or no response came.
        """
        with way.before(request):
            secret = await self.secret(way)
        response = await self._sent(way, request, secret)
        if response.status_code != 401 or not self._renewable:
            return response
        try:
            self.forget(secret)
            fresh = await self.secret(way)
            if fresh == secret and self._credential.sign_in != "oauth-m2m":
                return response
            await _read_away(response)
        except BaseException:
            await response.aclose()
            watch_of(response).ended(AuthError.kind)
            raise
        watch_of(response).ended(AuthError.kind)
        return await self._sent(way, request, fresh)

    async def secret(self, way: Way | None = None) -> str:
        """Return the secret; it is never empty. Those who ask at the same time share one answer.

        Args:
            way: sends what OAuth has to ask; other sources need none.

        Raises:
            FmtuiError: there is none, its source failed, or it cannot be a token.
        """
        if self._remembered and all(now < end for now, end in zip(self._clock(), self._until, strict=True)):
            return self._remembered
        if not self._renewable:
            return await self._found(way)
        return await self._asking.run(lambda: self._found(way))

    def forget(self, secret: str = "") -> None:
        """Drop the remembered secret, so that the next request asks its source again.

        Args:
            secret: the one that the server refused; a newer one is kept. Empty: any.
        """
        if secret in ("", self._remembered):
            self._remembered = ""
            self._refused = True

    @property
    def _renewable(self) -> bool:
        """Whether the source may give another secret than before."""
        credential = self._credential
        return bool(credential.command or credential.sign_in != "key" or credential.file)

    async def _sent(self, way: Way, request: httpx.Request, secret: str) -> httpx.Response:
        request.headers[header_of(self._credential)] = header_value(self._credential, secret)
        return await way.send(request, self.secrets)

    async def _found(self, way: Way | None) -> str:
        """Ask the source, and remember what it gives for as long as that can be used."""
        asked = self._clock()
        token = await self._ask(way)
        secret = _checked(token.text.strip(), self._credential)
        self._told = False
        if secret not in self._seen:
            self._seen.append(secret)
        self._refused = False
        if self._credential.command or self._credential.sign_in != "key":
            end = math.inf if token.lifetime_s is None else token.lifetime_s - RENEW_BEFORE_S
            if self._credential.ttl_s:
                end = min(end, self._credential.ttl_s)
            self._remembered, self._until = secret, tuple(now + end for now in asked)
        return secret

    async def _ask(self, way: Way | None) -> Token:
        credential = self._credential
        if credential.problem:
            raise CredentialError(credential.problem, credential.hint)
        if credential.sign_in == "databricks-cli":
            from fmtui.core import databricks_cli  # noqa: PLC0415 - only such an endpoint pays for it

            with self._telling("the Databricks CLI"):
                token = await databricks_cli.ask(
                    credential, self._workspace, self._environ, self._command_limit_s, refused=self._refused
                )
            return await self._exchanged(token.text, way) if credential.route else token
        if credential.command:
            from fmtui.core import token_command  # noqa: PLC0415 - same

            with self._telling("the token_command"):
                return await token_command.ask(credential, self._environ, self._command_limit_s)
        secret = await self._plain()
        if credential.sign_in == "oauth-m2m":
            return await self._exchanged(secret.strip(), way)
        return Token(secret)

    @contextlib.contextmanager
    def _telling(self, program: str) -> Iterator[None]:
        """Tell of a program that is waited for, once that takes long."""

        def tell() -> None:
            if not self._told:  # of one that is asked again and again it is said once
                self._told = True
                self._waits(f"Waiting for {program} to give a token.")

        timer = asyncio.get_running_loop().call_later(TELL_S, tell)
        try:
            yield
        finally:
            timer.cancel()

    async def _plain(self) -> str:
        """Return the secret that the user was given."""
        credential = self._credential
        if credential.token:
            return credential.token
        if credential.env:
            return _from_environment(credential.env, self._environ)
        if credential.file:
            return await asyncio.to_thread(_from_file, credential.file)
        raise CredentialError(
            "No token is configured for this endpoint.",
            f"Set token_env, token_command or token_file for {credential.source or 'it'}.",
        )

    async def _exchanged(self, secret: str, way: Way | None) -> Token:
        from fmtui.core import oauth  # noqa: PLC0415 - only such an endpoint pays for it

        if way is None:
            raise RuntimeError("a client secret is changed for a token by a request")
        self._own.add(secret)
        source = self._credential.source or "this endpoint"
        personal = self._credential.sign_in == "databricks-cli"
        who = "the Databricks CLI" if personal else self._credential.client_id
        client = oauth.Client(self._workspace, who, secret, source, self._credential.route, personal)
        return await oauth.exchange(way, client)


def auth_for(
    credential: Credential,
    environ: Mapping[str, str],
    workspace: str = "",
    waits: Callable[[str], object] = lambda _words: None,
) -> TokenAuth | None:
    """Return what puts the credential into requests, None when the server wants no key."""
    if credential.kind == "none" and not credential.problem:
        return None
    return TokenAuth(credential, environ, workspace, waits=waits)


async def _read_away(response: httpx.Response) -> None:
    """Read a refusal to its end, if that is near, and close it."""
    read = 0
    with contextlib.suppress(TimeoutError, httpx.HTTPError, httpx.StreamError, OSError):
        async with asyncio.timeout(_REFUSAL_S):
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read > _REFUSAL_LIMIT:
                    break
    await response.aclose()


def _checked(secret: str, credential: Credential) -> str:
    where = credential.source or credential.env or "its source"
    if not secret:
        raise CredentialError("No token: its source is empty.", f"Looked at: {where}.")
    if credential.kind in ("bearer", "api-key") and not is_sendable(secret):
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
            mending = exposed_key(os.fstat(stream.fileno()), name)
            content = b"" if mending else stream.read(_FILE_LIMIT)
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CredentialError(
            f"No token: the file {one_line(name)} cannot be read: {reason}.",
            "Check token_file in the configuration.",
        ) from error
    if mending:
        raise CredentialError(
            f"No token: the file {one_line(name)} is not used, as other users can read it.", f"Run: {mending}"
        )
    found = first_line(content)
    if not found:
        raise CredentialError(f"No token: the file {one_line(name)} is empty.", "Write the token into it.")
    return found
