"""The table of faults in the README beside this, with what was measured last.

`python -m tests.chaos --record` measures and keeps what came of it in `results.json`;
`python -m tests.chaos.table` writes the table anew from that.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.chaos.faults import FAULTS, Fault

README = Path(__file__).parent / "README.md"
RESULTS = Path(__file__).parent / "results.json"


def recorded() -> dict[str, dict[str, Any]]:
    """Return what was measured last, by the names of the faults."""
    found: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    return found


def promise(fault: Fault) -> str:
    """Return what a result belongs to: it counts no more once the fault or its promise is another."""
    return f"{fault.produced}; {fault.promised}"


def record(results: dict[str, dict[str, Any]]) -> None:
    """Keep what was measured, beside what is known of faults that were not produced this time."""
    known = recorded() | results
    rows = {fault.name: known[fault.name] for fault in FAULTS if fault.name in known}
    RESULTS.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _result(fault: Fault, result: dict[str, Any] | None) -> str:
    if result is None or result["promise"] != promise(fault):
        return "not measured"
    survived, rounds = result["survived"], result["rounds"]
    words = f"survived {survived} of {rounds}"
    if result["lost_bytes"]:
        words += f"; at most {result['lost_bytes']} bytes ({result['lost_s']:.2f} s) lost"
    return words + (f"; by {result['instead']}" if result["instead"] else "")


def table() -> str:
    """Return the table in markdown."""
    results = recorded()
    rows = [
        " | ".join(
            (f"| `{fault.name}`", fault.produced, fault.promised, _result(fault, results.get(fault.name)))
        )
        for fault in FAULTS
    ]
    return "\n".join(
        [
            "| Fault | How it is produced | What is promised | Measured |",
            "|---|---|---|---|",
            *(f"{row} |" for row in rows),
        ]
    )


def write() -> None:
    """Write the table into the README."""
    text = README.read_text("utf-8")
    old = re.compile(r"^\| Fault .*?\n(?!\|)", re.MULTILINE | re.DOTALL)
    README.write_text(old.sub(lambda _: table() + "\n", text), "utf-8")


if __name__ == "__main__":
    write()
