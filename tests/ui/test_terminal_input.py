"""What the terminal sends, cut anywhere: keys are keys, and no part of a paste ever is."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key, Paste
from textual.message import Message

from fmtui.ui.terminal_input import PASTE_END, PASTE_START, PasteParser, mend_input

HOSTILE = "a\x1b]52;c;eA==\x07b\r\n\x1b[A\x1b\r\x03\x11\x1b[200~c\x1b\x1b[20\x1b"


def read(*pieces: str) -> list[tuple[str, str]]:
    """Return the keys and pastes that a parser makes of pieces of input."""
    parser = PasteParser()
    found: list[Message] = [event for piece in pieces for event in parser.feed(piece)]
    return [
        ("paste", event.text) if isinstance(event, Paste) else ("key", event.key)
        for event in found
        if isinstance(event, Paste | Key)
    ]


def test_nothing_in_a_paste_is_a_key() -> None:
    assert read(f"x{PASTE_START}{HOSTILE}{PASTE_END}y") == [("key", "x"), ("paste", HOSTILE), ("key", "y")]


@given(st.lists(st.integers(0, 60), max_size=4))
def test_a_paste_is_the_same_wherever_reading_cuts_it(cuts: list[int]) -> None:
    text = f"{HOSTILE}{PASTE_END}y"
    edges = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[start:stop] for start, stop in pairwise(edges)]
    assert read(f"x{PASTE_START}", *pieces) == [("key", "x"), ("paste", HOSTILE), ("key", "y")]


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


def test_a_plain_terminals_alt_enter_is_not_taken_for_enter() -> None:
    mend_input()
    assert read("\x1b\r") == [("key", "ctrl+j")]


def test_an_answer_about_the_terminals_state_is_no_key_and_is_told() -> None:
    told: list[str] = []
    parser = PasteParser(answered=lambda: told.append("well"))
    found = [
        event.key for piece in ("a\x1b[", "0nb") for event in parser.feed(piece) if isinstance(event, Key)
    ]
    assert found == ["a", "b"]
    assert told == ["well"]
    pasted = list(parser.feed(f"{PASTE_START}\x1b[0n{PASTE_END}"))
    assert [type(event) for event in pasted] == [Paste]
    assert told == ["well"]


def test_only_an_unfinished_sequence_is_waited_on_for_a_limited_time() -> None:
    parser = PasteParser()
    limited = []
    for piece in ("", "a", "\x1b", "[A"):
        if piece:
            list(parser.feed(piece))
        limited.append(parser.patience_s is not None)
    assert limited == [False, False, True, False]


def test_what_a_terminal_says_of_itself_is_heard_and_is_no_key() -> None:
    heard: list[str] = []
    parser = PasteParser(told=heard.append)
    keys = [event for event in parser.feed("a\x1b[?1u\x1b[?62;4;22cb") if isinstance(event, Key)]
    assert [key.key for key in keys] == ["a", "b"]
    assert heard == ["\x1b[?1u", "\x1b[?62;4;22c"]
