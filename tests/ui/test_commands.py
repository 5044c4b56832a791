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
from fmtui.ui.command import LEADER, key_label
from fmtui.ui.commands import (
    COMMANDS,
    bindings,
    browse_bindings,
    keys_of,
    slash_command,
    with_keys,
)
from fmtui.ui.key_doubts import doubt, kept
from fmtui.ui.keymap import keymap
from fmtui.ui.palette import Palette


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
        [slash for command in COMMANDS for slash in command.slashes],
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
                await pilot.press(*command.single)
    expected = [command.id for command in COMMANDS if not command.of_prompt for _ in command.single]
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
        ("ctrl+x e", "Ctrl+X e"),
        ("ctrl+x dollar_sign", "Ctrl+X $"),
    ],
)
def test_keys_are_shown_as_people_write_them(key: str, label: str) -> None:
    assert key_label(key) == label


def test_an_unknown_command_has_no_keys() -> None:
    with pytest.raises(KeyError):
        keys_of("no.such")


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
    keys, problems = keymap({"app.help": "q", "view.find_next": "o, f11", "copy.text": "ctrl+t"})
    assert problems == []
    commands = with_keys(keys)
    by_id = {command.id: command for command in commands}
    assert (by_id["app.help"].keys, by_id["app.help"].browse) == (("f1",), ("q",))
    assert (by_id["view.find_next"].keys, by_id["view.find_next"].browse) == (("f11", "ctrl+x n"), ("o",))
    assert (by_id["copy.text"].keys, by_id["copy.text"].browse) == (
        ("ctrl+t", "ctrl+x y"),
        ("y",),
    )

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
    ids = {command.id for command in COMMANDS}
    assert [command.id for command in COMMANDS if not command.keys] == []
    assert ids == {row.id for row in Palette().matching("")}
    # What acts on the text that is being typed would act on its own name.
    untyped = {command.id for command in COMMANDS if not command.slash}
    assert untyped == {
        *("prompt.send", "prompt.newline", "prompt.undo", "prompt.redo", "prompt.newer"),
        *("prompt.word_left", "prompt.word_right", "prompt.kill_word", "prompt.kill_word_left"),
        *("prompt.kill_word_right", "prompt.kill_to_start", "prompt.kill_to_end"),
    }


def test_a_letter_of_the_conversation_does_the_same_behind_the_leader() -> None:
    followers = {chord.partition(" ")[2]: command.id for command in COMMANDS for chord in command.chords}
    letters = {
        key: command.id
        for command in COMMANDS
        for key in command.browse
        if key not in {"tab", "shift+tab", "enter", "space", "left", "right"}
    }
    assert len(letters) > 20
    assert {key: followers[key] for key in letters} == letters
    assert {chord.partition(" ")[0] for command in COMMANDS for chord in command.chords} == {LEADER}
    for environ in ({"TMUX": "x"}, {"STY": "x"}, {"ZELLIJ": "x"}):
        steps = {step for command in COMMANDS for chord in command.chords for step in chord.split()}
        assert [why for step in steps if (why := doubt(step, environ))] == []


def test_older_names_still_run_their_commands() -> None:
    for old, id_ in (
        ("delete", "session.delete"),
        ("undelete", "session.undelete"),
        ("restore", "turn.undelete"),
    ):
        found = slash_command(f"/{old}")
        assert found is not None
        assert found[0].id == id_
        assert found[0].slash != old


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
