"""The user's own prompts in the app: chosen, asked for their variables, put to use and taken back."""

from pathlib import Path

from textual.widgets import Input

from fmtui.core.prompt_example import EXAMPLE
from fmtui.ui.system_editor import SystemEditor
from tests.ui.rig import (
    Answer,
    ScriptedTransport,
    app,
    chat,
    chat_screen,
    finish,
    notices,
    say,
    screen_text,
    until,
)


def files(folder: Path) -> Path:
    prompts = folder / "config" / "prompts"
    prompts.mkdir(parents=True)
    (prompts / "review.toml").write_text(EXAMPLE)
    (prompts / "brief.toml").write_text('system = "Be brief."\n')
    (prompts / "greet.toml").write_text('text = "Say hello to {{who}}."\n')
    (prompts / "other.toml").write_text('text = "x"\n[params]\nmodel = "m2"\ntop_p = 0.5\n')
    (prompts / "gone.toml").write_text('text = "y"\n[params]\nendpoint = "nowhere"\n')
    (prompts / "help.toml").write_text('text = "not the command"\n')
    return prompts


async def test_a_prompt_is_chosen_filled_in_and_sent_with_its_system_prompt(tmp_path: Path) -> None:
    folder = files(tmp_path)
    transport = ScriptedTransport(*(Answer([chat("ok"), finish()]) for _ in range(3)))
    async with app(tmp_path, transport).run_test(size=(80, 24)) as pilot:
        await until(pilot, "Ask anything")
        screen = chat_screen(pilot)
        prompt = screen.prompt

        # From the list, with what stands in the editor as its input, and its variables shown.
        prompt.insert("x = 1")
        await pilot.press("f12")
        await until(pilot, "6 prompts")
        await pilot.press(*"rev", "enter")
        await until(pilot, "one of bugs, clarity, speed")
        await pilot.press("down", *"x", "enter")
        await until(pilot, "focus must be one of bugs, clarity, speed.")
        await pilot.press("backspace", *["backspace"] * 4, *"speed", "enter")
        await until(pilot, lambda: prompt.value == "Review this with an eye to speed:\n\nx = 1")
        await until(pilot, lambda: any("/system back undoes" in each for each in notices(pilot)))
        await pilot.press("enter")
        await until(pilot, "ok")
        sent = transport.sent()
        assert sent["messages"][0]["content"].startswith("You review Python code.")
        assert sent["temperature"] == 0.2

        # By its own name, with a value; what has none is asked for.
        await say(pilot, "/greet")
        await until(pilot, "Prompt · greet")
        await pilot.press("enter")
        await until(pilot, "who needs a value.")
        await pilot.press(*"Ada", "enter")
        await until(pilot, lambda: prompt.value == "Say hello to Ada.")
        prompt.take()
        await say(pilot, '/greet who="Ada and Bo"')
        await until(pilot, lambda: prompt.value == "Say hello to Ada and Bo.")
        prompt.take()

        # The cursor goes where the input belongs; a command keeps its name.
        await say(pilot, "/review focus=bugs")
        await until(pilot, lambda: "eye to bugs" in prompt.value)
        assert prompt.cursor_location == (2, 0)
        prompt.take()
        await say(pilot, "/prompt help")
        await until(pilot, lambda: prompt.value == "not the command")
        prompt.take()

        # One that takes the input twice gets it twice, with what is attached or pasted left as it is.
        (folder / "twice.toml").write_text('text = "\ue000 A {{input}} B {{input}} C"')
        await say(pilot, "/twice")
        await until(pilot, lambda: prompt.value == "\ue000 A  B  C")
        assert prompt.cursor_location == (0, 4)
        prompt.take()
        prompt.write("long " * 10_000)
        label = prompt.text
        await pilot.press("f12")
        await until(pilot, "7 prompts")
        await pilot.press(*"twice", "enter")
        await until(pilot, lambda: prompt.value.endswith(" C"))
        assert prompt.text.startswith(f"\ue000 A {label} B ")
        assert prompt.value == "\ue000 A {0} B {0} C".format("long " * 10_000)
        prompt.undo()
        prompt.undo()
        assert prompt.text == label
        prompt.take()

        # Of a text that is folded the cursor is behind the label.
        (folder / "much.toml").write_text('text = """' + "line\n" * 999 + '{{input}} end"""')
        await say(pilot, "/much")
        await until(pilot, lambda: prompt.value.endswith("line\n end"))
        assert prompt.cursor_location == prompt.document.end
        prompt.take()

        # A prompt may ask for a model; an endpoint that is not there is told, and the text is used.
        await say(pilot, "/other more")
        await until(pilot, lambda: prompt.value == "x\n\nmore")
        assert (screen._choices.asked().model, screen._choices.asked().top_p) == ("m2", 0.5)
        prompt.take()
        await say(pilot, "/gone")
        await until(pilot, lambda: prompt.value == "y")
        await until(pilot, lambda: any("endpoint nowhere, which is not offered" in n for n in notices(pilot)))
        prompt.take()

        # What is nearly a command or a prompt is not sent: it comes back, and what was meant is told.
        await say(pilot, "/modle")
        await until(pilot, lambda: any("Did you mean /model?" in each for each in notices(pilot)))
        assert prompt.value == "/modle"
        prompt.take()
        await say(pilot, "/them nord")
        await until(pilot, lambda: any("Did you mean /theme?" in each for each in notices(pilot)))
        assert prompt.take() == "/them nord"
        await say(pilot, "/reviw")
        await until(pilot, lambda: any("Did you mean /review?" in each for each in notices(pilot)))
        prompt.take()

        # What no prompt is called is a prompt for the model.
        await say(pilot, "/nothing of that name")
        await until(pilot, lambda: len(transport.requests) == 2)
        assert transport.sent()["messages"][-1]["content"] == "/nothing of that name"


async def test_the_system_prompt_is_shown_set_and_taken_back(tmp_path: Path) -> None:
    folder = files(tmp_path)
    async with app(tmp_path, ScriptedTransport()).run_test(size=(80, 24)) as pilot:
        await until(pilot, "Ask anything")
        screen = chat_screen(pilot)
        await say(pilot, "/system brief")
        await until(pilot, lambda: any("this session's own: “Be brief.”" in each for each in notices(pilot)))
        await say(pilot, "/system")
        await until(pilot, "set for this session")
        editor = pilot.app.screen.query_one(SystemEditor)
        assert editor.value == "Be brief."
        await pilot.press(*" Or not.", "enter")
        await until(pilot, lambda: not pilot.app.screen.is_modal)
        await until(pilot, lambda: screen._choices.asked().system == "Be brief. Or not.")
        await say(pilot, "/system back")
        await until(pilot, lambda: screen._choices.asked().system == "Be brief.")
        await say(pilot, "/system You are a pirate.")
        await until(pilot, lambda: screen._choices.asked().system == "You are a pirate.")
        await say(pilot, "/system breif")
        await until(pilot, lambda: any("Did you mean brief?" in each for each in notices(pilot)))
        await until(pilot, lambda: screen.prompt.value == "/system breif")
        screen.prompt.take()

        # A file that was changed meanwhile is read again, and what is wrong with it is told.
        (folder / "brief.toml").write_text('system = "\x1b]0;x\x07"')
        await say(pilot, "/prompt brief")
        await until(pilot, lambda: any("this is not TOML" in each for each in notices(pilot)))
        await until(pilot, lambda: screen.prompt.value == "/prompt brief")
        screen.prompt.take()
        assert "\x1b" not in screen_text(pilot)

        # What files say acts on nothing in the list of what may be typed, nor where it is asked for.
        (folder / "brief.toml").write_text(
            'description = "a\\u001bb\\u202ec"\ntext = "{{x}}"\n[variables]\nx = {choices = ["d\\u001be"]}'
        )
        await pilot.press(*"/bri")
        await until(pilot, "a␛b�c")
        await pilot.press("tab", "enter")
        await until(pilot, "one of d␛e")
        assert "d␛e" in pilot.app.screen.query_one(Input).placeholder
        await pilot.press("escape")
        await until(pilot, lambda: not pilot.app.screen.is_modal)
        screen.prompt.take()

        # Names are completed behind the commands that take one.
        await pilot.press(*"/prompt gr")
        await until(pilot, "Tab completes")
        await pilot.press("tab")
        assert screen.prompt.value == "/prompt greet"
