"""The configuration file: read, never written, and never a reason not to start.

What is wrong becomes a problem that names file, line and key; everything valid is kept.
Here is also where files belong, and the one list of endpoints that the program offers.
Neither httpx nor textual is imported: this runs before the first frame.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import platformdirs

from fmtui.core import config_checks as checks
from fmtui.core.auth import without_keys_of_others
from fmtui.core.config_checks import Checks, Report, UnfitError, dotted, nearest
from fmtui.core.config_endpoints import read_endpoint
from fmtui.core.config_sign_in import with_profile
from fmtui.core.config_terminal import TerminalTable, read_terminal
from fmtui.core.config_text import broken_at
from fmtui.core.config_view import ViewTable, read_view
from fmtui.core.endpoints import DEMO, LOCAL_SERVERS, Endpoint, key_variables
from fmtui.core.environment import from_environment
from fmtui.core.errors import ConfigError
from fmtui.core.parameters import Settings
from fmtui.core.private import changeable
from fmtui.core.profiles import changed_by_others, completed, from_profiles, kept_from, profiles_path
from fmtui.core.record import record
from fmtui.core.text import one_line

if TYPE_CHECKING:
    from fmtui.core.hints import Hint

_APP = "fmtui"


@record
class Config:
    """What the configuration file says, as far as it is valid."""

    path: Path
    """The file, whether it exists or not; no key."""
    default_endpoint: str = ""
    """The endpoint to start with; the last one used when left out."""
    theme: str = ""
    """The theme; the one picked in the app last when left out."""
    prompt: str = ""
    """One of your prompts, by its name: its system prompt and parameters are used where nothing else says
    them; no variable of it may be without a value."""
    params: Settings = field(default_factory=dict)
    """What replies are asked with, for endpoints that do not say it themselves; no key."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys of commands, by the command's id: `"reply.stop" = "escape"`; several with commas or as a list."""
    endpoints: tuple[Endpoint, ...] = ()
    """A table for each endpoint: `[endpoints.NAME]`."""
    models: Mapping[str, Hint] = field(default_factory=dict)
    """What fmtui does not know of a model, or knows wrongly: `[models."NAME"]`, or `"ENDPOINT/NAME"`."""
    terminal: TerminalTable = field(default_factory=TerminalTable)
    """The table `[terminal]`: how the screen is written."""
    view: ViewTable = field(default_factory=ViewTable)
    """The table `[view]`: how conversations are shown."""
    problems: tuple[ConfigError, ...] = ()
    """What is wrong with the file; no key."""


CONFIG_KEYS: Checks = MappingProxyType(
    {
        "default_endpoint": checks.word,
        "theme": checks.word,
        "prompt": checks.word,
        **checks.PARAMETER_KEYS,
        "keys": checks.table,
        "endpoints": checks.table,
        "models": checks.table,
        "terminal": checks.table,
        "view": checks.table,
    }
)
"""How each key of `Config` is judged."""


# ---- places -----------------------------------------------------------------


def config_path(environ: Mapping[str, str], override: str = "") -> Path:
    """Return where the configuration file is: `--config`, else `FMTUI_CONFIG`, else the usual place."""
    named = override or environ.get("FMTUI_CONFIG", "")
    if named:
        return _expanded(named)
    return _folder(environ, "XDG_CONFIG_HOME", platformdirs.user_config_path) / "config.toml"


def data_dir(environ: Mapping[str, str], override: str = "") -> Path:
    """Return the folder of what the user made: `--data-dir`, else `FMTUI_DATA_DIR`, else the usual place.

    Sessions are in its folder `sessions`.
    """
    named = override or environ.get("FMTUI_DATA_DIR", "")
    if named:
        return _expanded(named)
    return _folder(environ, "XDG_DATA_HOME", platformdirs.user_data_path)


def state_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder of what the program remembers by itself."""
    return _folder(environ, "XDG_STATE_HOME", platformdirs.user_state_path)


def _folder(environ: Mapping[str, str], variable: str, usual: Callable[[str], Path]) -> Path:
    chosen = Path(environ.get(variable, ""))
    # A relative path is to be ignored, says the XDG standard.
    return chosen / _APP if chosen.is_absolute() else usual(_APP)


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # no such user: opening the file will say so
        return Path(name)


# ---- the file ---------------------------------------------------------------


def load(path: Path) -> Config:
    """Return what the file says. Never raises: what is wrong is in `problems`. No file is no problem."""
    try:
        with path.open("rb") as stream:
            private = os.name != "posix" or not os.fstat(stream.fileno()).st_mode & 0o077
            content = stream.read()
    except FileNotFoundError:
        return Config(path=path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no path"
        return _broken(path, f"{path} cannot be read: {reason}.", "Check its owner and mode.")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _broken(path, f"{path}, line {line}: this is not UTF-8 text.", "Save the file as UTF-8.", line)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _unparsed(path, str(error), text)
    except ValueError:  # the reader does not catch what Python says of such a number
        return _broken(path, f"{path} holds a number of thousands of digits.", "None of it is used.")
    except RecursionError:
        return _broken(path, f"{path} is nested too deeply.", "None of it is used.")
    return _read(table, Report(path, text, private=private, mending=changeable(path)))


def _broken(path: Path, message: str, hint: str, line: int | None = None) -> Config:
    return Config(path=path, problems=(ConfigError(message, hint, file=str(path), line=line),))


def _unparsed(path: Path, reason: str, text: str) -> Config:
    """Return the configuration of a file that is not TOML: nothing, and one problem."""
    words, line = broken_at(reason, text)
    where = f"{path}, line {line}" if line else str(path)
    message = f"{where}: this is not TOML: {words}."
    return _broken(
        path, message, "Text values need quotes. Nothing of the file is used until it is mended.", line
    )


def _read(table: Mapping[str, object], report: Report) -> Config:
    values = report.read(table, (), CONFIG_KEYS)
    params = {name: values.pop(name) for name in checks.PARAMETER_KEYS if name in values}
    bindings: dict[str, str] = {}
    _read_bindings(values.pop("keys", {}), ("keys",), report, bindings)
    endpoints = [
        endpoint
        for name, entry in values.pop("endpoints", {}).items()
        if (endpoint := read_endpoint(name, entry, report)) is not None
    ]
    models = values.pop("models", {})
    if models:
        from fmtui.core.config_models import read_models  # noqa: PLC0415 - few files have the table

        models = read_models(models, report)
    view = read_view(values.pop("view", {}), report)
    terminal = read_terminal(values.pop("terminal", {}), report)
    return Config(
        path=report.path,
        params=params,
        keys=bindings,
        endpoints=tuple(endpoints),
        models=models,
        terminal=terminal,
        view=view,
        problems=tuple(report.problems),
        **values,
    )


def _read_bindings(
    table: Mapping[str, object], where: tuple[str, ...], report: Report, found: dict[str, str]
) -> None:
    """Read `[keys]`; an id whose dots were not quoted has become tables within tables."""
    for name, value in table.items():
        if isinstance(value, dict):
            _read_bindings(value, (*where, name), report, found)
            continue
        try:
            found[".".join((*where, name)[1:])] = checks.binding(value)
        except UnfitError as error:
            report.unfit((*where, name), value, error)


# ---- what is offered --------------------------------------------------------


def offered(
    config: Config, environ: Mapping[str, str], home: Path
) -> tuple[tuple[Endpoint, ...], tuple[ConfigError, ...]]:
    """Return every endpoint that can be talked to, and everything wrong with where they come from.

    The configuration's come first, then those of `DATABRICKS_HOST`, of `~/.databrickscfg` and
    of `OPENAI_API_KEY`; the demo is always last. Names are unique. The problems include the
    configuration's own.
    """
    problems = list(config.problems)
    if (
        environ.get("FMTUI_CONFIG")
        and config.path == _expanded(environ["FMTUI_CONFIG"])
        and not config.path.exists()
    ):
        message = f"FMTUI_CONFIG names {config.path}, which does not exist."
        problems.append(ConfigError(message, "Create it, or unset the variable.", file=str(config.path)))
    chosen = environ.get("DATABRICKS_CONFIG_PROFILE", "").strip()
    path = profiles_path(environ, home)
    profiles, wrong = from_profiles(path, chosen)
    problems += wrong
    by_name = {profile.name: profile for profile in profiles}
    if chosen and chosen not in by_name:
        problems.append(
            ConfigError(
                f"DATABRICKS_CONFIG_PROFILE names {one_line(chosen, 60)}, which {path} does not offer.",
                nearest(chosen, by_name),
                key="DATABRICKS_CONFIG_PROFILE",
            )
        )
    own = _with_profiles(config, by_name, path, problems)
    used = {endpoint.profile for endpoint in own}
    environment, wrong = from_environment(environ)
    environment = [completed(endpoint, by_name.get(chosen)) for endpoint in environment]
    problems += wrong
    found = [
        *own,
        *(endpoint for endpoint in environment if endpoint.kind == "databricks"),
        *(profile for profile in profiles if profile.name not in used),
        *(endpoint for endpoint in environment if endpoint.kind == "openai"),
    ]
    placeless = not environ.get("DATABRICKS_HOST", "").strip()
    for name in ("DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET") if placeless else ():
        if environ.get(name, "").strip() and not any(e.kind == "databricks" for e in found):
            message = f"{name} is set but DATABRICKS_HOST is not, so it is not used."
            hint = "Set DATABRICKS_HOST to your workspace."
            problems.append(ConfigError(message, hint, key="DATABRICKS_HOST"))
    variables = key_variables(found)
    found = [
        replace(endpoint, credential=without_keys_of_others(endpoint.credential, variables))
        for endpoint in found
    ]
    layers = _layers(config, found, problems)
    endpoints = _unique([_with_defaults(endpoint, config, layers) for endpoint in (*found, DEMO)])
    _check_default(config, endpoints, problems)
    return endpoints, tuple(problems)


def _with_profiles(
    config: Config, profiles: Mapping[str, Endpoint], path: Path, problems: list[ConfigError]
) -> list[Endpoint]:
    """Return the configuration's endpoints, completed by the profiles they name."""
    found: list[Endpoint] = []
    for endpoint in config.endpoints:
        if not endpoint.profile:
            found.append(endpoint)
        elif endpoint.profile in profiles:
            lax = changed_by_others(path)
            whole = with_profile(endpoint, profiles[endpoint.profile])
            found.append(whole if lax is None else kept_from(whole, lax))
        else:
            keys = ("endpoints", endpoint.name, "profile")
            message = f"{dotted(keys)} names a profile that {path} does not offer."
            problems.append(_problem(config, keys, message, nearest(endpoint.profile, profiles)))
    return found


def _layers(
    config: Config, endpoints: Iterable[Endpoint], problems: list[ConfigError]
) -> Mapping[str, Settings]:
    """Return what the prompts say that are named; see `layers_of`."""
    if not (config.prompt or any(endpoint.prompt for endpoint in endpoints)):
        return {}
    from fmtui.core.prompt_defaults import layers_of  # noqa: PLC0415 - few configurations name one
    from fmtui.core.prompts import PromptFolder  # noqa: PLC0415 - same

    return layers_of(
        PromptFolder.beside(config.path),
        config.prompt,
        endpoints,
        lambda keys, message, hint: problems.append(_problem(config, keys, message, hint)),
    )


def _with_defaults(endpoint: Endpoint, config: Config, layers: Mapping[str, Settings]) -> Endpoint:
    """Return an endpoint with what the configuration, and the prompts that it names, say by default."""
    of_all, own = layers.get("", {}), layers.get(endpoint.prompt, {}) if endpoint.prompt else {}
    return replace(endpoint, params={**of_all, **config.params, **own, **endpoint.params})


def _unique(endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """Return the endpoints under names that each is alone with; the demo keeps its own."""
    taken: set[str] = set()
    found: list[Endpoint] = []
    for endpoint in endpoints:
        name, number = endpoint.name, 2
        while name in taken or (name == DEMO.name and endpoint.url != DEMO.url):
            name, number = f"{endpoint.name}-{number}", number + 1
        taken.add(name)
        found.append(endpoint if name == endpoint.name else replace(endpoint, name=name))
    return tuple(found)


def _check_default(config: Config, endpoints: Iterable[Endpoint], problems: list[ConfigError]) -> None:
    """Note a default endpoint that nothing offers; a local server may still turn up."""
    names = {endpoint.name for endpoint in endpoints}
    wanted = config.default_endpoint
    if not wanted or wanted in names | {server.name for server in LOCAL_SERVERS}:
        return
    message = f"default_endpoint names {one_line(wanted, 60)}, which is not offered."
    problems.append(_problem(config, ("default_endpoint",), message, nearest(wanted, names)))


def _problem(config: Config, keys: tuple[str, ...], message: str, hint: str) -> ConfigError:
    """Return a problem that shows only beside other sources; its line is looked up in the file again."""
    try:
        text = config.path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        text = ""
    report = Report(config.path, text, private=True)
    report.add(keys, message, hint)
    return report.problems[0]
