"""The editor sends exactly what was written, shows nothing dangerous and never stalls."""

from collections.abc import Iterable

import pytest
from rich.containers import Lines
from rich.text import Text
from textual.app import App, ComposeResult
from textual.events import Key, Paste
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Input

from fmtui.ui.prompt import Prompt
from fmtui.ui.prompt_folds import FOLD_CHARACTERS

LINES = ("some words in a line\n" * 12_345).rstrip("\n")
LONG_LINE = "words " * 170_000


class PromptApp(App[None]):
    """A prompt and one more field, recording what is sent."""

    BINDINGS = [
        *((key, f"mark('{key}')") for key in ("escape", "pageup", "pagedown", "ctrl+up", "alt+down", "f4")),
        *(
            (key, f"mark('{key}')")
            for key in ("ctrl+r", "ctrl+n", "ctrl+o", "ctrl+l", "ctrl+home", "ctrl+end")
        ),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self, send: tuple[str, ...] = ("enter",), newline: tuple[str, ...] = ("ctrl+j", "alt+enter")
    ) -> None:
        super().__init__()
        self.keys = send, newline
        self.sent: list[str] = []
        self.marked: list[str] = []

    def compose(self) -> ComposeResult:
        send, newline = self.keys
        yield Prompt("Ask anything", send_keys=send, newline_keys=newline)
        yield Input()

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self.sent.append(event.text)

    def action_mark(self, key: str) -> None:
        self.marked.append(key)


def prompt_of(pilot: Pilot[None]) -> Prompt:
    return pilot.app.query_one(Prompt)


def shown(pilot: Pilot[None]) -> str:
    """Return what the terminal would be given for the prompt."""
    prompt = prompt_of(pilot)
    return "\n".join(prompt.render_line(y).text for y in range(prompt.size.height))


async def paste(pilot: Pilot[None], text: str) -> None:
    pilot.app.post_message(Paste(text))  # as the driver does; the app hands it to the focused widget
    await pilot.pause()


async def test_enter_sends_and_empties_the_editor() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press(*"Hello", "enter")
        assert prompt_of(pilot).value == ""
    assert app.sent == ["Hello"]


@pytest.mark.parametrize("key", ["ctrl+j", "alt+enter", "shift+enter"])
async def test_other_enters_add_a_line(key: str) -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press("a", key, "b", "enter")
    assert app.sent == ["a\nb"]


async def test_a_backslash_at_the_end_of_the_line_makes_enter_add_a_line() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press("a", "backslash", "enter", "b", "enter")
    assert app.sent == ["a\nb"]


async def test_a_backslash_before_the_cursor_but_not_at_the_end_is_sent() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press("backslash", "b", "left", "enter")
    assert app.sent == ["\\b"]


@pytest.mark.parametrize("keys", [(), ("space",), ("ctrl+j", "space", "ctrl+j")])
async def test_a_blank_prompt_sends_nothing_and_keeps_what_is_there(keys: tuple[str, ...]) -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press(*keys)
        before = prompt_of(pilot).value
        await pilot.press("enter")
        assert prompt_of(pilot).value == before
    assert app.sent == []


async def test_what_is_typed_right_after_enter_belongs_to_the_next_prompt() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        for key in ("a", "enter", "b"):  # all queued before the first is handled
            prompt.post_message(Key(key, None if key == "enter" else key))
        await pilot.pause()
        assert prompt.value == "b"
    assert app.sent == ["a"]


async def test_the_keys_of_the_screen_reach_the_screen() -> None:
    app = PromptApp()
    keys = [
        "escape",
        "pageup",
        "pagedown",
        "ctrl+up",
        "alt+down",
        "f4",
        "ctrl+r",
        "ctrl+n",
        "ctrl+o",
        "ctrl+l",
    ]
    async with app.run_test() as pilot:
        await pilot.press("a", *keys, "ctrl+home", "ctrl+end")
        assert prompt_of(pilot).value == "a"
    assert app.marked == [*keys, "ctrl+home", "ctrl+end"]


async def test_tab_moves_the_focus_instead_of_writing() -> None:
    async with PromptApp().run_test() as pilot:
        await pilot.press("a", "tab")
        assert prompt_of(pilot).value == "a"
        assert isinstance(pilot.app.focused, Input)


async def test_keys_can_be_changed() -> None:
    app = PromptApp(send=("ctrl+s",), newline=("enter",))
    async with app.run_test() as pilot:
        await pilot.press("a", "enter", "b", "ctrl+s")
    assert app.sent == ["a\nb"]


async def test_it_grows_with_its_text_to_a_third_of_the_screen() -> None:
    async with PromptApp().run_test(size=(60, 30)) as pilot:
        prompt = prompt_of(pilot)
        heights = []
        for _ in range(15):
            heights.append(prompt.size.height)
            await pilot.press("ctrl+j")
        assert heights[:4] == [1, 2, 3, 4]
        assert heights[-1] == 9


async def test_the_placeholder_is_shown_while_it_is_empty() -> None:
    async with PromptApp().run_test() as pilot:
        assert "Ask anything" in shown(pilot)
        await pilot.press("x")
        assert "Ask anything" not in shown(pilot)


async def test_undo_and_redo_work() -> None:
    async with PromptApp().run_test() as pilot:
        await pilot.press(*"one")
        await paste(pilot, " two")
        await pilot.press("ctrl+underscore")
        assert prompt_of(pilot).value == "one"
        await pilot.press("ctrl+y")
        assert prompt_of(pilot).value == "one two"
        # With a scroll bar that comes and goes.
        lines = "\n".join(map(str, range(40)))
        await paste(pilot, lines)
        await pilot.press("ctrl+underscore")
        assert prompt_of(pilot).value == "one two"
        await pilot.press("ctrl+y")
        assert prompt_of(pilot).value == f"one two{lines}"


async def test_what_was_sent_last_comes_back_with_undo() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        await pilot.press(*"one", "enter")
        await paste(pilot, LINES)
        await pilot.press("enter", *"three")
        await pilot.press("ctrl+underscore")
        assert prompt.value == ""
        await pilot.press("ctrl+underscore")
        assert prompt.value == LINES
        await pilot.press("ctrl+underscore")
        assert prompt.value == LINES, "what was sent before it may have had labels"
        await pilot.press("ctrl+y", "ctrl+y")
        assert prompt.value == "three"
        assert app.sent == ["one", LINES]
        # What belongs to another session does not come back.
        prompt.take()
        await pilot.press("ctrl+underscore")
        assert prompt.value == ""


async def test_a_command_that_is_refused_comes_back_unless_something_else_was_typed() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        await pilot.press(*"/retry x", "enter")
        prompt.take_back("/retry x")
        await pilot.press("!")
        prompt.take_back("/retry x")
        assert prompt.value == "/retry x!"
        # A prompt that waits for the end of the command waits on.
        prompt.take()
        prompt.restore("ask this")
        await pilot.press(*"/retry x", "enter")
        prompt.take_back("/retry x")
        assert (prompt.value, prompt.unsent) == ("/retry x", "ask this\n/retry x")
        await pilot.press("!", "enter")
        prompt.take_back("/retry x")
        assert prompt.value == "ask this"


async def test_a_text_put_back_stands_before_what_was_typed_since() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press(*"second")
        prompt_of(pilot).restore("first")
        await pilot.press("!")
        assert prompt_of(pilot).value == "first\nsecond!"
        await pilot.press(*["ctrl+underscore"] * 3)
        assert prompt_of(pilot).value == "", "undoing goes on with what was typed before"
        await pilot.press(*["ctrl+y"] * 3)
        assert prompt_of(pilot).value == "first\nsecond!"


async def test_putting_back_nothing_changes_nothing() -> None:
    async with PromptApp().run_test() as pilot:
        await pilot.press(*"typed")
        prompt_of(pilot).restore("")
        assert prompt_of(pilot).value == "typed"


@pytest.mark.parametrize("text", [LINES, LONG_LINE], ids=["many lines", "one line"])
async def test_a_large_paste_is_one_label_and_sent_in_full(text: str) -> None:
    app = PromptApp()
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press(*"See: ")
        await paste(pilot, text)
        await pilot.press("!")
        assert prompt_of(pilot).size.height == 1
        assert "See: ⟦pasted" in shown(pilot)
        assert prompt_of(pilot).value == f"See: {text}!"
        await pilot.press("enter")
    assert app.sent == [f"See: {text}!"]


async def test_the_label_says_how_much_it_stands_for() -> None:
    async with PromptApp().run_test(size=(120, 30)) as pilot:
        await paste(pilot, LINES)
        assert "⟦pasted 259 kB · 12,345 lines #1⟧" in shown(pilot)


async def test_small_pastes_are_shown() -> None:
    async with PromptApp().run_test() as pilot:
        await paste(pilot, "x" * FOLD_CHARACTERS)
        assert "⟦" not in prompt_of(pilot).text


async def test_a_label_is_deleted_as_a_whole_and_comes_back_with_undo() -> None:
    async with PromptApp().run_test(size=(120, 30)) as pilot:
        await pilot.press("a")
        await paste(pilot, LINES)
        await pilot.press("backspace")
        assert prompt_of(pilot).value == "a"
        await pilot.press("ctrl+underscore")
        assert prompt_of(pilot).value == "a" + LINES


async def test_typing_inside_a_label_cannot_break_it() -> None:
    async with PromptApp().run_test(size=(120, 30)) as pilot:
        await paste(pilot, LINES)
        prompt_of(pilot).move_cursor((0, 5))  # as a click does
        await pilot.press("b")
        assert prompt_of(pilot).value == LINES + "b"


async def test_a_large_prompt_put_back_is_folded_as_it_was() -> None:
    app = PromptApp()
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press(*"See: ")
        await paste(pilot, LINES)
        drawn = prompt_of(pilot).text
        await pilot.press("enter")
        prompt_of(pilot).restore(app.sent[0])
        assert prompt_of(pilot).text == drawn
        assert prompt_of(pilot).value == app.sent[0]


async def test_a_large_draft_of_another_run_is_folded_too() -> None:
    async with PromptApp().run_test() as pilot:
        prompt_of(pilot).restore(LONG_LINE)
        assert prompt_of(pilot).text.startswith("⟦pasted 1.0 MB · 1 line")
        assert prompt_of(pilot).take() == LONG_LINE
        assert prompt_of(pilot).value == ""


async def test_a_label_that_a_user_writes_is_only_text() -> None:
    async with PromptApp().run_test() as pilot:
        await paste(pilot, "⟦pasted 1 MB · 1 line #7⟧")
        assert prompt_of(pilot).value == "⟦pasted 1 MB · 1 line #7⟧"


async def test_controls_are_shown_as_signs_and_sent_as_they_were() -> None:
    nasty = "a\x1b]52;c;eA==\x07b\x9b31mc\u202ed\x0ce\u2028f\x85g\x00"
    app = PromptApp()
    async with app.run_test() as pilot:
        await paste(pilot, nasty)
        drawn = shown(pilot)
        assert not set(drawn) & set("\x1b\x07\x9b\u202e\x0c\u2028\x85\x00")
        assert "a␛]52;c;eA==␇b" in drawn
        assert prompt_of(pilot).size.height == 1
        await pilot.press("enter")
    assert app.sent == [nasty]


async def test_line_ends_of_other_systems_become_line_feeds() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await paste(pilot, "a\r\nb\rc")
        await pilot.press("enter")
    assert app.sent == ["a\nb\nc"]


async def test_what_is_copied_is_free_of_escape_bytes_and_labels() -> None:
    async with PromptApp().run_test() as pilot:
        await paste(pilot, "a\x1b[31mb ")
        await paste(pilot, LINES)
        await pilot.press("f7", "ctrl+c")
        assert pilot.app.clipboard == "a[31mb " + LINES


async def test_markup_in_the_text_is_only_text() -> None:
    async with PromptApp().run_test() as pilot:
        await paste(pilot, "[red]x[/y]")
        assert "[red]x[/y]" in shown(pilot)


async def test_an_editor_that_was_just_removed_can_still_be_asked_to_draw() -> None:
    """Textual draws a frame from the old layout now and then; that must not end the app."""
    app = PromptApp()
    async with app.run_test():
        editor = app.query_one(Prompt)
        await editor.remove()
        assert [strip.text for strip in editor.render_lines(Region(0, 0, 3, 2))] == ["   ", "   "]


async def test_a_long_line_is_divided_into_rows_once_for_all_that_are_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = PromptApp()
    async with app.run_test(size=(40, 30)) as pilot:
        prompt = prompt_of(pilot)
        prompt.load_text("first\n" + "abcd " * 200)
        prompt.move_cursor(prompt.document.end)
        await pilot.pause()
        divided: list[int] = []
        divide = Text.divide

        def counted(text: Text, offsets: Iterable[int]) -> Lines:
            divided.append(len(text))
            return divide(text, offsets)

        monkeypatch.setattr(Text, "divide", counted)
        prompt.insert("x")
        await pilot.pause()
        drawn = prompt.render_lines(Region(0, 0, *prompt.size))
        assert len(drawn) > 5
        assert drawn[-1].text.rstrip().endswith("abcd x")
        assert divided.count(max(divided)) == 1, "others find the cursor, without its own column"


async def test_a_command_typed_behind_a_prompt_that_came_back_is_a_command_and_the_prompt_comes_again() -> (
    None
):
    app = PromptApp()
    async with app.run_test() as pilot:
        prompt = prompt_of(pilot)
        prompt.restore("ask\nthis")
        await pilot.press(*"/mo")
        assert (prompt.value, prompt.unsent) == ("/mo", "ask\nthis\n/mo")
        await pilot.press(*"del x", "enter")
        assert (app.sent, prompt.value) == (["/model x"], "ask\nthis")
        # Emptied, or given up: it comes back, and what was typed with it.
        await pilot.press("/", "backspace")
        assert prompt.value == "ask\nthis"
        await pilot.press(*"/bin")
        assert (prompt.give_up(), prompt.value, prompt.give_up()) == (True, "ask\nthis", False)
        await pilot.press("ctrl+underscore")
        assert prompt.value == "ask\nthis/bin"
        # What is written on is a prompt, and so is a path; a command that was begun before stays one.
        prompt.take()
        prompt.restore("see")
        await pilot.press(*" /x", "enter")
        assert app.sent[1:] == ["see /x"]
        await pilot.press(*"/mod")
        prompt.restore("later")
        prompt.restore("first")
        assert (prompt.value, prompt.unsent) == ("/mod", "first\nlater\n/mod")
        assert prompt.take() == "first\nlater\n/mod"
        assert (prompt.value, prompt.unsent, prompt.keeps) == ("", "", False)
        await pilot.press(*"/etc/x")
        prompt.restore("look at")
        assert prompt.value == "look at\n/etc/x"
