"""Leaving the terminal to others: its title, its mouse, and the pager's text, from values."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from fmtui import paging
from fmtui.core.chat import Turn, TurnList
from fmtui.core.errors import StorageError
from fmtui.paging import pieces, show
from fmtui.ui.chat_sessions import OpenSession
from fmtui.ui.chat_terminal import on_the_way
from fmtui.ui.terminal.titles import AltKeys, Titles


def test_the_title_is_kept_set_and_given_back_where_there_is_one() -> None:
    titles = Titles({"TERM": "xterm-256color"})
    assert titles.take("fmtui") == "\x1b[22;0t\x1b]2;fmtui\x1b\\"
    assert titles.give_back() == "\x1b[23;0t"
    for term in ("linux", "dumb", "vt100", ""):
        none = Titles({"TERM": term})
        assert none.take("x") + none.set("x") + none.give_back() == ""
    for environ in (
        {"TERM": "screen", "STY": "1.a"},
        {"TERM": "rxvt-unicode-256color"},
        {"TERM": "st-256color"},
    ):
        assert Titles(environ).give_back().startswith("\x1b]2;\x1b\\")  # they do not know what was before


def test_alt_with_a_letter_is_asked_for_as_a_key_and_left_as_it_was() -> None:
    keys = AltKeys({"TERM": "xterm"})
    assert keys.take() == "\x1b[?1036s\x1b[?1039s\x1b[?1036h\x1b[?1039h"
    assert keys.give_back() == "\x1b[?1036r\x1b[?1039r"
    for environ in ({"TERM": "linux"}, {"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}):
        others = AltKeys(environ)
        assert others.take() + others.give_back() == ""


class Broken(TurnList):
    """A path of which one turn cannot be read."""

    def __getitem__(self, index: int) -> Turn:  # type: ignore[override]  # only ever asked for one
        if index == 1:
            raise StorageError("The session cannot be read.")
        return super().__getitem__(index)


def test_a_conversation_is_given_out_turn_by_turn_with_nothing_that_acts() -> None:
    turns = [Turn.prompt("one\x1b[2J"), Turn.prompt("two"), Turn.prompt("three")]
    text = list(pieces("A \x1b title", Broken(turns), [Turn("i", "assistant", "four")]))
    assert text == [
        "# A ␛ title\n\n",
        "## You\n\none␛[2J\n\n",
        "[The session cannot be read.]\n\n",
        "## You\n\nthree\n\n",
        "## Assistant\n\nfour\n\n",
        "*The reply is still coming.*\n\n",
    ]


def test_a_prompt_that_is_answered_is_given_out_once() -> None:
    prompt, answer = Turn.prompt("one"), Turn("i", "assistant", "so far", outcome="interrupted")
    running = SimpleNamespace(prompt=prompt, running=True, exchange=SimpleNamespace(so_far=lambda: answer))
    shown = cast("OpenSession", running)
    assert on_the_way(shown, "before") == [prompt, replace(answer, outcome=None)]
    assert on_the_way(shown, prompt.id) == [replace(answer, outcome=None)]


@pytest.fixture
def normal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is written to the normal screen."""
    written: list[str] = []

    def write(_number: int, data: bytes, interrupted: threading.Event) -> bool:
        if not interrupted.is_set():
            written.append(data.decode())
        return not interrupted.is_set()

    monkeypatch.setattr(paging, "_write", write)
    monkeypatch.setattr(paging, "_wait_for_key", lambda _: None)
    return written


def test_the_pager_gets_all_and_one_that_fails_loses_nothing(tmp_path: Path, normal: list[str]) -> None:
    kept = tmp_path / "kept"
    now = iter([0.0, 9.0])
    show(lambda: ["a\n", "b\n"], f"sh -c 'cat > {kept}'", threading.Event(), lambda: next(now))
    assert (kept.read_text(), normal) == ("a\nb\n", [])
    show(lambda: ["a\n" * 99_999], "sh -c 'read x; exit 0'", threading.Event())  # left early
    assert not normal
    # As `cat` does, and `less -F`: nobody could read it before the app is there again.
    show(lambda: ["a\n", "b\n"], f"sh -c 'cat > {kept}'", threading.Event(), lambda: 0.0)
    assert normal == ["-- Press a key to go back to fmtui. --\n"]
    for pager, words in (
        ("sh -c 'exit 3'", "sh ended with status 3."),
        ("no-such-pager", "no-such-pager could not be started: No such file or directory."),
        ("'", "PAGER=' is no command."),
    ):
        normal.clear()
        show(lambda: ["a\n", "b\n"], pager, threading.Event())
        assert normal == ["a\n", "b\n", f"-- {words} Press a key to go back to fmtui. --\n"]


def test_ctrl_c_ends_the_printing_and_no_more_is_read_of_the_conversation(normal: list[str]) -> None:
    interrupted = threading.Event()
    read: list[int] = []

    def text() -> Iterator[str]:
        for number in range(10_000):
            read.append(number)
            if number == 3:
                interrupted.set()
            yield f"{number}\n"

    show(text, "", interrupted)
    assert normal == ["0\n", "1\n", "2\n", "\n(stopped)\n", "-- Press a key to go back to fmtui. --\n"]
    assert len(read) == 4


def test_a_key_that_ctrl_c_takes_away_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr("sys.__stdin__", terminal)
        # There was a key, and the terminal has thrown it away by the time it is read.
        monkeypatch.setattr("select.select", lambda *_: ([terminal.fileno()], [], []))
        waiting = threading.Thread(target=paging._wait_for_key, args=(threading.Event(),), daemon=True)
        waiting.start()
        waiting.join(5)
        assert not waiting.is_alive()
    os.close(ours)
