"""The embedded demo endpoint: an httpx transport that answers by itself.

It speaks the Databricks form (listing, chat and completion streams with usage on every
chunk, errors), so the whole client is exercised with no socket and no file. It says
plainly that it is canned text; it never stands in for a real endpoint silently.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import httpx

from fmtui.core import demo_answers

TOKENS_PER_S = 100.0
"""About what a fast pay-per-token model streams."""

_THINK_S = 0.25
"""Until the first token, in seconds: a model reads the prompt first."""

_RETRY_AFTER_S = 3

_TOKEN = re.compile(r"\s?[^\W\d_]{1,8}|\s?\d{1,3}|\s+|.", re.DOTALL)
_INVOCATIONS = re.compile(r"/serving-endpoints/([^/]+)/invocations")

_CHAT = "llm/v1/chat"
_COMPLETION = "llm/v1/completions"


@dataclass(frozen=True, slots=True)
class _Model:
    name: str
    task: str
    label: str
    ready: bool = True


MODELS: tuple[_Model, ...] = (
    _Model("demo-chat", _CHAT, "Demo: canned replies"),
    _Model("demo-reasoning", _CHAT, "Demo: thinks before it replies"),
    _Model("demo-completion", _COMPLETION, "Demo: continues a text"),
    _Model("demo-cold", _CHAT, "Demo: never ready", ready=False),
)


@dataclass(frozen=True, slots=True)
class _Ask:
    """What a request asks for."""

    model: _Model
    prompt: str
    reasoning: str
    answer: str
    prompt_tokens: int
    max_tokens: int

    @property
    def special(self) -> str:
        return demo_answers.special(self.prompt)


class _RefusedError(Exception):
    """The request gets an error status instead of an answer."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.response = httpx.Response(
            status,
            headers={"x-request-id": "demo", **(headers or {})},
            json={"error_code": code, "message": message},
        )


class DemoTransport(httpx.AsyncBaseTransport):
    """Answers the requests of the `demo` endpoint from memory.

    Args:
        tokens_per_s: how fast answers stream.
        sleep: waits that many seconds; a test's own waits for nothing.
        clock: seconds that only go up.
    """

    def __init__(
        self,
        *,
        tokens_per_s: float = TOKENS_PER_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = 1 / tokens_per_s
        self._sleep = sleep
        self._clock = clock
        self._limited = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        try:
            if request.method == "GET" and request.url.path == "/api/2.0/serving-endpoints":
                return httpx.Response(200, json=_listing())
            name = _model_in(request)
            body = _body_of(await request.aread())
            ask = _understand(name, body)
            self._refuse(ask)
        except _RefusedError as refused:
            return refused.response
        if body.get("stream") is not True:
            return httpx.Response(200, json=_whole(ask))
        headers = {"content-type": "text/event-stream; charset=utf-8", "x-request-id": "demo"}
        return httpx.Response(200, headers=headers, stream=_Stream(self._paced(ask, _read_timeout(request))))

    def _refuse(self, ask: _Ask) -> None:
        """Raise the error that a special prompt asks for."""
        match ask.special:
            case "401":
                raise _RefusedError(401, "UNAUTHENTICATED", "Demo: the access token is wrong or has expired.")
            case "403":
                raise _RefusedError(403, "PERMISSION_DENIED", "Demo: you may not query this endpoint.")
            case "404":
                raise _RefusedError(
                    404, "RESOURCE_DOES_NOT_EXIST", "Demo: the given endpoint does not exist."
                )
            case "429":
                self._limited = not self._limited
                if self._limited:
                    raise _RefusedError(
                        429,
                        "REQUEST_LIMIT_EXCEEDED",
                        "Demo: too many requests.",
                        {"retry-after": str(_RETRY_AFTER_S)},
                    )
            case "500":
                raise _RefusedError(500, "INTERNAL_ERROR", "Demo: the server has failed.")
            case _:
                pass

    async def _paced(self, ask: _Ask, read_timeout: float | None) -> AsyncGenerator[bytes, None]:
        """Yield the chunks when they are due; a slow reader does not make the rest late."""
        await self._sleep(_THINK_S)
        start = self._clock()
        for number, chunk in enumerate(_chunks(ask)):
            if (ahead := start + number * self._interval - self._clock()) > 0:
                await self._sleep(ahead)
            yield b"data: " + chunk + b"\n\n"
            if number == 12:
                match ask.special:
                    case "cut":
                        return
                    case "broken":
                        raise httpx.RemoteProtocolError("Demo: the connection was closed in the middle.")
                    case "silence":
                        await _silence(read_timeout)
                    case _:
                        pass
        yield b"data: [DONE]\n\n"


class _Stream(httpx.AsyncByteStream):
    """An httpx stream over an iterator of chunks."""

    def __init__(self, chunks: AsyncGenerator[bytes, None]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks

    async def aclose(self) -> None:
        """Stop the chunks, as closing a connection would."""
        await self._chunks.aclose()


async def _silence(read_timeout: float | None) -> None:
    """Wait as a real connection would on which nothing comes."""
    try:
        async with asyncio.timeout(read_timeout):
            await asyncio.Event().wait()
    except TimeoutError:
        raise httpx.ReadTimeout("Demo: nothing came.") from None


def _read_timeout(request: httpx.Request) -> float | None:
    """Return the request's read time-out in seconds: transports enforce it, not httpx."""
    timeouts = request.extensions.get("timeout", {})
    limit = timeouts.get("read")
    return None if limit is None else float(limit)


def _model_in(request: httpx.Request) -> str:
    """Return the model that the URL names."""
    found = _INVOCATIONS.fullmatch(unquote(request.url.path))
    if request.method != "POST" or found is None:
        raise _RefusedError(404, "ENDPOINT_NOT_FOUND", "The demo has no such URL.")
    return found[1]


def tokens_of(text: str) -> list[str]:
    """Cut a text into pieces about as large as a model's tokens; joined they are the text."""
    return _TOKEN.findall(text)


def _listing() -> dict[str, object]:
    return {
        "endpoints": [
            {
                "name": model.name,
                "creator": "fmtui",
                "task": model.task,
                "state": {
                    "ready": "READY" if model.ready else "NOT_READY",
                    "config_update": "NOT_UPDATING",
                },
                "config": {
                    "served_entities": [
                        {
                            "name": model.name,
                            "entity_name": f"demo.{model.name}",
                            "foundation_model": {"name": model.name, "display_name": model.label},
                        }
                    ]
                },
            }
            for model in MODELS
        ]
    }


def _body_of(content: bytes) -> dict[str, object]:
    try:
        body = json.loads(content)
    except ValueError:
        raise _RefusedError(400, "MALFORMED_REQUEST", "Demo: the body is not JSON.") from None
    if not isinstance(body, dict):
        raise _RefusedError(400, "MALFORMED_REQUEST", "Demo: the body is not an object.")
    return body


def _understand(name: str, body: Mapping[str, object]) -> _Ask:
    """Check a request as a server would."""
    model = next((model for model in MODELS if model.name == name), None)
    if model is None:
        raise _RefusedError(
            404,
            "RESOURCE_DOES_NOT_EXIST",
            "The given endpoint does not exist, please retry after checking the specified model.",
        )
    if not model.ready:
        raise _RefusedError(503, "TEMPORARILY_UNAVAILABLE", f"Demo: {name} is not ready, and never will be.")
    limit = body.get("max_tokens", 2048)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise _RefusedError(400, "INVALID_PARAMETER_VALUE", "Demo: max_tokens must be a positive integer.")
    if model.task == _COMPLETION:
        prompt = body.get("prompt")
        if not isinstance(prompt, str):
            raise _RefusedError(400, "BAD_REQUEST", f"Demo: {name} completes text and needs a `prompt`.")
        answer = demo_answers.completion_answer(prompt)
        return _Ask(model, prompt, "", answer, len(tokens_of(prompt)), limit)
    return _understand_chat(model, body, limit)


def _said(content: object) -> str:
    """Return the text of a message, which may be in parts beside pictures."""
    if not isinstance(content, list):
        return str(content)
    return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))


def _understand_chat(model: _Model, body: Mapping[str, object], limit: int) -> _Ask:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise _RefusedError(400, "BAD_REQUEST", f"Demo: {model.name} chats and needs `messages`.")
    texts = [(str(message.get("role")), _said(message.get("content"))) for message in messages]
    users = [text for role, text in texts if role == "user"]
    if not users:
        raise _RefusedError(400, "BAD_REQUEST", "Demo: one of the messages must be the user's.")
    system = next((text for role, text in texts if role == "system"), "")
    prompt = users[-1]
    answer = demo_answers.chat_answer(prompt, len(users), system)
    reasoning = demo_answers.reasoning_for(prompt) if model.name == "demo-reasoning" else ""
    if texts[-1][0] == "assistant":  # an answer that was cut, to go on with
        answer, reasoning = answer.removeprefix(texts[-1][1]), ""
    return _Ask(
        model=model,
        prompt=prompt,
        reasoning=reasoning,
        answer=answer,
        # Three tokens a message: what chat templates put around each.
        prompt_tokens=sum(len(tokens_of(text)) + 3 for _, text in texts),
        max_tokens=limit,
    )


def _usage(ask: _Ask, completion: int, reasoning: int) -> dict[str, object]:
    usage: dict[str, object] = {
        "prompt_tokens": ask.prompt_tokens,
        "completion_tokens": completion,
        "total_tokens": ask.prompt_tokens + completion,
    }
    if reasoning:
        usage["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    return usage


def _limited(ask: _Ask) -> tuple[list[str], list[str], str]:
    """Return the reasoning and answer tokens that max_tokens lets through, and the finish reason."""
    reasoning, answer = tokens_of(ask.reasoning), tokens_of(ask.answer)
    whole = len(reasoning) + len(answer)
    reasoning = reasoning[: ask.max_tokens]
    answer = answer[: ask.max_tokens - len(reasoning)]
    return reasoning, answer, "length" if len(reasoning) + len(answer) < whole else "stop"


def _chunks(ask: _Ask) -> Iterator[bytes]:
    """Yield the JSON of each event of the stream, one token each, the last with the finish reason."""
    reasoning, answer, finish = _limited(ask)
    count = 0
    for piece in reasoning:
        count += 1
        content = [{"type": "reasoning", "summary": [{"type": "summary_text", "text": piece}]}]
        yield _event(ask, content, None, _usage(ask, count, count))
    for piece in answer:
        count += 1
        yield _event(ask, piece, None, _usage(ask, count, len(reasoning)))
    yield _event(ask, "", finish, _usage(ask, count, len(reasoning)))


def _event(ask: _Ask, content: object, finish: str | None, usage: dict[str, object]) -> bytes:
    choice: dict[str, object] = {"index": 0}
    if ask.model.task == _COMPLETION:
        choice |= {"text": content, "logprobs": None}
    else:
        choice["delta"] = {"role": "assistant", "content": content}
    choice["finish_reason"] = finish
    kind = "text_completion" if ask.model.task == _COMPLETION else "chat.completion.chunk"
    event = {"id": "demo", "object": kind, "model": ask.model.name, "choices": [choice], "usage": usage}
    return json.dumps(event, ensure_ascii=False).encode()


def _whole(ask: _Ask) -> dict[str, object]:
    """Return the answer to a request that wants no stream."""
    reasoning, answer, finish = _limited(ask)
    text = "".join(answer)
    choice: dict[str, object] = {"index": 0, "finish_reason": finish}
    if ask.model.task == _COMPLETION:
        choice["text"] = text
    else:
        choice["message"] = {"role": "assistant", "content": text}
    return {
        "id": "demo",
        "object": "text_completion" if ask.model.task == _COMPLETION else "chat.completion",
        "model": ask.model.name,
        "choices": [choice],
        "usage": _usage(ask, len(reasoning) + len(answer), len(reasoning)),
    }
