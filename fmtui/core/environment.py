"""What the environment offers to talk to.

A key is bound to the host that it came with: `DATABRICKS_TOKEN` goes to `DATABRICKS_HOST`
and nowhere else. Nothing here reads the environment by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from fmtui.core.auth import NO_CREDENTIAL, Credential
from fmtui.core.endpoints import SUCH_AS, Endpoint, Kind, model_in_url, normalise_url
from fmtui.core.errors import ConfigError
from fmtui.core.sign_ins import chosen

_WORKSPACE = "https://adb-1234567890123456.7.azuredatabricks.net"


def from_environment(environ: Mapping[str, str]) -> tuple[list[Endpoint], list[ConfigError]]:
    """Return the endpoints that environment variables describe, `databricks` before `openai`.

    An empty value counts as unset. Keys stay in the environment until a request is made.
    """
    found: list[Endpoint] = []
    problems: list[ConfigError] = []
    for read in (_databricks, _openai):
        try:
            endpoint = read(environ)
        except ConfigError as error:
            problems.append(error)
        else:
            found += [endpoint] if endpoint is not None else []
    return found, problems


def workspace_headers(workspace_id: str) -> dict[str, str]:
    """Return the header that hosts shared by several workspaces need; empty without an id."""
    return {"X-Databricks-Workspace-Id": workspace_id} if workspace_id else {}


def _databricks(environ: Mapping[str, str]) -> Endpoint | None:
    def value(name: str) -> str:
        return environ.get(f"DATABRICKS_{name}", "").strip()

    if not value("HOST"):
        return None
    return Endpoint(
        name="databricks",
        url=_url_of("DATABRICKS_HOST", "databricks", value("HOST")),
        kind="databricks",
        credential=_of_environment(environ),
        source="DATABRICKS_HOST",
        model=model_in_url(value("HOST")),
        headers=workspace_headers(value("WORKSPACE_ID")),
    )


def _of_environment(environ: Mapping[str, str]) -> Credential:
    return chosen(
        lambda setting: environ.get(f"DATABRICKS_{setting.upper()}", "").strip(),
        lambda setting: f"DATABRICKS_{setting.upper()}",
        source="the environment",
        from_environment=True,
    )


def of_host_alone() -> Credential:
    """Return the credential of an environment with a host and no sign-in."""
    return _of_environment({})


def _openai(environ: Mapping[str, str]) -> Endpoint | None:
    key = environ.get("OPENAI_API_KEY", "").strip()
    base = environ.get("OPENAI_BASE_URL", "").strip()
    if not key and not base:
        return None
    return Endpoint(
        name="openai",
        url=_url_of("OPENAI_BASE_URL", "openai", base or "https://api.openai.com/v1"),
        credential=Credential("bearer", env="OPENAI_API_KEY", source="OPENAI_API_KEY")
        if key
        else NO_CREDENTIAL,
        source="OPENAI_BASE_URL" if base else "OPENAI_API_KEY",
    )


def _url_of(variable: str, kind: Kind, text: str) -> str:
    try:
        return normalise_url(kind, text)
    except ConfigError as error:
        message = f"The environment variable {variable} cannot be used. {error.message}"
        what = (
            f"your workspace, such as {_WORKSPACE}" if kind == "databricks" else "one such as https://host/v1"
        )
        hint = f"Set {variable} to {what}." if error.hint == SUCH_AS else error.hint
        raise ConfigError(message, hint, key=variable) from error
