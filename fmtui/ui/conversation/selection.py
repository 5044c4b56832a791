"""What is selected in a conversation: from one place in its text to another.

Places are a line and a place in the text of that line, so they stay while the view moves and
while text comes; when the text is wrapped anew they are found again by what comes before
them. Knows nothing of the screen.
"""

from __future__ import annotations

import re

from rich.cells import split_graphemes

from fmtui.core.record import NamedTuple
from fmtui.ui.conversation.entries import Entries
from fmtui.ui.conversation.lines import Line, style_of
from fmtui.ui.conversation.paragraphs import Paragraph, goes_on, paragraphs, text_of
from fmtui.ui.conversation.places import Place, Position, line_at, moved, place_of
from fmtui.ui.conversation.styles import DECORATION

_MOST_ROWS = 400
"""Lines that are looked at, before and after one, for the paragraph that it is a part of."""
_WORD = (
    r"https?://[^\s<>\"'`]*[^\s<>\"'`.,:;!?)\]*_~]"  # an address
    r"|[~.]{0,2}/?[\w@%+=-]+(?:[./:#?&=@%+~-]+[\w@%+=-]+)*/?"  # a word, a path, a name with points in it
    r"|\s+|."
)


class Spot(NamedTuple):
    """A place in the text of a line."""

    position: Position
    offset: int


Stretch = tuple[Spot, Spot]
"""From the first spot up to, not including, the second."""


class Selection(NamedTuple):
    """What is selected: all from where it was begun to where it was drawn to, both as wholes."""

    anchor: Stretch
    head: Stretch

    @property
    def start(self) -> Spot:
        """Where it starts."""
        return min(self.anchor[0], self.head[0])

    @property
    def stop(self) -> Spot:
        """Where it ends."""
        return max(self.anchor[1], self.head[1])

    def part(self, position: Position, line: Line) -> tuple[int, int]:
        """Return where the selected part of a line starts and ends in its text; the same where none is."""
        start, stop = self.start, self.stop
        if not start.position <= position <= stop.position:
            return 0, 0
        first = start.offset if position == start.position else 0
        return first, stop.offset if position == stop.position else len(text_of(line))


def line_of(entries: Entries, position: Position) -> Line:
    """Return the line at a position, an empty one at the end."""
    if position.turn >= len(entries):
        return ()
    found = entries.window(*position, position.line + 1)
    return found[0] if found else ()


def offset_at(line: Line, column: int) -> int:
    """Return the place in the text of a line that is drawn at a column, its length past its end."""
    text = text_of(line)
    if text.isascii():
        return max(0, min(column, len(text)))
    at = 0
    for start, _, width in split_graphemes(text)[0]:
        at += width
        if at > column:
            return start
    return len(text)


def characters(spot: Spot, line: Line) -> Stretch:
    """Return the character at a spot."""
    text = text_of(line)
    for start, stop, _ in split_graphemes(text)[0]:
        if start <= spot.offset < stop:
            return Spot(spot.position, start), Spot(spot.position, stop)
    end = Spot(spot.position, min(spot.offset, len(text)))
    return end, end


def word(entries: Entries, spot: Spot) -> Stretch:
    """Return the word, path or address at a spot, over the lines that it is broken into."""
    positions, paragraph = _paragraph(entries, spot)
    if paragraph is None:
        return characters(spot, line_of(entries, spot.position))
    at = paragraph.place(positions.index(spot.position), spot.offset)
    for match in re.finditer(_WORD, paragraph.text):
        if match.start() <= at < match.end():
            return _drawn(positions, paragraph, *match.span()) or (spot, spot)
    return spot, spot


def whole_line(entries: Entries, spot: Spot) -> Stretch:
    """Return the line as its author wrote it, over all lines that it was wrapped into."""
    positions, paragraph = _paragraph(entries, spot)
    line = line_of(entries, spot.position)
    drawn = None if paragraph is None else _drawn(positions, paragraph, 0, len(paragraph.text))
    return drawn or (Spot(spot.position, 0), Spot(spot.position, len(text_of(line))))


def rows_around(entries: Entries, position: Position) -> list[Position]:
    """Return the lines that a line was wrapped into together with others, itself included."""
    rows = [position]
    while len(rows) < _MOST_ROWS:
        before = moved(entries, rows[0], -1)
        if before == rows[0] or not goes_on(line_of(entries, before)):
            break
        rows.insert(0, before)
    limit = len(rows) + _MOST_ROWS
    while len(rows) < limit and goes_on(line_of(entries, rows[-1])):
        rows.append(moved(entries, rows[-1], 1))
    return rows


def _paragraph(entries: Entries, spot: Spot) -> tuple[list[Position], Paragraph | None]:
    rows = rows_around(entries, spot.position)
    number = rows.index(spot.position)
    lines = [line_of(entries, row) for row in rows]
    for paragraph in paragraphs(lines, told=True):
        places = [place for place in paragraph.places(0, len(paragraph.text)) if place[0] == number]
        if any(start <= spot.offset < stop for _, start, stop in places):
            return rows, paragraph
    return rows, None


def _drawn(rows: list[Position], paragraph: Paragraph, start: int, stop: int) -> Stretch | None:
    places = paragraph.places(start, stop)
    if not places:
        return None
    first, last = places[0], places[-1]
    return Spot(rows[first[0]], first[1]), Spot(rows[last[0]], last[2])


# ---- places that stay when the text is wrapped anew


def kept(entries: Entries, spot: Spot) -> Place:
    """Return a spot as a place in the text."""
    place = place_of(entries, spot.position)
    inside = _counted(line_of(entries, spot.position), spot.offset)
    return place._replace(characters=place.characters + inside) if inside else place


def found(entries: Entries, place: Place) -> Spot:
    """Return the spot of a place in the text."""
    position = line_at(entries, place)
    line = line_of(entries, position)
    return Spot(position, _offset(line, place.characters - place_of(entries, position).characters))


def kept_end(entries: Entries, spot: Spot) -> Place:
    """Return the end of a selection as a place in the text: the character before it stays selected."""
    line = line_of(entries, spot.position)
    inside = _counted(line, spot.offset)
    return kept(entries, Spot(spot.position, _offset(line, inside - 1) if inside else 0))


def found_end(entries: Entries, place: Place) -> Spot:
    """Return the end of a selection from what `kept_end` gave."""
    spot = found(entries, place)
    return characters(spot, line_of(entries, spot.position))[1]


def _counted(line: Line, offset: int) -> int:
    """Count the characters before a place in a line that wrapping anew keeps, as `places` counts them."""
    count = at = 0
    for text, number in line:
        if at >= offset:
            break
        inside = text[: offset - at]
        count += 0 if style_of(number) in DECORATION else len(inside) - inside.count(" ")
        at += len(text)
    return count


def _offset(line: Line, count: int) -> int:
    """Return the place in a line before which so many characters count."""
    at = 0
    for text, number in line:
        if style_of(number) not in DECORATION:
            for index, character in enumerate(text):
                if character != " ":
                    if count <= 0:
                        return at + index
                    count -= 1
        at += len(text)
    return at
