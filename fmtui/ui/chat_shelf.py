"""Which session is on the screen: the part of the chat screen that shows, leaves and lists sessions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, Protocol

from textual.app import App
from textual.worker import Worker

from fmtui.core.chat import Turn, TurnList
from fmtui.core.errors import FmtuiError
from fmtui.core.parameters import Settings
from fmtui.core.text import in_front_of
from fmtui.ui.chat_sessions import Desk, OpenSession
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.conversation.widget import Conversation
from fmtui.ui.gently import Gently, Lull
from fmtui.ui.prompt import Prompt
from fmtui.ui.rows import SessionRow
from fmtui.ui.sidebar import Sidebar

SIDEBAR_SESSIONS = 50
"""Sessions listed in the sidebar; the session list has them all."""
DRAFT_S = 0.4
"""Seconds from a key to its draft on disk; the promise is one second."""

OPENING_S = 0.8
"""Seconds that leaving may wait for the first session, where what was typed already is to be kept."""

FOLLOW_S = 1.0
"""Seconds between two looks at a session that another window writes."""

Severity = Literal["information", "warning", "error"]


class Stage(Protocol):
    """What the parts of the chat screen may ask of it."""

    conversation: Conversation
    sidebar: Sidebar

    @property
    def prompt(self) -> Prompt:
        """The editor."""
        ...

    @property
    def app(self) -> App[Any]:
        """The app, which shows dialogs."""
        ...

    def tell(self, problem: FmtuiError | str, severity: Severity = "information") -> None:
        """Show a notice."""
        ...

    def refuse(self, why: FmtuiError | str, severity: Severity = "warning") -> None:
        """Say why a command is not done; what was typed for it comes back, unless the user went on since."""
        ...

    def way(self, command_id: str) -> str:
        """Return how a command is reached: its key as the user has it, else what is typed for it."""
        ...

    def pending(self, rows: Sequence[str]) -> None:
        """Show what is not sent yet."""
        ...

    def start_worker(self, work: Awaitable[None], group: str) -> Worker[None]:
        """Run something beside the screen until it ends or the screen goes."""
        ...

    def wait(self, seconds: float, then: Callable[[], Awaitable[None]]) -> None:
        """Do something later."""
        ...


def while_running(stage: Stage) -> str:
    """Return what is said to who wants something that has to wait for the end of a reply."""
    return f"A reply is running; {stage.way('reply.stop')} stops it, or wait for its end."


class SessionShown(Protocol):
    """Who hears of the sessions that are shown."""

    def __call__(self, settings: Settings, *, fresh: bool) -> None:
        """Take what was set for the session that is shown now; `fresh` when it has no turn yet."""
        ...


class Shelf:
    """Shows one session, keeps its draft, and lists the others."""

    def __init__(self, stage: Stage, desk: Desk, board: StatusBoard) -> None:
        self.shown: OpenSession | None = None
        self.on_shown: Sequence[SessionShown] = ()
        """Hear of every session that is put on the screen."""
        self.on_ended: Callable[[OpenSession, Turn], None] | None = None
        """Hears of every reply that ended."""
        self.on_listed: Callable[[], Awaitable[None]] | None = None
        """Hears whenever there is something new to list."""
        self.ready = asyncio.Event()
        """Set once the first session is open: a prompt sent sooner waits for it."""
        self.lull = Lull(lambda: bool(desk.running()))
        """Knows when nothing happens; told by whoever makes something happen."""
        self._stage = stage
        self._desk = desk
        self._board = board
        self._checking: Gently | None = None
        """The check of the session that was shown last."""
        self._draft_waits = False
        self._switching = asyncio.Lock()

    @property
    def shown_id(self) -> str:
        """The id of the shown session; empty before the first."""
        return self.shown.id if self.shown is not None else ""

    async def open_first(self, wanted: str) -> None:
        """Show the session that the command line asked for, a new one if it cannot be read."""
        problem = await self._desk.prepare()
        if problem is not None:
            self.storage_failed(problem)
        try:
            opened, draft = await self._desk.start(wanted)
        except FmtuiError as error:
            self._stage.tell(error, "error")
            opened, draft = await self._desk.new()
        self._show(opened, draft)
        await self.list_sessions()

    async def switch(self, session_id: str) -> None:
        """Leave the shown session and open another; an empty id starts a new one."""
        async with self._switching:
            before = self.shown
            if before is None or session_id == before.id:
                return
            try:
                opened, draft = await (self._desk.open(session_id) if session_id else self._desk.new())
            except FmtuiError as error:
                self._stage.tell(error, "error")
                return
            # Taken out in one step: a key that is pressed while the disk works is the other session's.
            before.typed = self._stage.prompt.take()
            self._show(opened, draft)
            await self.keep(before)
            await self._desk.close(before)
        await self.list_sessions()

    def _show(self, opened: OpenSession, draft: str) -> None:
        """Put a session on the screen, with its unsent prompt and its running reply."""
        self.shown = opened
        self.lull.stir()
        if self._checking is not None:
            self._checking.end()
        self.ready.set()
        path = opened.path
        exchange = opened.exchange
        self._stage.conversation.show(opened.shown_path(), opened.places)
        if opened.prompt is not None:
            self._stage.conversation.begin(opened.prompt)
        if exchange is not None:
            self._stage.conversation.begin_reply(exchange.so_far())
        if draft:
            self._stage.prompt.restore(draft)
        opened.typed = self._stage.prompt.unsent
        self._board.last = path[len(path) - 1] if path else None
        self._tell_notices(opened)
        if not opened.session.parsed_whole:
            self._stage.start_worker(self._verify(opened), "verify")
        if opened.session.read_only:
            self._stage.tell(f"Open in another window ({opened.session.owner}): reading only.", "warning")
            self._stage.start_worker(self._follow(opened), "follow")
        for hear in self.on_shown:
            hear(opened.session.settings, fresh=not len(path))
        self._board.watch(opened)

    async def configure(self, settings: Settings) -> None:
        """Keep what was set for the shown session with it, once this window may write to it."""
        if self.shown is not None:
            self.shown.to_keep = settings
            await self._configure(self.shown)

    async def _configure(self, opened: OpenSession) -> None:
        if opened.to_keep is None or opened.session.read_only:
            return
        settings, opened.to_keep = opened.to_keep, None
        try:
            await asyncio.to_thread(opened.session.configure, settings)
        except FmtuiError as error:
            self.storage_failed(error)

    async def show_again(self, opened: OpenSession) -> None:
        """Show the path of a session anew, up to its prompt, after what is sent of it has changed."""
        none = TurnList()
        opened.path = await asyncio.to_thread(opened.session.path_to, opened.leaf) if opened.leaf else none
        if self.shown is opened:
            self._stage.conversation.show(opened.shown_path(), opened.places)
            if opened.prompt is not None:
                self._stage.conversation.begin(opened.prompt)

    async def _verify(self, opened: OpenSession) -> None:
        """Read the whole file once, in a thread: opening looks only at what it shows."""
        gently = self._checking = Gently(self.lull)
        try:
            await self.lull.comes()
            same = await asyncio.to_thread(opened.session.verify, gently)
        finally:
            gently.end()  # the thread would outlive the worker, and the app wait for it
        if not same and self.shown is opened and not opened.running:
            opened.path = await asyncio.to_thread(opened.session.path_to)
            self._stage.conversation.show(opened.shown_path(), opened.places)
        self._tell_notices(opened)

    def _tell_notices(self, opened: OpenSession) -> None:
        for notice in opened.session.notices:
            self._stage.tell(notice, "warning")
        opened.session.notices.clear()

    async def take_over(self, opened: OpenSession) -> bool:
        """Become the writer of a session if the one before has gone; return whether this one may write."""
        if not opened.session.read_only:
            return True
        try:
            taken = await self._desk.take_over(opened, lambda draft: self.give_back(opened, draft))
        except FmtuiError as error:
            self._stage.tell(error, "error")
            return False
        if taken and self.shown is opened:
            self._stage.conversation.show(opened.shown_path(), opened.places)
        if taken:
            await self._configure(opened)
            self._board.update()
        return taken

    def give_back(self, opened: OpenSession, text: str) -> None:
        """Put a prompt in front of what was typed in its session since, on the screen or not."""
        if self.shown is opened:
            self._stage.prompt.restore(text)
            opened.typed = self._stage.prompt.unsent
        else:
            opened.typed = in_front_of(text, opened.typed)

    async def _follow(self, opened: OpenSession) -> None:
        """Show what another window adds to this session, for as long as it is shown here."""
        while self.shown is opened and opened.session.read_only:
            await asyncio.sleep(FOLLOW_S)
            try:
                changed = await asyncio.to_thread(opened.session.follow)
            except FmtuiError as error:
                self._stage.tell(error, "warning")
                return
            if changed and self.shown is opened:
                opened.path = await asyncio.to_thread(opened.session.path_to)
                self._stage.conversation.show(opened.shown_path(), opened.places)

    async def list_sessions(self) -> None:
        """Bring the sidebar's list up to date."""
        rows = await self.rows(SIDEBAR_SESSIONS, archived=False)
        if self.shown is not None:
            self._tell_notices(self.shown)  # writing it may have had something to say as well
            self._stage.sidebar.set_sessions(rows, self.shown.id)
        if self.on_listed is not None:
            await self.on_listed()

    async def rows(
        self, most: int | None = None, *, archived: bool = True, known: bool = False
    ) -> list[SessionRow]:
        """Return the sessions as rows, pinned ones first, then the newest.

        Args:
            most: return no more than so many; all of them by default.
            archived: whether to return archived ones, too.
            known: return them as they were listed last, without a look at the disk.
        """
        from fmtui.ui.chat_dialogs import session_rows  # noqa: PLC0415 - after the first frame

        title = self.shown.session.title if self.shown is not None else ""

        def read() -> list[SessionRow]:
            listed = self._desk.listed(known=known)
            return session_rows(listed, self.shown_id, title, most, archived=archived)

        # In a thread: there may be 10,000.
        return await asyncio.to_thread(read)

    def ended(self, opened: OpenSession, turn: Turn | None) -> None:
        """Take note that a reply ended: one that nobody saw is marked, a long one may be announced."""
        self.lull.stir()
        if turn is None:
            return
        opened.unseen = self.shown is not opened
        if self.on_ended is not None:
            self.on_ended(opened, turn)

    async def leave(self, opened: OpenSession) -> None:
        """Let go of a session whose reply ended while another was shown; keep its prompt if it came back."""
        await self.keep(opened)
        if opened.unseen:
            problem = await self._desk.note_unseen(opened.id, lambda: self.shown is opened)
            if problem is not None:
                self.storage_failed(problem)
        async with self._switching:
            if self.shown is not opened:
                await self._desk.close(opened)

    def prompt_changed(self) -> None:
        """See to it that the unsent prompt is on disk soon, however long the user goes on typing."""
        if not self._draft_waits:
            self._draft_waits = True
            self._stage.wait(DRAFT_S, self._draft_due)

    async def _draft_due(self) -> None:
        self._draft_waits = False
        if self.shown is not None:
            await self.keep(self.shown)

    async def keep(self, opened: OpenSession) -> None:
        """Keep what is unsent of a session; of the shown one, what is in the editor as well."""
        if self.shown is opened:
            opened.typed = self._stage.prompt.unsent
        problem = await self._desk.save_draft(opened)
        if problem is not None:
            self.storage_failed(problem)

    def storage_failed(self, error: FmtuiError) -> None:
        """Say that the disk refused; everything goes on in memory."""
        if not self._board.not_saved:
            self._stage.tell(error, "error")
        self._board.not_saved = True
        self._board.update()

    async def close(self) -> None:
        """Keep the drafts and let go of every session, before the app ends."""
        if self.shown is None and self._stage.prompt.unsent:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ready.wait(), OPENING_S)
        for opened in self._desk.all():
            await self.keep(opened)
            await self._desk.close(opened, anyway=True)
