"""What is said about a terminal: from values alone, for every kind of trouble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fmtui.core.doctor import Finding, worst
from fmtui.core.doctor_terminal import (
    Answers,
    Terminal,
    answers_in,
    examine_terminal,
    query_for,
)
from fmtui.core.tmux import Tmux, tmux_in

PLAIN = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
GOOD = Terminal(
    PLAIN,
    is_terminal=True,
    size=(80, 24),
    colours="truecolor",
    answers=Answers(answered=True, name="foot(1.16)", keys=True, sync=True),
)
TMUX = {**PLAIN, "TERM": "tmux-256color", "TMUX": "/tmp/tmux-1000/default,1,0"}


def found(terminal: Terminal) -> Mapping[str, Finding]:
    return {each.name: each for each in examine_terminal(terminal)}


def within(environ: Mapping[str, str], **changes: object) -> Mapping[str, Finding]:
    return found(replace(GOOD, environ=environ, **changes))  # type: ignore[arg-type]  # names of its fields


def test_nothing_is_wrong_with_a_good_terminal() -> None:
    findings = found(GOOD)
    assert worst(findings.values()) == "ok"
    assert findings["type"].value == "TERM=xterm-256color, says foot(1.16)"
    assert "kitty" in findings["keys"].value
    assert findings["in between"].value == "nothing"


@pytest.mark.parametrize("term", ["dumb", "", "unknown"])
def test_a_terminal_that_cannot_do_it_is_an_error_and_none_at_all_is_not(term: str) -> None:
    for is_terminal, level in ((True, "error"), (False, "note")):
        kind = within({**PLAIN, "TERM": term}, is_terminal=is_terminal)["type"]
        assert kind.level == level
    assert within({**PLAIN, "TERM": term})["type"].mend == "export TERM=xterm-256color"


@pytest.mark.parametrize(
    ("environ", "encoding", "level"),
    [
        ({"LANG": "de_DE.UTF-8"}, "utf-8", "ok"),
        ({}, "utf-8", "ok"),
        ({"LANG": "de_DE.ISO-8859-1"}, "iso8859-1", "error"),
        ({"LANG": "C.UTF-8", "LC_ALL": "de_DE.ISO-8859-15@euro"}, "utf-8", "warning"),
        ({"LANG": "C.ISO-8859-1", "LC_ALL": "C.utf8"}, "utf-8", "ok"),
        ({"LC_ALL": "POSIX"}, "ascii", "error"),
        ({"LANG": "x.nonsense\0"}, "utf-8", "warning"),
    ],
)
def test_a_locale_that_is_not_utf_8_is_told(environ: Mapping[str, str], encoding: str, level: str) -> None:
    locale = within({"TERM": "xterm", **environ}, encoding=encoding)["locale"]
    assert locale.level == level
    assert locale.mend == ("" if level == "ok" else "export LC_ALL=C.UTF-8")


def test_what_is_in_between_is_told() -> None:
    assert within({**PLAIN, "SSH_TTY": "/dev/pts/1"})["in between"].value == "SSH"
    assert within({**PLAIN, "SSH_TTY": "x"}, parents=("bash", "mosh-server"))["in between"].value == "mosh"
    assert "1.4" in within(PLAIN, parents=("mosh-server",))["clipboard"].sentence
    screen = within({**PLAIN, "STY": "1.pts", "TERM": "screen-256color", "SSH_CONNECTION": "a b"})
    assert screen["in between"].value == "GNU screen, SSH"
    assert "GNU screen" in screen["clipboard"].value


def test_how_copies_get_through_tmux_is_told() -> None:
    tmux = Tmux("3.4", "xterm-256color", "RGB,clipboard,sync", {"set-clipboard": "external"}, "off")
    findings = within(TMUX, tmux=tmux, tools=frozenset({"tmux"}))
    assert (findings["clipboard"].level, findings["clipboard"].mend) == ("ok", "")
    assert findings["in between"].value == "tmux 3.4 on xterm-256color"
    deaf = within(TMUX, tmux=tmux._replace(features="RGB"), tools=frozenset({"tmux"}))["clipboard"]
    assert (deaf.level, deaf.mend) == (
        "warning",
        "tmux set -as terminal-features ',xterm-256color:clipboard'",
    )
    closed = within(TMUX, tmux=tmux)["clipboard"]
    assert (closed.level, closed.mend) == ("warning", "tmux set -s set-clipboard on")


def test_tmux_that_says_nothing_holds_nothing_up() -> None:
    findings = within(TMUX, tmux=None)
    assert findings["in between"].value == "tmux"
    assert findings["clipboard"].level == "note"


def test_what_tmux_changes_is_told_with_the_line_that_mends_it() -> None:
    tmux = tmux_in(
        "3.4\txterm-256color\tbpaste,256\n"
        'escape-time 500\nset-clipboard external\ndefault-terminal "screen"\nbad\n'
    )
    assert tmux.options["default-terminal"] == "screen"
    findings = within({**TMUX, "TERM": "xterm"}, tmux=tmux)
    assert findings["type"].mend == "tmux set -s default-terminal tmux-256color"
    assert findings["in between"].mend == "tmux set -s escape-time 10"
    assert findings["colours"].mend == "tmux set -as terminal-features ',xterm-256color:RGB'"
    assert within(TMUX, tmux=tmux._replace(features=""))["colours"].level == "ok"  # an old one says nothing
    assert tmux_in("") == Tmux()


@pytest.mark.parametrize(
    ("environ", "level"),
    [
        ({"TERM_PROGRAM": "Apple_Terminal"}, "warning"),
        ({"TERM": "linux"}, "warning"),
        ({"TERM_PROGRAM": "iTerm.app"}, "note"),
        ({"XTERM_VERSION": "XTerm(390)"}, "note"),
        ({"TERM_PROGRAM": "WezTerm"}, "ok"),
    ],
)
def test_terminals_that_take_no_copies_are_known(environ: Mapping[str, str], level: str) -> None:
    clipboard = within({**PLAIN, **environ})["clipboard"]
    assert clipboard.level == level
    assert bool(clipboard.sentence) == (level != "ok")
    assert within({**PLAIN, **environ, "DISPLAY": ":0"}, tools=frozenset({"xsel"}))["clipboard"].level == "ok"


def test_colours_size_writer_and_bandwidth_are_told() -> None:
    few = within({**PLAIN, "COLORTERM": ""}, colours="256", size=(30, 8), writer="stock", low_bandwidth=True)
    assert (few["colours"].value, few["colours"].mend) == ("256; low bandwidth uses no more", "")
    assert within({**PLAIN, "COLORTERM": ""}, colours="256")["colours"].mend == "export COLORTERM=truecolor"
    assert within({**PLAIN, "STY": "1.pts-0"}, colours="256")["colours"].mend == ""
    around = {**PLAIN, "TMUX": TMUX["TMUX"], "STY": "1.pts-0", "TERM": "screen.tmux-256color"}
    assert within(around, colours="256")["colours"].value.endswith("GNU screen shows no more")
    assert few["size"].level == "warning"
    assert few["writer"].value == "stock, whole rows"
    assert few["bandwidth"].value == "low: less is written"
    assert within({**PLAIN, "NO_COLOR": "1"})["colours"].mend == "unset NO_COLOR"
    assert within(PLAIN, size=(0, 0))["size"].value == "not known"


def test_a_terminal_is_not_asked_what_it_would_show() -> None:
    assert query_for({}).endswith(b"\x1b[c")
    assert b"2026" in query_for({})
    assert b"2026" not in query_for({"TERM_PROGRAM": "Apple_Terminal"})


def test_answers_are_found_among_whatever_else_comes() -> None:
    whole = b"typed\x1bP>|foot(1.16.2)\x1b\\\x1b[?5u\x1b[?2026;2$y\x1b[?62;4;22c"
    assert answers_in(whole) == Answers(answered=True, name="foot(1.16.2)", keys=True, sync=True)
    assert answers_in(b"\x1b[?2026;0$y\x1b[?6c") == Answers(answered=True)
    assert answers_in(b"") == Answers()
    assert found(replace(GOOD, answers=Answers()))["keys"].level == "note"
    assert "Alt+Enter" in found(replace(GOOD, answers=Answers(answered=True)))["keys"].value
    assert found(replace(GOOD, answers=None, asked_why="x"))["whole frames"].value == "not asked: x"
