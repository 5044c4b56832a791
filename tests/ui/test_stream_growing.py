"""However long any block gets, a frame of it costs the same, and ends as a part of the whole."""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fmtui.ui.conversation import code, growing, inline, parsing, stream, table
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.markdown import BLANK, render, render_blocks, render_plain, unified
from fmtui.ui.conversation.stream import StreamDoc
from tests.ui.growing_texts import TEXTS, Growing, block_starts
from tests.ui.streaming import columns, streamed, text_of

_FRAME = 300
_ALL = pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)

_SIGNS = st.sampled_from(["> ", ">", "- ", "* ", "1. ", "7) ", "  ", "   ", "    ", "\t", " "])
_SAID = st.sampled_from(
    [
        *(
            "",
            "",
            "words that **go** on",
            "word",
            "[a](b)",
            "`code` and 世界 and 👩\u200d💻",
            "_a_b*c",
            "a\\",
        ),
        *("```py", "```", "~~~", "x = 1  # c", "\tindented", "# head #", "###", "---", "===", "- [x] done"),
        *("| a | b |", "|---|--:|", "| 1 | two words | three |", "a|b", "|", "| \\| | `x\\|y`", "----|----"),
        *("a longer line of words with `code in it` and | bars", "x" * 40, "世界" * 12, " " * 34 + "x"),
    ]
)
_LINES = st.builds(
    lambda signs, said, end: "".join(signs) + said + end,
    st.lists(_SIGNS, max_size=4),
    _SAID,
    st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"]),
)
NESTED = st.lists(_LINES, max_size=14).map("".join)
_CUTS = st.one_of(st.none(), st.lists(st.floats(0, 1, exclude_max=True), max_size=8))
_WIDTHS = st.sampled_from([1, 3, 8, 20, 60])


@contextmanager
def _everything_is_long() -> Iterator[None]:
    """Let what is done for long texts be done for short ones."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((parsing, "LONG"), (stream, "LONG"), (growing, "LONG"), (code, "LONGEST_LINE")):
            patch.setattr(module, name, 24)
        for name, value in (("PIECE", 8), ("LONGEST", 20), ("UNBROKEN", 30), ("_SIGNS", 5)):
            patch.setattr(inline, name, value)
        patch.setattr(table, "SAMPLE", 2)
        patch.setattr(table, "SAMPLE_TEXT", 40)
        yield


def _cuts(text: str, cuts: list[float] | None) -> list[int]:
    return list(range(len(text))) if cuts is None else [int(cut * len(text)) for cut in cuts]


def _assert_as_whole(text: str, width: int, cuts: list[int]) -> None:
    lines = streamed(text, width, cuts).lines
    assert lines == render(text, width, links=Links())
    assert all(columns(line) <= width for line in lines)


@settings(max_examples=30, deadline=None)
@given(NESTED, _WIDTHS, _CUTS)
def test_nested_blocks_cut_anywhere_end_as_the_whole(text: str, width: int, cuts: list[float] | None) -> None:
    _assert_as_whole(text, width, _cuts(text, cuts))


@settings(max_examples=30, deadline=None)
@example("===\n    >" + " " * 35 + "x\n", 60, None)
@given(NESTED, _WIDTHS, _CUTS)
def test_nested_blocks_that_are_long_end_as_the_whole(
    text: str, width: int, cuts: list[float] | None
) -> None:
    with _everything_is_long():
        _assert_as_whole(text, width, _cuts(text, cuts))


@settings(max_examples=30, deadline=None)
@given(NESTED, _WIDTHS, st.integers(1, 9), st.sampled_from([_everything_is_long, nullcontext]))
def test_nested_blocks_may_be_parted_at_every_clean_place(
    source: str, width: int, size: int, lengths: Callable[[], AbstractContextManager[None]]
) -> None:
    text = unified(source)
    with lengths():
        whole, spans = render_blocks(text, width)
        rest_after = cache(lambda characters: render(text[characters:], width))
        doc = StreamDoc(width)
        for start in range(0, len(text), size):
            doc.feed(text[start : start + size])
            doc.flush()
            characters, lines = doc.clean
            rest = rest_after(characters)
            gap = [BLANK] if rest and lines else []
            assert [*doc.lines[:lines], *gap, *rest] == whole
        starts = block_starts(text)
        assert set(starts) <= {span.first for span in spans}
        for span in spans:
            assert span.stop > span.start
            if span.first in starts:
                assert render(text[: span.first], width) == whole[: max(0, span.start - 1)]


@_ALL
def test_a_frame_of_a_long_text_costs_as_much_at_its_end_as_at_its_beginning(text: Growing) -> None:
    source = text.make(9_000)
    doc = StreamDoc(100, plain=text.plain)
    costs: list[int] = []
    for start in range(0, len(source), _FRAME):
        before = doc.parsed_characters + doc.drawn_characters + 100 * doc.lexed_lines
        doc.feed(source[start : start + _FRAME])
        doc.flush()
        costs.append(doc.parsed_characters + doc.drawn_characters + 100 * doc.lexed_lines - before)
        # What is drawn anew with each frame is less than a few screens.
        assert len(doc.lines) - doc.settled < 200
    # The most is a sentence of 3,000 characters without a space, which is read and laid out.
    assert max(costs) < 8_000
    third = len(costs) // 3
    assert sum(costs[-third:]) < 1.2 * sum(costs[:third]) + 100 * third


@_ALL
def test_a_long_text_cut_at_random_ends_as_the_whole(text: Growing) -> None:
    source = text.make(4_000)
    rng = random.Random(text.name)
    cuts = [rng.randrange(len(source)) for _ in range(48)]
    lines = streamed(source, 60, cuts, plain=text.plain).lines
    assert lines == (render_plain(source, 60) if text.plain else render(source, 60, links=Links()))


def test_the_empty_lines_of_a_paragraph_are_laid_out_once() -> None:
    source = "\\\n" * 6_000
    doc = StreamDoc(60)
    for start in range(0, len(source), _FRAME):
        doc.feed(source[start : start + _FRAME])
        doc.flush()
    assert doc.drawn_characters < 2 * len(source)


def _changes(text: str, width: int = 60) -> list[int]:
    """Return how many lines that were shown each character of a text changed or took away."""
    doc = StreamDoc(width)
    counts: list[int] = []
    before: list[str] = []
    for char in text:
        doc.feed(char)
        doc.flush()
        lines = text_of(doc.lines)
        kept = next((n for n, (a, b) in enumerate(zip(before, lines, strict=False)) if a != b), None)
        counts.append(len(before) - (min(len(before), len(lines)) if kept is None else kept))
        before = lines
    return counts


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("# Title\n\nSome words of a paragraph that is long enough to need more than a line.\n\nMore.\n", 1),
        ("Steps:\n\n1. one\n2. two\n   - a\n   - b\n\n     more of b\n3. three\n", 1),
        ("- [ ] open\n- [x] done\n  - [x] inside\n", 1),
        ("> quoted\n> - item\n>   more\n>\n> end\n\nafter\n", 1),
        ("1. Run:\n\n   ```sh\n   ls -l\n   # note\n\n   cd x\n   ```\n\n2. Done.\n", 1),
        ("Words\n\n```python\ndef f(x):\n    return x\n\n\nf(1)\n```\n\nMore\n", 1),
        ("```\nnever closed\nat all", 1),
        ("Words:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n", 1),
        ("- x\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n", 1),
        ("---\n\n***\n\n    code\n    more\n\nwords\n", 1),
        ("Title\n=====\n\nOther\n-----\n\nwords\n", 1),
    ],
)
def test_what_is_shown_of_a_text_changes_in_one_line_at_a_time(text: str, most: int) -> None:
    # A character changes the line that it is added to; none that stands above.
    assert max(_changes(text)) <= most


def test_a_half_written_table_moves_its_columns_only_as_far_as_its_rows_ask_for() -> None:
    counts = _changes("| a | b |\n|---|---|\n| 1 | 2 |\n| long words | 4 |\n| 5 | 6 |\n")
    assert max(counts) <= 4
    assert sum(count > 1 for count in counts) <= len("long words") + 2


def test_an_open_fence_in_an_item_is_code_from_its_first_line() -> None:
    doc = StreamDoc(40)
    doc.feed("1. Run:\n   ```sh\n   ls")
    doc.flush()
    assert text_of(doc.lines) == ["1. Run:", "   │ sh", "   │ ls"]


def test_a_paragraph_that_is_long_is_no_heading_but_stands_above_a_rule() -> None:
    words = "word " * 300
    assert text_of(render(words + "\n---\n\nafter", 40))[-4:] == ["", "─" * 40, "", "after"]
    assert text_of(render("word\n---\n\nafter", 40)) == ["## word", "", "after"]


def test_a_row_that_is_too_long_to_stand_beside_others_is_shown_cell_by_cell() -> None:
    row = "| x | " + "word " * 300 + "\\| end | more |\n"
    lines = text_of(render("| a | b |\n|---|---|\n| 1 | 2 |\n" + row + "| 3 | 4 |\n", 40))
    assert lines[:5] == ["a │ b", "──┼──", "1 │ 2", "a: x", "b: word word word word word word word"]
    assert lines[-1] == "3 │ 4"
    assert "| end | more" in " ".join(" ".join(lines).split())


def test_blocks_of_a_text_are_found_with_their_lines_and_their_source() -> None:
    source = "# T\n\n- a\n- b\n  - c\n\nwords\n| x | y |\n|---|---|\n| 1 | 2 |\n> q\n"
    lines, spans = render_blocks(source, 40)
    shown = text_of(lines)
    assert [(shown[span.start : span.stop], source[span.first : span.last]) for span in spans] == [
        (["# T"], "# T\n\n"),
        (["• a"], "- a\n"),
        (["• b", "  ◦ c"], "- b\n  - c\n\n"),
        (["words"], "words\n"),
        (["x │ y", "──┼──", "1 │ 2"], "| x | y |\n|---|---|\n| 1 | 2 |\n"),
        (["▌ q"], "> q\n"),
    ]
