"""Walking through earlier prompts, from the draft back and to it again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence


class Recall:
    """One walk: what was typed before it, and the prompts as they were changed on the way.

    Args:
        prompts: earlier prompts, newest first.
        draw: returns what the editor holds for one of them.
    """

    def __init__(self, prompts: Sequence[str], draw: Callable[[str], str]) -> None:
        self._prompts = prompts
        self._draw = draw
        self._left: dict[int, str] = {}
        """What the editor held at each place when it was left; the draft is at 0."""
        self._at = 0

    def older(self, now: str) -> str | None:
        """Return the prompt before; None where there is none.

        Args:
            now: what the editor holds; it is there again when the walk comes back.
        """
        return self._go(1, now)

    def newer(self, now: str) -> str | None:
        """Return the prompt after, the draft at the end; None where there is none."""
        return self._go(-1, now)

    @property
    def at_draft(self) -> bool:
        """Whether the walk is back where it began."""
        return self._at == 0

    def _go(self, by: int, now: str) -> str | None:
        self._left[self._at] = now
        at = self._at + by
        while 0 <= at <= len(self._prompts):
            text = self._left[at] if at in self._left else self._draw(self._prompts[at - 1])
            # One that is what the editor holds already would look like a key that does nothing.
            if at == 0 or text != now:
                self._at = at
                return text
            at += by
        return None
