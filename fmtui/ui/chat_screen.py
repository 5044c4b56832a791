"""The chat screen: the one place where services and widgets meet.

It owns no text and draws nothing: the truth about a running reply is in its `Reply`, the
truth about a session in its file. Widgets tell it facts by messages; it tells them what
to show by their methods. Its parts are the modules `chat_*` beside this one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from fmtui.ui.chat_choices import Choices, rows
from fmtui.ui.chat_choosing import Choosing, Memory
from fmtui.ui.chat_choosing_screen import ChoosingScreen
from fmtui.ui.chat_models import LazyClient, ModelLists
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.command import Command
from fmtui.ui.commands import COMMANDS, OPENING, bindings, is_own_slash, slash_command
from fmtui.ui.conversation.widget import Conversation
from fmtui.ui.pace import Pace
from fmtui.ui.prompt_place import PromptPlace
from fmtui.ui.rows import Even
from fmtui.ui.setup import Setup
from fmtui.ui.sidebar import Sidebar
from fmtui.ui.status import StatusLine

if TYPE_CHECKING:  # after the first frame
    from fmtui.core.chat import Outcome
    from fmtui.ui.chat_works import Works
    from fmtui.ui.prompt import Prompt

log = logging.getLogger(__name__)

QUIT_S = 0.8
"""Seconds that leaving may wait for running replies to be kept."""
WIDE = 90
"""Columns from which the sidebar stands beside the conversation instead of over it."""
TALL = 20
"""Rows from which the prompt has room around it."""
SCROLLS: dict[str, Callable[[Conversation], None]] = {
    "view.up": lambda view: view.scroll_lines(-1),
    "view.down": lambda view: view.scroll_lines(1),
    "view.page_up": lambda view: view.scroll_pages(-1),
    "view.page_down": lambda view: view.scroll_pages(1),
    "view.start": lambda view: view.scroll_to_start(),
    "view.end": lambda view: view.follow(),
    "view.previous": lambda view: view.scroll_to_turn(-1),
    "view.next": lambda view: view.scroll_to_turn(1),
}


class ChatScreen(Even, ChoosingScreen, Screen[None]):
    """Sidebar, conversation, prompt and one status line."""

    BINDINGS = [*bindings()]
    AUTO_FOCUS = "ChatScreen > Prompt"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]

    class Ready(Message):
        """The prompt takes what is typed."""

    class CommandAsked(Message):
        """A command that is the app's to do was asked for."""

        def __init__(self, id: str, argument: str = "") -> None:  # noqa: A002 - what the table of commands calls it
            super().__init__()
            self.id = id
            self.argument = argument

    def __init__(
        self,
        setup: Setup,
        commands: Sequence[Command] = COMMANDS,
        pace: Pace | None = None,
        opening: Callable[[], None] = lambda: None,
    ) -> None:
        """Make the screen; `opening` is called when a key has asked for a dialog, which comes in a moment."""
        self._styled = self._begun = False
        self._memory = Memory(setup.state)
        super().__init__(
            lean=setup.writer == "lean", classes="" if self._memory.state.sidebar_open else "-no-sidebar"
        )
        self._setup = setup
        self.table = commands
        self._opening = opening
        self._client = LazyClient(setup.connect)
        self._lists = ModelLists(self._client.get, setup.models_path, setup.hinted)
        self._choices = Choices(setup, self._memory.state, self._lists)
        pace = pace or Pace()
        self.conversation = Conversation(pace=pace)
        self.bottom = PromptPlace()
        self.sidebar = Sidebar(rows(self._choices.endpoints))
        self._line = StatusLine()
        self._board = StatusBoard(self._line, self._choices.asked, pace, self.way)
        self._choosing = Choosing(
            *(self, self._choices, self._lists, self._board, self._memory, self._client),
            lambda: self._works.shelf,
        )

    @cached_property
    def prompt(self) -> Prompt:
        """The editor, made when the first frame is drawn."""
        from fmtui.ui.prompt import Prompt  # noqa: PLC0415 - after the first frame

        return Prompt.keyed(self.table)

    @cached_property
    def _works(self) -> Works:
        """What works behind what is seen, made when it is first needed: after the first frame."""
        from fmtui.ui.chat_works import Works  # noqa: PLC0415 - after the first frame

        return Works(
            *(self, self._setup, self.table, self._client, self._lists),
            *(self._choices, self._choosing, self._board, self._opening),
        )

    def compose(self) -> ComposeResult:
        """Lay out the screen; nothing here waits for disk or network."""
        # All that the first frame shows is settled before it is laid out, or it would be drawn twice.
        width, height = self.app.size
        self.add_class(
            "-narrow" if width < WIDE else "-wide", "-short" if height < TALL else "-tall", update=False
        )
        self._choosing.show()
        self._styled = True
        yield self._line  # first, as it takes its row from all others
        yield self.sidebar
        yield self.conversation
        yield self.bottom

    def update_node_styles(self, animate: bool = True) -> None:  # noqa: FBT001, FBT002 - Textual's own signature
        """Style all that is on the screen anew, but not when it was made and styled just now."""
        if self._styled:
            self._styled = False
        else:
            super().update_node_styles(animate)

    def on_mount(self) -> None:
        """Begin with what waits for disk and network once the first frame is drawn."""
        self.call_after_refresh(self._put_prompt)
        self.call_after_refresh(lambda: self.start_worker(self._start(), "start"))

    async def _put_prompt(self) -> None:
        """Put the prompt in its place, and say that it takes what is typed."""
        place = self.bottom
        with self.app.batch_update():
            await self.mount(self.prompt, after=place)
            self.bottom = self.prompt
            await place.remove()
            self.prompt.focus()
        self.complete_words()
        self.post_message(self.Ready())

    async def _start(self) -> None:
        self._begun = True
        await self._works.shelf.open_first(self._setup.session)
        shown = self._works.shelf.shown
        if shown is not None and len(shown.path):  # else the first screen tells them
            for problem in self._setup.problems:
                self.tell(problem, "error")
        for problem in await asyncio.to_thread(self._setup.close_to_others):
            self.tell(problem, "warning")
        await asyncio.gather(
            self._works.finding.first(), self._choosing.load_models(), self._choosing.load_refusals()
        )

    # ---- what the parts ask of the screen ------------------------------------------

    def wait(self, seconds: float, then: Callable[[], Awaitable[None]]) -> None:
        """Do something later, unless the screen goes first."""
        self.set_timer(seconds, then)

    def stirred(self) -> None:
        """Take note that the user does something: work that can wait does."""
        if self._begun:
            self._works.shelf.lull.stir()

    # ---- choices -----------------------------------------------------------------------

    @on(Sidebar.SessionChosen)
    def _session_chosen(self, message: Sidebar.SessionChosen) -> None:
        self.leave_sidebar()
        self.start_worker(self._works.shelf.switch(message.session_id), "switch")

    # ---- prompt and conversation ---------------------------------------------------------

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """Send a prompt, or do the command that it is."""
        text, command = message.text, slash_command(message.text)
        if command is not None:
            doing = self.as_typed(text, self.command(command[0].id, command[1]))
            self.start_worker(self._works.talk.in_order(command[0].id, doing), "command")
        elif is_own_slash(text):
            self.start_worker(self.as_typed(text, self.command("template.typed", text)), "command")
        else:
            self._works.talk.submit(text)

    def on_text_area_changed(self) -> None:
        """Keep what is written as a draft."""
        self._works.shelf.prompt_changed()

    @on(Conversation.FollowChanged)
    def _follow_changed(self, message: Conversation.FollowChanged) -> None:
        self._board.follow_changed(message.unseen.lines, about=message.unseen.about)

    # ---- commands --------------------------------------------------------------------------

    async def action_command(self, command_id: str) -> None:
        """Do what a key or palette entry asks for."""
        if command_id in SCROLLS:
            SCROLLS[command_id](self.conversation)
        elif not await self._works.reading.do(command_id):
            if command_id in OPENING:
                self._opening()
            self.start_worker(self.command(command_id), "command")

    async def command(self, command_id: str, argument: str = "") -> None:
        """Do one command of the table."""
        match command_id:
            case "reply.stop":
                self._stop_or_return()
            case "session.new":
                await self._works.shelf.switch("")
                self.prompt.focus()
            case "sidebar.toggle":
                self._toggle_sidebar()
            case _ if command_id in SCROLLS:
                SCROLLS[command_id](self.conversation)
            case _:
                if not await self._works.parts.do(command_id, argument):
                    self.post_message(self.CommandAsked(command_id, argument))

    def _stop_or_return(self) -> None:
        """Leave the sidebar or the conversation if the focus is there; stop the reply otherwise."""
        if self.prompt.has_focus:
            if not self.stop_reply() and not self._works.reading.close():
                self.conversation.clear_selection()
        elif not self._works.reading.close():
            self.leave_sidebar()

    def stop_reply(self) -> bool:
        """Stop the reply of the shown session, or its prompt on the way; return whether there was one."""
        return self._works.talk.stop()

    def remember_theme(self, name: str) -> None:
        """Keep a theme picked in the app for the next start."""
        self.start_worker(self._choosing.set("theme", name), "remember")

    @on(Worker.StateChanged)
    def _worker_changed(self, message: Worker.StateChanged) -> None:
        """Let no error of work beside the screen go unseen."""
        error = message.worker.error
        if message.state is WorkerState.ERROR and error is not None:
            log.error("work in group %s failed", message.worker.group, exc_info=error)
            self.tell(f"fmtui itself failed: {type(error).__name__}. The log has the details.", "error")

    @property
    def _is_narrow(self) -> bool:
        return self.has_class("-narrow")

    def _toggle_sidebar(self) -> None:
        """Show the sidebar and go there; from there, hide it."""
        shown = self.has_class("-sidebar") if self._is_narrow else not self.has_class("-no-sidebar")
        inside = self.sidebar.has_focus_within
        if shown and inside:
            self._set_sidebar(shown=False)
            self.prompt.focus()
        elif shown:  # at once: it takes the very next key
            self.sidebar.focus_first()
        else:
            self._set_sidebar(shown=True)
            self.call_after_refresh(self.sidebar.focus_first)

    def _set_sidebar(self, *, shown: bool) -> None:
        if self._is_narrow:
            self.set_class(shown, "-sidebar")
        else:
            self.set_class(not shown, "-no-sidebar")
            self.start_worker(self._choosing.remember(sidebar_open=shown), "remember")

    def leave_sidebar(self) -> None:
        """Go to the prompt at once: it takes the very next key."""
        self.remove_class("-sidebar")
        self.set_focus(self.prompt)

    # ---- the end -----------------------------------------------------------------------------

    @property
    def unsaved(self) -> int:
        """How many turns leaving would lose, because the disk did not take them."""
        return self._board.unsaved

    async def close(self, outcome: Outcome) -> None:
        """End every reply with this outcome and keep what there is, before the app ends."""
        self._works.talk.stop_early()
        await self._works.replies.stop_all(QUIT_S, outcome)
        await self._works.shelf.close()
        await self._choosing.remember()
        await self._client.aclose()
