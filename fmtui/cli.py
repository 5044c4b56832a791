"""From the command line to the app or to one of the commands.

Whatever goes wrong ends in one sentence with a hint and an exit status, never in a
traceback. What a command does not need is not imported: `--version` answers without
httpx and textual, `ask` without textual. Next to nothing is imported up here, outside of
`main`, where Ctrl+C could not be caught.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from fmtui.core.errors import ConfigError, CredentialError, FmtuiError, SessionNotFoundError, UsageError

TYPE_CHECKING = False  # as checkers know it; importing `typing` takes longer than all of this module
if TYPE_CHECKING:
    from fmtui.core.doctor_terminal import Terminal
    from fmtui.doctor import Examination
    from fmtui.options import Options
    from fmtui.workbench import Workbench

_ERROR, _USAGE, _STOPPED = 1, 2, 130

STOPPED_LINE = (
    b'{"event": "end", "outcome": "stopped", "finish_reason": null, "usage": null, "cost": null, '
    b'"timing": {"first_token_s": null, "total_s": 0.0, "reasoning_s": null}, '
    b'"error": null, "text": "", "reasoning": ""}\n'
)
"""How `ask --json` ends when it was interrupted before there was anything to interrupt."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run fmtui and return the exit status: 0 complete, 1 error, 2 usage, 3 cut off, 130 stopped.

    Args:
        argv: the arguments behind the program's name; those of the process when left out.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    _fill_gaps()
    try:
        try:
            return _run(arguments)
        finally:  # also behind help and the version, which leave with SystemExit
            if sys.stdout is not None:
                sys.stdout.flush()
    except KeyboardInterrupt:
        return _say_stopped(arguments)
    except FmtuiError as error:
        wrong_use = isinstance(error, UsageError | ConfigError | CredentialError | SessionNotFoundError)
        return _complain(arguments, error, _USAGE if wrong_use else _ERROR)
    except BrokenPipeError:
        # The reader has left, as `head` does. Python would complain when it flushes at exit.
        _forget_stdout()
        return _STOPPED
    except OSError as error:
        _forget_stdout()
        return _complain(arguments, FmtuiError(_sentence(error)), _ERROR)
    except Exception as error:  # noqa: BLE001 - the last line of defence against a traceback on the user's screen
        return _complain(arguments, _as_bug(error), _ERROR)


def _fill_gaps() -> None:
    """Take the numbers of standard streams that there are none of: a file of ours would get them.

    Whoever then writes a complaint would write it into a session.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest number that is free


def _run(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name."""
    # Imported as they are needed: each costs what the commands before it do not pay.
    from fmtui.options import plain_options  # noqa: PLC0415 - see above

    options = plain_options(arguments)
    if options is None:
        from fmtui.arguments import parse  # noqa: PLC0415 - see above

        options = parse(arguments)
    plain = not options.command and (options.plain or _only_plain(os.environ))
    if not options.command and not plain:
        # A tenth of the way to the first frame is the collector looking through modules that stay
        # for good. The app starts it again when the frame is drawn.
        import gc  # noqa: PLC0415 - see above

        gc.disable()
    from pathlib import Path  # noqa: PLC0415 - see above

    from fmtui.output import Outlet, Streams  # noqa: PLC0415 - see above
    from fmtui.workbench import Workbench  # noqa: PLC0415 - see above

    environ = dict(os.environ)
    bench = Workbench(environ, Path.home(), config=options.config, data_dir=options.data_dir)
    if (plain or options.command in ("ask", "models")) and (options.save or options.debug):
        from fmtui.core.logfile import log_to  # noqa: PLC0415 - see above

        log_to(bench.log_path, "debug" if options.debug else "info")
    streams = Streams(sys.stdin, Outlet(sys.stdout), Outlet(sys.stderr, vital=False))
    if options.command == "prompts" or options.template:
        from fmtui import prompt_commands  # noqa: PLC0415 - see above

        if options.command == "prompts":
            return prompt_commands.run(bench, options, streams.out, streams.err)
        options = prompt_commands.templated(bench, options, streams)
    if options.command == "ask":
        from fmtui import ask  # noqa: PLC0415 - see above

        return ask.run(bench, options, streams, dim=environ.get("TERM") != "dumb")
    if options.command == "doctor":
        from fmtui import doctor  # noqa: PLC0415 - see above

        return doctor.run(bench, options, streams, environ)
    if options.command == "sessions":
        from fmtui import session_commands  # noqa: PLC0415 - see above

        return session_commands.run(bench, options, streams)
    if options.command:
        from fmtui import listings  # noqa: PLC0415 - see above

        return listings.run(bench, options, streams.out, streams.err)
    if plain:
        from fmtui import plain as plain_mode  # noqa: PLC0415 - see above

        return plain_mode.run(bench, options, streams, environ)
    return _open_app(bench, options, environ)


def _only_plain(environ: Mapping[str, str]) -> bool:
    """Return whether there is a terminal that can show lines alone; says so."""
    term = environ.get("TERM", "")
    if term not in ("", "dumb", "unknown") or not _on_terminal():
        return False
    os.write(2, f"fmtui: TERM={term} is for no full screen, so this is the plain mode.\n".encode())
    return True


def _on_terminal() -> bool:
    return bool(sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty())


def _open_app(bench: Workbench, options: Options, environ: dict[str, str]) -> int:
    """Open the full-screen app."""
    if not _on_terminal():
        raise UsageError(
            "The full screen needs a terminal.", 'In a pipe, use: fmtui ask "…", or fmtui --plain to talk.'
        )
    from pathlib import Path  # noqa: PLC0415 - `main` has imported it

    endpoints, endpoint = bench.endpoints_for_app(options.endpoint)
    # What the app starts, such as a browser, gets our own environment: the keys are in `environ`.
    for name in bench.key_variables():
        os.environ.pop(name, None)
    from fmtui.ui.app import run_app  # noqa: PLC0415 - textual is imported for the app alone
    from fmtui.ui.setup import Setup  # noqa: PLC0415 - same

    def examine(terminal: Terminal, request: bool) -> Examination:  # noqa: FBT001 - as `Setup` has it
        from fmtui.doctor import Examination  # noqa: PLC0415 - most starts never do it

        # Anew, so that what was mended meanwhile is seen.
        now = type(bench)(environ, Path.home(), config=options.config, data_dir=options.data_dir)
        return Examination(now, environ, terminal, model=options.model, request=request)

    return run_app(
        Setup(
            config=bench.config,
            endpoints=endpoints,
            connect=bench.connect_app,
            open_store=lambda: bench.store,
            state=bench.state,
            endpoint=endpoint,
            model=options.model,
            params=options.params,
            mode=options.mode,
            session=options.session,
            theme=options.theme,
            mouse=options.mouse,
            said=frozenset(
                name
                for name, given in (
                    ("theme", bool(options.theme)),
                    ("mouse", not options.mouse),
                    ("low_bandwidth", options.low_bandwidth),
                )
                if given
            ),
            low_bandwidth=options.low_bandwidth or bench.config.terminal.low_bandwidth,
            writer="stock" if options.stock_writer else bench.config.terminal.writer,
            environ=environ,
            debug=options.debug,
            close_to_others=lambda: bench.close_to_others(files=True),
            look_again=lambda: bench.look_again(endpoint),
            examine=examine,
            hinted=bench.hinted,
            known=bench.known_of,
            open_costs=lambda: bench.costs,
            problems=bench.problems,
        )
    )


def _say_stopped(arguments: Sequence[str]) -> int:
    """Tell that Ctrl+C ended it. Nothing is imported: the import of anything may be what was interrupted."""
    try:
        if "ask" in arguments and "--json" in arguments:
            os.write(1, STOPPED_LINE)
        else:
            os.write(2, b"fmtui: Stopped.\n")
    except (OSError, KeyboardInterrupt):  # nobody listens; the exit status says it too
        return _STOPPED
    return _STOPPED


def _complain(arguments: Sequence[str], error: FmtuiError, status: int) -> int:
    """Tell what went wrong, on standard error or as the end that `ask --json` promises."""
    from fmtui.core.chat import Failure  # noqa: PLC0415 - only what fails pays for it
    from fmtui.options import wants_json  # noqa: PLC0415 - same
    from fmtui.output import Outlet, complaint  # noqa: PLC0415 - same

    try:
        if wants_json(arguments):
            from fmtui.report import end_line, ended  # noqa: PLC0415 - same

            Outlet(sys.stdout).write(end_line(ended("error", Failure.of(error))))
        else:
            Outlet(sys.stderr, vital=False).write(complaint(error))
    except (OSError, KeyboardInterrupt):  # nobody listens; the exit status says it too
        return status
    return status


def _sentence(error: OSError) -> str:
    """Return what to tell of what the system refused, and of which file."""
    from fmtui.output import UnwrittenError  # noqa: PLC0415 - only what fails pays for it

    if isinstance(error, UnwrittenError):
        return str(error)
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}." if isinstance(error.filename, str) else f"{reason}."


def _as_bug(error: Exception) -> FmtuiError:
    """Write an unexpected error to the log, and return what to tell the user about it."""
    try:
        return _logged(error)
    except Exception:  # noqa: BLE001 - what fmtui is made of may be missing, and be the error itself
        return FmtuiError(f"This is an error in fmtui itself: {error!r}.", "Install it anew.")


def _logged(error: Exception) -> FmtuiError:
    import logging  # noqa: PLC0415 - only a bug pays for it

    from fmtui.core.config import state_dir  # noqa: PLC0415 - same
    from fmtui.core.keyless import told  # noqa: PLC0415 - same
    from fmtui.core.logfile import log_to  # noqa: PLC0415 - same

    path = state_dir(os.environ) / "fmtui.log"
    log_to(path)
    logging.getLogger(__name__).error("unexpected error", exc_info=error)
    return FmtuiError(f"This is an error in fmtui itself: {told(error)}.", f"Please report it with {path}")


def _forget_stdout() -> None:
    """Point standard output nowhere, so that what is left in its buffer is dropped in silence."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):  # there is none, or it is no file: nothing is left in it
        return
