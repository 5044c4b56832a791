"""The lean writer shows what the stock writer shows, with fewer bytes: no Textual app, no terminal."""

from __future__ import annotations

import os
import random
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import get_character_cell_size, split_graphemes
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip
from wcwidth import wcwidth

from fmtui.ui.terminal import cells
from fmtui.ui.terminal.looks import Looks
from fmtui.ui.terminal.painter import Painter
from fmtui.ui.terminal.strokes import Abilities
from fmtui.ui.terminal.updates import StripCells, rows_of_layout
from tests.ui.grid import Grid
from tests.ui.writers import ODD, WORDS, Pair, Session

MANY = int(os.environ.get("FMTUI_EXAMPLES", "12"))
"""Random sessions to try."""


@settings(max_examples=MANY, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_random_session_looks_the_same_through_both_writers(seed: int) -> None:
    Session(seed).run(12)


# ---- what it costs ----------------------------------------------------------

INK = Style.parse("#e0e0e0 on #101010")
SIDE = Style.parse("#a0a0a0 on #202830")
WIDTH, HEIGHT = 120, 40


def line(text: str, width: int = WIDTH, style: Style = INK) -> Strip:
    return Strip([Segment(text, style)]).adjust_cell_length(width, style)


def screen_of(texts: Sequence[str], side: Sequence[str] = ()) -> LayoutUpdate:
    """Return a whole screen with these lines, beside a sidebar if there is one."""
    rows = [
        [line(side[y], 30, SIDE), line(text, WIDTH - 30)] if side else [line(text)]
        for y, text in enumerate(texts)
    ]
    return LayoutUpdate([list(row) for row in rows], Region(0, 0, WIDTH, HEIGHT))


def texts(count: int, start: int = 0) -> list[str]:
    """Return lines like those of an answer, each another one."""
    draw = random.Random(7)
    lines = [" ".join(draw.choice(WORDS[:7]) + str(n) for n in range(12)) for _ in range(start + count)]
    return lines[start:]


def test_what_is_shown_already_costs_nothing() -> None:
    pair = Pair(WIDTH, HEIGHT)
    pair.show(screen_of(texts(HEIGHT)), (37, 5))
    assert pair.show(screen_of(texts(HEIGHT)), (37, 5)) == ""
    assert pair.show(screen_of(texts(HEIGHT)), (37, 6)) == "\x1b[C"


def test_a_token_at_the_end_of_a_line_costs_its_letters_and_two_movements() -> None:
    pair = Pair(WIDTH, HEIGHT)
    before = texts(HEIGHT)
    before[30] = "An answer grows"
    pair.show(screen_of(before), (37, 5))
    before[30] += " by a"
    pair.show(screen_of(before), (37, 5))
    assert pair.bytes <= len(" by a") + 16
    assert pair.stock_bytes > 100 * pair.bytes


def test_a_letter_typed_before_a_block_cursor_costs_a_dozen_bytes() -> None:
    pair = Pair(WIDTH, HEIGHT)
    rows = [line(text) for text in texts(HEIGHT)]

    def type_to(count: int, *, behind: str = " ") -> int:
        block = Segment(behind, Style.parse("#101010 on #e0e0e0"))
        typed = [Segment("what is typed here"[:count], INK), block]
        rows[30] = Strip(typed).adjust_cell_length(WIDTH, INK)
        pair.show(pair.layout(rows), (30, count))
        return pair.bytes

    type_to(5)
    assert [type_to(count) <= 13 for count in range(6, 12)] == [True] * 6
    type_to(11, behind="x")
    rows[31] = line("and a line that becomes shorter")
    pair.show(pair.layout(rows))
    rows[31] = line("and")
    assert "\x1b[K" in pair.show(pair.layout(rows))
    pair.lean.feed(pair.painter.reset())
    assert pair.lean._look() == (frozenset(), "", "", "")


@pytest.mark.parametrize("lines", [1, 3, -1, -4])
def test_lines_that_move_are_scrolled(lines: int) -> None:
    pair = Pair(WIDTH, HEIGHT)
    long = texts(HEIGHT + 10)
    status = ["", "prompt", "status"]
    first = 5
    pair.show(screen_of([*long[first : first + 37], *status]), (38, 5))
    data = pair.show(screen_of([*long[first + lines : first + lines + 37], *status]), (38, 5))
    assert pair.painter.scrolls == 1
    assert "\x1b[1;37r" in data
    assert "\x1b[r" in data
    assert pair.bytes < 60 + abs(lines) * 130


def test_beside_a_sidebar_a_scroll_with_repairs_is_shorter_than_writing_all_lines() -> None:
    pair = Pair(WIDTH, HEIGHT)
    side = [f"setting {y}  value {y * y}" if y < 10 else "" for y in range(HEIGHT)]
    long = texts(HEIGHT + 1)
    pair.show(screen_of(long[:HEIGHT], side))
    pair.show(screen_of(long[1:], side))
    assert pair.painter.scrolls == 1
    assert pair.bytes < 700


def test_lines_that_move_beside_a_cursor_that_leaves_them_are_scrolled() -> None:
    pair = Pair(WIDTH, HEIGHT)
    long = texts(HEIGHT)

    def marked(first: int, marks: range) -> LayoutUpdate:
        lines = [
            f"{'▌' if first + y in marks else ' '}{text:<{WIDTH - 2}}{'▐' if y == first else ' '}"
            for y, text in enumerate(long[first : first + HEIGHT - 2])
        ]
        return screen_of([*lines, "", ""])

    pair.show(marked(1, range(5, 30)))
    pair.show(marked(0, range(1, 4)))
    assert pair.painter.scrolls == 1
    assert pair.bytes < 500


def test_a_scroll_leaves_out_rows_that_would_have_to_be_written_anew_for_it() -> None:
    pair = Pair(WIDTH, HEIGHT)
    long = texts(60)
    prompt = ["▌", "▌ Ask anything", "▌", " m1 · max_tokens 2048"]
    pair.show(screen_of([*(f" {text}" for text in long[: HEIGHT - 4]), *prompt]), (HEIGHT - 3, 2))
    blank = [""] * 6
    moved = [*(f" {text}" for text in long[6 : HEIGHT - 4]), *blank, *prompt]
    data = pair.show(screen_of(moved), (HEIGHT - 3, 2))
    assert f"\x1b[1;{HEIGHT - 4}r" in data
    assert "Ask" not in data


def test_a_scroll_is_not_made_where_writing_is_shorter() -> None:
    pair = Pair(WIDTH, HEIGHT)
    side = [f"{y} " * 8 for y in range(HEIGHT)]
    lines = [chr(65 + y % 26) for y in range(HEIGHT + 1)]
    pair.show(screen_of(lines[:HEIGHT], side))
    pair.show(screen_of(lines[1:], side))
    assert pair.painter.scrolls == 0


def test_a_line_that_gets_shorter_is_erased_and_not_filled_with_blanks() -> None:
    pair = Pair(WIDTH, HEIGHT)
    before = texts(HEIGHT)
    pair.show(screen_of(before))
    before[3] = "short"
    data = pair.show(screen_of(before))
    assert data.endswith("\x1b[K")
    assert pair.bytes < 20


def test_a_terminal_that_erases_without_colours_gets_blanks() -> None:
    pair = Pair(WIDTH, HEIGHT, colours_erased=False, erases_columns=False)
    before = texts(HEIGHT)
    pair.show(screen_of(before))
    before[3] = "short"
    data = pair.show(screen_of(before))
    assert " " * 50 in data
    assert "\x1b[K" not in data


def test_colours_may_be_written_with_fewer_bytes() -> None:
    true, few = Looks(ColorSystem.TRUECOLOR), Looks(ColorSystem.EIGHT_BIT)
    assert true.change(None, true.of(INK)) == "\x1b[0;38;2;224;224;224;48;2;16;16;16m"
    assert few.change(None, few.of(INK)) == "\x1b[0;38;5;253;48;5;233m"


# ---- characters of unsure width ---------------------------------------------


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("odd", ODD)
def test_a_character_of_another_width_spoils_nothing_behind_it(odd: str, width: int) -> None:
    """The terminal takes it for narrower or wider than the app does, and yet all other columns are right."""
    looks = Looks()
    painter = Painter(looks, Abilities(), height=3, width=30)
    strips = StripCells(looks)
    most = (
        width if len(cells._clusters(odd)) == len(split_graphemes(odd)[0]) else min(width, 2)
    )  # of a flag's letter
    grid = Grid(30, 3, width_of=lambda cluster, usual: usual if cluster.isascii() or not usual else most)
    for text in (f"old text everywhere {odd} old", f"ab{odd}     cd", f"ab{odd}     cde", "plain again"):
        update = LayoutUpdate([[line(text, 30)]], Region(0, 1, 30, 1))
        grid.feed(painter.paint(rows_of_layout(update, painter.shown, strips), (0, 0)).data)
        expected = [cell for cell in strips.of(line(text, 30)) if cell is not None]
        for x, (shown, look) in enumerate(expected):
            near = any(cell[1].unsure for cell in expected[max(0, x - 3) : x + 1])
            assert near or grid.cells[1][x][0] == shown, (text, x)
            assert look.unsure or near or grid.cells[1][x][3] == look.back


def test_both_letters_of_a_flag_are_written_in_one_piece() -> None:
    """Some terminals give each of them two columns: the second would cover half of the first."""
    looks = Looks()
    painter, strips = Painter(looks, Abilities(), height=1, width=30), StripCells(looks)
    update = LayoutUpdate([[line("a🇨🇭🇩🇪 b🇨", 30)]], Region(0, 0, 30, 1))
    data = painter.paint(rows_of_layout(update, painter.shown, strips), None).data
    assert "🇨🇭" in data
    assert "🇩🇪" in data
    row = strips.of(line("a🇨🇭🇩🇪 b🇨", 30))
    assert [cell[0] for cell in row[:8] if cell] == ["a", "🇨🇭", "", "🇩🇪", "", " ", "b", "🇨"]


def test_every_character_called_sure_has_one_width_for_all_who_measure() -> None:
    for number in range(0x20, 0x30000):
        character = chr(number)
        if cells.all_sure().fullmatch(character):
            narrow = cells.all_narrow().fullmatch(character) is not None
            assert get_character_cell_size(character) == wcwidth(character) == (1 if narrow else 2), hex(
                number
            )
            assert unicodedata.category(character) not in {"Mn", "Me", "Mc", "Cf", "Cc"}, hex(number)


# ---- leaving and coming back ------------------------------------------------


def test_giving_the_terminal_back_leaves_no_colour_and_no_link_behind() -> None:
    pair = Pair(20, 3)
    linked = Style.parse("bold red on blue link https://a.invalid")
    pair.show(LayoutUpdate([[line("x", 20, linked)]], Region(0, 0, 20, 1)))
    pair.lean.feed(pair.painter.reset())
    assert pair.lean._look() == (frozenset(), "", "", "")
    assert pair.painter.reset() == ""


def test_after_something_else_wrote_everything_is_written_again() -> None:
    pair = Pair(WIDTH, HEIGHT)
    pair.show(screen_of(texts(HEIGHT)))
    pair.lean.feed(pair.painter.reset() + "\x1b[H" + "anything else " * 8)
    pair.show(screen_of(texts(HEIGHT)))
    pair.show(screen_of(texts(HEIGHT, 1)))
