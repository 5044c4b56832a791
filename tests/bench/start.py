"""How long fmtui takes from its start to its first frame, beside a bare Textual app.

The two are started by turns, each in a pseudo-terminal of its own and with an empty home
folder; a frame counts when its text has arrived at the terminal. The bare app shows one
Static and nothing else.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
from collections.abc import Callable

from tests.bench.terminal import COLUMNS, ROWS, run

BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("the first frame")
Bare().run()
"""
HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
_CONTROL = re.compile(rb"\x1b\[[0-9;:?<=>$]*[ -/]*[@-~]|\x1b[()][0-9A-Z]|\x1b[=>]")


def showing(text: bytes) -> Callable[[bytes], bool]:
    """Return whether a terminal that got these bytes has shown the text."""
    return lambda seen: text in seen and text in _CONTROL.sub(b"", seen)


def first_frame_ms(argv: list[str], text: bytes) -> float:
    """Start a program and return the milliseconds until it shows the text."""
    with tempfile.TemporaryDirectory() as home:
        homes = dict.fromkeys(HOMES, home)
        seen = run(argv, environ=homes, sees=showing(text), limit_s=30).first_frame_s
    if seen is None:
        raise SystemExit(f"{' '.join(argv)} ended without showing {text.decode()!r}")
    return seen * 1_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=10, help="runs of each, of which the median is printed (10)"
    )
    parser.add_argument("--text", default="demo", help="what fmtui's first frame shows (demo)")
    options = parser.parse_args()
    programs = {
        "bare app": ([sys.executable, "-c", BARE], b"the first frame"),
        "fmtui -e demo": ([sys.executable, "-m", "fmtui", "-e", "demo"], options.text.encode()),
    }
    times: dict[str, list[float]] = {name: [] for name in programs}
    for argv, text in programs.values():
        first_frame_ms(argv, text)  # once for the caches of the system and of Python
    for _ in range(options.runs):
        for name, (argv, text) in programs.items():
            times[name].append(first_frame_ms(argv, text))
    print(f"start to first frame, {COLUMNS}x{ROWS}, {options.runs} runs of each by turns, milliseconds")
    for name, values in times.items():
        print(f"{name:<16}median {statistics.median(values):>6.0f}   best {min(values):>6.0f}")
    medians = [statistics.median(values) for values in times.values()]
    print(f"{'ratio':<16}median {medians[1] / medians[0]:>6.2f}")


if __name__ == "__main__":
    main()
