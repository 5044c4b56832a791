"""One `[endpoints.NAME]` table of the configuration file as an endpoint.

A wrong key costs that key, not the endpoint; a missing address costs the endpoint. When a
key was configured but cannot be used, the endpoint stays and says so at its first request:
it is never quietly asked without one.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from fmtui.core import config_checks as checks
from fmtui.core.auth import NO_CREDENTIAL, AuthKind, Credential, carries_key
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
    unsupported,
)
from fmtui.core.errors import ConfigError
from fmtui.core.record import record

_NAME = re.compile(r"\w[\w.+-]{0,59}")
_SOURCES = ("token", "token_env", "token_command", "token_file")


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
    """How the key is sent: `bearer`, `basic` or `none`; guessed from what is given. `oauth-m2m` and
    `databricks-cli` are not supported yet."""
    username: str = ""
    """User name for `basic`; `token` when left out, which Databricks takes with a personal access token."""
    token_env: str = ""
    """Environment variable that holds the key. At most one of the four `token` keys is given."""
    token_command: tuple[str, ...] = ()
    """Program and arguments that print the key on their first line, as a list; no shell reads it. It runs at
    the first request and again after a 401, for at most 15 seconds, without a terminal."""
    token_file: str = ""
    """File whose first line is the key; relative to the configuration file."""
    token: str = ""
    """The key itself; refused while the configuration file can be read by others."""
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
        headers=_private_headers(where, given.headers, report),
        body=given.body,
        allow_http=given.allow_http,
        ca_file=_beside(report.path, given.ca_file),
        profile=given.profile,
    )


def with_profile(endpoint: Endpoint, profile: Endpoint) -> Endpoint:
    """Return an endpoint of the configuration completed by the profile that it names."""
    own, theirs = endpoint.credential, profile.credential
    if own == NO_CREDENTIAL:
        own = theirs
    elif own == _PROFILE_AS_BASIC:
        own = replace(theirs, kind="basic")
    return replace(
        endpoint,
        url=profile.url,
        credential=own,
        headers={**profile.headers, **endpoint.headers},
        model=endpoint.model or profile.model,
    )


_PROFILE_AS_BASIC = Credential(kind="basic", source="profile")


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
    try:
        kind = given.kind or guess_kind(given.url)
        return normalise_url(kind, given.url), kind
    except ConfigError as error:
        report.add((*where, "url"), f"{dotted((*where, 'url'))} cannot be used. {error.message}", error.hint)
        return None


def _credential(
    where: tuple[str, ...], table: Mapping[str, object], given: EndpointTable, kind: Kind, report: Report
) -> Credential:
    name = where[-1]
    source = f"{report.path.name} [{dotted(where)}]"
    named = [key for key in _SOURCES if key in table]
    auth = given.auth
    if auth is None:
        auth = "basic" if given.username else "bearer" if named or kind == "databricks" else "none"
    if auth == "none":
        if named:
            report.add(
                (*where, named[0]), f'{dotted(where)} has auth = "none" and a {named[0]}.', "No key is sent."
            )
        return NO_CREDENTIAL
    if auth in ("oauth-m2m", "databricks-cli"):
        return unsupported(auth, source, given.profile)
    form: AuthKind = "basic" if auth == "basic" else "bearer"
    refused = _refused(where, named, given, report)
    if refused is not None:
        return Credential(kind=form, source=source, problem=refused[0], hint=refused[1])
    if not named:
        if given.profile:
            return _PROFILE_AS_BASIC if given.auth == "basic" else NO_CREDENTIAL
        return Credential(
            kind=form,
            source=source,
            problem=f"No token is configured for the endpoint {name}.",
            hint=f'Add token_env = "NAME" to [{dotted(where)}] of {report.path}, or auth = "none".',
        )
    return Credential(
        kind=form,
        token=given.token,
        env=given.token_env,
        command=given.token_command,
        file=_beside(report.path, given.token_file),
        username=given.username or "token",
        source=f"{source} {named[0]}",
    )


def _refused(
    where: tuple[str, ...], named: list[str], given: EndpointTable, report: Report
) -> tuple[str, str] | None:
    """Return why the key that is configured must not be used, and what to do; None when it may."""
    if len(named) > 1:
        message = f"{dotted(where)} has {' and '.join(named)}: only one may be given."
        report.add((*where, named[1]), message, "Remove all but one.")
        return message, "Remove all but one."
    if named and not getattr(given, named[0]):  # judged and reported already
        return f"{named[0]} of {dotted(where)} cannot be used.", f"Mend {report.path}."
    if given.token and not report.private:
        message = f"{dotted((*where, 'token'))} is not used, as other users can read the file."
        hint = f"Run: chmod 600 {shlex.quote(str(report.path))}"
        report.add((*where, "token"), message, hint)
        return message, hint
    return None


def _private_headers(where: tuple[str, ...], headers: Mapping[str, str], report: Report) -> dict[str, str]:
    """Return the headers without those that carry a key which others could read."""
    exposed = [name for name in headers if carries_key(name) and not report.private]
    if exposed:
        report.add(
            (*where, "headers"),
            f"{', '.join(exposed)} of {dotted(where)} is not sent, as other users can read the file.",
            f"Run: chmod 600 {shlex.quote(str(report.path))}",
        )
    return {name: content for name, content in headers.items() if name not in exposed}


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
