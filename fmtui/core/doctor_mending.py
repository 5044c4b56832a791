"""The one line that mends what is wrong with an endpoint, where there is one. Pure.

A hint says what to think of; this is to be typed, or put into the configuration, as it is.
"""

from __future__ import annotations

import shlex
import ssl
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from fmtui.core.config_checks import dotted
from fmtui.core.doctor import parts_of
from fmtui.core.endpoints import Endpoint, workspace_url
from fmtui.core.errors import AuthError, ConnectError, FmtuiError, ProtocolError
from fmtui.core.proxies import proxy_for
from fmtui.core.text import one_line


class NoSuchHostError(ConnectError):
    """Nobody knows the name of a server."""


_NOBODY_TRUSTED = (2, 18, 19, 20, 21)
"""What OpenSSL calls certificates whose signer is not trusted."""


def line_for(
    endpoint: Endpoint, error: FmtuiError | None, config_path: str, environ: Mapping[str, str]
) -> str:
    """Return the line that mends an error of an endpoint; empty where no one line does.

    Args:
        endpoint: whose error it is.
        error: what went wrong; None for what is wrong with its key before anything was sent.
        config_path: the configuration file.
        environ: tells which proxy is in use.
    """
    if error is None:
        unset = endpoint.credential.env and not environ.get(endpoint.credential.env, "").strip()
        return f"export {endpoint.credential.env}=…" if unset else parts_of(endpoint.credential.hint)[1]
    if isinstance(error, AuthError):
        return _other_key(endpoint, config_path)
    if isinstance(error, ConnectError):
        return _way(endpoint, error, config_path, environ)
    if isinstance(error, ProtocolError):  # what answers there is no model server
        return _address(endpoint, config_path)
    return parts_of(error.hint)[1]


def _other_key(endpoint: Endpoint, config_path: str) -> str:
    """Return how another key is given, or the same person signs in again."""
    credential = endpoint.credential
    if credential.sign_in == "databricks-cli":
        which = f" --profile {shlex.quote(credential.profile)}" if credential.profile else ""
        return one_line(f"databricks auth login --host {workspace_url(endpoint)}{which}", 300)
    if credential.env:
        return f"export {credential.env}=…"
    if credential.kind == "none" and endpoint.source == _file(config_path):
        return _setting(endpoint, 'token_env = "NAME_OF_THE_VARIABLE"', config_path)
    if credential.sign_in == "key" and ".databrickscfg" in endpoint.source:
        profile = shlex.quote(endpoint.profile or endpoint.name)
        return one_line(f"databricks configure --host {workspace_url(endpoint)} --profile {profile}", 300)
    return ""


def _way(endpoint: Endpoint, error: ConnectError, config_path: str, environ: Mapping[str, str]) -> str:
    """Return what mends the way to a server."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            if cause.verify_code not in _NOBODY_TRUSTED:
                return ""
            if endpoint.source == _file(config_path):
                return _setting(endpoint, 'ca_file = "/path/to/authority.pem"', config_path)
            return "export SSL_CERT_FILE=/path/to/authority.pem"
    if isinstance(error, NoSuchHostError):
        return _address(endpoint, config_path)
    host = urlsplit(endpoint.url).hostname or ""
    if "http, where others can read it" in error.message:
        return _setting(endpoint, f'url = "https://{host}"', config_path)
    _, variable = proxy_for(endpoint.url, environ)
    if variable and "wants a user name and password" in error.message:
        return f"export {variable}=http://user:password@host:port"
    if variable and f"The proxy in {variable}" in error.message:
        return f"export NO_PROXY={shlex.quote(host)}  # or another {variable}"
    return ""


def _address(endpoint: Endpoint, config_path: str) -> str:
    """Return how another address is given: where the one there is came from."""
    if endpoint.source == _file(config_path) and not endpoint.profile:
        return _setting(endpoint, 'url = "https://…"', config_path)
    if endpoint.source in ("DATABRICKS_HOST", "OPENAI_BASE_URL"):
        return f"export {endpoint.source}=https://…"
    if ".databrickscfg" in endpoint.source:
        return "host = https://…"  # a comment behind it would be part of the value
    return ""


def _setting(endpoint: Endpoint, line: str, config_path: str) -> str:
    """Return a line of the configuration file, and where it belongs."""
    return f"{line}  # below [{dotted(('endpoints', endpoint.name))}] in {one_line(config_path, 300)}"


def _file(config_path: str) -> str:
    return config_path.rpartition("/")[2]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and everything that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
