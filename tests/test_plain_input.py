"""The line that is typed in the plain mode, and the signals that come meanwhile."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.terminal import Terminal, clean_environ

_UNHEARD = """
import ctypes, readline, signal, sys
from functools import partial
from fmtui.output import Outlet, Streams
from fmtui.plain_input import Lines

lines = Lines(Streams(sys.stdin, Outlet(sys.stdout), Outlet(sys.stderr)), print)
# Behind the label, and before a key is waited for, where no Python runs that would look for it.
readline.set_pre_input_hook(partial(getattr(ctypes.CDLL(None), "raise"), int(signal.SIGINT)))
try:
    lines.read("a draft")
except KeyboardInterrupt:
    print("dropped:", lines.dropped)
readline.set_pre_input_hook()
print("answered:", lines.read())
"""


def test_ctrl_c_is_heard_that_comes_before_the_line_is_waited_for(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _UNHEARD]
    with Terminal(command, clean_environ(tmp_path)) as terminal:
        terminal.until("dropped: a draft")
        terminal.type("typed\r")
        terminal.until("answered: typed")
        assert terminal.wait() == 0
