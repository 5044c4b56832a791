"""Which endpoint and which key won, and why: values for people who ask.

Nothing here is needed to talk to a server. It is worked out on demand, from what was found at
the start and from the environment, and shows no secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from fmtui.core.auth import Credential, PassedOver, holds_key
from fmtui.core.endpoints import DEMO, Endpoint, shown_url
from fmtui.core.record import NamedTuple
from fmtui.core.text import one_line

_FOREIGN = {
    "DATABRICKS_METADATA_SERVICE_URL": "metadata-service",
    "DATABRICKS_OIDC_TOKEN": "env-oidc",
    "DATABRICKS_OIDC_TOKEN_FILEPATH": "file-oidc",
    "ARM_CLIENT_SECRET": "azure-client-secret",
    "ARM_USE_MSI": "azure-msi",
    "GOOGLE_CREDENTIALS": "google-credentials",
    "DATABRICKS_GOOGLE_SERVICE_ACCOUNT": "google-id",
}
"""Variables of sign-ins that Databricks' own tools know and fmtui does not do, with their names."""

_OF_OTHERS = {
    "DATABRICKS_API_KEY": "another tool's name: fmtui reads DATABRICKS_TOKEN",
    "DATABRICKS_API_BASE": "another tool's name: fmtui reads DATABRICKS_HOST",
    "DATABRICKS_MODEL_URL": "fmtui reads DATABRICKS_HOST; such a URL may be pasted there",
    "AZURE_OPENAI_API_KEY": "a key without an address: add an endpoint with token_env to the configuration",
}
"""Variables that name a server or a key for other tools, and why they are not used."""

_KEYS = ("DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_PASSWORD")


class Origin(NamedTuple):
    """Where one endpoint and its key came from."""

    name: str
    kind: str
    url: str
    """As it may be shown."""
    source: str
    """Where the endpoint came from: `config.toml`, `DATABRICKS_HOST`, `.databrickscfg [work]`."""
    sign_in: str
    """How it signs in, for people: `personal access token`, `OAuth, client id 1111…`."""
    key: str
    """Where the secret is, never the secret; empty when none is needed."""
    why: str = ""
    """Why it is this sign-in; empty when there was no choice."""
    passed_over: tuple[PassedOver, ...] = ()
    """What could have given the key and did not."""
    first: str = ""
    """Why prompts go to this endpoint when nobody names one; empty for all others."""
    problem: str = ""
    """Why it cannot be used as it is, as a sentence."""
    hint: str = ""
    """What to do about the problem."""

    def as_json(self) -> dict[str, object]:
        """Return it as a JSON object."""
        return self._asdict() | {"passed_over": [entry._asdict() for entry in self.passed_over]}


def origin(
    endpoint: Endpoint, environ: Mapping[str, str], others: Iterable[Endpoint] = (), *, first: str = ""
) -> Origin:
    """Return where an endpoint and its key came from, and what was passed over for them.

    Args:
        endpoint: as it was offered.
        environ: the environment variables.
        others: all that is offered; those for the same server are mentioned.
        first: why it is the one that is used when nobody names one, as `first_choice` says.
    """
    credential = endpoint.credential
    problem, hint = credential.problem, credential.hint
    if not problem and credential.env and not environ.get(credential.env, "").strip():
        problem = f"The environment variable {credential.env} is not set."
        hint = f"Run: export {credential.env}=…"
    return Origin(
        name=endpoint.name,
        kind=endpoint.kind,
        url=shown_url(endpoint.url),
        source=endpoint.source + (f", profile {one_line(endpoint.profile, 60)}" if endpoint.profile else ""),
        sign_in=_sign_in(endpoint),
        key=_key(endpoint),
        why=credential.why,
        passed_over=(*credential.passed_over, *_elsewhere(endpoint, environ, tuple(others))),
        first=first,
        problem=problem,
        hint=hint,
    )


def first_choice(
    endpoints: Sequence[Endpoint], default: str, remembered: str, preferred: str = ""
) -> tuple[str, str]:
    """Return the endpoint that is used when nobody names one, and why; both empty when none is offered.

    Args:
        endpoints: all that is offered, in their order.
        default: `default_endpoint` of the configuration.
        remembered: the one that was used last.
        preferred: why the first one stands before the others; empty when nobody said so.
    """
    names = {endpoint.name.casefold(): endpoint.name for endpoint in endpoints}
    if found := names.get(default.casefold()):
        return found, "default_endpoint of the configuration"
    if found := names.get(remembered.casefold()):
        return found, "used last"
    if not endpoints:
        return "", ""
    return endpoints[0].name, preferred or (
        "the only one" if len(endpoints) == 1 else "the first that was found"
    )


def unused_variables(environ: Mapping[str, str], endpoints: Iterable[Endpoint]) -> list[PassedOver]:
    """Return the environment variables that name a key or a server and are used by no endpoint."""
    used = {endpoint.credential.env for endpoint in endpoints}
    found = [
        PassedOver(name, "DATABRICKS_HOST is not set, and a key goes only to the host it came with")
        for name in _KEYS
        if _given(environ, name) and name not in used and not _given(environ, "DATABRICKS_HOST")
    ]
    found += [
        PassedOver(name, why)
        for name, why in _OF_OTHERS.items()
        if _given(environ, name) and name not in used
    ]
    return found


def _given(environ: Mapping[str, str], name: str) -> bool:
    return bool(environ.get(name, "").strip())


def _sign_in(endpoint: Endpoint) -> str:
    credential = endpoint.credential
    if credential.problem and not (credential.token or credential.env or credential.client_id):
        return "none that works"
    if credential.sign_in == "databricks-cli":
        by = f"profile {one_line(credential.profile, 60)}" if credential.profile else "by address"
        return f"OAuth of a person, from the Databricks CLI ({by})"
    if credential.sign_in == "oauth-m2m":
        return f"OAuth, client id {one_line(credential.client_id, 60)}"
    if credential.kind == "none":
        own = any(holds_key(name, value) for name, value in endpoint.headers.items())
        return "a header of its own" if own else "none"
    if credential.kind == "basic":
        by_token = credential.username == "token"
        return "personal access token, as basic" if by_token else "user name and password"
    if credential.kind == "api-key":
        return "key in the header api-key"
    if credential.command:
        return "token of a program"
    return "personal access token" if endpoint.kind == "databricks" else "key"


def _key(endpoint: Endpoint) -> str:
    """Return where the secret is; never an argument of a command, which may be one."""
    credential: Credential = endpoint.credential
    if credential.kind == "none":
        return ""
    where = credential.source or credential.env
    if credential.command:
        return f"{where}: {one_line(credential.command[0], 60)}"
    named = next((name for name in (credential.env, credential.file) if name), "")
    return f"{where}: {one_line(named, 200)}" if named and named not in where else where


def _elsewhere(
    endpoint: Endpoint, environ: Mapping[str, str], others: Sequence[Endpoint]
) -> Iterable[PassedOver]:
    """Yield what was found elsewhere for the same server."""
    if endpoint.url == DEMO.url:
        return
    if endpoint.source == "DATABRICKS_HOST":
        for name, method in _FOREIGN.items():
            if _given(environ, name):
                yield PassedOver(name, f"fmtui does not do the sign-in {method}")
    here = urlsplit(endpoint.url).netloc
    for other in others:
        # Between profiles nothing was chosen: each is offered with its own key.
        if "DATABRICKS_HOST" not in (endpoint.source, other.source):
            continue
        if other.name != endpoint.name and urlsplit(other.url).netloc == here and _key(other):
            yield PassedOver(_key(other), f"it belongs to {other.name}, which is offered for the same host")
