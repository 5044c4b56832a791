"""Two terminals, one fed by the lean writer and one by the stock writer, and random users of both."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rich.cells import get_character_cell_size, split_graphemes
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from fmtui.ui.terminal.looks import Looks
from fmtui.ui.terminal.painter import Painter
from fmtui.ui.terminal.strokes import Abilities
from fmtui.ui.terminal.updates import StripCells, rows_of_chops, rows_of_layout
from tests.ui.grid import Grid, rows_seen_apart

CONSOLE = Console(color_system="truecolor", force_terminal=True, _environ={})


class Pair:
    """One terminal fed by the lean writer beside one fed by the stock writer."""

    def __init__(
        self, width: int, height: int, *, colours_erased: bool = True, erases_columns: bool = True
    ) -> None:
        self.width, self.height = width, height
        self.looks = Looks(ColorSystem.TRUECOLOR)
        abilities = Abilities(colours_erased=colours_erased, erases_columns=erases_columns)
        self.painter = Painter(self.looks, abilities, height=height, width=width)
        self.strips = StripCells(self.looks)
        self.colours_erased = colours_erased
        self.new_grids()
        self.bytes = self.stock_bytes = 0

    def new_grids(self) -> None:
        self.lean = Grid(self.width, self.height, colours_erased=self.colours_erased)
        self.stock = Grid(self.width, self.height, colours_erased=self.colours_erased)

    def show(self, update: CompositorUpdate, cursor: tuple[int, int] | None = None) -> str:
        """Show an update on both, compare them, and return what the lean writer wrote."""
        if isinstance(update, LayoutUpdate):
            wanted = rows_of_layout(update, self.painter.shown, self.strips)
        else:
            assert isinstance(update, ChopsUpdate)
            wanted = rows_of_chops(update, self.painter.shown, self.strips)
        data = self.painter.paint(wanted, cursor).data
        self.lean.feed(data)
        stock = update.render_segments(CONSOLE)
        self.stock.feed(stock)
        self.bytes, self.stock_bytes = len(data.encode()), len(stock.encode())
        for y in rows_seen_apart(self.lean, self.stock):
            assert self.lean.seen()[y] == self.stock.seen()[y], f"row {y} differs after {data!r}"
        if cursor is not None:
            assert (self.lean.y, self.lean.x) == cursor
        return data

    def resize(self, width: int, height: int) -> None:
        """Give both terminals another size; what they show then is anybody's guess."""
        self.width, self.height = width, height
        self.painter.resize(height, width)
        self.new_grids()

    def layout(self, rows: Sequence[Strip]) -> LayoutUpdate:
        return LayoutUpdate([[row] for row in rows], Region(0, 0, self.width, self.height))


# ---- random screens ---------------------------------------------------------

COLOURS = ["default", "red", "#101010", "blue", "#102030", "#e0e0e0", "color(200)", "bright_blue"]
BACKS = ["default", "#101010", "#202830", "blue"]
ATTRIBUTES = [
    "",
    "",
    "",
    "",
    "bold",
    "dim",
    "italic",
    "underline",
    "strike",
    "reverse",
    "bold dim",
    "overline",
]
WORDS = [
    *(
        "the",
        "answer",
        "is",
        "a",
        "long",
        "line",
        "of",
        "words",
        " ",
        "  ",
        " " * 14,
        "—",
        "│",
        "▌",
        "• item",
    ),
    *("漢字", "かな", "한글", "ﾊﾝｶｸ", "naïve", "e\u0301te\u0301", "🚀", "✅ done"),
]
ODD = ["❤️", "👩\u200d👩\u200d👧", "🇩🇪", "👍🏽", "नमस्ते", "مرحبا"]


def random_style(draw: random.Random, *, links: bool = False) -> Style | None:
    if draw.random() < 0.1:
        return None
    link = " link https://a.invalid/x" if links and draw.random() < 0.1 else ""
    style = f"{draw.choice(ATTRIBUTES)} {draw.choice(COLOURS)} on {draw.choice(BACKS)}{link}"
    return STYLES.setdefault(style, Style.parse(style))


STYLES: dict[str, Style] = {}


def random_strip(draw: random.Random, width: int, words: Sequence[str]) -> Strip:
    """Return a line of some words in some styles, exactly so wide."""
    segments = []
    for _ in range(draw.randrange(6)):
        text = " ".join(draw.choice(words) for _ in range(draw.randrange(1, 5)))
        segments.append(Segment(text, random_style(draw, links=True)))
    strip = Strip(segments).adjust_cell_length(width, random_style(draw))
    return strip if "\u200d" in strip.text else whole(strip)


def whole(strip: Strip) -> Strip:
    """Return a line that was cut, unless that left parts of characters: then a blank one."""
    text = strip.text
    parted = "\u200d" in text or (text and not get_character_cell_size(text[0]))
    if parted or sum(split_graphemes(segment.text)[1] for segment in strip) != strip.cell_length:
        return Strip.blank(strip.cell_length)
    return strip


class Session:
    """A random user: streams, scrolls beside a sidebar, opens boxes, changes cells here and there."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.words = WORDS + (ODD if self.draw.random() < 0.4 else [])
        self.width, self.height = self.draw.choice([(40, 10), (60, 14), (23, 5), (100, 24), (3, 3)])
        self.side = self.draw.choice([0, 0, min(12, self.width - 1)])
        self.pair = Pair(
            self.width,
            self.height,
            colours_erased=self.draw.random() < 0.7,
            erases_columns=self.draw.random() < 0.7,
        )
        self.rows: list[list[Strip]] = []

    def parts(self) -> list[int]:
        """Return the widths of the columns of widgets."""
        return [self.side, self.width - self.side] if self.side else [self.width]

    def fresh(self) -> list[Strip]:
        return [random_strip(self.draw, width, self.words) for width in self.parts()]

    def whole(self) -> None:
        self.rows = [self.fresh() for _ in range(self.height)]
        self.repaint()

    def repaint(self) -> None:
        update = LayoutUpdate([list(row) for row in self.rows], Region(0, 0, self.width, self.height))
        self.pair.show(update, self.cursor())

    def cursor(self) -> tuple[int, int] | None:
        if self.draw.random() < 0.5:
            return None
        return self.draw.randrange(self.height), self.draw.randrange(self.width)

    def change(self, ys: Sequence[int], part: int) -> None:
        """Show one part of some rows as a partial update does."""
        starts = [0, self.side] if self.side else [0]
        ends = [*starts[1:], self.width]
        chops: list[dict[int, Strip | None]] = [dict.fromkeys(starts) for _ in range(self.height)]
        for y in ys:
            chops[y][starts[part]] = self.rows[y][part]
        spans = [(y, starts[part], ends[part]) for y in ys]
        self.pair.show(ChopsUpdate(chops, spans, [list(ends) for _ in range(self.height)]), self.cursor())

    def scroll(self) -> None:
        """Move the lines of one part, with new ones where they come in."""
        part = len(self.parts()) - 1
        top = self.draw.randrange(self.height - 1)
        stop = self.draw.randrange(top + 2, self.height + 1)
        lines = self.draw.randrange(1, stop - top)
        column = [row[part] for row in self.rows[top:stop]]
        new = [random_strip(self.draw, self.parts()[part], self.words) for _ in range(lines)]
        column = column[lines:] + new if self.draw.random() < 0.6 else new + column[:-lines]
        for y, strip in enumerate(column, top):
            self.rows[y][part] = strip
        if self.draw.random() < 0.3:
            y = self.draw.randrange(top, stop)
            self.rows[y][part] = random_strip(self.draw, self.parts()[part], self.words)
        self.change(range(top, stop), part)

    def rewrite(self) -> None:
        part = self.draw.randrange(len(self.parts()))
        ys = sorted(self.draw.sample(range(self.height), self.draw.randrange(1, min(4, self.height + 1))))
        for y in ys:
            if self.draw.random() < 0.5:
                self.rows[y][part] = random_strip(self.draw, self.parts()[part], self.words)
            else:
                self.rows[y][part] = self.retouched(self.rows[y][part])
        self.change(ys, part)

    def retouched(self, strip: Strip) -> Strip:
        """Return a line with some of its columns changed."""
        width = strip.cell_length
        start = self.draw.randrange(width)
        stop = min(width, start + self.draw.randrange(1, 6))
        middle = random_strip(self.draw, stop - start, self.words)
        return whole(Strip.join([strip.crop(0, start), middle, strip.crop(stop, width)]))

    def box(self) -> None:
        """Show a dialog over everything, and then what was below it."""
        left = self.draw.randrange(self.width)
        right = self.draw.randrange(left, self.width) + 1
        below = self.rows
        self.rows = [row.copy() for row in self.rows]
        for y in range(self.draw.randrange(self.height), self.height):
            line = Strip.join(below[y])
            inside = random_strip(self.draw, right - left, self.words)
            line = whole(Strip.join([line.crop(0, left), inside, line.crop(right, self.width)]))
            parts = line.divide([self.side, self.width] if self.side else [self.width])
            self.rows[y] = [whole(part) for part in parts]
        self.repaint()
        self.rows = below
        self.repaint()

    def resize(self) -> None:
        self.width, self.height = self.draw.choice([(40, 10), (61, 13), (20, 6)])
        self.side = min(self.side, self.width - 1)
        self.pair.resize(self.width, self.height)
        self.whole()

    def run(self, steps: int) -> None:
        self.whole()
        for _ in range(steps):
            act = self.draw.choices(
                [self.scroll, self.rewrite, self.box, self.whole, self.repaint, self.resize],
                [10, 10, 2, 1, 1, 1],
            )[0]
            act()
