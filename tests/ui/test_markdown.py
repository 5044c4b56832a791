"""What markdown looks like as lines."""

import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fmtui.core.text import printable
from fmtui.ui.conversation import inline
from fmtui.ui.conversation.inline import Inline
from fmtui.ui.conversation.lines import GOES_ON, Line
from fmtui.ui.conversation.links import Links
from fmtui.ui.conversation.markdown import render, render_plain
from fmtui.ui.conversation.styles import DECORATION, Style
from tests.ui.answers import answer
from tests.ui.streaming import columns, text_of
from tests.ui.test_stream import EXAMPLES, TEXTS


def shown(source: str, width: int = 60) -> list[str]:
    return text_of(render(source, width))


def styles_of(source: str, text: str) -> set[int]:
    """Return the styles of the runs that hold a text."""
    return {style for line in render(source, 80) for part, style in line if text in part}


def test_nothing_gives_no_lines() -> None:
    assert render("", 40) == []
    assert render(" \n\t\n", 40) == []


def test_blocks_are_one_empty_line_apart_and_none_is_at_the_end() -> None:
    assert shown("# T\ntext\n\n\n\nmore\n- a\n***\n> q\n\n\n") == [
        *("# T", "", "text", "", "more", "", "• a", "", "─" * 60, "", "▌ q")
    ]


@pytest.mark.parametrize("level", range(1, 7))
def test_the_level_of_a_heading_shows_without_colours(level: int) -> None:
    assert shown("#" * level + " Title #") == ["#" * level + " Title"]


def test_underlined_headings_are_headings() -> None:
    assert shown("One\n===\n\nTwo\n---\n") == ["# One", "", "## Two"]
    assert styles_of("One\n===\n", "One") == {Style.HEADING1}
    assert styles_of("### Three\n", "Three") == styles_of("###### Six\n", "Six") | {Style.HEADING3}


def test_a_long_heading_goes_on_under_its_text() -> None:
    assert shown("## one two three four", 12) == ["## one two", "   three", "   four"]


def test_marks_combine_in_any_nesting() -> None:
    source = "a **b *c ~~d~~ c* ~~e~~ b** *f* ~~g~~ **h **i** h**"
    assert shown(source) == ["a b c d c e b f g h i h"]
    assert styles_of(source, "d") == {Style.STRONG_EMPHASIS_STRIKE}
    assert styles_of(source, "e") == {Style.STRONG_STRIKE}
    assert styles_of(source, "f") == {Style.EMPHASIS}
    assert styles_of(source, "g") == {Style.STRIKE}
    assert styles_of(source, "i") == {Style.STRONG}


def test_code_in_a_sentence_keeps_its_signs() -> None:
    assert shown("run `a **b** <c>` or ``x ` y``") == ["run a **b** <c> or x ` y"]
    assert styles_of("run `now`", "now") == {Style.CODE}


def test_a_link_shows_its_words_and_where_it_leads() -> None:
    source = 'see [the *docs*](https://a.example/x "Title")!'
    assert shown(source) == ['see the docs (https://a.example/x "Title")!']
    assert styles_of(source, "docs") == {Style.LINK}
    assert styles_of(source, "https") == {Style.URL}


@pytest.mark.parametrize(
    "source",
    ["<https://a.example/x>", "[https://a.example/x](https://a.example/x)", "https://a.example/x"],
)
def test_a_link_that_says_where_it_leads_says_it_once(source: str) -> None:
    assert shown(source) == ["https://a.example/x"]
    assert styles_of(source, "https") == {Style.LINK}


def test_a_link_that_claims_another_target_shows_the_real_one() -> None:
    assert shown("[https://bank.example](https://evil.example)") == [
        "https://bank.example (https://evil.example)"
    ]


def test_a_bare_address_ends_before_the_punctuation_after_it() -> None:
    assert styles_of("(see https://a.example/x).", ").") == {Style.PLAIN}


def test_an_address_of_a_person_says_it_once() -> None:
    assert shown("<someone@a.example>") == ["someone@a.example"]


def test_a_script_is_no_link() -> None:
    assert shown("[x](javascript:alert(1))") == ["[x](javascript:alert(1))"]


def test_an_image_is_its_description_and_its_address() -> None:
    assert shown("![a **cat**](https://a.example/c.png) ![](u)") == [
        "a cat (https://a.example/c.png) image (u)"
    ]


def test_link_references_are_text_as_they_could_come_after_their_use() -> None:
    assert shown("see [one][1]\n\n[1]: https://a.example") == ["see [one][1]", "", "[1]: https://a.example"]


def test_html_is_text() -> None:
    assert shown("<div>\n**x** <b>y</b>\n</div>\n<!-- z -->") == [
        "<div>",
        "x <b>y</b>",
        "</div>",
        "<!-- z -->",
    ]


def test_line_breaks_of_the_author_stay() -> None:
    assert shown("one\ntwo  \nthree\\\nfour") == ["one", "two", "three", "four"]


def test_entities_and_escapes_are_decoded() -> None:
    assert shown(r"&lt;b&gt; &auml; &#233; \*no\*") == ["<b> ä é *no*"]


def test_quotations_have_a_bar_for_each_level() -> None:
    assert shown("> one\n> > two\nlazy\n>\n> three\n\nafter") == [
        *("▌ one", "▌ ▌ two", "▌ ▌ lazy", "▌", "▌ three", "", "after")
    ]
    assert shown(">") == ["▌"]


def test_lists_indent_what_belongs_to_an_item() -> None:
    assert shown("- a\n  more\n  - b\n    - c\n\n  para\n- d\n") == [
        *("• a", "  more", "  ◦ b", "    ▪ c", "", "  para", "• d")
    ]


def test_items_are_apart_where_their_author_left_a_line_empty() -> None:
    assert shown("- a\n- b\n\n- c\n") == ["• a", "• b", "", "• c"]


def test_ordered_lists_count_from_their_first_number() -> None:
    assert shown("9. a\n10. b\n    more\n10. c\n") == ["9. a", "10. b", "    more", "11. c"]
    assert shown("3) a\n") == ["3) a"]


def test_another_bullet_begins_another_list() -> None:
    assert shown("- a\n* b\n") == ["• a", "", "• b"]


def test_empty_items_keep_their_bullet() -> None:
    assert shown("-\n- b\n") == ["•", "• b"]


def test_tasks_have_boxes() -> None:
    assert shown("- [ ] a\n- [x] **b** c\n  - [X] d\n- [y] e\n1. [ ] f\n") == [
        *("☐ a", "☑ b c", "  ☑ d", "• [y] e", "", "1. ☐ f")
    ]


def test_a_list_may_hold_any_block() -> None:
    assert shown("1. a\n\n   ```sh\n   ls\n   ```\n   > q\n\n   | x |\n   |---|\n   | y |\n") == [
        *("1. a", "", "   │ sh", "   │ ls", "   ▌ q", "", "   x", "   ─", "   y")
    ]


def test_text_nested_too_deep_for_the_parser_is_not_lost() -> None:
    for source in (">" * 90 + " deep", "- " * 60 + "deep"):
        assert "deep" in "".join(shown(source, 80))


def test_indentation_gives_way_where_the_screen_is_narrow() -> None:
    lines = render("- " * 12 + "deep in here", 20)
    assert "deepinhere" in "".join(text_of(lines)).replace(" ", "")
    assert all(columns(line) <= 20 for line in lines)


def test_tables_line_up() -> None:
    source = "| Name | No | mid |\n|:--|--:|:-:|\n| **a** | 1 | x |\n| 世界 | 100 | `yyyyy` |\n"
    assert shown(source) == [
        "Name │  No │  mid",
        "─────┼─────┼──────",
        "a    │   1 │   x",
        "世界 │ 100 │ yyyyy",
    ]
    assert styles_of(source, "Name") == {Style.TABLE_HEAD}
    assert render(source, 80)[2][0] == ("a", Style.STRONG)


def test_a_table_too_wide_for_the_screen_wraps_its_cells() -> None:
    source = "| k | text |\n|---|---|\n| a | one two three four five |\n| b | x |\n"
    assert shown(source, 14) == [
        "k │ text",
        "──┼───────────",
        "a │ one two",
        "  │ three four",
        "  │ five",
        "b │ x",
    ]


def test_a_table_with_too_many_columns_is_shown_cell_by_cell() -> None:
    source = "| aa | bb | cccc |\n|---|---|---|\n| one | two | three four |\n| 1 | 2 |\n"
    assert shown(source, 12) == ["aa: one", "bb: two", "cccc:", "  three four", "", "aa: 1", "bb: 2"]
    assert shown("| aa | bb | cccc |\n|---|---|---|\n", 10) == ["aa", "bb", "cccc"]


def test_cells_beyond_the_head_are_kept_and_missing_ones_empty() -> None:
    assert shown("|a|b|\n|-|-|\n|1|2|3|\n|4|\n|5\\|6|`7\\|8`|\n") == [
        *("a   │ b", "────┼──────", "1   │ 2 | 3", "4   │", "5|6 │ 7|8")
    ]


@pytest.mark.parametrize("source", ["a | b\n-- | -- | --\n", "a\n--|\n", "| a |\n| b |\n", "a|b\n- | -\n"])
def test_what_is_no_table_stays_text(source: str) -> None:
    assert "┼" not in "".join(shown(source))
    assert "a" in "".join(shown(source))


def test_rules_are_as_wide_as_the_text() -> None:
    assert shown("---", 10) == ["─" * 10]
    assert shown("> ---", 20) == ["▌ " + "─" * 18]


def test_fenced_code_has_its_language_and_a_bar() -> None:
    assert shown("```python title\ndef f():\n\treturn 1\n\n```\n") == [
        *("│ python title", "│ def f():", "│     return 1", "│")
    ]
    assert shown("~~~\n```\n~~~~\n") == ["│ ```"]
    assert shown("```\n```") == ["│"]
    assert shown("```rust\nlet") == ["│ rust", "│ let"]


def test_indented_code_keeps_its_empty_lines() -> None:
    assert shown("    a\n\n      b\n\nc") == ["│ a", "│", "│   b", "", "c"]


def test_code_that_is_too_long_for_a_line_is_broken_anywhere_and_kept_whole() -> None:
    lines = shown("```\n" + "x = " + "y" * 30 + "\n```", 12)
    assert lines == ["│ x = yyyyyy", "│ yyyyyyyyyy", "│ yyyyyyyyyy", "│ yyyy"]


def test_decoration_is_told_apart_from_text() -> None:
    source = "# t\n\n> q\n\n```py\nx\n```\n\n|a|b|\n|-|-|\n|c|d|\n\n---\n"
    kept = [text for line in render(source, 40) for text, style in line if style not in DECORATION]
    assert "".join(kept).replace(" ", "") == "tqxabcd"


@pytest.mark.parametrize("code", ["&#27;", "&#x9b;", "&#x202e;", "&#x1b;", "&#0;", "&#xd800;"])
@pytest.mark.parametrize(
    "source",
    [
        "{}",
        "`a` {}",
        "# {}",
        "[x](http://a.example/{})",
        '[x](u "{}")',
        "![{}](u)",
        "``` {}\n```",
        "|{}|\n|-|\n",
    ],
)
def test_decoded_characters_never_reach_the_terminal(code: str, source: str) -> None:
    text = "".join(shown(source.format(code)))
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in text)
    assert not any("\u202a" <= char <= "\u202e" or "\ud800" <= char <= "\udfff" for char in text)


def test_control_characters_are_made_visible_once() -> None:
    assert shown("a\x1b[2Jb `\x9b31m`") == ["a\u241b[2Jb \ufffd31m"]
    assert text_of(render_plain("a\x1b[2Jb\x00", 40)) == ["a\u241b[2Jb\u2400"]


def test_wide_and_joined_characters_are_never_split() -> None:
    family = "👩\u200d👩\u200d👧"
    for width in (2, 3, 5):
        lines = render(f"{family}{family} \u2764\ufe0f\u2764\ufe0f e\u0301e\u0301", width)
        assert all(columns(line) <= width for line in lines)
        assert all(line[0][0][0] not in "\u200d\ufe0f\u0301" for line in lines)


def test_a_letter_has_no_more_marks_than_any_script_needs() -> None:
    family = "👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏿"
    assert text_of(render(f"e{chr(0x301) * 20} {family} a{chr(0x301) * 500}b", 80)) == [
        f"e{chr(0x301) * 20} {family} a{chr(0x301) * 31}b"
    ]


def test_wide_characters_break_without_spaces_but_not_before_their_stops() -> None:
    assert shown("世界世界。世界", 8) == ["世界世", "界。世界"]
    assert shown("word 世界世界", 9) == ["word 世界", "世界"]


def test_long_words_are_broken_and_kept_whole() -> None:
    url = "https://a.example/" + "x" * 50
    lines = shown(url, 20)
    assert "".join(lines) == url
    assert all(len(line) <= 20 for line in lines)


def test_lines_wrap_at_spaces_and_do_not_begin_with_them() -> None:
    assert shown("one two   three", 7) == ["one two", "three"]
    assert shown("one   two", 4) == ["one", "two"]


def test_plain_text_is_shown_as_written() -> None:
    assert text_of(render_plain("# no *mark*\n  two\n\n\nend\n\n", 40)) == [
        "# no *mark*",
        "  two",
        "",
        "",
        "end",
    ]
    assert render_plain("a", 40, Style.USER) == [(("a", Style.USER),)]
    assert render_plain("", 40) == []


def test_a_mark_open_for_very_long_does_not_reach_the_end() -> None:
    text = "*" + answer("paragraph", 30_000)
    last = [line for line in render(text, 80) if line][-1]
    assert Style.EMPHASIS not in {style for _, style in last}


def test_marks_of_a_long_paragraph_are_found_as_in_a_short_one() -> None:
    words = [f"**strong {n}** and `code {n}` and [link {n}](http://a.example/{n})" for n in range(200)]
    text = "".join(shown(" ".join(words), 100_000))
    assert "*" not in text
    assert "`" not in text
    assert "[" not in text


@settings(max_examples=50, deadline=None)
@given(TEXTS, st.sampled_from([Style.PLAIN, Style.HEADING1]))
def test_text_without_marks_is_read_as_the_parser_reads_it(text: str, base: int) -> None:
    for line in printable(text).split("\n\n"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(inline, "_MARKED", re.compile(""))
            expected = Inline(Links()).runs(line, base)
        assert Inline(Links()).runs(line, base) == expected


_ORACLE = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("reference")


def _said(source: str) -> Counter[str]:
    """Return the characters that a text says, as the parser alone finds them, without spaces."""
    said: Counter[str] = Counter()
    for token in _ORACLE.parse(source):
        for part in token.children or [token]:
            said.update(part.content if part.type != "image" else "")
    return Counter({char: count for char, count in said.items() if not char.isspace()})


@settings(max_examples=30, deadline=None)
@given(TEXTS, st.integers(2, 60))
def test_no_text_is_lost(source: str, width: int) -> None:
    # Boxes of tasks are drawn as boxes, and controls as stand-ins: neither is compared.
    plain = source.encode("ascii", "ignore").decode().replace("\x1b", "").replace("\r", "\n")
    plain = plain.replace("[ ]", "").replace("[x]", "")
    # A line that begins a fence, a list or a quotation is never the head of a table here, as for the oracle.
    assume(not re.search(r"^ *(```|~~~).*\|", plain, re.MULTILINE))
    lost = _said(plain) - Counter("".join(shown(plain, width)))
    assert not set(lost) - set("*+->#|:.)0123456789")


def test_no_text_of_the_commonmark_examples_is_lost() -> None:
    for source in EXAMPLES:
        drawn = Counter("".join(shown(source, 24)))
        assert not _said(source) - drawn, source


def test_lines_hold_no_empty_runs_and_no_two_of_one_style() -> None:
    def tidy(line: Line) -> bool:
        runs = [run for run in line if run[1] not in GOES_ON]
        return all(text for text, _ in runs) and all(one[1] != two[1] for one, two in pairwise(runs))

    assert all(tidy(line) for line in render(answer("mixed", 20_000), 50))


def test_importing_the_renderer_loads_neither_the_parser_nor_the_lexers() -> None:
    script = (
        "import sys, fmtui.ui.conversation.stream as s\n"
        "assert 'markdown_it' not in sys.modules\n"
        "doc = s.StreamDoc(40)\n"
        "doc.feed('text\\n\\n```\\nx\\n```\\n'); doc.finish()\n"
        "assert 'pygments' not in sys.modules, 'a block without a language needs no lexer'\n"
        "doc = s.StreamDoc(40); doc.feed('```python\\nx = 1\\n'); doc.finish()\n"
        "assert 'pygments' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_what_the_first_text_would_wait_for_can_be_loaded_before() -> None:
    script = (
        "import sys, fmtui.ui.conversation.loading as loading, fmtui.ui.conversation.markdown as m\n"
        "loading.warm()\n"
        "before = set(sys.modules)\n"
        "m.render('**a** [b](c)\\n\\n```python\\nx = 1\\n```\\n', 80)\n"
        "assert set(sys.modules) == before\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_highlighter_is_used_for_known_languages_only() -> None:
    assert styles_of("```nosuchlanguage\nif x\n```", "if x") == {Style.FENCE}


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(EXAMPLES), st.integers(1, 200))
def test_rendering_twice_gives_the_same_lines(source: str, width: int) -> None:
    assert render(source, width) == render(source, width)
