"""The Linux console: fonts of 256 glyphs, sixteen colours of which the bright ones are the bold ones."""

from __future__ import annotations

import ctypes
import errno
import struct
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style

from fmtui.ui.pace import Pace
from fmtui.ui.terminal.abilities import fit_colours, has_many
from fmtui.ui.terminal.glyphs import USUAL, Glyphs, glyphs_of, unjoined
from fmtui.ui.terminal.looks import Looks
from fmtui.ui.terminal_driver import TerminalDriver

OWN = "▌▐▏▕╭╮╰╯━┃┏┓┗┛▸▾●◆★□☐☑✓✗◦▪⟦⟧“”‘’–…×▁▄▔█"
"""What fmtui itself draws, beside letters and plain lines."""


def kernel(characters: str, *, most: int = 0) -> object:
    """Return what answers as the kernel does for a font with some characters."""

    def ask(_number: int, _request: int, question: bytearray) -> int:
        room, address = struct.unpack("HP", question)
        if most > room:
            raise OSError(errno.ENOMEM, "no room")
        pairs = [number for i, character in enumerate(characters) for number in (ord(character), i)]
        ctypes.memmove(address, struct.pack(f"{len(pairs)}H", *pairs), 2 * len(pairs))
        struct.pack_into("H", question, 0, len(characters))
        return 0

    return ask


def refuses(_number: int, _request: int, _question: bytearray) -> int:
    raise OSError(errno.ENOTTY, "no console")


def test_the_characters_of_the_font_are_what_the_kernel_says() -> None:
    found = glyphs_of(0, kernel("☑é▌"))  # type: ignore[arg-type]  # as the kernel
    assert found >= {"☑", "é", "▌", "a", " "}
    assert "●" not in found
    assert glyphs_of(0, refuses) == USUAL
    assert glyphs_of(0, kernel("", most=60_000)) == USUAL  # type: ignore[arg-type]  # same


def test_what_fmtui_draws_is_never_the_mark_of_what_is_unknown() -> None:
    shown = Glyphs(USUAL).shown
    for sign in OWN:
        assert shown(sign) in USUAL - {"?"}, sign
        assert shown(sign) != "■" or sign == "▪", sign
    assert len({shown(sign) for sign in "☐☑"}) == 2
    assert shown("│ a · é") == "│ a · é"
    assert Glyphs(USUAL | {"☑"}).shown("☑ ☐") == "☑ o"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cafe\u0301.", "café."),
        ("x\u0323y", "xy"),
        ("日本 語", "■ ■  ■ "),
        ("a🍪b", "a■ b"),
        ("👩\u200d🍳|🇨🇭|❤\ufe0f", "■ |■■|■ "),
        ("ﬁ③é★", "■3é*"),
        ("\x1b[1m★\x1b[22m…\x1b[3;4H", "\x1b[1m*\x1b[22m.\x1b[3;4H"),
        ("only ASCII\r\n", "only ASCII\r\n"),
    ],
)
def test_everything_takes_the_columns_it_had(text: str, expected: str) -> None:
    shown = Glyphs(USUAL).shown(text)
    assert shown == expected
    if "\x1b" not in text:
        assert cell_len(shown) == cell_len(text)


def test_of_joined_emoji_screen_gets_the_first() -> None:
    for joined, first in (
        ("👩\u200d🍳", "👩"),
        ("👨\u200d👩\u200d👧", "👨"),
        ("🏃🏽\u200d♂\ufe0f", "🏃"),
        ("👍🏽", "👍"),
    ):
        assert unjoined(f"a {joined} b") == f"a {first} b"
        assert cell_len(joined) == cell_len(first)
    for kept in ("क्\u200dष", "🇨🇭 🍪", "cafe\u0301", "plain"):
        assert unjoined(kept) == kept


def test_the_console_gets_each_look_from_nothing() -> None:
    bright, grey = Style.parse("bright_white on black"), Style.parse("white on black")
    usual, console = Looks(ColorSystem.STANDARD), Looks(ColorSystem.STANDARD, afresh=True)
    assert usual.change(usual.of(bright), usual.of(grey)) == "\x1b[37m"
    assert console.change(console.of(bright), console.of(grey)) == "\x1b[0;37;40m"
    assert console.change(console.of(grey), console.default) == "\x1b[m"


def test_what_is_known_to_have_few_colours_gets_a_theme_of_these() -> None:
    for few in ({"TERM": "linux"}, {"TERM": "xterm"}, {"TERM": "screen"}, {"TERM": "vt100"}):
        assert not has_many(few)
        assert has_many({**few, "COLORTERM": "truecolor"})
    for many in ({}, {"TERM": "xterm-256color"}, {"TERM": "xterm-kitty"}, {"TERM": "alacritty"}):
        assert has_many(many)
    assert has_many({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"})
    assert not has_many({"TERM": "screen", "STY": "1.pts-0", "COLORTERM": "truecolor"})


def colours(environ: dict[str, str], *, low: bool = False) -> str | None:
    """Return the colours that are written in an environment."""
    console = Console(force_terminal=True, _environ=environ)
    fit_colours(console, environ, low=low)
    return console.color_system


def test_screen_gets_no_colours_that_only_the_terminal_around_it_has() -> None:
    """It hands COLORTERM on, and takes such a colour for dim text on another background."""
    around = {"STY": "1.pts-0", "COLORTERM": "truecolor"}
    assert colours({**around, "TERM": "screen.xterm-256color"}) == "256"
    assert colours({**around, "TERM": "screen"}) == "standard"
    assert colours({**around, "TERM": "screen"}, low=True) == "standard"
    assert colours({**around, "TERM": "tmux-256color", "TMUX": "/x"}) == "truecolor"


def test_xterm_itself_gets_its_256_colours() -> None:
    assert colours({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"}) == "256"
    assert colours({"TERM": "foot"}) == "256"  # over SSH, where COLORTERM is not handed on
    assert colours({"TERM": "xterm"}) == "standard"
    assert colours({"TERM": "x", "COLORTERM": "truecolor"}) == "truecolor"
    assert colours({"TERM": "x", "COLORTERM": "truecolor"}, low=True) == "256"


def test_only_what_needs_it_gets_other_characters(tmp_path: Path) -> None:
    def fit_of(environ: dict[str, str]) -> object:
        driver = object.__new__(TerminalDriver)
        driver._environ = environ
        driver.pace = Pace()
        with (tmp_path / "terminal").open("w") as file:
            return driver._output(file).fit

    assert fit_of({"TERM": "screen", "STY": "1.a"}) is unjoined
    assert fit_of({"TERM": "xterm-256color"}) is None
    fit = fit_of({"TERM": "linux"})
    assert callable(fit)
    assert fit("★") == "*"
