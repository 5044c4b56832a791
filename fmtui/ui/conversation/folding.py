"""A view in which reasoning is folded, so that an answer stands right below its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from fmtui.core.chat import Turn, Turns
from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.folds import Folds, without_thoughts
from fmtui.ui.conversation.path import Live, Split
from fmtui.ui.conversation.places import within
from fmtui.ui.conversation.sections import ENDING, LABEL, TEXT, Keyed
from fmtui.ui.conversation.stopping import StoppingView


class FoldingEntries(Entries):
    """The turns of a path, without the reasoning that is folded."""

    def __init__(
        self, split: Split, live: Callable[[Turn], Live], turns: Turns | None = None, *, folds: Folds
    ) -> None:
        super().__init__(split, live, turns)
        self._folds = folds

    def _shown(self, turn: Turn, parts: Sequence[Keyed]) -> Sequence[Keyed]:
        if turn.reasoning and self._folds.closed(turn.id, answered=_answered(parts)):
            return without_thoughts(parts)
        return parts

    def thinks(self, turn: int) -> bool:
        """Return whether a turn has reasoning, folded or not."""
        return LABEL in self.section(turn).keys

    def refold(self, turn: int, *, opened: bool = False) -> None:
        """Fold the reasoning of a turn, or open it; only open it if so wished."""
        item, parts, _ = self.apart(turn, folded=True)
        turn_id = (self._later[turn - self._first] if item is None else item).id
        if not self.thinks(turn):
            return
        if opened:
            self._folds.open(turn_id)
        else:
            self._folds.turn(turn_id, answered=_answered(parts))
        live = self.live(turn_id)
        if live is not None:
            live.refold()
            self.flush()
            return
        self.memory.drop(turn, LABEL)
        section = self.section(turn)
        self._characters += section.take(parts if item is None else self._shown(item, parts), self.width)
        for place in section.guessed:
            if (drawn := self.memory.get(turn, section.keys[place])) is not None:
                section.measure(place, len(drawn.lines))
        self.heights[turn] = section.total


def _answered(parts: Sequence[Keyed]) -> bool:
    return any(TEXT <= key < ENDING for key, _ in parts)


class FoldingView(StoppingView):
    """A view that folds reasoning once its answer begins, unless it is not at the end then.

    Args:
        split: parts a finished turn.
        live: makes a reply that is coming.
        folds: what was opened and closed; the same that the parts know.
    """

    entries: FoldingEntries

    def __init__(self, split: Split, live: Callable[[Turn], Live], folds: Folds) -> None:
        self._folds = folds
        super().__init__(split, live, partial(FoldingEntries, folds=folds))

    def flush(self) -> bool:
        """Draw what came for the live replies; return whether any line may have changed."""
        self._folds.at_end = self.following
        return super().flush()

    def refold(self, turn: int, *, opened: bool = False) -> None:
        """Fold the reasoning of a turn, or open it; what is at the top stays there."""
        if self._ready:
            top = self.top
            self.entries.refold(turn, opened=opened)
            self._seen = within(self.entries, self._seen)
            self._go(within(self.entries, top))
