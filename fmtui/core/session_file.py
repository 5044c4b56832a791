"""The format of the turns of a session file: writes one, reads one back; `session_head` has the rest.

Pure: bytes in, values out. The file is TOML that a person may read, grep and edit, so
nothing here may trust it: a turn with wrong types is still a turn, unknown keys are left
alone, and whatever cannot be read is told apart from what can, never raised as it is.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast, get_args

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
from fmtui.core.text import encoded, one_line

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands in for a date that a file does not say."""

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


class BrokenError(Exception):
    """These bytes are no TOML that could hold turns; the text says what is wrong."""


# ---- writing ----------------------------------------------------------------


def block(turn: Turn) -> bytes:
    """Return a turn as the bytes to append to a session file."""
    rows = "".join(f"{name} = {item}\n" for name, item in _rows(turn))
    return encoded(f"\n[[turns]]\n{rows}")


def _rows(turn: Turn) -> list[tuple[str, str]]:
    """Return keys and written values in the order of the file, what is not there left out."""
    rows: list[tuple[str, str]] = [("id", toml.line(turn.id))]
    if turn.parent:
        rows.append(("parent", toml.line(turn.parent)))
    rows += [("role", toml.line(turn.role)), ("created", toml.moment(utc(turn.created)))]
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
        created=moment_in(table),
        reasoning=text_in(table, "reasoning"),
        params=_params(table),
        outcome=cast("Outcome | None", _word(table, "outcome", get_args(Outcome))),
        finish_reason=text_in(table, "finish_reason")
        if isinstance(table.get("finish_reason"), str)
        else None,
        usage=_usage(table),
        cost=_cost(table),
        timing=None
        if total is None
        else Timing(_number(table, "first_token_s"), total, _number(table, "reasoning_s")),
        error=Failure(
            error_type,
            text_in(table, "error_message"),
            _count(table, "error_status"),
            text_in(table, "error_hint"),
        )
        if isinstance(error_type, str)
        else None,
        tool_calls=tuple(
            ToolCall(text_in(call, "name"), text_in(call, "arguments"), text_in(call, "id"))
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
        endpoint=text_in(table, "endpoint"),
        model=text_in(table, "model"),
        mode=cast("Mode", _word(table, "mode", get_args(Mode)) or "chat"),
        max_tokens=DEFAULT_MAX_TOKENS if tokens is None else tokens,
        temperature=_number(table, "temperature"),
        top_p=_number(table, "top_p"),
        top_k=_count(table, "top_k"),
        stop=tuple(_listed(table, "stop", str)),
        system=text_in(table, "system"),
        reasoning_effort=text_in(table, "reasoning_effort"),
        thinking=text_in(table, "thinking") or _count(table, "thinking"),
        send_reasoning=_flag(table, "send_reasoning"),
        suffix=text_in(table, "suffix"),
        echo=_flag(table, "echo"),
        error_behavior=text_in(table, "error_behavior"),
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


def text_in(table: Mapping[str, Any], name: str) -> str:
    """Return the text of a key, empty where it has none."""
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


def moment_in(table: Mapping[str, Any]) -> datetime:
    """Return when something was made, `EPOCH` where that is not said."""
    found = table.get("created")
    if not isinstance(found, datetime):
        return EPOCH
    return utc(found)


def utc(when: datetime) -> datetime:
    """Return a time in UTC; one without a zone is taken to be in it."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
