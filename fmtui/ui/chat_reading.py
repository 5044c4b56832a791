"""Reading on the chat screen: finding, copying and links, by the commands of the one table."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from textual.app import App

from fmtui.core.text import clipboard_safe, one_line
from fmtui.ui.chat_shelf import Severity, Shelf, Stage
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.command import key_label
from fmtui.ui.conversation.widget import Conversation
from fmtui.ui.pace import at_far_end
from fmtui.ui.setup import Setup

if TYPE_CHECKING:  # the row comes with the first search, and the first frame does without it
    from fmtui.copying import Clipboard
    from fmtui.ui.find_bar import FindBar

OPENED = frozenset({"http", "https", "mailto"})
"""Schemes of the links that may be opened; all others are only copied."""


class Reader(Stage, Protocol):
    """What reading asks of the screen."""

    @property
    def app(self) -> App[object]:
        """The app, which opens links."""
        ...

    def send_to_terminal(self, data: str) -> None:
        """Write a sequence to the terminal that changes nothing that is seen."""
        ...

    def entitle(self, title: str) -> None:
        """Name the window of the terminal by what is shown in it."""
        ...

    async def show_bar(self, bar: FindBar) -> None:
        """Show the row for finding text."""
        ...

    async def show_found(self, text: str, turn_id: str, nth: int = 0) -> None:
        """Go to what was found in a turn of the conversation."""
        ...


class Reading:
    """Does what is done with a conversation that is read.

    Args:
        stage: the screen.
        shelf: knows the session that is shown.
        board: the status line, which shows where a link leads.
        setup: has the environment, which tells how copies get out and whether there is a display.
        copy_key: the key that copies.
    """

    def __init__(self, stage: Reader, shelf: Shelf, board: StatusBoard, setup: Setup, copy_key: str) -> None:
        self._stage = stage
        self._shelf = shelf
        self._board = board
        self._setup = setup
        self._copy_key = copy_key
        board.mouse_off = not setup.mouse
        board.on_title = stage.entitle
        self._told = False
        self._clipboard: Clipboard | None = None
        self._left = ""
        """What was copied last, where it likely came nowhere."""
        self._left_at: tuple[str | None, str] = None, ""
        """What would have been copied then."""
        self._bar: FindBar | None = None
        self._from_conversation = False

    async def do(self, command_id: str, argument: str = "") -> bool:
        """Do a command; return False when it is not one of reading."""
        conversation = self._stage.conversation
        part, _, name = command_id.partition(".")
        match command_id:
            case "view.browse":
                self._go_there()
            case "view.reasoning":
                conversation.refold()
            case "view.find":
                await self._open(argument)
            case "view.find_next" | "view.find_previous":
                await self._step(1 if command_id == "view.find_next" else -1)
            case "copy.text" if argument:
                return await self._copy_named(argument)
            case "copy.text":
                self._copy_or_answer(conversation.copied_text())
            case "copy.code":
                self._copy_code(argument)
            case "copy.raw":
                self._copy_or_answer(conversation.copied_source())
            case "copy.answer":
                self.copy(self._answer())
            case "copy.file":
                self._stage.start_worker(self._copy_to_file(argument), "copy")
            case _ if part == "browse":
                self._go_there()
                conversation.action_browse(name)
            case _:
                return False
        return True

    def _go_there(self) -> None:
        """Give the keys to the conversation."""
        # At once: `focus` does it later, and what was typed behind the key would be a prompt's.
        self._stage.conversation.screen.set_focus(self._stage.conversation)

    # ---- finding

    async def _open(self, text: str = "") -> None:
        self._from_conversation = self._stage.conversation.has_focus
        bar = await self._shown_bar()
        bar.ask(text)
        if bar.text:
            self._stage.conversation.find(bar.text)

    async def _shown_bar(self) -> FindBar:
        if self._bar is None:
            from fmtui.ui.find_bar import FindBar  # noqa: PLC0415 - see the imports above

            self._bar = FindBar()
            await self._stage.show_bar(self._bar)
        self._bar.display = True
        return self._bar

    async def show_found(self, text: str, turn_id: str, nth: int = 0) -> None:
        """Go to what was found in a turn; `n` and `N` go on from there, Esc ends it.

        Args:
            text: what was found.
            turn_id: where.
            nth: how often it stands in the turn before.
        """
        conversation = self._stage.conversation
        self._from_conversation = False
        conversation.find(text, turn_id, nth)  # first: what is searched for already is not searched for again
        bar = await self._shown_bar()
        bar.fill(text)
        conversation.focus()

    async def _step(self, count: int) -> None:
        conversation = self._stage.conversation
        if conversation.finding:
            conversation.find_next(count)
        elif self._bar is not None and self._bar.text:
            self._bar.display = True
            conversation.find(self._bar.text)
        else:
            await self._open()

    def found(self, message: Conversation.FindChanged) -> None:
        """Show what was found."""
        if self._bar is not None:
            self._bar.show_count(message.current, message.total, complete=message.complete)

    def entered(self) -> None:
        """Go on to the next place; from the row that was opened in the conversation, go back there."""
        if self._from_conversation:
            self._stage.conversation.focus()
        else:
            self._stage.conversation.find_next()

    def close(self) -> bool:
        """Close the row; return whether it was open."""
        if self._bar is None or not self._bar.display:
            return False
        self._bar.display = False
        self._stage.conversation.end_find()
        target = self._stage.conversation if self._from_conversation else self._stage.prompt
        target.focus()
        return True

    # ---- copying

    def selected(self) -> None:
        """Say once how what was selected is copied."""
        if not self._told:
            self._told = True
            way = key_label(self._copy_key) if self._copy_key else "/copy"
            self._stage.tell(f"{way} copies what is selected; a click selects nothing.")

    def _answer(self) -> str:
        """Return the last answer as it was written."""
        shown = self._shelf.shown
        running = shown.exchange if shown is not None else None
        text = running.reply.turn("interrupted").text if running is not None else ""
        return text or self._stage.conversation.last_answer()

    def _copy_or_answer(self, text: str | None) -> None:
        if text is None:
            self._stage.tell("That is too much for a clipboard; nothing was copied.", "warning")
        else:
            self.copy(text or self._answer())

    async def _copy_named(self, argument: str) -> bool:
        """Copy what is named behind `/copy`: `code 2`, `reply`, `raw`, `file name`."""
        what, _, rest = argument.partition(" ")
        if what in {"code", "reply", "raw", "file"}:
            return await self.do("copy.answer" if what == "reply" else f"copy.{what}", rest.strip())
        self._stage.refuse("Name what to copy: /copy code 2, /copy reply, /copy raw, or /copy file notes.md")
        return True

    def _copy_code(self, argument: str) -> None:
        """Copy a code block: of a number, at the cursor, or the last of the answer."""
        from fmtui.core.code_blocks import code_blocks  # noqa: PLC0415 - most starts never copy

        conversation = self._stage.conversation
        here = [] if argument else code_blocks(conversation.cursor_block)
        blocks = here or code_blocks(conversation.answer_at_cursor() or self._answer())
        number = int(argument) if argument.isdecimal() else 0 if argument else len(blocks)
        if 0 < number <= len(blocks):
            which = "" if here or len(blocks) == 1 else f"Code block {number} of {len(blocks)}"
            self._stage.start_worker(self._copy(blocks[number - 1], tell=True, name=which), "copy")
            return
        count = (
            f"{len(blocks)} code {'block' if len(blocks) == 1 else 'blocks'}" if blocks else "no code block"
        )
        self._stage.refuse(f"This reply has {count}.")

    def copy(self, text: str) -> None:
        """Copy a text, and tell which way it went and how much it was."""
        self._stage.start_worker(self._copy(text, tell=True), "copy")

    def put_on_clipboard(self, text: str) -> None:
        """Copy a text that was cut or copied in a field or dialog; told is only what speaks against it."""
        self._stage.start_worker(self._copy(text, tell=False), "copy")

    async def _copy(self, text: str, *, tell: bool, name: str = "") -> None:
        if self._clipboard is None:
            from fmtui.copying import Clipboard  # noqa: PLC0415 - most starts never copy

            self._clipboard = Clipboard(self._setup.environ, self._stage.send_to_terminal)
        copied = await self._clipboard.put(text)
        self._left = "" if copied.likely else text
        self._left_at = self._here()
        words = f"{name}: {copied.words}" if name else copied.words
        if tell or not copied.likely:
            # By the app, which shows it over a dialog if something was copied there.
            severity: Severity = "information" if copied.likely else "warning"
            self._stage.app.notify(words, severity=severity, markup=False)

    def _here(self) -> tuple[str | None, str]:
        """Return what would be copied now: what is selected or at the cursor, and the last answer."""
        return self._stage.conversation.copied_text(), self._answer()

    async def _copy_to_file(self, argument: str) -> None:
        """Write what would be copied to a file that nobody else can read."""
        from fmtui.ui.chat_copy_file import copy_to_file  # noqa: PLC0415 - most starts never do it

        selected, answer = here = self._here()
        text = answer if selected == "" else selected
        if self._left and here == self._left_at:  # of which was said that this writes it
            text = self._left
        await copy_to_file(self._stage, text, argument, self._setup.state.path.with_name("copies"))

    # ---- links

    def show_link(self, target: str) -> None:
        """Show where a link leads, "" for no link."""
        self._board.link = target
        self._board.update()

    def choose_link(self, target: str) -> None:
        """Open a link where that is safe and there is something to open it with; else copy its target."""
        scheme = target.partition(":")[0].lower()
        if scheme in OPENED and has_display(self._setup.environ, sys.platform):
            self._stage.app.open_url(clipboard_safe(target))
            self._stage.tell(f"Opening {one_line(target)}")
            return
        self._stage.start_worker(self._copy(target, tell=True, name=one_line(target)), "copy")


def has_display(environ: Mapping[str, str], platform: str) -> bool:
    """Whether a browser that is opened here appears before the user, and not on a machine far away."""
    if at_far_end(environ):
        return False
    return platform in {"darwin", "win32"} or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
