"""One `[endpoints.NAME]` table of the configuration file as an endpoint.

A wrong key costs that key, not the endpoint; a missing address costs the endpoint. When a
key was configured but cannot be used, the endpoint stays and says so at its first request:
it is never quietly asked without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeVar

from fmtui.core import config_checks as checks
from fmtui.core.auth import NO_CREDENTIAL, AuthKind, Credential, carries_key, holds_key
from fmtui.core.chat import Mode
from fmtui.core.config_checks import Checks, Report, dotted
from fmtui.core.endpoints import (
    CONNECT_TIMEOUT_S,
    DEMO,
    FIRST_EVENT_TIMEOUT_S,
    IDLE_TIMEOUT_S,
    Endpoint,
    Kind,
    guess_kind,
    model_in_url,
    normalise_url,
    url_secrets,
)
from fmtui.core.errors import ConfigError
from fmtui.core.record import record
from fmtui.core.sign_ins import by_cli

_NAME = re.compile(r"\w[\w.+-]{0,59}")
_Value = TypeVar("_Value")
_SOURCES = ("token", "token_env", "token_command", "token_file")
_CLIENT = ("client_id", "client_secret", "client_secret_env")


@record
class EndpointTable:
    """The keys that an `[endpoints.NAME]` table may have."""

    url: str = ""
    """The server. `openai`: the base, such as `https://host/v1`; `databricks`: the workspace. Longer forms,
    as they are pasted from elsewhere, are understood."""
    kind: Kind | None = None
    """`databricks` or `openai`; guessed from the URL."""
    profile: str = ""
    """Instead of `url`: a profile of `~/.databrickscfg`, which gives the workspace and the key."""
    auth: Literal["bearer", "basic", "oauth-m2m", "databricks-cli", "none"] | None = None
    """How fmtui signs in; guessed from what is given. `bearer` and `basic` send the key, `none` sends none;
    `oauth-m2m` changes a client id and secret for a token, `databricks-cli` asks that program for one."""
    username: str = ""
    """User name for `basic`; `token` when left out, which Databricks takes with a personal access token."""
    token_env: str = ""
    """Environment variable that holds the key. At most one of the four `token` keys is given."""
    token_command: tuple[str, ...] = ()
    """Program and arguments that print the key on their first line, or JSON with `access_token`, as a list;
    no shell reads it. It runs at the first request, when the token expires by its own words or `token_ttl`,
    and after a 401, for at most 15 seconds, without a terminal and without the variables of other keys."""
    token_ttl: float | None = None
    """Seconds that a token of `token_command` is used before the command is asked again; until a 401 when
    left out and the command prints no lifetime."""
    token_file: str = ""
    """File whose first line is the key; relative to the configuration file."""
    token: str = ""
    """The key itself; refused while the configuration file can be read by others."""
    client_id: str = ""
    """Who signs in with `oauth-m2m`: the application id of a service principal."""
    client_secret_env: str = ""
    """Environment variable that holds the secret of `client_id`."""
    client_secret: str = ""
    """The secret itself; refused while the configuration file can be read by others."""
    model: str = ""
    """The model to start with."""
    models: tuple[str, ...] = ()
    """Models to offer when the server cannot list them."""
    mode: Mode | None = None
    """`chat` or `completion`; the model's task decides otherwise."""
    max_tokens: int | None = None
    """Most tokens a reply may have."""
    temperature: float | None = None
    """Sampling temperature, from 0 to 2; not sent when left out."""
    system: str = ""
    """System prompt to start with."""
    connect_timeout: float = CONNECT_TIMEOUT_S
    """Seconds until a connection must stand."""
    first_event_timeout: float = FIRST_EVENT_TIMEOUT_S
    """Seconds that the first sign of an answer may take; cold starts take minutes."""
    idle_timeout: float = IDLE_TIMEOUT_S
    """Seconds of silence within an answer until it is given up."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further request headers. Those that carry keys are refused while others can read the file."""
    body: Mapping[str, object] = field(default_factory=dict)
    """Further fields of the request body."""
    allow_http: bool = False
    """Whether the key may go over plain http to another machine."""
    ca_file: str = ""
    """Certificates to trust instead of the system's, as a PEM file; relative to the configuration file."""
    client_cert: str = ""
    """Certificate for servers that ask for one, as a PEM file; relative to the configuration file."""
    client_key: str = ""
    """Private key of `client_cert`, when it is not in the same file; refused while others can read it."""
    client_key_password_env: str = ""
    """Environment variable that holds the password of the private key, when it has one."""


ENDPOINT_KEYS: Checks = MappingProxyType(
    {
        "url": checks.word,
        "kind": checks.one_of("databricks", "openai"),
        "profile": checks.word,
        "auth": checks.one_of("bearer", "basic", "oauth-m2m", "databricks-cli", "none"),
        "username": checks.word,
        "token_env": checks.variable,
        "token_command": checks.command,
        "token_file": checks.word,
        "token": checks.word,
        "token_ttl": checks.seconds,
        "client_id": checks.word,
        "client_secret_env": checks.variable,
        "client_secret": checks.word,
        "model": checks.text,
        "models": checks.words,
        "mode": checks.one_of("chat", "completion"),
        "max_tokens": checks.tokens,
        "temperature": checks.temperature,
        "system": checks.text,
        "connect_timeout": checks.seconds,
        "first_event_timeout": checks.seconds,
        "idle_timeout": checks.seconds,
        "headers": checks.headers,
        "body": checks.body,
        "allow_http": checks.flag,
        "ca_file": checks.word,
        "client_cert": checks.word,
        "client_key": checks.word,
        "client_key_password_env": checks.variable,
    }
)
"""How each key of `EndpointTable` is judged."""


def read_endpoint(name: str, table: object, report: Report) -> Endpoint | None:
    """Return the endpoint of one table, None when it has no address that can be used.

    An endpoint that takes its address from a profile has an empty `url` still.
    """
    where = ("endpoints", name)
    if not _NAME.fullmatch(name):
        report.add(where, f"{dotted(where)} is no name for an endpoint.", "Use letters, digits, - and _.")
        return None
    if name == DEMO.name:
        report.add(
            where, f"{dotted(where)}: this name is taken by the built-in demo.", "Give it another name."
        )
        return None
    if not isinstance(table, dict):
        report.add(where, f"{dotted(where)} must be a table.", f"Write [{dotted(where)}] and its keys below.")
        return None
    given = EndpointTable(**report.read(table, where, ENDPOINT_KEYS))
    address = _address(where, table, given, report)
    if address is None:
        return None
    url, kind = address
    return Endpoint(
        name=name,
        url=url,
        kind=kind,
        credential=_credential(where, table, given, kind, report),
        source=report.path.name,
        model=given.model or (model_in_url(given.url) if url else ""),
        models=given.models,
        mode=given.mode,
        max_tokens=given.max_tokens,
        temperature=given.temperature,
        system=given.system,
        connect_timeout=given.connect_timeout,
        first_event_timeout=given.first_event_timeout,
        idle_timeout=given.idle_timeout,
        headers=_private((*where, "headers"), given.headers, report, holds_key),
        body=_private((*where, "body"), given.body, report, lambda name, _: carries_key(name)),
        allow_http=given.allow_http,
        ca_file=_beside(report.path, given.ca_file),
        client_cert=_beside(report.path, given.client_cert),
        client_key=_beside(report.path, given.client_key),
        client_key_password_env=given.client_key_password_env,
        profile=given.profile,
    )


def with_profile(endpoint: Endpoint, profile: Endpoint) -> Endpoint:
    """Return an endpoint of the configuration completed by the profile that it names."""
    own, theirs = endpoint.credential, profile.credential
    if own == NO_CREDENTIAL:
        own = theirs
    elif own == _PROFILE_AS_BASIC:
        own = replace(theirs, kind="basic")
    elif own == _PROFILE_AS_CLIENT:
        own = theirs
        if theirs.sign_in != "oauth-m2m" and not theirs.problem:
            own = replace(
                NO_CREDENTIAL,
                kind="bearer",
                source=theirs.source,
                problem=f"{endpoint.name} has auth = oauth-m2m, but the profile signs in another way.",
                hint="Add client_id and client_secret to the profile, or to the endpoint.",
            )
    return replace(
        endpoint,
        url=profile.url,
        credential=own,
        headers={**profile.headers, **endpoint.headers},
        model=endpoint.model or profile.model,
    )


_PROFILE_AS_BASIC = Credential(kind="basic", source="profile")
_PROFILE_AS_CLIENT = Credential(kind="bearer", sign_in="oauth-m2m", source="profile")


def _address(
    where: tuple[str, ...], table: Mapping[str, object], given: EndpointTable, report: Report
) -> tuple[str, Kind] | None:
    """Return URL and kind; the URL is empty when a profile gives it."""
    if given.profile:
        if given.url:
            report.add((*where, "url"), f"{dotted(where)} has both url and profile.", "The profile is used.")
        if given.kind == "openai":
            report.add((*where, "kind"), f"{dotted(where)}: a profile is of kind databricks.", "Remove kind.")
        return "", "databricks"
    if not given.url:
        if "url" not in table and "profile" not in table:
            report.add(where, f"{dotted(where)} has neither url nor profile.", 'Add url = "https://…".')
        return None
    lax = report.laxity(holds_key=True) if url_secrets(given.url) else None
    if lax is not None:
        report.add(
            (*where, "url"), f"{dotted((*where, 'url'))} holds a key and is not used, as {lax[0]}.", lax[1]
        )
        return None
    try:
        kind = given.kind or guess_kind(given.url)
        return normalise_url(kind, given.url), kind
    except ConfigError as error:
        report.add((*where, "url"), f"{dotted((*where, 'url'))} cannot be used. {error.message}", error.hint)
        return None


def _credential(
    where: tuple[str, ...], table: Mapping[str, object], given: EndpointTable, kind: Kind, report: Report
) -> Credential:
    source = f"{report.path.name} [{dotted(where)}]"
    named = [key for key in _SOURCES if key in table]
    client = [key for key in _CLIENT if key in table]
    auth = given.auth
    if auth is None and client and named:
        message = f"{dotted(where)} has {client[0]} and {named[0]}: only one sign-in may be given."
        report.add((*where, named[0]), message, "Remove one, or say with auth which is meant.")
        return Credential("bearer", source=source, problem=message, hint=f"Mend {report.path}.")
    if auth is None:
        auth = "oauth-m2m" if client else "basic" if given.username else None
    if auth is None:
        auth = "bearer" if named or kind == "databricks" else "none"
    used = {"oauth-m2m": client, "bearer": named, "basic": named}.get(auth, [])
    for key in (key for key in (*named, *client) if key not in used):
        report.add(
            (*where, key),
            f'{dotted(where)} has auth = "{auth}" and a {key}.',
            _UNUSED.get(auth, "It is not used."),
        )
    if given.token_ttl and not given.token_command:
        report.add(
            (*where, "token_ttl"), f"{dotted(where)}: token_ttl is for token_command.", "It is not used."
        )
    if auth == "none":
        return NO_CREDENTIAL
    if auth == "databricks-cli":
        return by_cli(f"{source} auth", given.profile)
    if auth == "oauth-m2m":
        return _client(where, client, given, report)
    form: AuthKind = "basic" if auth == "basic" else "bearer"
    refused = _refused(where, named, "token", given, report)
    if refused is not None:
        return Credential(kind=form, source=source, problem=refused[0], hint=refused[1])
    if not named:
        if given.profile:
            return _PROFILE_AS_BASIC if given.auth == "basic" else NO_CREDENTIAL
        return Credential(
            kind=form,
            source=source,
            problem=f"No token is configured for the endpoint {where[-1]}.",
            hint=f'Add token_env = "NAME" to [{dotted(where)}] of {report.path}, or auth = "none".',
        )
    return Credential(
        kind=form,
        token=given.token,
        env=given.token_env,
        command=given.token_command,
        file=_beside(report.path, given.token_file),
        username=given.username or "token",
        ttl_s=given.token_ttl or 0.0,
        source=f"{source} {named[0]}",
    )


_UNUSED = {"none": "No key is sent."}


def _client(where: tuple[str, ...], named: list[str], given: EndpointTable, report: Report) -> Credential:
    """Return the credential of a client id and secret."""
    if given.profile and not named:
        return _PROFILE_AS_CLIENT
    source = f"{report.path.name} [{dotted(where)}]"
    secrets = [key for key in named if key != "client_id"]
    refused = _refused(where, secrets, "client_secret", given, report)
    if refused is None and not (given.client_id and secrets):
        wanted = "client_secret_env" if given.client_id else "client_id"
        refused = (
            f"No {wanted} is configured for the endpoint {where[-1]}.",
            f'Add {wanted} = "…" to [{dotted(where)}] of {report.path}.',
        )
    if refused is not None:
        return Credential("bearer", source=source, problem=refused[0], hint=refused[1])
    return Credential(
        kind="bearer",
        sign_in="oauth-m2m",
        client_id=given.client_id,
        token=given.client_secret,
        env=given.client_secret_env,
        source=f"{source} {secrets[0]}",
    )


def _refused(
    where: tuple[str, ...], named: list[str], secret: str, given: EndpointTable, report: Report
) -> tuple[str, str] | None:
    """Return why the key that is configured must not be used, and what to do; None when it may.

    Args:
        where: the keys of the endpoint's table.
        named: the keys of it that give the key, of which one is right.
        secret: the one that holds it in the open.
        given: the table.
        report: takes what is wrong.
    """
    if len(named) > 1:
        message = f"{dotted(where)} has {' and '.join(named)}: only one may be given."
        report.add((*where, named[1]), message, "Remove all but one.")
        return message, "Remove all but one."
    if named and not getattr(given, named[0]):  # judged and reported already
        return f"{named[0]} of {dotted(where)} cannot be used.", f"Mend {report.path}."
    lax = report.laxity(holds_key=named == [secret]) if named else None
    if lax is None:
        return None
    message = f"{dotted((*where, named[0]))} is not used, as {lax[0]}."
    report.add((*where, named[0]), message, lax[1])
    return message, lax[1]


def _private(
    where: tuple[str, ...],
    table: Mapping[str, _Value],
    report: Report,
    holds_key: Callable[[str, _Value], bool],
) -> dict[str, _Value]:
    """Return a table without what carries a key, where others could read or redirect it."""
    lax = report.laxity(holds_key=True)
    exposed = [name for name, value in table.items() if lax and holds_key(name, value)]
    if lax and exposed:
        report.add(where, f"{', '.join(exposed)} of {dotted(where[:-1])} is not sent, as {lax[0]}.", lax[1])
    return {name: value for name, value in table.items() if name not in exposed}


def _beside(config: Path, name: str) -> str:
    """Return the path of a file that the configuration names, which may be relative to it."""
    if not name:
        return ""
    path = Path(name)
    if name.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:  # no such user: opening it will say so
            return name
    return str(config.parent / path)
