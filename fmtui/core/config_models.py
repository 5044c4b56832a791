"""The `[models]` tables of the configuration file: windows and prices that fmtui does not know."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fmtui.core import config_checks as checks
from fmtui.core.config_checks import Checks, Report, UnfitError, dotted
from fmtui.core.hints import Hint

_DEAREST = 1_000_000


def _price(value: object) -> float:
    if type(value) not in (int, float) or not 0 <= value <= _DEAREST:  # type: ignore[operator]  # a number by now
        raise UnfitError(f"a number of dollars for a million tokens, from 0 to {_DEAREST:,}")
    return float(value)  # type: ignore[arg-type]  # same


MODEL_KEYS: Checks = MappingProxyType(
    {
        "window": checks.tokens,
        "price_in": _price,
        "price_out": _price,
        "vision": checks.flag,
    }
)
"""How each key of a `[models."NAME"]` table is judged."""


def read_models(table: Mapping[str, object], report: Report) -> dict[str, Hint]:
    """Return what the file says of models, by name; what is not valid is noted and left out.

    A price without the other one costs both: half a price would make a wrong sum.
    """
    found: dict[str, Hint] = {}
    for name, entry in table.items():
        where = ("models", name)
        if not isinstance(entry, dict):
            report.add(
                where, f"{dotted(where)} must be a table.", f"Write [{dotted(where)}] and its keys below."
            )
            continue
        values = report.read(entry, where, MODEL_KEYS)
        if ("price_in" in values) != ("price_out" in values):
            missing = "price_out" if "price_in" in values else "price_in"
            if missing not in entry:
                report.add(
                    (*where, missing),
                    f"{dotted((*where, missing))} is missing.",
                    "Give both prices, or none.",
                )
            values.pop("price_in", None)
            values.pop("price_out", None)
        found[name] = Hint(**values)
    return found
