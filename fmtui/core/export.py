"""A session as one document for other programs and people: markdown, JSON or TOML. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, time

from fmtui.core.chat import Turn
from fmtui.core.session_file import FORMAT, Head, block, head_bytes
from fmtui.core.session_heads import SessionHead
from fmtui.core.text import one_line, whole_characters

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_ENDINGS = {
    "stopped": "stopped by the user",
    "cut_off": "cut off: part of the answer is missing",
    "interrupted": "interrupted: the program ended while it was received",
}


def to_markdown(head: SessionHead, turns: Iterable[Turn]) -> str:
    """Return the turns as a markdown document, each under a heading of its own."""
    parts = [f"# {one_line(head.title)}", f"*{head.created:%Y-%m-%d %H:%M} UTC*"]
    for turn in turns:
        parts.append(f"## {_speaker(turn)}")
        if turn.reasoning:
            quoted = "\n".join(f"> {row}".rstrip() for row in turn.reasoning.split("\n"))
            parts.append(f"> **Reasoning**\n>\n{quoted}")
        if turn.text:
            parts.append(_closed(turn.text))
        parts += [f"*{note}*" for note in _notes(turn)]
    return "\n\n".join(parts) + "\n"


def to_json(head: SessionHead, turns: Iterable[Turn]) -> str:
    """Return the turns as one JSON object; what is not known is left out."""
    document = {
        "format": FORMAT,
        "id": head.id,
        "title": head.title,
        "created": head.created.isoformat(),
        "turns": [_plain(turn) for turn in turns],
    }
    # A lone half of a surrogate pair could not be written to any file or pipe.
    return whole_characters(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def to_toml(head: SessionHead, turns: Iterable[Turn]) -> str:
    """Return a session file with these turns, which fmtui can open again."""
    start = head_bytes(Head(head.id, head.title, head.created))
    return b"".join([start, *(block(turn) for turn in turns)]).decode()


def _speaker(turn: Turn) -> str:
    if turn.role != "assistant":
        return {"user": "You", "system": "System"}[turn.role]
    return one_line(turn.params.model) if turn.params is not None and turn.params.model else "Assistant"


def _notes(turn: Turn) -> list[str]:
    notes = [f"Tool call: `{one_line(call.name)}`" for call in turn.tool_calls]
    if turn.finish_reason == "length":
        notes.append("max_tokens ended this answer")
    if turn.outcome in _ENDINGS:
        notes.append(_ENDINGS[turn.outcome])
    if turn.error is not None:
        notes.append(one_line(turn.error.message, 500))
    return notes


def _closed(text: str) -> str:
    """Close a code fence that an answer left open, so that it does not swallow what follows."""
    fence = ""
    for row in text.split("\n"):
        match = _FENCE.fullmatch(row)
        if match is None:
            continue
        marks, rest = match.groups()
        if not fence:
            fence = "" if marks[0] == "`" and "`" in rest else marks
        elif marks[0] == fence[0] and len(marks) >= len(fence) and not rest.strip():
            fence = ""
    return f"{text}\n{fence}" if fence else text


def _plain(thing: object) -> object:
    """Return values as JSON has them, empty ones left out of objects."""
    names: Sequence[str] = getattr(thing, "_fields", ())
    if is_dataclass(thing):
        names = [item.name for item in fields(thing)]
    if names:
        pairs = ((name, getattr(thing, name)) for name in names)
        return {name: _plain(value) for name, value in pairs if _says_something(name, value)}
    if isinstance(thing, list | tuple):
        return [_plain(item) for item in thing]
    if isinstance(thing, Mapping):
        return {str(name): _plain(value) for name, value in thing.items()}
    if isinstance(thing, date | time):
        return thing.isoformat()
    return thing


def _says_something(name: str, value: object) -> bool:
    return name in ("text", "estimated") or (value is not None and value not in ("", (), {}))
