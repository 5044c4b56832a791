"""Earlier prompts come from the session files: all sessions, newest first, however the files look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fmtui.core import session_prompts
from fmtui.core.chat import Turn
from fmtui.core.session_prompts import SessionPrompts
from fmtui.core.sessions import SessionStore


def say(store: SessionStore, texts: dict[int, str]) -> Path:
    """Keep prompts with the minutes at which they were written, each answered."""
    session = store.new()
    parent = ""
    for minute, text in texts.items():
        turn = replace(Turn.prompt(text, parent), created=datetime(2026, 1, 1, 0, minute, tzinfo=UTC))
        session.append(turn)
        answer = replace(Turn.prompt('role = "user"', turn.id), role="assistant", outcome="complete")
        session.append(answer)
        parent = answer.id
    session.close()
    return store.folder / f"{session.id}.toml"


def test_prompts_of_all_sessions_are_in_the_order_of_their_time_each_once(tmp_path: Path) -> None:
    store = SessionStore(tmp_path)
    assert store.prompts() == []
    say(store, {1: "one", 3: "three [[turns]]\n[[turns]]\n", 5: "twice"})
    say(store, {2: "two", 4: 'four """ \\', 6: "twice"})
    assert store.prompts() == ["twice", 'four """ \\', "three [[turns]]\n[[turns]]", "two", "one"]


def test_what_is_new_is_seen_and_what_is_known_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SessionStore(tmp_path)
    say(store, {1: "one"})
    prompts = SessionPrompts(tmp_path)
    assert prompts.newest() == ["one"]
    path = say(store, {2: "two"})
    read: list[str] = []
    of_file = SessionPrompts._of_file

    def noted(self: SessionPrompts, name: str, size: int) -> list[session_prompts._Said]:
        read.append(name)
        return of_file(self, name, size)

    monkeypatch.setattr(SessionPrompts, "_of_file", noted)
    assert prompts.newest() == ["two", "one"]
    assert read == [path.name]
    path.unlink()
    assert prompts.newest() == ["one"]


def test_of_a_long_file_the_end_is_read_and_broken_turns_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SessionStore(tmp_path)
    path = say(store, {1: "one " * 200, 2: "two", 3: "three"})
    monkeypatch.setattr(session_prompts, "TAIL_BYTES", 700)
    assert SessionPrompts(tmp_path).newest() == ["three", "two"]
    path.write_bytes(path.read_bytes().replace(b"three", b"\xff\x00"))
    (tmp_path / "x.toml").mkdir()
    assert SessionPrompts(tmp_path).newest() == ["two"]


def test_no_more_are_gathered_than_anybody_looks_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SessionStore(tmp_path)
    say(store, dict(enumerate(map(str, range(10)))))
    say(store, {20: "later"})
    monkeypatch.setattr(session_prompts, "MOST_PROMPTS", 3)
    assert SessionPrompts(tmp_path).newest() == ["later", "9", "8"]
