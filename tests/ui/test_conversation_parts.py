"""Long turns in parts: what is drawn of them, and that the parts are the whole."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.core.chat import Params, ReasoningDelta, TextDelta, Turn, TurnList
from fmtui.ui.conversation import cuts
from fmtui.ui.conversation.cuts import Cutter
from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.live import LiveTurn
from fmtui.ui.conversation.markdown import BLANK, render, render_blocks, render_plain
from fmtui.ui.conversation.parts import Markup, parts_of
from fmtui.ui.conversation.places import START, Position, lines_before
from fmtui.ui.conversation.styles import Style
from fmtui.ui.conversation.view import View
from tests.bench.corpus import answer
from tests.ui.conversation_fakes import lines_of, shown

CREATED = datetime(2026, 11, 22, 20, 14, 57, tzinfo=UTC)
LONG = answer(60_000)

starts = st.sampled_from(
    [
        *("- a", "* b", "1. one", "2. two", "10. x", "  - n", "   ```", "```", "  ```", "````", "~~~"),
        *("    code", "text", "more text", "> q", "> - z", "", "", "", "", "| a | b |", "|---|---|"),
        *("# h", "---", "===", "***", "-", "1.", "  para", "   para", "\tx", "- \tq", "-     code", "+ p"),
        *("- ```", "  ```x", "1) a", "* * *", "  ~~~", "x ``` y", "> ```", "12", "_", "é", "````c"),
        *("```py", "x = '''a", "/* c", "a */ b", "| r | s |", "| r |", "|", "| a | b |\n|---|--:|"),
        *("| a | b |\n|---|--:|" + "\n| 1 | 2 x y |" * 17, "> | a | b |\n> |---|--:|" + "\n> | 1 |" * 17),
        *(
            "  | a | b |\n  |---|--:|" + "\n  | 1 | 2 x y |" * 17,
            "> - z\n>   - y",
            "  - n\n    more",
            "    - m",
        ),
        *(
            "> a\n- b",
            "a\n===",
            "a\n---",
            "- [ ] t\n  - [x] u",
            "      in",
            "\n    x",
            ">",
            "  > q",
            ">> r",
            "> 1. s",
        ),
    ]
)


def reply(text: str, *, reasoning: str = "") -> Turn:
    return Turn(
        "r",
        "assistant",
        text,
        created=CREATED,
        reasoning=reasoning,
        params=Params("e", "m"),
        outcome="complete",
    )


def prompt(text: str, turn_id: str = "p") -> Turn:
    return Turn(turn_id, "user", text, created=CREATED)


def view_of(*turns: Turn, width: int = 100, height: int = 40) -> View:
    view = View(parts_of, LiveTurn)
    view.resize(width, height)
    view.show(TurnList(turns))
    return view


def drawn(view: View) -> int:
    """Draw what is on the screen; return how many parts that took."""
    before = view.entries.rendered
    view.window()
    return view.entries.rendered - before


@settings(deadline=None, max_examples=30)
@given(st.lists(starts, max_size=16), st.integers(1, 40))
def test_pieces_of_markdown_start_where_blocks_do_and_are_the_whole(rows: list[str], width: int) -> None:
    text = "\n".join(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "SIZE", 1)
        patch.setattr(cuts, "CODE", 1)
        found = Markup(markdown=True).cuts(text)
    starts = {span.first for span in render_blocks(text, 80)[1]}
    assert {cut.at for cut in found if cut.kind in {"block", "item"}} <= starts
    pieces = Markup(markdown=True).pieces(text, found)
    assert [line for piece in pieces for line in piece.draw(width).lines] == render(text, width)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(starts, max_size=16),
    st.lists(st.integers(0, 200), max_size=9),
    st.integers(1, 40),
    st.integers(0, 9),
)
def test_an_answer_that_is_cut_while_it_comes_is_the_whole(
    rows: list[str], at: list[int], width: int, resized: int
) -> None:
    text = "\n".join(rows)
    view = live_view(width)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "SIZE", 1)
        patch.setattr(cuts, "CODE", 1)
        start = 0
        for number, stop in enumerate((*sorted(at), len(text))):
            view.add("r", TextDelta(text[start:stop]))
            view.flush()
            if number == resized:
                view.resize(width + 7, 30)
            start = max(start, stop)
        view.resize(width, 30)
        view.settle(reply(text))
    expected = view_of(reply(text), width=width)
    assert lines_of(view.entries, 0) == lines_of(expected.entries, 0)


@settings(deadline=None, max_examples=30)
@given(st.lists(starts, max_size=16), st.lists(st.integers(0, 16), max_size=6))
def test_a_growing_text_is_cut_where_it_is_cut_when_it_is_whole(rows: list[str], at: list[int]) -> None:
    lines = [row + "\n" for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "SIZE", 5)
        whole, growing = Cutter(), Cutter()
        whole.take("".join(lines))
        start = 0
        for stop in (*sorted(at), len(lines)):
            growing.take("".join(lines[start:stop]))
            start = max(start, stop)
    assert growing.cuts == whole.cuts


def test_an_empty_line_where_a_thought_is_cut_is_shown_as_soon_as_more_comes() -> None:
    live = LiveTurn(Turn("r", "assistant", "", created=CREATED), now=lambda: CREATED)
    live.add(ReasoningDelta("x " * (cuts.SIZE // 2 - 1)))
    live.flush(80)
    live.add(ReasoningDelta("\n\nmore"))
    live.flush(80)
    [(key, lines)] = live.whole()
    piece = dict(live.parts)[key]
    assert list(lines.lines) == list(piece.draw(80).lines)


def test_a_sign_that_ends_code_in_an_item_belongs_to_the_piece_that_it_starts() -> None:
    text = "- a\n- ```\n- b\n- c"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "SIZE", 1)
        view = live_view(40)
        for part in (text[:11], text[11:]):
            view.add("r", TextDelta(part))
            view.flush()
        view.settle(reply(text))
    assert lines_of(view.entries, 0) == lines_of(view_of(reply(text), width=40).entries, 0)


def test_blocks_without_empty_lines_between_them_are_drawn_in_parts() -> None:
    text = "# a heading\nsome words\n```py\nx = 1\n```\nmore words\n" * 200
    pieces = Markup(markdown=True).pieces(text, Markup(markdown=True).cuts(text))
    assert max(piece.weight for piece in pieces) < 2 * cuts.SIZE
    assert [line for piece in pieces for line in piece.draw(40).lines] == render(text, 40)


@pytest.mark.parametrize("width", [7, 100])
def test_the_parts_of_a_long_answer_are_the_whole(width: int) -> None:
    pieces = Markup(markdown=True).pieces(LONG, Markup(markdown=True).cuts(LONG))
    assert len(pieces) > 30
    assert [line for piece in pieces for line in piece.draw(width).lines] == render(LONG, width)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["", " ", "x", "some words", "\tindented", "世界"]), max_size=40),
    st.integers(1, 30),
)
def test_the_parts_of_a_plain_text_are_the_whole(rows: list[str], width: int) -> None:
    text = "\n".join(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "SIZE", 9)
        markup = Markup(markdown=False)
        pieces = markup.pieces(text, markup.cuts(text))
    inside = text.rstrip(" \t\n")
    inside = inside[inside.rfind("\n", 0, len(inside) - len(inside.lstrip(" \t\n"))) + 1 :]
    assert [line for piece in pieces for line in piece.draw(width).lines] == render_plain(inside, width)


WORDS = " ".join(f"word{n} and *more*" for n in range(2_300))
ITEMS = "".join(f"{n}. item {n} {WORDS[n * 50 : n * 50 + 80]}\n" for n in range(1, 501))


CODE = "```python\n" + 'x = """\n' + "".join(f"call({n}, 'text')  # {n}\n" for n in range(2_000)) + "```\n"
ROWS = "| a | b |\n|---|---|\n" + "".join(f"| {n} | {WORDS[n * 50 : n * 50 + 40]} |\n" for n in range(400))


@pytest.mark.parametrize(
    "turn",
    [
        reply(CODE),
        reply(ROWS),
        reply(answer(200_000)),
        prompt(answer(1_000_000, 2)),
        reply("hi", reasoning=answer(200_000)),
        reply(WORDS),
        reply(ITEMS),
    ],
    ids=["code", "table", "answer", "prompt", "reasoning", "paragraph", "list"],
)
@pytest.mark.parametrize("above", [0, 10_000])
def test_a_turn_of_any_length_is_shown_by_drawing_a_screen(turn: Turn, above: int) -> None:
    view = view_of(*(prompt("a prompt", f"t{n}") for n in range(above)), turn)
    assert drawn(view) <= 8
    view.resize(71, 40)
    assert drawn(view) <= 10, "another width"
    view.scroll_pages(-1)
    assert drawn(view) <= 6, "a page"
    view.scroll_turns(-1)
    assert drawn(view) <= 8, "a turn"
    view.resize(60, 40)
    assert drawn(view) <= 60 if above else 10
    view.scroll_to_start()
    assert drawn(view) <= 50
    view.scroll_to_part(0.99)
    assert drawn(view) <= 10
    view.follow()
    assert drawn(view) <= 8
    assert view.entries.fetched <= 90


def test_a_prompt_that_is_one_endless_line_is_drawn_in_parts() -> None:
    for text in ("word " * 200_000, "x" * 1_000_000, "世界" * 100_000):
        view = view_of(prompt(text), width=100)
        assert drawn(view) <= 4
        pieces = Markup(markdown=False).pieces(text, Markup(markdown=False).cuts(text))
        assert all(len(piece.source) <= 8_200 for piece in pieces)
        assert "".join(piece.source for piece in pieces) == text.rstrip()


def live_view(width: int = 80, height: int = 30) -> View:
    view = view_of(width=width, height=height)
    view.begin_reply(Turn("r", "assistant", "", created=CREATED, params=Params("e", "m")))
    return view


def stream(view: View, text: str, step: int = 300) -> None:
    for at in range(0, len(text), step):
        view.add("r", TextDelta(text[at : at + step]))
        view.flush()


def test_a_long_answer_that_comes_looks_as_it_does_when_opened() -> None:
    text = LONG[:40_000]
    view = live_view()
    view.add("r", ReasoningDelta("thoughts\n" * 900))
    stream(view, text)
    final = reply(text, reasoning="thoughts\n" * 900)
    before = shown(view.window())
    assert view.entries.rendered <= 3, "what has come is not drawn again"
    view.settle(final)
    assert view.following
    assert shown(view.window())[:20] == before[1:21]
    expected = view_of(final, width=80)
    assert lines_of(view.entries, 0) == lines_of(expected.entries, 0)


def test_another_width_draws_a_screen_of_an_answer_that_is_coming() -> None:
    view = live_view()
    stream(view, LONG)
    view.resize(61, 30)
    assert drawn(view) <= 4
    opens = view.entries._sections[0].parts[-1]
    assert len(opens.source) < 6_000, "only this is drawn from its text again"
    stream(view, "\n\nThe end of it.\n")
    assert shown(view.window())[-1] == "The end of it."


@pytest.mark.parametrize("step", [7, 300, 5_000])
def test_what_is_read_stays_while_an_answer_grows_and_is_cut(step: int) -> None:
    view = live_view()
    stream(view, LONG[:6_000])
    view.scroll_lines(-3)
    rows = shown(view.window())
    before = view.entries.heights.total
    stream(view, LONG[6_000:16_000], step)
    assert shown(view.window()) == rows
    assert view.lines_below >= view.entries.heights.total - before - 2
    everything = len(lines_of(view.entries, 0))
    assert view.lines_below <= everything
    view.settle(reply(LONG[:16_000]))
    assert shown(view.window()) == rows
    view.follow()
    assert view.lines_below == 0


def test_after_a_resize_it_is_said_that_the_number_of_new_lines_is_a_guess() -> None:
    view = live_view()
    stream(view, LONG[:6_000])
    view.scroll_lines(-3)
    view.window()
    stream(view, LONG[6_000:30_000])
    known = view.unseen
    view.resize(61, 30)
    view.window()
    guessed = view.unseen
    lines_of(view.entries, 0)
    drawn_all = view.unseen
    assert [unseen.about for unseen in (known, guessed, drawn_all)] == [False, True, False]
    assert 100 < known.lines / 2 < guessed.lines


@pytest.mark.parametrize("text", [WORDS, ITEMS, CODE, ROWS], ids=["paragraph", "list", "code", "table"])
def test_another_width_draws_a_screen_of_a_block_without_end(text: str) -> None:
    view = live_view()
    stream(view, text)
    view.resize(61, 30)
    assert drawn(view) <= 5
    assert len(view.entries._sections[0].parts[-1].source) < 9_000
    before = shown(view.window())
    view.settle(reply(text))
    view.scroll_lines(-1)
    assert shown(view.window())[1:] == before[1:]
    other = view_of(reply(text), width=61)
    assert lines_of(view.entries, 0) == lines_of(other.entries, 0)


@pytest.mark.parametrize("text", [WORDS, prompt("word " * 10_000).text], ids=["markdown", "plain"])
def test_a_line_without_end_is_broken_where_it_says_so(text: str) -> None:
    markdown = text is WORDS
    markup = Markup(markdown=markdown)
    pieces = markup.pieces(text, markup.cuts(text))
    assert len(pieces) > 5
    for piece in pieces[:-1]:
        assert piece.draw(80).lines[-1][-1] == ("", Style.WRAPPED)
    said = " ".join(shown([line for piece in pieces for line in piece.draw(80).lines]))
    assert said.split() == text.replace("*", "").split()


def test_code_jumped_into_gets_its_colours_soon_without_moving_anything() -> None:
    view = view_of(reply(CODE))
    before = view.window()
    assert Style.STRING not in {style for line in before if line for _, style in line[1:] if "call" in _}
    work = 0
    while view.refine():
        work += 1
        assert shown(view.window()) == shown(before)
    assert work < 150
    assert {line[1] for line in view.window() if line and len(line) > 1} >= {
        ("call(1999, 'text')  # 1999", Style.STRING)
    }
    assert lines_of(view.entries, 0)[2:-1] == render(CODE, 100)


def test_thoughts_that_come_after_the_text_do_not_move_what_is_read() -> None:
    view = live_view()
    stream(view, LONG[:9_000])
    view.scroll_lines(-20)
    rows = shown(view.window())
    for _ in range(30):
        view.add("r", ReasoningDelta("and another thought\n"))
        view.flush()
    assert shown(view.window()) == rows


@pytest.mark.parametrize("seed", range(4))
def test_the_line_at_the_top_stays_in_a_long_answer_at_every_width(seed: int) -> None:
    rng = random.Random(seed)
    view = view_of(reply(LONG))
    for _ in range(6):
        view.scroll_to_part(rng.random() * 0.98)
        for _ in range(rng.randrange(3)):
            view.scroll_lines(rng.randint(-20, 20))
        before = view.window()
        view.resize(rng.randint(20, 99), 40)
        view.window()
        view.resize(100, 40)
        assert view.window() == before


def test_the_line_at_the_top_is_one_that_there_is_at_every_width() -> None:
    table = reply("| aa | b | c | d |\n|---|---|---|---|\n" + "| 1 | 2 | 3 | |\n" * 8)
    for line in range(40):
        view = view_of(table, table, table, width=6, height=2)
        view.scroll_to_start()
        view.scroll_lines(line)
        view.resize(60, 2)
        assert view.top.line < view.entries.height(view.top.turn, view.top.part)


def test_correcting_guesses_above_and_below_moves_nothing() -> None:
    view = view_of(reply(LONG), prompt("x"), reply(LONG))
    view.scroll_to_part(0.4)
    before = view.window()
    count = sum(len(lines_of(view.entries, turn)) for turn in range(3))
    assert view.window() == before
    assert view.entries.heights.total == count


BLOCKS = """# Title

A paragraph
of two lines.

- one
- two

  more of two
3. three

```python
x = 1

y = 2
```

> quoted

| a | b |
|---|---|
| 1 | 2 |
"""
SOURCES = [
    "# Title", "A paragraph\nof two lines.", "- one", "- two\n\n  more of two", "3. three",
    "```python\nx = 1\n\ny = 2\n```", "> quoted", "| a | b |\n|---|---|\n| 1 | 2 |",
]  # fmt: skip


def sources(view: View, start: Position, count: int, step: int) -> list[str]:
    """Return what the next blocks were made from."""
    out = []
    for _ in range(count):
        start = view.blocks_from(start, step)
        block = view.block(start)
        assert block is not None
        assert block.start == start
        out.append(block.source)
    return out


def test_blocks_are_taken_one_by_one_with_their_source() -> None:
    view = view_of(prompt("asked\n\ntwice"), reply(BLOCKS), height=200)
    assert sources(view, START, 10, 1) == ["asked", "twice", *SOURCES]
    end = view.blocks_from(START, 10)
    assert sources(view, end, 9, -1) == [*reversed(SOURCES[:-1]), "twice", "asked"]
    first = view.block(START)
    assert first is not None
    assert view.blocks_from(first.start, -1) == first.start, "there is none before"


def test_the_lines_of_a_block_are_those_it_is_drawn_in() -> None:
    view = view_of(reply(BLOCKS), height=200)
    rows = shown(view.window())
    block = view.block(view.blocks_from(START, 6))
    assert block is not None
    first, last = (lines_before(view.entries, at) for at in (block.start, block.stop))
    assert rows[first:last] == ["│ python", "│ x = 1", "│", "│ y = 2"]


def test_blocks_of_a_streamed_answer_are_those_of_the_finished_one() -> None:
    text = LONG[:20_000]
    view = live_view()
    stream(view, text)
    view.settle(reply(text))
    other = view_of(reply(text), width=80)
    assert sources(view, START, 60, 1) == sources(other, START, 60, 1)


def test_a_style_of_reasoning_is_that_of_every_piece() -> None:
    text = "thought\n" * 3_000
    lines: list[Line] = [
        line for key, part in parts_of(reply("", reasoning=text))[0] for line in part.draw(40).lines if key
    ]
    assert {style for line in lines[1:-1] for _, style in line} == {Style.REASONING}
    assert lines.count(BLANK) == 0
