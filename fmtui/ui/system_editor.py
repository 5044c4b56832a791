"""The editor of the system prompt."""

from __future__ import annotations

from fmtui.ui.prompt import Prompt


class SystemEditor(Prompt):
    """A prompt that may be emptied too."""

    def submit(self) -> None:
        """Take the text, whatever it is."""
        self.post_message(self.Submitted(self.take()))
