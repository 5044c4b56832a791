"""Reading the log of llm: what `llm logs --json` prints, or its SQLite database itself.

Its database has two generations of tables. In the older one each response is a row with its
prompt; in the newer one messages are a tree that conversations share, and each call of a
model points at the message that it ended with. A database may have both.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from fmtui.core.chat import Params, Timing, ToolCall, Turn, Usage
from fmtui.core.export import Document
from fmtui.core.importing_chatgpt import fenced
from fmtui.core.importing_values import Broken, count_of, moment_of, parsed, refused, text_of
from fmtui.core.parameters import applied, settings_from
from fmtui.core.text import one_line

SOURCE = "llm"

_MOST_STEPS = 20_000
"""Of ten thousand instructions each: what a database may make SQLite do."""
_LONGEST = 50_000_000
"""Bytes of one value."""
_MOST = 1_000_000_000
"""Characters of all values: a column may be made up, and be larger than the file."""


def from_logs(tables: Iterable[Mapping[str, Any]]) -> Iterator[Document | Broken]:
    """Yield the conversations that the rows of `llm logs --json` belong to."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for table in tables:
        name = text_of(table.get("conversation_id")) or text_of(table.get("id"))
        by_name.setdefault(name, []).append(table)
    for name, rows in by_name.items():
        rows.sort(key=lambda row: (text_of(row.get("datetime_utc")), text_of(row.get("id"))))
        turns: list[Turn] = []
        for number, row in enumerate(rows, 1):
            turns += _exchange(row, text_of(row.get("id")) or f"r{number}", turns[-1].id if turns else "")
        title = next((text_of(row.get("conversation_name")) for row in rows), "")
        yield _document(name, title, turns)


def _document(name: str, title: str, turns: list[Turn]) -> Document | Broken:
    if not turns:
        return Broken(
            title or name, refused(title or name, "no text is left of it", "There is nothing to import.")
        )
    created = min(turn.created for turn in turns)
    return Document(f"{SOURCE}:{name}", title, created, turns, more={"source": f"{SOURCE}:{name}"})


def _exchange(row: Mapping[str, Any], name: str, parent: str) -> Iterator[Turn]:
    """Yield the prompt and the reply of a response."""
    pieces = [*_pieces(row.get("prompt_fragments")), text_of(row.get("prompt"))]
    attachments = row.get("attachments")
    pieces += ["[a file left out]" for _ in attachments] if isinstance(attachments, list) else []
    prompt = "\n\n".join(piece for piece in pieces if piece.strip())
    when = moment_of(row.get("datetime_utc"))
    if prompt:
        yield Turn(f"{name}-prompt", "user", prompt, parent, when)
        parent = f"{name}-prompt"
    system = [*_pieces(row.get("system_fragments")), text_of(row.get("system"))]
    calls = row.get("tool_calls")
    reply = Turn(
        name,
        "assistant",
        text_of(row.get("response")),
        parent,
        when,
        text_of(row.get("reasoning")),
        tool_calls=tuple(
            ToolCall(
                text_of(call.get("name")), _written(call.get("arguments")), text_of(call.get("tool_call_id"))
            )
            for call in (calls if isinstance(calls, list) else ())
            if isinstance(call, dict)
        ),
    )
    yield _asked(reply, row, "\n\n".join(piece for piece in system if piece.strip()))


def _asked(reply: Turn, row: Mapping[str, Any], system: str) -> Turn:
    """Return a reply with what is known of the call that it came from."""
    options = row.get("options_json")
    options = options if isinstance(options, dict) else parsed(text_of(options))
    model = text_of(row.get("model")) or text_of(row.get("resolved_model"))
    params = applied(Params(model=model, system=system), settings_from(options))
    tokens_in, tokens_out = count_of(row.get("input_tokens")), count_of(row.get("output_tokens"))
    total = None if tokens_in is None or tokens_out is None else tokens_in + tokens_out
    usage = Usage(tokens_in, tokens_out, total)
    took = count_of(row.get("duration_ms"))
    return replace(
        reply,
        params=params,
        outcome="complete",
        usage=None if usage == Usage() else usage,
        timing=None if took is None else Timing(None, took / 1000),
    )


def _pieces(fragments: object) -> Iterator[str]:
    """Yield the texts that were put before a prompt."""
    for each in fragments if isinstance(fragments, list) else ():
        yield text_of(each.get("content") if isinstance(each, dict) else each)


def _written(arguments: object) -> str:
    return text_of(arguments) if isinstance(arguments, str) else json.dumps(arguments)


# ---- the database -----------------------------------------------------------


def from_database(name: str, data: bytes) -> Iterator[Document | Broken]:
    """Yield the conversations of a database, which is read in memory: its file is never touched.

    Raises:
        UsageError: it is no database of llm, or a damaged one.
    """
    with closing(sqlite3.connect(":memory:")) as base:
        try:
            # A file that was written to beside its own log says so in two bytes, and cannot be
            # opened in memory: what it holds itself is read.
            base.deserialize(data[:18] + b"\1\1" + data[20:])
            yield from _Log(base).conversations(name)
        except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError, OverflowError) as error:
            raise refused(name, f"the database is damaged ({one_line(str(error), 100)})") from error


class _Log:
    """A database of llm that is not trusted: it can neither go on for ever nor do anything but be read."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        self._steps = 0
        self._read = 0
        base.row_factory = sqlite3.Row
        base.text_factory = lambda raw: raw.decode(errors="replace")
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        base.set_progress_handler(self._step, 10_000)
        base.execute("PRAGMA trusted_schema = OFF")
        base.execute("PRAGMA query_only = ON")
        rows = base.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        )
        self._tables = {row["name"] for row in rows}

    def _step(self) -> int:
        self._steps += 1
        return int(self._steps > _MOST_STEPS)

    def _rows(self, table: str, order: str = "rowid") -> Iterator[dict[str, Any]]:
        """Yield the rows of one of llm's tables; none of one that is not there."""
        if table in self._tables:
            for row in self._base.execute(f'SELECT * FROM "{table}" ORDER BY {order}'):  # noqa: S608 - our own names
                self._read += sum(len(value) for value in row if isinstance(value, str))
                if self._read > _MOST:
                    raise sqlite3.DataError("it holds too much")
                yield dict(row)

    def conversations(self, name: str) -> Iterator[Document | Broken]:
        """Yield those of both generations."""
        new = {"threads", "turns", "messages", "parts"} <= self._tables
        if not new and "responses" not in self._tables:
            raise refused(name, "it is a database, but none of llm's")
        done: set[str] = set()
        if new:
            yield from self._threads(done)
        yield from from_logs(self._responses(done))

    # ---- the older tables

    def _responses(self, done: set[str]) -> Iterator[dict[str, Any]]:
        """Yield the responses as `llm logs --json` has them."""
        names = {row.get("id"): row.get("name") for row in self._rows("conversations")}
        fragments = self._fragments()
        used = {
            kind: _grouped(self._rows(f"{kind}_fragments"), "response_id") for kind in ("prompt", "system")
        }
        files = _grouped(self._rows("prompt_attachments"), "response_id")
        calls = _grouped(self._rows("tool_calls"), "response_id")
        for row in self._rows("responses"):
            key = row.get("id")
            if key in done:  # written to both for a while
                continue
            row["conversation_name"] = names.get(row.get("conversation_id"))
            for kind, found in used.items():
                rows = sorted(found.get(key, ()), key=lambda each: count_of(each.get("order")) or 0)
                row[f"{kind}_fragments"] = [fragments.get(each.get("fragment_id"), "") for each in rows]
            row["attachments"] = files.get(key)
            row["tool_calls"] = calls.get(key)
            yield row

    def _fragments(self) -> dict[object, str]:
        return {row.get("id"): text_of(row.get("content")) for row in self._rows("fragments")}

    # ---- the newer tables

    def _threads(self, done: set[str]) -> Iterator[Document | Broken]:
        """Yield the conversations that are trees of messages."""
        fragments = self._fragments()
        messages = {row.get("hash"): row for row in self._rows("messages")}
        parts = _grouped(self._rows("parts", "message_hash, position"), "message_hash")
        calls = _grouped(self._rows("turns", "datetime_utc, id"), "thread_id")
        titles = {row.get("id"): text_of(row.get("name")) for row in self._rows("threads")}
        for thread, rows in calls.items():
            turns: dict[str, Turn] = {}
            for row in rows:
                done.add(text_of(row.get("id")))
                _take_call(row, turns, messages, parts, fragments)
            yield _document(str(thread), titles.get(thread, ""), list(turns.values()))


def _grouped(rows: Iterable[dict[str, Any]], key: str) -> dict[object, list[dict[str, Any]]]:
    found: dict[object, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.get(key), []).append(row)
    return found


def _take_call(
    row: Mapping[str, Any],
    turns: dict[str, Turn],
    messages: Mapping[object, Mapping[str, Any]],
    parts: Mapping[object, list[dict[str, Any]]],
    fragments: Mapping[object, str],
) -> None:
    """Add the messages that a call of a model ended with, as far as they are not there yet."""
    chain: list[str] = []
    name = text_of(row.get("tip_message_hash"))
    while name in messages and name not in turns and name not in chain[-1:]:
        chain.append(name)
        if len(chain) > len(messages):
            return  # a loop
        name = text_of(messages[name].get("parent_hash"))
    before = turns.get(name)
    parent = name if before is not None else ""
    system = before.params.system if before is not None and before.params is not None else ""
    for each in reversed(chain):
        role = text_of(messages[each].get("role"))
        text, thoughts, calls = _message(parts.get(each, []), fragments)
        if role == "system":
            system = text
            continue
        if not (text or thoughts or calls):
            continue
        turn = Turn(
            each,
            "assistant" if role == "assistant" else "user",
            text,
            parent,
            moment_of(row.get("datetime_utc")),
            thoughts,
            tool_calls=tuple(calls),
        )
        turns[each] = _asked(turn, row, system) if role == "assistant" else turn
        parent = each


def _message(
    parts: Iterable[Mapping[str, Any]], fragments: Mapping[object, str]
) -> tuple[str, str, list[ToolCall]]:
    """Return text, reasoning and calls of a message."""
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[ToolCall] = []
    for part in parts:
        more = parsed(text_of(part.get("payload")))
        text = (
            text_of(part.get("text"))
            or text_of(more.get("text"))
            or _borrowed(more.get("text_ref"), fragments)
        )
        match part.get("type"):
            case "text":
                texts.append(text)
            case "reasoning":
                thoughts.append(text)
            case "tool_call":
                calls.append(
                    ToolCall(
                        text_of(more.get("name")),
                        _written(more.get("arguments")),
                        text_of(more.get("tool_call_id")),
                    )
                )
            case "tool_result":
                output = more.get("output")
                shown = output if isinstance(output, str) else json.dumps(output)
                texts.append(
                    f"Output of {text_of(part.get('tool_name')) or 'a tool'}:\n\n{fenced(text_of(shown))}"
                )
            case "attachment":
                texts.append("[a file left out]")
            case _:
                continue
    return "\n\n".join(filter(None, texts)), "\n\n".join(filter(None, thoughts)), calls


def _borrowed(pieces: object, fragments: Mapping[object, str]) -> str:
    """Return a text that is put together from others, which are kept once."""
    found: list[str] = []
    for piece in pieces if isinstance(pieces, list) else ():
        if isinstance(piece, dict):
            number = piece.get("fragment")
            found.append(text_of(piece.get("literal")) or fragments.get(count_of(number), ""))
    return "".join(found)
