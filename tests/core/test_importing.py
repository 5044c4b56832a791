"""Sessions taken over from the exports of others, whatever is in them."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fmtui.core import importing
from fmtui.core.chat import Timing, ToolCall, Turn, Usage
from fmtui.core.errors import StorageError, UsageError
from fmtui.core.export import Document
from fmtui.core.export_html import to_html
from fmtui.core.importing import as_file, changed, read, read_file
from fmtui.core.importing_values import Broken
from fmtui.core.session_adding import add
from fmtui.core.sessions import SessionStore

START = 1_705_307_400.25  # 2024-01-15 08:30:00
PAGE = to_html(Document("x", "", datetime(2024, 1, 15, tzinfo=UTC), [Turn("a", "user", "text")]))


def node(
    name: str, parent: str | None, role: str, content: dict[str, Any] | str, **more: Any
) -> dict[str, Any]:
    """Return one entry of ChatGPT's mapping."""
    if isinstance(content, str):
        content = {"content_type": "text", "parts": [content]}
    author = {"role": role, "name": more.pop("tool", None), "metadata": {}}
    message = {"id": name, "author": author, "create_time": START, "content": content, "recipient": "all"}
    return {"id": name, "parent": parent, "children": [], "message": {**message, **more}}


def conversation(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    mapping = {each["id"]: each for each in nodes}
    for each in nodes:
        if isinstance(each["parent"], str) and each["parent"] in mapping:
            mapping[each["parent"]]["children"].append(each["id"])
    about = {"title": "Cake", "create_time": START, "conversation_id": "c-1", "mapping": mapping}
    return {**about, **more}


CAKE = conversation(
    {"id": "root", "parent": None, "children": [], "message": None},
    node("s", "root", "system", ""),
    node("hidden", "s", "user", {"content_type": "user_editable_context", "user_profile": "me"}),
    node("u1", "hidden", "user", "How do I bake?"),
    node("a1", "u1", "assistant", "Like that.", metadata={"model_slug": "gpt-4o"}),
    node("a2", "u1", "assistant", "Or like this.", metadata={"model_slug": "o3"}),
    node(
        "u2",
        "a1",
        "user",
        {"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}, "And this?"]},
        metadata={
            "attachments": [{"name": "x.pdf", "mime_type": "application/pdf"}, {"mime_type": "image/png"}]
        },
    ),
    node(
        "t",
        "u2",
        "assistant",
        {"content_type": "thoughts", "thoughts": [{"summary": "Looking", "content": "at it"}]},
    ),
    node("c", "t", "assistant", {"content_type": "code", "text": "print(1)"}, recipient="python"),
    node("o", "c", "tool", {"content_type": "execution_output", "text": "1"}, tool="python"),
    node(
        "a3",
        "o",
        "assistant",
        "It is cake.",
        metadata={"model_slug": "gpt-5", "finish_details": {"type": "max_tokens"}},
        create_time=START + 60,
    ),
    current_node="a3",
)


def documents(data: bytes | str) -> list[Document]:
    found = read("x", data.encode() if isinstance(data, str) else data)
    return [each for each in found if isinstance(each, Document)]


def test_a_conversation_of_chatgpt_becomes_a_session_with_its_branches_and_dates() -> None:
    (found,) = documents(json.dumps([CAKE]))
    assert (found.title, found.created) == ("Cake", datetime(2024, 1, 15, 8, 30, tzinfo=UTC))
    assert found.id.startswith("20240115-083000-")
    assert found.more == {"source": "chatgpt:c-1"}
    turns = {turn.id: turn for turn in found.turns}
    assert {turn.id: turn.parent for turn in found.turns} == {
        "u1": "", "a2": "u1", "a1": "u1", "u2": "a1", "t": "u2"
    }  # fmt: skip
    assert found.turns[-1].id == "t"  # what ChatGPT showed last is shown again
    assert turns["u2"].text == "[an image left out]\n\nAnd this?\n\n[a file left out]"
    reply = turns["t"]
    assert reply.text == "Output of python:\n\n```\n1\n```\n\nIt is cake."
    assert reply.reasoning == "Looking\nat it"
    assert reply.tool_calls == (ToolCall("python", "print(1)"),)
    assert (reply.outcome, reply.finish_reason) == ("complete", "length")
    models = [turns[name].params for name in ("a1", "a2", "t")]
    assert [params and params.model for params in models] == ["gpt-4o", "o3", "gpt-5"]
    assert changed(found) == datetime(2024, 1, 15, 8, 31, 0, 250_000, tzinfo=UTC)


def test_chatgpts_archive_may_have_its_conversations_in_several_files() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("user.json", "{}")
        file.writestr("export/conversations-000.json", json.dumps([CAKE, {"title": "empty", "mapping": {}}]))
        file.writestr("export/conversations-001.json", json.dumps([CAKE | {"conversation_id": "c-2"}]))
    found = list(read("x.zip", archive.getvalue()))
    assert [type(each) for each in found] == [Document, Broken, Document]


ROW = {
    "id": "01r1",
    "model": "gpt-4o-mini",
    "prompt": "Hello",
    "system": "Be kind",
    "options_json": '{"temperature": 0.3, "odd": null}',
    "response": "Hi!",
    "conversation_id": "01c",
    "conversation_name": "Greetings",
    "duration_ms": 1500,
    "datetime_utc": "2024-05-01T10:00:00.123456",
    "input_tokens": 7,
    "output_tokens": 2,
}
NEXT = ROW | {"id": "01r2", "prompt": "More", "response": "Ok", "datetime_utc": "2024-05-01T10:01:00+00:00"}


def check_greetings(found: Document) -> None:
    assert (found.title, found.created) == ("Greetings", datetime(2024, 5, 1, 10, 0, tzinfo=UTC))
    assert [(turn.role, turn.text) for turn in found.turns] == [
        ("user", "Hello"),
        ("assistant", "Hi!"),
        ("user", "More"),
        ("assistant", "Ok"),
    ]
    assert [turn.parent for turn in found.turns] == ["", *(turn.id for turn in found.turns[:-1])]
    reply = found.turns[1]
    assert reply.params is not None
    assert (reply.params.model, reply.params.system, reply.params.temperature) == (
        "gpt-4o-mini",
        "Be kind",
        0.3,
    )
    assert (reply.usage, reply.timing) == (Usage(7, 2, 9), Timing(None, 1.5))


def test_what_llm_logs_prints_becomes_a_session_for_each_conversation() -> None:
    other = ROW | {"id": "01r3", "conversation_id": None, "prompt_fragments": [{"content": "A file"}]}
    first, second = documents(json.dumps([NEXT, other, ROW]))
    check_greetings(first)
    assert second.turns[0].text == "A file\n\nHello"


def database(script: str) -> bytes:
    base = sqlite3.connect(":memory:")
    base.executescript(script)
    data = base.serialize()
    base.close()
    return data


def test_llms_database_of_responses_is_read() -> None:
    columns = [name for name in ROW if name != "conversation_name"]
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT)")
    base.execute("INSERT INTO conversations VALUES ('01c', 'Greetings', 'm')")
    base.execute(f"CREATE TABLE responses ({', '.join(columns)})")
    marks = ", ".join("?" for _ in columns)
    for row in (ROW, NEXT):
        base.execute(f"INSERT INTO responses VALUES ({marks})", [row[name] for name in columns])  # noqa: S608 - a test's
    (found,) = documents(base.serialize())
    base.close()
    check_greetings(found)


def test_llms_database_of_messages_is_read_with_what_it_kept_once() -> None:
    (found,) = documents(
        database("""
CREATE TABLE threads (id, name, tip_message_hash, forked_from, datetime_utc);
CREATE TABLE turns (id, thread_id, parent_message_hash, tip_message_hash, model, resolved_model, options_json,
  input_tokens, output_tokens, duration_ms, datetime_utc);
CREATE TABLE messages (hash, parent_hash, role, provider_metadata);
CREATE TABLE parts (id, message_hash, position, type, tool_name, text, payload);
CREATE TABLE fragments (id, content);
CREATE TABLE responses (id, prompt, response, conversation_id);
INSERT INTO responses VALUES ('r1', 'written to both', 'once', 'c');
INSERT INTO fragments VALUES (1, 'llo');
INSERT INTO threads VALUES ('c', 'Greetings', 'b2:4', NULL, '');
INSERT INTO turns VALUES ('r1', 'c', 'b2:1', 'b2:2', 'gpt-4o-mini', '', '{"temperature": 0.3}', 7, 2, 1500,
  '2024-05-01T10:00:00');
INSERT INTO turns VALUES ('r2', 'c', 'b2:3', 'b2:4', 'gpt-4o-mini', '', '{}', 9, 1, 100,
  '2024-05-01T10:01:00');
INSERT INTO messages VALUES ('b2:0', NULL, 'system', NULL), ('b2:1', 'b2:0', 'user', NULL),
  ('b2:2', 'b2:1', 'assistant', NULL), ('b2:3', 'b2:2', 'user', NULL), ('b2:4', 'b2:3', 'assistant', NULL);
INSERT INTO parts VALUES (1, 'b2:0', 0, 'text', NULL, 'Be kind', NULL),
  (2, 'b2:1', 0, 'text', NULL, NULL, '{"text_ref": [{"literal": "He"}, {"fragment": 1}]}'),
  (3, 'b2:2', 0, 'reasoning', NULL, 'hm', NULL), (4, 'b2:2', 1, 'text', NULL, 'Hi!', NULL),
  (5, 'b2:3', 0, 'text', NULL, 'More', NULL), (6, 'b2:4', 0, 'text', NULL, 'Ok', NULL);
""")
    )
    check_greetings(found)
    assert found.turns[1].reasoning == "hm"
    last = found.turns[-1].params
    assert last is not None
    assert last.system == "Be kind"


# ---- the same twice, and the disk -------------------------------------------


def test_the_same_is_known_again_and_lies_where_its_date_puts_it(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "sessions")
    store.new().append(Turn.prompt("now"))
    (found,) = documents(json.dumps(CAKE))
    (again,) = documents(json.dumps(CAKE | {"title": "Renamed"}))
    assert add(store.folder, found.id, as_file(found), changed(found))
    assert not add(store.folder, again.id, as_file(again), changed(again))
    assert [head.title for head in store.heads()] == ["now", "Cake"]
    session = store.open(found.id)
    assert session.all_turns() == list(found.turns)
    assert session.notices == []
    session.close()
    assert (tmp_path / "sessions" / f"{found.id}.toml").stat().st_mode & 0o777 == 0o600


# ---- hostile files ----------------------------------------------------------

DEEP = b'{"mapping": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def whole(data: bytes) -> None:
    """Read all sessions of a file; raise what is said of one that is broken."""
    for each in read("file", data):
        if isinstance(each, Broken):
            raise each.problem


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b" \n\t", "it is empty"),
        (b'{"turns": []}', "no turns"),
        (PAGE.partition("</main>")[0].encode(), "it is cut off"),
        (PAGE.replace("{&quot;id", "id").encode(), "a turn in it is damaged"),
        (b"hello there", "no session"),
        (b"\xff\xfe\x00", "neither text"),
        (DEEP, "too deep"),
        (b'[{"mapping": ', "damaged"),
        (b'{"what": 1}', "unknown kind"),
        (b"PK\x03\x04 but no more", "archive is damaged"),
        (b"SQLite format 3\0" + bytes(200), "database is damaged"),
        (b"---\ntitle: a post\n---\n\nText", "none of the marks"),
        (b"---\nfmtui: 1\n---\n\n<!-- fmtui: {} -->\nno heading", "marks are damaged"),
        (b"---\nfmtui: 1\n---\n\n<!-- fmtui: {} -->\n\n## Yo", "cut off within a turn"),
        (b"---\nfmtui: 1\n---\n\n<!-- fmtui: {} -->\n\n## You\n\nHow", "cut off within a turn"),
        (b"<!DOCTYPE html><p>another page", "no page that fmtui wrote"),
        (b'format = 9\nid = "x"\n', "newer"),
        (b'{"format": 9, "turns": []}', "newer"),
        (b'format = 1\n[[turns]]\nid = "a"\ntext = "x"\n[[turns]]\nid = ', "damaged"),
        (b'title = "a project"\n[tool]\n', "no session"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_taken_over_is_told_why(data: bytes, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        whole(data)
    assert "cannot be imported" in caught.value.message
    assert caught.value.hint


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(json.dumps([CAKE]).encode())
    monkeypatch.setattr(importing, "MAX_TURNS", 2)
    (broken,) = read_file(tmp_path / "x.json")
    assert isinstance(broken, Broken)
    monkeypatch.setattr(importing, "MAX_VALUES", 10)
    with pytest.raises(UsageError, match="too many values"):
        list(read_file(tmp_path / "x.json"))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("conversations.json", " " * 100_000)
    monkeypatch.setattr(importing, "MAX_BYTES", 1000)
    assert len(archive.getvalue()) < 1000
    for data in (archive.getvalue(), bytes(2000)):
        with pytest.raises(UsageError, match="larger than"):
            list(read("x", data))
    with pytest.raises(UsageError, match="larger than"):
        list(read_file(tmp_path / "x.json"))
    with pytest.raises(UsageError, match="folder"):
        list(read_file(tmp_path))
    with pytest.raises(StorageError, match="could not read"):
        list(read_file(tmp_path / "none"))


def test_a_database_whose_names_are_no_text_is_told_of() -> None:
    script = "CREATE TABLE responses (id, prompt); INSERT INTO responses VALUES ('a', 'b');"
    with pytest.raises(UsageError, match="database is damaged"):
        list(read("x", database(script).replace(b"prompt", b"pro\xeept")))


def test_a_database_that_would_go_on_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from fmtui.core import importing_llm  # noqa: PLC0415 - its bound is lowered

    monkeypatch.setattr(importing_llm, "_MOST_STEPS", 5)
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, '' AS prompt FROM n"
    )
    view = database(f"CREATE VIEW responses AS {endless};")
    with pytest.raises(UsageError, match="none of llm's"):
        list(read("x", view))
    big = (
        "CREATE TABLE responses (id, prompt); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    )
    many = database(f"{big} WHERE i < 60000) INSERT INTO responses SELECT i, '' FROM n;")  # noqa: S608 - same
    with pytest.raises(UsageError, match="interrupted"):
        list(read("x", many))


def test_wrong_types_and_broken_trees_lose_no_text() -> None:
    turns: list[Any] = [
        {
            "id": "b",
            "parent": "a",
            "role": "assistant",
            "text": "two",
            "usage": [],
            "params": 5,
            "created": "x",
        },
        {"id": "a", "role": "user", "text": "one", "timing": {"total_s": "long"}, "notices": {}},
        {"id": "x", "parent": "y", "text": "in a loop"},
        {"id": "y", "parent": "x", "text": "of two"},
        {"text": "no id"},
        {"text": "nor this", "id": "../../etc"},
        {"id": "a", "text": "a double"},
        "nothing",
        {"id": 5, "parent": [], "text": {"a": 1}, "role": "tool", "tool_calls": [1, {"name": 2}]},
    ]
    more = {"deep": None, "fine": [1], "turns": 1, "big": 10**400}
    (found,) = documents(json.dumps({"id": "../../x", "turns": turns, "title": ["x"], "more": more}))
    assert [turn.text for turn in found.turns][:2] == ["one", "two"]
    assert {turn.text for turn in found.turns} == {
        "one",
        "two",
        "in a loop",
        "of two",
        "no id",
        "nor this",
        "",
    }
    assert found.id.startswith("19700101-000000-")
    data = as_file(found)
    (back,) = documents(data)
    assert list(back.turns) == list(found.turns)


def test_hostile_conversations_cost_only_themselves() -> None:
    loop = conversation(node("a", "b", "user", "x"), node("b", "a", "user", "y"))
    odd = conversation(
        node("u", None, "user", "fine", metadata=7, create_time="soon", recipient=3, status=None),
        {"id": "n", "parent": "u", "children": "u", "message": {"author": "me", "content": ["x"]}},
        {"id": "m", "parent": ["u"], "children": [[]], "message": 5},
        create_time=1e300,
        title={"a": 1},
        current_node=[1],
    )
    found = list(read("x", json.dumps([loop, odd, {"mapping": []}, CAKE]).encode()))
    assert [type(each) for each in found] == [Document, Document, Broken, Document]
    assert isinstance(found[0], Document)
    assert [turn.text for turn in found[0].turns] == ["x", "y"]


def test_a_long_chain_is_not_followed_by_recursion() -> None:
    chain = [
        node(f"n{i}", f"n{i - 1}" if i else None, "user" if i % 2 else "assistant", "x") for i in range(5000)
    ]
    (found,) = documents(json.dumps(conversation(*chain, current_node="n4999")))
    assert len(found.turns) == 5000
    backwards = [{"id": str(i), "parent": str(i + 1), "text": "x"} for i in range(5000)]
    (other,) = documents(json.dumps({"turns": backwards}))
    assert [turn.id for turn in other.turns[:2]] == ["4999", "4998"]
