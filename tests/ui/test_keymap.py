"""The `[keys]` of the configuration: what a user may give, and what is told where that is not right."""

from random import Random

import pytest

from fmtui.ui.commands import READING, keys_of, leaders, way_to, with_keys
from fmtui.ui.keymap import keymap


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"reply.rety": "f9"}, "there is no command 'reply.rety'. Did you mean 'reply.retry'?"),
        ({"app.help": "pgupp"}, "'pgupp' is not a key. Did you mean 'pageup'?"),
        ({"app.help": "crtl+g"}, "'crtl+g' is not a key."),
        ({"prompt.send": "q"}, "'q' is a character to type"),
        ({"prompt.send": "question_mark"}, "'question_mark' is a character to type"),
        ({"view.up": "up"}, "'up' is needed to move"),
        ({"app.help": "ctrl+shift+g"}, "only terminals with the kitty key protocol send ctrl+shift+g"),
        ({"prompt.newline": "shift+enter"}, "only terminals with the kitty key protocol send shift+enter"),
        ({"app.help": "super+g"}, "only terminals with the kitty key protocol send super+g"),
        ({"app.help": "^S"}, "some lines and terminals stop the output at ctrl+s"),
        ({"app.help": "ctrl+c"}, "it stops a reply"),
        ({"app.help": "x", "app.quit": "x"}, "x is given to both app.help and app.quit; app.help has it"),
        ({"app.help": "leader t"}, "app.help took the only key of session.rename; /rename still works"),
        ({"app.help": "ctrl+x g h"}, "'ctrl+x g h' is more than two keys"),
        ({"app.help": "g h"}, "'g h' cannot begin with a key to type"),
        ({"app.help": "ctrl+x up, up ctrl+x"}, "'up ctrl+x' cannot begin with a key to type or to move"),
        ({"app.help": "ctrl+x crtl+g"}, "'ctrl+x crtl+g' is not a key"),
        ({"app.help": "ctrl+x escape"}, "escape gives up what was begun"),
        ({"app.help": "ctrl+x ctrl+x"}, "ctrl+x gives up what was begun"),
        ({"app.help": "ctrl+x"}, "other keys begin with ctrl+x; choose another one, or give 'leader'"),
        ({"app.help": "f9", "app.log": "f9 a"}, "'f9 a' would begin with f9, which app.help has"),
        ({"app.log": "f9 a", "app.help": "f9"}, "app.help: other keys begin with f9"),
        ({"app.log": "f9 a", "app.help": "F9 a"}, "f9 a is given to both app.log and app.help; app.log has"),
        ({"app.log": "ctrl+x ctrl+m"}, "app.log: most terminals send ctrl+m as enter"),
        ({"app.log": "ctrl+m ctrl+x"}, "app.log: most terminals send ctrl+m as enter"),
        ({"leader": "ctrl+s"}, "leader: some lines and terminals stop the output at ctrl+s"),
        ({"leader": "ctrl+n"}, "leader took the only key of session.new; /new still works"),
        ({"leader": "q"}, "leader: 'q' is a key to type or to move with"),
        ({"leader": "ctlr+q"}, "leader: 'ctlr+q' is not a key. Did you mean 'ctrl'? It stays ctrl+x."),
        ({"leader": "", "app.log": "leader e"}, "'leader e' is not a key"),
        ({"laeder": "ctrl+t"}, "there is no command 'laeder'. Did you mean 'leader'?"),
        ({"app.help": "escape"}, "'escape' is needed to leave"),
        ({"app.help": "ctrl+"}, "'ctrl+' is not a key."),
        ({"app.help": "alt+["}, "other keys begin with what terminals send for alt+["),
        ({"app.help": "ctrl+["}, "most terminals send ctrl+[ as escape"),
        ({"app.help": "ctrl+m"}, "most terminals send ctrl+m as enter"),
        ({"app.help": "f9", "app.quit": "f9"}, "f9 is given to both app.help and app.quit; app.help has it"),
    ],
)
def test_what_is_wrong_with_the_table_is_a_sentence(table: dict[str, str], sentence: str) -> None:
    _, problems = keymap(table)
    assert any(sentence in problem for problem in problems)


def test_a_command_keeps_its_defaults_when_nothing_usable_was_given() -> None:
    keys, _ = keymap({"app.help": "up"})
    assert keys_of("app.help", with_keys(keys)) == ("f1",)


def test_enter_can_be_made_to_add_a_line() -> None:
    keys, problems = keymap({"prompt.send": "ctrl+t", "prompt.newline": "enter"})
    commands = with_keys(keys)
    assert keys_of("prompt.send", commands) == ("ctrl+t",)
    assert keys_of("prompt.newline", commands) == ("enter",)
    assert problems == []


@pytest.mark.parametrize("written", ["^R", "Ctrl+R", " control+r "])
def test_keys_may_be_written_as_people_write_them(written: str) -> None:
    assert keymap({"app.help": written})[0]["app.help"] == "ctrl+r"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        *(
            ("ctrl+_", "ctrl+underscore"),
            ("ctrl+underscore", "ctrl+underscore"),
            ("ctrl+]", "ctrl+right_square_bracket"),
        ),
        *(
            ("ctrl+\\", "ctrl+backslash"),
            ("alt+-", "alt+minus"),
            ("alt++", "alt+plus"),
            ("ctrl+^", "ctrl+circumflex_accent"),
        ),
    ],
)
def test_a_sign_with_a_modifier_is_the_key_that_comes_for_it(written: str, key: str) -> None:
    keys, problems = keymap({"app.log": written})
    assert keys["app.log"] == key
    assert [told for told in problems if "protocol" in told or "is not a key" in told] == []


@pytest.mark.parametrize(
    ("written", "key"),
    [("+", "plus"), ("/", "slash"), ("-", "minus"), ("_", "underscore"), ("shift+g", "G"), ("at", "at")],
)
def test_a_sign_alone_is_a_key_for_reading(written: str, key: str) -> None:
    keys, _ = keymap({"app.log": written})
    assert keys[READING + "app.log"] == key
    assert [each.id for each in with_keys(keys) if key in each.browse] == ["app.log"]


@pytest.mark.parametrize(
    ("environ", "key", "who"),
    [
        ({"TMUX": "/tmp/t,1,0"}, "ctrl+b", "tmux"),
        ({"STY": "1.pts"}, "ctrl+a", "GNU screen"),
        ({"ZELLIJ": "0"}, "ctrl+t", "Zellij"),
    ],
)
def test_a_key_that_the_program_around_keeps_is_told_only_there(
    environ: dict[str, str], key: str, who: str
) -> None:
    keys, problems = keymap({"app.log": key}, environ)
    assert problems == [problem for problem in problems if f"{who} keeps {key} for itself" in problem] != []
    assert keys["app.log"] == key  # the user's word holds
    assert keymap({"app.log": key})[1] == []


def test_a_comma_is_a_key_where_nothing_follows_it_or_a_modifier_stands_before_it() -> None:
    for written, expected in {
        "leader ,": ("ctrl+x comma",),
        "ctrl+x ,": ("ctrl+x comma",),
        "leader comma": ("ctrl+x comma",),
        "leader ,,f11": ("f11", "ctrl+x comma"),
        "leader , , f11": ("f11", "ctrl+x comma"),
        "f11, leader ,": ("f11", "ctrl+x comma"),
        "alt+,": ("alt+comma",),
        "f11 ,alt + ,,leader e": ("f11", "alt+comma", "ctrl+x e"),
        "ctrl+x alt+,": ("ctrl+x alt+comma",),
        ",": ("comma",),
        "f11,,": ("f11", "comma"),
        "f11, ,": ("f11", "comma"),
        "f11,": ("f11",),
        "f11 , f12": ("f11", "f12"),
        "f11,,f12": ("f11", "f12"),
        "alt++,f12": ("alt+plus", "f12"),
    }.items():
        keys, problems = keymap({"session.pin": written})
        assert not [problem for problem in problems if "session.pin:" in problem], written
        pin = next(command for command in with_keys(keys) if command.id == "session.pin")
        found = {*pin.keys, *pin.browse}
        assert set(expected) <= found, (written, found)
        assert [key for key in found if "comma" in key] == [key for key in expected if "comma" in key], (
            written
        )


def test_chords_of_the_user_replace_the_chords_of_the_table_alone() -> None:
    keys, problems = keymap({"session.pin": "Ctrl + X  g, f11", "copy.text": "leader $"})
    assert problems == ["keys: copy.text took the only key of session.cost; /cost still works."]
    by_id = {command.id: command for command in with_keys(keys)}
    assert by_id["session.pin"].keys == ("f11", "ctrl+x g")
    assert by_id["copy.text"].keys == ("ctrl+y", "ctrl+x dollar_sign")
    assert by_id["session.cost"].keys == ()
    assert by_id["session.rename"].keys == ("ctrl+x t",)
    assert way_to("session.pin", by_id.values()) == "F11"
    left = with_keys(keymap({"prompt.undo": "", "app.quit": ""})[0])
    assert [way_to(each, left) for each in ("prompt.undo", "app.quit")] == ["“Undo”", "/quit"]


def test_the_user_may_have_another_leader_or_none() -> None:
    keys, problems = keymap({"leader": "^T", "app.log": "leader g", "copy.text": "ctrl+x"})
    assert problems == []
    commands = with_keys(keys)
    by_id = {command.id: command for command in commands}
    assert by_id["app.log"].keys == ("f8", "ctrl+t g")
    assert by_id["copy.text"].keys == ("ctrl+x", "ctrl+t y")
    assert leaders(commands) == {"ctrl+t"}
    keys, problems = keymap({"leader": ""})
    assert problems == []
    assert leaders(with_keys(keys)) == frozenset()
    keys, problems = keymap({"leader": "f5"})
    assert problems == []
    assert keys_of("model.switch", with_keys(keys)) == ("ctrl+l",)


def test_whatever_is_written_no_key_has_two_meanings_and_every_problem_is_told() -> None:
    words = [
        "ctrl+x",
        "ctrl+n",
        "f5",
        "e",
        "D",
        "$",
        "leader",
        "escape",
        "up",
        "ctrl+",
        "",
        "ctrl+m",
        "alt+b",
    ]
    ids = [
        "leader",
        "app.help",
        "session.pin",
        "session.new",
        "prompt.send",
        "turn.edit",
        "prompt.older",
        "no",
    ]
    chance = Random(7)
    for _ in range(100):
        table = {
            id_: ",".join(
                " ".join(chance.choices(words, k=chance.choice((1, 1, 2, 3))))
                for _ in range(chance.choice((1, 2)))
            )
            for id_ in chance.sample(ids, 3)
        }
        keys, problems = keymap(table, {"TMUX": "x"})
        commands = with_keys(keys)
        for kind in ("keys", "browse"):
            given = [key for command in commands for key in getattr(command, kind)]
            assert len(given) == len(set(given)), table
        assert leaders(commands).isdisjoint(key for command in commands for key in command.single), table
        assert all(told.startswith("keys: ") and told.endswith((".", "?")) for told in problems), problems
