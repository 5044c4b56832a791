"""`fmtui ask`: one prompt, its answer on standard output as it comes, both kept in a session.

The reply runs through the same `Exchange` as in the app, so it is kept as well as there:
Ctrl+C, a closed terminal or a reader that has gone away end it, and what came stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from fmtui.attaching import Attached
from fmtui.choosing import choose_mode, choose_model, endpoint_of, params_for, unused
from fmtui.core import loop
from fmtui.core.chat import Failure, Model, Params, Request, Said, Turn, TurnList
from fmtui.core.context import Context
from fmtui.core.costs import Bill
from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.errors import OFFERED, FmtuiError, SessionLockedError, StorageError, UsageError
from fmtui.core.exchange import Exchange, Keeps
from fmtui.core.hints import Hint
from fmtui.core.parameters import Settings, merged
from fmtui.core.sessions import Session
from fmtui.options import Options
from fmtui.output import Outlet, Streams, note
from fmtui.report import JsonReport, Report, TextReport, ended
from fmtui.workbench import LATEST, Workbench
from fmtui.writer import Writer

if TYPE_CHECKING:  # the workbench imports it when a client is made
    from fmtui.core.client import Client

COMPLETE, ERROR, USAGE, CUT_OFF, STOPPED = 0, 1, 2, 3, 130
"""Exit statuses, a promise to scripts."""

SILENCE_S = 3.0
"""How long standard input is waited for beside a typed prompt."""

_NOTHING_WAS_SENT = {"usage", "config", "credential", "session_not_found"}
_READER_IS_GONE = {errno.EPIPE, errno.EIO, errno.EBADF}
_CHAT_MAY_BE_WRONG = {400, 404, 405, 422, 501}


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


class Ask:
    """One run of the command.

    Args:
        bench: configuration, sessions and client.
        options: the command line.
        report: hears everything.
    """

    def __init__(self, bench: Workbench, options: Options, report: Report) -> None:
        self.quiet = False
        """Whether nobody reads any more, so that stopping needs no words."""
        self._bench = bench
        self._options = options
        self._report = report
        self._session: Session | None = None
        self._exchange: Exchange | None = None
        self._storage_failed = False
        self._mode_guessed = False

    async def run(self, prompt: str) -> Turn:
        """Ask, and return how it ended; being cancelled is one of the ways."""
        client: Client | None = None
        try:
            client = self._bench.connect()
            turn = await self._stream(prompt, client)
        except FmtuiError as error:
            turn = ended("error", Failure.of(error))
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None:
                task.uncancel()  # it is dealt with here: later time limits must not take it for theirs
            kept = self._exchange.turn if self._exchange is not None else None
            turn = kept or ended("stopped", None)
            self._say_stopped(turn)
        finally:
            if client is not None:
                await client.aclose()
            if self._session is not None:
                await asyncio.to_thread(self._session.close)
        self._report.end(self._with_hint(turn))
        return turn

    async def _stream(self, prompt: str, client: Client) -> Turn:
        self._attached = await asyncio.to_thread(Attached, self._bench.store.folder, self._options.attach)
        session = self._session = await asyncio.to_thread(self._open_session)
        last, base = await asyncio.to_thread(_last, session)
        settings = merged(session.settings if session is not None else {}, self._options.params)
        endpoint, model, params = await self._choose(base, settings, client)
        history = await asyncio.to_thread(_history, session, reasoning=params.send_reasoning is True)
        user = Turn.prompt(self._attached.added_to(prompt), last)
        keeps: Keeps | None = None
        if session is not None and self._options.save:
            keeps = session
            try:
                if settings != session.settings:
                    await asyncio.to_thread(session.configure, settings)
                await asyncio.to_thread(self._attached.keep)
                await asyncio.to_thread(session.append, user)
            except StorageError as error:
                self._warn(error)
        hint = await asyncio.to_thread(self._bench.hint, endpoint, model)
        crowded = await asyncio.to_thread(_crowded, session, user, params, hint.window)
        if crowded:
            self._report.note(crowded, "In the app /shorten leaves the oldest turns out, or sums them up.")
        self._exchange = Exchange(
            client,
            keeps,
            endpoint,
            Request(params, (*history, user), self._attached.pictures(user, params, hint)),
            parent=user.id,
            post=self._report.event,
            on_storage_error=self._warn,
            bill=self._bill(hint, session),
        )
        return await self._exchange.run()

    def _bill(self, hint: Hint, session: Session | None) -> Bill:
        """Return what knows the cost of the reply; it is noted where the reply is kept."""
        return Bill(
            hint,
            self._bench.costs if self._options.save else None,
            "" if session is None else session.id,
            lambda error: self._report.note(error.message, error.hint),
        )

    def _open_session(self) -> Session | None:
        """Open or make the session; None when nothing is to be kept, or nothing can be."""
        store, asked, save = self._bench.store, self._options.session, self._options.save
        for problem in self._bench.close_to_others(files=False) if save else ():
            self._report.note(problem.message, problem.hint)
        if asked == LATEST and store.latest() is None:
            self._report.note("There is no session to continue, so this is a new one.")
            asked = ""
        if asked:
            session = self._bench.open_session(asked, write=save)
            if save and session.read_only:
                session.close()
                hint = "Add --no-save to ask without keeping the answer."
                if not session.owner:  # a newer fmtui wrote it: the session has said so
                    raise StorageError(" ".join(session.notices), hint)
                raise SessionLockedError(
                    f"Session {session.id} is open in another window ({session.owner}).",
                    f"Close it there. {hint}",
                )
            for notice in session.notices:
                self._report.note(notice)
            return session
        if not save:
            return None
        try:
            store.prepare()
            return store.new()
        except StorageError as error:
            self._warn(error)
            return None

    async def _choose(
        self, base: Params | None, settings: Settings, client: Client
    ) -> tuple[Endpoint, Model, Params]:
        options, bench = self._options, self._bench
        state = await asyncio.to_thread(bench.state.load)
        endpoint = await endpoint_of(
            bench,
            client,
            asked=options.endpoint,
            used=base.endpoint if base is not None else "",
            remembered=state.endpoint,
            tell=lambda problem: self._report.note(problem.message, problem.hint),
        )
        if endpoint.name == DEMO.name and len(bench.endpoints) == 1 and not options.endpoint:
            self._report.note(
                "No endpoint is configured, so the built-in demo answers: canned text, no model.",
                "Set DATABRICKS_HOST and DATABRICKS_TOKEN, or OPENAI_API_KEY, or see: fmtui config path",
            )
        model = await choose_model(options, base, endpoint, state, client)
        mode, self._mode_guessed = await choose_mode(options, base, endpoint, model, client)
        if left_out := unused(options.params, mode):
            self._report.note(*left_out)
        # What was typed just now is tried, whatever the model made of it before.
        if options.params:
            await asyncio.to_thread(bench.refusals.forget, endpoint.name, model.name, options.params.keys())
        return endpoint, model, params_for(settings, endpoint, model.name, mode)

    def _warn(self, error: StorageError) -> None:
        """Say once that this is not being kept; the answer comes all the same."""
        if not self._storage_failed:
            self._storage_failed = True
            # Not the error's own hint: that is for a window, whose memory lives on.
            hint = "The answer is not kept. Choose another folder with --data-dir or FMTUI_DATA_DIR."
            self._report.note(error.message, hint)

    def _say_stopped(self, turn: Turn) -> None:
        if self.quiet:
            return
        kept = self._session is not None and self._options.save and not self._storage_failed
        if kept and self._session is not None and not turn.is_empty:
            self._report.note(f"Stopped; what came is kept in session {self._session.id}.")
        else:
            self._report.note("Stopped.")

    def _with_hint(self, turn: Turn) -> Turn:
        """Return the turn with a further hint where the wrong mode may be the cause of its error."""
        error = turn.error
        if error is None or not self._mode_guessed or error.status not in _CHAT_MAY_BE_WRONG:
            return turn
        if OFFERED in error.hint:  # there is no such model, in whichever mode
            return turn
        hint = f"{error.hint} If this model completes text and does not chat, add --mode completion."
        return replace(turn, error=error._replace(hint=hint.lstrip()))


def _crowded(session: Session | None, prompt: Turn, params: Params, window: int | None) -> str:
    """Return that a request has probably no room in the model's window; empty where it has."""
    if window is None:
        return ""
    parent = prompt.parent if session is not None else ""
    path = session.path_to(parent) if session is not None and parent else TurnList()
    found = session.cut_of(parent) if session is not None and parent else None
    cut, first = found or (None, 0)
    system = params.system if params.mode == "chat" else ""
    context = Context(
        path, first, cut.since if cut else None, system=system + (cut.said if cut is not None else "")
    )
    load = context.load(prompt=prompt.text, answer=params.max_tokens, window=window)
    if not load.overflows:
        return ""
    return (
        f"This has about {load.tokens:,} tokens; with max_tokens {load.answer:,} that has no room in the "
        f"model's window of {window:,}."
    )


def _last(session: Session | None) -> tuple[str, Params | None]:
    """Return the id of the last turn, and what was asked with last."""
    if session is None:
        return "", None
    path = session.path_to()
    backwards = (path[index] for index in range(len(path) - 1, -1, -1))
    base = next((turn.params for turn in backwards if turn.params is not None), None)
    return path[len(path) - 1].id if path else "", base


def _history(session: Session | None, *, reasoning: bool) -> tuple[Said, ...]:
    """Return what was said so far."""
    return () if session is None else tuple(session.said_to(reasoning=reasoning))


@contextlib.contextmanager
def _stopped_by_signals(stop: Callable[[], object]) -> Iterator[None]:
    """Call `stop` at the first signal that asks the process to end; a second one ends it at once.

    A signal that the process was told to ignore, as `nohup` does, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    stopping = False

    def stop_or_leave() -> None:
        nonlocal stopping
        if stopping:
            os._exit(STOPPED)
        stopping = True
        stop()

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handled = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]
    for number in handled:
        loop.add_signal_handler(number, stop_or_leave)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


async def _ask(
    bench: Workbench, options: Options, prompt: str, streams: Streams, *, dim: bool, silent: bool
) -> int:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine that runs has a task
    streaming, stopped = True, False
    failed: list[OSError] = []

    def stop() -> None:
        nonlocal stopped
        stopped = True
        task.cancel()

    def broken(outlet: Outlet, error: OSError) -> None:
        if outlet is streams.out:
            failed.append(error)
            if streaming:
                ask.quiet = True
                task.cancel()

    writer = Writer(broken)
    report: Report = (
        JsonReport(writer, streams.out)
        if options.json
        else TextReport(writer, streams.out, streams.err, dim=dim)
    )
    if silent:
        report.note(
            f"Nothing came on standard input within {SILENCE_S:g} s, so the prompt goes without it.",
            "Add - behind the prompt to wait for it, or < /dev/null not to.",
        )
    ask = Ask(bench, options, report)
    with _stopped_by_signals(stop):
        turn = await ask.run(prompt)
        streaming = False
        try:
            # The whole reply may have been kept before the signal came, and its reader still wait.
            await writer.finish(patient=not stopped and turn.outcome != "stopped")
        except asyncio.CancelledError:
            return STOPPED
    if failed and failed[0].errno not in _READER_IS_GONE:
        reason = failed[0].strerror or str(failed[0])
        streams.err.write(note(f"Standard output cannot be written: {reason}."))
        return ERROR
    return STOPPED if stopped else status_of(turn)


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
