"""One table of commands: keys, palette, help and slash commands come from it and obey the user."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Input, Static

from fmtui.ui import commands
from fmtui.ui.command import key_label
from fmtui.ui.commands import COMMANDS, READING, bindings, browse_bindings, keys_of, slash_command, with_keys
from fmtui.ui.key_doubts import doubt, kept
from fmtui.ui.keymap import keymap


class KeysApp(App[None]):
    """Records the commands that keys set off while a text field has the focus."""

    BINDINGS = bindings()  # type: ignore[assignment]  # a list of Binding is what Textual reads
    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[str] = []

    def compose(self) -> ComposeResult:
        yield Input()

    def action_command(self, id_: str) -> None:
        self.ran.append(id_)


def test_ids_keys_and_slash_commands_are_unique() -> None:
    for values in (
        [command.id for command in COMMANDS],
        [command.slash for command in COMMANDS if command.slash],
        [key for command in COMMANDS for key in command.keys],
    ):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_no_default_key_is_one_that_plain_terminals_or_multiplexers_keep() -> None:
    used = {key for command in COMMANDS for key in command.keys}
    assert used.isdisjoint(
        {"ctrl+i", "ctrl+m", "ctrl+h", "ctrl+a", "ctrl+b", "ctrl+s", "ctrl+enter", "shift+enter"}
    )


async def test_default_keys_set_off_their_commands_even_from_a_text_field() -> None:
    app = KeysApp()
    async with app.run_test() as pilot:
        for command in COMMANDS:
            if not command.of_prompt:
                await pilot.press(*command.keys)
    expected = [command.id for command in COMMANDS if not command.of_prompt for _ in command.keys]
    assert app.ran == expected


async def test_keys_of_the_user_replace_the_defaults() -> None:
    keys, problems = keymap({"reply.retry": "ctrl+t, F11", "app.theme": "f10"})
    app = KeysApp()
    app.set_keymap(keys)
    async with app.run_test() as pilot:
        await pilot.press("ctrl+t", "f11", "f10", "ctrl+r", "f1")
    assert app.ran == ["reply.retry", "reply.retry", "app.theme", "app.help"]
    assert problems == []


async def test_a_key_that_the_user_gives_away_leaves_its_old_command_and_the_user_hears_of_it() -> None:
    keys, problems = keymap({"reply.retry": "ctrl+n"})
    app = KeysApp()
    app.set_keymap(keys)
    async with app.run_test() as pilot:
        await pilot.press("ctrl+n")
    assert app.ran == ["reply.retry"]
    assert problems == ["keys: reply.retry took the only key of session.new; /new still works."]


async def test_an_empty_entry_takes_the_keys_away() -> None:
    keys, problems = keymap({"app.quit": ""})
    app = KeysApp()
    app.set_keymap(keys)
    async with app.run_test() as pilot:
        await pilot.press("f1")
        assert "app.quit" not in app.ran
    assert problems == []
    assert keys_of("app.quit", with_keys(keys)) == ()


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
        ({"app.help": "n"}, "app.help took the only key of view.find_next; /findnext still works"),
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


def test_a_known_first_word_is_a_command() -> None:
    found = slash_command("/new")
    assert found is not None
    assert (found[0].id, found[1]) == ("session.new", "")


def test_a_command_that_takes_an_argument_gets_it() -> None:
    found = slash_command("/model  llama 70b ")
    assert found is not None
    assert (found[0].id, found[1]) == ("model.switch", "llama 70b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "new",
        "/",
        "/unknown",
        "/New",
        " /new",
        "/newer",
        "/quit smoking, how?",
        "/model a\nb",
        "/etc/hosts",
    ],
)
def test_anything_else_is_a_prompt(text: str) -> None:
    assert slash_command(text) is None


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("ctrl+r", "Ctrl+R"),
        ("f4", "F4"),
        ("n", "n"),
        ("N", "N"),
        ("pageup", "PgUp"),
        ("alt+up", "Alt+↑"),
        ("escape", "Esc"),
    ],
)
def test_keys_are_shown_as_people_write_them(key: str, label: str) -> None:
    assert key_label(key) == label


def test_an_unknown_command_has_no_keys() -> None:
    with pytest.raises(KeyError):
        keys_of("no.such")


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


@pytest.mark.parametrize(
    "key", ["f9", "ctrl+f5", "shift+pageup", "alt+x", "ctrl+space", "alt+enter", "ctrl+up"]
)
def test_keys_that_every_terminal_sends_are_nothing_to_talk_about(key: str) -> None:
    assert doubt(key, {}) == ""


def test_keys_of_the_table_that_a_multiplexer_keeps_are_told_with_another_way() -> None:
    (sentence,) = kept(COMMANDS, {"ZELLIJ": "0"})
    assert sentence.startswith("Zellij keeps ")
    for words in ("Ctrl+N", "Ctrl+Q", "/new", "/quit", "F3", "F2"):
        assert words in sentence
    assert kept(COMMANDS, {"TMUX": "x", "STY": "y"}) == []
    assert kept(COMMANDS, {}) == []


async def test_a_letter_is_a_key_where_nothing_is_typed() -> None:
    keys, problems = keymap({"app.help": "q", "view.find_next": "o, f11", "copy.text": "ctrl+x"})
    assert problems == []
    commands = with_keys(keys)
    by_id = {command.id: command for command in commands}
    assert (by_id["app.help"].keys, by_id["app.help"].browse) == (("f1",), ("q",))
    assert (by_id["view.find_next"].keys, by_id["view.find_next"].browse) == (("f11",), ("o",))
    assert (by_id["copy.text"].keys, by_id["copy.text"].browse) == (("ctrl+x",), ("y",))

    class Reading(Static, can_focus=True):
        BINDINGS = browse_bindings()  # type: ignore[assignment]  # same

    class Host(KeysApp):
        def compose(self) -> ComposeResult:
            yield Reading()
            yield Input()

        def get_default_screen(self) -> Screen[None]:
            return KeysScreen()

    class KeysScreen(Screen[None]):
        def action_command(self, id_: str) -> None:
            app.ran.append(id_)

    app = Host()
    app.set_keymap(keys)
    async with app.run_test() as pilot:
        await pilot.press("q", "n", "o", "y")
        assert app.ran == ["app.help", "view.find_next", "copy.text"]
        pilot.app.query_one(Input).focus()
        await pilot.press("q", "o")
        assert pilot.app.query_one(Input).value == "qo"


def test_every_command_is_reached_by_key_by_palette_and_by_typing_or_there_is_a_reason() -> None:
    """Each way is for those who lack the others: a terminal without the key, a user without the name."""
    typed = {command.id for command in COMMANDS if command.slash}
    # What is typed cannot add a line to what is typed, nor be sent by being typed; and reading block by
    # block is done by keys, with the conversation in view: its commands have one each, and the palette.
    reasons = {command.id for command in COMMANDS if command.of_prompt or command.id.startswith("browse.")}
    assert {command.id for command in COMMANDS} - typed <= reasons
    assert [c.id for c in COMMANDS if c.id in reasons and not (c.keys or c.browse or c.slash)] == []
    # No reason to be only typed: a command without a key can be given one, by the same table.
    keys, problems = keymap({command.id: f"ctrl+f{at}" for at, command in enumerate(COMMANDS[2:14], 1)})
    assert problems == []
    assert set(keys) >= {command.id for command in COMMANDS[2:14]}


def test_nothing_that_is_said_names_a_key_that_the_user_may_have_changed() -> None:
    """Notices, the first screen and the status line ask the table; a dialog's own keys are fixed."""
    named = re.compile(r"\b(Esc|F[0-9]{1,2}|(Ctrl|Alt)\+(?!C\b)[A-Z])\b")
    folder = Path(commands.__file__).parent
    found = []
    for path in [
        *folder.glob("chat_*.py"),
        *(folder / f"{name}.py" for name in ("app", "themed_app", "status")),
    ]:
        tree = ast.parse(path.read_text("utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            f"{path.name}: {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
            if named.search(node.value)
        ]
    assert found == []
