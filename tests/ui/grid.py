"""A terminal in memory, strict: it knows the sequences that may be used and refuses all others.

Its characters are as wide as the app takes them to be, unless a test gives it other ideas.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from rich.cells import split_graphemes

from fmtui.ui.terminal.looks import behind

_SEQUENCE = re.compile(
    r"\x1b\[(?P<private>\??)(?P<parameters>[0-9;]*)(?P<final>[A-Za-z])|\x1b\]8;(?P<link>[^\x1b]*)\x1b\\"
    r"|(?P<index>\x1bM)|(?P<control>[\r\n\b])|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
)
_GROUPS = {"22": {"1", "2"}, "23": {"3"}, "24": {"4", "21"}, "25": {"5", "6"}, "27": {"7"}, "28": {"8"}}
_GROUPS |= {"29": {"9"}, "54": {"51", "52"}, "55": {"53"}}
_SEEN_ON_BLANKS = {"3", "4", "7", "9", "21", "51", "52", "53"}

GridCell: TypeAlias = tuple[str, frozenset[str], str, str, str]
"""Text, attributes, foreground, background and link of a column; no text behind a wide character."""
BLANK: GridCell = (" ", frozenset(), "", "", "")


def _as_measured(_: str, width: int) -> int:
    return width


class Grid:
    """The screen of a terminal."""

    def __init__(
        self,
        columns: int,
        rows: int,
        *,
        colours_erased: bool = True,
        width_of: Callable[[str, int], int] = _as_measured,
    ) -> None:
        self.columns, self.rows = columns, rows
        self.cells: list[list[GridCell]] = [[BLANK] * columns for _ in range(rows)]
        self.y = self.x = 0
        self.in_sync = False
        self._colours_erased = colours_erased
        self._width_of = width_of
        self._margins = (0, rows - 1)
        self._attributes: frozenset[str] = frozenset()
        self._fore = self._back = self._link = ""

    def feed(self, data: str) -> None:
        """Take in what a program writes.

        Raises:
            AssertionError: it is not what it may write.
        """
        at = 0
        while at < len(data):
            found = _SEQUENCE.match(data, at)
            assert found, f"an unknown sequence: {data[at : at + 20]!r}"
            at = found.end()
            if found["text"]:
                self._draw(found["text"])
            elif found["link"] is not None:
                self._link = "" if found["link"] == ";" else found["link"]
            elif found["index"]:
                self._line(-1)
            elif found["control"]:
                self._control(found["control"])
            else:
                self._sequence(found["private"], found["parameters"], found["final"])

    def _control(self, control: str) -> None:
        if control == "\b":
            self.x = max(0, self.x - 1)
        else:  # a line feed comes with a carriage return: no driver of Textual's changes that
            self.x = 0
            if control == "\n":
                self._line(1)

    def _line(self, step: int) -> None:
        top, bottom = self._margins
        if self.y == (bottom if step > 0 else top):
            rows = self.cells
            rows.insert(bottom if step > 0 else top, rows.pop(top if step > 0 else bottom))
            rows[self.y] = [self._erased()] * self.columns
        else:
            self.y = min(self.rows - 1, max(0, self.y + step))

    def _sequence(self, private: str, parameters: str, final: str) -> None:
        if private:
            assert (parameters, final) in {("2026", "h"), ("2026", "l")}, parameters + final
            self.in_sync = final == "h"
            return
        if final == "m":
            self._dress(parameters.split(";"))
            return
        numbers = [int(number or 0) for number in parameters.split(";")]
        step = max(1, numbers[0])
        if final == "H":
            self.y = min(self.rows, step) - 1
            self.x = min(self.columns, max(1, numbers[1] if len(numbers) > 1 else 1)) - 1
        elif final in "AB":
            self.y = min(self.rows - 1, max(0, self.y + (step if final == "B" else -step)))
        elif final in "CD":
            self.x = min(self.columns - 1, max(0, self.x + (step if final == "C" else -step)))
        elif final == "G":
            self.x = min(self.columns, step) - 1
        elif final == "d":
            self.y = min(self.rows, step) - 1
        elif final == "r":
            self._margins = (step - 1, numbers[1] - 1) if len(numbers) > 1 else (0, self.rows - 1)
            assert self._margins[0] < self._margins[1] < self.rows
            self.y = self.x = 0
        elif final in "KX":
            assert final == "X" or not parameters
            assert self.x < self.columns, "terminals disagree where the cursor is behind the last column"
            stop = self.columns if final == "K" else min(self.columns, self.x + step)
            self._cut(self.x, stop)
            self.cells[self.y][self.x : stop] = [self._erased()] * (stop - self.x)
        else:
            raise AssertionError(f"an unknown sequence: CSI {parameters} {final}")

    def _erased(self) -> GridCell:
        assert not self._link, "what is erased would become part of a link"
        assert not self._attributes & _SEEN_ON_BLANKS, "terminals disagree what erasing does then"
        return (" ", frozenset(), "", self._back if self._colours_erased else "", "")

    def _dress(self, codes: list[str]) -> None:
        codes.reverse()
        while codes:
            code = codes.pop()
            if code in {"", "0"}:
                self._attributes, self._fore, self._back = frozenset(), "", ""
            elif code in _GROUPS:
                self._attributes -= _GROUPS[code]
            elif code in {"38", "48"}:
                more = [code, codes.pop()]
                more += [codes.pop() for _ in range(3 if more[1] == "2" else 1)]
                self._colour(";".join(more), fore=code == "38")
            elif code in {"39", "49"}:
                self._colour("", fore=code == "39")
            elif int(code) >= 30 and code not in {"51", "52", "53"}:
                self._colour(code, fore=int(code) // 10 in {3, 9})
            else:
                self._attributes |= {code}

    def _colour(self, colour: str, *, fore: bool) -> None:
        if fore:
            self._fore = colour
        else:
            self._back = colour

    def _draw(self, text: str) -> None:
        if text.isascii() and self._width_of is _as_measured:
            self._write(text)
            return
        for start, end, measured in split_graphemes(text)[0]:
            cluster = text[start:end]
            width = self._width_of(cluster, measured)
            row = self.cells[self.y]
            if not width:
                at = self.x - 1
                while at > 0 and not row[at][0]:
                    at -= 1
                if at >= 0:
                    row[at] = (row[at][0] + cluster, *row[at][1:])
                continue
            self.x = min(self.x, self.columns - width)  # the last column is never left: wrapping is off
            self._cut(self.x, self.x + width)
            for column in range(width):
                text_here = "" if column else cluster
                row[self.x + column] = (text_here, *self._look())
            self.x += width

    def _write(self, text: str) -> None:
        """Draw characters of one column each, which the last column has room for."""
        row, look = self.cells[self.y], self._look()
        self.x = min(self.x, self.columns - 1)
        beyond = self.x + len(text) - self.columns
        if beyond > 0:  # what is too much is drawn in the last column, each over the one before
            text = text[: len(text) - beyond - 1] + text[-1]
        self._cut(self.x, self.x + len(text))
        row[self.x : self.x + len(text)] = [(character, *look) for character in text]
        self.x += len(text)

    def _look(self) -> tuple[frozenset[str], str, str, str]:
        return self._attributes, self._fore, self._back, self._link

    def _cut(self, start: int, stop: int) -> None:
        """Blank the halves that stay of wide characters which are written over in part."""
        row = self.cells[self.y]
        if not row[start][0] and start:
            row[start - 1] = (" ", *row[start - 1][1:])
        if stop < self.columns and not row[stop][0]:
            row[stop] = (" ", *row[stop][1:])

    def seen(self) -> list[list[GridCell]]:
        """Return what a user sees: of a blank only what can be seen there."""
        return [[_seen(cell) for cell in row] for row in self.cells]


def rows_seen_apart(one: Grid, other: Grid) -> list[int]:
    """Return the rows of two terminals in which a user sees different things."""
    return [
        y
        for y, (mine, theirs) in enumerate(zip(one.cells, other.cells, strict=True))
        if mine != theirs and [*map(_seen, mine)] != [*map(_seen, theirs)]
    ]


def _over(back: str) -> str:
    """Return the code that makes a foreground of the colour of a background."""
    return f"9{back[2:]}" if back.startswith("10") else f"3{back[1:]}"


def _seen(cell: GridCell) -> GridCell:
    text, attributes, fore, back, link = cell
    if "7" in attributes and fore and (back or text == " "):
        attributes, fore, back = attributes - {"7"}, back and _over(back), behind(fore)
        cell = (text, attributes, fore, back, link)
    if text == " " and not link and not attributes & _SEEN_ON_BLANKS:
        return (" ", frozenset(), "", back, "")
    return cell
