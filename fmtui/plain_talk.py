"""A conversation line by line.

Prompts are asked by the same class as `fmtui ask`, and kept in the same
sessions as the app's: a prompt is on the disk before its request leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from fmtui.asking import Ask, NextRequest
from fmtui.carrying_out import STOPPED, Carried, carry_out
from fmtui.core.chat import Params, Said, Turn
from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.errors import FmtuiError, StorageError
from fmtui.core.parameters import merged
from fmtui.core.sessions import Session
from fmtui.core.state import StateFile
from fmtui.core.text import in_front_of, in_pages, one_line, pages_of, printable
from fmtui.options import Options
from fmtui.output import Streams, complaint, note
from fmtui.plain_input import Ended, Lines
from fmtui.plain_report import PlainReport
from fmtui.workbench import LATEST, Workbench
from fmtui.writer import Writer

T = TypeVar("T")


class Plain:
    """One run of the plain mode; the commands change what it asks with, and which session it is in.

    Args:
        bench: configuration, sessions and client.
        options: the command line.
        streams: standard input, output and error.
        environ: the environment variables.
        runner: runs what waits.
        do: does what was typed if it is a command; returns False when it is a prompt.
    """

    def __init__(
        self,
        bench: Workbench,
        options: Options,
        streams: Streams,
        environ: Mapping[str, str],
        runner: asyncio.Runner,
        do: Callable[[Plain, str], bool],
    ) -> None:
        self.bench = bench
        self.environ = environ
        self.streams = streams
        self.lines = Lines(streams, self._keep_draft)
        self.leaving = False
        self._chosen = False
        self._report = PlainReport(streams.out, streams.err)
        self._runner = runner
        self._do = do
        self.session, self._draft = self._begin(options.session)
        self._ask = self._asking(options)

    # ---- what the commands ask for

    @property
    def options(self) -> Options:
        """What is asked with, as far as it was chosen."""
        return self._ask.options

    @options.setter
    def options(self, options: Options) -> None:
        self._ask.options = options

    def say(self, text: str) -> None:
        """Write lines of fmtui's own, or of anyone's, to standard output."""
        text = text if text.endswith("\n") else text + "\n"
        self.streams.out.write(printable(text) if self.streams.out.is_terminal else text)

    def note(self, message: str, hint: str = "") -> None:
        """Write a line to standard error."""
        self.streams.err.write(note(message, hint))

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what comes of something that waits; Ctrl+C ends it."""
        return self._runner.run(work)

    async def addressee(self) -> tuple[Endpoint, str]:
        """Return the endpoint that the next prompt goes to, and its model; empty while none is chosen."""
        return await self._ask.addressee()

    async def next_request(self) -> NextRequest:
        """Return whom and with what is asked next."""
        return await self._ask.next_request()

    @property
    def settings(self) -> dict[str, object]:
        """What was set for this session, on the command line too."""
        return merged(self.session.settings, self.options.params)

    def choose(self, *, endpoint: str = "", model: str = "") -> None:
        """Ask another endpoint or model from now on; it is remembered once it was asked."""
        named = endpoint or self.options.endpoint
        self.options = self.options._replace(endpoint=named, model=model, mode=None)
        self._chosen = True

    async def models(self, endpoint: Endpoint) -> list[str]:
        """Return the names of its models."""
        return await self._ask.models(endpoint)

    def switch(self, session_id: str) -> None:
        """Go on with another session, or a new one for an empty id.

        Raises:
            FmtuiError: it cannot be opened.
        """
        before = self.session
        options = self.options
        self.session, self._draft = self._begin(session_id)
        self.wait(self._ask.close())
        before.close()
        # What was typed for the session before is not this one's.
        self._ask = self._asking(options._replace(params={}))

    def _asking(self, options: Options) -> Ask:
        ask = Ask(self.bench, options, self._report, self.session)
        ask.asked = self._asked
        ask.drops_unanswered = True
        ask.shortens = "/shorten leaves the oldest turns out, or sums them up."
        return ask

    def _asked(self, params: Params) -> None:
        """Drop the draft of what is a turn on the disk now, and name who answers."""
        if not self.session.unwritten:
            self._keep_draft("")
        if self._chosen:
            self._chosen = False
            _remember(self.bench.state, params)
        self._report.asked(params)

    def send(self, prompt: str | None) -> int:
        """Ask, and write the answer as it comes; return whether nobody reads it any more, as a status.

        Args:
            prompt: what to ask; None for another answer to the last prompt.
        """
        files = self.options.attach
        done = self._carry_out(lambda ask: ask.reply(prompt))
        if prompt and done.turn is not None and not done.turn.says_something:
            self._draft = prompt if self.lines.typed else ""  # back in the line, as in the app
            self.options = self.options._replace(attach=files)
        return STOPPED if done.failed is not None else 0

    def aside(self, request: NextRequest, said: Sequence[Said]) -> Turn | None:
        """Ask something whose answer is written and counted, but is no turn; None when nobody reads it."""

        def work(ask: Ask) -> Awaitable[Turn]:
            self._report.asked(request.params)
            return ask.aside(request, said)

        done = self._carry_out(work)
        return done.turn if done.failed is None else None

    def _carry_out(self, work: Callable[[Ask], Awaitable[Turn]]) -> Carried:
        def make(writer: Writer) -> Ask:
            self._report.begin(writer)
            self._ask.quiet = False
            return self._ask

        try:
            return self.wait(carry_out(make, work, self.streams.out))
        finally:
            self._report.rest()

    # ---- the conversation

    def run(self) -> int:
        """Talk until the end; return the exit status."""
        status = self._talk()
        self.wait(self._ask.close())
        self.session.close()
        return status

    def _talk(self) -> int:
        self._greet()
        interrupted = False
        while not self.leaving:
            try:
                draft, self._draft = self._draft, ""
                text = self.lines.read(draft)
                interrupted = False
                if text is None:
                    self._keep_draft("")
                    return 0
                if not text.strip() or self._do(self, text):
                    continue
                if status := self.send(text):
                    return status
            except KeyboardInterrupt:
                self.streams.out.write("\n")
                if interrupted and not self.lines.dropped:
                    return STOPPED
                interrupted = True
                again = " Up brings the line back." if self.lines.dropped else ""
                self.note(f"Ctrl+C again or /quit leaves; everything is kept.{again}")
            except Ended as ended:
                return 128 + ended.number
            except FmtuiError as error:
                self.streams.err.write(complaint(error))
        return 0

    def _greet(self) -> None:
        if not self.lines.typed:
            return
        if self.session.title:
            self.say(f"Going on with: {one_line(self.session.title)}")
        try:
            endpoint, model = self.wait(self._ask.addressee())
            name = one_line(endpoint.name)
            self.say(
                f"You talk to {one_line(model)} at {name}."
                if model
                else f"You talk to {name}. No model is chosen yet; /model lists them."
            )
        except FmtuiError as error:
            self.streams.err.write(complaint(error))
        self.say("A line is a prompt; a backslash at its end goes on in the next. /help lists commands.")
        with contextlib.suppress(FmtuiError):
            self.lines.remember(self.bench.store.prompts())

    # ---- sessions and drafts

    def _begin(self, asked: str) -> tuple[Session, str]:
        """Return the session that is meant, a new one for none, and what was typed for it and not sent.

        The latter only where it can be shown: it would be gone with the first line of a pipe.
        """
        store = self.bench.store
        for problem in self.bench.close_to_others(files=False):
            self.note(problem.message, problem.hint)
        if asked == LATEST and store.latest() is None:
            self.note("There is no session to continue, so this is a new one.")
            asked = ""
        if asked:
            session = self.bench.open_session(asked, write=True)
            if session.read_only:
                session.close()
                owner = f" ({session.owner})" if session.owner else ""
                raise StorageError(
                    f"Session {session.id} is open in another window{owner}.", "Close it there."
                )
            for notice in session.notices:
                self.note(notice)
            session.notices.clear()
            return session, _as_one(session.take_draft()) if self.lines.typed else ""
        try:
            store.prepare()
        except StorageError as error:  # it goes on in memory, as in the app
            self.note(error.message, error.hint)
        session = store.new()
        left = store.left_draft() if self.lines.typed else ""
        return session, self._adopted(left, session) if left else ""

    def _adopted(self, left: str, session: Session) -> str:
        """Move a draft whose session never began to a new one: written there before it goes here."""
        draft = self.bench.store.draft(left)
        with contextlib.suppress(StorageError):
            session.save_draft(draft)
            self.bench.store.save_draft(left, "")
        return _as_one(draft)

    def _keep_draft(self, text: str) -> None:
        """Keep what is typed and not sent; where nobody types, drafts are left as they are."""
        if not self.lines.typed:
            return
        with contextlib.suppress(StorageError):  # the prompt that follows says what is wrong with the disk
            self.session.save_draft(in_pages([text]))


def _remember(file: StateFile, params: Params) -> None:
    """Keep what was chosen for the next start, as the app does."""
    before = file.load()
    models = {**before.models, params.endpoint: params.model}
    endpoint = before.endpoint if params.endpoint == DEMO.name else params.endpoint
    used = params.endpoint, params.model
    recent = (used, *(each for each in before.recent if each != used))
    with contextlib.suppress(StorageError):  # it is a comfort, no promise
        file.update(before, replace(before, endpoint=endpoint, models=models, recent=recent))


def _as_one(draft: str) -> str:
    """Return the prompts of a draft as one: there is one line to edit, and none that waits."""
    *waiting, text = pages_of(draft)
    for prompt in reversed(waiting):
        text = in_front_of(prompt, text)
    return text
