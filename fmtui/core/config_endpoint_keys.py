"""The keys that an `[endpoints.NAME]` table may have, what they mean and how each is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from fmtui.core import config_checks as checks
from fmtui.core.chat import Mode
from fmtui.core.config_checks import Checks
from fmtui.core.endpoints import CONNECT_TIMEOUT_S, FIRST_EVENT_TIMEOUT_S, IDLE_TIMEOUT_S, Kind
from fmtui.core.record import record


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
    workspace: str = ""
    """The workspace that OAuth and the Databricks CLI sign in to, where `url` is of another host: that of a
    route-optimised model, or a gateway."""
    auth: Literal["bearer", "basic", "api-key", "oauth-m2m", "databricks-cli", "none"] | None = None
    """How fmtui signs in; guessed from what is given. `bearer` and `basic` send the key, as does `api-key` in
    the header of that name, which Azure OpenAI wants; `none` sends none; `oauth-m2m` changes a client id and
    secret for a token, `databricks-cli` asks that program for one."""
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
    prompt: str = ""
    """One of your prompts, by its name: its system prompt and parameters are used where nothing else says
    them."""
    connect_timeout: float = CONNECT_TIMEOUT_S
    """Seconds until a connection must stand."""
    first_event_timeout: float = FIRST_EVENT_TIMEOUT_S
    """Seconds that the first sign of an answer may take; cold starts take minutes."""
    idle_timeout: float = IDLE_TIMEOUT_S
    """Seconds of silence within an answer until it is given up."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further request headers. Those that carry keys are refused while others can read the file."""
    body: Mapping[str, object] = field(default_factory=dict)
    """Further fields of the request body; they may hold keys, so they are shown nowhere."""
    allow_http: bool = False
    """Whether the key may go over plain http to another machine."""
    ca_file: str = ""
    """Certificates to trust instead of all others, as a PEM file; relative to the configuration file."""
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
        "workspace": checks.word,
        "auth": checks.one_of("bearer", "basic", "api-key", "oauth-m2m", "databricks-cli", "none"),
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
        "prompt": checks.word,
        **checks.PARAMETER_KEYS,
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
"""How each key of `EndpointTable`, and each parameter, is judged."""
