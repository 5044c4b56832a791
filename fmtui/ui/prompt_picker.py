"""The dialog with the user's own prompts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fmtui.core.text import one_line
from fmtui.ui.fitting import cells, fit
from fmtui.ui.matching import Query
from fmtui.ui.picker import Picker
from fmtui.ui.prompt_rows import PromptRow
from fmtui.ui.rows import Row

_WIDEST = 24


class PromptPicker(Picker[str]):
    """Returns the name of a prompt, None when the user left without choosing.

    Args:
        prompts: by name.
        notes: what is wrong with files, or where to put one.
    """

    SAYS_MORE = True

    def __init__(self, prompts: Sequence[PromptRow], notes: Sequence[str]) -> None:
        super().__init__("Prompts", "prompt", "a part of the name or of the description")
        self._prompts = {each.name: each for each in prompts}
        names = min(_WIDEST, max((cells(each.name) for each in prompts), default=0))
        self._list.set_layout(lambda room: _columns(room - names - 2))
        # How many first: there may not be room for a whole sentence.
        more = f"{len(notes)} faults, all told by: fmtui prompts · " if len(notes) > 1 else ""
        self.set_note(more + notes[0] if notes else "")

    def total(self) -> int:
        """Return how many there are."""
        return len(self._prompts)

    def matching(self, query: str) -> Sequence[Row]:
        """Return the prompts that match by name or description, best first."""
        wanted = Query(query)
        if not query:
            return [_row(each, ()) for each in self._prompts.values()]
        scored = [
            (wanted.score(each.name) or wanted.score(f"{each.name} {each.description}".lower()) / 4, each)
            for each in self._prompts.values()
        ]
        found = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -round(pair[0], 3))
        return [_row(each, wanted.positions(each.name)) for _, each in found]

    def about(self, row: Row) -> str:
        """Return how it begins."""
        return one_line(self._prompts[row.id].begins, 300)

    def result_of(self, row: Row) -> str:
        """Return the name."""
        return row.id


def _row(prompt: PromptRow, positions: tuple[int, ...]) -> Row:
    return Row(prompt.name, prompt.name, matches=positions, cells=(prompt.description, prompt.gives))


def _columns(room: int) -> Callable[[Row], str]:
    """Return what writes description and kind."""
    width = max(0, room - 15)

    def columns(row: Row) -> str:
        said = fit(one_line(row.cells[0], 200), width)
        return f"{said}{' ' * (width - cells(said))}  {row.cells[1]:13}"

    return columns
