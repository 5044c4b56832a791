"""What a crash may cost: at most one second of received text, and never a turn."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fmtui.core.chat import Params, Turn
from fmtui.core.session_disk import Disk, FileState
from fmtui.core.sessions import Session, SessionStore

KILLS = 30

# Forks a writer for each line of input, so that 30 of them take little longer than one, and
# tells when it has died. A writer tells what it has been promised, one line each, after the
# call that promised it returned.
WRITERS = """
import json, os, sys
from pathlib import Path
from fmtui.core.chat import Params, Turn
from fmtui.core.sessions import SessionStore

def tell(**promise):
    os.write(1, (json.dumps(promise) + "\\n").encode())

def write(session, number):
    path = session.path_to()
    parent = path[len(path) - 1].id
    while True:
        prompt = Turn(f"p{number}", "user", f"prompt {number} [[turns]]\\n[[turns]]\\n" * 4, parent)
        session.append(prompt)
        tell(turn=prompt.id, text=prompt.text)
        replies = [Turn(f"r{number}{x}", "assistant", "", prompt.id, params=Params("e", "m")) for x in "ab"]
        texts = ["", ""]
        for step in range(6):
            for x, head in enumerate(replies):
                more = f'piece {step} of {head.id} "quoted"\\n' * 4
                session.checkpoint(head, more, "")
                texts[x] += more
                tell(partial=head.id, text=texts[x])
        for head, text in zip(replies, texts):
            session.finish(Turn(head.id, "assistant", text, prompt.id, outcome="complete"))
            tell(turn=head.id, text=text)
        parent = replies[0].id
        number += 1

while start := sys.stdin.readline():
    child = os.fork()
    if child == 0:
        tell(pid=os.getpid())
        write(SessionStore(Path(sys.argv[1])).open(sys.argv[2]), int(start))
    os.waitpid(child, 0)
    os.write(1, b"\\n")  # ends a line that the kill may have cut
    tell(dead=child)
"""


class Writers:
    """Starts writers of one session, one after the other, and kills them."""

    def __init__(self, folder: Path, session_id: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WRITERS, str(folder), session_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run_and_kill(self, start: int, promises: int) -> list[dict[str, str]]:
        """Return what a writer was promised that is killed right after this many promises."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{start}\n".encode())
        process.stdin.flush()
        pid = json.loads(process.stdout.readline())["pid"]
        rows = [process.stdout.readline() for _ in range(promises)]
        os.kill(pid, signal.SIGKILL)
        while not rows or b'"dead"' not in rows[-1]:
            rows.append(process.stdout.readline())
        return [json.loads(row) for row in rows if row.endswith(b"}\n") and b'"dead"' not in row]

    def close(self) -> None:
        """End the process that starts them."""
        self._process.communicate()


def test_kill_9_at_any_instant_loses_no_turn_and_no_checkpointed_text(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    store = SessionStore(folder)
    first = store.new()
    first.append(Turn("p0", "user", "begin"))
    first.close()
    chance = random.Random(20261122)
    turns: dict[str, str] = {"p0": "begin"}
    interrupted = 0
    writers = Writers(folder, first.id)
    for kill in range(KILLS):
        promises = writers.run_and_kill(kill * 1000 + 1, chance.randrange(20))
        turns |= {promise["turn"]: promise["text"] for promise in promises if "turn" in promise}
        partial = {promise["partial"]: promise["text"] for promise in promises if "partial" in promise}
        session = store.open(first.id)
        kept = {turn.id: turn for turn in session.all_turns()}
        assert len(kept) == len(session.all_turns())
        session.close()
        assert {turn_id: kept[turn_id].text for turn_id in turns} == turns
        for turn_id, text in partial.items():
            assert kept[turn_id].text.startswith(text)
            interrupted += kept[turn_id].outcome == "interrupted"
        assert not list(folder.glob("*.live"))
        ids = [turn["id"] for turn in tomllib.loads(session.path.read_text())["turns"]]
        assert len(set(ids)) == len(ids)  # nothing is folded in twice
    writers.close()
    assert interrupted >= 5  # otherwise the kills did not hit where it matters


class PowerCutError(BaseException):
    """The machine went away; nothing after it may run as if it had not."""


class Dying(Disk):
    """A disk that takes only so many bytes before the power goes."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.synced: list[bytes] = []

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write what is left of the budget, then die."""
        if len(data) > self.budget:
            os.write(descriptor, data[: self.budget])
            raise PowerCutError
        self.budget -= len(data)
        return super().write(descriptor, data)


def talk(session: Session) -> Iterator[tuple[str, str]]:
    """Go through two exchanges, yielding what is promised to be kept: (turn id, text it begins with)."""
    parent = ""
    for number in range(2):
        session.append(Turn(f"p{number}", "user", f'prompt {number}\n"""', parent))
        yield f"p{number}", f'prompt {number}\n"""'
        head = Turn(f"r{number}", "assistant", "", f"p{number}", params=Params("e", "m"))
        session.checkpoint(head, "one\n", "thinking")
        yield f"r{number}", "one\n"
        session.checkpoint(head, "[[two]]\n", "")
        yield f"r{number}", "one\n[[two]]\n"
        session.finish(Turn(head.id, "assistant", "one\n[[two]]\nthree", head.parent, outcome="complete"))
        yield f"r{number}", "one\n[[two]]\nthree"
        parent = head.id


def test_a_write_torn_at_any_byte_loses_nothing_that_was_promised(tmp_path: Path) -> None:
    budget = 0
    while True:
        folder = tmp_path / str(budget)
        session = SessionStore(folder, disk=Dying(budget)).new()
        promised: dict[str, str] = {}
        cut = False
        try:
            promised.update(talk(session))
        except PowerCutError:
            cut = True
            session.forget()  # a dead program writes nothing on its way out
        session.close()
        if promised:
            again = SessionStore(folder).open(session.id)
            kept = {turn.id: turn.text for turn in again.all_turns()}
            again.close()
            assert all(kept[turn_id].startswith(text) for turn_id, text in promised.items())
            assert not list(folder.glob("*.live"))
        if not cut:
            break
        budget += 37
    assert budget > 1000


def test_a_reply_whose_turn_was_kept_just_before_the_crash_is_not_doubled(tmp_path: Path) -> None:
    store = SessionStore(tmp_path)
    session = store.new()
    session.append(Turn("p", "user", "hello"))
    head = Turn("r", "assistant", "", "p", params=Params("e", "m"))
    session.checkpoint(head, "Hi the", "")
    (live,) = tmp_path.glob("*.live")
    left = live.read_bytes()
    session.finish(Turn("r", "assistant", "Hi there", "p", outcome="complete"))
    session.close()
    live.write_bytes(left)
    again = store.open(session.id)
    assert [turn.text for turn in again.all_turns()] == ["hello", "Hi there"]
    assert again.notices == []
    assert not live.exists()
    again.close()


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_checkpoint_cut_in_the_middle_keeps_the_ones_before_it(tmp_path: Path, cut: int) -> None:
    store = SessionStore(tmp_path)
    session = store.new()
    session.append(Turn("p", "user", "hello"))
    head = Turn("r", "assistant", "", "p", params=Params("e", "m"), outcome="interrupted")
    session.checkpoint(head, "first ", "thought ")
    session.checkpoint(head, "second " * 10, "")
    (live,) = tmp_path.glob("*.live")
    live.write_bytes(live.read_bytes()[:-cut])
    session.forget()
    session.close()
    again = store.open(session.id)
    reply = again.turn("r")
    assert reply.text == "first "
    assert (reply.reasoning, reply.outcome, reply.params) == ("thought ", "interrupted", Params("e", "m"))
    assert "interrupted" in again.notices[0]
    again.close()


def test_what_cannot_be_read_of_a_checkpoint_is_put_aside_not_removed(tmp_path: Path) -> None:
    store = SessionStore(tmp_path)
    session = store.new()
    session.append(Turn("p", "user", "hello"))
    session.close()
    live = tmp_path / f"{session.id}.zz.live"
    live.write_bytes(b"\x00\xff nonsense")
    again = store.open(session.id)
    again.close()
    assert not live.exists()
    assert (tmp_path / f"{live.name}.damaged-1").read_bytes() == b"\x00\xff nonsense"
    assert "could not be read" in again.notices[0]


def test_every_promise_is_kept_by_asking_the_disk_to_sync(tmp_path: Path) -> None:
    synced: list[int] = []

    class Watching(Disk):
        def sync(self, descriptor: int) -> None:
            synced.append(FileState.of(os.fstat(descriptor)).size)
            super().sync(descriptor)

    session = SessionStore(tmp_path, disk=Watching()).new()
    session.append(Turn("p", "user", "made with the file, which is synced whole"))
    session.checkpoint(Turn("r", "assistant", "", "p"), "text", "")
    (live,) = tmp_path.glob("*.live")
    assert synced == [live.stat().st_size]
    session.finish(Turn("r", "assistant", "text", "p", outcome="complete"))
    assert synced[-1] == session.path.stat().st_size
    session.close()
