"""What is done with sessions as a whole: the part of the chat screen behind their list and its commands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from fmtui.core.errors import FmtuiError, SessionNotFoundError, UsageError
from fmtui.core.session_marks import retagged
from fmtui.core.text import one_line
from fmtui.ui.chat_shelf import Severity
from fmtui.ui.figures import short_date
from fmtui.ui.rows import SessionRow
from fmtui.ui.session_list import Action, Choice, SessionList
from fmtui.ui.session_rows import Look

if TYPE_CHECKING:
    from fmtui.ui.chat_parts import Services

_TAGS = "words, parted by blanks; +word adds one, -word takes one away"
_TITLE = 40


class Shelving:
    """Shows the list of sessions, and does what is done with one."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stage = services.stage
        self._shelf = services.shelf
        self._desk = services.desk
        self._one_at_a_time = asyncio.Lock()
        self._left_by_deleting = ""
        """The session that was shown until it was deleted, if that was the last."""

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do a command; those but the list and undeleting are about the shown session."""
        name = command_id.removeprefix("session.")
        match name:
            case "list":
                self._stage.start_worker(self._list(argument), "dialog")
            case "undelete":
                self._stage.start_worker(self._undelete(), "shelving")
            case "rename" | "tag" if not argument:
                self._stage.start_worker(self._ask(name), "dialog")
            case "rename" | "pin" | "tag" | "archive" | "delete" | "duplicate":
                self._stage.start_worker(self._shown(name, argument), "shelving")
            case _:
                return False
        return True

    # ---- the list

    async def _list(self, query: str) -> None:
        rows = await self._shelf.rows(known=True)
        keeper = _InList(self)
        keeper.dialog = SessionList(rows, self._shelf.shown_id, keeper=keeper, query=query)
        # At once, with what was listed last: it must be there when the next key comes.
        self._stage.start_worker(self._begin(keeper.dialog, rows), "listing")
        self._shelf.on_listed = partial(self._renew, keeper.dialog)
        try:
            choice: Choice | None = await self._stage.app.push_screen_wait(keeper.dialog)
        finally:
            self._shelf.on_listed = keeper.dialog = None
        if choice is not None and choice.what != "found":
            await self._shelf.switch(choice.session_id)
        if choice is None or choice.what != "found":
            self._stage.prompt.focus()

    def begin_search(self, dialog: SessionList, text: str) -> None:
        """Search the texts of all sessions in a dialog over the list; leave both for what was found."""
        self._services.opening()
        self._stage.start_worker(self._search(dialog, text), "search")

    async def _search(self, dialog: SessionList, text: str) -> None:
        from fmtui.ui.chat_searching import SearchingAll  # noqa: PLC0415 - most lists are left otherwise

        searching = SearchingAll(self._services)
        place = await searching.ask(text)
        if place is not None:
            dialog.dismiss(Choice("found"))
            await searching.go(place)

    async def _begin(self, dialog: SessionList, shown: Sequence[SessionRow]) -> None:
        """Show the sessions as they are on the disk, when what was listed last is on the screen."""
        if not shown:
            dialog.set_note("reading…")
        await self._shelf.ready.wait()
        await self._renew(dialog)
        if not shown:
            dialog.set_note("")

    async def _renew(self, dialog: SessionList) -> None:
        """Show the sessions as they are now; what was said of the last deed stays."""
        rows = await self._shelf.rows()
        if dialog.is_attached:
            dialog.renew(rows)

    async def looks(self, ids: Sequence[str]) -> dict[str, Look]:
        """Return what is in sessions, as far as it can be read."""
        return await asyncio.to_thread(lambda: {session_id: self._look(session_id) for session_id in ids})

    def _look(self, session_id: str) -> Look:
        opened = self._desk.find(session_id)
        now = datetime.now(UTC).astimezone()
        try:
            found = self._desk.store.preview(session_id)
        except FmtuiError as error:
            unborn = opened is not None and not opened.session.path.exists()
            return Look(problem="Nothing was said in it yet." if unborn else error.message)
        began = _began(session_id)
        return Look(*found, short_date(began, now) if began is not None else "")

    async def act_in_list(self, dialog: SessionList, action: Action, session_id: str, text: str) -> None:
        """Do something from the list, and show there what came of it."""
        cursor: str | None = None
        note = ""
        try:
            if action == "undelete":
                note, cursor = await self._restore()
                if cursor == self._left_by_deleting:
                    await self._shelf.switch(cursor)
            elif action == "duplicate":
                note, cursor = await self._duplicate(session_id)
            else:
                note = await self._do(action, session_id, text, undo="^Z")
        except FmtuiError as error:
            note = str(error)
        if dialog.is_attached:
            dialog.set_rows(await self._shelf.rows(), note, cursor)
        await self._shelf.list_sessions()

    # ---- commands about the shown session

    async def _shown(self, action: str, argument: str) -> None:
        await self._shelf.ready.wait()
        shown = self._shelf.shown
        if shown is None:
            return
        try:
            if action == "duplicate":
                words, copy = await self._duplicate(shown.id)
                await self._shelf.switch(copy)
            elif action == "rename":
                words = await self._do("rename", shown.id, argument)
            elif action == "tag":
                words = await self._do("tag", shown.id, argument)
            elif action == "pin":
                words = await self._do("pin", shown.id)
            elif action == "archive":
                words = await self._do("archive", shown.id)
            else:
                words = await self._do("delete", shown.id)
        except FmtuiError as error:
            self._stage.tell(error, "warning")
            return
        self._stage.tell(words)
        await self._shelf.list_sessions()

    async def _ask(self, action: str) -> None:
        """Ask for the title or the tags of the shown session."""
        from fmtui.ui.prompt_rows import Asked  # noqa: PLC0415 - most starts never do it
        from fmtui.ui.values_screen import ValuesScreen  # noqa: PLC0415 - same

        await self._shelf.ready.wait()
        shown = self._shelf.shown
        if shown is None:
            return
        heading, asked = "Rename session", Asked("title", shown.session.title, lambda _: None)
        if action == "tag":
            heading, tags = "Tag session", " ".join(shown.session.marks.tags)
            asked = Asked("tags", tags, lambda _: None, description=_TAGS, may_be_empty=True)
        answer = await self._stage.app.push_screen_wait(ValuesScreen(heading, [asked]))
        self._stage.prompt.focus()
        if answer is not None and answer[asked.name] != asked.value:
            await self._shown(action, answer[asked.name])

    async def _undelete(self) -> None:
        words: str | FmtuiError
        severity: Severity = "information"
        try:
            words, session_id = await self._restore()
            await self._shelf.switch(session_id)
        except FmtuiError as error:
            words, severity = error, "warning"
        self._stage.tell(words, severity)

    # ---- what is done

    async def _do(self, action: Action, session_id: str, text: str = "", *, undo: str = "") -> str:
        """Do something with a session; return what was done, for people.

        Args:
            action: what to do.
            session_id: with which.
            text: a title or tags.
            undo: what brings a deleted one back from where this is said; by default the command.

        Raises:
            FmtuiError: it cannot be done.
        """
        async with self._one_at_a_time:
            if action == "delete":
                undo = undo or self._stage.way("session.undelete")
                return f"{await self._delete(session_id)}; it is in the trash, and {undo} brings it back."
            return await asyncio.to_thread(self._change, action, session_id, text)

    def _change(self, action: Action, session_id: str, text: str) -> str:
        store = self._desk.store
        if action == "rename":
            if not text:
                raise UsageError("A title cannot be empty.")
            store.rename(session_id, text)
            return f"It is called “{one_line(text, _TITLE)}” now."
        opened = self._desk.find(session_id)
        if opened is not None:
            marks = opened.session.marks
        else:
            found = next((head for head in store.heads() if head.id == session_id), None)
            if found is None:
                raise SessionNotFoundError(f"There is no session {one_line(session_id, _TITLE)} any more.")
            marks = found.marks
        if action == "tag":
            tags = retagged(marks.tags, text)
            store.mark(session_id, "tags", tags)
            return f"Tags: {' '.join(f'#{tag}' for tag in tags) or 'none'}."
        if action == "pin":
            store.mark(session_id, "pinned", not marks.pinned)
            return "Pinned: it stays at the top." if not marks.pinned else "No longer pinned."
        store.mark(session_id, "archived", not marks.archived)
        if marks.archived:
            return "Taken out of the archive."
        return "Archived: lists leave it out, and search finds it; the same again takes it out."

    async def _delete(self, session_id: str) -> str:
        opened = self._desk.find(session_id)
        if opened is not None and opened.running:
            raise UsageError("A reply is running in this session.", "Stop it first, or wait for its end.")
        if opened is not None and not await asyncio.to_thread(opened.session.path.exists):
            raise UsageError("There is nothing to delete: this session has no turn yet.")
        title = await asyncio.to_thread(self._title, session_id)
        owner = opened.session.owner if opened is not None else ""
        self._left_by_deleting = ""
        if opened is not None and not owner:
            await asyncio.to_thread(opened.session.flush)  # what the disk refuses would be nowhere
            if self._shelf.shown is opened:
                await self._shelf.switch("")
                self._left_by_deleting = session_id
            await self._desk.close(opened, anyway=True)
        await asyncio.to_thread(self._desk.store.delete, session_id)
        return f"Deleted “{title}”"

    def _title(self, session_id: str) -> str:
        heads = self._desk.store.heads()
        return next((one_line(head.title, _TITLE) for head in heads if head.id == session_id), session_id)

    async def _restore(self) -> tuple[str, str]:
        found = await asyncio.to_thread(self._desk.store.restore)
        return f"“{one_line(found.title, _TITLE)}” is back.", found.session_id

    async def _duplicate(self, session_id: str) -> tuple[str, str]:
        opened = self._desk.find(session_id)
        if opened is not None and not await asyncio.to_thread(opened.session.path.exists):
            raise UsageError("There is nothing to copy: this session has no turn yet.")
        copy = await asyncio.to_thread(self._desk.store.duplicate, session_id)
        return "This is a copy; what it was made of is as it was.", copy


class _InList:
    """Does for the open list what the user asks for in it."""

    def __init__(self, part: Shelving) -> None:
        self.dialog: SessionList | None = None
        self._part = part

    def act(self, action: Action, session_id: str, text: str) -> None:
        """Do something with a session."""
        if self.dialog is not None:
            self.dialog.run_worker(
                self._part.act_in_list(self.dialog, action, session_id, text), exit_on_error=False
            )

    def look(self, ids: Sequence[str]) -> None:
        """Look into sessions."""
        if self.dialog is not None:
            self.dialog.run_worker(self._look(self.dialog, ids), exit_on_error=False)

    def search(self, text: str) -> None:
        """Search the texts of all sessions."""
        if self.dialog is not None:
            self._part.begin_search(self.dialog, text)

    async def _look(self, dialog: SessionList, ids: Sequence[str]) -> None:
        dialog.show_looks(await self._part.looks(ids))


def _began(session_id: str) -> datetime | None:
    """Return when a session began, which its id says."""
    with suppress(ValueError):
        return datetime.strptime(session_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    return None
