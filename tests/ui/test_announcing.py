"""What is written to the terminal when a long reply ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.app import App

from fmtui.core.chat import Failure, Outcome, Timing, Turn
from fmtui.core.config_terminal import NotifyBy, TerminalTable
from fmtui.ui.chat_announcing import announce, sequence, words_for
from fmtui.ui.terminal.app import LeanApp
from tests.ui import rig

BELL = "\x07"


def reply(took_s: float, outcome: Outcome = "complete", error: Failure | None = None) -> Turn:
    return Turn("a", "assistant", "text", outcome=outcome, error=error, timing=Timing(1.0, took_s))


class Ringing(LeanApp, App[object]):
    """Notes what would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def send_to_terminal(self, data: str) -> None:
        self.sent.append(data)


@pytest.mark.parametrize(
    ("by", "environ", "written"),
    [
        ("off", {}, ""),
        ("bell", {"TMUX": "x"}, BELL),
        ("osc9", {}, "\x1b]9;fmtui: done, ␛]52␇\x07"),
        ("osc777", {}, "\x1b]777;notify;fmtui;done, ␛]52␇\x07"),
        ("osc9", {"TMUX": "x"}, "\x1bPtmux;\x1b\x1b]9;fmtui: done, ␛]52␇\x07\x1b\\"),
        ("osc9", {"STY": "x"}, "\x1bP\x1b]9;fmtui: done, ␛]52␇\x07\x1b\\"),
    ],
)
def test_a_title_cannot_end_the_sequence_or_begin_another(
    by: NotifyBy, environ: dict[str, str], written: str
) -> None:
    assert sequence(by, "done; \x1b]52\x07\n", environ) == written


def test_the_words_say_which_session_and_how_it_ended() -> None:
    assert words_for("Cookies", reply(75)) == "“Cookies” is answered after 1 min 15 s"
    failed = reply(21, "error", Failure("server", "broken", 500, ""))
    assert words_for("", failed).startswith("“fmtui” ended with an error after 21")
    assert "was cut off" in words_for("x" * 200, reply(21, "cut_off"))


async def test_a_long_reply_rings_unless_the_user_is_seen_to_be_there() -> None:
    app = Ringing()
    async with app.run_test() as pilot:

        def ring(turn: Turn, setting: TerminalTable | None = None) -> list[str]:
            app.sent.clear()
            announce(app, setting or TerminalTable(), {}, "Cookies", turn)
            return app.sent

        assert ring(reply(19.9)) == []
        assert ring(reply(20.0)) == [BELL], "a terminal that does not tell of the focus"
        assert ring(reply(99.0, "stopped")) == []
        assert ring(reply(5.0), TerminalTable(notify="osc9", notify_after=5.0)) == [
            "\x1b]9;fmtui: “Cookies” is answered after 5.0 s\x07"
        ]
        app.post_message(events.AppBlur())
        await pilot.pause()
        assert ring(reply(20.0)) == [BELL]
        app.post_message(events.AppFocus())
        await pilot.pause()
        assert ring(reply(20.0)) == []


async def test_what_is_typed_goes_to_the_prompt_also_after_a_start_in_the_background(tmp_path: Path) -> None:
    shown = rig.app(tmp_path, rig.ScriptedTransport())
    async with shown.run_test() as pilot:
        shown.screen.set_focus(None)  # as it is when the terminal tells so before the first frame
        shown.post_message(events.AppBlur())
        await pilot.pause()
        await pilot.press(*"hello")
        assert rig.chat_screen(pilot).prompt.value == "hello"
