"""One `[endpoints.NAME]` table of the configuration file as an endpoint.

A wrong key costs that key, not the endpoint; a missing address costs the endpoint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from fmtui.core import config_checks as checks
from fmtui.core.auth import Credential, carries_key, holds_key
from fmtui.core.config_checks import Report, dotted
from fmtui.core.config_endpoint_keys import ENDPOINT_KEYS, EndpointTable
from fmtui.core.config_sign_in import beside, read_credential
from fmtui.core.endpoints import (
    DEMO,
    Endpoint,
    Kind,
    guess_kind,
    is_route_host,
    model_in_url,
    normalise_url,
    url_secrets,
)
from fmtui.core.errors import ConfigError

_NAME = re.compile(r"\w[\w.+-]{0,59}")
_Value = TypeVar("_Value")


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
    values = report.read(table, where, ENDPOINT_KEYS)
    params = {name: values.pop(name) for name in checks.PARAMETER_KEYS if name in values}
    given = EndpointTable(**values)
    address = _address(where, table, given, report)
    if address is None:
        return None
    url, kind = address
    return Endpoint(
        name=name,
        url=url,
        kind=kind,
        credential=_for_route(read_credential(where, table, given, kind, report), url),
        source=report.path.name,
        model=given.model or (model_in_url(given.url) if url else ""),
        models=given.models,
        mode=given.mode,
        params=params,
        prompt=given.prompt,
        connect_timeout=given.connect_timeout,
        first_event_timeout=given.first_event_timeout,
        idle_timeout=given.idle_timeout,
        headers=_private((*where, "headers"), given.headers, report, holds_key),
        body=_private((*where, "body"), given.body, report, lambda name, _: carries_key(name)),
        allow_http=given.allow_http,
        ca_file=beside(report.path, given.ca_file),
        client_cert=beside(report.path, given.client_cert),
        client_key=beside(report.path, given.client_key),
        client_key_password_env=given.client_key_password_env,
        profile=given.profile,
        workspace=_workspace(where, given, report),
    )


def _for_route(credential: Credential, url: str) -> Credential:
    """Return the credential for one route-optimised model, where the address is that of one."""
    host = urlsplit(url).hostname or ""
    if credential.sign_in == "key" or not is_route_host(host):
        return credential
    return replace(credential, route=host.partition(".")[0])


def _workspace(where: tuple[str, ...], given: EndpointTable, report: Report) -> str:
    """Return the workspace to sign in to, empty for that of the address."""
    if not given.workspace:
        return ""
    try:
        return normalise_url("databricks", given.workspace)
    except ConfigError as error:
        keys = (*where, "workspace")
        report.add(keys, f"{dotted(keys)} cannot be used. {error.message}", error.hint)
        return ""


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
