"""Where a key comes from, and how it goes into a request.

A `Credential` is a value: it says which header form to use and names the source of the
secret, and holds the secret itself only when that is what was configured. Nothing here
sends anything. httpx is imported by the client, not here, so that the configuration can
be read before the first frame without it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import field, replace
from typing import Literal

from fmtui.core.record import NamedTuple, record

AuthKind = Literal["bearer", "basic", "api-key", "none"]
SignIn = Literal["key", "oauth-m2m", "databricks-cli"]

KEY_VARIABLES = (
    *("DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_PASSWORD", "DATABRICKS_API_KEY"),
    *("DATABRICKS_OIDC_TOKEN", "OPENAI_API_KEY", "AZURE_OPENAI_API_KEY"),
)
"""Environment variables that hold keys by common agreement, whether fmtui uses them or not."""


class PassedOver(NamedTuple):
    """Something that could have given an endpoint or a key and did not."""

    what: str
    """As its owner knows it: `DATABRICKS_TOKEN`, `token of .databrickscfg [work]`."""
    why: str
    """The reason, as a clause: `auth_type is oauth-m2m`."""


@record
class Credential:
    """The form of the header that signs in, and where its secret comes from.

    At most one of `token`, `env`, `command` and `file` is set.
    """

    kind: AuthKind = "none"
    sign_in: SignIn = "key"
    """`key`: the secret is what is sent. `oauth-m2m`: it is a client secret, which the workspace changes
    for a token. `databricks-cli`: that program gives the token, and there is no secret here."""
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
    client_id: str = ""
    """Who signs in with `oauth-m2m`."""
    profile: str = ""
    """The profile that the Databricks CLI is asked for; the workspace by its address when empty."""
    route: str = ""
    """The id of the one route-optimised serving endpoint that tokens are for; empty for all there is."""
    ttl_s: float = 0.0
    """Seconds that a token of `command` is used; 0: until it expires by its own words, or a 401."""
    withheld: tuple[str, ...] = ()
    """Environment variables with the keys of other endpoints, which `command` is not given."""
    source: str = ""
    """Where it came from, for people: `DATABRICKS_TOKEN`, `~/.databrickscfg [staging]`."""
    problem: str = ""
    """Why it cannot be used, as a sentence; the first request says so and nothing is sent."""
    hint: str = ""
    """What to do about the problem."""
    why: str = ""
    """Why it is this one, as a clause for people: `auth_type says pat`; empty when there was no choice."""
    passed_over: tuple[PassedOver, ...] = ()
    """Other sign-ins of the same place that are not used."""


NO_CREDENTIAL = Credential()
"""For servers that want no key."""


def header_of(credential: Credential) -> str:
    """Return the name of the header that the secret goes into."""
    return "api-key" if credential.kind == "api-key" else "Authorization"


def header_value(credential: Credential, secret: str) -> str:
    """Return the value of that header; `credential.kind` is not `none`."""
    if credential.kind == "api-key":
        return secret
    if credential.kind == "basic":
        return f"Basic {basic_form(credential.username, secret)}"
    return f"Bearer {secret}"


def basic_form(name: str, secret: str) -> str:
    """Return a name and its secret as the basic form sends them."""
    return b64encode(f"{name}:{secret}".encode()).decode("ascii")


def without_keys_of_others(credential: Credential, variables: Iterable[str]) -> Credential:
    """Return the credential with the names of the variables that its program is not given."""
    if not credential.command and credential.sign_in != "databricks-cli":
        return credential
    return replace(credential, withheld=tuple(sorted({name for name in variables if name})))


_KEY_WORDS = frozenset(
    {
        *("authorization", "auth", "key", "apikey", "token", "secret", "cookie", "password", "credential"),
        *(
            "credentials",
            "accesskey",
            "accesstoken",
            "apitoken",
            "authtoken",
            "bearer",
            "jwt",
            "passwd",
            "pwd",
        ),
        *("sig", "signature", "passphrase", "keys", "apikeys", "secrets", "passwords", "cookies"),
    }
)
_SCHEME = r"(?i:bearer|basic|token) +"


def carries_key(name: str) -> bool:
    """Return whether a header or field of this name holds a key, as far as its name tells."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    return not _KEY_WORDS.isdisjoint((*re.split("[-_.]", words.lower()), *re.split("[-_.]", name.lower())))


def holds_key(header: str, value: str) -> bool:
    """Return whether a request header holds a key, as far as its name and the form of its value tell."""
    return carries_key(header) or re.match(_SCHEME + r"\S", value) is not None


def scheme_of(value: str) -> str:
    """Return what stands before the one word that is a key, as `Bearer ` does; empty where nothing does."""
    found = re.fullmatch(rf"({_SCHEME})\S+", value)
    return "" if found is None else found[1]
