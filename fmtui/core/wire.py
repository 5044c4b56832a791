"""The protocol as pure functions: a request becomes a body, received data becomes events.

Nothing here sends, waits or knows a socket, so every shape that a server may send can be
tested as text. Servers differ and some are hostile: whatever JSON arrives, the only thing
raised is a `FmtuiError`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from fmtui.core.chat import (
    Event,
    Finished,
    Notice,
    ReasoningDelta,
    Request,
    TextDelta,
    ToolCallDelta,
    Usage,
    UsageUpdate,
    is_catalogue_name,
)
from fmtui.core.endpoints import Kind
from fmtui.core.errors import ProtocolError, UsageError
from fmtui.core.failures import NOBODY, About, is_error, not_an_api, stream_error
from fmtui.core.foreign_json import read_json
from fmtui.core.history import Reasoning, messages, prompt
from fmtui.core.masking import Unkeyed
from fmtui.core.parameters import REASONING_FIELD, conflict, fields_of
from fmtui.core.pieces import MAX_CALLS, Characters, ThinkTags, ToolCalls
from fmtui.core.shapes import MAX_PARTS, parts_of, spoken, thoughts_and_text, usage_of
from fmtui.core.text import encoded

_MAX_REASON = 200
"""Characters of a reason to stop that are kept; it is one word."""
_BLANK_REASON = "?"
"""A reason of blanks alone, which is one all the same."""

# ---- requests ---------------------------------------------------------------


def encode(
    request: Request,
    kind: Kind,
    *,
    extra: Mapping[str, object] | None = None,
    stream_options: bool = True,
    new_max_tokens: bool = False,
    omitted: Collection[str] = (),
) -> list[bytes]:
    """Return the JSON body of a request, in pieces.

    Goes through the turns once and holds none of them: what stays is what is sent.

    Args:
        request: the parameters and the path of turns.
        kind: `databricks` bodies name no model, as the URL does (unless the model has a Unity
            Catalog name, which goes to the gateway), and never hold `stream_options`.
        extra: further fields of the endpoint; those of the request win over them.
        stream_options: whether to ask an OpenAI-compatible server for token counts.
        new_max_tokens: whether the server wants `max_completion_tokens` for `max_tokens`.
        omitted: fields that are left out, as the model refuses them.

    Raises:
        UsageError: there is nothing to send, JSON has no form for a further field, or two
            parameters cannot go together.
    """
    params = request.params
    if problem := conflict(params):
        raise UsageError(f"{problem[0].upper()}{problem[1:]}.", "Change either of the two.")
    replay: Reasoning = ""
    if params.send_reasoning and REASONING_FIELD not in omitted:
        replay = "parts" if kind == "databricks" else "field"
    name, history = (
        ("messages", messages(params.system, request.turns, replay, request.pictures))
        if params.mode == "chat"
        else ("prompt", prompt(request.turns))
    )
    if not history:
        raise UsageError("There is nothing to send: the prompt is empty.", "Type a prompt.")
    body: dict[str, object] = {}
    if kind == "openai" or is_catalogue_name(params.model):
        body["model"] = params.model
    body["stream"] = True
    body |= fields_of(params)
    if new_max_tokens:
        body["max_completion_tokens"] = body.pop("max_tokens")
    if kind == "openai" and stream_options:
        body["stream_options"] = {"include_usage": True}
    further = {**(extra or {}), **params.extra}
    if "max_completion_tokens" in further:
        body.pop("max_tokens", None)  # servers refuse both at once
    fields = _json({field: value for field, value in {**body, **further}.items() if field not in omitted})
    if name in further:
        return [fields]
    return [fields[:-1], f',"{name}":'.encode(), *history, b"}"]


def _json(value: object) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            "A further field of the request cannot be sent: JSON has no form for its value.",
            "Check body of the endpoint: texts, numbers, true, false, lists and tables can be sent.",
        ) from error
    return encoded(text)


# ---- answers ----------------------------------------------------------------
# JSON has no mapping but `dict`, of which to ask is quicker; it is asked several times a token.


class Decoder:
    """Makes events of the data of one answer, however the server shapes and cuts them."""

    def __init__(self, about: About = NOBODY) -> None:
        self.done = False
        """Whether `[DONE]` has come."""
        self.finish_reason = ""
        """The server's word for why it stopped, once it has."""
        self.answered = False
        """Whether anything of an answer has come: text, reasoning, a call, or a reason to stop."""
        self.understood = 0
        """How many pieces of data had a known shape."""
        self.unreadable = 0
        """How many pieces of data were no JSON object."""
        self.size = 0
        """Characters of the answer so far: text, reasoning and calls."""
        self._about = about
        self._unkeyed = Unkeyed(about.secrets)
        self._usage = Usage()
        self._choice: int | None = None
        self._text = Characters()
        self._reasoning = Characters()
        self._refusal = Characters()
        self._think = ThinkTags()
        self._calls = ToolCalls()
        self._left_out: set[str] = set()

    def feed(self, data: str, event: str = "") -> list[Event]:
        """Return the events of one piece of data.

        Args:
            data: of one server-sent event.
            event: its name; most have none.

        Raises:
            StreamFailedError: it is an error.
        """
        if data.lstrip().startswith("[DONE]"):
            self.done = True
            return []
        try:
            value = read_json(data)
        except (ValueError, RecursionError):
            if event == "error":
                raise stream_error(data, self._about) from None
            self.unreadable += 1
            return []
        return self.take(value, named_error=event == "error")

    def take(self, value: object, *, named_error: bool = False) -> list[Event]:
        """Return the events of one JSON value; see `feed`."""
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, dict):
            if named_error:
                raise stream_error(value, self._about)
            self.unreadable += 1
            return []
        if is_error(value, named=named_error):
            raise stream_error(value, self._about)
        events: list[Event] = []
        usage: object = None
        for at, part in enumerate(parts_of(value)):
            if part.error:
                raise stream_error(part.fields, self._about)
            if at == MAX_PARTS:
                self.unreadable += 1
                break
            if isinstance(part.number, int):
                self._choice = part.number if self._choice is None else self._choice
                if part.number != self._choice:
                    continue  # only one answer is shown
            self.understood += 1
            usage = part.fields.get("usage") or usage
            self._part(part.fields, events)
            if isinstance(part.reason, str) and part.reason:
                # Masked before it is cut, so that no half of a key is left.
                self.finish_reason = self._about.quoted(part.reason, _MAX_REASON) or _BLANK_REASON
                events += self._held_back()
                events.append(Finished(self.finish_reason))
        if value.get("choices") == []:
            self.understood += 1  # token counts often come so
        if events:
            self.answered = True
            self.size += sum(map(_size, events))
        groq = value.get("x_groq")
        self._count(
            usage_of(value.get("usage"), usage, groq.get("usage") if isinstance(groq, dict) else None), events
        )
        return self._unkeyed.events(events)

    def finish(self) -> list[Event]:
        """Return what was held back, and what was odd about the answer. Call it at every end."""
        events = self._held_back()
        if events:
            self.answered = True
        if self.unreadable and self.understood:
            parts = "1 part" if self.unreadable == 1 else f"{self.unreadable} parts"
            events.append(Notice(f"{parts} of the reply could not be read and may be missing."))
        if self._left_out:
            kinds = ", ".join(sorted(self._left_out))
            events.append(
                Notice(f"The reply holds parts that cannot be shown: {self._about.quoted(kinds, 100)}.")
            )
        if self._calls.dropped:
            events.append(
                Notice(f"The reply holds more than {MAX_CALLS} tool calls; the others are left out.")
            )
        self.unreadable = 0
        self._calls.dropped = False
        self._left_out.clear()
        return self._unkeyed.events(events)

    def _part(self, part: Mapping[str, object], events: list[Event]) -> None:
        content = part.get("content")
        thoughts = ""
        if isinstance(content, list | dict):
            items = content if isinstance(content, list) else [content]
            if len(items) > MAX_PARTS:
                items = items[:MAX_PARTS]
                self.unreadable += 1
            thoughts, content = thoughts_and_text(items, self._left_out)
        # Some servers send the same reasoning under two names.
        thoughts = thoughts or spoken(part.get("reasoning_content")) or spoken(part.get("reasoning"))
        if thoughts and (whole := self._reasoning.feed(thoughts)):
            events.append(ReasoningDelta(whole))
        text = part.get("text")
        if isinstance(content, str) and content:
            events += self._think.feed(self._text.feed(content))
        elif text and (whole := self._text.feed(spoken(text))):
            events.append(TextDelta(whole))  # a completion is shown as it is
        refusal = part.get("refusal")
        if refusal and (whole := self._refusal.feed(spoken(refusal))):
            events.append(TextDelta(whole))
        if part.get("tool_calls"):
            events += self._calls.feed(part["tool_calls"])
        elif isinstance(part.get("function_call"), dict):
            events += self._calls.feed([{"index": 0, "function": part["function_call"]}])

    def _count(self, usage: Usage | None, events: list[Event]) -> None:
        if usage is None:
            return
        counted = self._usage.merged(usage)
        if counted != self._usage:
            self._usage = counted
            events.append(UsageUpdate(counted))

    def _held_back(self) -> list[Event]:
        events: list[Event] = []
        if rest := self._reasoning.finish():
            events.append(ReasoningDelta(rest))
        events += self._think.feed(self._text.finish())
        events += self._think.finish()
        if rest := self._refusal.finish():
            events.append(TextDelta(rest))
        events += self._calls.finish()
        return events


def decode_body(body: bytes, about: About = NOBODY, content_type: str = "application/json") -> list[Event]:
    """Return the events of a whole answer, as servers send that do not stream.

    Raises:
        StreamFailedError: it is an error.
        ProtocolError: it is no answer at all.
    """
    text = body.decode("utf-8-sig", "replace")
    if not text.strip():
        raise empty(about)
    decoder = Decoder(about)
    events = [*decoder.feed(text), *decoder.finish()]
    if not decoder.answered:
        if decoder.understood:
            raise empty(about)
        raise not_an_api(body, content_type, about)
    return events


def empty(about: About) -> ProtocolError:
    """Return the error of an answer in which nothing came."""
    return ProtocolError(
        f"{about.host} sent an empty response.",
        "Try again; if it stays so, check the URL and the model"
        + (f" of endpoint “{about.endpoint}”." if about.endpoint else "."),
    )


def _size(event: Event) -> int:
    if isinstance(event, TextDelta | ReasoningDelta):
        return len(event.text)
    if isinstance(event, ToolCallDelta):
        return len(event.id) + len(event.name) + len(event.arguments)
    return 0
