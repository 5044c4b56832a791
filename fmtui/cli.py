"""From the command line to the app or to one of the commands.

Whatever goes wrong ends in one sentence with a hint and an exit status, never in a
traceback. What a command does not need is not imported: `--version` answers without
httpx and textual, `ask` without textual.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.errors import ConfigError, CredentialError, FmtuiError, SessionNotFoundError, UsageError
from fmtui.options import Options, parse, wants_json

if TYPE_CHECKING:  # imported below where they are used
    from fmtui.core.chat import Outcome
    from fmtui.workbench import Workbench

_ERROR, _USAGE, _STOPPED = 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run fmtui and return the exit status: 0 complete, 1 error, 2 usage, 3 cut off, 130 stopped.

    Args:
        argv: the arguments behind the program's name; those of the process when left out.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _complain(arguments, UsageError("Stopped."), _STOPPED, "stopped")
    except FmtuiError as error:
        wrong_use = isinstance(error, UsageError | ConfigError | CredentialError | SessionNotFoundError)
        return _complain(arguments, error, _USAGE if wrong_use else _ERROR)
    except BrokenPipeError:
        # The reader has left, as `head` does. Python would complain when it flushes at exit.
        _forget_stdout()
        return _STOPPED
    except OSError as error:
        _forget_stdout()
        return _complain(arguments, FmtuiError(f"{error.strerror or error}."), _ERROR)
    except Exception as error:  # noqa: BLE001 - the last line of defence against a traceback on the user's screen
        return _complain(arguments, _as_bug(error), _ERROR)
    return status


def _run(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name."""
    options = parse(arguments)
    # The imports below are each needed by their own command only, and cost what others need not pay.
    from fmtui.output import Outlet, Streams  # noqa: PLC0415 - see above
    from fmtui.workbench import Workbench  # noqa: PLC0415 - see above

    environ = dict(os.environ)
    bench = Workbench(environ, Path.home(), config=options.config, data_dir=options.data_dir)
    streams = Streams(sys.stdin, Outlet(sys.stdout), Outlet(sys.stderr))
    if options.command == "ask":
        from fmtui import ask  # noqa: PLC0415 - see above

        return ask.run(bench, options, streams, colour=not environ.get("NO_COLOR"))
    if options.command:
        from fmtui import listings  # noqa: PLC0415 - see above

        return listings.run(bench, options, streams.out, streams.err)
    return _open_app(bench, options)


def _open_app(bench: Workbench, options: Options) -> int:
    """Open the full-screen app."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise UsageError("The full screen needs a terminal.", 'In a pipe, use: fmtui ask "…"')
    from fmtui.ui.app import run_app  # noqa: PLC0415 - textual is imported for the app alone
    from fmtui.ui.setup import Setup  # noqa: PLC0415 - same

    return run_app(
        Setup(
            config=bench.config,
            endpoints=bench.endpoints,
            connect=bench.connect,
            store=bench.store,
            state=bench.state,
            endpoint=options.endpoint,
            model=options.model,
            max_tokens=options.max_tokens,
            mode=options.mode,
            session=options.session,
            theme=options.theme,
            mouse=options.mouse,
            problems=bench.problems,
        )
    )


def _complain(arguments: Sequence[str], error: FmtuiError, status: int, outcome: Outcome = "error") -> int:
    """Tell what went wrong, on standard error or as the end that `ask --json` promises."""
    from fmtui.output import Outlet, complaint  # noqa: PLC0415 - only what fails pays for it

    # Whoever does not listen is not told: the exit status says it too.
    with contextlib.suppress(OSError, KeyboardInterrupt):
        if wants_json(arguments):
            from fmtui.core.chat import Failure  # noqa: PLC0415 - same
            from fmtui.report import end_line, ended  # noqa: PLC0415 - same

            failure = Failure.of(error) if outcome == "error" else None
            Outlet(sys.stdout).write(end_line(ended(outcome, failure)))
        else:
            Outlet(sys.stderr).write(complaint(error))
    return status


def _as_bug(error: Exception) -> FmtuiError:
    """Write an unexpected error to the log, and return what to tell the user about it."""
    import logging  # noqa: PLC0415 - only a bug pays for it

    from fmtui.core.config import state_dir  # noqa: PLC0415 - same
    from fmtui.core.logfile import log_to  # noqa: PLC0415 - same

    path = state_dir(os.environ) / "fmtui.log"
    log_to(path)
    logging.getLogger(__name__).error("unexpected error", exc_info=error)
    return FmtuiError(
        f"This is an error in fmtui itself: {type(error).__name__}: {error}", f"Please report it with {path}"
    )


def _forget_stdout() -> None:
    """Point standard output nowhere, so that what is left in its buffer is dropped in silence."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
