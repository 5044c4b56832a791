"""Turns whose lines can be told apart, for tests of the conversation's arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from fmtui.core.chat import Event, TextDelta, Turn
from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.parts import parts_of
from fmtui.ui.conversation.path import Settled
from fmtui.ui.conversation.sections import Cuts, Drawn, Keyed, Part, Shown
from fmtui.ui.conversation.turn_lines import local_now


def wrapped(text: str, width: int) -> list[Line]:
    """Cut every line of the text at the width."""
    return [
        ((line[at : at + width], 0),) if line else ()
        for line in text.split("\n")
        for at in range(0, len(line) or 1, width)
    ]


def render(turn: Turn, width: int) -> list[Line]:
    """Render a turn as its text, cut at the width, under an empty line."""
    return [(), *wrapped(turn.text, width)]


class Whole(Part):
    """A turn that is a single part."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(len(turn.text), turn.text.count("\n") + 2)
        self._turn = turn

    def draw(self, width: int) -> Drawn:
        return Drawn(render(self._turn, width))


def split(turn: Turn, cuts: Cuts | None) -> tuple[list[Keyed], Cuts]:
    """Take a turn as one part."""
    return [(0, Whole(turn))], cuts or Cuts()


class FakeLive:
    """A live reply whose lines are those of `render`."""

    def __init__(self, turn: Turn) -> None:
        self.id = turn.id
        self.flushes = 0
        self._shown = Shown()
        self.parts: Sequence[Keyed] = [(0, self._shown)]
        self.every = self.parts
        self._text = turn.text
        self._drawn: tuple[str, int] | None = None

    def refold(self) -> None:
        pass

    def add(self, event: Event) -> None:
        if isinstance(event, TextDelta):
            self._text += event.text

    def flush(self, width: int) -> bool:
        if self._drawn == (self._text, width):
            return False
        self._drawn = self._text, width
        self.flushes += 1
        self._shown.drawn = Drawn([(), *wrapped(self._text, width)])
        return True

    def whole(self) -> Sequence[tuple[int, Drawn]]:
        return ()

    def settle(self, turn: Turn, width: int) -> Settled:
        return Settled(*split(turn, None), same=False)


def turn_lines(
    turn: Turn, width: int, *, now: Callable[[], datetime] = local_now, links: Links | None = None
) -> list[Line]:
    """Return all lines of a finished turn, as they are drawn one part after the other."""
    return [line for _, part in parts_of(turn, now=now, links=links)[0] for line in part.draw(width).lines]


def lines_of(entries: Entries, turn: int) -> list[Line]:
    """Return all lines of a turn, once all that was guessed is known."""
    while True:
        lines: list[Line] = []
        at = turn, 0
        while at[0] == turn:
            lines += entries.window(*at, 0, entries.height(*at))
            at = entries.after(*at)
        if not entries.memory.refine():
            return lines


class CountingTurns:
    """A long path that notes which turns were fetched."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self.fetched: list[int] = []
        self.weighed = 0
        self._turns = turns

    def __len__(self) -> int:
        return len(self._turns)

    def __getitem__(self, index: int, /) -> Turn:
        self.fetched.append(index)
        return self._turns[index]

    def weight(self, index: int) -> int:
        self.weighed += 1
        return len(self._turns[index].text)

    def id_of(self, index: int) -> str:
        return self._turns[index].id


def numbered(count: int, lines: int = 3) -> list[Turn]:
    """Return turns of so many lines, each line naming its turn and its number."""
    return [
        Turn(f"t{n}", "user", "\n".join(f"{n}.{line}" for line in range(1, lines + 1))) for n in range(count)
    ]


def shown(rows: Sequence[Line | None]) -> list[str]:
    """Return what rows say."""
    return ["".join(text for text, _ in row or ()) for row in rows]
