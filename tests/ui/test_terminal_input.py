"""What the terminal sends, cut anywhere: keys are keys, and no part of a sequence or a paste ever is one."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.message import Message

from fmtui.ui import terminal_input
from fmtui.ui.terminal_input import PASTE_END, PASTE_START, InputParser

HOSTILE = "a\x1b]52;c;eA==\x07b\r\n\x1b[A\x1b\r\x03\x11\x1b[200~c\x1b\x1b[20\x1b"
ANSWERS = (
    "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    "\x1b]4;1;rgb:0000/0000/0000\x07",
    "\x1bP>|XTerm(379)\x1b\\",
    "\x1bP1$r0m\x1b\\",
    "\x1bP1+r544e=787465726d\x1b\\",
    "\x1bP!|00000000\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b[?62;4;22c",
    "\x1b[>41;379;0c",
    "\x1b[?1u",
    "\x1b[0n",
    "\x1b[?997;1n",
    "\x1b[4;600;800t",
    "\x1b[?2026;2$y",
    "\x1b[12;40R",
    "\x1b[<35;10;5M",
    "\x1b[<0;1000;500m",
    "\x1b[M #!",
    "\x1b[35;10;5M",
    "\x1b[I",
    "\x1b[O",
    "\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16z",
    f"\x1b[{'1' * 600}z",
    "\x1b[97;1:3u",
    "\x1b[<99999999999999999999;1;1M",
    "\x1b[48;0;0;0;0t",
    "\x1b[1114112u",
)
"""What terminals say, asked or not, and none of it is a key."""
PIECES = (
    *ANSWERS,
    "\x1b",
    "\x1b[",
    "\x1bO",
    "\x1b]",
    "\x1bP",
    "\x1b_",
    "\x1b\\",
    "\x07",
    PASTE_START,
    PASTE_END,
)


def told(found: Iterable[Message]) -> list[tuple[str, str]]:
    """Return the keys and pastes among events, and the names of the others."""
    return [
        ("paste", event.text)
        if isinstance(event, events.Paste)
        else ("key", event.key)
        if isinstance(event, events.Key)
        else (type(event).__name__, repr(event))
        for event in found
    ]


def read(*pieces: str) -> list[tuple[str, str]]:
    """Return what a parser makes of pieces of input."""
    parser = InputParser()
    return told(event for piece in pieces for event in parser.feed(piece))


def keys(*pieces: str) -> list[str]:
    """Return the keys in pieces of input, with those that waiting for more brings out."""
    parser = InputParser()
    found = [event for piece in (*pieces, "") for event in parser.feed(piece)]
    return [event.key for event in found if isinstance(event, events.Key)]


def cut(text: str, places: list[int]) -> list[str]:
    """Return a text in pieces."""
    edges = sorted({0, len(text), *(min(place, len(text)) for place in places)})
    return [text[start:stop] for start, stop in pairwise(edges)]


class Clock:
    """A time that passes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the time that parsers go by."""
    made = Clock()
    monkeypatch.setattr(terminal_input, "get_time", made)
    return made


def slowly(clock: Clock, *pieces: str) -> list[tuple[str, str]]:
    """Return what a parser makes of pieces of input that come a second and more after each other."""
    parser = InputParser()
    found: list[Message] = []
    for piece in pieces:
        found += [*parser.feed(piece)]
        clock.now += 1.5
        found += [*parser.tick()]
    return told(found)


def test_nothing_in_a_paste_is_a_key() -> None:
    assert read(f"x{PASTE_START}{HOSTILE}{PASTE_END}y") == [("key", "x"), ("paste", HOSTILE), ("key", "y")]


@given(st.lists(st.integers(0, 60), max_size=4))
def test_a_paste_is_the_same_wherever_reading_cuts_it(cuts: list[int]) -> None:
    pieces = cut(f"{HOSTILE}{PASTE_END}y", cuts)
    assert read(f"x{PASTE_START}", *pieces) == [("key", "x"), ("paste", HOSTILE), ("key", "y")]


def test_a_paste_is_one_however_late_its_parts_come(clock: Clock) -> None:
    assert slowly(clock, "\x1b[20", "0~a\r\x1b[2", "01", "~b") == [("paste", "a\r"), ("key", "b")]
    assert slowly(clock, "\x1b[", f"200~a\r{PASTE_END}") == [
        ("key", "alt+left_square_bracket"),
        ("paste", "a\r"),
    ]
    parser = InputParser()
    [*parser.feed("\x1b[20")]
    assert parser.patience_s is None


def test_the_start_of_a_paste_may_be_cut_and_a_key_that_begins_like_it_is_a_key() -> None:
    assert read("\x1b[20", f"0~ab{PASTE_END}") == [("paste", "ab")]
    assert read("\x1b[2", "1~") == [("key", "f10")]
    assert read("a\x1b[A") == [("key", "a"), ("key", "up")]


def test_two_pastes_and_an_empty_one_are_three() -> None:
    assert read(f"{PASTE_START}a{PASTE_END}{PASTE_START}{PASTE_END}{PASTE_START}b{PASTE_END}") == [
        ("paste", "a"),
        ("paste", ""),
        ("paste", "b"),
    ]


def test_a_key_with_alt_is_told_from_the_key_alone_and_from_esc() -> None:
    # Alt+Enter must not send, and Alt+Up of PuTTY and rxvt must not stop a reply.
    assert keys("\x1b\r\x1bh\x1bH\x1b,\x1b5\x1b é\x1bé") == [
        *("alt+enter", "alt+h", "alt+shift+h", "alt+comma", "alt+5", "alt+space", "é", "alt+é")
    ]
    assert keys("\x1b\x1b[A\x1b\x1bOB\x1b\x1b[3~\x1b[1;3A\x1b\x7f\x1b\x08") == [
        *("alt+up", "alt+down", "alt+delete", "alt+up", "ctrl+w", "ctrl+w")
    ]
    assert keys("\x1b[") == ["alt+left_square_bracket"]
    assert keys("\x1bOh\x1b]x\x1bPx") == [
        *("alt+shift+o", "h", "alt+right_square_bracket", "x", "alt+shift+p", "x")
    ]


def test_esc_and_what_is_no_key_with_alt_are_esc_and_that() -> None:
    assert keys("\x1b\x0ex\x1b") == ["escape", "ctrl+n", "x", "escape"]
    assert keys("\x1b\x1b\x1b") == ["escape", "escape", "escape"]
    assert read("\x1b\x1b[<35;10;5M\x1b\x1b[I")[::2] == [("key", "escape"), ("key", "escape")]
    assert read(f"\x1b{PASTE_START}a{PASTE_END}") == [("key", "escape"), ("paste", "a")]


def test_keys_mean_what_textual_knows_them_for() -> None:
    others = {"\x1b\x1b", "\x9b"}
    for sequence in ANSI_SEQUENCES_KEYS:
        number_row = len(sequence) == 2 and sequence[0] == "\x1b" and sequence[1] in "§1234567890-="
        if sequence in others or number_row:  # signs of one kind of keyboard
            continue
        assert read(sequence) == told(XTermParser().feed(sequence)), repr(sequence)


def test_a_key_may_come_with_more_told_about_it() -> None:
    assert keys("\x1b[97:65;6:1u\x1b[97:65;6:2u\x1b[97:65;6:3u\x1b[1;5:1A\x1b[3;5:3~\x1b[57358u") == [
        *("ctrl+shift+a", "ctrl+shift+a", "ctrl+up", "caps_lock")
    ]


def test_answers_and_what_is_unknown_type_nothing() -> None:
    for answer in ANSWERS:
        assert keys(f"a{answer}b") == ["a", "b"], repr(answer)
        for place in range(1, len(answer)):
            assert keys(f"a{answer[:place]}", f"{answer[place:]}b") == ["a", "b"], (repr(answer), place)


def test_what_never_ends_takes_no_key_with_it(clock: Clock) -> None:
    assert keys("\x1b]11;rgb:\rb") == ["enter", "b"]
    assert keys("\x1b]11;rgb:\x1b[Ab") == ["up", "b"]
    assert keys("\x1b[12;\x03\x1b[<0;1\x1b[B\x1bO5\x1b[C") == ["ctrl+c", "down", "right"]
    assert keys(f"\x1b[{'1' * 600}\x03") == ["ctrl+c"]
    parser = InputParser()
    for begun in ("\x1b]11;rgb:", "\x1b[<0;1", "\x1bP1;", f"\x1b[{'1' * 600}", "\x1b]1\x1b"):
        assert [*parser.feed(begun)] == []
        clock.now += 3
        assert [*parser.tick()] == []
        assert told(parser.feed("hi")) == [("key", "h"), ("key", "i")]


def test_a_report_that_a_slow_line_cuts_is_none_the_less_one(clock: Clock) -> None:
    assert [name for name, _ in slowly(clock, "\x1b[<0;1", ";1M", "a")] == ["MouseDown", "key"]
    assert slowly(clock, "\x1b]11;rgb:00", "00/0000/0000\x1b", "\\a") == [("key", "a")]
    # By then it was taken for Esc, but the rest of it is not typed.
    assert [name for name, _ in slowly(clock, "\x1b", "[<0;1;1M", "a")] == ["key", "MouseDown", "key"]
    assert slowly(clock, "\x1b", "[A") == [("key", key) for key in ("escape", "left_square_bracket", "A")]


def test_esc_is_told_after_a_moment(clock: Clock) -> None:
    parser = InputParser()
    assert [*parser.feed("\x1b")] == []
    assert parser.patience_s == pytest.approx(0.1)
    clock.now += 0.2
    assert told(parser.tick()) == [("key", "escape")]
    assert parser.patience_s is None
    assert [*parser.tick()] == []


@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.text("ab5[;~\x1b\r\x00é�<M:O$", max_size=6)), max_size=6),
    st.lists(st.integers(0, 80), max_size=6),
)
def test_input_means_the_same_wherever_reading_cuts_it(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    assert read(*cut(text, cuts)) == read(text) == read(*text)


def test_an_answer_about_the_terminals_state_is_no_key_and_is_told() -> None:
    answers: list[str] = []
    parser = InputParser(answered=lambda: answers.append("well"))
    assert told(event for piece in ("a\x1b[", "0nb") for event in parser.feed(piece)) == [
        ("key", "a"),
        ("key", "b"),
    ]
    assert answers == ["well"]
    assert [type(event) for event in parser.feed(f"{PASTE_START}\x1b[0n{PASTE_END}")] == [events.Paste]
    assert answers == ["well"]


def test_only_an_unfinished_sequence_is_waited_on_for_a_limited_time() -> None:
    parser = InputParser()
    limited = []
    for piece in ("", "a", "\x1b", "[A", "\x1b[<1", ";1;1M", "\x1b]11;", "\x07"):
        if piece:
            list(parser.feed(piece))
        limited.append(parser.patience_s is not None)
    assert limited == [False, False, True, False, True, False, True, False]


def test_what_a_terminal_says_of_itself_is_heard_and_is_no_key() -> None:
    heard: list[str] = []
    parser = InputParser(told=heard.append)
    assert told(parser.feed("a\x1b[?1u\x1b[?62;4;22cb")) == [("key", "a"), ("key", "b")]
    assert heard == ["\x1b[?1u", "\x1b[?62;4;22c"]
