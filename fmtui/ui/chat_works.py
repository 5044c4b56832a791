"""What works behind the chat screen: sessions, replies, prices, commands; made after the first frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from fmtui.core.chat import Turn
from fmtui.ui.chat_attaching import Attaching
from fmtui.ui.chat_choices import Choices
from fmtui.ui.chat_choosing import Choosing
from fmtui.ui.chat_context import Contexts
from fmtui.ui.chat_costs import Costs
from fmtui.ui.chat_finding import Finding
from fmtui.ui.chat_late import late_part
from fmtui.ui.chat_models import LazyClient, ModelLists
from fmtui.ui.chat_parts import Parts, Services
from fmtui.ui.chat_reading import Reader, Reading
from fmtui.ui.chat_replies import Replies
from fmtui.ui.chat_sessions import Desk, OpenSession
from fmtui.ui.chat_shelf import Shelf
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.chat_talk import Talk
from fmtui.ui.command import Command
from fmtui.ui.commands import keys_of
from fmtui.ui.setup import Setup


class Workplace(Reader, Protocol):
    """What they ask of the screen."""

    @property
    def is_attached(self) -> bool:
        """Whether the screen is there still."""
        ...


class Works:
    """The parts of the chat screen that show nothing themselves, and how they know each other.

    Args:
        stage: the screen.
        setup: what the app was started with.
        table: the commands, with the keys that the user has for them.
        client: talks to endpoints.
        lists: knows what they offer.
        choices: has what the next request is asked with.
        choosing: takes choices.
        board: says what is going on.
        opening: is called when a dialog was asked for, which comes in a moment.
    """

    def __init__(
        self,
        stage: Workplace,
        setup: Setup,
        table: Sequence[Command],
        client: LazyClient,
        lists: ModelLists,
        choices: Choices,
        choosing: Choosing,
        board: StatusBoard,
        opening: Callable[[], None],
    ) -> None:
        desk = Desk(setup.open_store)
        stage.prompt.recall = desk.prompts
        board.unwritten = lambda: sum(opened.session.unwritten for opened in desk.all())
        shelf = self.shelf = Shelf(stage, desk, board)
        costs = Costs(stage, shelf, choices, lists, board, setup)
        contexts = Contexts(stage, shelf, choices, costs, board, lambda: stage.app)
        self.talk = Talk(stage, shelf, choices, board, costs, contexts, lambda: stage.is_attached)
        self.replies = Replies(client.get, self.talk, stage.start_worker)
        self.talk.replies = contexts.replies = board.replies = self.replies
        self.attaching = Attaching(
            stage.prompt, desk.keep_picture, stage.tell, stage.start_worker, self.talk.put_aside
        )
        self.talk.before_sending, self.talk.whole = self.attaching.before_sending, self.attaching.whole
        board.on_choice = contexts.update
        copy_keys = keys_of("copy.text", table)
        self.reading = Reading(stage, shelf, board, setup, copy_keys[0] if copy_keys else "")
        shelf.on_shown = [part.session_shown for part in (choosing, costs, contexts, self.talk.waiting)]
        shelf.on_ended = partial(_announce, stage, setup)
        self.finding = Finding(stage, shelf, choosing, choices, client, setup)
        self.parts = Parts(
            Services(stage, shelf, desk, choices, choosing, board, self.talk, self.replies, setup, opening),
            [self.reading, choosing, self.finding, contexts, costs],
            late_part,
        )


def _announce(stage: Workplace, setup: Setup, opened: OpenSession, turn: Turn) -> None:
    from fmtui.ui.chat_announcing import announce  # noqa: PLC0415 - with the first reply

    announce(stage.app, setup.config.terminal, setup.environ, opened.session.title, turn)
