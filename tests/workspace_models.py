"""What the fake workspace serves: its catalogue, the rules of its models, and what they answer.

Nothing here is random and nothing depends on the time: the same request has the same answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.servers import D, data

Shape = Literal["llama", "claude", "gpt-oss", "completion", "agent", "tools", "refusal"]
"""In which form a model streams; each is one of those that Databricks' models have."""

_CREATED = 1_764_000_000
_FIELDS = {
    *("model", "messages", "prompt", "max_tokens", "temperature", "top_p", "top_k", "stop", "n", "stream"),
    *("user", "client_request_id", "usage_context", "tools", "tool_choice", "response_format"),
    *("logprobs", "top_logprobs", "reasoning_effort", "thinking", "output_config"),
    *("suffix", "echo", "error_behavior", "use_raw_prompt"),
}
_SAMPLING = ("temperature", "top_p", "top_k")
_RETIRED = {
    "databricks-dbrx-instruct",
    "databricks-mixtral-8x7b-instruct",
    "databricks-mpt-30b-instruct",
    "databricks-llama-2-70b-chat",
    "databricks-meta-llama-3-1-405b-instruct",
}
"""Models of earlier days; asking for one says that it does not exist."""


@dataclass(frozen=True)
class Served:
    """One serving endpoint."""

    name: str
    task: str = "llm/v1/chat"
    shape: Shape = "llama"
    what: str = ""
    """What it is there to show, for the list that is printed."""
    entity: Mapping[str, Any] = field(default_factory=dict)
    ready: bool = True
    update: str = "NOT_UPDATING"
    window: int = 128_000
    cap: int = 8192
    """Most `max_tokens` that it takes."""
    sampling: bool = True
    """Whether it takes temperature, top_p and top_k."""
    route: str = ""
    """The path prefix of a route-optimised endpoint, which answers at no other."""
    trouble: Literal["", "cold", "busy", "spent", "forbidden"] = ""

    def listed(self, origin: str, *, details: bool = False) -> dict[str, Any]:
        """Return its entry in the list of serving endpoints, or what the call for details adds to it."""
        entry: dict[str, Any] = {
            "name": self.name,
            "id": self.id,
            "creator": "system" if self.name.startswith("databricks-") else "ann@example.com",
            "creation_timestamp": _CREATED * 1000,
            "last_updated_timestamp": _CREATED * 1000,
            "state": {"ready": "READY" if self.ready else "NOT_READY", "config_update": self.update},
            "config": {"served_entities": [{"name": self.name, **self.entity}]},
        }
        if self.task:
            entry["task"] = self.task
        if self.trouble == "cold":
            entry["config"]["served_entities"][0]["scale_to_zero_enabled"] = True
        if self.route:
            entry |= {"route_optimized": True, "endpoint_url": origin + self.path}
        if details:
            entry["permission_level"] = "CAN_VIEW" if self.trouble == "forbidden" else "CAN_QUERY"
        return entry

    @property
    def id(self) -> str:
        """What the workspace calls it."""
        return self.name.encode()[:16].ljust(16, b"\0").hex()

    @property
    def path(self) -> str:
        """Where it is asked."""
        return f"{self.route}/serving-endpoints/{self.name}/invocations"


def _hosted(name: str, label: str) -> dict[str, Any]:
    entity = "system.ai." + name.removeprefix("databricks-").replace("-", "_")
    return {
        "entity_name": entity,
        "entity_version": "1",
        "foundation_model": {"name": entity, "display_name": label},
    }


def _databricks(name: str, label: str, **more: Any) -> Served:
    return Served(name, entity=_hosted(name, label), **more)


CATALOGUE: tuple[Served, ...] = (
    _databricks("databricks-meta-llama-3-3-70b-instruct", "Meta Llama 3.3 70B Instruct", what="chats"),
    _databricks(
        "databricks-claude-sonnet-4-5",
        "Claude Sonnet 4.5",
        shape="claude",
        window=200_000,
        cap=64_000,
        what="reasons when thinking is asked for; refuses empty messages",
    ),
    _databricks(
        "databricks-claude-opus-5-5",
        "Claude Opus 5.5",
        shape="claude",
        window=1_000_000,
        cap=128_000,
        sampling=False,
        what="refuses temperature, top_p and top_k",
    ),
    _databricks("databricks-gpt-oss-120b", "GPT OSS 120B", shape="gpt-oss", what="reasons before it answers"),
    _databricks("databricks-gte-large-en", "GTE Large", task="llm/v1/embeddings", what="no model to talk to"),
    Served(
        "my-openai",
        entity={
            "external_model": {"name": "gpt-4o", "provider": "openai", "task": "llm/v1/chat"},
        },
        what="an external model",
    ),
    Served("my-agent", "agent/v2/chat", "agent", what="an agent"),
    Served("my-tools", shape="tools", what="calls tools"),
    Served("my-refuser", shape="refusal", what="refuses"),
    Served("my-completions", "llm/v1/completions", "completion", what="completes text"),
    Served(
        "old-completions",
        "llm/v1/completions",
        "completion",
        ready=False,
        update="IN_PROGRESS",
        what="is being deployed",
    ),
    Served(
        "broken-llama",
        ready=False,
        update="UPDATE_FAILED",
        entity={"entity_name": "main.ml.llama", "foundation_model": {"name": "llama"}},
        what="could not be deployed",
    ),
    Served("cold-llama", trouble="cold", what="has to start first"),
    Served("busy-llama", trouble="busy", what="refuses every other request for a second (429)"),
    Served("spent-llama", trouble="spent", what="has used up its hour (429)"),
    Served("private-llama", trouble="forbidden", what="may not be asked (403)"),
    Served("fast-llama", route="/4242", what="route-optimised: its own URL, OAuth only"),
    Served(
        "churn-xgb", "", entity={"entity_name": "main.ml.churn", "entity_version": "7"}, what="a table model"
    ),
)


def refusal(served: Served, body: Mapping[str, Any]) -> str:
    """Return what is wrong with a request, as the model says it; empty when it can be answered."""
    if unknown := sorted(body.keys() - _FIELDS):
        return f'json: unknown field "{unknown[0]}"'
    if not served.sampling and (given := [name for name in _SAMPLING if name in body]):
        return f"{given[0]} is not supported by this model"
    limit = body.get("max_tokens")
    if limit is not None and (type(limit) is not int or limit <= 0):
        return "max_tokens must be a positive integer"
    if limit is not None and limit > served.cap:
        return (
            f"max_tokens ({limit}) cannot exceed {served.cap}. Please reduce the length of the messages or "
            "completion."
        )
    if served.shape == "completion":
        return "" if isinstance(body.get("prompt"), str) else "Invalid request: prompt is required."
    wrong = _wrong_messages(served, body.get("messages"))
    tokens = _tokens_of(body)
    if not wrong and tokens > served.window:
        return f"prompt is too long: {tokens} tokens > {served.window} maximum"
    return wrong


def _wrong_messages(served: Served, messages: object) -> str:
    if not isinstance(messages, list) or not messages:
        return "Invalid request: messages is required."
    roles: list[str] = []
    for index, message in enumerate(messages):
        if extra := sorted(message.keys() - {"role", "content", "tool_calls", "tool_call_id"}):
            return f"messages.{index}.{extra[0]}: Extra inputs are not permitted"
        if served.shape == "claude" and message.get("content") == "":
            return f"messages.{index}: text content blocks must be non-empty"
        roles.append(message.get("role"))
    if "system" in roles[1:]:
        return "Bad request: only the first message may be a system message."
    talk = [role for role in roles if role != "system"]
    if served.shape == "llama" and any(
        role != ("assistant" if index % 2 else "user") for index, role in enumerate(talk)
    ):
        return (
            "Bad request: rpc error: code = InvalidArgument desc = Chat message input roles must alternate "
            "between 'user' and 'assistant' roles starting with 'user'."
        )
    return ""


def _tokens_of(body: Mapping[str, Any]) -> int:
    """Return about how many tokens the server counts in what was sent."""
    return max(1, len(json.dumps(body.get("messages", body.get("prompt", "")))) // 4)


# ---- answers -----------------------------------------------------------------


def _said(body: Mapping[str, Any]) -> str:
    """Return the last prompt."""
    if "prompt" in body:
        return str(body["prompt"])
    content = body["messages"][-1].get("content") or ""
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content)
    return str(content)


def pieces(served: Served, body: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return the tokens of the answer and why it ends: `500 words` in the prompt makes it that long."""
    said = _said(body)
    wanted = re.search(r"(\d{1,5}) words", said)
    if served.shape == "refusal":
        text = "I cannot help with that."
    elif wanted:
        text = " ".join(f"word{number}" for number in range(1, int(wanted[1]) + 1)) + "."
    elif served.shape == "completion":
        text = " and that is how the fake workspace goes on with a text."
    else:
        text = f"This is **{served.name}** of the fake workspace. You wrote: “{said[:200]}”"
    found = re.findall(r"\s*\S+", text)
    limit = body.get("max_tokens") or 1000
    return found[:limit], "length" if len(found) > limit else "stop"


def answer_events(served: Served, body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the events of a streamed answer, in the form that the model has."""
    words, reason = pieces(served, body)
    prompt = _tokens_of(body)
    if served.shape == "completion":
        for number, word in enumerate(words, 1):
            yield _event(served, {"text": word}, reason if number == len(words) else None, prompt, number)
    elif served.shape == "agent":
        for word in words:
            yield data({"delta": {"role": "assistant", "content": word, "id": "step-1"}})
    else:
        yield from _chat_events(served, body, words, reason, prompt)
    yield D


def _chat_events(
    served: Served, body: Mapping[str, Any], words: list[str], reason: str, prompt: int
) -> Iterator[str]:
    thinks = served.shape == "gpt-oss" or (served.shape == "claude" and "thinking" in body)
    for thought in ("Let me ", "think of it. ") if thinks else ():
        part = {"type": "reasoning", "summary": [{"type": "summary_text", "text": thought}]}
        yield _event(served, {"delta": {"role": "assistant", "content": [part]}}, None, prompt, None)
    if served.shape == "tools":
        call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
        yield _event(served, {"delta": {"role": "assistant", "tool_calls": [call]}}, None, prompt, 1)
        rest = {"index": 0, "function": {"arguments": '{"x": 1}'}}
        yield _event(served, {"delta": {"tool_calls": [rest]}}, "tool_calls", prompt, 2)
        return
    for number, word in enumerate(words, 1):
        last = reason if number == len(words) else None
        content: object = [{"type": "text", "text": word}] if served.shape == "gpt-oss" else word
        key = "refusal" if served.shape == "refusal" else "content"
        counted = None if served.shape == "claude" and not last else number
        yield _event(served, {"delta": {"role": "assistant", key: content}}, last, prompt, counted)


def _event(
    served: Served, what: Mapping[str, Any], reason: str | None, prompt: int, answer: int | None
) -> str:
    text = served.shape == "completion"
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "total_tokens": None if answer is None else prompt + answer,
    }
    value = {
        "id": "74b9c840" if text else "chatcmpl_fake",
        "object": "text_completion" if text else "chat.completion.chunk",
        "created": _CREATED,
        "model": f"{served.name.removeprefix('databricks-')}-121024",
        "choices": [{"index": 0, **what, "finish_reason": reason}],
        "usage": usage,
    }
    return data(value)


def whole_answer(served: Served, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a request that does not want a stream."""
    words, reason = pieces(served, body)
    text, prompt = "".join(words), _tokens_of(body)
    completes = served.shape == "completion"
    choice = {"text": text} if completes else {"message": {"role": "assistant", "content": text}}
    return {
        "id": "fake",
        "object": "text_completion" if completes else "chat.completion",
        "created": _CREATED,
        "model": served.name,
        "choices": [{"index": 0, **choice, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": len(words),
            "total_tokens": prompt + len(words),
        },
    }
