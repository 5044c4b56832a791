"""The profiles of `~/.databrickscfg`, the file that Databricks' own tools share.

Only read, never written. `[DEFAULT]` is an ordinary profile here: its token must not leak
into the others, as it would with Python's defaults. Error texts never quote a line, since
it may hold a token.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.auth import Credential, PassedOver, holds_key
from fmtui.core.config_checks import dotted
from fmtui.core.endpoints import Endpoint, model_in_url, normalise_url, secret_fields
from fmtui.core.environment import of_host_alone, workspace_headers
from fmtui.core.errors import ConfigError
from fmtui.core.private import changeable, exposed_key
from fmtui.core.sign_ins import chosen
from fmtui.core.text import one_line

if TYPE_CHECKING:
    from configparser import ConfigParser

SETTINGS = "__settings__"
"""A section of that file which is no profile."""

WHOLE_FILE = "profiles"
"""The key of problems with the file itself, which may hide any profile of it."""

_NO_DEFAULTS = "\0none"
"""A section name that no file can hold: with it, configparser passes no value from one profile to another."""


def profiles_path(environ: Mapping[str, str], home: Path) -> Path:
    """Return where the profiles are: `DATABRICKS_CONFIG_FILE`, else `~/.databrickscfg`."""
    named = environ.get("DATABRICKS_CONFIG_FILE", "").strip()
    if not named:
        return home / ".databrickscfg"
    return home / named[2:] if named.startswith("~/") else Path(named)


def from_profiles(path: Path, first: str = "") -> tuple[list[Endpoint], list[ConfigError]]:
    """Return one endpoint for each profile with a workspace, and what is wrong with the others.

    A profile whose sign-in is not supported is offered all the same; using it says what
    works. So is one whose key others can read, or whose host others can change: no key is used
    then, and the problem says which command mends it. The file's own default profile comes
    first. No file is no problem.

    Args:
        path: the file.
        first: the profile to put first instead.
    """
    try:
        with path.open("rb") as stream:
            readable = _readable(path, os.fstat(stream.fileno()))
            text = stream.read().decode("utf-8-sig")
    except FileNotFoundError:
        return [], []
    except OSError as error:
        return [], [
            ConfigError(
                f"{path} cannot be read: {error.strerror}.",
                "Check its owner and mode.",
                file=str(path),
                key=WHOLE_FILE,
            )
        ]
    except UnicodeDecodeError:
        return [], [
            ConfigError(f"{path} is not UTF-8 text.", "Save it as UTF-8.", file=str(path), key=WHOLE_FILE)
        ]
    parser, problems = _parsed(text.replace("\r\n", "\n"), path)
    changed = changed_by_others(path)
    found: list[Endpoint] = []
    for name in parser.sections():
        if name == SETTINGS:
            continue
        try:
            endpoint = _endpoint(name, dict(parser[name]), path)
        except ConfigError as error:
            error.file, error.line = str(path), _line_of(text, name)
            problems.append(error)
        else:
            if endpoint is None:
                continue
            lax = (readable if endpoint.credential.token else None) or changed
            if lax is not None and not endpoint.credential.problem:
                endpoint = replace(endpoint, credential=refused(endpoint.credential, lax))
                problems += [lax] if lax not in problems else []
            found.append(endpoint)
    first = first or _default(parser)
    found.sort(key=lambda endpoint: endpoint.name != first)
    return found, problems


def _readable(path: Path, stat: os.stat_result) -> ConfigError | None:
    """Return why no key in the file is used; None where nobody else can read it."""
    mending = exposed_key(stat, str(path))
    if not mending:
        return None
    message = f"The keys in {path} are not used, as other users can read it."
    return ConfigError(message, f"Run: {mending}", file=str(path))


def changed_by_others(path: Path) -> ConfigError | None:
    """Return why no key goes to a host that the file names; None where nobody else can change it."""
    mending = changeable(path)
    if not mending:
        return None
    message = f"No key goes to the hosts in {path}, as other users can change it."
    return ConfigError(message, f"Run: {mending}", file=str(path))


def refused(credential: Credential, why: ConfigError) -> Credential:
    """Return a credential that says why it is not used, in place of the one that would send a key."""
    return replace(credential, token="", env="", command=(), file="", problem=why.message, hint=why.hint)


def kept_from(endpoint: Endpoint, why: ConfigError) -> Endpoint:
    """Return an endpoint that would send a key to the host of a profile, with the reason why it does not."""
    own = endpoint.credential
    keyed = any(holds_key(name, value) for name, value in endpoint.headers.items())
    if own.problem or (own.kind == "none" and not keyed and not secret_fields(endpoint.body)):
        return endpoint
    return replace(endpoint, credential=refused(own, why))


def completed(endpoint: Endpoint, profile: Endpoint | None) -> Endpoint:
    """Return the endpoint of `DATABRICKS_HOST` with the sign-in of the profile that the user chose.

    As Databricks' own tools do it, where the environment has no sign-in; but only where the
    profile is of the same host, as a key goes to no other.
    """
    own = endpoint.credential
    if profile is None or endpoint.kind != "databricks" or own.problem or own != of_host_alone():
        return endpoint
    theirs = profile.credential
    if profile.url != endpoint.url:
        other = PassedOver(theirs.source, "DATABRICKS_CONFIG_PROFILE names it, but it is of another host")
        return replace(endpoint, credential=replace(own, passed_over=(*own.passed_over, other)))
    why = "DATABRICKS_CONFIG_PROFILE names the profile, and the environment no other sign-in"
    return replace(
        endpoint,
        credential=replace(theirs, why=why),
        headers={**profile.headers, **endpoint.headers},
        model=endpoint.model or profile.model,
    )


def why_first(path: Path, endpoint: Endpoint, environ: Mapping[str, str]) -> str:
    """Return what names the profile that an endpoint stands for as the first; empty when nothing does.

    Args:
        path: the file.
        endpoint: as it is offered.
        environ: the environment variables.
    """
    why, name = "DATABRICKS_CONFIG_PROFILE names it", environ.get("DATABRICKS_CONFIG_PROFILE", "").strip()
    if not name:
        try:
            parser, _ = _parsed(path.read_text("utf-8-sig"), path)
        except (OSError, ValueError):
            return ""
        why, name = f"default_profile of [{SETTINGS}]", _default(parser)
    return why if name and endpoint.source == _source(path, name) else ""


def _default(parser: ConfigParser) -> str:
    return parser.get(SETTINGS, "default_profile", fallback="").strip()


def _source(path: Path, name: str) -> str:
    """Return a profile as people know it."""
    return f"{path.name} [{one_line(name, 60)}]"


def left_out(path: Path, used: Mapping[str, str]) -> list[PassedOver]:
    """Return the profiles that are not offered, and why; what is wrong is told by `from_profiles`.

    Args:
        path: the file.
        used: profile -> the endpoint of the configuration that is made from it.
    """
    try:
        parser, _ = _parsed(path.read_text("utf-8-sig"), path)
    except (OSError, ValueError):
        return []
    found: list[PassedOver] = []
    for name in parser.sections():
        values = parser[name]
        what = _source(path, name)
        if name == SETTINGS:
            continue
        if name in used:
            found.append(PassedOver(what, f"it is offered as {used[name]}"))
        elif not values.get("host"):
            found.append(PassedOver(what, "it names no host"))
        elif "//accounts." in (values["host"] or "") and not values.get("workspace_id"):
            found.append(PassedOver(what, "an account's console serves no models: it names no workspace_id"))
    return found


def _parsed(text: str, path: Path) -> tuple[ConfigParser, list[ConfigError]]:
    """Return what can be read of the file: a broken line does not hide the profiles around it."""
    import configparser  # noqa: PLC0415 - most people have no such file, and start without it

    # No interpolation: a `%` is a character like any other in a token.
    parser = configparser.ConfigParser(default_section=_NO_DEFAULTS, interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.MissingSectionHeaderError as error:
        torn = error.line.lstrip().startswith("[")
        problem = ConfigError(
            f"{path}, line {error.lineno}: "
            + (
                "this is no [profile]: its ] is missing."
                if torn
                else "there is a value before the first [profile]."
            ),
            "Close it with ]." if torn else "Put a line such as [DEFAULT] above it.",
            file=str(path),
            line=error.lineno,
            key=WHOLE_FILE,
        )
        return parser, [problem]
    except configparser.ParsingError as error:
        line = error.errors[0][0] if error.errors else None
        problem = ConfigError(
            f"{path}, line {line}: this is neither [profile] nor key = value.",
            "Mend or remove the line.",
            file=str(path),
            line=line,
            key=WHOLE_FILE,
        )
        return parser, [problem]
    return parser, []


def _line_of(text: str, section: str) -> int | None:
    header = re.compile(rf"\s*\[{re.escape(section)}\]")
    return next((number for number, line in enumerate(text.splitlines(), 1) if header.match(line)), None)


def _endpoint(name: str, values: Mapping[str, str | None], path: Path) -> Endpoint | None:
    """Return the endpoint of one profile, None for one that names no workspace.

    Raises:
        ConfigError: it cannot be used, and its owner should know.
    """

    def value(key: str) -> str:
        return (values.get(key) or "").strip()

    source = _source(path, name)
    host = value("host")
    if not host:
        if not value("token"):
            return None
        raise ConfigError(
            f"The profile [{one_line(name, 60)}] of {path} has a token but no host.",
            "Add host = https://…; a token is only ever sent to the host beside it.",
            key=dotted(("profiles", name, "host")),
        )
    try:
        url = normalise_url("databricks", host)
    except ConfigError as error:
        message = (
            f"The profile [{one_line(name, 60)}] of {path} has a host that cannot be used. {error.message}"
        )
        raise ConfigError(message, error.hint, key=dotted(("profiles", name, "host"))) from error
    if "//accounts." in url and not value("workspace_id"):
        return None  # the account's console: no model is served there
    return Endpoint(
        name=name,
        url=url,
        kind="databricks",
        credential=chosen(value, str, source=source, profile=name),
        source=source,
        model=model_in_url(host),
        headers=workspace_headers(value("workspace_id")),
    )
