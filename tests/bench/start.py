"""How long fmtui takes from its start to its first frame, beside a bare Textual app.

The two are started by turns, each in a pseudo-terminal of its own and with an empty home
folder. For both the first frame is there when a word of their content has arrived at the
terminal; both are killed then, so that the computing time is that of the start alone. The
bare app shows one Static and nothing else. One start of each before the first that counts
fills the caches of the system and lets Python compile: what is measured is never compilation.

The wall clock is what a user waits, but on a busy machine it measures the others too;
computing time is the steadier of the two.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

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


class Start(NamedTuple):
    """One start of a program, up to its first frame."""

    wall_ms: float
    cpu_ms: float
    """Computing time of all its threads, the kernel's share included."""
    written: int
    """Bytes that it wrote to the terminal."""


def showing(text: bytes) -> Callable[[bytes], bool]:
    """Return whether a terminal that got these bytes has shown the text."""
    return lambda seen: text in seen and text in _CONTROL.sub(b"", seen)


def start(argv: list[str], text: bytes) -> Start:
    """Start a program and measure it until it shows the text."""
    with tempfile.TemporaryDirectory() as home:
        homes = dict.fromkeys(HOMES, home)
        done = run(argv, environ=homes, sees=showing(text), limit_s=30)
    if done.first_frame_s is None:
        raise SystemExit(f"{' '.join(argv)} ended without showing {text.decode()!r}")
    return Start(done.first_frame_s * 1_000, done.cpu_s * 1_000, done.written)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=10, help="runs of each, of which the median is printed (10)"
    )
    parser.add_argument("--text", default="demo", help="what fmtui's first frame shows (demo)")
    parser.add_argument("--script", action="store_true", help="start the `fmtui` script, not the module")
    options = parser.parse_args()
    fmtui = [sys.executable, "-m", "fmtui"]
    if options.script:
        fmtui = [shutil.which("fmtui", path=Path(sys.executable).parent) or "fmtui"]
    programs = {
        "bare app": ([sys.executable, "-c", BARE], b"the first frame"),
        "fmtui -e demo": ([*fmtui, "-e", "demo"], options.text.encode()),
    }
    starts: dict[str, list[Start]] = {name: [] for name in programs}
    for argv, text in programs.values():
        start(argv, text)
    for _ in range(options.runs):
        for name, (argv, text) in programs.items():
            starts[name].append(start(argv, text))
    print(f"start to first frame, {COLUMNS}x{ROWS}, {options.runs} runs of each by turns, medians")
    medians = {name: Start(*map(statistics.median, zip(*runs, strict=True))) for name, runs in starts.items()}
    for name, (wall, cpu, written) in medians.items():
        best = min(each.wall_ms for each in starts[name])
        print(
            f"{name:<16}{wall:>6.0f} ms (best {best:.0f})   computing {cpu:>5.0f} ms   {written:>6.0f} bytes"
        )
    bare, ours = medians.values()
    wall, cpu = ours.wall_ms / bare.wall_ms, ours.cpu_ms / bare.cpu_ms
    print(f"{'ratio':<16}{wall:>6.2f}{'':>16}   computing {cpu:>5.2f}")


if __name__ == "__main__":
    main()
