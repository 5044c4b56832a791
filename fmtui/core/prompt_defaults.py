"""The prompts that the configuration names: for all endpoints, or for one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from fmtui.core.config_checks import Keys, dotted
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import UsageError
from fmtui.core.parameters import Settings
from fmtui.core.prompts import BUILT_IN, INPUT, Prompt, PromptFolder, built_in, filled, layer_of, places


def layers_of(
    folder: PromptFolder,
    of_all: str,
    endpoints: Iterable[Endpoint],
    report: Callable[[Keys, str, str], object],
) -> dict[str, Settings]:
    """Return what the prompts say that are named: by their names, and under "" the one for all endpoints.

    A system prompt with the date has that of the start.

    Args:
        folder: the user's prompts.
        of_all: the name of the one for all endpoints; empty for none.
        endpoints: each may name one.
        report: hears of one that cannot be used: which key names it, why, and a hint.
    """
    wanted: dict[str, Keys] = {of_all: ("prompt",)} if of_all else {}
    for endpoint in endpoints:
        if endpoint.prompt:
            wanted.setdefault(endpoint.prompt, ("endpoints", endpoint.name, "prompt"))
    found = folder.read()
    layers: dict[str, Settings] = {}
    for name, keys in wanted.items():
        try:
            layers[name] = _layer(found.wanted(name))
        except UsageError as error:
            report(keys, f"{dotted(keys)} cannot be used: {error.message}", error.hint)
    if of_all in layers:
        layers[""] = layers[of_all]
    return layers


def _layer(prompt: Prompt) -> Settings:
    values = prompt.values({}, built_in("", "", datetime.now().astimezone()))
    missing = [
        each.name for each in prompt.missing({**values, INPUT: ""}) if each.name in places(prompt.system)
    ]
    if unknown := [f"{{{{{name}}}}}" for name in missing if name in BUILT_IN]:
        raise UsageError(
            f"{unknown[0]} is known only once a prompt is used.", f"Take it out of {prompt.path}."
        )
    if missing:
        raise UsageError(
            f"the prompt {prompt.name} has no value for {', '.join(missing)}.",
            f"Give a default in {prompt.path}.",
        )
    layer = layer_of(prompt, filled(prompt.system, {**values, INPUT: ""}).rstrip("\n"))
    if not layer:
        raise UsageError(
            f"the prompt {prompt.name} has neither system nor params.", f'Add system = "…" to {prompt.path}.'
        )
    return layer
