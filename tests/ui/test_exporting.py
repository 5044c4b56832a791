"""Writing a conversation to a file from inside the app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fmtui.core.attachments import attachment
from fmtui.core.chat import Turn
from fmtui.core.sessions import SessionStore
from fmtui.saving import wanted, write_export
from tests.ui.rig import Answer, ScriptedTransport, app, chat, finish, notices, say, until


async def test_export_writes_what_is_shown_and_answers_with_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    transport = ScriptedTransport(Answer([chat("An **answer**"), finish()]))
    async with app(tmp_path, transport).run_test(size=(110, 30)) as pilot:

        async def told(text: str) -> None:
            await until(pilot, lambda: any(text in notice for notice in notices(pilot)))

        await say(pilot, "/export")
        await told("There is nothing to export yet.")
        await say(pilot, "What is cake")
        await until(pilot, "7 + 3 tokens")
        await say(pilot, "/export")
        await told(f"Written to {tmp_path / 'What-is-cake.md'}")
        await say(pilot, "/export json whole.json")
        await told(f"Written to {tmp_path / 'whole.json'}")
        await say(pilot, "/export pdf")
        await told(f"Written as markdown to {tmp_path / 'pdf'}")
        await say(pilot, "/export whole.json")
        await told("There is a file")
    text = (tmp_path / "What-is-cake.md").read_text()
    assert "## You\n\nWhat is cake\n" in text
    assert "An **answer**" in text
    turns = json.loads((tmp_path / "whole.json").read_text())["turns"]
    assert [turn["text"] for turn in turns] == ["What is cake", "An **answer**"]


def test_a_format_a_name_or_both_may_follow_the_command() -> None:
    assert [wanted(typed) for typed in ("", "html", "HTML my page.html", "a b.json", "notes", "./md")] == [
        ("md", ""),
        ("html", ""),
        ("html", "my page.html"),
        ("json", "a b.json"),
        ("md", "notes"),
        ("md", "./md"),
    ]


def test_a_page_is_written_with_the_pictures_that_are_kept_beside_its_session(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "sessions")
    file = attachment("a.png", b"\x89PNG\r\n\x1a\npicture")
    store.pictures.keep(file)
    session = store.new()
    session.append(Turn.prompt(f"What is {file.mention}?"))
    path = write_export(session, "", f"html {tmp_path / 'x.html'}")
    session.close()
    assert '<img alt="a.png" src="data:image/png;base64,' in path.read_text()
