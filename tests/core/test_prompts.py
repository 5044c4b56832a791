"""Prompts of the user's own: what a file may say, what is filled in, and what is said of a wrong one."""

import os
from pathlib import Path

import pytest

from fmtui.core.errors import UsageError
from fmtui.core.prompt_example import EXAMPLE
from fmtui.core.prompts import (
    MOST_BYTES,
    Prompt,
    PromptFolder,
    Variable,
    check_value,
    filled,
    places,
    read_prompt,
    split_values,
)


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_example_is_a_prompt_without_a_fault(tmp_path: Path) -> None:
    prompt, problems = read_prompt(written(tmp_path, "review.toml", EXAMPLE))
    assert problems == []
    assert prompt is not None
    assert (prompt.name, prompt.params) == ("review", {"temperature": 0.2})
    values = prompt.values({"focus": "speed"}, {"input": "x = 1", "date": "2026-11-23"})
    assert prompt.missing(values) == []
    assert filled(prompt.text, values) == "Review this with an eye to speed:\n\nx = 1\n"
    assert filled(prompt.system, values).startswith("You review Python code.")


def test_variables_are_replaced_once_and_four_braces_stand_for_two() -> None:
    text = "{{a}} {{ b }} {{{{a}} {a} style={{color: 1}} {{}}"
    assert places(text) == ["a", "b"]
    # What a value says is no variable, or a pasted text could name another one.
    assert filled(text, {"a": "{{b}}", "b": "2"}) == "{{b}} 2 {{a}} {a} style={{color: 1}} {{}}"
    with pytest.raises(KeyError):
        filled(text, {"a": "1"})


def test_what_has_no_value_is_asked_for_in_the_order_of_the_file() -> None:
    prompt = Prompt(
        path=Path("x.toml"),
        name="x",
        text="{{new}} {{b}} {{a}} {{date}}",
        variables=(Variable("a"), Variable("b", "2"), Variable("unused")),
    )
    values = prompt.values({}, {"date": "today"})
    assert [each.name for each in prompt.missing(values)] == ["a", "new"]
    assert values == {"date": "today", "b": "2"}


@pytest.mark.parametrize(
    ("words", "given", "rest"),
    [
        ("", {}, ""),
        ("a b", {}, "a b"),
        ("lang=Go x = 1", {"lang": "Go"}, "x = 1"),
        ('lang="C and C++" why', {"lang": "C and C++"}, "why"),
        ("other=1 lang=Go", {}, "other=1 lang=Go"),
        ("lang=Go\nint lang=2;", {"lang": "Go"}, "int lang=2;"),
        ("lang= x", {"lang": ""}, "x"),
        ("input=a b", {}, "input=a b"),
        ("lang=Go\n\n  def f():\n    pass\n", {"lang": "Go"}, "  def f():\n    pass"),
    ],
)
def test_values_may_be_typed_in_front_of_the_rest(words: str, given: dict[str, str], rest: str) -> None:
    prompt = Prompt(path=Path("x.toml"), name="x", text="{{lang}} {{input}}")
    assert split_values(prompt, words) == (given, rest)


def test_a_value_that_is_none_of_the_choices_is_refused() -> None:
    check_value(Variable("v", choices=("a", "b")), "a")
    check_value(Variable("v"), "anything")
    with pytest.raises(ValueError, match="v must be one of a, b"):
        check_value(Variable("v", choices=("a", "b")), "c")


@pytest.mark.parametrize(
    ("text", "says", "usable"),
    [
        ('text = "a', "line 1: this is not TOML", False),
        (b'text = "\xff"', "is not UTF-8 text", False),
        ("x = " + "1" * 5000, "too large to read", False),
        ('description = "a"', "there is neither text nor system in it", False),
        ('text = " "', "there is neither text nor system in it", False),
        ('text = "a"\nname = "A b"', "line 2: name must be a name of small letters", True),
        ('text = "a"\ntxet = "b"', "there is no key txet. Did you mean text?", True),
        ("text = 1\nsystem = 'a'", "text must be text in quotes, not 1", True),
        ('text = "a"\n[params]\ntemperature = 9', "line 3: params.temperature must be", True),
        ('text = "a"\n[params]\nsystem = "x"', "there is no key params.system", True),
        ('text = "a"\n[variables]\nlang = "x"', "nothing uses the variable lang", True),
        ('text = "{{date}}"\n[variables]\ndate = "x"', "fmtui itself gives date its value", True),
        ('text = "{{v}}"\n[variables]\nv = true', "a variable must be a text, its default, or a table", True),
        (
            'text = "{{v}}"\n[variables]\nv = { default = "c", choices = ["a"] }',
            "the default of v is none of its choices",
            True,
        ),
        ('text = "{{v}}"\n[variables.v]\ndefalut = "c"', "Did you mean default?", True),
        ('system = "{{input}}"', "{{input}} has a meaning in text only", True),
        ("text = \"a\"\n[variables]\n'a b' = 'x'", "is no name for a variable", True),
    ],
)
def test_what_is_wrong_is_one_sentence_that_names_the_file(
    tmp_path: Path, text: str | bytes, says: str, *, usable: bool
) -> None:
    path = written(tmp_path, "one.toml", text)
    prompt, problems = read_prompt(path)
    assert (prompt is not None) == usable
    assert len(problems) == 1
    assert says in str(problems[0])
    assert str(path) in problems[0].message
    assert problems[0].hint or " must be " in problems[0].message


def test_a_folder_has_its_prompts_by_name_and_says_what_it_left_out(tmp_path: Path) -> None:
    folder = PromptFolder(tmp_path)
    assert not any(folder.read())
    assert not any(PromptFolder(tmp_path / "none").read())
    written(tmp_path, "b.toml", 'text = "b"')
    written(tmp_path, "a.toml", 'name = "zeta"\ntext = "a"')
    written(tmp_path, "c.toml", 'name = "b"\ntext = "c"')
    written(tmp_path, "Big One.toml", 'text = "' + "x" * MOST_BYTES + '"')
    written(tmp_path, "é.toml", 'text = "x"')
    written(tmp_path, "note.txt", "no prompt")
    os.mkfifo(tmp_path / "pipe.toml")  # reading it would wait for ever
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / ".#open.toml").symlink_to("who@host.1")  # what Emacs leaves while a file is open
    found = folder.read()
    assert [each.name for each in found.prompts] == ["b", "zeta"]
    told = "\n".join(map(str, found.problems))
    for words in (
        "the name b is taken by b.toml",
        "more than the 256,000",
        "the file's name is no name",
        "pipe.toml is no file",
        "folder.toml is no file",
        "gone.toml cannot be read: No such file",
    ):
        assert words in told
    assert len(found.problems) == 6


def test_a_file_is_read_again_when_it_has_changed_and_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "a.toml", 'text = "one"')
    folder = PromptFolder(tmp_path)
    first = folder.read().wanted("A")
    assert folder.read().wanted("a") is first
    written(tmp_path, "a.toml", 'text = "two"')
    os.utime(path, ns=(1, 1))
    assert folder.read().wanted("a").text == "two"
    path.unlink()
    with pytest.raises(UsageError, match="There is no prompt “a”"):
        folder.read().wanted("a")
    written(tmp_path, "a.toml", "text = ")
    with pytest.raises(UsageError, match="this is not TOML"):
        folder.read().wanted("a")
    monkeypatch.setattr(Path, "glob", _refused)
    assert "cannot be listed: Permission denied" in str(folder.read().problems[0])


def _refused(*_: object) -> object:
    raise PermissionError(13, "Permission denied")
