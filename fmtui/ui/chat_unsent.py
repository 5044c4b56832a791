"""What is typed and not sent yet, beside what is in the editor: prompts that wait, and one that is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fmtui.core.chat import Turn
from fmtui.core.record import NamedTuple

if TYPE_CHECKING:
    from fmtui.ui.chat_choices import Chosen


class Queued(NamedTuple):
    """A prompt that was sent while a reply ran, and waits for its end."""

    text: str
    chosen: Chosen | None = None
    """What it is asked with, as it stood when it was sent; None for what stands when it is asked."""


class Editing(NamedTuple):
    """A prompt that is edited, to be sent as a sibling of what it was."""

    turn: Turn
    """The prompt as it was sent."""
    draft: str
    """What was in the editor before."""


class Back(NamedTuple):
    """Where to go back to when nothing comes of what was asked anew."""

    leaf: str
    """The turn that the next prompt followed before."""
    editing: Editing | None = None
    """What was edited, to go on with that."""
