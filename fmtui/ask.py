"""`fmtui ask`: one prompt, its answer on standard output as it comes, both kept in a session.

The reply runs through the same `Exchange` as in the app, so it is kept as well as there:
Ctrl+C, a closed terminal or a reader that has gone away end it, and what came stays.
"""

from __future__ import annotations

import errno
import select
from typing import TextIO

from fmtui.asking import Ask
from fmtui.carrying_out import STOPPED, carry_out
from fmtui.core import loop
from fmtui.core.chat import Turn
from fmtui.core.errors import UsageError
from fmtui.options import Options
from fmtui.output import Streams, note
from fmtui.report import CodeReport, JsonReport, Report, TextReport
from fmtui.workbench import Workbench
from fmtui.writer import Writer

COMPLETE, ERROR, USAGE, CUT_OFF = 0, 1, 2, 3
"""Exit statuses, a promise to scripts."""

SILENCE_S = 3.0
"""How long standard input is waited for beside a typed prompt."""

_NOTHING_WAS_SENT = {"usage", "config", "credential", "session_not_found"}
_READER_IS_GONE = {errno.EPIPE, errno.EIO, errno.EBADF}


def read_prompt(typed: str | None, stdin: TextIO | None, *, piped: bool) -> tuple[str, bool]:
    """Return the prompt: what was typed, what is piped in, or both with a blank line between.

    Programs that start others, such as cron or an editor, may leave them a standard input
    on which nothing ever comes. Beside a typed prompt it is therefore not waited for long.

    Args:
        typed: the prompt on the command line, None for none.
        stdin: standard input, None when the process was started without it.
        piped: whether standard input was asked for, so that it is waited for.

    Returns:
        The prompt, and whether nothing came on standard input where something might have.

    Raises:
        UsageError: there is no prompt.
    """
    rest, silent = "", False
    if stdin is not None and (piped or not stdin.isatty()):
        silent = typed is not None and not piped and not _something_comes(stdin)
        if not silent:
            raw = getattr(stdin, "buffer", None)
            rest = stdin.read() if raw is None else raw.read().decode("utf-8", "replace")
            rest = rest.rstrip("\r\n")
    elif typed is None:
        raise UsageError("There is no prompt.", 'Give one: fmtui ask "…", or pipe it in.')
    prompt = "\n\n".join(part for part in (typed or "", rest) if part.strip())
    if not prompt:
        raise UsageError("The prompt is empty.", 'Give one: fmtui ask "…", or pipe it in.')
    return prompt, silent


def _something_comes(stdin: TextIO) -> bool:
    """Return whether standard input has text or an end, at once or soon."""
    try:
        return bool(select.select([stdin.fileno()], [], [], SILENCE_S)[0])
    except (OSError, ValueError):  # no descriptor, such as a test's, or none that can be waited for
        return True


def status_of(turn: Turn) -> int:
    """Return the exit status for a reply that ended like this."""
    if turn.outcome == "complete":
        return COMPLETE
    if turn.outcome == "cut_off":
        return CUT_OFF
    if turn.outcome == "error":
        return USAGE if turn.error is not None and turn.error.type in _NOTHING_WAS_SENT else ERROR
    return STOPPED


async def _ask(
    bench: Workbench, options: Options, prompt: str, streams: Streams, *, dim: bool, silent: bool
) -> int:
    def make(writer: Writer) -> Ask:
        text = CodeReport if options.code else TextReport
        report: Report = (
            JsonReport(writer, streams.out)
            if options.json
            else text(writer, streams.out, streams.err, dim=dim)
        )
        if silent:
            report.note(
                f"Nothing came on standard input within {SILENCE_S:g} s, so the prompt goes without it.",
                "Add - behind the prompt to wait for it, or < /dev/null not to.",
            )
        return Ask(bench, options, report)

    turn, stopped, failed = await carry_out(make, lambda ask: ask.run(prompt), streams.out)
    if failed is not None and failed.errno not in _READER_IS_GONE:
        streams.err.write(note(str(failed)))
        return ERROR
    return STOPPED if stopped or turn is None else status_of(turn)


def run(bench: Workbench, options: Options, streams: Streams, *, dim: bool) -> int:
    """Ask, and return the exit status.

    Args:
        bench: configuration, sessions and client.
        options: the command line.
        streams: standard input, output and error.
        dim: whether reasoning may be dimmed on a terminal.

    Raises:
        UsageError: there is no prompt.
    """
    prompt, silent = read_prompt(options.prompt, streams.input, piped=options.piped)
    return loop.run(_ask(bench, options, prompt, streams, dim=dim, silent=silent))
