"""What fmtui can talk to: endpoints as values, and their URLs.

Nothing here sends anything, or puts a URL into an error text, since people paste URLs with
passwords in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Literal
from urllib.parse import SplitResult, quote, unquote, urlsplit

from fmtui.core.auth import NO_CREDENTIAL, Credential, carries_key, scheme_of
from fmtui.core.chat import Mode, Params, is_catalogue_name
from fmtui.core.errors import ConfigError, UsageError
from fmtui.core.parameters import Settings
from fmtui.core.record import record
from fmtui.core.text import MASK

Kind = Literal["databricks", "openai"]

CONNECT_TIMEOUT_S = 10.0
FIRST_EVENT_TIMEOUT_S = 600.0
IDLE_TIMEOUT_S = 120.0


@record
class Endpoint:
    """One server that answers prompts."""

    name: str
    """How the user calls it."""
    url: str = field(repr=False)
    """`databricks`: the workspace, as `https://host`; `openai`: the base, such as `https://host/v1`."""
    kind: Kind = "openai"
    credential: Credential = NO_CREDENTIAL
    source: str = ""
    """Where it came from, for people: `config.toml`, `DATABRICKS_HOST`, `built in`."""
    model: str = ""
    """The model to start with."""
    models: tuple[str, ...] = ()
    """Models to offer when the server cannot list them."""
    mode: Mode | None = None
    """Overrides what the model's task says."""
    params: Settings = field(default_factory=dict)
    """What its replies are asked with, unless a session says otherwise."""
    connect_timeout: float = CONNECT_TIMEOUT_S
    """Seconds until a connection must stand."""
    first_event_timeout: float = FIRST_EVENT_TIMEOUT_S
    """Seconds the first event may take; cold starts take minutes."""
    idle_timeout: float = IDLE_TIMEOUT_S
    """Seconds of silence between two events before the reply is given up."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Further request headers; not shown, as they may hold keys."""
    body: Mapping[str, object] = field(default_factory=dict, repr=False)
    """Further fields of the request body; not shown, as they may hold keys too."""
    allow_http: bool = False
    """Whether a key may go over plain http to a host that is not loopback."""
    ca_file: str = ""
    """Certificates to trust instead of all others."""
    client_cert: str = ""
    """The certificate that is shown to a server which asks for one."""
    client_key: str = ""
    """Its private key, when that is in a file of its own."""
    client_key_password_env: str = ""
    """Name of the environment variable with the key's password."""
    profile: str = ""
    """Profile of `~/.databrickscfg` that gives host and key; resolved before use."""
    prompt: str = ""
    """Name of the user's prompt whose system prompt and parameters are the defaults; empty for none."""
    workspace: str = field(default="", repr=False)
    """The workspace to sign in to, where `url` is of another host; empty for that of `url`."""


DEMO = Endpoint(
    name="demo", url="https://demo.invalid", kind="databricks", model="demo-chat", source="built in"
)
"""The endpoint that needs no network; its name is reserved."""

LOCAL_SERVERS = tuple(
    Endpoint(name=name, url=f"http://127.0.0.1:{port}/v1", source=f"answers on 127.0.0.1:{port}")
    for name, port in (("ollama", 11434), ("llama-cpp", 8080), ("vllm", 8000), ("lm-studio", 1234))
)
"""Servers that people run on their own machine, at the port each uses by default."""

_DATABRICKS_DOMAINS = (
    ".cloud.databricks.com",
    ".azuredatabricks.net",
    ".gcp.databricks.com",
    ".databricks.com",
    ".databricks.us",
    ".databricks.azure.us",
    ".databricks.azure.cn",
)
_LOOPBACK = r"127(\.(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])){3}"
_PLAIN_PARAMETERS = frozenset({"api-version", "version", "region", "error"})
"""Parameters of a URL that are no keys; any other may be one."""
_URL = r"[A-Za-z][\w+.-]*://\S+"
_SHORTEST_KEY = 8
"""Characters; a shorter text in a field such as `stop_token` is none."""
_SERVING = "/serving-endpoints"
_GATEWAY = "/ai-gateway/mlflow/v1"
_OPERATIONS = ("/chat/completions", "/completions", "/embeddings", "/responses", "/models", "/chat")


def task_in_doubt(endpoint: Endpoint, model: str) -> bool:
    """Return whether a model's task, and with it the mode, is known only once the endpoint was asked for it.

    Serving endpoints of a workspace may complete text. Not so those whose names begin with
    `databricks-`, a prefix reserved for Databricks' own models, which chat: the MPT models excepted.
    """
    if endpoint.mode is not None or endpoint.kind != "databricks":
        return False
    return not model.startswith("databricks-") or "-mpt-" in model


# ---- URLs -------------------------------------------------------------------


def guess_kind(text: str) -> Kind:
    """Return the kind of server that a URL a person typed stands for.

    The gateway routes of a workspace and any other path that is not a serving path speak
    the OpenAI form, with the model in the body.
    """
    parts = _split(text)
    if _SERVING in parts.path:
        return "databricks"
    if not _is_databricks(parts) or "/ai-gateway/" in parts.path or ".ai-gateway." in parts.netloc:
        return "openai"
    return "databricks"


def normalise_url(kind: Kind, text: str) -> str:
    """Return the URL in the one form that `Endpoint.url` has, whatever form a person typed or pasted.

    Raises:
        ConfigError: it is no URL of a server; the text itself is not quoted.
    """
    parts = _split(text)
    path = parts.path.rstrip("/")
    if kind == "databricks":
        if _SERVING in path:
            # What stands before it belongs to the address: a proxy, or a route-optimised endpoint.
            path = path[: path.index(_SERVING)]
        elif _is_databricks(parts) and ".serving." not in parts.netloc:
            path = ""  # a page of the workspace, copied from a browser
        return f"{parts.scheme}://{_host(parts)}{path}"
    for operation in _OPERATIONS:
        path = path.removesuffix(operation)
    query = f"?{parts.query}" if parts.query else ""
    usual = _SERVING if _is_databricks(parts) and ".ai-gateway." not in parts.netloc else "/v1"
    return f"{parts.scheme}://{_host(parts)}{path.rstrip('/') or usual}{query}"


def model_in_url(text: str) -> str:
    """Return the serving endpoint that a URL ending in `/serving-endpoints/NAME/invocations` names, or ""."""
    name, _, operation = _split(text).path.partition(_SERVING + "/")[2].partition("/")
    return unquote(name) if operation.rstrip("/") == "invocations" else ""


def is_loopback(url: str) -> bool:
    """Return whether a URL leads to this machine, so that nothing leaves it; False when in doubt.

    Names such as `me.localhost` are in doubt: many systems ask the network for them.
    """
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or (host.startswith("127.") and bool(re.fullmatch(_LOOPBACK, host)))


def shown_url(url: str) -> str:
    """Return a URL as it may be shown: without user name and password, the values of its query hidden."""
    address, mark, query = url.partition("#")[0].partition("?")
    scheme, slashes, rest = address.partition("//")
    netloc, slash, path = rest.partition("/")
    parts: list[str] = []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        plain = name in _PLAIN_PARAMETERS or not (value or not equals)
        parts.append(part if plain else f"{name}={MASK}" if equals else MASK)
    return (
        f"{scheme}{slashes}{netloc.rpartition('@')[2]}{slash}{path}{mark}{'&'.join(parts) if query else ''}"
    )


def url_secrets(url: str) -> tuple[str, ...]:
    """Return what may be a key in a URL, as written and as read: user, password, values of the query."""
    address, _, query = url.partition("#")[0].partition("?")
    user = address.partition("//")[2].partition("/")[0].rpartition("@")[0]
    found = [*user.split(":", 1)]
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        found += [] if name in _PLAIN_PARAMETERS else [value if equals else name]
    return tuple(dict.fromkeys(form for text in found if text for form in (text, unquote(text))))


def text_secrets(text: str) -> tuple[str, ...]:
    """Return what may be a key in a text that is a URL, or a scheme and a key; most texts are neither."""
    if scheme := scheme_of(text):
        key = text.removeprefix(scheme)
        return (text, key) if len(key) >= _SHORTEST_KEY else ()
    return url_secrets(text) if "://" in text and re.fullmatch(_URL, text) else ()


def without_keys(value: object, found: list[str], *, named: bool = False, schema: bool = False) -> object:
    """Return fields of a request as they may be shown, with no key in them, however deep.

    Args:
        value: the fields, or the value of one.
        found: takes the texts that are keys by the name of their field, or by their own form.
        named: whether the name of the field says so.
        schema: whether the names in it are of fields to come, as below `properties` of a JSON Schema.
    """
    if isinstance(value, Mapping):
        return {
            name: without_keys(
                inner,
                found,
                named=named or (not schema and carries_key(name)),
                schema=not schema and name == "properties",
            )
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_keys(each, found, named=named) for each in value]
    if not isinstance(value, str):
        return value
    if named and len(value) >= _SHORTEST_KEY:
        found.append(value)
        return MASK
    secrets = text_secrets(value)
    found += secrets
    if not secrets:
        return value
    return MASK if scheme_of(value) else shown_url(value)


def secret_fields(body: Mapping[str, object]) -> tuple[str, ...]:
    """Return the texts in fields of a request that are keys."""
    found: list[str] = []
    without_keys(body, found)
    return tuple(found)


def key_variables(endpoints: Iterable[Endpoint]) -> set[str]:
    """Return the names of the environment variables that hold keys of endpoints, of whatever kind."""
    return {name for e in endpoints for name in (e.credential.env, e.client_key_password_env) if name}


def workspace_url(endpoint: Endpoint) -> str:
    """Return the address that an endpoint's user signs in to, without a slash at its end."""
    if endpoint.workspace or endpoint.kind == "databricks":
        return endpoint.workspace or endpoint.url
    parts = urlsplit(endpoint.url)  # a route of the workspace's gateway
    return f"{parts.scheme}://{parts.netloc}"


def completion_url(endpoint: Endpoint, params: Params) -> str:
    """Return where a prompt is sent.

    Raises:
        UsageError: no model is chosen, and this server needs one.
    """
    operation = "/chat/completions" if params.mode == "chat" else "/completions"
    if endpoint.kind == "openai":
        if is_catalogue_name(params.model) and urlsplit(endpoint.url).path == _SERVING:
            return _under(workspace_url(endpoint), _GATEWAY + operation)
        return _under(endpoint.url, operation)
    if not params.model:
        raise UsageError(
            f"No model is chosen for {endpoint.name}.", "Pick one of its list, or name one with -m."
        )
    if is_catalogue_name(params.model):
        return _under(endpoint.url, _GATEWAY + operation)
    return _under(endpoint.url, f"{_SERVING}/{quote(params.model, safe='')}/invocations")


def lists_as(endpoint: Endpoint) -> Kind:
    """Return in which form an endpoint lists its models.

    What a workspace offers in the form of OpenAI, its gateway among it, is listed by the workspace.
    """
    return "databricks" if urlsplit(endpoint.url).path in (_SERVING, _GATEWAY) else endpoint.kind


def is_databricks(endpoint: Endpoint) -> bool:
    """Return whether an endpoint is of Databricks, in whichever form it is spoken to.

    A workspace has routes of OpenAI's form, and its gateway has nothing else.
    """
    return lists_as(endpoint) == "databricks" or is_databricks_host(urlsplit(endpoint.url).hostname or "")


def listing_url(endpoint: Endpoint) -> str:
    """Return where the models of an endpoint are listed."""
    if lists_as(endpoint) == "openai":
        return _under(endpoint.url, "/models")
    return _under(workspace_url(endpoint), "/api/2.0/serving-endpoints")


def is_route(endpoint: Endpoint) -> bool:
    """Return whether an endpoint is the address of one route-optimised model, which lists nothing."""
    return endpoint.kind == "databricks" and is_route_host(urlsplit(endpoint.url).hostname or "")


SUCH_AS = "Give one such as https://host/v1."
"""The hint for what is no address."""


def _under(base: str, path: str) -> str:
    address, mark, query = base.partition("?")
    return address + path + mark + query


def _split(text: str) -> SplitResult:
    """Return the parts of a URL a person typed, its scheme added where it is missing."""
    cleaned = text.strip()
    if not cleaned:
        raise ConfigError("The URL is empty.", SUCH_AS)
    if any(character.isspace() or not character.isprintable() for character in cleaned):
        raise ConfigError("The URL holds a blank or a control character.", SUCH_AS)
    try:
        if "://" not in cleaned:
            cleaned = ("http://" if is_loopback("//" + cleaned) else "https://") + cleaned
        parts = urlsplit(cleaned)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError("The URL has a host or port that cannot be.", SUCH_AS) from error
    if parts.scheme not in ("http", "https"):
        raise ConfigError("The URL must begin with https:// or http://.", SUCH_AS)
    if not host:
        raise ConfigError("The URL names no host.", SUCH_AS)
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            "The URL holds a user name or password, which would be shown and logged.",
            'Leave it out, and use auth = "basic" with token_env or token_command.',
        )
    return parts


def _host(parts: SplitResult) -> str:
    """Return host and port; a port that the scheme implies is left out."""
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port is None or parts.port == (443 if parts.scheme == "https" else 80):
        return host
    return f"{host}:{parts.port}"


def _is_databricks(parts: SplitResult) -> bool:
    return is_databricks_host(parts.hostname or "")


def is_databricks_host(host: str) -> bool:
    """Return whether a host is one of Databricks' own."""
    return ("." + host).endswith(_DATABRICKS_DOMAINS)


def is_route_host(host: str) -> bool:
    """Return whether a host is that of a route-optimised serving endpoint."""
    return is_databricks_host(host) and ".serving." in host
