"""A streamed text must end as the lines of the whole, however it was cut."""

import json
import random
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmtui.ui.conversation.lines import Line
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.markdown import BLANK, render, render_plain, unified
from fmtui.ui.conversation.stream import StreamDoc
from tests.ui.answers import SHAPES, Shape, answer, tokens
from tests.ui.growing_texts import block_starts
from tests.ui.streaming import columns, streamed, text_of

EXAMPLES: list[str] = json.loads(
    (Path(__file__).parent / "data" / "commonmark-examples.json").read_text(encoding="utf-8")
)["examples"]

# Whatever begins, ends, continues or changes a block or a mark, in small parts.
FRAGMENTS = (
    *("- ", "* ", "+", "1. ", "2) ", "10. ", "- [ ] ", "- [x] ", "> ", ">", "# ", "###### x\n"),
    *("```", "~~~", "```py\n", "x = 1 # c\n", "/*", "*/", "    code\n", "\tcode\n", "    ", "  ", " ", "\t"),
    *(
        "a|b\n",
        "---|---\n",
        "|:-:|--:|\n",
        "| c |\n",
        "|",
        "\\|",
        "---",
        "***\n",
        "===",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
    ),
    *(
        "foo ",
        "bar",
        "word word word ",
        "`x`",
        "``",
        "**",
        "*",
        "_",
        "~~",
        "[a](b)",
        "[r]: /u 'x'\n",
        "[r]",
        "](",
    ),
    *(
        "![i](j)",
        "<http://x.y>",
        "http://z.z/q",
        "<div>\n",
        "\\",
        "&#27;",
        "&amp;",
        "世界",
        "。",
        "👩\u200d💻",
    ),
    *("e\u0301", "\u2764\ufe0f", "\u200b", "\u200d", "\u2028", "\xa0", "\x1b[2J", "\x9b", "\u202e", "\ud83d"),
)
WIDTHS = st.sampled_from([1, 2, 5, 9, 20, 80])
TEXTS = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)
CUTS = st.one_of(st.just(None), st.lists(st.floats(0, 1, exclude_max=True), max_size=8))


def _places(text: str, cuts: list[float] | None) -> list[int]:
    return list(range(len(text))) if cuts is None else [int(cut * len(text)) for cut in cuts]


def _assert_as_whole(text: str, width: int, cuts: list[int]) -> None:
    lines = streamed(text, width, cuts).lines
    assert lines == render(text, width, links=Links())
    assert all(columns(line) <= width for line in lines)


@settings(max_examples=50, deadline=None)
@given(TEXTS, WIDTHS, CUTS)
def test_any_text_cut_anywhere_ends_as_the_whole_and_fits(
    text: str, width: int, cuts: list[float] | None
) -> None:
    _assert_as_whole(text, width, _places(text, cuts))


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=200), WIDTHS, CUTS)
def test_text_of_any_characters_ends_as_the_whole_and_fits(
    text: str, width: int, cuts: list[float] | None
) -> None:
    _assert_as_whole(text, width, _places(text, cuts))


@settings(max_examples=30, deadline=None)
@given(TEXTS, WIDTHS, CUTS)
def test_plain_text_cut_anywhere_ends_as_the_whole_and_fits(
    text: str, width: int, cuts: list[float] | None
) -> None:
    lines = streamed(text, width, _places(text, cuts), plain=True).lines
    assert lines == render_plain(text, width)
    assert all(columns(line) <= width for line in lines)


def _assert_parts_at_clean_places(text: str, width: int, size: int) -> None:
    """Part the text where the document says that it may be, at every step, and compare the lines."""
    text = unified(text)
    whole = render(text, width)
    # Most steps part it where the last did.
    rest_after = cache(lambda characters: render(text[characters:], width))
    doc = StreamDoc(width)
    for start in range(0, len(text), size):
        doc.feed(text[start : start + size])
        doc.flush()
        characters, lines = doc.clean
        if lines:
            rest = rest_after(characters)
            assert [*doc.lines[:lines], *([BLANK] if rest else []), *rest] == whole


def _assert_parts_at_block_starts(text: str, width: int) -> None:
    text = unified(text)
    places = [*block_starts(text), len(text)]
    assert not text[: places[0]].strip(" \n\t")
    lines: list[Line] = []
    for start, stop in pairwise(places):
        lines += [*([BLANK] if lines else []), *render(text[start:stop], width)]
    assert lines == render(text, width)


@settings(max_examples=30, deadline=None)
@given(TEXTS, WIDTHS, st.integers(1, 9))
def test_a_text_may_be_parted_at_its_clean_places(text: str, width: int, size: int) -> None:
    _assert_parts_at_clean_places(text, width, size)


@settings(max_examples=30, deadline=None)
@given(TEXTS, WIDTHS)
def test_a_text_may_be_parted_where_its_blocks_start(text: str, width: int) -> None:
    _assert_parts_at_block_starts(text, width)


def test_long_answers_and_commonmark_examples_may_be_parted() -> None:
    for text in [*EXAMPLES, answer("mixed", 6_000), "\n".join(EXAMPLES[:60])]:
        _assert_parts_at_block_starts(text, 60)
    for text in [*EXAMPLES, answer("mixed", 3_000)]:
        _assert_parts_at_clean_places(text, 60, 1 if len(text) < 100 else 97)


def test_a_long_answer_has_clean_places_to_its_end() -> None:
    text = answer("mixed", 20_000)
    doc = _finished(text, 80, 130)
    assert len(text) - doc.clean[0] < 2_000
    assert doc.clean[1] > 0.9 * len(doc.lines)


def test_every_commonmark_example_ends_as_the_whole_cut_everywhere() -> None:
    for text in EXAMPLES:
        _assert_as_whole(text, 30, list(range(len(text))))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(EXAMPLES), min_size=2, max_size=5), st.sampled_from(["", "\n", "\n\n"]), CUTS)
def test_commonmark_examples_after_each_other_end_as_the_whole(
    texts: list[str], between: str, cuts: list[float] | None
) -> None:
    text = between.join(texts)
    _assert_as_whole(text, 40, _places(text, cuts))


@pytest.mark.parametrize("seed", range(4))
def test_a_long_answer_cut_at_random_ends_as_the_whole(seed: int) -> None:
    text = answer("mixed", 8_000, seed)
    rng = random.Random(seed)
    _assert_as_whole(text, rng.choice([24, 60, 100]), [rng.randrange(len(text)) for _ in range(40)])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(2))
def test_a_block_without_end_cut_at_random_ends_as_the_whole(shape: Shape, seed: int) -> None:
    text = answer(shape, 5_000, seed)
    rng = random.Random(seed)
    _assert_as_whole(text, 72, [rng.randrange(len(text)) for _ in range(50)])


@pytest.mark.parametrize(
    "end",
    [
        "\n===\n",
        "\n---\n",
        "\n- x\n- y\n",
        "\n2. still text\n",
        "\na | b\n---|---\n1 | 2\n",
        "\n| no\n| table\n",
        "\n# heading\n",
        "\n```\ncode\n```\nafter",
        "\n    lazy\n",
        "  \nbroken",
        "\n> quote\nlazy",
        "\n\nnext",
        "\n**bold** start\n",
    ],
)
def test_what_follows_a_long_paragraph_ends_as_the_whole(end: str) -> None:
    text = answer("paragraph", 3_000).strip() + end
    _assert_as_whole(text, 50, list(range(0, 3_000, 41)) + list(range(len(text) - 40, len(text))))


def _finished(text: str, width: int, size: int) -> StreamDoc:
    doc = StreamDoc(width)
    for start in range(0, len(text), size):
        doc.feed(text[start : start + size])
        doc.flush()
    doc.finish()
    return doc


@pytest.mark.parametrize("shape", SHAPES)
def test_streaming_reads_a_long_text_a_few_times_only(shape: Shape) -> None:
    # 130 characters a frame: 1,000 tokens a second at 30 frames.
    text = answer(shape, 20_000)
    doc = _finished(text, 116, 130)
    assert doc.parsed_characters < 8 * len(text)
    assert doc.lexed_lines <= 4 * text.count("\n")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_for_a_token_does_not_grow_with_the_text(shape: Shape) -> None:
    text = answer(shape, 12_000)
    doc = StreamDoc(116)
    most = 0
    # The tokens in its middle come many at once.
    for part in (*tokens(text[:1_000]), text[1_000:11_000], *tokens(text[11_000:])):
        before = doc.parsed_characters + 100 * doc.lexed_lines
        doc.feed(part)
        doc.flush()
        if len(part) < 100:
            most = max(most, doc.parsed_characters + 100 * doc.lexed_lines - before)
    # The longest open part: a paragraph that is still short, or the sample rows of a table.
    assert most < 6_000


@pytest.mark.parametrize(
    "text",
    [" " * 100_000 + "x", "-" * 50_000 + "x", "[" * 20_000, "*a **b " * 5_000, ">" * 20_000, "`" * 20_000],
)
def test_signs_without_end_are_read_in_no_more_than_linear_time(text: str) -> None:
    # Each of these takes minutes where a regular expression or a search starts over at each sign.
    doc = _finished(text, 80, 2_000)
    assert doc.lines == render(text, 80)


def test_an_open_list_draws_what_it_holds_once() -> None:
    code = "".join(f"   value_{n} = {n}  # note\n" for n in range(200))
    doc = _finished(f"1. one\n\n   ```python\n{code}   ```\n", 80, 20)
    assert doc.lexed_lines < 4 * 200


def test_feeding_draws_nothing() -> None:
    doc = StreamDoc(40)
    for _ in range(100):
        doc.feed("word ")
    assert doc.lines == []
    assert doc.parsed_characters == 0
    assert doc.flush() == 0
    assert len(doc.lines) == 13


def test_flushing_without_new_text_changes_nothing() -> None:
    doc = StreamDoc(40)
    doc.feed("a\n\nb")
    doc.flush()
    lines = list(doc.lines)
    assert doc.flush() == len(lines)
    assert doc.lines == lines


def test_flush_says_which_line_changed_first() -> None:
    doc = StreamDoc(40)
    doc.feed("# Title\n\nFirst paragraph.\n\nSecond")
    assert doc.flush() == 0
    doc.feed(" one")
    assert doc.flush() == 4
    doc.feed(" is long enough to need another line.")
    assert doc.flush() == 4
    doc.feed(" And goes")
    assert doc.flush() == 5


def _steps(text: str, width: int = 40) -> list[list[str]]:
    doc = StreamDoc(width)
    steps = []
    for char in text:
        doc.feed(char)
        doc.flush()
        steps.append(text_of(doc.lines))
    return steps


def test_a_list_after_a_paragraph_never_flashes_as_a_heading() -> None:
    assert all(step[:1] in ([], ["Things"[: len(step[0])]]) for step in _steps("Things\n- one\n- two\n"))


def test_signs_are_not_shown_before_they_say_what_they_are() -> None:
    for opening in ("# ", "- ", "> ", "```", "* ", "**", "| "):
        assert _steps(opening)[-1] == []
    assert _steps("Steps:\n\n1. ")[-1] == ["Steps:"]


def test_an_open_fence_is_code_from_its_first_line_and_its_end_is_never_shown() -> None:
    steps = _steps("```python\nx = 1\n```\n")
    assert ["│ python", "│ x = 1"] in steps
    assert all("`" not in "".join(step) for step in steps)


def test_a_table_appears_with_its_delimiter_row_and_grows_row_by_row() -> None:
    steps = _steps("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n")
    assert ["a │ b", "──┼──"] in steps
    assert ["a │ b", "──┼──", "1 │ 2"] in steps
    assert not any("---" in line for step in steps for line in step)


def test_rows_after_the_sample_never_move_the_columns() -> None:
    head = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 16
    doc = StreamDoc(60)
    doc.feed(head)
    doc.flush()
    before: list[Line] = list(doc.lines)
    doc.feed("| a much longer cell than any before | 2 |\n")
    doc.flush()
    assert doc.lines[: len(before)] == before
    assert "".join(text_of(doc.lines[len(before) :])).replace(" ", "").startswith("a│2")
    doc.finish()
    words = "".join(text_of(doc.lines)).replace(" ", "").replace("│", "")
    assert sorted("amuchlongercellthananybefore") == sorted(words[words.rindex("a2") :].replace("2", ""))


def test_a_finished_item_is_settled_when_the_next_one_begins() -> None:
    doc = StreamDoc(40)
    doc.feed("1. one\n2. two\n")
    doc.flush()
    assert text_of(doc.lines[: doc.settled]) == ["1. one"]
    assert text_of(doc.lines) == ["1. one", "2. two"]


def test_numbers_go_on_where_the_beginning_of_a_list_was_forgotten() -> None:
    doc = StreamDoc(40)
    for number in range(7, 20):
        doc.feed(f"{number}. item\n")
        doc.flush()
    doc.finish()
    assert text_of(doc.lines) == [f"{number}. item" for number in range(7, 20)]


def test_a_carriage_return_at_the_end_of_a_part_is_no_line_of_its_own() -> None:
    doc = streamed("one\r\n\r\ntwo\rthree\r", 40, range(20))
    assert text_of(doc.lines) == ["one", "", "two", "three"]


def test_a_number_that_opens_an_answer_is_shown_at_once() -> None:
    """It may be the whole answer, and a reader who waits must see that it has begun."""
    assert [step[-1:] for step in _steps("1. G")] == [["1"], ["1."], ["1."], ["1. G"]]
