"""What fmtui writes to a terminal: every sequence, by name or exact form, and what is none of it.

Whatever is not here was put there by somebody else. What sets the terminal up and gives it
back is known byte by byte, with how often it may come. What draws is known by its form, and its
numbers are bounded by the window: `EVIL` has sequences of each form with numbers that fmtui
never writes, so that none of them can pass for ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

ACTS = (
    *("\x1b]52;c;ZXZpbA==\x07", "\x1b]0;owned\x07", "\x1b]2;owned\x1b\\", "\x1b]8;;http://evil\x1b\\"),
    *(
        "\x1b]22;wait\x07",
        "\x1b]4;1;#000000\x07",
        "\x1b]1337;File=:AA\x07",
        "\x1bPq#0\x1b\\",
        "\x1bP+q544e\x1b\\",
    ),
    *("\x1b_Gf=100;AAAA\x1b\\", "\x1b^pm\x1b\\", "\x1bXs\x1b\\", "\x1b[2J", "\x1b[3J", "\x1b[2K", "\x1b[1K"),
    *("\x1b[6n", "\x1b[5n", "\x1b[c", "\x1b[>c", "\x1b[21t", "\x1b[8;9;9t", "\x1b[s", "\x1b[u", "\x1b[!p"),
    *("\x1b[?1049l", "\x1b[?1049h", "\x1b[?47h", "\x1b[?25h", "\x1b[?1000h", "\x1b[?2004l", "\x1b[?2026h"),
    *(
        "\x1b[?7l",
        "\x1b[?1004h",
        "\x1b[>25u",
        "\x1b[<u",
        "\x1b[4h",
        "\x1b[20h",
        "\x1b[5i",
        "\x1b[3g",
        "\x1b[6 q",
    ),
    *(
        "\x1b[31m",
        "\x1b[8m",
        "\x1b[777;777H",
        "\x1b[777A",
        "\x1b[777C",
        "\x1b[777X",
        "\x1b[777d",
        "\x1b[3;777r",
    ),
    *(
        "\x1b[777G",
        "\x1b[7L",
        "\x1b[7M",
        "\x1b[7P",
        "\x1b[7@",
        "\x1b[7S",
        "\x1b[7T",
        "\x1b[7b",
        "\x1b[7Z",
        "\x1b[f",
    ),
    *(
        "\x1bc",
        "\x1b7",
        "\x1b8",
        "\x1bD",
        "\x1bE",
        "\x1bH",
        "\x1b=",
        "\x1b>",
        "\x1b(0",
        "\x1b#8",
        "\x1b%@",
        "\x1bn",
    ),
    *("\x9b31m", "\x9b2J", "\x9d52;c;eA==\x9c", "\x90q\x9c", "\x84", "\x85", "\u202e", "\u2066\u2069"),
    *("\x00", "\x05", "\x07", "\x0b", "\x0c", "\x0e", "\x0f", "\x18", "\x1a", "\x7f"),
)
"""One of everything that acts on a terminal, none of it as fmtui writes it, at this size of the window."""
EVIL = f"{''.join(ACTS)}\x08\ud800[/x][bold]"

_ONCE: dict[bytes, int] = {
    **{b"\x1b[?%d%c" % (mode, sign): 1 for mode in (1049, 1004, 2004, 25, 7) for sign in b"hl"},
    # Textual sets the mouse up, and gives it back, a second time when the terminal did not say what it can.
    **{b"\x1b[?%d%c" % (mode, sign): 2 for mode in (1000, 1003, 1006, 1015) for sign in b"hl"},
    **dict.fromkeys((b"\x1b[22;0t", b"\x1b[23;0t"), 1),  # the title that was there before
    **{b"\x1b[?%d%c" % (mode, sign): 1 for mode in (1036, 1039) for sign in b"shr"},  # how Alt keys are sent
    b"\x1b[m\x1b[H\x1b[J": 1,  # a terminal without a second screen is left empty
    **dict.fromkeys((b"\x1b[>25u", b"\x1b[<u", b"\x1b[?2026$p", b"\x1b[?2048$p"), 1),
}
"""What sets the terminal up and gives it back, and how often at most."""
_SGR = rb"(?:[0-9]|2[1-9]|[34]9|[34]8;2;\d+;\d+;\d+)"
_DRAWING = re.compile(
    rb"\x1b\[(?P<sgr>(?:%b(?:;%b)*)?)m" % (_SGR, _SGR)
    + rb"|\x1b\[(?P<numbers>\d{0,3}(?:;\d{1,3})?)H"
    + rb"|\x1b\[(?P<number>\d{0,3})[ABCDGXd]"
    + rb"|\x1b\[(?P<rows>\d{1,3};\d{1,3})?r"
    + rb"|\x1b\]2;(?:[^\x00-\x1f\x7f]{1,240} - )?fmtui\x1b\\"
    + rb"|\x1b\[K|\x1bM|\x1b\]22;(?:default|pointer|text)\x07"
    + rb"|\x1b\]8;(?:;|id=[\w-]*;[a-z]+:[!-~]*)\x1b\\|[\r\n\x08]"
)
_NEVER = frozenset({b"5", b"6", b"8"})
"""Attributes that fmtui never sets: what blinks or is hidden."""
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_UNSEEN = re.compile("[\x80-\x9f\u202a-\u202e\u2066-\u2069\ufffe]")
_PLAIN = re.compile(rb"\r\n|\x1b\[22?m")
_SHOWN = 24


def unexpected(written: bytes, columns: int = 120, rows: int = 40) -> list[bytes]:
    """Return what the app did not write itself, each with a little of what follows."""
    return list(_foreign(written, columns, rows))


def unexpected_lines(written: bytes) -> list[bytes]:
    """Return what acts on a terminal in what a command prints: it may end lines and dim its reasoning."""
    rest = _PLAIN.sub(b"", written)
    found = [rest[at.start() : at.start() + _SHOWN] for at in _CONTROL.finditer(rest) if at.group() != b"\t"]
    return found + _reordering(written)


def _reordering(written: bytes) -> list[bytes]:
    return [sign.encode() for sign in _UNSEEN.findall(written.decode("utf-8", "replace"))]


def _foreign(written: bytes, columns: int, rows: int) -> Iterator[bytes]:
    came: dict[bytes, int] = {}
    at = 0
    while control := _CONTROL.search(written, at):
        at = control.start()
        once = next((known for known in _ONCE if written.startswith(known, at)), b"")
        if once:
            came[once] = came.get(once, 0) + 1
            if came[once] > _ONCE[once]:
                yield written[at : at + _SHOWN]
            at += len(once)
            continue
        drawn = _DRAWING.match(written, at)
        if drawn is None or not _fits(drawn, columns, rows):
            yield written[at : at + _SHOWN]
            at += 1
        else:
            at = drawn.end()
    yield from _reordering(written)


def _fits(drawn: re.Match[bytes], columns: int, rows: int) -> bool:
    """Whether what is drawn is drawn as we do it, and within the window."""
    if (sgr := drawn["sgr"]) is not None:
        return _NEVER.isdisjoint(re.sub(rb"[34]8;2;\d+;\d+;\d+", b"", sgr).split(b";"))
    most = max(columns, rows)
    numbers = drawn["numbers"] or drawn["number"] or drawn["rows"] or b""
    return all(int(number or 1) <= most for number in numbers.split(b";"))
