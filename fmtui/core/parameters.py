"""Every parameter of a request: what it may be, how it is typed, and which fields it becomes.

Parameters are settled in layers, of which the last that says anything wins: what fmtui does by
itself, the endpoint's configuration, the session. A layer is a plain table, as TOML has it, so
that what a person wrote, what a session file keeps and what a command line says are one thing.
What no layer says is not sent; only `max_tokens` always is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from fmtui.core.chat import DEFAULT_MAX_TOKENS, MAX_TOKENS_LIMIT, Params
from fmtui.core.parameter_values import CHAT, COMPLETION, OURS, Parameter, quoted

Settings: TypeAlias = Mapping[str, Any]
"""Values of parameters by name, each as `Parameter.taken` returns it."""
Source = Literal["default", "endpoint", "session"]

REASONING_FIELD = "reasoning_content"
"""What stands for reasoning that is sent back, where fields are left out."""

# ---- the table --------------------------------------------------------------

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "max_tokens",
        "whole",
        f"a whole number from 1 to {MAX_TOKENS_LIMIT:,}",
        f"Most tokens a reply may have, reasoning included; always sent, {DEFAULT_MAX_TOKENS} when left out.",
        least=1,
        most=MAX_TOKENS_LIMIT,
    ),
    Parameter(
        "temperature", "number", "a number from 0 to 2", "How freely tokens are chosen, from 0 to 2.", most=2
    ),
    Parameter(
        "top_p",
        "number",
        "a number above 0, at most 1",
        "Only the likeliest tokens that make up this share are chosen from, up to 1.",
        above=True,
        most=1,
    ),
    Parameter(
        "top_k",
        "whole",
        "a whole number from 1 to 1,000,000",
        "Only so many of the likeliest tokens are chosen from; few servers other than Databricks take it.",
        least=1,
        most=1_000_000,
    ),
    Parameter(
        "stop",
        "texts",
        "text in quotes, or a list of 1 to 64 texts, none empty",
        "Texts that end the reply where they would come.",
        most=64,
    ),
    Parameter("system", "text", "text in quotes", "The system prompt.", CHAT),
    Parameter(
        "reasoning_effort",
        "word",
        f"one of {', '.join(_EFFORTS)}",
        f"How much the model is to reason: {', '.join(_EFFORTS)}; each model takes some of these.",
        CHAT,
        choices=_EFFORTS,
    ),
    Parameter(
        "thinking",
        "thinking",
        "a number of tokens from 1 to 10,000,000, adaptive or off",
        "Claude: tokens to think with, fewer than max_tokens; `adaptive` leaves it to the model and to "
        "reasoning_effort, `off` asks for none.",
        CHAT,
        least=1,
        most=MAX_TOKENS_LIMIT,
        choices=("adaptive", "off"),
    ),
    Parameter(
        "send_reasoning",
        "flag",
        "true or false",
        "Whether earlier reasoning is sent back to the model; false when left out.",
        CHAT,
        left_out="false",
    ),
    Parameter(
        "suffix", "text", "text in quotes, not empty", "Text that comes after what is completed.", COMPLETION
    ),
    Parameter("echo", "flag", "true or false", "Whether the reply starts with the prompt.", COMPLETION),
    Parameter(
        "error_behavior",
        "word",
        "one of error, truncate",
        "What happens to a prompt that is too long: `error` or `truncate`; Databricks only.",
        COMPLETION,
        choices=("error", "truncate"),
    ),
    Parameter(
        "use_raw_prompt",
        "flag",
        "true or false",
        "Whether the prompt goes to the model without the server's instructions around it; Databricks only.",
        COMPLETION,
    ),
    Parameter(
        "body",
        "table",
        f"a table that JSON can express, without null and without {', '.join(OURS)}",
        "Further fields of the request body.",
    ),
)
"""All parameters, in the order to show them."""

BY_NAME: Mapping[str, Parameter] = {each.name: each for each in PARAMETERS}
_OTHER_NAMES = {"thinking_budget": "thinking", "budget_tokens": "thinking", "effort": "reasoning_effort"}
_BEGINNING = 3
"""Letters by which a name is known that was not typed to its end."""
_FIELDS = {"body": "extra"}
"""Fields of `Params` that have another name."""


def parameter(name: str) -> Parameter:
    """Return a parameter by a name that a person typed.

    Raises:
        ValueError: with a sentence for the person, when there is none of that name.
    """
    word = name.strip().lower().replace("-", "_")
    found = BY_NAME.get(_OTHER_NAMES.get(word, word))
    if found is None:
        near = _nearest(word)
        every = f"there are: {', '.join(BY_NAME)}; any other field of the request is body.NAME"
        others = f"the nearest is {near}" if near else every
        raise ValueError(f"There is no parameter “{name.strip()[:60]}”; {others}")
    return found


def _nearest(word: str) -> str:
    """Return the parameter that a wrong name may mean: one that begins so, else one with the like letters."""
    import difflib  # noqa: PLC0415 - only a mistake pays for it

    for size in range(len(word), _BEGINNING - 1, -1):
        for name in BY_NAME:
            if name.startswith(word[:size]):
                return name
    return next(iter(difflib.get_close_matches(word, BY_NAME, 1, 0.5)), "")


# ---- layers -----------------------------------------------------------------


def assigned(settings: Settings, name: str, text: str) -> dict[str, Any]:
    """Return settings with one that a person typed; `body.NAME` is one further field of the request.

    Raises:
        ValueError: with a sentence for the person, when there is no such parameter or value.
    """
    whole, _, field = name.strip().partition(".")
    known = parameter(whole)
    if not field:
        return {**settings, known.name: known.parsed(text)}
    if known.shape != "table":
        raise ValueError(f"{known.name} has no parts")
    value = quoted(text.strip())
    try:
        return {**settings, known.name: known.taken({**settings.get(known.name, {}), field: value})}
    except ValueError:
        raise ValueError(
            f"{known.name}.{field} cannot be set so: {known.name} must be {known.wanted}"
        ) from None


def unassigned(settings: Settings, name: str) -> dict[str, Any]:
    """Return settings without one of them, or without one field of `body`.

    Raises:
        ValueError: with a sentence for the person, when there is no such parameter.
    """
    whole, _, field = name.strip().partition(".")
    known = parameter(whole)
    left = {each: value for each, value in settings.items() if each != known.name}
    if field and (
        kept := {each: value for each, value in settings.get(known.name, {}).items() if each != field}
    ):
        left[known.name] = kept
    return left


def settings_from(table: object) -> dict[str, Any]:
    """Return what is valid of a table that may say anything, such as one of a session file."""
    settings: dict[str, Any] = {}
    for name, value in table.items() if isinstance(table, Mapping) else ():
        known = BY_NAME.get(name)
        if known is not None:
            try:
                settings[name] = known.taken(value)
            except ValueError:
                continue
    return settings


def applied(params: Params, *layers: Settings) -> Params:
    """Return parameters with what the layers say; later ones win."""
    changes: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.items():
            changes[_FIELDS.get(name, name)] = tuple(value) if name == "stop" else value
    return replace(params, **changes)


def merged(settings: Settings, more: Settings) -> dict[str, Any]:
    """Return settings with others put into them; the fields of `body` are put together."""
    body = {**settings.get("body", {}), **more.get("body", {})}
    return {**settings, **more, **({"body": body} if body else {})}


def source_of(name: str, endpoint: Settings, session: Settings) -> Source:
    """Return which layer a value comes from."""
    return "session" if name in session else "endpoint" if name in endpoint else "default"


def value_of(params: Params, name: str) -> Any:
    """Return the value of a parameter; None when it is not sent."""
    value = getattr(params, _FIELDS.get(name, name))
    return value if value or value is False or value == 0 else None


def conflict(params: Params) -> str:
    """Return what of the parameters cannot go together, as a sentence; empty when all can."""
    if params.mode == "chat" and isinstance(params.thinking, int) and params.thinking >= params.max_tokens:
        return f"thinking must be below max_tokens, which is {params.max_tokens:,}"
    return ""


# ---- the body ---------------------------------------------------------------


def fields_of(params: Params) -> dict[str, Any]:
    """Return the fields of a request's body but for the prompt, in the mode of the parameters."""
    fields: dict[str, Any] = {
        "max_tokens": params.max_tokens,
        "temperature": params.temperature,
        "top_p": params.top_p,
        "top_k": params.top_k,
        "stop": list(params.stop) or None,
    }
    if params.mode == "chat":
        fields |= _reasoning_fields(params)
    else:
        fields |= {
            "suffix": params.suffix or None,
            "echo": params.echo,
            "error_behavior": params.error_behavior or None,
            "use_raw_prompt": params.use_raw_prompt,
        }
    return {name: value for name, value in fields.items() if value is not None}


def _reasoning_fields(params: Params) -> dict[str, Any]:
    effort = params.reasoning_effort or None
    match params.thinking:
        case "adaptive":
            # Models that think as they see fit take the effort under another name.
            return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort} if effort else None}
        case "off":
            return {"thinking": {"type": "disabled"}, "reasoning_effort": effort}
        case int(budget):
            return {"thinking": {"type": "enabled", "budget_tokens": budget}, "reasoning_effort": effort}
        case _:
            return {"reasoning_effort": effort}


def parameter_of(field: str) -> str:
    """Return the parameter that a field of a body is made from, `body.NAME` for a further one."""
    known = _FIELD_NAMES.get(field, field)
    return known if known in BY_NAME else f"body.{field}"


_FIELD_NAMES = {
    "output_config": "reasoning_effort",
    "max_completion_tokens": "max_tokens",
    REASONING_FIELD: "send_reasoning",
}
"""Fields of a body that have another name than their parameter."""
