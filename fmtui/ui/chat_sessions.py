"""The sessions that are open: the part of the chat screen that works on the disk, in threads.

A session stays open while it is on the screen or a reply to it runs, so that a reply can
end in a session that is not shown.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from fmtui.core.chat import Turn, TurnList, Turns
from fmtui.core.errors import FmtuiError
from fmtui.core.record import NamedTuple
from fmtui.core.text import in_front_of, in_pages, pages_of
from fmtui.ui.chat_unsent import Back, Editing, Queued

if TYPE_CHECKING:  # how sessions are kept is imported after the first frame
    from fmtui.core.attachments import Attachment
    from fmtui.core.exchange import Exchange
    from fmtui.core.parameters import Settings
    from fmtui.core.sessions import Session, SessionHead, SessionStore


Overflow = Literal["ask", "drop", "go_on"]


class OpenSession:
    """A session in use and what the screen knows of it.

    Args:
        session: the session.
        leaf: the turn that the next prompt follows; empty at the start.
        path: the turns that are shown.
    """

    def __init__(self, session: Session, leaf: str = "", path: Turns | None = None) -> None:
        self.session = session
        self.leaf = leaf
        self.running = False
        """Whether a prompt is on its way or its reply runs; at most one does."""
        self.exchange: Exchange | None = None
        """The reply, from the request on."""
        self.prompt: Turn | None = None
        """The prompt that is on its way or being answered."""
        self.path: Turns = TurnList() if path is None else path
        self.overflow: Overflow = "ask"
        """What to do when a request has no room in the model's window."""
        self.to_keep: Settings | None = None
        """What was set here while another window wrote the session, which is still to be kept with it."""
        self.typed = ""
        """What was in the editor when it was looked at last."""
        self.outgoing: list[Turn] = []
        """Prompts that were sent, oldest first, as far as they may not be on the disk yet."""
        self.saved: str | None = ""
        """The draft as the disk has it; None when that is not known."""
        self.unseen = False
        """Whether a reply ended while another session was shown."""
        self.drafting = asyncio.Lock()
        """Held while the draft is read or written: what was typed later is written later."""
        self.queue: list[Queued] = []
        """Prompts that wait for the end of the reply, those to be sent first in front."""
        self.place: int | None = None
        """Where in the queue the prompt comes that was taken out of it to be edited; None for the end."""
        self.held = ""
        """Why they are not sent when it ends; empty when they are."""
        self.editing: Editing | None = None
        """The prompt that is in the editor to be sent anew."""
        self.edits: dict[str, str] = {}
        """Prompts as they were edited and not sent, by the ids of the turns."""
        self.saved_edits: dict[str, str] = {}
        """Those as the disk has them."""
        self.back: Back | None = None
        """Where to go back to; None while a prompt is asked that was typed, which comes back itself."""
        self.coming = 0
        """Which of its siblings the reply will be that is waited for; 0 where it has none."""
        self.walked = ""
        """The end of another branch that was gone to, as long as nothing was added since."""

    @property
    def id(self) -> str:
        """The session's id."""
        return self.session.id

    def shown_path(self) -> Turns:
        """Return the path, and in it where what is sent of it begins."""
        cuts = self.session.cuts
        if not cuts:
            return self.path
        from fmtui.core.context import cut_of  # noqa: PLC0415 - sessions brought it
        from fmtui.ui.chat_marked import Marked  # noqa: PLC0415 - few sessions are cut

        ids = [self.path.id_of(index) for index in range(len(self.path))]
        if self.prompt is not None and self.prompt.id not in ids[-1:]:
            ids.append(self.prompt.id)
        found = cut_of(cuts, ids)
        return self.path if found is None or not found[1] else Marked(self.path, found[1], found[0])

    def unsent(self) -> str:
        """Return what a crash must not lose: prompts that are no turns on the disk yet, and what is typed.

        Prompts that wait stand before that, each on a page of its own: see `take_draft`.
        """
        self.outgoing = [prompt for prompt in self.outgoing if not self.session.has_on_disk(prompt.id)]
        text = self.typed
        if self.editing is not None:
            text = in_front_of(text, self.editing.draft)
        sent = [prompt.text for prompt in self.outgoing]
        if self.queue:
            return in_pages([*sent, *(queued.text for queued in self.queue), text])
        for prompt in reversed(sent):
            text = in_front_of(prompt, text)
        return in_pages([text])

    def take_draft(self, draft: str) -> str:
        """Queue the prompts of a draft that waited when it was kept; return what was typed.

        None of them is sent by itself: whoever sent them may not be there any more.
        """
        *waiting, typed = pages_of(draft)
        if waiting:
            self.queue = [*(Queued(text) for text in waiting), *self.queue]
            self.held = "as fmtui ended"
        return typed

    @property
    def places(self) -> Mapping[str, tuple[int, int]]:
        """Which of its siblings each turn of the path is, where there are any."""
        if not len(self.path):
            return {}
        from fmtui.core.session_index import BranchPath  # noqa: PLC0415 - sessions brought it

        return self.path.places if isinstance(self.path, BranchPath) else {}

    def take_back(self, prompt: Turn) -> str:
        """Return the text of a prompt that got no answer, and follow on from what was before it."""
        self.leaf = prompt.parent
        self.outgoing = [other for other in self.outgoing if other.id != prompt.id]
        return prompt.text


def leaf_after(turns: Turns) -> tuple[str, str]:
    """Return the turn that the next prompt follows, and a prompt that was never answered.

    A prompt that only an error answered, or nothing at all, is not part of what the model
    is told next: the user sends it again, which makes a sibling.
    """
    index = len(turns) - 1
    unanswered = ""
    while index >= 0:
        turn = turns[index]
        if turn.role == "user":
            unanswered = unanswered or turn.text
        elif answered(turn):
            return turn.id, unanswered
        index -= 1
    return "", unanswered


def answered(turn: Turn) -> bool:
    """Return whether a reply holds anything that came from the model."""
    return turn.says_something


class Listed(NamedTuple):
    """All sessions, and how they stand."""

    heads: Sequence[SessionHead]
    running: frozenset[str]
    unseen: frozenset[str]
    """Those with an answer that came while another was shown."""
    owners: Mapping[str, str]
    """Who has those open that other windows have."""


class Desk:
    """Opens, remembers and closes sessions; every method that touches the disk is awaited.

    Args:
        open_store: makes the store; called when it is first needed, as importing it takes time.
    """

    def __init__(self, open_store: Callable[[], SessionStore]) -> None:
        self._open_store = open_store
        self._open: dict[str, OpenSession] = {}
        self._listed = Listed([], frozenset(), frozenset(), {})

    @cached_property
    def store(self) -> SessionStore:
        """The store, for use in threads."""
        return self._open_store()

    async def prepare(self) -> FmtuiError | None:
        """Make sure that sessions can be written; return what is wrong otherwise."""
        try:
            await asyncio.to_thread(self.store.prepare)
        except FmtuiError as error:
            return error
        return None

    async def start(self, wanted: str) -> tuple[OpenSession, str]:
        """Open what the command line asked for; return it with its unsent prompt.

        Raises:
            FmtuiError: the session does not exist or cannot be read.
        """
        if wanted == "latest":
            latest = await asyncio.to_thread(self.store.latest)
            wanted = latest or ""
        if not wanted:
            # A prompt typed into a session that never began would otherwise wait for ever.
            left = await asyncio.to_thread(self.store.left_draft)
            if left:
                draft = await asyncio.to_thread(self.store.draft, left)
                fresh, _ = await self.new()
                return fresh, await self._adopt(draft, left, fresh)
            return await self.new()
        return await self.open(wanted)

    async def _adopt(self, draft: str, old: str, fresh: OpenSession) -> str:
        """Move a draft that was left behind to the new session: written there before it goes here."""
        fresh.typed = fresh.take_draft(draft)
        if await self.save_draft(fresh) is None:
            await asyncio.to_thread(self.store.save_draft, old, "")
        return fresh.typed

    async def new(self) -> tuple[OpenSession, str]:
        """Begin a session; its file comes with its first turn."""
        session = await asyncio.to_thread(self.store.new)
        opened = OpenSession(session, path=session.path_to())
        self._open[session.id] = opened
        return opened, ""

    async def open(self, session_id: str) -> tuple[OpenSession, str]:
        """Open a session, or return to it when a reply to it runs; return it with its unsent prompt.

        Raises:
            FmtuiError: the session does not exist or cannot be read.
        """
        opened = self._open.get(session_id)
        if opened is not None:
            await self._look_again(opened)
            await asyncio.to_thread(self.store.seen, session_id)
            opened.unseen = False
            return opened, opened.typed
        session = await asyncio.to_thread(self.store.open, session_id)
        path = await asyncio.to_thread(session.path_to)
        leaf, unanswered = await asyncio.to_thread(leaf_after, path)
        opened = OpenSession(session, leaf, path=path)
        opened.edits = await asyncio.to_thread(session.edits)
        opened.saved_edits = dict(opened.edits)
        opened.saved = kept = await asyncio.to_thread(session.take_draft)
        draft = opened.take_draft(kept)
        await asyncio.to_thread(self.store.seen, session_id)
        self._open[session_id] = opened
        return opened, draft or ("" if session.read_only or opened.queue else unanswered)

    async def _look_again(self, opened: OpenSession) -> None:
        """Find the turns of a session that was left, up to the prompt that is being answered."""
        asked: Turn | None = None
        looked = False
        while not looked or asked is not opened.prompt:  # it may end meanwhile
            looked, asked = True, opened.prompt
            leaf = opened.leaf if asked is None else asked.parent
            nothing = asked is not None and not leaf
            opened.path = TurnList() if nothing else await asyncio.to_thread(opened.session.path_to, leaf)

    async def close(self, opened: OpenSession, *, anyway: bool = False) -> None:
        """Let go of a session that is no longer shown, unless a reply runs or the disk refuses its turns."""
        if not opened.running and opened.id in self._open:
            if opened.outgoing or opened.session.unwritten:
                with contextlib.suppress(FmtuiError):
                    await asyncio.to_thread(opened.session.flush)
                await self.save_draft(opened)
            if opened.session.unwritten and not anyway:
                return
            del self._open[opened.id]
            await self.keep_shown(opened)
            await asyncio.to_thread(opened.session.close)

    async def keep_shown(self, opened: OpenSession) -> None:
        """Keep which branch was gone to; a disk that refuses costs only that."""
        leaf, opened.walked = opened.walked, ""
        if leaf and not opened.session.read_only:
            with contextlib.suppress(FmtuiError):
                await asyncio.to_thread(opened.session.show, leaf)

    async def save_draft(self, opened: OpenSession) -> FmtuiError | None:
        """Keep what was not sent; return what went wrong."""
        async with opened.drafting:
            text, edits = opened.unsent(), dict(opened.edits)
            try:
                # First: what is no draft any more may be one of them.
                if edits != opened.saved_edits:
                    await asyncio.to_thread(opened.session.save_edits, edits)
                    opened.saved_edits = edits
                if text != opened.saved:
                    await asyncio.to_thread(opened.session.save_draft, text)
                    opened.saved = text
            except FmtuiError as error:
                return error
            return None

    async def take_over(self, opened: OpenSession, offer: Callable[[str], None]) -> bool:
        """Become the writer of a session if the window that was has gone; return whether that is so now.

        Args:
            opened: the session.
            offer: takes the draft that the other window left, and says so in `typed`.

        Raises:
            FmtuiError: the disk does not let that be.
        """
        async with opened.drafting:
            if not await asyncio.to_thread(opened.session.own):
                return False
            offer(opened.take_draft(await asyncio.to_thread(opened.session.take_draft)))
            opened.saved = None
            opened.edits = await asyncio.to_thread(opened.session.edits)
            opened.saved_edits = dict(opened.edits)
        opened.path = await asyncio.to_thread(opened.session.path_to)
        opened.leaf, _ = await asyncio.to_thread(leaf_after, opened.path)
        return True

    def find(self, session_id: str) -> OpenSession | None:
        """Return a session that is in use."""
        return self._open.get(session_id)

    async def note_unseen(self, session_id: str, is_seen: Callable[[], bool]) -> FmtuiError | None:
        """Keep that a reply ended which nobody saw, unless it is seen by then; return what went wrong."""
        try:
            await asyncio.to_thread(self.store.not_seen, session_id)
        except FmtuiError as error:
            return error
        if is_seen():
            await asyncio.to_thread(self.store.seen, session_id)
        return None

    def listed(self, *, known: bool = False) -> Listed:
        """Return all sessions, newest first, and how they stand; in a thread.

        Nothing when the folder cannot be read: `prepare` has said what is wrong with it.

        Args:
            known: return what was returned last, without a look at the disk.
        """
        if known:
            return self._listed
        try:
            heads = self.store.heads()
        except FmtuiError:
            heads = []
        running = {opened.id for opened in self.running()}
        unseen = self.store.unseen() | {opened.id for opened in self.all() if opened.unseen}
        self._listed = Listed(heads, frozenset(running), frozenset(unseen), self.store.locked())
        return self._listed

    async def keep_picture(self, file: Attachment) -> None:
        """Keep a picture beside the sessions, from where it is sent.

        Raises:
            StorageError: the disk refused.
        """
        await asyncio.to_thread(self.store.pictures.keep, file)

    async def prompts(self) -> list[str]:
        """Return the prompts of all sessions, newest first, each once."""
        return await asyncio.to_thread(self.store.prompts)

    def running(self) -> list[OpenSession]:
        """Return the sessions to which a reply runs; may be called from any thread."""
        return [opened for opened in self.all() if opened.running]

    def all(self) -> list[OpenSession]:
        """Return every session in use."""
        return list(self._open.values())
