"""Streaming replies for scripts, with nothing asynchronous to learn.

    for chunk in fmtui.chat("databricks", model="…", messages=[{"role": "user", "content": "Hello"}]):
        print(chunk.text, end="", flush=True)

A generator yields each piece when it arrives. Closing it early, or leaving the loop,
closes the connection. The request runs in a thread with an event loop of its own, so all
this works inside a running event loop too, such as a notebook's.

Nothing is kept on disk: sessions belong to the app and to `fmtui ask`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from fmtui.core import loop
from fmtui.core.chat import (
    Finished,
    Mode,
    Notice,
    Params,
    ReasoningDelta,
    Request,
    TextDelta,
    Turn,
    Usage,
    UsageUpdate,
    new_turn_id,
)
from fmtui.core.endpoints import LOCAL_SERVERS, Endpoint
from fmtui.core.errors import UsageError
from fmtui.core.parameters import BY_NAME, applied, conflict
from fmtui.core.text import normalised, one_line
from fmtui.workbench import Workbench, connect, named, nearest

if TYPE_CHECKING:  # imported when the first request is made
    from fmtui.core.client import Client

Message: TypeAlias = Mapping[str, object]
"""A message as the chat APIs have it: `{"role": "user", "content": "…"}`."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a reply. Most have only `text`; the last tells how it ended."""

    text: str = ""
    reasoning: str = ""
    """The model's reasoning, where it shows any; not part of the answer."""
    notice: str = ""
    """Something odd about the stream, for people."""
    finish_reason: str | None = None
    """The server's own word, such as `stop` or `length`; in the last chunk."""
    usage: Usage | None = None
    """Tokens counted by the server; in the last chunk, when it counts."""


def endpoint(name: str) -> Endpoint:
    """Return the endpoint of that name: from the configuration, the environment or `~/.databrickscfg`.

    The usual local servers (`ollama`, `vllm` …) have names too, whether they run or not.

    Raises:
        UsageError: there is none.
    """
    bench = Workbench(dict(os.environ), Path.home())
    endpoints = (*bench.endpoints, *LOCAL_SERVERS)
    found = named(name, endpoints)
    if found is None:
        hint = nearest(name, (other.name for other in endpoints))
        # The configuration may have it, if only it could be read.
        hints = (hint, *(problem.message for problem in bench.problems_for_all()[:3]))
        raise UsageError(f"There is no endpoint “{name}”.", " ".join(hints))
    return found


def chat(
    endpoint: str | Endpoint,
    *,
    messages: Sequence[Message],
    model: str = "",
    max_tokens: int | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    top_k: int | None = None,
    stop: str | Sequence[str] = (),
    reasoning_effort: str = "",
    thinking: int | str | None = None,
    extra: Mapping[str, object] | None = None,
) -> Generator[Chunk, None, None]:
    """Stream the reply to a conversation.

    The request leaves when the first chunk is asked for.

    Args:
        endpoint: the name of an endpoint (see `fmtui endpoints`), or one.
        messages: the conversation, oldest first; roles `system`, `user` and `assistant`.
        model: the model or serving endpoint; the endpoint's own when left out.
        max_tokens: most tokens the reply may have; 2048 when the configuration does not say.
        temperature: from 0 to 2; as the configuration says when left out, else not sent, like the
            others below.
        top_p: probability mass to choose from, above 0 and at most 1.
        top_k: number of tokens to choose from.
        stop: texts that end the reply.
        reasoning_effort: how much the model is to reason, such as `low`.
        thinking: Claude's tokens to think with, fewer than max_tokens; `adaptive`, or `off`.
        extra: further fields of the request body.

    Raises:
        UsageError: at once, when an argument cannot be used.
        FmtuiError: while iterating, when the request or the reply fails.
    """
    system, turns = _turns(messages)
    target = _endpoint(endpoint)
    given: dict[str, object] = {"max_tokens": max_tokens, "temperature": temperature, "top_p": top_p}
    given |= {"top_k": top_k, "stop": stop or None, "system": system}
    given |= {"reasoning_effort": reasoning_effort or None, "thinking": thinking}
    params = _params(target, model, "chat", given, extra)
    return _blocking(target, Request(params, turns), connect)


def complete(
    endpoint: str | Endpoint,
    *,
    prompt: str,
    model: str = "",
    max_tokens: int | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    top_k: int | None = None,
    stop: str | Sequence[str] = (),
    suffix: str = "",
    echo: bool | None = None,
    error_behavior: str = "",
    use_raw_prompt: bool | None = None,
    extra: Mapping[str, object] | None = None,
) -> Generator[Chunk, None, None]:
    """Stream what a text-completion model writes after a prompt.

    Args:
        endpoint: the name of an endpoint, or one.
        prompt: the text to continue.
        model: the model or serving endpoint; the endpoint's own when left out.
        max_tokens: most tokens the completion may have; 2048 when the configuration does not say.
        temperature: as for `chat`, like the others below.
        top_p: probability mass to choose from.
        top_k: number of tokens to choose from.
        stop: texts that end the completion.
        suffix: text that comes after what is completed.
        echo: whether the answer starts with the prompt.
        error_behavior: `error` or `truncate` for a prompt that is too long.
        use_raw_prompt: whether the server puts no instructions around the prompt.
        extra: further fields of the request body.

    Raises:
        UsageError: at once, when an argument cannot be used.
        FmtuiError: while iterating, when the request or the reply fails.
    """
    if not prompt:
        raise UsageError("prompt is empty.")
    target = _endpoint(endpoint)
    given: dict[str, object] = {"max_tokens": max_tokens, "temperature": temperature, "top_p": top_p}
    given |= {"top_k": top_k, "stop": stop or None, "suffix": suffix or None, "echo": echo}
    given |= {"error_behavior": error_behavior or None, "use_raw_prompt": use_raw_prompt}
    params = _params(target, model, "completion", given, extra)
    return _blocking(target, Request(params, (Turn.prompt(prompt),)), connect)


def _endpoint(given: str | Endpoint) -> Endpoint:
    return given if isinstance(given, Endpoint) else endpoint(given)


def _model(target: Endpoint, model: str) -> str:
    if chosen := model or target.model or (target.models[0] if len(target.models) == 1 else ""):
        return chosen
    raise UsageError(
        f"No model is given for “{target.name}”.", f"See: fmtui models -e {target.name}, then pass model=…"
    )


def _params(
    target: Endpoint,
    model: str,
    mode: Mode,
    given: Mapping[str, object],
    extra: Mapping[str, object] | None,
) -> Params:
    """Return what was configured for an endpoint, and over it what was given; None is nothing given."""
    settings: dict[str, object] = {}
    for name, value in given.items():
        if value is not None:
            try:
                settings[name] = BY_NAME[name].taken(value)
            except ValueError as error:
                raise UsageError(f"{name} must be {error}, not {one_line(repr(value), 60)}.") from None
    # Whether JSON has a form for further fields is known once the body is written.
    chosen = Params(endpoint=target.name, model=_model(target, model), mode=mode, extra=dict(extra or {}))
    params = applied(chosen, target.params, settings)
    if problem := conflict(params):
        raise UsageError(f"{problem}.")
    return params


def _turns(messages: Sequence[Message]) -> tuple[str, tuple[Turn, ...]]:
    """Return the system prompt and the turns that the messages stand for."""
    system: list[str] = []
    turns: list[Turn] = []
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        if not isinstance(message, Mapping):
            raise UsageError(f"{where} must be a mapping with role and content.")
        text = _content(message.get("content"), where)
        parent = turns[-1].id if turns else ""
        match message.get("role"):
            case "system":
                system.append(text)
            case "user":
                turns.append(Turn.prompt(text, parent))
            case "assistant":
                turns.append(Turn(new_turn_id(), "assistant", normalised(text), parent, outcome="complete"))
            case role:
                raise UsageError(f"{where} has the role {role!r}.", "Roles: system, user, assistant.")
    if not turns:
        raise UsageError("messages holds no prompt.", 'Give one: {"role": "user", "content": "…"}')
    return "\n\n".join(system), tuple(turns)


def _content(content: object, where: str) -> str:
    """Return the text of a message; a list of text parts counts as one."""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and content:
        texts = [
            part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text"
        ]
        if len(texts) == len(content) and all(isinstance(text, str) for text in texts):
            return "".join(str(text) for text in texts)
    raise UsageError(f"{where} has no text as its content.", "fmtui sends text; images are not supported.")


class _Runner:
    """Streams one reply in a thread with an event loop of its own.

    Args:
        target: the server.
        request: what to ask.
        connect: makes the client.
    """

    def __init__(self, target: Endpoint, request: Request, connect: Callable[[], Client]) -> None:
        self.inbox: queue.SimpleQueue[Chunk | BaseException | None] = queue.SimpleQueue()
        """What came: chunks, then None or what went wrong."""
        self._target = target
        self._request = request
        self._connect = connect
        self._running: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = Future()
        self._thread = threading.Thread(target=self._work, name="fmtui-stream", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop at once and return when the connection is closed."""
        with contextlib.suppress(Exception):  # it failed before it ran: there is nothing to stop
            running, task = self._running.result()
            running.call_soon_threadsafe(task.cancel)
        self._thread.join()

    def _work(self) -> None:
        try:
            loop.run(self._stream())
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that reads
            self.inbox.put(error)
        self.inbox.put(None)

    async def _stream(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has a task
        self._running.set_result((asyncio.get_running_loop(), task))
        client = self._connect()
        finish: str | None = None
        usage: Usage | None = None
        try:
            async for event in client.stream(self._target, self._request):
                match event:
                    case TextDelta(text):
                        self.inbox.put(Chunk(text=text))
                    case ReasoningDelta(text):
                        self.inbox.put(Chunk(reasoning=text))
                    case Notice(message):
                        self.inbox.put(Chunk(notice=message))
                    case Finished(reason):
                        finish = reason
                    case UsageUpdate(counts):
                        usage = counts if usage is None else usage.merged(counts)
                    case _:
                        pass
            if finish is not None or usage is not None:
                self.inbox.put(Chunk(finish_reason=finish, usage=usage))
        finally:
            await client.aclose()


def _blocking(
    target: Endpoint, request: Request, connect: Callable[[], Client]
) -> Generator[Chunk, None, None]:
    runner = _Runner(target, request, connect)
    try:
        while (item := runner.inbox.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        runner.close()
