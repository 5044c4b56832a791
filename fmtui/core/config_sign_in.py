"""The sign-in that an `[endpoints.NAME]` table asks for, as a credential.

When a key was configured but cannot be used, the credential says so: the endpoint is never
quietly asked without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from fmtui.core.auth import NO_CREDENTIAL, AuthKind, Credential, PassedOver
from fmtui.core.config_checks import Report, dotted
from fmtui.core.config_endpoint_keys import EndpointTable
from fmtui.core.endpoints import Endpoint, Kind
from fmtui.core.sign_ins import by_cli

_SOURCES = ("token", "token_env", "token_command", "token_file")
_CLIENT = ("client_id", "client_secret", "client_secret_env")


def with_profile(endpoint: Endpoint, profile: Endpoint) -> Endpoint:
    """Return an endpoint of the configuration completed by the profile that it names."""
    own, theirs = endpoint.credential, profile.credential
    asked = replace(own, why="", passed_over=())
    if asked == _PROFILE:
        own = theirs
    elif asked == _PROFILE_AS_BASIC:
        own = replace(theirs, kind="basic", why=own.why)
    elif asked == _PROFILE_AS_CLIENT:
        own = theirs
        if theirs.sign_in != "oauth-m2m" and not theirs.problem:
            own = replace(
                NO_CREDENTIAL,
                kind="bearer",
                source=theirs.source,
                problem=f"{endpoint.name} has auth = oauth-m2m, but the profile signs in another way.",
                hint="Add client_id and client_secret to the profile, or to the endpoint.",
            )
    if theirs.source and own.source != theirs.source:
        what = f"{theirs.source}, which the profile names" if theirs.sign_in != "key" else theirs.source
        own = replace(
            own, passed_over=(*own.passed_over, PassedOver(what, f"{own.source} comes before the profile"))
        )
    return replace(
        endpoint,
        url=profile.url,
        credential=own,
        headers={**profile.headers, **endpoint.headers},
        model=endpoint.model or profile.model,
    )


_PROFILE = Credential(kind="bearer", source="profile")
_PROFILE_AS_BASIC = Credential(kind="basic", source="profile")
_PROFILE_AS_CLIENT = Credential(kind="bearer", sign_in="oauth-m2m", source="profile")


def read_credential(
    where: tuple[str, ...], table: Mapping[str, object], given: EndpointTable, kind: Kind, report: Report
) -> Credential:
    """Return how an endpoint signs in, and tell what of its table is not used for that."""
    named = [key for key in _SOURCES if key in table]
    client = [key for key in _CLIENT if key in table]
    if given.auth is None and client and named:
        message = f"{dotted(where)} has {client[0]} and {named[0]}: only one sign-in may be given."
        problem = report.add((*where, named[0]), message, "Remove one, or say with auth which is meant.")
        source = f"{report.path.name} [{dotted(where)}]"
        return Credential("bearer", source=source, problem=problem.message, hint=problem.hint)
    auth = given.auth or ("oauth-m2m" if client else "basic" if given.username else None)
    if auth is None:
        auth = "bearer" if named or kind == "databricks" else "none"
    used = {"oauth-m2m": client, "bearer": named, "basic": named, "api-key": named}.get(auth, [])
    unused = [key for key in (*named, *client) if key not in used]
    for key in unused:
        report.add(
            (*where, key),
            f'{dotted(where)} has auth = "{auth}" and a {key}.',
            _UNUSED.get(auth, "It is not used."),
        )
    if given.token_ttl and not given.token_command:
        report.add(
            (*where, "token_ttl"), f"{dotted(where)}: token_ttl is for token_command.", "It is not used."
        )
    credential = _credential(where, auth, named, client, given, report)
    if given.auth is None:
        return credential
    passed_over = tuple(PassedOver(key, f"auth says {auth}") for key in unused)
    return replace(credential, why=f"auth says {auth}", passed_over=passed_over)


def _credential(
    where: tuple[str, ...],
    auth: str,
    named: list[str],
    client: list[str],
    given: EndpointTable,
    report: Report,
) -> Credential:
    """Return the credential of one way to sign in."""
    source = f"{report.path.name} [{dotted(where)}]"
    if auth == "none":
        return NO_CREDENTIAL
    if auth == "databricks-cli":
        return by_cli(f"{source} auth", given.profile)
    if auth == "oauth-m2m":
        return _client(where, client, given, report)
    form: AuthKind = "basic" if auth == "basic" else "api-key" if auth == "api-key" else "bearer"
    refused = _refused(where, named, "token", given, report)
    if refused is not None:
        return Credential(kind=form, source=source, problem=refused[0], hint=refused[1])
    if not named:
        if given.profile:
            return _PROFILE_AS_BASIC if given.auth == "basic" else _PROFILE
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
        file=beside(report.path, given.token_file),
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
        problem = report.add((*where, named[1]), message, "Remove all but one.")
        return problem.message, problem.hint
    if named and not getattr(given, named[0]):  # judged and reported already
        return f"{named[0]} of {dotted(where)} cannot be used.", f"Mend {report.path}."
    lax = report.laxity(holds_key=named == [secret]) if named else None
    if lax is None:
        return None
    problem = report.add(
        (*where, named[0]), f"{dotted((*where, named[0]))} is not used, as {lax[0]}.", lax[1]
    )
    return problem.message, problem.hint


def beside(config: Path, name: str) -> str:
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
