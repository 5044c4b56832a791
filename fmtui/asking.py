"""Asking one prompt after another in a session: what `fmtui ask` does once, and the plain mode often.

The reply runs through the same `Exchange` as in the app, so it is kept as well as there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fmtui.attaching import Attached
from fmtui.choosing import choose_mode, choose_model, endpoint_of, known_model, params_for, unused
from fmtui.core.chat import Failure, Model, Params, Request, Said, Turn, TurnList
from fmtui.core.context import Context
from fmtui.core.costs import Bill
from fmtui.core.dry_run import streams_of
from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.errors import OFFERED, FmtuiError, SessionLockedError, StorageError, UsageError
from fmtui.core.exchange import Exchange, Keeps
from fmtui.core.hints import Hint
from fmtui.core.parameters import Settings, merged
from fmtui.core.record import NamedTuple
from fmtui.core.sessions import Session
from fmtui.core.state import State
from fmtui.options import Options
from fmtui.report import Report, ended
from fmtui.workbench import LATEST, Workbench

if TYPE_CHECKING:  # the workbench imports it when a client is made
    from fmtui.core.client import Client

_CHAT_MAY_BE_WRONG = {400, 404, 405, 422, 501}


class NextRequest(NamedTuple):
    """What the next prompt is asked with."""

    endpoint: Endpoint
    params: Params
    hint: Hint
    """What is known of the model."""
    last: str
    """The id of the turn before; empty for none."""


class Ask:
    """Sends prompts to one session, one after another.

    Args:
        bench: configuration, sessions and client.
        options: the command line.
        report: hears everything.
        session: where they are kept; the one that the options mean when left out.
    """

    def __init__(
        self, bench: Workbench, options: Options, report: Report, session: Session | None = None
    ) -> None:
        self.options = options
        """What is asked for; may change between two prompts."""
        self.quiet = False
        """Whether nobody reads any more, so that stopping needs no words."""
        self.drops_unanswered = False
        """Whether a prompt that nothing answered is no part of what is said next, as it is not in the app."""
        self.shortens = "In the app /shorten leaves the oldest turns out, or sums them up."
        """What helps where a conversation has outgrown the model's window."""
        self.asked: Callable[[Params], None] | None = None
        """Hears with what a request is made, just before it leaves."""
        self._bench = bench
        self._report = report
        self._lent = session is not None
        self._session = session
        self._client: Client | None = None
        self._exchange: Exchange | None = None
        self._storage_failed = False
        self._mode_guessed = False

    async def run(self, prompt: str) -> Turn:
        """Ask once, and return how it ended; being cancelled is one of the ways."""
        turn = await self._ended(lambda client: self._stream(prompt, client))
        await self.close()
        self._report.end(turn)
        return turn

    async def reply(self, prompt: str | None) -> Turn:
        """Ask, and stay ready for the next prompt; return how it ended.

        Args:
            prompt: what to ask; None for another answer to the last prompt.
        """
        turn = await self._ended(lambda client: self._stream(prompt, client))
        self._report.end(turn)
        return turn

    async def aside(self, request: NextRequest, said: Sequence[Said]) -> Turn:
        """Ask something whose answer is told and counted, but no turn of the session; return how it ended.

        Args:
            request: whom to ask, with what.
            said: what to send.
        """
        turn = await self._ended(lambda client: self._stream_aside(request, said, client), kept=False)
        self._report.end(turn)
        return turn

    async def close(self) -> None:
        """Let go of the connection, and of a session that was opened here."""
        if self._client is not None:
            await self._client.aclose()
        if self._session is not None and not self._lent:
            await asyncio.to_thread(self._session.close)

    async def _ended(self, stream: Callable[[Client], Awaitable[Turn]], *, kept: bool = True) -> Turn:
        self._exchange = None
        try:
            self._client = self._client or self._bench.connect()
            self._client.tell_waits(self._report.note)
            turn = await stream(self._client)
        except FmtuiError as error:
            turn = ended("error", Failure.of(error))
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None:
                task.uncancel()  # it is dealt with here: later time limits must not take it for theirs
            # Its own word goes first: the type checker does not see that it was set meanwhile.
            exchange: Exchange | None = self._exchange
            came = exchange.turn if exchange is not None else None
            turn = came or ended("stopped", None)
            self._say_stopped(turn, kept=kept)
        return self._with_hint(turn)

    async def _stream(self, prompt: str | None, client: Client) -> Turn:
        # They go with the next prompt: what is asked again has its own.
        files = self.options.attach if prompt is not None else ()
        attached = await asyncio.to_thread(Attached, self._bench.store.folder, files)
        session = self._session
        if session is None:
            session = self._session = await asyncio.to_thread(
                _open_session, self._bench, self.options, self._report, self._warn
            )
        last, base = await asyncio.to_thread(_last, session, answered_only=self.drops_unanswered)
        settings = merged(session.settings if session is not None else {}, self.options.params)
        endpoint, model, params = await self._choose(base, settings, client)
        again = await asyncio.to_thread(_last_prompt, session) if prompt is None else None
        user = again or Turn.prompt(attached.added_to(prompt or ""), last)
        history = await asyncio.to_thread(
            _history, session, user.parent, reasoning=params.send_reasoning is True
        )
        keeps: Keeps | None = None
        if session is not None and self.options.save:
            keeps = session
            try:
                if settings != session.settings:
                    await asyncio.to_thread(session.configure, settings)
                if again is None:
                    await asyncio.to_thread(attached.keep)
                    await asyncio.to_thread(session.append, user)
            except StorageError as error:
                self._warn(error)
        hint = await asyncio.to_thread(self._bench.hint, endpoint, model)
        crowded = await asyncio.to_thread(_crowded, session, user, params, hint.window)
        if crowded:
            self._report.note(crowded, self.shortens)
        if prompt is not None:
            self.options = self.options._replace(attach=())
        if self.asked is not None:
            self.asked(params)
        self._exchange = Exchange(
            streams_of(client, self.options.dry_run),
            keeps,
            endpoint,
            Request(params, (*history, user), attached.pictures(user, params, hint)),
            parent=user.id,
            post=self._report.event,
            on_storage_error=self._warn,
            bill=self._bill(hint, session),
        )
        return await self._exchange.run()

    async def _stream_aside(self, request: NextRequest, said: Sequence[Said], client: Client) -> Turn:
        endpoint, params, hint, last = request
        attached = Attached(self._bench.store.folder, ())
        self._exchange = Exchange(
            client,
            None,
            endpoint,
            Request(params, tuple(said), attached.pictures(Turn("", "user", "", last), params, hint)),
            parent=last,
            post=self._report.event,
            on_storage_error=self._warn,
            bill=self._bill(hint, self._session),
        )
        return await self._exchange.run()

    async def addressee(self) -> tuple[Endpoint, str]:
        """Return the endpoint that the next prompt goes to, and its model; empty while none is chosen.

        Raises:
            FmtuiError: there is none of that name.
        """
        self._client = self._client or self._bench.connect()
        base = (await asyncio.to_thread(_last, self._session))[1]
        state = await asyncio.to_thread(self._bench.state.load)
        endpoint = await self._endpoint(base, state, self._client)
        return endpoint, known_model(self.options, base, endpoint, state)

    async def next_request(self) -> NextRequest:
        """Return whom and with what is asked next.

        Raises:
            FmtuiError: as asking does.
        """
        self._client = self._client or self._bench.connect()
        session = self._session
        last, base = await asyncio.to_thread(_last, session, answered_only=self.drops_unanswered)
        said = merged(session.settings if session is not None else {}, self.options.params)
        endpoint, model, params = await self._choose(base, said, self._client)
        hint = await asyncio.to_thread(self._bench.hint, endpoint, model)
        return NextRequest(endpoint, params, hint, last)

    async def models(self, endpoint: Endpoint) -> list[str]:
        """Return the names of what an endpoint offers.

        Raises:
            FmtuiError: it could not be asked.
        """
        self._client = self._client or self._bench.connect()
        return [model.name for model in await self._client.models(endpoint)] or list(endpoint.models)

    async def _endpoint(self, base: Params | None, state: State, client: Client) -> Endpoint:
        return await endpoint_of(
            self._bench,
            client,
            asked=self.options.endpoint,
            used=base.endpoint if base is not None else "",
            remembered=state.endpoint,
            tell=lambda problem: self._report.note(problem.message, problem.hint),
        )

    def _bill(self, hint: Hint, session: Session | None) -> Bill:
        """Return what knows the cost of the reply; it is noted where the reply is kept."""
        return Bill(
            hint,
            self._bench.costs if self.options.save else None,
            "" if session is None else session.id,
            lambda error: self._report.note(error.message, error.hint),
        )

    async def _choose(
        self, base: Params | None, settings: Settings, client: Client
    ) -> tuple[Endpoint, Model, Params]:
        options, bench = self.options, self._bench
        state = await asyncio.to_thread(bench.state.load)
        endpoint = await self._endpoint(base, state, client)
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
            hint = "The reply is not kept. Choose another folder with --data-dir or FMTUI_DATA_DIR."
            self._report.note(error.message, hint)

    def _say_stopped(self, turn: Turn, *, kept: bool) -> None:
        if self.quiet:
            return
        kept = kept and self._session is not None and self.options.save and not self._storage_failed
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


def _open_session(
    bench: Workbench, options: Options, report: Report, warn: Callable[[StorageError], None]
) -> Session | None:
    """Open or make the session; None when nothing is to be kept, or nothing can be."""
    store, asked, save = bench.store, options.session, options.save
    for problem in bench.close_to_others(files=False) if save else ():
        report.note(problem.message, problem.hint)
    if asked == LATEST and store.latest() is None:
        report.note("There is no session to continue, so this is a new one.")
        asked = ""
    if asked:
        session = bench.open_session(asked, write=save)
        if save and session.read_only:
            session.close()
            hint = "Add --no-save to ask without keeping the reply."
            if not session.owner:  # a newer fmtui wrote it: the session has said so
                raise StorageError(" ".join(session.notices), hint)
            raise SessionLockedError(
                f"Session {session.id} is open in another window ({session.owner}).",
                f"Close it there. {hint}",
            )
        for notice in session.notices:
            report.note(notice)
        return session
    if not save:
        return None
    try:
        store.prepare()
        return store.new()
    except StorageError as error:
        warn(error)
        return None


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


def _last(session: Session | None, *, answered_only: bool = False) -> tuple[str, Params | None]:
    """Return the id of the last turn, or of the last answer, and what was asked with last."""
    if session is None:
        return "", None
    path = session.path_to()
    backwards = (path[index] for index in range(len(path) - 1, -1, -1))
    base = next((turn.params for turn in backwards if turn.params is not None), None)
    if answered_only:
        return _last_answered(session), base
    return path[len(path) - 1].id if path else "", base


def _last_answered(session: Session) -> str:
    """Return the id of the last turn that holds anything of a model; empty where there is none."""
    path = session.path_to()
    for index in range(len(path) - 1, -1, -1):
        turn = path[index]
        if turn.role == "assistant" and turn.says_something:
            return turn.id
    return ""


def _last_prompt(session: Session | None) -> Turn:
    """Return the prompt that was sent last.

    Raises:
        UsageError: there is none.
    """
    path = session.path_to() if session is not None else TurnList()
    for index in range(len(path) - 1, -1, -1):
        if path[index].role == "user":
            return path[index]
    raise UsageError("There is no prompt to ask again.")


def _history(session: Session | None, leaf: str, *, reasoning: bool) -> tuple[Said, ...]:
    """Return what was said up to a turn; nothing at the start."""
    return () if session is None or not leaf else tuple(session.said_to(leaf, reasoning=reasoning))
