"""Models with an address of their own: the route-optimised serving endpoints of a workspace.

A workspace names such an address in its list, as `endpoint_url`. It is on another host, so it
is used only where that host is plainly the workspace's own provider, and only with a token
that the workspace gives out for that one endpoint: never with the key itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from fmtui.core.chat import Model
from fmtui.core.endpoints import (
    Endpoint,
    is_databricks_host,
    is_route_host,
    model_in_url,
    normalise_url,
    workspace_url,
)
from fmtui.core.errors import ConfigError, FmtuiError, NotFoundError

OAUTH_ONLY = "It is route-optimised, which takes OAuth only: sign in with a client id or the Databricks CLI."


class Routes:
    """Remembers the addresses that lists of models have named."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, str], dict[str, Model]] = {}
        self._homes: dict[tuple[str, str], Endpoint] = {}

    def learn(self, endpoint: Endpoint, models: Iterable[Model]) -> None:
        """Take note of what an endpoint has listed."""
        self._models[endpoint.name, endpoint.url] = {model.name: model for model in models if model.url}

    def to(self, endpoint: Endpoint, model: str) -> Endpoint:
        """Return where a model is asked: the endpoint itself, or the one of the model's own address."""
        known = self._models.get((endpoint.name, endpoint.url), {}).get(model)
        own = own_address(endpoint, known) if known is not None else None
        if own is None:
            return endpoint
        self._homes[own.name, own.url] = endpoint
        return own

    def home(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint that lists the models: the one that `to` was given."""
        return self._homes.get((endpoint.name, endpoint.url), endpoint)

    def moved(self, error: FmtuiError, endpoint: Endpoint, asked: Endpoint, model: str) -> bool:
        """Return whether a model is to be asked again, at its own address.

        That is so once, where the workspace did not know it and its address became known only
        by the list that was read then. Where that address cannot be asked, the error says why.

        Args:
            error: why it was not answered.
            endpoint: the workspace.
            asked: where it was asked, as `to` said.
            model: its name.
        """
        known = self._models.get((endpoint.name, endpoint.url), {}).get(model)
        if known is None or not isinstance(error, NotFoundError):
            return False
        if not _gives_tokens(endpoint):
            error.hint = OAUTH_ONLY
        return asked == endpoint != self.to(endpoint, model)


def own_address(endpoint: Endpoint, model: Model) -> Endpoint | None:
    """Return the endpoint of a model's own address, None where that must not or cannot be asked."""
    try:
        url, named = normalise_url("databricks", model.url), model_in_url(model.url)
    except ConfigError:
        return None
    if named != model.name or url == endpoint.url or not _is_of(endpoint.url, url):
        return None
    if not _gives_tokens(endpoint):
        return None
    credential = replace(endpoint.credential, route=model.id)
    return replace(endpoint, url=url, workspace=workspace_url(endpoint), credential=credential)


def _gives_tokens(endpoint: Endpoint) -> bool:
    """Return whether what an endpoint signs in with is a token that its workspace has given out."""
    return endpoint.credential.sign_in != "key"


def _is_of(workspace: str, url: str) -> bool:
    """Return whether an address is the workspace's own: of its origin, or of its provider's for routes."""
    home, there = urlsplit(workspace), urlsplit(url)
    if (home.scheme, home.netloc) == (there.scheme, there.netloc):
        return True
    hosts = home.hostname or "", there.hostname or ""
    return (
        home.scheme == there.scheme == "https"
        and there.port is None
        and is_databricks_host(hosts[0])
        and is_route_host(hosts[1])
    )
