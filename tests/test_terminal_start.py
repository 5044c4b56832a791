"""The first moments of the app in a real pseudo-terminal: nothing that is typed may be lost."""

from pathlib import Path

from tests.terminal import Terminal, clean_environ, fmtui


def test_what_is_typed_while_the_app_starts_is_in_the_prompt(tmp_path: Path) -> None:
    with Terminal(fmtui("-e", "demo"), clean_environ(tmp_path)) as terminal:
        terminal.type("before ")
        terminal.until(lambda t: b"\x1b[?1049h" in t.raw)  # the screen is taken, nothing is drawn yet
        terminal.type("and while")
        terminal.until("before and while")
        terminal.type("\r")
        terminal.until("You wrote 3 words")
        terminal.type("\x11")
        assert terminal.wait() == 0
