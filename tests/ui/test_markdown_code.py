"""The colours of code, line by line."""

import pytest

from fmtui.ui.conversation.code import LONGEST_LINE, Highlighter
from fmtui.ui.conversation.lines import Run
from fmtui.ui.conversation.styles import Style


def coloured(language: str, code: str) -> list[list[Run]]:
    highlighter = Highlighter(language)
    return [highlighter.line(line) for line in code.split("\n")]


def styles(language: str, code: str, text: str) -> set[int]:
    return {style for line in coloured(language, code) for part, style in line if text in part}


def test_python_has_its_colours() -> None:
    code = 'def area(r):  # of a circle\n    return 3.14 * r ** 2 if r else "none"'
    assert styles("python", code, "def") == {Style.KEYWORD}
    assert styles("python", code, "area") == {Style.NAME}
    assert styles("python", code, "# of a circle") == {Style.COMMENT}
    assert styles("python", code, "3.14") == {Style.NUMBER}
    assert styles("python", code, "none") == {Style.STRING}


def test_a_text_over_several_lines_stays_one() -> None:
    lines = coloured("python", 'x = """one\nif two\nthree""" if y else z')
    assert lines[1] == [("if two", Style.STRING)]
    assert ("if", Style.KEYWORD) in lines[2]


@pytest.mark.parametrize(
    "language", ["c", "cpp", "java", "javascript", "typescript", "go", "rust", "css", "sql"]
)
def test_a_comment_over_several_lines_stays_one(language: str) -> None:
    lines = coloured(language, "a /* one\nif it's \"two\n */ b")
    assert lines[0][-1] == ("/* one", Style.COMMENT)
    assert lines[1] == [("if it's \"two", Style.COMMENT)]
    assert lines[2][0][1] == Style.COMMENT
    assert lines[2][-1][0].endswith("b")
    assert lines[2][-1][1] != Style.COMMENT


def test_a_pattern_of_files_is_no_comment() -> None:
    assert styles("bash", "rm -r build/*\necho done", "done") != {Style.COMMENT}
    assert styles("python", "x = a/*b\ny = 1", "1") == {Style.NUMBER}


@pytest.mark.parametrize(
    ("language", "line", "text", "style"),
    [
        ("json", '{"key": 12, "other": true}', "12", Style.NUMBER),
        ("json", '{"key": 12, "other": true}', "true", Style.KEYWORD),
        ("yaml", "key: 'value'  # note", "# note", Style.COMMENT),
        ("bash", "echo 'x' # note", "# note", Style.COMMENT),
        ("diff", "+ added", "+ added", Style.INSERTED),
        ("diff", "- gone", "- gone", Style.DELETED),
        ("html", '<a href="x">y</a>', '"x"', Style.STRING),
        ("SQL", "SELECT 1 FROM t", "SELECT", Style.KEYWORD),
        ("{.python .numberLines}", "return 1", "return", Style.KEYWORD),
        ("toml", "x = 1", "1", Style.NUMBER),
    ],
)
def test_common_languages_have_colours(language: str, line: str, text: str, style: int) -> None:
    assert styles(language, line, text) == {style}


@pytest.mark.parametrize("language", ["", "nosuchlanguage", "  ", "{}"])
def test_code_without_a_known_language_is_plain(language: str) -> None:
    assert coloured(language, "if x:") == [[("if x:", Style.FENCE)]]


def test_no_character_is_lost_or_added_whatever_the_language() -> None:
    code = "int x = 'a; // \"\n<a b='c\n\tif `x` $y {z: @1} \\\n%% ?? é 世界\n*/ end"
    for language in (
        "c",
        "python",
        "ruby",
        "perl",
        "php",
        "haskell",
        "yaml",
        "jsx",
        "console",
        "make",
        "tex",
        "lua",
    ):
        assert ["".join(text for text, _ in line) for line in coloured(language, code)] == code.split("\n")


def test_a_line_that_has_not_ended_does_not_change_what_follows() -> None:
    highlighter = Highlighter("python")
    highlighter.line("x = 1")
    assert highlighter.peek('y = """open') != []
    assert highlighter.line("if z:")[0] == ("if", Style.KEYWORD)


def test_endless_lines_are_data_and_are_not_lexed() -> None:
    highlighter = Highlighter("json")
    assert highlighter.line("1" * (LONGEST_LINE + 1)) == [("1" * (LONGEST_LINE + 1), Style.FENCE)]
    assert highlighter.lexed == 0
