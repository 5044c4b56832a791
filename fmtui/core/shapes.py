"""Where an answer stands in the JSON of a server: its parts, their text, and the counts.

Servers put the same things in different places, as texts, objects or lists. All of that
is settled here, so that `fmtui.core.wire` sees one shape. Pure, and never raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from fmtui.core.chat import Usage

MAX_PARTS = 1000
"""Parts of an answer that one piece of data may hold; a real one holds a few."""
_MOST_TOKENS = 2**53
"""No count is larger; a session file could not hold a much larger one."""

# JSON has no mapping but `dict`, of which to ask is quicker; it is asked several times a token.


class Part(NamedTuple):
    """One part of an answer."""

    fields: Mapping[str, object]
    """Its content, reasoning, calls and whatever else the server wrote."""
    reason: object = None
    """Why the answer stopped, where the server says so."""
    number: object = None
    """The number of the answer it belongs to, where the server gives several."""
    error: bool = False
    """Whether it is an error in the place of an answer."""


def parts_of(value: Mapping[str, object]) -> Iterator[Part]:
    """Yield the parts of a piece of data, `MAX_PARTS` at most and one to tell that there are more."""
    choices = value.get("choices")
    if choices:
        for choice in _several(choices):
            if isinstance(choice, str):
                yield Part({"content": choice})
            elif isinstance(choice, dict):
                yield _choice(choice)
        return
    delta = value.get("delta")  # chat agents of Databricks
    if isinstance(delta, dict):
        yield Part(delta, value.get("finish_reason") or delta.get("finish_reason"))
    elif isinstance(delta, str) and delta and "type" not in value:
        yield Part({"content": delta}, value.get("finish_reason"))
    messages = value.get("messages")  # the same, when they do not stream
    if messages and isinstance(messages, list):
        last = len(messages) - 1
        for at, message in enumerate(_several(messages)):
            reason = value.get("finish_reason") if at == last else None
            if isinstance(message, str):
                yield Part({"content": message}, reason)
            elif isinstance(message, dict) and message.get("role") in (None, "", "assistant"):
                yield Part(message, reason or message.get("finish_reason"))


def _several(found: object) -> Iterable[object]:
    if isinstance(found, list):
        return found if len(found) <= MAX_PARTS else found[: MAX_PARTS + 1]
    return (found,)


def _choice(choice: Mapping[str, object]) -> Part:
    if choice.get("error"):
        return Part(choice, error=True)
    index, reason = choice.get("index"), choice.get("finish_reason")
    for inner in (choice.get("delta"), choice.get("message")):
        if isinstance(inner, dict):
            return Part({**choice, **inner}, reason or inner.get("finish_reason"), index)
        if isinstance(inner, str) and inner:
            return Part({**choice, "content": inner}, reason, index)
    return Part(choice, reason, index)


def spoken(value: object, depth: int = 0) -> str:
    """Return the text of a string, of an object with `text`, or of a list of such."""
    if isinstance(value, str):
        return value
    if depth > 3:
        return ""
    if isinstance(value, dict):
        return spoken(value.get("text"), depth + 1)
    if isinstance(value, list):
        return "".join(spoken(entry, depth + 1) for entry in value)
    return ""


def thoughts_and_text(items: Iterable[object], left_out: set[str]) -> tuple[str, str]:
    """Return the reasoning and the text of a list of content parts.

    Args:
        items: as the server lists them.
        left_out: takes the kinds of parts that are no text, a few at most.
    """
    thoughts: list[str] = []
    texts: list[str] = []
    for item in items:
        if isinstance(item, str):
            texts.append(item)
            continue
        if not isinstance(item, dict):
            continue
        kind = item.get("type")
        if kind in ("reasoning", "thinking"):
            thoughts.append(spoken(item.get("summary") or item.get("thinking") or item.get("text")))
        elif kind in ("text", "output_text", None, ""):
            texts.append(spoken(item.get("text") or item.get("content")))
        elif kind == "refusal":
            texts.append(spoken(item.get("refusal")))
        elif isinstance(kind, str) and len(left_out) < 5 and "redacted" not in kind:
            left_out.add(kind)
    return "".join(thoughts), "".join(texts)


def usage_of(*places: object) -> Usage | None:
    """Return the counts of tokens in the first place that holds some."""
    for found in places:
        if not isinstance(found, dict):
            continue
        details = found.get("completion_tokens_details")
        usage = Usage(
            _number(found.get("prompt_tokens", found.get("input_tokens"))),
            _number(found.get("completion_tokens", found.get("output_tokens"))),
            _number(found.get("total_tokens")),
            _number(details.get("reasoning_tokens")) if isinstance(details, dict) else None,
        )
        if usage != _NO_COUNTS:
            return usage
    return None


_NO_COUNTS = Usage()


def _number(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_TOKENS:
        return None
    return value
