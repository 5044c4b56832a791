"""Links as they are drawn: which is at a place, which comes next."""

from __future__ import annotations

from fmtui.core.record import NamedTuple
from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.lines import Line, link_of
from fmtui.ui.conversation.marks import Span
from fmtui.ui.conversation.paragraphs import goes_on
from fmtui.ui.conversation.places import Position, moved
from fmtui.ui.conversation.selection import Spot, line_of
from fmtui.ui.conversation.styles import Mark

_MOST_ROWS = 5_000
"""Lines that are looked at for the next link."""


class Link(NamedTuple):
    """A link, over all lines that it is drawn in."""

    number: int
    start: Spot
    stop: Spot


def link_at(line: Line, offset: int) -> int:
    """Return the number of the link at a place in the text of a line, 0 where there is none."""
    at = 0
    for text, number in line:
        if at <= offset < at + len(text):
            return link_of(number)
        at += len(text)
    return 0


def next_link(entries: Entries, spot: Spot, count: int) -> Link | None:
    """Return the link that starts at or after a spot, or for a negative count before it.

    None when there is none within some thousand lines.
    """
    position = spot.position
    for _ in range(_MOST_ROWS):
        here = _starting(entries, position)
        if count > 0:
            later = [link for link in here if link.start >= spot]
            if later:
                return later[0]
        else:
            earlier = [link for link in here if link.start < spot]
            if earlier:
                return earlier[-1]
        following = moved(entries, position, 1 if count > 0 else -1)
        if following == position:
            return None
        position = following
    return None


def spans_of(link: Link, position: Position, line: Line) -> list[Span]:
    """Return the parts of a line that a link is drawn in."""
    if not link.start.position <= position <= link.stop.position:
        return []
    first = link.start.offset if position == link.start.position else 0
    return [
        Span(start, stop, Mark.LINK)
        for number, start, stop in _links(line)
        if number == link.number and start >= first
    ]


def _links(line: Line) -> list[tuple[int, int, int]]:
    """Return number, start and end of the links of a line."""
    found: list[tuple[int, int, int]] = []
    at = 0
    for text, number in line:
        link, end = link_of(number), at + len(text)
        if link and text:
            if found and found[-1][0] == link and found[-1][2] == at:
                found[-1] = link, found[-1][1], end
            else:
                found.append((link, at, end))
        at = end
    return found


def _starting(entries: Entries, position: Position) -> list[Link]:
    """Return the links that start in a line."""
    line = line_of(entries, position)
    here = _links(line)
    if not here:
        return []
    before = moved(entries, position, -1)
    above = line_of(entries, before) if before != position else ()
    ends = _links(above)
    if goes_on(above) and ends and ends[-1][0] == here[0][0]:
        del here[0]  # it is the rest of one that starts above
    links = [Link(number, Spot(position, start), Spot(position, stop)) for number, start, stop in here]
    if links:
        links[-1] = _whole(entries, links[-1])
    return links


def _whole(entries: Entries, link: Link) -> Link:
    """Return a link with what is drawn of it in the lines below."""
    position = link.stop.position
    while goes_on(line_of(entries, position)):
        position = moved(entries, position, 1)
        below = _links(line_of(entries, position))
        if not below or below[0][0] != link.number:
            break
        link = link._replace(stop=Spot(position, below[0][2]))
    return link
