"""Which reasoning is folded: that of an answer, until it is opened; not that of a reply still thinking."""

from __future__ import annotations

from collections.abc import Sequence

from fmtui.ui.conversation.sections import GAP, LABEL, Keyed


class Folds:
    """What the user opened and closed, by turn; nobody's choice holds as long as nobody chose."""

    def __init__(self) -> None:
        self.at_end = True
        """Whether the view is at the end: what is being read elsewhere is not folded away."""
        self._open: dict[str, bool] = {}

    def closed(self, turn_id: str, *, answered: bool) -> bool:
        """Return whether the reasoning of a turn is folded; `answered` when there is more than that."""
        return not self._open.get(turn_id, not answered)

    def answer_begins(self, turn_id: str) -> None:
        """Take note that the answer to what was thought begins: leave it open where it may be read."""
        if not self.at_end:
            self._open.setdefault(turn_id, True)

    def turn(self, turn_id: str, *, answered: bool) -> None:
        """Open what is folded, fold what is open."""
        self._open[turn_id] = self.closed(turn_id, answered=answered)

    def open(self, turn_id: str) -> None:
        """Open the reasoning of a turn."""
        self._open[turn_id] = True


def without_thoughts(parts: Sequence[Keyed]) -> list[Keyed]:
    """Return the parts but for the pieces of the reasoning."""
    return [keyed for keyed in parts if not LABEL < keyed[0] < GAP]
