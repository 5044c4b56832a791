"""Which ways lead to the user's clipboard, and what is written and said on each: from values alone."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping

import pytest

from fmtui.core.clipboard import (
    COMMON,
    SCREEN_PIECE,
    Around,
    Form,
    Route,
    fed,
    fits,
    helping,
    innermost,
    sent_words,
    sequence,
    ways,
)
from fmtui.core.tmux import Tmux, tmux_in

XTERM = {"TERM": "xterm-256color"}
LOCAL = {**XTERM, "DISPLAY": ":0"}
SSH = {**XTERM, "SSH_CONNECTION": "a 1 b 22"}
IN_TMUX = {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"}
IN_SCREEN = {"TERM": "screen.xterm-256color", "STY": "1.pts-0.host"}
ALL = frozenset({"wl-copy", "xclip", "xsel", "pbcopy", "clip.exe", "tmux"})
TMUX = Tmux("3.3a", "xterm-256color", "clipboard,RGB", {"set-clipboard": "external"}, "off", {"SHELL": "sh"})


def routes(
    environ: Mapping[str, str], tools: frozenset[str] = frozenset(), tmux: Tmux | None = None, **more: str
) -> list[str]:
    """Return each way as its program, or the form of its sequence."""
    found = ways(Around(environ, tools=tools, tmux=tmux, platform=more.get("platform", "linux")))
    return [route.command[0] if route.command else route.form for route in found.routes]


@pytest.mark.parametrize(
    ("environ", "tools", "expected"),
    [
        (XTERM, ALL, ["plain"]),
        (LOCAL, ALL, ["xclip", "xsel", "plain"]),
        (LOCAL, frozenset(), ["plain"]),
        ({**LOCAL, "WAYLAND_DISPLAY": "wayland-0"}, ALL, ["wl-copy", "xclip", "xsel", "plain"]),
        ({**SSH, "DISPLAY": "localhost:10.0"}, ALL, ["plain"]),
        ({**XTERM, "WSL_DISTRO_NAME": "Debian"}, ALL, ["clip.exe", "plain"]),
        ({"TERM": "linux"}, ALL, []),
        ({"TERM": "dumb"}, ALL, []),
        ({}, ALL, []),
        ({"TERM": "linux", "DISPLAY": ":0"}, ALL, ["xclip", "xsel"]),
        ({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, ALL, []),
        (IN_SCREEN, ALL, ["screen"]),
        ({**IN_SCREEN, "DISPLAY": ":0"}, ALL, ["screen"]),
    ],
)
def test_the_ways_are_those_of_the_environment(
    environ: Mapping[str, str], tools: frozenset[str], expected: list[str]
) -> None:
    assert routes(environ, tools) == expected


def test_a_mac_copies_itself_unless_it_is_far_away() -> None:
    assert routes(XTERM, ALL, platform="darwin") == ["pbcopy", "plain"]
    assert routes(SSH, ALL, platform="darwin") == ["plain"]


@pytest.mark.parametrize(
    ("tmux", "tools", "expected"),
    [
        (TMUX, ALL, ["tmux"]),  # whatever it is set to
        (TMUX, frozenset(), []),
        (TMUX._replace(options={"set-clipboard": "on"}), frozenset(), ["plain"]),
        (TMUX._replace(passes="on"), frozenset(), ["tmux"]),
        (TMUX._replace(passes="all"), frozenset(), ["tmux"]),
        (TMUX._replace(version="3.1c", passes=""), ALL, ["tmux"]),  # which passed everything on
        (TMUX._replace(outer="tmux-256color", passes="on"), frozenset(), ["tmux+tmux"]),
        (None, ALL, ["tmux+plain"]),
        (TMUX._replace(environ={"DISPLAY": ":0"}), ALL, ["xclip", "xsel", "tmux"]),
        (TMUX._replace(environ={"DISPLAY": ":0", "SSH_CONNECTION": "a"}), ALL, ["tmux"]),
    ],
)
def test_within_tmux_it_depends_on_what_tmux_says(
    tmux: Tmux | None, tools: frozenset[str], expected: list[str]
) -> None:
    # The variables of the window are those of whoever opened it, who may have been elsewhere.
    assert routes({**IN_TMUX, "DISPLAY": ":0"}, tools, tmux) == expected


def test_two_in_one_another_are_told_apart() -> None:
    both = {**IN_TMUX, **IN_SCREEN}
    assert innermost({**both, "TERM": "tmux-256color"}) == "tmux"
    assert innermost({**both, "TERM": "screen"}) == "screen"
    assert innermost({**both, "TERM": "screen"}, ("bash", "tmux: server", "bash", "screen")) == "tmux"
    assert innermost({**both, "TERM": "screen"}, ("bash", "screen", "bash", "tmux: server")) == "screen"
    in_screen = TMUX._replace(outer="screen.xterm", features="256", passes="on")
    assert routes({**both, "TERM": "tmux-256color"}, frozenset(), in_screen) == ["tmux+screen"]
    (route,) = ways(Around({**both, "TERM": "tmux-256color"}, tools=ALL, tmux=in_screen)).routes
    assert not route.likely
    assert routes(both, ALL, TMUX) == ["tmux", "screen"]  # screen within tmux, which can still be asked


def test_why_there_is_none_is_said_with_what_mends_it() -> None:
    closed = ways(Around(IN_TMUX, tmux=TMUX))
    assert closed.why_none == "tmux passes no copies on, as set-clipboard is external."
    assert closed.mend == "tmux set -s set-clipboard on"
    assert "TERM=linux" in ways(Around({"TERM": "linux"})).why_none


def unwrapped(form: Form, data: str) -> list[str]:
    """Take away what those in between take away; return what each terminal gets."""
    if form in ("tmux", "tmux+screen", "tmux+tmux", "tmux+plain"):
        found = re.findall(r"\x1bPtmux;((?:\x1b\x1b|[^\x1b])*)\x1b\\", data)
        inner = [each.replace("\x1b\x1b", "\x1b") for each in found]
        if form == "tmux+screen":
            return unwrapped("screen", "".join(inner))
        if form == "tmux+tmux":
            return [inner[0], *unwrapped("tmux", inner[1])]
        return [*inner, *([data[: data.index("\x1bPtmux")]] if form == "tmux+plain" else [])]
    if form == "screen":
        pieces = re.findall(r"\x1bP(.*?)\x1b\\", data, re.DOTALL)
        assert all(len(piece) <= SCREEN_PIECE for piece in pieces)
        return ["".join(pieces)]
    return [data]


@pytest.mark.parametrize("form", ["plain", "tmux", "screen", "tmux+screen", "tmux+tmux", "tmux+plain"])
def test_every_form_comes_out_as_one_whole_sequence(form: Form) -> None:
    text = "grüße\n\t“100 %”\n" * 200
    for got in unwrapped(form, sequence(form, text)):
        assert got.startswith("\x1b]52;c;")
        assert got.endswith("\x07")
        assert b64decode(got[7:-1]).decode() == text


def test_what_is_too_long_for_a_way_is_known_beforehand() -> None:
    route = Route("x")
    most = COMMON // 4 * 3
    assert fits(route, "a" * most)
    assert not fits(route, "a" * (most + 3))
    kitty = ways(Around({"TERM": "xterm-kitty"})).routes[0]
    assert fits(kitty, "a" * (most + 3))


def test_no_more_is_claimed_than_is_known() -> None:
    plain, native = ways(Around(XTERM)).routes[0], ways(Around(LOCAL, tools=ALL)).routes[0]
    assert sent_words("ab\nc", plain) == (
        "Sent 4 characters in 2 lines to the terminal (OSC 52); a terminal may be set to refuse that."
    )
    xterm = ways(Around({**XTERM, "XTERM_VERSION": "1"})).routes[0]
    assert sent_words("a", xterm).endswith("xterm takes it once that is allowed.")
    assert helping(xterm.mend) == " What helps: XTerm*disallowedWindowOps: 20,21,SetXprop"
    assert sent_words("a", plain, first=False) == "Sent 1 character to the terminal (OSC 52)."
    assert sent_words("a", native) == "Copied 1 character to the clipboard (xclip)."
    long = "a" * COMMON
    through = ways(Around(IN_TMUX, tools=ALL, tmux=TMUX)).routes[0]
    assert "Paste to see whether it came" in sent_words(long, through)


def test_windows_gets_its_own_encoding() -> None:
    assert fed(("clip.exe",), "é") == b"\xe9\x00"
    assert fed(("clip.exe",), "e") == fed(("xclip",), "e") == b"e"


def test_tmux_tells_its_options_and_who_is_attached() -> None:
    tmux = tmux_in(
        "3.3a\txterm-256color\tclipboard,RGB\toff\n"
        'escape-time 500\nset-clipboard external\ncommand-alias[0] "a=b c"\n'
        "DISPLAY=:0\n-SSH_CONNECTION\nPATH=/bin:/usr/bin\n"
    )
    assert (tmux.number, tmux.passes_wrapped) == ((3, 3), False)
    assert tmux.options["set-clipboard"] == "external"
    assert tmux.environ == {"DISPLAY": ":0", "PATH": "/bin:/usr/bin"}
    assert Tmux("next-3.6").number == (3, 6)
    assert tmux_in("") == Tmux()
