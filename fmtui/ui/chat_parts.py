"""Which part of the chat screen does a command: each knows its own, and some are made when first asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from fmtui.core.record import NamedTuple

if TYPE_CHECKING:
    from fmtui.ui.chat_choices import Choices
    from fmtui.ui.chat_choosing import Choosing
    from fmtui.ui.chat_reading import Reader
    from fmtui.ui.chat_replies import Replies
    from fmtui.ui.chat_sessions import Desk
    from fmtui.ui.chat_shelf import Shelf
    from fmtui.ui.chat_status import StatusBoard
    from fmtui.ui.chat_talk import Talk
    from fmtui.ui.setup import Setup


class Part(Protocol):
    """A part of the chat screen that does commands."""

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do a command; return False when it is not one of this part."""
        ...


class Services(NamedTuple):
    """What the parts that are made later are made of."""

    stage: Reader
    shelf: Shelf
    desk: Desk
    choices: Choices
    choosing: Choosing
    board: StatusBoard
    talk: Talk
    replies: Replies
    setup: Setup
    opening: Callable[[], None]
    """Has what is typed from now on wait for the dialog that is about to open."""


class Parts:
    """All parts that do commands.

    Args:
        services: for the parts that are made when one of their commands is asked for.
        parts: those that are there from the start.
        find: returns which late part does a command; None when none does.
    """

    def __init__(
        self,
        services: Services,
        parts: Sequence[Part],
        find: Callable[[str], Callable[[Services], Part] | None],
    ) -> None:
        self._services = services
        self._parts = parts
        self._find = find
        self._late: dict[Callable[[Services], Part], Part] = {}

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do a command; return False when no part knows it."""
        for part in self._parts:
            if await part.do(command_id, argument):
                return True
        make = self._find(command_id)
        if make is None:
            return False
        if make not in self._late:
            self._late[make] = make(self._services)
        return await self._late[make].do(command_id, argument)
