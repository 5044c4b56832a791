"""What fmtui can talk to: endpoints as values, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fmtui.core.auth import NO_CREDENTIAL, Credential
from fmtui.core.chat import Mode

Kind = Literal["databricks", "openai"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server that answers prompts."""

    name: str
    """How the user calls it."""
    url: str
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
    max_tokens: int | None = None
    temperature: float | None = None
    system: str = ""
    connect_timeout: float = 10.0
    """Seconds until a connection must stand."""
    first_event_timeout: float = 600.0
    """Seconds the first event may take; cold starts take minutes."""
    idle_timeout: float = 120.0
    """Seconds of silence between two events before the reply is given up."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Further request headers; not shown, as they may hold keys."""
    body: Mapping[str, object] = field(default_factory=dict)
    """Further fields of the request body."""
    allow_http: bool = False
    """Whether a key may go over plain http to a host that is not loopback."""
    ca_file: str = ""
    """Certificates to trust instead of the system's."""
