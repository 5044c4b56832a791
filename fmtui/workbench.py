"""Builds what the commands and the app work with, each part when it is first asked for.

Start-up time lives here: the configuration is read without httpx and without textual, and
only `connect` imports the client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core import config as configuration
from fmtui.core.auth import KEY_VARIABLES
from fmtui.core.chat import Model
from fmtui.core.config_checks import dotted
from fmtui.core.endpoints import DEMO, LOCAL_SERVERS, Endpoint, key_variables
from fmtui.core.errors import ConfigError, SessionNotFoundError, StorageError, UsageError
from fmtui.core.state import StateFile

if TYPE_CHECKING:  # the client brings httpx, which most commands do without; the first frame needs neither
    from fmtui.core.auth import PassedOver
    from fmtui.core.client import Client
    from fmtui.core.costs import CostFile
    from fmtui.core.hints import Hint, Known
    from fmtui.core.origins import Origin
    from fmtui.core.refusals import Refusals
    from fmtui.core.sessions import Session, SessionStore


LATEST = "latest"
"""What stands for the id of the newest session."""

_NAMES_SHOWN = 12
_GATHER_S = 0.05
"""Longer than a frame is shown, so that what was read is drawn at once. Each read wakes all that is between
the socket and the screen: twenty a second take a tenth less of the processor than twenty-five."""

_LATE = "httpcore", "anyio._backends._asyncio"
"""What httpx imports with its first request: in the app's event loop that is a stall of two frames."""


def connect(environ: Mapping[str, str] | None = None) -> Client:
    """Return a client that also answers for the demo endpoint, and gives out each event as it comes.

    Args:
        environ: where keys, proxies and certificates are looked up; the process's own by default.
    """
    return _client(0.0, environ)


def connect_gathering(environ: Mapping[str, str] | None = None) -> Client:
    """Return the client of the app, which draws a frame at a time and needs no event earlier."""
    client = _client(_GATHER_S, environ)
    for name in _LATE:
        with suppress(ImportError):
            import_module(name)
    return client


def _client(gather_s: float, environ: Mapping[str, str] | None) -> Client:
    # Both bring httpx, a tenth of a second that listings and the first frame do without.
    from fmtui.core.client import Client  # noqa: PLC0415 - see above
    from fmtui.core.demo import DemoTransport  # noqa: PLC0415 - see above

    return Client(transports={DEMO.name: DemoTransport()}, gather_s=gather_s, environ=environ)


def nearest(name: str, names: Iterable[str], limit: int = _NAMES_SHOWN) -> str:
    """Return a hint for a name that does not exist: the nearest names first, then others, at most `limit`."""
    import difflib  # noqa: PLC0415 - only a mistake pays for it

    offered = list(names)
    if not offered:
        return ""
    folded = {other.casefold(): other for other in offered}
    near = [folded[match] for match in difflib.get_close_matches(name.casefold(), folded, 3, 0.5)]
    shown = (near + [other for other in offered if other not in near])[:limit]
    more = "" if len(offered) <= len(shown) else f" and {len(offered) - len(shown)} more"
    guess = f"Did you mean {near[0]}? " if near else ""
    return f"{guess}There are: {', '.join(shown)}{more}."


def named(name: str, endpoints: Iterable[Endpoint]) -> Endpoint | None:
    """Return the endpoint of that name; capitals do not matter."""
    folded = name.casefold()
    return next((endpoint for endpoint in endpoints if endpoint.name.casefold() == folded), None)


def why_missing(name: str, problems: Iterable[ConfigError]) -> ConfigError | None:
    """Return the problem for which an endpoint of that name is not offered, None when there is none."""
    wanted = [dotted((table, name)).casefold() for table in ("endpoints", "profiles")]
    for problem in problems:
        key = problem.key.casefold()
        if any(key == each or key.startswith(f"{each}.") for each in wanted):
            return problem
    return None


class Workbench:
    """The configuration, the stores and the client of one run.

    Args:
        environ: the environment variables.
        home: the user's home folder.
        config: path of the configuration file, when the user named one.
        data_dir: path of the data folder, when the user named one.
        connect: makes the client of commands.
        connect_app: makes that of the app.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        home: Path,
        *,
        config: str = "",
        data_dir: str = "",
        connect: Callable[[Mapping[str, str]], Client] = connect,
        connect_app: Callable[[Mapping[str, str]], Client] = connect_gathering,
    ) -> None:
        self.connect = partial(self._connected, connect)
        self.connect_app = partial(self._connected, connect_app)
        self._environ = environ
        self._home = home
        self._config = config
        self._data_dir = data_dir

    def _connected(self, connect: Callable[[Mapping[str, str]], Client]) -> Client:
        client = connect(self._environ)
        client.refusals = self.refusals
        return client

    @cached_property
    def config_path(self) -> Path:
        """Where the configuration is, or would be."""
        return configuration.config_path(self._environ, self._config)

    @cached_property
    def config(self) -> configuration.Config:
        """The configuration, as far as it is valid.

        Raises:
            ConfigError: the file that the user named does not exist.
        """
        if self._config and not self.config_path.exists():
            raise ConfigError(
                f"There is no configuration file {self.config_path}.",
                "Check the path behind --config.",
                file=str(self.config_path),
            )
        return configuration.load(self.config_path)

    @cached_property
    def _offered(self) -> tuple[tuple[Endpoint, ...], tuple[ConfigError, ...]]:
        return configuration.offered(self.config, self._environ, self._home)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """What can be talked to, in the order to offer it; the demo is last."""
        return self._offered[0]

    def endpoints_for_app(self, asked: str) -> tuple[tuple[Endpoint, ...], str]:
        """Return what the app offers, and the exact name of the endpoint that the user means.

        Args:
            asked: the name on the command line; empty when none was given. It may be that of a
                server on this machine, which is then offered without asking whether it answers.

        Raises:
            UsageError: no endpoint has this name. Opening another one instead would send
                prompts where their owner does not want them.
            ConfigError: the same, because of what is wrong with its table or profile.
        """
        found = named(asked, self.endpoints)
        if found is not None or not asked:
            return self.endpoints, found.name if found is not None else ""
        *others, demo = self.endpoints
        local = named(asked, LOCAL_SERVERS)
        if local is not None:
            return (*others, local, demo), local.name
        if problem := why_missing(asked, self.problems):
            raise problem
        problems = self.problems_for_all(missing=True)
        hint = str(problems[0]) if problems else nearest(asked, [e.name for e in self.endpoints])
        raise UsageError(f"There is no endpoint “{asked}”.", hint)

    def look_again(self, asked: str) -> tuple[tuple[Endpoint, ...], tuple[ConfigError, ...]]:
        """Return what the app offers and what is wrong, read anew; the environment stays as it was.

        Args:
            asked: the endpoint that was named on the command line.

        Raises:
            ConfigError: the file that the user named does not exist any more.
        """
        now = Workbench(self._environ, self._home, config=self._config, data_dir=self._data_dir)
        try:
            return now.endpoints_for_app(asked)[0], now.problems
        except UsageError:  # it is gone
            return now.endpoints, now.problems

    @property
    def problems(self) -> tuple[ConfigError, ...]:
        """What is wrong with the configuration, the environment and the profiles."""
        return self._offered[1]

    def origins(self, local: Iterable[Endpoint] = ()) -> tuple[list[Origin], list[PassedOver]]:
        """Return where each endpoint and its key came from, and what was found and is not offered.

        Args:
            local: servers of this machine that answer; those that are configured too are left out.
        """
        from fmtui.core import origins  # noqa: PLC0415 - for those who ask
        from fmtui.core.profiles import left_out, why_first  # noqa: PLC0415 - same

        urls = {endpoint.url for endpoint in self.endpoints}
        *others, demo = self.endpoints
        offered = (*others, *(server for server in local if server.url not in urls), demo)
        preferred = why_first(self.profiles_path, offered[0], self._environ)
        default, remembered = self.config.default_endpoint, self.state.load().endpoint
        first = dict([origins.first_choice(offered, default, remembered, preferred)])
        found = [origins.origin(e, self._environ, offered, first=first.get(e.name, "")) for e in offered]
        unused = origins.unused_variables(self._environ, offered)
        used = {each.profile: each.name for each in reversed(self.endpoints) if each.profile}
        return found, unused + left_out(self.profiles_path, used)

    def problems_for_all(self, *, missing: bool = False) -> tuple[ConfigError, ...]:
        """The problems that concern every request and, if wanted, those that may hide a missing endpoint."""
        # A profile's own matter only to whoever looks for it.
        of_all, hiding = {"", str(self.config_path)}, {"profiles"} if missing else set[str]()
        return tuple(p for p in self.problems if p.file in of_all or p.key in hiding)

    def key_variables(self) -> set[str]:
        """Return the names of the environment variables that hold keys."""
        return {*KEY_VARIABLES, *key_variables(self.endpoints)}

    @cached_property
    def store(self) -> SessionStore:
        """The sessions; nothing on the disk is touched yet."""
        from fmtui.core.sessions import SessionStore  # noqa: PLC0415 - the first frame does without

        return SessionStore(configuration.data_dir(self._environ, self._data_dir) / "sessions")

    def close_to_others(self, *, files: bool) -> list[StorageError]:
        """Take away what other users may do with what fmtui keeps; return what could not be closed.

        Args:
            files: whether to look at each file; closed folders keep others out already.
        """
        from fmtui.core.private import close_to_others  # noqa: PLC0415 - the first frame does without

        data = configuration.data_dir(self._environ, self._data_dir)
        # A folder that the user chose may hold other things, for other people.
        chosen = self._data_dir or self._environ.get("FMTUI_DATA_DIR")
        own = [] if chosen else [data]
        return close_to_others([*own, data / "sessions", self.state.path.parent], files=files)

    def open_session(self, asked: str, *, write: bool) -> Session:
        """Open the session that the user means.

        Args:
            asked: `latest`, an id, or the beginning of one.
            write: whether it is to be written to.

        Raises:
            SessionNotFoundError: none is meant, or several.
            StorageError: it cannot be read.
        """
        if asked == LATEST:
            asked = self.store.latest() or ""
            if not asked:
                raise SessionNotFoundError("There is no session yet.", "Start one: fmtui, or fmtui ask.")
        try:
            return self.store.open(asked, write=write)
        except SessionNotFoundError as error:
            ids = [head.id for head in self.store.heads()]
            matches = [session_id for session_id in ids if session_id.startswith(asked)]
            if len(matches) == 1:
                return self.store.open(matches[0], write=write)
            if matches:
                hint = "Several begin like that: " + ", ".join(matches[:5])
            else:
                hint = nearest(asked, ids, 3) or "There are no sessions yet."
            raise SessionNotFoundError(f"There is no session “{asked}”.", hint) from error

    @cached_property
    def known(self) -> Known:
        """What is known of models beforehand: windows and prices."""
        from fmtui.core.hints import Known  # noqa: PLC0415 - the first frame does without

        return Known(self.config.models)

    def known_of(self, endpoint: Endpoint, model: str, listed: Model | None) -> Hint:
        """Return what is known of a model; see `Known.of`."""
        return self.known.of(endpoint, model, listed)

    def hinted(self, endpoint: Endpoint, model: Model) -> Model:
        """Return a listed model with what is known of it otherwise."""
        hint = self.known.of(endpoint, model.name, model)
        return model._replace(context_window=hint.window, price_in=hint.price_in, price_out=hint.price_out)

    def hint(self, endpoint: Endpoint, model: Model) -> Hint:
        """Return what is known of a model that was not listed just now; reads what was listed before."""
        hint = self.known.of(endpoint, model.name, model)
        if hint.window is None or hint.price_in is None:
            from fmtui.core.model_cache import ModelCache, origin_of  # noqa: PLC0415 - few models need it

            kept = ModelCache(self.models_path).load().get(endpoint.name)
            if kept is not None and kept.origin == origin_of(endpoint):
                listed = next((each for each in kept.models if each.name == model.name), None)
                hint = self.known.of(endpoint, model.name, listed)
        return hint

    @property
    def models_path(self) -> Path:
        """Where the lists of models are."""
        return self.state.path.with_name("models.json")

    @cached_property
    def costs(self) -> CostFile:
        """What replies cost."""
        from fmtui.core.costs import CostFile  # noqa: PLC0415 - the first frame does without

        return CostFile(configuration.state_dir(self._environ) / "costs")

    @property
    def profiles_path(self) -> Path:
        """Where Databricks' own tools keep their profiles."""
        from fmtui.core.profiles import profiles_path  # noqa: PLC0415 - for those who ask

        return profiles_path(self._environ, self._home)

    @property
    def log_path(self) -> Path:
        """Where the log is."""
        return configuration.state_dir(self._environ) / "fmtui.log"

    @cached_property
    def refusals(self) -> Refusals:
        """What models turned out not to take."""
        from fmtui.core.refusals import Refusals  # noqa: PLC0415 - what reads answers, which listings do without

        return Refusals(self.state)

    @cached_property
    def state(self) -> StateFile:
        """What the program remembers."""
        return StateFile(configuration.state_dir(self._environ) / "state.toml")
