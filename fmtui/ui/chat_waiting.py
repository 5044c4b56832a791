"""Prompts that wait, and prompts that are edited: the part of the chat screen about what is not sent yet."""

from __future__ import annotations

from collections.abc import Callable

from fmtui.core.chat import Turn
from fmtui.core.parameters import Settings
from fmtui.core.text import one_line
from fmtui.ui.chat_sessions import OpenSession
from fmtui.ui.chat_shelf import Shelf, Stage
from fmtui.ui.chat_status import StatusBoard
from fmtui.ui.chat_unsent import Editing, Queued

SHOWN = 3
"""Prompts that wait of which each has a row."""


class Waiting:
    """Keeps the prompts that wait for the end of a reply in order, and shows them above the editor.

    Args:
        stage: the screen.
        shelf: knows the session that is shown, and keeps what is unsent.
        board: says what can be done.
    """

    def __init__(self, stage: Stage, shelf: Shelf, board: StatusBoard) -> None:
        self._stage = stage
        self._shelf = shelf
        self._board = board

    # ---- prompts that wait

    def add(self, opened: OpenSession, queued: Queued) -> None:
        """Have a prompt wait behind the others; one that was taken out to be edited where it was."""
        place, opened.place = opened.place, None
        opened.queue.insert(len(opened.queue) if place is None else place, queued)
        self._changed()

    def next(
        self, opened: OpenSession, turn: Turn | None, *, came: bool, aside: bool = False
    ) -> Queued | None:
        """Return the prompt to send now that a reply has ended; None where there is none, or all are held.

        Args:
            opened: the session.
            turn: the reply; None when nothing was asked.
            came: whether there is anything of it.
            aside: whether it was for no prompt, so that those that wait do not depend on it.
        """
        if not opened.queue:
            opened.held = ""
            return None
        if opened.held:
            return None
        if not aside and (turn is None or not came or turn.outcome != "complete"):
            opened.held = _WHY.get("" if turn is None else turn.outcome or "", "the reply failed")
            self._changed()
            return None
        return self.first(opened)

    def first(self, opened: OpenSession) -> Queued | None:
        """Take out the prompt that waits in front."""
        opened.held = ""
        queued = opened.queue.pop(0) if opened.queue else None
        if opened.place:
            opened.place -= 1
        self._changed()
        return queued

    def take_back(self, number: int = 0) -> bool:
        """Put a prompt that waits back into the editor, the last for 0; return whether there is one."""
        shown = self._shelf.shown
        if shown is None or not 0 <= number <= len(shown.queue) or not shown.queue:
            return False
        place = (number or len(shown.queue)) - 1
        queued = shown.queue.pop(place)
        shown.place = place if place < len(shown.queue) else None
        self._stage.prompt.restore(queued.text)
        self._stage.prompt.focus()
        self._changed()
        return True

    def forget_place(self) -> None:
        """Have what is typed next wait behind all others: nothing is left of what was taken out."""
        shown = self._shelf.shown
        if shown is not None and shown.place is not None:
            shown.place = None
            self.show()

    # ---- a prompt that is edited

    def edit(self, opened: OpenSession, turn: Turn, text: str = "") -> None:
        """Put a prompt into the editor, to be sent as a sibling of what it was.

        What was in the editor comes back when it is sent or left.

        Args:
            opened: its session, which is shown.
            turn: the prompt.
            text: what it was changed to already.
        """
        self.leave(opened)
        prompt = self._stage.prompt
        opened.editing = Editing(turn, prompt.take())
        prompt.restore(text or opened.edits.get(turn.id, turn.text))
        prompt.focus()
        self._changed()

    def leave(self, opened: OpenSession) -> bool:
        """Leave the prompt that is edited as it was; return whether there was one."""
        editing, opened.editing = opened.editing, None
        if editing is None:
            return False
        prompt = self._stage.prompt
        text = prompt.take()
        if text.strip() and text != editing.turn.text:
            opened.edits[editing.turn.id] = text
            self._stage.tell("What you changed is kept, and comes back when you edit this prompt again.")
        else:
            opened.edits.pop(editing.turn.id, None)
        prompt.restore(editing.draft)
        self._changed()
        return True

    # ---- showing

    def session_shown(self, settings: Settings, *, fresh: bool) -> None:
        """Show what waits in another session."""
        del settings, fresh
        self.show()

    def _changed(self) -> None:
        self.show()
        self._shelf.prompt_changed()

    def show(self) -> None:
        """Show what waits in the shown session."""
        shown, prompt = self._shelf.shown, self._stage.prompt
        prompt.kept_changed = self.show
        prompt.cleared = self.forget_place
        prompt.queued = self.take_back if shown is not None and shown.queue else None
        self._stage.pending([] if shown is None else rows(shown, self._stage.way, keeps=prompt.keeps))
        self._board.leaves(prompt.keeps or (shown is not None and shown.editing is not None))


_WHY = {
    "": "nothing was asked",
    "stopped": "the reply was stopped",
    "cut_off": "the reply was cut off",
    "complete": "there was no reply",
}


def rows(opened: OpenSession, way: Callable[[str], str], *, keeps: bool = False) -> list[str]:
    """Return what is said of a session's unsent prompts, row by row.

    Args:
        opened: the session.
        way: says how a command is reached.
        keeps: whether the editor keeps a prompt while a command is typed.
    """
    said: list[str] = []
    queue = opened.queue
    if queue:
        when = (
            f"held, {opened.held} · {way('queue.send')} sends" if opened.held else "sent when the reply ends"
        )
        said.append(f"{len(queue)} queued · {when} · {way('queue.take')} takes back")
        # Those at the end are the ones that are taken back.
        first = max(0, len(queue) - SHOWN)
        said += [f"… {first} more"] if first else []
        said += [
            f"{number}  {one_line(each.text, 300)}" for number, each in enumerate(queue, 1) if number > first
        ]
    if queue and opened.place is not None:
        said.append(f"Editing number {opened.place + 1} of them · {way('prompt.send')} puts it back there")
    if opened.editing is not None:
        when = f"{opened.editing.turn.created.astimezone():%H:%M}"
        send, leave = way("prompt.send"), way("reply.stop")
        said.append(f"Editing your prompt of {when} · {send} makes a branch of it · {leave} leaves it")
    if keeps:
        said.append(f"Your prompt comes back after this command, or with {way('reply.stop')}")
    return said
