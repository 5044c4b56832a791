"""What is known of models beforehand: context windows and prices. Hints, never rules.

Servers seldom say them. What the configuration says comes first, then what the server's own
list says, then the table that fmtui ships, which holds the models that Databricks hosts
under their names there. Where nobody says anything, nothing is known, and nothing is shown.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from fmtui.core.chat import Model, Usage
from fmtui.core.endpoints import Endpoint, is_databricks
from fmtui.core.record import NamedTuple

_CATALOGUE, _HOSTED = "system.ai.", "databricks-"
_MILLION = 1_000_000


class Hint(NamedTuple):
    """What is known of one model; None where it is not."""

    window: int | None = None
    """Tokens that a prompt and its reply may have together."""
    price_in: float | None = None
    """Dollars for a million tokens of the prompt; 0 where it is free. It needs `price_out` beside it."""
    price_out: float | None = None
    """The same for the reply."""
    vision: bool | None = None
    """Whether it takes pictures."""
    only: str = ""
    """The one API that it speaks where that is not chat completions, such as `responses`."""
    source: str = ""
    """Who said the price, and when, for people."""

    def over(self, other: Hint) -> Hint:
        """Return this hint, completed by another where it says nothing. Prices are taken as a pair."""
        priced = self if self.price_in is not None or self.price_out is not None else other
        return Hint(
            other.window if self.window is None else self.window,
            priced.price_in,
            priced.price_out,
            other.vision if self.vision is None else self.vision,
            self.only or other.only,
            priced.source,
        )

    def cost(self, usage: Usage | None) -> float | None:
        """Return what a reply costs in dollars; None where a price or a count is not known.

        Reasoning is counted in the answer's tokens, as servers do. What a server bills for
        less, such as a cached prompt, is not known: the true cost may be lower.
        """
        if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
            return None
        if self.price_in is None or self.price_out is None:
            return None
        dollars = (usage.prompt_tokens * self.price_in + usage.completion_tokens * self.price_out) / _MILLION
        return round(dollars, 12)  # what is behind that is a slip of the arithmetic


NOTHING = Hint()


class HintTable(NamedTuple):
    """The table that fmtui ships."""

    date: str
    """The day of the facts, as `2026-11-03`."""
    source: str
    databricks: Mapping[str, Hint]
    """By the name of the serving endpoint."""


@cache
def shipped() -> HintTable:
    """Return the table that fmtui ships, read once."""
    text = files("fmtui.core").joinpath("model_hints.toml").read_text("utf-8")
    table = tomllib.loads(text)
    date, source = table["date"].isoformat(), table["source"]
    told = f"fmtui's own table of {date}, after {source}"
    hints = {name: _hint(entry, told) for name, entry in table["databricks"].items()}
    return HintTable(date, source, MappingProxyType(hints))


def _hint(entry: Mapping[str, Any], told: str) -> Hint:
    values = dict(entry)
    price_in, price_out = values.pop("prices")
    return Hint(price_in=price_in, price_out=price_out, source=told, **values)


class Known:
    """Everything that is known of models, from all sources.

    Args:
        own: what the configuration says, by `MODEL` or by `ENDPOINT/MODEL`.
    """

    def __init__(self, own: Mapping[str, Hint] | None = None) -> None:
        self._own = own or {}

    def of(self, endpoint: Endpoint, model: str, listed: Model | None = None) -> Hint:
        """Return what is known of a model of an endpoint.

        Args:
            endpoint: where it is asked.
            model: its name there.
            listed: what the server's list says of it, if there is one.
        """
        hint = self._own.get(f"{endpoint.name}/{model}", NOTHING).over(self._own.get(model, NOTHING))
        if hint.price_in is not None:
            hint = hint._replace(source="your configuration")
        if listed is not None:
            price_in, price_out = _sane(listed.price_in), _sane(listed.price_out)
            told = "" if price_in is None else "the server's list of models"
            hint = hint.over(Hint(listed.context_window, price_in=price_in, price_out=price_out, source=told))
        if is_databricks(endpoint):
            hint = hint.over(shipped().databricks.get(_hosted_name(model), NOTHING))
        return hint


def _hosted_name(model: str) -> str:
    """Return the name under which the table holds a model; `system.ai.X` is the same as `databricks-X`."""
    return _HOSTED + model.removeprefix(_CATALOGUE) if model.startswith(_CATALOGUE) else model


def _sane(price: float | None) -> float | None:
    """Return a price that a server told; routers say -1 where it depends."""
    return price if price is not None and math.isfinite(price) and price >= 0 else None
