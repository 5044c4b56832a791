"""The processes of a test run, forked from one that has imported all tests.

To import fmtui, its frameworks and all tests takes a process four seconds, and the one that each of
them forks its starts of fmtui from ([zygote.py](zygote.py)) two more.
"""

from __future__ import annotations

import ast
import atexit
import gc
import logging
import os
import random
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from execnet import XSpec, gateway_io
from execnet.gateway_base import ExecModel, Popen2IO

from tests import zygote


class _Worker(Popen2IO):
    """A process that was forked, as xdist has one that it started."""

    def __init__(self, execmodel: ExecModel, number: int, to_it: int, from_it: int) -> None:
        super().__init__(os.fdopen(to_it, "wb"), os.fdopen(from_it, "rb"), execmodel=execmodel)
        self._number = number

    def wait(self) -> int | None:
        try:
            return os.waitstatus_to_exitcode(os.waitpid(self._number, 0)[1])
        except ChildProcessError:
            return None

    def kill(self) -> None:
        os.kill(self._number, 9)


def fork_workers(specs: Sequence[XSpec]) -> None:
    """Fork a process for each that xdist is about to start, and give it those in their place.

    They are forked before there is any thread.
    """
    if not zygote.can_be_ready() or any(vars(spec).keys() & {"python", "chdir", "nice"} for spec in specs):
        return
    gc.collect()
    gc.freeze()
    sys.stdout.flush()
    sys.stderr.flush()
    forked: list[tuple[int, int, int]] = []
    for _ in specs:
        stdin, to_it = os.pipe()
        from_it, stdout = os.pipe()
        number = os.fork()
        if number == 0:
            for file in (to_it, from_it, *(file for other in forked for file in other[1:])):
                os.close(file)
            _work(stdin, stdout)
        os.close(stdin)
        os.close(stdout)
        forked.append((number, to_it, from_it))
    create = gateway_io.create_io

    def create_io(spec: XSpec, execmodel: ExecModel) -> Any:
        # One that takes the place of another that died is started as ever.
        return _Worker(execmodel, *forked.pop(0)) if forked else create(spec, execmodel)

    vars(gateway_io)["create_io"] = create_io


def _work(stdin: int, stdout: int) -> NoReturn:
    """Be a process as execnet starts it: run the line that comes first."""
    try:
        for standard, file in enumerate((stdin, stdout)):
            os.dup2(file, standard)
            os.close(file)
        atexit._clear()
        logging.root.handlers.clear()
        random.seed()
        zygote.ready()
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - open as long as the process lives
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - same
        exec(ast.literal_eval(sys.stdin.readline()), {"__name__": "__main__"})  # noqa: S102 - that is how
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    except BaseException:  # noqa: BLE001 - this is the last that there is
        traceback.print_exc()
    finally:
        os._exit(0)
