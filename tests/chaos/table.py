"""The table of faults in the README beside this; `python -m tests.chaos.table` writes it anew."""

from __future__ import annotations

import re
from pathlib import Path

from tests.chaos.faults import FAULTS

README = Path(__file__).parent / "README.md"


def table() -> str:
    """Return the table in markdown."""
    rows = [
        f"| `{fault.name}` | {fault.produced} | {fault.promised} | {fault.fails or 'survived'} |"
        for fault in FAULTS
    ]
    return "\n".join(
        ["| Fault | How it is produced | What is promised | Result |", "|---|---|---|---|", *rows]
    )


if __name__ == "__main__":
    text = README.read_text("utf-8")
    old = re.compile(r"^\| Fault .*?\n(?!\|)", re.MULTILINE | re.DOTALL)
    README.write_text(old.sub(lambda _: table() + "\n", text), "utf-8")
