"""Where a key comes from, and how it goes into a request.

A `Credential` is a value: it says which header form to use and names the source of the
secret, and holds the secret itself only when that is what was configured. Nothing here
sends anything. httpx is imported by the client, not here, so that the configuration can
be read before the first frame without it.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import field
from typing import Literal

from fmtui.core.record import record

AuthKind = Literal["bearer", "basic", "none"]


@record
class Credential:
    """The form of the `Authorization` header and where its secret comes from.

    At most one of `token`, `env`, `command` and `file` is set.
    """

    kind: AuthKind = "none"
    token: str = field(default="", repr=False)
    """The secret itself."""
    env: str = ""
    """Name of the environment variable that holds it; read when a request is made."""
    command: tuple[str, ...] = field(default=(), repr=False)
    """A program, with its arguments, that prints it; not shown, as an argument may hold a key."""
    file: str = ""
    """A file that holds it."""
    username: str = "token"
    """User name of the basic form; Databricks takes `token` with a personal access token."""
    source: str = ""
    """Where it came from, for people: `DATABRICKS_TOKEN`, `~/.databrickscfg [staging]`."""
    problem: str = ""
    """Why it cannot be used, as a sentence; the first request says so and nothing is sent."""
    hint: str = ""
    """What to do about the problem."""


NO_CREDENTIAL = Credential()
"""For servers that want no key."""


def header_value(credential: Credential, secret: str) -> str:
    """Return the value of the `Authorization` header; `credential.kind` is not `none`."""
    if credential.kind == "basic":
        return "Basic " + b64encode(f"{credential.username}:{secret}".encode()).decode("ascii")
    return f"Bearer {secret}"


_KEY_WORDS = frozenset(
    {"authorization", "auth", "key", "apikey", "token", "secret", "cookie", "password", "credential"}
)


def carries_key(header: str) -> bool:
    """Return whether a request header of this name holds a key, as far as its name tells."""
    return not _KEY_WORDS.isdisjoint(header.lower().replace("_", "-").split("-"))
