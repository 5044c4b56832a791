"""The command line as a value: what is accepted where, and what is said about the rest."""

from __future__ import annotations

import itertools

import pytest

from fmtui.arguments import parse
from fmtui.core.errors import UsageError
from fmtui.options import Options, plain_options, wants_json

COMMON = [
    ("--config", "c.toml", "config", "c.toml"),
    ("--data-dir", "d", "data_dir", "d"),
    ("-e", "work", "endpoint", "work"),
    ("--endpoint", "work", "endpoint", "work"),
    ("-m", "tiny", "model", "tiny"),
    ("--model", "tiny", "model", "tiny"),
    ("--max-tokens", "64", "params", {"max_tokens": 64}),
    ("--mode", "completion", "mode", "completion"),
]
COMMANDS = [
    ["ask", "hi"],
    ["models"],
    ["sessions"],
    ["sessions", "list"],
    ["sessions", "show", "x"],
    ["sessions", "export", "x"],
    ["sessions", "search", "x"],
    ["sessions", "path"],
    ["endpoints"],
    ["config", "path"],
]


def complaint(*argv: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse(argv)
    return str(caught.value)


@pytest.mark.parametrize(("option", "command"), itertools.product(COMMON, COMMANDS))
def test_common_options_are_taken_before_and_after_the_command(
    option: tuple[str, str, str, object], command: list[str]
) -> None:
    flag, text, name, value = option
    before = parse([flag, text, *command])
    after = parse([*command, flag, text])
    assert before == after
    assert getattr(after, name) == value


def test_an_option_after_the_command_wins_over_one_before_it() -> None:
    assert parse(["-m", "first", "ask", "-m", "second", "hi"]).model == "second"


def test_an_option_before_the_command_stays_when_others_follow_it() -> None:
    options = parse(["-e", "work", "--max-tokens", "9", "ask", "hi", "-m", "tiny"])
    assert (options.endpoint, options.params, options.model) == ("work", {"max_tokens": 9}, "tiny")


def test_without_a_command_the_app_is_meant() -> None:
    assert parse([]) == Options()
    options = parse(["--theme", "nord", "--no-mouse", "-s", "20261122", "--stock-writer", "--low-bandwidth"])
    assert (options.theme, options.mouse, options.session) == ("nord", False, "20261122")
    assert options.stock_writer
    assert options.low_bandwidth
    assert parse(["--continue"]).session == "latest"


def test_ask_takes_its_own_options() -> None:
    options = parse(["ask", "hi", "--system", "Be brief.", "--json", "--no-save", "--temperature", "0.5"])
    assert (options.json, options.save) == (True, False)
    assert options.params == {"system": "Be brief.", "temperature": 0.5}
    assert parse(["ask", "hi", "--continue"]).session == "latest"
    assert parse(["ask", "hi", "-s", "abc"]).session == "abc"


@pytest.mark.parametrize(
    ("argv", "prompt", "piped"),
    [
        (["ask"], None, False),
        (["ask", "-"], None, True),
        (["ask", "two words"], "two words", False),
        (["ask", "tell", "me", "more"], "tell me more", False),
        (["ask", "sum it up:", "-"], "sum it up:", True),
        (["ask", "- a list item"], "- a list item", False),
        (["ask", "what is 5 -"], "what is 5 -", False),
        (["ask", "--", "--json"], "--json", False),
        (["ask", "-m", "tiny", "hi"], "hi", False),
        (["ask", ""], "", False),
    ],
)
def test_the_prompt_is_what_stands_there(argv: list[str], prompt: str | None, *, piped: bool) -> None:
    options = parse(argv)
    assert (options.prompt, options.piped) == (prompt, piped)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0", "max_tokens must be a whole number from 1 to 10,000,000."),
        ("-1", "max_tokens must be a whole number from 1 to 10,000,000."),
        ("abc", "max_tokens must be a whole number from 1 to 10,000,000."),
        ("1e3", "max_tokens must be a whole number from 1 to 10,000,000."),
        ("", "max_tokens must be a whole number from 1 to 10,000,000."),
        ("1000000000", "max_tokens must be a whole number from 1 to 10,000,000."),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_a_max_tokens_that_cannot_be_used_is_explained(text: str, sentence: str, *, before: bool) -> None:
    option = ["--max-tokens", text]
    assert complaint(*([*option, "ask", "hi"] if before else ["ask", "hi", *option])).startswith(sentence)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["modles"], "Did you mean models?"),
        (["hello"], 'fmtui ask "hello"'),
        (["sessions", "lst"], "Did you mean list?"),
        (["import", "x.json"], "Did you mean fmtui sessions import?"),
        (["exprt"], "Did you mean fmtui sessions export?"),
        (["show"], "Did you mean fmtui sessions show, or fmtui prompts show?"),
        (["version"], "Did you mean fmtui --version?"),
        (["sesions"], "Did you mean sessions?"),
        (["sessions", "latest"], "fmtui sessions show latest"),
        (["sessions", "20261122-201455-3f9a"], "fmtui -s 20261122-201455-3f9a"),
        (["ask", "hi", "--mode", "chatty"], "Did you mean chat?"),
        (["ask", "hi", "--colour"], "--colour"),
        (["ask", "a", "-m", "x", "b"], "quotes"),
        (["ask", "hi", "-e"], "See: fmtui ask --help"),
        (["ask", "hi", "-e", ""], "--endpoint was given an empty value"),
        (["sessions", "export", "x", "-o", ""], "--output was given an empty value"),
        (["ask", "hi", "--prompt", ""], "--prompt was given an empty value"),
        (["-s", "x", "--continue"], "not allowed with"),
        (["config"], "ACTION"),
        (["sessions", "show"], "ID"),
        (["sessions", "export", "x", "--format", "pdf"], "Choose from: md, json, toml, html."),
        (["ask", "hi", "--temperature", "3"], "temperature must be"),
        (["ask", "hi", "--max", "3"], "--max"),
    ],
)
def test_what_is_not_understood_gets_a_sentence_and_a_hint(argv: list[str], said: str) -> None:
    assert said in complaint(*argv)


@pytest.mark.parametrize("typed", ["x\x1b]52;c;eA==\x07", "it's", "a\\b", 'say "it\'s"', "two\nlines"])
def test_what_was_typed_is_quoted_as_it_was_typed(typed: str) -> None:
    """And not as Python writes it; what prints the sentence makes it visible."""
    for argv, what in (([typed], "command"), (["ask", "hi", "--mode", typed], "--mode")):
        assert complaint(*argv).startswith(f"There is no {what} “{typed}”. Choose from: ")


def test_bytes_that_are_no_text_stay_in_names_of_files_alone() -> None:
    bad = "a\udcff"
    argv = ["--config", bad, "--data-dir", bad, "-m", bad, "ask", "-e", bad, "-s", bad, "--attach", bad, bad]
    found = parse(argv)
    assert {found.config, found.data_dir, *found.attach} == {bad}
    assert {found.model, found.endpoint, found.session, found.prompt} == {"a\ufffd"}
    assert parse(["sessions", "search", bad, bad]).target == "a\ufffd a\ufffd"
    assert parse(["sessions", "tag", "x", bad]).words == ("a\ufffd",)
    assert parse(["sessions", "export", "x", "-o", bad]).output == bad
    assert plain_options(["-m", bad]) is None
    # So Python gives UTF-8 to a program in a locale that has only ASCII.
    assert parse(["ask", "Gr\udcc3\udcb6\udcc3\udc9fe"]).prompt == "Größe"


def test_wanting_json_is_seen_in_a_command_line_that_is_wrong() -> None:
    assert wants_json(["ask", "--json", "--max-tokens", "0"])
    assert not wants_json(["ask", "--", "--json"])
    assert not wants_json(["models", "--json"])


PLAIN = [
    *(["-e", "work"], ["--config", "c", "--data-dir", "d"], ["-m", "a b", "--theme", "t"]),
    *(["--continue"], ["-s", "x"], ["--no-mouse", "--stock-writer", "--low-bandwidth"]),
]


@pytest.mark.parametrize("argv", [[], *PLAIN, *(a + b for a, b in itertools.permutations(PLAIN, 2))])
def test_plain_command_lines_mean_the_same_as_to_the_parser(argv: list[str]) -> None:
    plain = plain_options(argv)
    if plain is None:
        assert {"--continue", "-s"} <= {*argv}
    else:
        assert plain == parse(argv)


@pytest.mark.parametrize(
    "argv",
    [
        *(
            ["ask"],
            ["--version"],
            ["-h"],
            ["--max-tokens", "3"],
            ["--mode", "chat"],
            ["--theme=t"],
            ["-ework"],
        ),
        *(
            ["-e"],
            ["-e", ""],
            ["-e", "-m"],
            ["-e", "a", "-e", "b"],
            ["--"],
            ["--end", "x"],
            ["-s", "x", "-s", "y"],
        ),
    ],
)
def test_all_other_command_lines_are_left_to_the_parser(argv: list[str]) -> None:
    assert plain_options(argv) is None


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("doctor nope", "To choose an endpoint: fmtui doctor -e nope"),
        ("models nope", "To choose an endpoint: fmtui models -e nope"),
        ("ask hello --json you", "Put a prompt of several words in quotes."),
        ("endpoints nope", "See: fmtui endpoints --help"),
        ("doctor --nope", "See: fmtui doctor --help"),
        ("--nope", "See: fmtui --help"),
    ],
)
def test_words_that_are_not_understood_have_the_hint_of_their_command(line: str, hint: str) -> None:
    with pytest.raises(UsageError, match="This is not understood") as caught:
        parse(line.split())
    assert caught.value.hint == hint
