"""The protocol as pure functions: a request becomes a body, received data becomes events.

Nothing here sends, waits or knows a socket, so every shape that a server may send can be
tested as text. Servers differ and some are hostile: whatever JSON arrives, the only thing
raised is a `FmtuiError`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from json.encoder import encode_basestring

from fmtui.core.chat import (
    Event,
    Finished,
    Notice,
    ReasoningDelta,
    Request,
    Said,
    TextDelta,
    Turn,
    Usage,
    UsageUpdate,
    is_catalogue_name,
)
from fmtui.core.endpoints import Kind
from fmtui.core.errors import ProtocolError, UsageError
from fmtui.core.failures import NOBODY, About, is_error, not_an_api, stream_error
from fmtui.core.pieces import Characters, ThinkTags, ToolCalls
from fmtui.core.text import whole_characters

_MOST_TOKENS = 2**53
"""No count is larger; a session file could not hold a much larger one."""

# ---- requests ---------------------------------------------------------------


def encode(
    request: Request,
    kind: Kind,
    *,
    extra: Mapping[str, object] | None = None,
    stream_options: bool = True,
    new_max_tokens: bool = False,
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

    Raises:
        UsageError: there is nothing to send, or JSON has no form for a further field.
    """
    params = request.params
    name, history = (
        ("messages", _messages(params.system, request.turns))
        if params.mode == "chat"
        else ("prompt", _prompt(request.turns))
    )
    if not history:
        raise UsageError("There is nothing to send: the prompt is empty.", "Type a prompt.")
    body: dict[str, object] = {}
    if kind == "openai" or is_catalogue_name(params.model):
        body["model"] = params.model
    body["stream"] = True
    body["max_completion_tokens" if new_max_tokens else "max_tokens"] = params.max_tokens
    chosen = {
        "temperature": params.temperature,
        "top_p": params.top_p,
        "top_k": params.top_k,
        "stop": list(params.stop) or None,
    }
    body |= {name: value for name, value in chosen.items() if value is not None}
    if kind == "openai" and stream_options:
        body["stream_options"] = {"include_usage": True}
    further = {**(extra or {}), **params.extra}
    if "max_completion_tokens" in further:
        body.pop("max_tokens", None)  # servers refuse both at once
    fields = _json({**body, **further})
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
    return _encoded(text)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return whole_characters(text).encode("utf-8", "replace")


def _message(role: str, text: str) -> bytes:
    return b'{"role":"%b","content":%b}' % (role.encode(), _encoded(encode_basestring(text)))


def _messages(system: str, turns: Iterable[Turn | Said]) -> list[bytes]:
    """Return the history as servers take it, in pieces; none when there is nothing to say.

    One system message at most, and first; no empty message; user and assistant by turns,
    so what a failed or stopped reply left side by side is joined; text only.
    """
    systems = [system]
    pieces: list[bytes] = [b"[", b""]
    role, parts = "", list[str]()
    for turn in turns:
        if turn.role == "system":
            systems.append(turn.text)
        elif turn.text.strip():
            if parts and turn.role != role:
                pieces += (_message(role, "\n\n".join(parts)), b",")
                parts.clear()
            role = turn.role
            parts.append(turn.text)
    if not parts:
        return []
    last = "\n\n".join(parts)
    # Some servers refuse to go on from a trailing blank.
    pieces += (_message(role, last.rstrip() if role == "assistant" else last), b"]")
    joined = "\n\n".join(text for text in systems if text.strip())
    if joined:
        pieces[1] = _message("system", joined) + b","
    return pieces


def _prompt(turns: Iterable[Turn | Said]) -> list[bytes]:
    """Return the path as one prompt: an answer goes straight on, a new prompt begins a paragraph."""
    pieces: list[bytes] = [b'"']
    end, blank = "", True
    for turn in turns:
        if turn.role == "system" or not turn.text:
            continue
        between = ""
        if len(pieces) > 1 and turn.role == "user":
            between = "\n\n"[: max(0, 2 - (len(end) - len(end.rstrip("\n"))))]
        pieces.append(_encoded(encode_basestring(between + turn.text)[1:-1]))
        end = (end + between + turn.text)[-2:]
        blank = blank and not turn.text.strip()
    return [] if blank else [*pieces, b'"']


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
        self._about = about
        self._usage = Usage()
        self._choice: int | None = None
        self._text = Characters()
        self._reasoning = Characters()
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
            value = json.loads(data)
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
        for part, reason in self._parts(value):
            self.understood += 1
            self._part(part, events)
            if isinstance(reason, str) and reason:
                self.finish_reason = whole_characters(reason)
                events += self._held_back()
                events.append(Finished(self.finish_reason))
        if events:
            self.answered = True
        self._count(value.get("usage"), events)
        return events

    def finish(self) -> list[Event]:
        """Return what was held back, and what was odd about the answer. Call it at every end."""
        events = self._held_back()
        if events:
            self.answered = True
        if self.unreadable and self.understood:
            parts = "1 part" if self.unreadable == 1 else f"{self.unreadable} parts"
            events.append(Notice(f"{parts} of the answer could not be read and may be missing."))
        if self._left_out:
            kinds = ", ".join(sorted(self._left_out))
            events.append(
                Notice(f"The answer holds parts that cannot be shown: {self._about.quoted(kinds, 100)}.")
            )
        self.unreadable = 0
        self._left_out.clear()
        return events

    def _parts(self, value: Mapping[str, object]) -> Iterator[tuple[Mapping[str, object], object]]:
        """Yield each part that holds something of the answer, with its reason to stop."""
        choices = value.get("choices")
        if isinstance(choices, dict):
            choices = [choices]
        if isinstance(choices, list):
            if not choices:
                self.understood += 1
            for choice in choices:
                if not isinstance(choice, dict):
                    continue
                if choice.get("error"):
                    raise stream_error(choice, self._about)
                index = choice.get("index")
                if isinstance(index, int):
                    self._choice = index if self._choice is None else self._choice
                    if index != self._choice:
                        continue  # only one answer is shown
                inner = next(
                    (p for p in (choice.get("delta"), choice.get("message")) if isinstance(p, dict)), {}
                )
                yield {**choice, **inner}, choice.get("finish_reason")
            return
        delta = value.get("delta")
        if isinstance(delta, dict):  # chat agents of Databricks
            yield delta, value.get("finish_reason")
        several = value.get("messages")
        if isinstance(several, list):  # the same, when they do not stream
            for message in several:
                if isinstance(message, dict) and message.get("role", "assistant") == "assistant":
                    yield message, value.get("finish_reason") if message is several[-1] else None

    def _part(self, part: Mapping[str, object], events: list[Event]) -> None:
        content = part.get("content")
        thoughts = ""
        if isinstance(content, list):
            thoughts, content = self._content(content)
        # Some servers send the same reasoning under two names.
        thoughts = thoughts or _spoken(part.get("reasoning_content")) or _spoken(part.get("reasoning"))
        if thoughts and (whole := self._reasoning.feed(thoughts)):
            events.append(ReasoningDelta(whole))
        text = part.get("text")
        if isinstance(content, str) and content:
            events += self._think.feed(self._text.feed(content))
        elif isinstance(text, str) and (whole := self._text.feed(text)):
            events.append(TextDelta(whole))  # a completion is shown as it is
        refusal = part.get("refusal")
        if isinstance(refusal, str) and refusal:
            events.append(TextDelta(whole_characters(refusal)))
        if part.get("tool_calls"):
            events += self._calls.feed(part["tool_calls"])
        elif isinstance(part.get("function_call"), dict):
            events += self._calls.feed([{"index": 0, "function": part["function_call"]}])

    def _content(self, items: list[object]) -> tuple[str, str]:
        """Return the reasoning and the text of a list of content parts."""
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
                thoughts.append(_spoken(item.get("summary") or item.get("thinking") or item.get("text")))
            elif kind in ("text", "output_text", None):
                texts.append(_spoken(item.get("text")))
            elif kind == "refusal":
                texts.append(_spoken(item.get("refusal")))
            elif isinstance(kind, str) and len(self._left_out) < 5 and "redacted" not in kind:
                self._left_out.add(kind)
        return "".join(thoughts), "".join(texts)

    def _count(self, usage: object, events: list[Event]) -> None:
        if not isinstance(usage, dict):
            return
        details = usage.get("completion_tokens_details")
        counted = self._usage.merged(
            Usage(
                _number(usage.get("prompt_tokens")),
                _number(usage.get("completion_tokens")),
                _number(usage.get("total_tokens")),
                _number(details.get("reasoning_tokens")) if isinstance(details, dict) else None,
            )
        )
        if counted != self._usage:
            self._usage = counted
            events.append(UsageUpdate(counted))

    def _held_back(self) -> list[Event]:
        events: list[Event] = []
        if rest := self._reasoning.finish():
            events.append(ReasoningDelta(rest))
        events += self._think.feed(self._text.finish())
        events += self._think.finish()
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


def _spoken(value: object, depth: int = 0) -> str:
    """Return the text of a string, of an object with `text`, or of a list of such."""
    if isinstance(value, str):
        return value
    if depth > 3:
        return ""
    if isinstance(value, dict):
        return _spoken(value.get("text"), depth + 1)
    if isinstance(value, list):
        return "".join(_spoken(entry, depth + 1) for entry in value)
    return ""


def _number(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_TOKENS:
        return None
    return value
