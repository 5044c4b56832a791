"""A text area in which a prompt that came back waits while a command is typed.

A prompt comes back when it got no reply, and a slash command that is typed right then would
become its end. So a `/` behind a prompt that nobody has touched begins a line of its own:
the prompt is kept meanwhile, and comes back when that line is sent, emptied or given up.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from textual.events import Key

from fmtui.core.text import in_front_of
from fmtui.ui.prompt_folding import FoldingArea

_BEGUN = re.compile(r"/[A-Za-z0-9_-]*(?:[ \t][^\n]*)?")
"""What may become a slash command; the name of a file has a second slash, or a full stop."""


class KeepingArea(FoldingArea, inherit_bindings=False, inherit_css=False):
    """An editor that keeps a prompt while a command is typed."""

    def __init__(self, *values: object, **named: object) -> None:
        self.kept_changed: Callable[[], object] | None = None
        """Called when a prompt is kept, or comes back."""
        self.cleared: Callable[[], object] | None = None
        """Called when a key has taken away the last of what was there."""
        self._kept = ""
        self._came_back = ""
        """What the document held when a prompt came back; a `/` is typed behind that alone."""
        self._sent = ""
        """What was sent last."""
        super().__init__(*values, **named)

    @property
    def keeps(self) -> bool:
        """Whether a prompt waits for the end of the command that is typed."""
        return bool(self._kept)

    @property
    def unsent(self) -> str:
        """All that was typed and not sent: the prompt that is kept, and what is in the editor."""
        return in_front_of(self._kept, self.value)

    def take(self) -> str:
        """Return all that was typed and not sent, and forget it."""
        kept = self._let_go()
        return in_front_of(kept, self._emptied())

    def restore(self, text: str) -> None:
        """Put a text back, in front of what has been typed since, which may be a command."""
        if not text:
            return
        typed = self.text
        if self._kept or (_BEGUN.fullmatch(typed) and not text.startswith("/")):
            self._keep(in_front_of(text, self._kept))
            return
        drawn = self._folds.drawn(text, len(typed), ends=True)
        if typed:  # of which undoing goes on as before
            with self.apart():
                front = in_front_of(drawn, typed).removesuffix(typed)
                self.replace(front, (0, 0), (0, 0), maintain_selection_offset=False)
        else:
            self.load_text(drawn)
        self.move_cursor(self.document.end)
        # Behind a blank the name of a file may be meant.
        self._came_back = "" if typed or text.startswith("/") or text[-1].isspace() else self.text

    def take_back(self, command: str) -> None:
        """Put a command back that was not done, unless something else was typed or sent since."""
        if command != self._sent:
            return
        if self.text and self.text == self._came_back:
            self._keep(self._emptied())
        if not self.text:
            self._put_drawn(self._folds.drawn(command))

    def _emptied(self, *, undoable: bool = False) -> str:
        """Return what is in the editor and empty it; undoing brings no more than this back, if so wished."""
        value, drawn = self.value, self.text
        self._folds.keep_used(f"{drawn}\n{self._cuts.all}")
        self._came_back = ""
        if not undoable:
            if drawn:
                self.load_text("")
            return value
        self._sent = value
        self.history.clear()  # what was undone further back may have had labels of which nothing is known now
        self._put_drawn("")
        return value

    def _keep(self, text: str) -> None:
        self._kept = text
        if self.kept_changed is not None:
            self.kept_changed()

    def _let_go(self) -> str:
        kept = self._kept
        if kept:
            self._keep("")
        return kept

    def _before_key(self, event: Key) -> None:
        """Keep a prompt when a command is begun behind it."""
        behind = self.selection.is_empty and self.cursor_location == self.document.end
        if event.character == "/" and behind and self._came_back and self.text == self._came_back:
            self._keep(self._emptied())

    def _after_key(self) -> None:
        """Bring the prompt back that is kept for a command of which nothing is left."""
        if not self.text:
            if self.cleared is not None:
                self.cleared()
            if self._kept:
                self._bring_back()

    def _bring_back(self) -> None:
        self.restore(self._let_go())

    def give_up(self) -> bool:
        """Bring a prompt back in the place of what is typed, which undoing puts behind it.

        Returns whether one was kept.
        """
        if not self._kept:
            return False
        typed = self.text
        self.load_text("")
        self._bring_back()
        alone, end = self.text, self.document.end
        self.load_text(alone + typed)
        self.replace("", end, self.document.end, maintain_selection_offset=False)
        self.move_cursor(self.document.end)
        self._came_back = self.text
        return True
