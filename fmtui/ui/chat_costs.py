"""What replies cost: the part of the chat screen that has it noted, summed up and shown."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from fmtui.core.chat import Turn
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import StorageError
from fmtui.core.text import money, prices
from fmtui.ui.chat_choices import Choices
from fmtui.ui.chat_models import ModelLists
from fmtui.ui.chat_sessions import OpenSession
from fmtui.ui.chat_shelf import Shelf, Stage
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.figures import SEPARATOR, cost_text, tokens_text
from fmtui.ui.setup import Setup

if TYPE_CHECKING:  # prices are looked up with the first request
    from fmtui.core.costs import Bill, Spent
    from fmtui.core.hints import Hint

_UNKNOWN = "The bill may differ: prices for caches, batches and discounts are not known."


class Costs:
    """Knows prices, and what was spent.

    Args:
        stage: the screen.
        setup: gives prices and the file.
    """

    def __init__(
        self,
        stage: Stage,
        shelf: Shelf,
        choices: Choices,
        lists: ModelLists,
        board: StatusBoard,
        setup: Setup,
    ) -> None:
        self._stage = stage
        self._shelf = shelf
        self._choices = choices
        self._lists = lists
        self._board = board
        self._known = setup.known
        self._file = setup.open_costs
        self._config_path = setup.config.path
        self._failed = False
        self._asked = 0

    async def hint(self, endpoint: Endpoint, model: str) -> Hint | None:
        """Return what is known of a model; None where nobody knows anything of any."""
        known = self._known
        if known is None:
            return None
        await self._lists.recall()
        # In a thread: the first time a table is read.
        return await asyncio.to_thread(known, endpoint, model, self._lists.listed(endpoint, model))

    async def bill(self, opened: OpenSession, endpoint: Endpoint, model: str) -> Bill | None:
        """Return what knows the cost of one reply, and notes it."""
        hint = await self.hint(endpoint, model)
        if hint is None or self._file is None:
            return None
        from fmtui.core.costs import Bill  # noqa: PLC0415 - after the first frame

        return Bill(hint, self._file(), opened.id, self._storage_failed)

    def _storage_failed(self, error: StorageError) -> None:
        """Say once that what replies cost is not noted; they are kept all the same."""
        if not self._failed:
            self._failed = True
            self._stage.tell(error, "warning")

    # ---- sums

    def session_shown(self, settings: object, *, fresh: bool) -> None:
        """Show the sums of another session."""
        del settings, fresh
        self.update()

    def update(self) -> None:
        """Bring the sums in the status line up to date."""
        if self._file is not None:
            self._asked += 1
            self._stage.start_worker(self._update(self._asked), "costs")

    async def _update(self, asked: int) -> None:
        session, day = await asyncio.to_thread(self._sums, self._shelf.shown_id)
        if asked == self._asked:  # otherwise a later one is on its way
            parts = [_dollars(session)] if session.replies else []
            parts += [f"{_dollars(day)} today"] if day.replies else []
            self._board.spent = SEPARATOR.join(parts)
            self._board.update()

    def _sums(self, session_id: str) -> tuple[Spent, Spent]:
        from fmtui.core.costs import NOTHING  # noqa: PLC0415 - after the first frame

        if self._file is None:
            return NOTHING, NOTHING
        file = self._file()
        today = datetime.now().astimezone().date()
        return (file.of_session(session_id) if session_id else NOTHING), file.of_day(today)

    # ---- in full

    async def do(self, command_id: str, _argument: str = "") -> bool:
        """Show all that is known of costs; return False when another command is asked for."""
        if command_id != "session.cost":
            return False
        await self._show()
        return True

    async def _show(self) -> None:
        from fmtui.ui.facts_screen import FactsScreen  # noqa: PLC0415 - most starts never show it

        shown = self._shelf.shown
        chosen = self._choices.chosen()
        hint = await self.hint(chosen.endpoint, chosen.params.model)
        reply = None if shown is None else await asyncio.to_thread(_last_reply, shown)
        session, day = await asyncio.to_thread(self._sums, self._shelf.shown_id)
        facts = [
            ("last reply", _of_reply(reply)),
            ("session", _of_sum(session)),
            ("today", _of_sum(day)),
            *self._price(chosen.endpoint, chosen.params.model, hint),
        ]
        self._stage.app.push_screen(FactsScreen("Cost", facts, _UNKNOWN))

    def _price(self, endpoint: Endpoint, model: str, hint: Hint | None) -> list[tuple[str, str]]:
        facts = [("model", f"{model or 'none'} at {endpoint.name}")]
        if hint is None or hint.price_in is None or hint.price_out is None:
            table = f'[models."{model or "NAME"}"] with price_in and price_out'
            where = f"Set it in {self._config_path}: {table}, dollars for a million tokens."
            return [*facts, ("price", f"not known, so nothing is counted. {where}")]
        price = prices(hint.price_in, hint.price_out)
        return [
            *facts,
            ("price", price if price == "free" else f"{price} for a million tokens in/out"),
            ("said by", hint.source),
        ]


def _last_reply(opened: OpenSession) -> Turn | None:
    path = opened.session.path_to(opened.leaf) if opened.leaf else ()
    for index in range(len(path) - 1, -1, -1):
        if path[index].role == "assistant":
            return path[index]
    return None


def _of_reply(turn: Turn | None) -> str:
    if turn is None:
        return "none yet"
    return SEPARATOR.join(filter(None, (cost_text(turn) or "not known", tokens_text(turn.usage))))


def _of_sum(spent: Spent) -> str:
    if not spent.replies:
        return "nothing that is known"
    replies = "1 reply" if spent.replies == 1 else f"{spent.replies:,} replies"
    return f"{_dollars(spent)} · {replies} whose price is known"


def _dollars(spent: Spent) -> str:
    return ("~" if spent.estimated else "") + money(spent.dollars)
