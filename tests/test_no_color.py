"""NO_COLOR in a real terminal: no colour is written, and what stood out by it does so otherwise."""

import re
from pathlib import Path

from fmtui.ui.terminal.glyphs import USUAL
from tests.terminal import Terminal, clean_environ, fmtui

STYLES = re.compile(rb"\x1b\[([\d;:]*)m")
PLAIN = {"", *map(str, (0, 1, 2, 3, 4, 7, 9, 22, 23, 24, 27, 29, 39, 49))}
"""Codes that set no colour: attributes, and the terminal's own colours."""


def codes(raw: bytes) -> set[str]:
    """Return the codes that set how text looks."""
    return {code for found in STYLES.findall(raw) for code in found.decode().split(";")}


def test_the_app_writes_no_colours_and_shows_cursor_and_roles_without(tmp_path: Path) -> None:
    environ = clean_environ(tmp_path, NO_COLOR="1")
    with Terminal(fmtui("-e", "demo", "--theme", "nord"), environ) as terminal:
        terminal.until("F1 help")
        terminal.type("some words\r")
        terminal.until("You wrote 2 words")
        terminal.type("\x0f")  # a dialog
        terminal.until("Enter opens")
        terminal.type("\x1b")
        terminal.until(lambda t: "Enter opens" not in t.text)
        terminal.type("\x11")
        assert terminal.wait() == 0
    used = codes(bytes(terminal.raw))
    assert used <= PLAIN
    assert {"1", "2", "7"} <= used


def test_the_linux_console_gets_what_its_font_and_its_colours_can_show(tmp_path: Path) -> None:
    environ = clean_environ(tmp_path, TERM="linux", COLORTERM="")
    with Terminal(fmtui("-e", "demo"), environ) as terminal:
        terminal.until("F1 help")
        terminal.type("markdown\r")
        terminal.until("That was the tour.")
        terminal.type("\x10")  # a dialog
        terminal.until("Enter does it")
        terminal.type("\x1b\x11")
        assert terminal.wait() == 0
    raw = bytes(terminal.raw)
    assert set(raw.decode()) - {"\x1b", "\r", "\n", "\b"} <= USUAL | {"\x07"}
    assert all(code.split(b";")[0] in (b"", b"0") for code in STYLES.findall(raw)), "bright is bold there"
    assert codes(raw).isdisjoint({"38", "48"}), "it has sixteen colours"
    assert {"35", "94"} <= codes(raw)


def test_commands_write_bold_and_dim_where_the_terminal_can(tmp_path: Path) -> None:
    environ = clean_environ(tmp_path, NO_COLOR="1")
    with Terminal(fmtui("doctor", "-e", "demo"), environ) as terminal:
        terminal.wait()
    assert codes(bytes(terminal.raw)) == {"0", "1", "2"}
    with Terminal(fmtui("doctor", "-e", "demo"), {**environ, "TERM": "dumb"}) as terminal:
        terminal.wait()
    assert codes(bytes(terminal.raw)) == set()
