"""Faults of many: two windows on one session, hundreds of sessions, clocks that do not agree."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime

from fmtui.core.sessions import SessionStore
from tests.chaos.endpoint import word
from tests.chaos.rig import DRAFT, SIDEBAR, Round, lasting, read_for, threads_and_files
from tests.terminal import Terminal, clean_environ

ASKED = "mine now"


def two_windows(round_: Round) -> None:
    """Read the session in a second window, kill the first, write in the second."""
    with (
        round_.streaming(before=1, least_s=1.2) as (terminal, server),
        Terminal(round_.command(server, "--continue"), clean_environ(round_.folder)) as second,
    ):
        second.until(f"{word(1, 1)} ")
        second.type(f"{ASKED}\r")
        second.until("another window")
        round_.now(server)
        terminal.kill(signal.SIGKILL)
        round_.gone(terminal, "SIGKILL")
        killed_at, sent = round_.faulted_at, round_.sent
        # What could not be sent is in the prompt again.
        if DRAFT in second.text:
            round_.notes.append("a window that only reads shows the draft of the one that writes")
        second.type("\r")
        second.until(f"{word(2, 3)} ")
        round_.prompts.append(ASKED)
        # Nobody types it here: it is what the first window left.
        second.until(DRAFT)
        read_for(second, 0.5)
        round_.leave(second, server)
        # Of the first window's answer what was sent until it died, of the second's all.
        round_.sent[:2] = sent
        round_.cut_at = dict.fromkeys((0, 1), killed_at)
        if still := lasting(bytes(second.raw)):
            round_.notes.append(f"the second window left: {still}")
    round_.restores = False


def many_sessions(round_: Round) -> None:
    """Begin sessions one after the other in one app, each with a short answer, and open some again."""
    with round_.app(words=2) as (terminal, server):
        first = (0, 0, 0)
        for number in range(round_.many):
            prompt = f"session {number}."
            terminal.type(prompt)
            terminal.until(prompt)
            terminal.type("\r")
            terminal.until(word(number, 1))
            round_.prompts.append(prompt)
            terminal.until("stop")
            if number == 9:
                first = _held(round_, terminal)
            terminal.type("\x0e")
            terminal.until(_without(word(number, 1)))
        last = _held(round_, terminal)
        _open_again(round_, terminal)
        again = _held(round_, terminal)
        for when, held in (("", last), (" and opening some again", again)):
            # Threads and connections of a pool may come yet; two for each session would be hundreds.
            if any(now > then + 3 for now, then in zip(held, first, strict=True)):
                round_.notes.append(
                    f"threads, files and locks: {first} after 10 sessions, {held} after {round_.many}{when}"
                )
        round_.leave(terminal, server)
        round_.draft = ""


def _with(text: str) -> Callable[[Terminal], bool]:
    """Return whether a text is in the conversation, which is beside the list of sessions."""
    return lambda terminal: any(text in row[SIDEBAR:] for row in terminal.screen)


def _without(text: str) -> Callable[[Terminal], bool]:
    return lambda terminal: not _with(text)(terminal)


def _open_again(round_: Round, terminal: Terminal) -> None:
    """Open some of the sessions of two digits and more from the list, one after the other."""
    for number in range(round_.many - 1, max(9, round_.many - 21), -2):
        terminal.type("\x0f")
        terminal.until("Enter opens")
        terminal.type(f"session {number}.")
        terminal.until(" 1 of ")
        terminal.type("\r")
        terminal.until(_with(word(number, 1)))


def _held(round_: Round, terminal: Terminal) -> tuple[int, int, int]:
    """Return how many threads, open files and lock files there are."""
    return *threads_and_files(terminal.pid), len(list(round_.sessions.glob("*.lock")))


def clock_jumps(round_: Round) -> None:
    """Run under a clock that goes a day ahead and back, ask twice, then in two more sessions."""
    round_.module = "tests.chaos.clock"
    with round_.streaming(least_s=1.2, before=1) as (terminal, server):
        round_.stop(terminal, 1)
        read_for(terminal, 0.6)
        # The draft is what is sent, and in the new sessions something else.
        terminal.type("\r")
        terminal.until(f"{word(2, 7)} ")
        round_.prompts.append(DRAFT)
        terminal.type("\x0e")
        terminal.until(lambda t: word(2, 7) not in t.text)
        round_.talk(terminal, server, "another session")
        terminal.type(DRAFT)
        terminal.until(DRAFT)
        read_for(terminal, 0.7)
        round_.leave(terminal, server)
    today = f"{datetime.now(UTC):%Y%m%d}"
    if [path.name for path in round_.sessions.glob(f"{today}*.toml")]:
        round_.notes.append("the clock did not jump")
    _in_order(round_)


def _in_order(round_: Round) -> None:
    """Look whether ids and lists are in the order in which things were done."""
    store = SessionStore(round_.sessions)
    heads = store.heads()
    by_id = [head.title for head in sorted(heads, key=lambda head: head.id)]
    if by_id != ["earlier 0", "another session"]:
        round_.notes.append(f"the ids of sessions are in the order {by_id}")
    session = store.open(min(head.id for head in heads), write=False)
    prompts = [turn.text for turn in session.all_turns() if turn.role == "user"]
    session.close()
    if prompts != ["earlier 0", "count for me", DRAFT]:
        round_.notes.append(f"the prompts are in the order {prompts}")
