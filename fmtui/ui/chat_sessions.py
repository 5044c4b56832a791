"""The sessions that are open: the part of the chat screen that works on the disk, in threads.

A session stays open while it is on the screen or a reply to it runs, so that a reply can
end in a session that is not shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from fmtui.core.chat import Turn, TurnList, Turns
from fmtui.core.errors import FmtuiError

if TYPE_CHECKING:  # how sessions are kept is imported after the first frame
    from fmtui.core.exchange import Exchange
    from fmtui.core.sessions import Session, SessionHead, SessionStore


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
        self.exchange: Exchange | None = None
        """The running reply, at most one."""
        self.prompt: Turn | None = None
        """The prompt that it answers."""
        self.path: Turns = TurnList() if path is None else path
        self.saved_draft = ""

    @property
    def id(self) -> str:
        """The session's id."""
        return self.session.id

    @property
    def running(self) -> bool:
        """Whether a reply to it runs."""
        return self.exchange is not None


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
    return bool(turn.text or turn.reasoning or turn.tool_calls or turn.outcome == "complete")


class Desk:
    """Opens, remembers and closes sessions; every method that touches the disk is awaited.

    Args:
        open_store: makes the store; called when it is first needed, as importing it takes time.
    """

    def __init__(self, open_store: Callable[[], SessionStore]) -> None:
        self._open_store = open_store
        self._open: dict[str, OpenSession] = {}

    @cached_property
    def _store(self) -> SessionStore:
        return self._open_store()

    async def prepare(self) -> FmtuiError | None:
        """Make sure that sessions can be written; return what is wrong otherwise."""
        try:
            await asyncio.to_thread(self._store.prepare)
        except FmtuiError as error:
            return error
        return None

    async def start(self, wanted: str) -> tuple[OpenSession, str]:
        """Open what the command line asked for; return it with its unsent prompt.

        Raises:
            FmtuiError: the session does not exist or cannot be read.
        """
        if wanted == "latest":
            latest = await asyncio.to_thread(self._store.latest)
            wanted = latest or ""
        if not wanted:
            # A prompt typed into a session that never began would otherwise wait for ever.
            left = await asyncio.to_thread(self._store.left_draft)
            if left:
                draft = await asyncio.to_thread(self._store.draft, left)
                fresh, _ = await self.new()
                return fresh, await self._adopt(draft, left, fresh)
            return await self.new()
        return await self.open(wanted)

    async def _adopt(self, draft: str, old: str, fresh: OpenSession) -> str:
        """Move a draft that was left behind to the new session: written there before it goes here."""
        await self.save_draft(fresh, draft)
        await asyncio.to_thread(self._store.save_draft, old, "")
        return draft

    async def new(self) -> tuple[OpenSession, str]:
        """Begin a session; its file comes with its first turn."""
        session = await asyncio.to_thread(self._store.new)
        opened = OpenSession(session, path=session.path_to())
        self._open[session.id] = opened
        return opened, ""

    async def open(self, session_id: str) -> tuple[OpenSession, str]:
        """Open a session, or return to it when a reply to it runs; return it with its unsent prompt.

        Raises:
            FmtuiError: the session does not exist or cannot be read.
        """
        opened = self._open.get(session_id)
        if opened is None:
            session = await asyncio.to_thread(self._store.open, session_id)
            path = await asyncio.to_thread(session.path_to)
            leaf, unanswered = await asyncio.to_thread(leaf_after, path)
            opened = OpenSession(session, leaf, path=path)
            draft = await asyncio.to_thread(self._store.draft, session_id)
            self._open[session_id] = opened
            opened.saved_draft = draft
            return opened, draft or ("" if session.read_only else unanswered)
        opened.path = await asyncio.to_thread(opened.session.path_to, opened.leaf)
        return opened, await asyncio.to_thread(self._store.draft, session_id)

    async def close(self, opened: OpenSession) -> None:
        """Let go of a session that is no longer shown, unless a reply to it runs."""
        if not opened.running and self._open.pop(opened.id, None) is not None:
            await asyncio.to_thread(opened.session.close)

    async def save_draft(self, opened: OpenSession, text: str) -> FmtuiError | None:
        """Keep the unsent prompt; return what went wrong."""
        if text == opened.saved_draft:
            return None
        try:
            await asyncio.to_thread(self._store.save_draft, opened.id, text)
        except FmtuiError as error:
            return error
        opened.saved_draft = text
        return None

    async def heads(self) -> list[SessionHead]:
        """Return all sessions, newest first; none when the folder cannot be read."""
        try:
            return await asyncio.to_thread(self._store.heads)
        except FmtuiError:
            return []  # prepare() has said what is wrong with the folder

    def running(self) -> list[OpenSession]:
        """Return the sessions to which a reply runs; may be called from any thread."""
        return [opened for opened in self.all() if opened.running]

    def all(self) -> list[OpenSession]:
        """Return every session in use."""
        return list(self._open.values())
