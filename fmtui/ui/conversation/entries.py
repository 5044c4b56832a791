"""The turns of one path as parts and lines, each made when it is asked for and not before.

A path of ten thousand turns is shown by fetching the few that are on the screen, and of
those only the parts that are on the screen are drawn; nothing here may walk over turns that
nobody looks at, apart from asking each for its weight once. Knows nothing of the screen.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from fmtui.core.chat import Turn, Turns
from fmtui.ui.conversation.heights import Heights
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.path import Live, Path, Split
from fmtui.ui.conversation.sections import Block, Drawn, Keyed, Memory, Part, Section

CACHED_TURNS = 64
"""Turns whose parts are known that are kept however long they are."""
CACHED_CHARACTERS = 500_000
"""Characters of turns whose parts are known; a turn that was forgotten is fetched again."""


def estimates(weights: Iterable[int], width: int) -> list[int]:
    """Return about how many lines turns of so many characters have: text fills lines to two thirds."""
    room = 2 * max(width, 1)
    return [4 + weight * 3 // room for weight in weights]


class Entries(Path):
    """The turns of a path at one width, the live ones included."""

    def __init__(self, split: Split, live: Callable[[Turn], Live], turns: Turns | None = None) -> None:
        super().__init__(split, turns)
        self.width = 0
        """Columns of a line; 0 until it is known, and nothing is drawn before."""
        self.rendered = 0
        """How many times a part of a finished turn was drawn."""
        self.heights = Heights()
        """Lines of each turn, exact where all of its parts were drawn at this width."""
        self._make_live = live
        self._weights: list[int] = []
        self._live: dict[str, tuple[int, Live]] = {}
        self._sections: OrderedDict[int, Section] = OrderedDict()
        self._characters = 0
        self.memory = Memory()

    # ---- the path

    def append(self, turn: Turn) -> None:
        """Add a finished turn at the end."""
        self._add(turn, len(turn.text) + len(turn.reasoning))

    def append_live(self, turn: Turn) -> None:
        """Add a reply that is coming at the end; the turn holds what has come of it."""
        live = self._make_live(turn)
        self._live[live.id] = len(self), live
        self._add(live, 0)
        self.flush()

    def _add(self, item: Turn | Live, weight: int) -> None:
        self._later.append(item)
        if self.width:
            self.heights.append(*estimates((weight,), self.width))

    def live(self, turn_id: str) -> Live | None:
        """Return the live reply of that id."""
        return self._live.get(turn_id, (0, None))[1]

    def flush(self) -> bool:
        """Draw what came for the live replies; return whether any line may have changed."""
        if not self.width:
            return False
        changed = [(index, live) for index, live in self._live.values() if live.flush(self.width)]
        for index, live in changed:
            self._take(index, live)
        return bool(changed)

    def _take(self, index: int, live: Live) -> None:
        """Take in what a live reply has drawn."""
        section = self._sections.get(index)
        if section is None:
            section = self._know(index, live.parts)
        elif section.given is not live.parts:
            self._characters += section.take(live.parts, self.width)
        for key, drawn in live.whole():
            self._keep(index, key, drawn)
        for place in section.growing:
            section.measure(place, len(section.parts[place].draw(self.width).lines))
        self.heights[index] = section.total

    def settle(self, turn: Turn) -> bool:
        """Put the final turn in the place of the live reply; return False when there is none of that id."""
        index, live = self._live.pop(turn.id, (0, None))
        if live is None:
            return False
        self._later[index - self._first] = turn
        if not self.width:
            return True
        settled = live.settle(turn, self.width)
        if not settled.same:
            self._forget(index)
        self._note(index, settled.cuts)
        shown = self._shown(turn, settled.parts)
        section = self._sections.get(index) or self._know(index, shown)
        self._characters += section.take(shown, self.width)
        for key, drawn in live.whole() if settled.same else ():
            self._keep(index, key, drawn)
        for place in section.guessed if settled.same else ():  # how much is new is told from the ending
            self._drawn(index, section.keys[place])
        self.heights[index] = section.total
        return True

    def is_live(self, index: int) -> bool:
        """Whether a turn is a reply that is still coming."""
        return any(index == place for place, _ in self._live.values())

    def truncate(self, count: int) -> None:
        """Keep the first `count` turns."""
        for item in self._later[max(0, count - self._first) :]:
            self._live.pop(item.id, None)
        del self._later[max(0, count - self._first) :]
        self._first = min(self._first, count)
        self.heights.truncate(count)
        for index in [index for index in self._sections if index >= count]:
            self._forget(index)
        self._cuts = {index: cuts for index, cuts in self._cuts.items() if index < count}

    # ---- parts

    def resize(self, width: int) -> None:
        """Forget every line and guess every height for another width."""
        self.width = width
        self.memory.clear()
        if len(self._weights) < self._first:  # asked once: resizing ten thousand turns must be quick
            self._weights = [self._turns.weight(index) for index in range(self._first)]
        later = (
            len(item.text) + len(item.reasoning) if isinstance(item, Turn) else 0 for item in self._later
        )
        self.heights = Heights(estimates(chain(self._weights[: self._first], later), width))
        for index, section in self._sections.items():
            section.guess(width)
            self.heights[index] = section.total
        self.flush()

    def after(self, turn: int, part: int) -> tuple[int, int]:
        """Return the turn and the part that come next; those after the last turn may be none."""
        section = self.section(turn)
        place = section.place(part) + 1
        return (turn, section.keys[place]) if place < len(section.keys) else (turn + 1, 0)

    def before(self, turn: int, part: int) -> tuple[int, int] | None:
        """Return the turn and the part that come before; None at the start."""
        if turn < len(self):
            section = self.section(turn)
            place = section.place(part)
            if place:
                return turn, section.keys[place - 1]
        return (turn - 1, self.last(turn - 1)) if turn else None

    def last(self, turn: int) -> int:
        """Return the last part of a turn."""
        return self.section(turn).keys[-1]

    def height(self, turn: int, part: int) -> int:
        """Return the exact number of lines of a part; draws it when it has to."""
        return len(self._drawn(turn, part).lines)

    def window(self, turn: int, part: int, start: int, stop: int) -> Sequence[Line]:
        """Return some lines of a part; `stop` may be past the end."""
        return self._drawn(turn, part).lines[start:stop]

    def blocks(self, turn: int, part: int) -> Sequence[Block]:
        """Return the blocks of a part; draws it when it has to."""
        drawn = self._drawn(turn, part)
        if drawn.blocks is not None:
            return drawn.blocks
        piece, lines = self.part(turn, part), drawn.lines
        if piece.growing:  # its blocks are not known before it has grown
            return [Block(int(not lines[0]), len(lines), piece.source)] if lines else ()
        return self._draw(turn, self.section(turn).place(part)).blocks or ()

    def part(self, turn: int, key: int) -> Part:
        """Return a part as such, which is not drawn for that."""
        return (section := self.section(turn)).parts[section.place(key)]

    def find(self, line: int) -> tuple[int, int, int]:
        """Return about which turn, part and line of it a line of the whole is."""
        turn, rest = self.heights.find(line)
        return (turn, *self.section(turn).find(rest)) if turn < len(self) else (turn, 0, 0)

    def known(self, turn: int) -> Section | None:
        """Return the parts of a turn if they are known; None otherwise."""
        return self._sections.get(turn)

    def section(self, turn: int) -> Section:
        """Return the parts of a turn; none of them is drawn for that."""
        section = self._sections.get(turn)
        if section is not None:
            self._sections.move_to_end(turn)
            return section
        item, parts, cuts = self.apart(turn)
        self._note(turn, cuts)
        return self._know(turn, parts if item is None else self._shown(item, parts))

    def _shown(self, turn: Turn, parts: Sequence[Keyed]) -> Sequence[Keyed]:
        """Return the parts of a turn that are not folded: all."""
        del turn
        return parts

    def nearest(self, turn: int, part: int) -> int:
        """Return a part, or the one before it while it is folded."""
        return (section := self.section(turn)).keys[section.place(part)]

    def _know(self, turn: int, parts: Sequence[Keyed]) -> Section:
        section = self._sections[turn] = Section(parts, self.width)
        self.heights[turn] = section.total
        self._characters += section.weight
        if self._characters > CACHED_CHARACTERS and len(self._sections) > CACHED_TURNS:
            for index in [index for index in self._sections if not self.is_live(index)][: CACHED_TURNS // 4]:
                self._forget(index)
        return section

    def _forget(self, turn: int) -> None:
        """Forget the parts of a turn and their lines."""
        section = self._sections.pop(turn, None)
        if section is None:
            return
        self._characters -= section.weight
        for key in section.keys:
            self.memory.drop(turn, key)

    def _drawn(self, turn: int, part: int) -> Drawn:
        drawn = self.memory.get(turn, part)
        if drawn is not None:
            return drawn
        return self._draw(turn, self.section(turn).place(part))

    def _draw(self, turn: int, place: int) -> Drawn:
        part = self._sections[turn].parts[place]
        drawn = part.draw(self.width)
        if not part.growing:
            self.rendered += 1
            self._keep(turn, self._sections[turn].keys[place], drawn)
        if part.unsure:
            self.memory.doubt(turn, self._sections[turn].keys[place], part)
        return drawn

    def _keep(self, turn: int, key: int, drawn: Drawn) -> None:
        section = self._sections[turn]
        place = section.place(key)
        if section.keys[place] == key:  # and not folded away
            self.heights[turn] += section.measure(place, len(drawn.lines))
        self.memory.put(turn, key, drawn)
