"""One parameter as widgets show it: a value in words, where it comes from, and how to judge another."""

from __future__ import annotations

from collections.abc import Callable

from fmtui.core.record import NamedTuple


class Setting(NamedTuple):
    """One parameter of requests, as it stands."""

    name: str
    value: str
    """As a person may type it; empty when it is not sent."""
    source: str
    """Where it comes from: `default`, `endpoint` or `session`."""
    check: Callable[[str], object]
    """Raises ValueError, with a sentence for people, for a text that is no value; an empty one is fine."""
    help: str = ""
    """One sentence."""
    refused: str = ""
    """What the server said when the model did not take it; empty when it may."""
    left_out: str = "not sent"
    """What it comes to while it has no value."""

    @property
    def note(self) -> str:
        """What stands beside the value: where it comes from, or that it is not sent."""
        if self.refused and self.value:
            return "refused"
        return self.source if self.value else ""
