"""Finding text in all sessions: the part of the chat screen behind `/search`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fmtui.core.errors import FmtuiError
from fmtui.core.text import one_line
from fmtui.ui.chat_sessions import OpenSession, leaf_after
from fmtui.ui.figures import short_date
from fmtui.ui.session_search import Found, Place, SessionSearch

if TYPE_CHECKING:
    from fmtui.core.session_search import Hit
    from fmtui.ui.chat_parts import Services

MOST = 400
"""Places after which the search ends: nobody reads more, and another word finds less."""
PAUSE_S = 0.05
"""Seconds after a key before the search begins: the next one is mostly on its way."""
TOGETHER_S = 0.1
"""Seconds between two times that the list is given what was found."""


class SearchingAll:
    """Searches all sessions while the user types, and goes to what was found."""

    def __init__(self, services: Services) -> None:
        self._stage = services.stage
        self._shelf = services.shelf
        self._desk = services.desk
        self._talk = services.talk
        self._number = 0
        self._dialog: SessionSearch | None = None
        self._led = ""
        """What was searched for when something found was gone to last: mostly one wants to see the others."""

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do `/search`; it is the only command."""
        if command_id != "session.search":
            return False
        self._stage.start_worker(self._run(argument), "dialog")
        return True

    async def _run(self, text: str) -> None:
        place = await self.ask(text)
        if place is None:
            self._stage.prompt.focus()
        else:
            await self.go(place)

    async def ask(self, text: str = "") -> Place | None:
        """Show the dialog, and return where the user wants to go."""
        self._dialog = SessionSearch(self._begin, text or self._led)
        place: Place | None = await self._stage.app.push_screen_wait(self._dialog)
        self._number += 1  # ends what is still searched
        if place is not None:
            self._led = self._dialog.sought
        return place

    # ---- searching

    def _begin(self, text: str) -> None:
        self._number += 1
        if self._dialog is not None:
            work = self._find(self._dialog, text, self._number)
            self._dialog.run_worker(work, group="search", exclusive=True, exit_on_error=False)

    async def _find(self, dialog: SessionSearch, text: str, number: int) -> None:
        if not text:
            dialog.take(text, [], done=True)
            return
        await asyncio.sleep(PAUSE_S)
        loop = asyncio.get_running_loop()

        def give(found: list[Found]) -> None:
            loop.call_soon_threadsafe(lambda: dialog.take(text, found, done=False))

        try:
            rest, more = await asyncio.to_thread(self._work, text, number, give)
        except FmtuiError as error:
            dialog.set_note(error.message)
            rest, more = [], False
        if number == self._number:
            dialog.take(text, rest, done=True, more=more)

    def _work(self, text: str, number: int, give: Callable[[list[Found]], None]) -> tuple[list[Found], bool]:
        """Search in a thread; return what was found last, and whether there may be more."""
        now = datetime.now(UTC).astimezone()
        found: list[Found] = []
        given_at = 0.0
        hits = self._desk.store.search(text, lambda: number == self._number)
        for count, hit in enumerate(hits, 1):
            found.append(_found(hit, now))
            if count >= MOST:
                return found, True
            if time.monotonic() - given_at > TOGETHER_S:
                given_at = time.monotonic()
                give(found)
                found = []
        return found, False

    # ---- going there

    async def go(self, place: Place) -> None:
        """Show what was found."""
        await self._shelf.ready.wait()
        await self._shelf.switch(place.session_id)
        shown = self._shelf.shown
        if shown is None or shown.id != place.session_id:
            return  # it could not be opened, which was said
        if not place.turn_id:
            self._stage.prompt.focus()
            return
        await self._show_branch(shown, place.turn_id)
        await self._stage.show_found(place.text, place.turn_id, place.nth)

    async def _show_branch(self, opened: OpenSession, turn_id: str) -> None:
        """See to it that the branch is shown in which a turn is."""
        if await asyncio.to_thread(_has, opened, turn_id):
            return
        if opened.running:
            self._stage.tell(
                "It is in another branch, which can be shown once the reply has ended.", "warning"
            )
            return
        leaf = await asyncio.to_thread(_leaf, opened, turn_id)
        if not leaf:
            self._stage.tell("It is in a turn that was deleted.", "warning")
            return
        path = await asyncio.to_thread(opened.session.path_to, leaf)
        opened.leaf, _ = await asyncio.to_thread(leaf_after, path)
        opened.path = path
        opened.walked = leaf
        self._stage.conversation.show(opened.shown_path(), opened.places)
        self._talk.branch_shown(opened)
        self._stage.tell("It is in another branch, which is shown now.")


def _has(opened: OpenSession, turn_id: str) -> bool:
    path = opened.path
    return any(path.id_of(index) == turn_id for index in range(len(path)))


def _leaf(opened: OpenSession, turn_id: str) -> str:
    """Return the end of a branch that a turn is in; empty for one that was deleted."""
    tree = opened.session.tree()
    return tree.leaf_below(turn_id) if turn_id in tree else ""


def _found(hit: Hit, now: datetime) -> Found:
    names = {"user": "You", "assistant": hit.model or "Assistant", "system": "System", None: "Title"}
    return Found(
        hit.session_id,
        one_line(hit.title, 200),
        short_date(hit.updated, now),
        hit.turn_id,
        one_line(names[hit.role], 60),
        hit.snippet,
        hit.marks,
        hit.sought,
        hit.nth,
    )
