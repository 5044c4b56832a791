"""What a line that begins with a slash may become: the commands of the one table, and the user's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from fmtui.core.record import NamedTuple
from fmtui.ui.command import Command
from fmtui.ui.commands import way_to
from fmtui.ui.completion import Candidate, Offer, Source
from fmtui.ui.matching import match


class Slash(NamedTuple):
    """One slash command, whoever made it."""

    name: str
    """Without the slash."""
    argument: str
    """What may follow it, for people; empty when nothing may."""
    help: str
    key: str = ""
    """A key that does the same."""
    older: bool = False
    """Whether it is an older name of another one, offered only to who types it."""


def slashes(commands: Iterable[Command]) -> list[Slash]:
    """Return the slash commands of a table, in its order."""
    return [
        Slash(
            slash,
            each.argument,
            each.help if slash == each.slash else f"The same as /{each.slash}. {each.help}",
            way_to(each.id, [each]) if each.keys else "",
            older=slash != each.slash,
        )
        for each in commands
        for slash in each.slashes
    ]


def slash_source(known: Callable[[], Sequence[Slash]]) -> Source:
    """Return the source that completes the names of slash commands, at the start of the first line."""

    def source(before: str, row: int) -> Offer | None:
        if row or not before.startswith("/") or any(letter.isspace() for letter in before):
            return None
        return Offer(0, _candidates(before[1:], known()))

    return source


def _candidates(typed: str, known: Sequence[Slash]) -> list[Candidate]:
    """Return what was meant, best first: names that begin so, then those with the letters in them."""
    if not typed:
        return [_candidate(each, ()) for each in known if not each.older]
    scored: list[tuple[float, Slash, tuple[int, ...]]] = []
    for each in known:
        score, places = match(typed, each.name)
        if score:
            whole = each.name == typed.lower()
            begins = each.name.startswith(typed.lower())
            scored.append((score + 100 * begins + 100 * whole, each, places))
    scored.sort(key=lambda found: -round(found[0], 3))
    # Letters here and there are a guess, which beside what begins so is only in the way.
    best = [found for found in scored if found[0] >= 100] or scored
    # The older name is offered as it is typed, and where it alone begins so.
    best = [found for found in best if not found[1].older or found[0] >= 200] or best
    return [_candidate(each, places) for _, each, places in best]


def _candidate(each: Slash, places: tuple[int, ...]) -> Candidate:
    shown = f"/{each.name} [{each.argument}]" if each.argument else f"/{each.name}"
    about = f"{each.key} · {each.help}" if each.key else each.help
    return Candidate(
        f"/{each.name} " if each.argument else f"/{each.name}",
        shown,
        about,
        tuple(place + 1 for place in places),
    )


def name_source(
    before_names: Sequence[str], known: Callable[[], Sequence[Slash]], coming: Callable[[], bool]
) -> Source:
    """Return the source that completes the names of the user's prompts behind a command.

    Args:
        before_names: what stands before a name, such as `/prompt` and a blank.
        known: gives the prompts.
        coming: says whether they are just being read.
    """

    def source(before: str, row: int) -> Offer | None:
        start = next((each for each in before_names if before.startswith(each)), None)
        if row or start is None or any(letter.isspace() for letter in before[len(start) :]):
            return None
        found = _candidates(before[len(start) :], known())
        return Offer(len(start), [_as_name(each) for each in found], coming=not found and coming())

    return source


def _as_name(each: Candidate) -> Candidate:
    places = tuple(place - 1 for place in each.matches)
    return Candidate(each.insert[1:], each.shown.partition(" ")[0][1:], each.about, places)


class OwnSlashes:
    """The user's prompts as slash commands, read beside the screen whenever a line begins with a slash.

    Args:
        read: reads them; called in a thread.
        start: runs something beside the screen.
        again: has what is offered found anew.
        taken: names that commands of the app have.
    """

    def __init__(
        self,
        read: Callable[[], list[Slash]],
        start: Callable[[Awaitable[None], str], object],
        again: Callable[[], None],
        taken: Iterable[str],
    ) -> None:
        self._read = read
        self._start = start
        self._again = again
        self._taken = frozenset(taken)
        self._all: list[Slash] = []
        self._reading = False
        self._telling = False
        """Whether what is offered is found anew because they have been read."""

    def names(self) -> list[Slash]:
        """Return all prompts, as far as they are known now."""
        return self._all

    def slashes(self) -> list[Slash]:
        """Return those whose names are free."""
        return [each for each in self._all if each.name not in self._taken]

    @property
    def reading(self) -> bool:
        """Whether they are just being read."""
        return self._reading

    def look(self) -> None:
        """Read them again, unless they are asked for because they were just read."""
        if not self._reading and not self._telling:
            self._reading = True
            self._start(self._load(), "prompts")

    async def _load(self) -> None:
        try:
            self._all = await asyncio.to_thread(self._read)
        finally:
            self._reading = False
            self._telling = True
            try:
                self._again()
            finally:
                self._telling = False
