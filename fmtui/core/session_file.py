"""The format of a session file: writes one turn, reads a turn back, finds turns as bytes.

Pure: bytes in, values out. The file is TOML that a person may read, grep and edit, so
nothing here may trust it: a turn with wrong types is still a turn, unknown keys are left
alone, and whatever cannot be read is told apart from what can, never raised as it is.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from fmtui.core import session_toml as toml
from fmtui.core.chat import (
    DEFAULT_MAX_TOKENS,
    Failure,
    Mode,
    Outcome,
    Params,
    Role,
    Timing,
    ToolCall,
    Turn,
    Usage,
)
from fmtui.core.context import Cut, cut_tables, cuts_from
from fmtui.core.parameters import settings_from
from fmtui.core.session_marks import MARKS
from fmtui.core.text import one_line

FORMAT = 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands in for a date that a file does not say."""

SETTINGS = "params"
"""Key of the parameters that were set for a session."""
_LARGEST = 2**53
"""No count or time is larger; with a larger one Python may refuse to reckon or to write it out."""
_PARAMS = (
    "endpoint",
    "model",
    "mode",
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "system",
    "reasoning_effort",
    "thinking",
    "send_reasoning",
    "suffix",
    "echo",
    "error_behavior",
    "use_raw_prompt",
    "body",
)
_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens", "reasoning_tokens")

HISTORY = "history"
"""Key of where the sent history begins, a table for each choice: `from`, `since` and `summary`."""

HeadKey = Literal["id", "title", "settings", "history", "pinned", "archived", "tags"]
"""What of a head changes; marks are kept in its table alone."""
_CREATED = rb"(?m)^created[ \t]*=[^\r\n]*\r?\n"


class BrokenError(Exception):
    """These bytes are no TOML that could hold turns; the text says what is wrong."""


@dataclass(slots=True)
class Head:
    """What a session file says before its first turn."""

    id: str
    title: str = ""
    created: datetime = EPOCH
    format: int = FORMAT
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The parameters that were set for this session."""
    history: Sequence[Cut] = ()
    """Where the sent history of its branches begins, in the order in which that was chosen."""
    table: dict[str, Any] = field(default_factory=dict)
    """Every key as it was read, known or not."""


# ---- writing ----------------------------------------------------------------


def head_bytes(head: Head) -> bytes:
    """Return a fresh head, with the unknown keys of the table kept."""
    known = {"format": head.format, "id": head.id, "title": head.title, "created": _utc(head.created)}
    known |= {name: head.table[name] for name in MARKS if name in head.table}
    if head.settings:
        known[SETTINGS] = head.settings
    if head.history:
        known[HISTORY] = cut_tables(head.history)
    rest = {
        name: item
        for name, item in head.table.items()
        if name not in known and name not in {"turns", SETTINGS, HISTORY}
    }
    rows = (f"{toml.key(name)} = {toml.value(item)}\n" for name, item in (known | rest).items())
    return toml.encoded("".join(rows))


def rewritten(old: bytes, head: Head, name: HeadKey) -> bytes:
    """Return the head with one value as it is now, comments and unknown keys untouched where possible."""
    if name == "settings":
        return _with_row(old, head, SETTINGS, dict(head.settings))
    if name == "history":
        return _with_row(old, head, HISTORY, cut_tables(head.history))
    return _with_row(old, head, name, head.table[name] if name in MARKS else getattr(head, name))


def _with_row(old: bytes, head: Head, name: str, value: object) -> bytes:
    row = f"{name} = ".encode() + toml.encoded(toml.value(value))
    wanted = head.table | {name: value}
    line = re.compile(rb"^%b[ \t]*=[^\r\n]*" % name.encode(), re.MULTILINE)
    body = old.rstrip(b"\r\n")
    # At the end: a list of sessions reads the beginning of each.
    added = b"".join((body, b"\n" if body else b"", row, old[len(body) :] or b"\n"))
    news = [line.sub(lambda _: row, old, count=1), added, row + b"\n" + old]
    if name in MARKS and not line.search(old):  # where lists find them without parsing
        news.insert(0, re.sub(_CREATED, lambda found: found[0] + row + b"\n", old, count=1))
    for new in news:
        try:
            if tables(new) == wanted:
                return new
        except BrokenError:
            continue
    # Turns inside the head, which only a person puts there, are worth more than what stands around them.
    return old if "turns" in head.table else head_bytes(head)


def block(turn: Turn) -> bytes:
    """Return a turn as the bytes to append to a session file."""
    rows = "".join(f"{name} = {item}\n" for name, item in _rows(turn))
    return toml.encoded(f"\n[[turns]]\n{rows}")


def _rows(turn: Turn) -> list[tuple[str, str]]:
    """Return keys and written values in the order of the file, what is not there left out."""
    rows: list[tuple[str, str]] = [("id", toml.line(turn.id))]
    if turn.parent:
        rows.append(("parent", toml.line(turn.parent)))
    rows += [("role", toml.line(turn.role)), ("created", toml.moment(_utc(turn.created)))]
    if turn.params is not None:
        rows += _param_rows(turn.params)
    usage, timing, error = turn.usage, turn.timing, turn.error
    plain: dict[str, object] = {"finish_reason": turn.finish_reason, "outcome": turn.outcome}
    if usage is not None:
        plain |= {name: getattr(usage, name) for name in _COUNTS}
        # Also when false and no count is known: a usage that says nothing is still one.
        if usage.estimated or not any(plain[name] is not None for name in _COUNTS):
            plain["usage_estimated"] = usage.estimated
    plain["cost"] = turn.cost
    if timing is not None:
        plain |= {"first_token_s": timing.first_token_s, "total_s": timing.total_s}
        plain["reasoning_s"] = timing.reasoning_s
    if error is not None:
        plain |= {"error_type": error.type, "error_message": error.message, "error_status": error.status}
        plain["error_hint"] = error.hint or None
    plain["notices"] = list(turn.notices) or None
    plain["tool_calls"] = [
        {"name": call.name, "arguments": call.arguments, "id": call.id} for call in turn.tool_calls
    ] or None
    rows += [(name, toml.value(item)) for name, item in plain.items() if item is not None]
    if turn.reasoning:
        rows.append(("reasoning", toml.lines(turn.reasoning)))
    # Last, always there and always closed by three quotes: this is how a torn tail is known.
    rows.append(("text", toml.lines(turn.text)))
    return rows


def _param_rows(params: Params) -> list[tuple[str, str]]:
    plain: dict[str, object] = {
        "endpoint": params.endpoint or None,
        "model": params.model or None,
        "mode": params.mode,
        "max_tokens": params.max_tokens,
        "temperature": params.temperature,
        "top_p": params.top_p,
        "top_k": params.top_k,
        "stop": list(params.stop) or None,
    }
    rows = [(name, toml.value(item)) for name, item in plain.items() if item is not None]
    if params.system:
        rows.append(("system", (toml.lines if "\n" in params.system else toml.line)(params.system)))
    further: dict[str, object] = {
        "reasoning_effort": params.reasoning_effort or None,
        "thinking": params.thinking,
        "send_reasoning": params.send_reasoning,
        "suffix": params.suffix or None,
        "echo": params.echo,
        "error_behavior": params.error_behavior or None,
        "use_raw_prompt": params.use_raw_prompt,
    }
    rows += [(name, toml.value(item)) for name, item in further.items() if item is not None]
    if params.extra:
        rows.append(("body", toml.table_or_json(params.extra)))
    return rows


# ---- reading ----------------------------------------------------------------


def tables(data: bytes) -> dict[str, Any]:
    """Return what TOML bytes say.

    Raises:
        BrokenError: they are no TOML.
    """
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        reason = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise BrokenError(one_line(reason)) from error


def turn_tables(data: bytes) -> list[dict[str, Any]]:
    """Return the tables of the turns in a piece of a session file, which is mostly one.

    Raises:
        BrokenError: the piece is no TOML or holds no turn.
    """
    found = tables_of(tables(data))
    if not found:
        raise BrokenError("no turn in it")
    return found


def tables_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the tables of `turns`, whichever way a person wrote them."""
    turns = document.get("turns", [])
    return [table for table in (turns if isinstance(turns, list) else [turns]) if isinstance(table, dict)]


def head_from(data: bytes, session_id: str) -> tuple[Head, str]:
    """Return the head, and what is wrong with it or nothing.

    Of a head that is no TOML every line that is some is kept.
    """
    trouble = ""
    try:
        table = tables(data)
    except BrokenError as error:
        trouble = str(error)
        table = {}
        for row in data.splitlines()[:100]:
            try:
                table = tables(row) | table
            except BrokenError:
                continue
    number = table.get("format")
    return (
        Head(
            # The file's name counts: it is what a copied or renamed file is opened by.
            session_id,
            _text(table, "title"),
            _moment(table),
            number if isinstance(number, int) and not isinstance(number, bool) else FORMAT,
            settings_from(table.get(SETTINGS)),
            cuts_from(table.get(HISTORY)),
            table,
        ),
        trouble,
    )


def turn_from(table: Mapping[str, Any], turn_id: str, parent: str) -> Turn:
    """Return the turn that a table describes; what has a wrong type counts as not said."""
    error_type, total = table.get("error_type"), _number(table, "total_s")
    role = _word(table, "role", get_args(Role)) or ("assistant" if "outcome" in table else "user")
    text = table.get("text", "")
    return Turn(
        id=turn_id,
        role=cast("Role", role),
        text=text if isinstance(text, str) else str(text),
        parent=parent,
        created=_moment(table),
        reasoning=_text(table, "reasoning"),
        params=_params(table),
        outcome=cast("Outcome | None", _word(table, "outcome", get_args(Outcome))),
        finish_reason=_text(table, "finish_reason") if isinstance(table.get("finish_reason"), str) else None,
        usage=_usage(table),
        cost=_cost(table),
        timing=None
        if total is None
        else Timing(_number(table, "first_token_s"), total, _number(table, "reasoning_s")),
        error=Failure(
            error_type,
            _text(table, "error_message"),
            _count(table, "error_status"),
            _text(table, "error_hint"),
        )
        if isinstance(error_type, str)
        else None,
        tool_calls=tuple(
            ToolCall(_text(call, "name"), _text(call, "arguments"), _text(call, "id"))
            for call in _listed(table, "tool_calls", dict)
        ),
        notices=tuple(_listed(table, "notices", str)),
    )


def _params(table: Mapping[str, Any]) -> Params | None:
    if not any(name in table for name in _PARAMS):
        return None
    body = table.get("body", {})
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            body = {}
    tokens = _count(table, "max_tokens")
    return Params(
        endpoint=_text(table, "endpoint"),
        model=_text(table, "model"),
        mode=cast("Mode", _word(table, "mode", get_args(Mode)) or "chat"),
        max_tokens=DEFAULT_MAX_TOKENS if tokens is None else tokens,
        temperature=_number(table, "temperature"),
        top_p=_number(table, "top_p"),
        top_k=_count(table, "top_k"),
        stop=tuple(_listed(table, "stop", str)),
        system=_text(table, "system"),
        reasoning_effort=_text(table, "reasoning_effort"),
        thinking=_text(table, "thinking") or _count(table, "thinking"),
        send_reasoning=_flag(table, "send_reasoning"),
        suffix=_text(table, "suffix"),
        echo=_flag(table, "echo"),
        error_behavior=_text(table, "error_behavior"),
        use_raw_prompt=_flag(table, "use_raw_prompt"),
        extra=body if isinstance(body, dict) else {},
    )


def _usage(table: Mapping[str, Any]) -> Usage | None:
    if not any(name in table for name in (*_COUNTS, "usage_estimated")):
        return None
    prompt, completion, total, reasoning = (_count(table, name) for name in _COUNTS)
    return Usage(prompt, completion, total, reasoning, table.get("usage_estimated") is True)


def _cost(table: Mapping[str, Any]) -> float | None:
    found = _number(table, "cost")
    return None if found is None or found < 0 else float(found)


def _text(table: Mapping[str, Any], name: str) -> str:
    found = table.get(name)
    return found if isinstance(found, str) else ""


def _word(table: Mapping[str, Any], name: str, words: tuple[str, ...]) -> str | None:
    found = table.get(name)
    return found if isinstance(found, str) and found in words else None


def _count(table: Mapping[str, Any], name: str) -> int | None:
    found = table.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or abs(found) > _LARGEST:
        return None
    return found


def _number(table: Mapping[str, Any], name: str) -> float | None:
    found = table.get(name)
    if not isinstance(found, int | float) or isinstance(found, bool):
        return None
    return found if abs(found) <= _LARGEST else None  # which `nan` is not either


def _flag(table: Mapping[str, Any], name: str) -> bool | None:
    found = table.get(name)
    return found if isinstance(found, bool) else None


def _listed(table: Mapping[str, Any], name: str, kind: type) -> list[Any]:
    found = table.get(name)
    return [item for item in found if isinstance(item, kind)] if isinstance(found, list) else []


def _moment(table: Mapping[str, Any]) -> datetime:
    found = table.get("created")
    if not isinstance(found, datetime):
        return EPOCH
    return _utc(found)


def _utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
