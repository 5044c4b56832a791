"""Sessions as documents for other programs and people."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

from fmtui.core.chat import Failure, Params, Timing, ToolCall, Turn, Usage
from fmtui.core.export import to_json, to_markdown, to_toml
from fmtui.core.session_heads import SessionHead
from fmtui.core.sessions import SessionStore

WHEN = datetime(2026, 11, 22, 20, 14, 55, tzinfo=UTC)
HEAD = SessionHead("20261122-201455-3f9a", "Cookies\n# and more", WHEN, WHEN, 3, "llama", draft=False)
TURNS = [
    Turn("t1", "user", "How?", created=WHEN),
    Turn(
        "t2",
        "assistant",
        "Like this:\n\n```py\nbake()",
        "t1",
        created=WHEN,
        reasoning="Let me\nthink",
        params=Params("databricks", "llama", extra={"since": date(2026, 1, 1), "n": None}),
        outcome="cut_off",
        finish_reason="length",
        usage=Usage(5, 0),
        timing=Timing(None, 1.5),
        error=Failure("cut_off", "The stream ended early."),
        tool_calls=(ToolCall("oven", "{}"),),
    ),
    Turn("t3", "user", "~~~\nclosed\n~~~", "t2", created=WHEN),
]


def test_markdown_gives_each_turn_a_heading_and_closes_what_an_answer_left_open() -> None:
    assert to_markdown(HEAD, TURNS) == (
        "# Cookies # and more\n\n*2026-11-22 20:14 UTC*\n\n## You\n\nHow?\n\n## llama\n\n"
        "> **Reasoning**\n>\n> Let me\n> think\n\nLike this:\n\n```py\nbake()\n```\n\n"
        "*Tool call: `oven`*\n\n*max_tokens ended this answer*\n\n"
        "*cut off: part of the answer is missing*\n\n*The stream ended early.*\n\n"
        "## You\n\n~~~\nclosed\n~~~\n"
    )


def test_json_holds_every_turn_and_leaves_out_what_is_not_known() -> None:
    document = json.loads(to_json(HEAD, TURNS))
    assert document["title"] == HEAD.title
    prompt, reply, _ = document["turns"]
    assert prompt == {"id": "t1", "role": "user", "text": "How?", "created": "2026-11-22T20:14:55+00:00"}
    assert reply["usage"] == {"prompt_tokens": 5, "completion_tokens": 0, "estimated": False}
    assert reply["params"]["extra"] == {"since": "2026-01-01", "n": None}
    assert reply["error"] == {"type": "cut_off", "message": "The stream ended early."}
    assert reply["tool_calls"] == [{"name": "oven", "arguments": "{}"}]


def test_json_can_be_written_whatever_the_text_holds() -> None:
    text = to_json(HEAD, [Turn("a", "user", 'half \ud83d pair "\x00\x1b')])
    assert json.loads(text.encode())["turns"][0]["text"] == 'half \ufffd pair "\x00\x1b'


def test_toml_is_a_session_file_that_can_be_opened_again(tmp_path: Path) -> None:
    (tmp_path / f"{HEAD.id}.toml").write_text(to_toml(HEAD, TURNS))
    session = SessionStore(tmp_path).open(HEAD.id)
    kept = session.all_turns()
    session.close()
    assert (session.title, session.created) == ("Cookies # and more", WHEN)
    assert kept[0] == TURNS[0]
    assert kept[1].params is not None
    assert kept[1].params.extra == {
        "since": "2026-01-01",
        "n": None,
    }  # null makes it JSON, which has no dates
    assert kept[2] == TURNS[2]
    assert session.notices == []
