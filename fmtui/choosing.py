"""Which endpoint, model and mode a command means, when it does not say.

Each choice falls back in the same order: what was typed, what the session used last, what
the endpoint is configured with, what the app remembers.

The mode follows the model's task. Asking for the task costs a request before the first
token, so it is asked for only where the answer is in doubt: serving endpoints of a
workspace other than the `databricks-` ones, a prefix that is reserved for Databricks' own
models, which chat (the MPT models excepted). Other servers seldom say the task in their
lists; it counts where the list was needed for the model's name. A listing that fails or
takes long is overruled by `chat`, the mode of nearly every model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from fmtui.core.chat import Mode, Model, Params
from fmtui.core.endpoints import DEMO, Endpoint, task_in_doubt
from fmtui.core.errors import ConfigError, FmtuiError, UsageError
from fmtui.core.parameters import BY_NAME, Settings, applied
from fmtui.core.state import State
from fmtui.options import Options
from fmtui.workbench import Workbench, named, nearest, why_missing

TASK_LIMIT_S = 3.0
"""How long a listing may hold up the request for the sake of the mode."""

_NAMES_SHOWN = 12


class Lists(Protocol):
    """The part of the client that looks around."""

    async def models(self, endpoint: Endpoint) -> list[Model]:
        """Return what the endpoint offers."""
        ...

    async def local_servers(self) -> list[Endpoint]:
        """Return the servers on this machine that answer."""
        ...


async def endpoint_of(
    bench: Workbench,
    client: Lists,
    *,
    asked: str,
    used: str,
    remembered: str,
    tell: Callable[[ConfigError], None],
) -> Endpoint:
    """Return the endpoint to talk to, and tell what else is wrong with the configuration.

    Args:
        bench: what is configured.
        client: looks for servers on this machine, when nothing that is offered fits.
        asked: the name on the command line.
        used: the name of the one that the session used last.
        remembered: the name of the one that the app used last.
        tell: hears of each problem that the error, if there is one, does not say.

    Raises:
        FmtuiError: as `choose_endpoint` does.
    """
    said = ""
    missing = False
    in_doubt: tuple[ConfigError, ...] = ()
    if bench.endpoints[0].source != bench.config_path.name:  # none of the configuration's own can be used
        in_doubt = bench.problems if len(bench.endpoints) == 1 else bench.problems_for_all()
    try:
        if asked and not named(asked, bench.endpoints) and (why := why_missing(asked, bench.problems)):
            raise why
        chosen = await choose_endpoint(
            bench.endpoints,
            client,
            asked=asked,
            used=used,
            default=bench.config.default_endpoint,
            remembered=remembered,
            in_doubt=in_doubt,
        )
        said = chosen.credential.problem  # its request will fail for that
    except FmtuiError as error:
        said = error.message
        missing = True
        raise
    else:
        return chosen
    finally:
        for problem in bench.problems_for_all(missing=missing):
            # A default that is not offered is an error of its own, where it matters.
            if problem.message != said and problem.key != "default_endpoint":
                tell(problem)


async def choose_endpoint(
    endpoints: Sequence[Endpoint],
    client: Lists,
    *,
    asked: str,
    used: str,
    default: str,
    remembered: str,
    in_doubt: Sequence[ConfigError] = (),
) -> Endpoint:
    """Return the endpoint to talk to.

    Args:
        endpoints: what is offered, the demo last.
        client: looks for servers on this machine, when nothing that is offered fits.
        asked: the name on the command line.
        used: the name of the one that the session used last.
        default: the name in the configuration.
        remembered: the name of the one that the app used last.
        in_doubt: what is wrong with what is configured, when nobody named an endpoint.

    Raises:
        UsageError: no endpoint has the name that was typed.
        ConfigError: no endpoint has the name in the configuration, or none was named and the
            one that is meant may be missing because of a problem.
    """
    if asked:
        if found := named(asked, endpoints) or named(asked, local := await client.local_servers()):
            return found
        names = [endpoint.name for endpoint in (*endpoints, *local)]
        raise UsageError(f"There is no endpoint “{asked}”.", nearest(asked, names))
    if used and (found := named(used, endpoints) or named(used, await client.local_servers())):
        return found
    if default:
        if found := named(default, endpoints) or named(default, await client.local_servers()):
            return found
        names = [endpoint.name for endpoint in endpoints]
        raise ConfigError(
            f"default_endpoint is “{default}”, but there is no such endpoint.",
            nearest(default, names),
            key="default_endpoint",
        )
    if remembered and (found := named(remembered, endpoints)):
        return found
    first = endpoints[0]
    if first.name == DEMO.name and (local := await client.local_servers()):
        return local[0]
    for problem in in_doubt:
        if _hides_another(problem, first):
            raise problem
    return first


def _hides_another(problem: ConfigError, first: Endpoint) -> bool:
    """Return whether a problem may be why this endpoint comes first, and not the one that is meant.

    A prompt must not go to another server than its owner believes, nor be answered by the
    demo, because of a slip in a file.
    """
    if first.name == DEMO.name:
        return True
    if problem.key.startswith("DATABRICKS_"):
        return first.kind == "databricks"
    # The configuration could not be read at all, or had endpoints of which none can be used.
    return not problem.key or problem.key.startswith("endpoints")


def known_model(options: Options, base: Params | None, endpoint: Endpoint, state: State) -> str:
    """Return the model to use; empty where nothing but the endpoint could tell."""
    used = base.model if base is not None and base.endpoint == endpoint.name else ""
    only = endpoint.models[0] if len(endpoint.models) == 1 else ""
    return options.model or used or endpoint.model or state.models.get(endpoint.name, "") or only


async def choose_model(
    options: Options, base: Params | None, endpoint: Endpoint, state: State, client: Lists
) -> Model:
    """Return the model to use; its task is known only where the server had to be asked for the name.

    Raises:
        UsageError: none was named and the endpoint offers several, or none.
        FmtuiError: none was named and the endpoint could not be asked.
    """
    if known := known_model(options, base, endpoint, state):
        return Model(known)
    models = [Model(name) for name in endpoint.models]
    models = models or [model for model in await client.models(endpoint) if model.ready]
    if len(models) == 1:
        return models[0]
    names = [model.name for model in models]
    shown = ", ".join(names[:_NAMES_SHOWN]) + (" …" if len(names) > _NAMES_SHOWN else "")
    hint = f"Name one with -m: {shown}" if names else "It lists none; name one with -m."
    raise UsageError(f"No model is chosen for “{endpoint.name}”.", hint)


async def choose_mode(
    options: Options, base: Params | None, endpoint: Endpoint, model: Model, client: Lists
) -> tuple[Mode, bool]:
    """Return the mode, and whether it is no more than a guess."""
    if options.mode is not None:
        return options.mode, False
    if endpoint.mode is not None:
        return endpoint.mode, False
    if base is not None and (base.endpoint, base.model) == (endpoint.name, model.name):
        return base.mode, False
    if model.mode is not None:
        return model.mode, False
    if not task_in_doubt(endpoint, model.name):
        return "chat", endpoint.kind != "databricks"
    try:
        async with asyncio.timeout(TASK_LIMIT_S):
            models = await client.models(endpoint)
    except (FmtuiError, TimeoutError):
        return "chat", True
    mode = next((entry.mode for entry in models if entry.name == model.name), None)
    return ("chat", True) if mode is None else (mode, False)


def unused(names: Iterable[str], mode: Mode) -> tuple[str, str] | None:
    """Return which parameters a mode does not take, as a sentence, and what to do; None when it takes all."""
    left_out = [name for name in names if mode not in BY_NAME[name].modes]
    if not left_out:
        return None
    other = BY_NAME[left_out[0]].modes[0]
    are, apply = ("is", "it applies") if len(left_out) == 1 else ("are", "they apply")
    return (
        f"{' and '.join(left_out)} {are} not sent: {apply} in {other} mode only.",
        f"If the model can do that, add --mode {other}.",
    )


def params_for(settings: Settings, endpoint: Endpoint, model: str, mode: Mode) -> Params:
    """Return what the reply is asked with: what was set for the session, else what is configured."""
    return applied(Params(endpoint=endpoint.name, model=model, mode=mode), endpoint.params, settings)
