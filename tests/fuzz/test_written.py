"""The check itself: it knows what fmtui writes, and lets nothing pass that it does not."""

from __future__ import annotations

import pytest

from tests.fuzz.written import ACTS, unexpected, unexpected_lines

START = (
    b"\x1b[?1049h\x1b[?1000h\x1b[?1003h\x1b[?25l\x1b[?1004h\x1b[>25u\x1b[?2026$p\x1b[?2004h\x1b[?1000h"
    b"\x1b[?7l"
)
DRAWN = (
    b"\x1b[H\x1b[0;1;38;2;1;2;3;48;2;4;5;6mHi\x1b[K\x1b[;7H\x1b[3;120H\x1b[40d\x1b[9G\x1b[12X\x1b[A\x1b[3B\r\n\x08"
    b"\x1b]8;id=1-a;https://h.example/%1B\x1b\\link\x1b]8;;\x1b\\\x1b[2;9r\x1bM\x1b[r\x1b]22;pointer\x07\x1b[m"
)
END = b"\x1b[?2004l\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[?1000l\x1b[?1000l"


def test_what_fmtui_writes_itself_is_expected() -> None:
    assert unexpected(START + DRAWN * 3 + END) == []
    assert unexpected_lines("one\ttwo ␛[2J \ufffd\r\n\x1b[2mthought\x1b[22m\r\n".encode()) == []


@pytest.mark.parametrize("act", ACTS, ids=ascii)
def test_nothing_hostile_passes_for_ours(act: str) -> None:
    written = START + DRAWN + act.encode() + DRAWN + END
    assert unexpected(written), ascii(act)
    assert unexpected_lines(b"one\r\n" + act.encode() + b"two\r\n")


@pytest.mark.parametrize("number", [b"\x1b[121G", b"\x1b[1;121H", b"\x1b[2;121r", b"\x1b[121X"])
def test_no_place_outside_of_the_window_is_ours(number: bytes) -> None:
    assert unexpected(DRAWN + number)
