"""What a line that begins with a slash may become: the commands of the one table, and the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

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


def slashes(commands: Iterable[Command]) -> list[Slash]:
    """Return the slash commands of a table, in its order."""
    return [
        Slash(each.slash, each.argument, each.help, way_to(each.id, [each]) if each.keys else "")
        for each in commands
        if each.slash
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
        return [_candidate(each, ()) for each in known]
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
