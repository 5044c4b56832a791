"""Which sign-in the environment or a profile means, by the rules of Databricks' own tools.

Where one of them holds a token, a client id and more at the same time, nothing is guessed:
`auth_type` has to say which is meant, as those tools want it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fmtui.core.auth import Credential, PassedOver
from fmtui.core.text import one_line

_METHODS = {
    "pat": ("token",),
    "basic": ("username", "password"),
    "oauth-m2m": ("client_id", "client_secret"),
    "azure-client-secret": ("azure_client_id", "azure_client_secret"),
}
"""What each sign-in needs, in the order in which they are looked for."""
_SIGNS = {
    "pat": ("token",),
    "basic": ("password",),
    "oauth-m2m": ("client_id", "client_secret"),
    "azure-client-secret": ("azure_client_id", "azure_client_secret", "azure_tenant_id"),
}
"""Any one of these tells that a sign-in was meant."""


def chosen(
    value: Callable[[str], str],
    named: Callable[[str], str],
    *,
    source: str,
    profile: str = "",
    from_environment: bool = False,
) -> Credential:
    """Return the credential that a place with Databricks' settings stands for.

    It can always be shown and offered; what is wrong with it is its `problem`.

    Args:
        value: gives a setting, such as `client_id`, empty when it is not there.
        named: how the setting is called in that place, such as `DATABRICKS_CLIENT_ID`.
        source: the place, for people.
        profile: the profile that the Databricks CLI is asked for, empty to ask by address.
        from_environment: whether secrets stay in the environment until a request is made.
    """
    found = [method for method, signs in _SIGNS.items() if any(map(value, signs))]
    said = value("auth_type").lower()
    if not said and len(found) > 1:
        return Credential(
            kind="bearer",
            source=source,
            problem=f"More than one sign-in is configured in {source}: {' and '.join(found)}.",
            hint=f"Say which one is meant with {named('auth_type')} = {found[0]}, or remove the others.",
        )
    method = said or (found[0] if found else "databricks-cli")
    why = ""
    if said:
        why = f"{named('auth_type')} says {one_line(method, 40)}"
    elif not found:
        why = f"{source} names no other sign-in"
    others = tuple(
        PassedOver(
            " and ".join(named(setting) for setting in _METHODS[other] if value(setting)),
            f"{named('auth_type')} says {one_line(method, 40)}",
        )
        for other in found
        if other != method
    )
    credential = _by_method(method, value, named, source, profile, from_environment=from_environment)
    return replace(credential, why=why, passed_over=others)


def _by_method(
    method: str,
    value: Callable[[str], str],
    named: Callable[[str], str],
    source: str,
    profile: str,
    *,
    from_environment: bool,
) -> Credential:
    """Return the credential of one sign-in."""
    if method == "databricks-cli":
        of = f" (profile {one_line(profile, 60)})" if profile else ""
        return by_cli(f"the Databricks CLI{of}", profile)
    if method not in ("pat", "basic", "oauth-m2m"):
        return unsupported(one_line(method, 40), source)
    if missing := [named(setting) for setting in _METHODS[method] if not value(setting)]:
        return Credential(
            kind="bearer",
            source=source,
            problem=f"No token: {source} has the sign-in {method} and no {' and no '.join(missing)}.",
            hint=f"Add {' and '.join(missing)}, or choose another sign-in with {named('auth_type')}.",
        )
    secret = _METHODS[method][-1]
    where = named(secret) if from_environment else source
    return Credential(
        kind="basic" if method == "basic" else "bearer",
        sign_in="oauth-m2m" if method == "oauth-m2m" else "key",
        token="" if from_environment else value(secret),
        env=named(secret) if from_environment else "",
        username=value("username") if method == "basic" else "token",
        client_id=value("client_id") if method == "oauth-m2m" else "",
        source=where,
    )


def by_cli(source: str, profile: str) -> Credential:
    """Return the credential of who has signed in with the Databricks CLI."""
    return Credential("bearer", sign_in="databricks-cli", profile=profile, source=source)


def unsupported(method: str, source: str) -> Credential:
    """Return the credential of a sign-in that fmtui cannot do: it says so when it is used.

    Args:
        method: the sign-in, by Databricks' own name, such as `azure-cli`.
        source: where it was configured, for people.
    """
    return Credential(
        kind="bearer",
        source=source,
        problem=f"The sign-in {method} of {source} is not one that fmtui can do.",
        hint="Sign in with the Databricks CLI (databricks-cli), a client id and secret (oauth-m2m) or a "
        'personal access token (pat), or set token_command = ["program", "argument"] for the endpoint.',
    )
