"""What was measured, and how it is shown: plain tables of medians, and the targets."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.bench.programs import FMTUI, REFERENCE

Figures = Mapping[str, float]
"""What one run gave, by the name of the figure with its unit."""


@dataclass
class Results:
    """Every figure of every run."""

    values: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    """Case -> figure -> program -> one value a run."""
    notes: list[str] = field(default_factory=list)
    """What could not be measured, and why."""

    def add(self, case: str, program: str, figures: Figures) -> None:
        """Take in what one run gave."""
        for name, value in figures.items():
            self.values.setdefault(case, {}).setdefault(name, {}).setdefault(program, []).append(value)

    def median(self, case: str, name: str, program: str = FMTUI) -> float | None:
        """Return the median of a figure; None when it was not measured."""
        runs = self.values.get(case, {}).get(name, {}).get(program)
        return statistics.median(runs) if runs else None

    def ratio(self, case: str, name: str, other: str = REFERENCE) -> float | None:
        """Return fmtui's median against another program's."""
        return quotient(self.median(case, name), self.median(case, name, other))

    def against(self, name: str, case: str, other: str) -> float | None:
        """Return fmtui's median in one case against the one in another."""
        return quotient(self.median(case, name), self.median(other, name))

    def worst(self, name: str, cases: Iterable[str]) -> float | None:
        """Return fmtui's largest median of several cases; None unless all were measured."""
        medians = [self.median(case, name) for case in cases]
        known = [value for value in medians if value is not None]
        return max(known) if known and len(known) == len(medians) else None

    def as_json(self) -> dict[str, Any]:
        """Return everything, for a file."""
        return {"values": self.values, "notes": self.notes}

    def lines(self, case: str) -> list[str]:
        """Return the table of one case: a row for each figure, a column for each program, and the ratio."""
        rows = self.values.get(case, {})
        programs = list(dict.fromkeys(program for row in rows.values() for program in row))
        compared = len(programs) > 1
        head = "".join(f"{program:>14}" for program in programs)
        ratios = [f"{f'/ {other}':>14}" for other in programs[1:]] if compared else []
        lines = [f"{case:<52}{head}{''.join(ratios)}"]
        for name in rows:
            cells = "".join(f"{shown(self.median(case, name, program)):>14}" for program in programs)
            quotients = "".join(f"{shown(self.ratio(case, name, other)):>14}" for other in programs[1:])
            lines.append(f"  {name:<50}{cells}{quotients}".rstrip())
        return lines


@dataclass(frozen=True)
class Target:
    """One figure that the program is built for."""

    words: str
    value: Callable[[Results], float | None]
    most: float

    def line(self, results: Results) -> str:
        """Return whether it was reached, as a row."""
        value = self.value(results)
        said = "not measured" if value is None else "ok" if value <= self.most else "MISSED"
        return f"  {self.words:<66}{shown(value):>12}{f'<= {self.most:g}':>10}  {said}"


def quotient(value: float | None, other: float | None) -> float | None:
    """Return a ratio; None when one of the two was not measured, or there is nothing to compare with."""
    if value is None or not other:
        return None
    return value / other


def shown(value: float | None) -> str:
    """Return a number with three digits that count."""
    if value is None:
        return "-"
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.4f}"
