"""What the list of sessions shows of each: marks, columns as there is room for, and a look into it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fmtui.core.record import NamedTuple
from fmtui.core.text import one_line, short_count
from fmtui.ui.figures import SEPARATOR
from fmtui.ui.fitting import cells, fit
from fmtui.ui.matching import Query
from fmtui.ui.rows import PINNED, SHOWN, Layout, Row, SessionRow

_WIDTHS = {"date": 10, "state": 12, "tokens": 8, "turns": 9, "model": 20}
"""Cells of each column, the most useful one first: what does not fit is left out from the end."""
_STATE_SHARE = 0.2
"""The share of a row that states and tags have at most, where that is more than their cells."""
_ORDER = "state", "model", "turns", "tokens", "date"
"""The order in which they stand."""
_RIGHT = {"turns", "tokens", "date"}
_TITLE_LEAST = 0.4
"""The share of a row that a title has at least."""
_LEAST = 0.1
"""What a match counts that is not of the title alone."""
_LOOKED_AT = 300
"""Characters of a title that are searched."""


class Look(NamedTuple):
    """What was read of one session for the list."""

    prompt: str = ""
    answer: str = ""
    model: str = ""
    turns: int = 0
    tokens: int = 0
    began: str = ""
    """A date."""
    problem: str = ""
    """Why nothing could be read."""


class Known(NamedTuple):
    """A session, and what it is found by."""

    row: SessionRow
    title: str
    """In small letters."""
    whole: str
    """With its model, date and id."""

    @classmethod
    def of(cls, row: SessionRow) -> Known:
        """Return the session ready to be found."""
        title = row.title[:_LOOKED_AT].lower()
        return cls(row, title, f"{title} {row.model} {row.detail} {row.id}".lower())

    def score(self, query: Query) -> float:
        """Return how well it matches: by its title, or else with all that the row shows, in whole words."""
        return query.score(self.title) or (
            _LEAST if all(w in self.whole for w in query.text.split()) else 0.0
        )


def parted(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the words that were typed to filter, and the beginnings of tags: `#wor`."""
    words = text.split()
    tags = tuple(word[1:].lower() for word in words if word[0] == "#" and len(word) > 1)
    return " ".join(word for word in words if word[0] != "#"), tags


def has_tags(row: SessionRow, wanted: tuple[str, ...]) -> bool:
    """Return whether a session has a tag for each of these beginnings."""
    return all(any(tag.startswith(each) for tag in row.tags) for each in wanted)


def drawn(known: Known, current: str, query: Query, look: Look | None) -> Row:
    """Return a session as a line of the list."""
    row = known.row
    sign, _ = row.state
    mark = (SHOWN if row.id == current else " ") + (sign or " ") + (PINNED if row.pinned else " ")
    positions = query.positions(row.title[:_LOOKED_AT]) if query.text else ()
    turns = row.turns if look is None or look.problem else look.turns
    found = {
        "state": _state_of(row),
        "model": row.model if look is None else look.model or row.model,
        "turns": "" if turns is None else f"{short_count(turns)} {'turn' if turns == 1 else 'turns'}",
        "tokens": f"{short_count(look.tokens)} tok" if look is not None and look.tokens else "",
        "date": row.detail,
    }
    words = tuple(one_line(found[name], 60) for name in _ORDER)
    return Row(row.id, row.title, "", mark, row.archived, positions, cells=words)


def _state_of(row: SessionRow) -> str:
    """Return a session's state and tags; cheap where it has none, as most have."""
    state = row.state[1]
    return " ".join([*([state] if state else []), *(f"#{tag}" for tag in row.tags)]) if row.tags else state


def layout_of(rows: Iterable[SessionRow]) -> Layout:
    """Return the columns of a list of sessions: that of states and tags as wide as one needs it."""
    said = max((cells(_state_of(row)) for row in rows), default=0)

    def layout(width: int) -> Callable[[Row], str]:
        widths = dict(_WIDTHS)
        widths["state"] = min(said, max(_WIDTHS["state"], round(width * _STATE_SHARE)))
        if not said:
            del widths["state"]
        left = width - max(20, round(width * _TITLE_LEAST))
        shown: set[str] = set()
        for name, wide in widths.items():
            if wide + 2 > left:
                break
            shown.add(name)
            left -= wide + 2

        def columns(row: Row) -> str:
            parts = []
            for name, text in zip(_ORDER, row.cells, strict=False):
                if name in shown:
                    cut = fit(text, widths[name])
                    blank = " " * (widths[name] - cells(cut))
                    parts.append(blank + cut if name in _RIGHT else cut + blank)
            return "  ".join(parts)

        return columns

    return layout


def about(row: SessionRow, look: Look | None, width: int, height: int) -> str:
    """Return a look into a session in so many rows: its figures, how it begins, how it ends."""
    if look is None:
        return "…"
    if look.problem:
        return one_line(look.problem, width * height)
    model = look.model or row.model
    answered = height > 2 and bool(look.answer)
    figures = [
        f"began {look.began}" if look.began else "",
        "" if answered else model,  # its name stands before what it said
        f"{look.turns:,} {'turn' if look.turns == 1 else 'turns'}",
        f"{look.tokens:,} tokens" if look.tokens else "",
        f"open in another window ({row.owner})" if row.owner else "",
        "unsent prompt" if row.draft else "",
        " ".join(f"#{tag}" for tag in row.tags),
    ]
    lines = [fit(SEPARATOR.join(one_line(part, 80) for part in figures if part), width)]
    # What was asked gets a third of the room, what came of it the rest.
    asked = max(1, (height - 1) // 3)
    lines.append(one_line(f"You: {look.prompt or '(nothing)'}", width * asked))
    if answered:
        who = one_line(model, 40) or "Assistant"
        lines.append(one_line(f"{who}: {look.answer}", width * (height - 1 - asked) - asked))
    return "\n".join(lines)
