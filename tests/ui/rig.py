"""The whole app against a scripted endpoint, in one process: what UI tests start from.

The endpoint's answers come from a script, and wait at gates that the test opens, so a test
looks at the screen in the middle of a stream without racing it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from textual import events
from textual.pilot import Pilot

from fmtui.core.client import Client
from fmtui.core.config import Config
from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.sessions import SessionStore
from fmtui.core.state import StateFile
from fmtui.ui.app import FmtuiApp
from fmtui.ui.chat_screen import ChatScreen
from fmtui.ui.notices import Notices
from fmtui.ui.setup import Setup

TEST = Endpoint("test", "https://test.invalid", "databricks", source="test", model="m1")


def chat(text: str, **more: object) -> bytes:
    """Return one event of a chat stream."""
    chunk = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}], **more}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def completion(text: str) -> bytes:
    """Return one event of a text completion stream."""
    chunk = {"object": "text_completion", "choices": [{"index": 0, "text": text, "finish_reason": None}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def finish(reason: str = "stop", prompt: int = 7, answer: int = 3) -> bytes:
    """Return the end of a chat stream, with usage."""
    usage = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
    chunk = {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}
    return b"data: " + json.dumps(chunk).encode() + b"\n\ndata: [DONE]\n\n"


Step = bytes | asyncio.Event | Exception
"""Bytes to send, a gate to wait at, or an error to break the connection with."""


@dataclass
class Answer:
    """One scripted response."""

    steps: Sequence[Step]
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    gate: asyncio.Event | None = None
    """Held back until it is open: the wait for headers."""


class _Body(httpx.AsyncByteStream):
    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self.closed = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for step in self.steps:
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif isinstance(step, Exception):
                raise step
            else:
                yield step

    async def aclose(self) -> None:
        self.closed.set()


class ScriptedTransport(httpx.AsyncBaseTransport):
    """Answers POSTs from the script, in order, and GETs with the listing."""

    def __init__(self, *answers: Answer, listing: object = None) -> None:
        self.answers = list(answers)
        self.listing = listing or {"endpoints": [{"name": "m1", "task": "llm/v1/chat"}]}
        self.requests: list[httpx.Request] = []
        self.bodies: list[_Body] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.method == "GET":
            return httpx.Response(200, json=self.listing)
        self.requests.append(request)
        await request.aread()
        answer = self.answers.pop(0)
        if answer.gate is not None:
            await answer.gate.wait()
        body = _Body(answer.steps)
        self.bodies.append(body)
        return httpx.Response(answer.status, headers=answer.headers, stream=body)

    def sent(self, index: int = -1) -> dict[str, Any]:
        """Return the JSON body of one request."""
        decoded: dict[str, Any] = json.loads(self.requests[index].content)
        return decoded


class QuietClient(Client):
    """A client that does not look for servers on this machine."""

    async def local_servers(self) -> list[Endpoint]:
        """Return none."""
        return []


def setup(
    folder: Path,
    transport: ScriptedTransport,
    *,
    endpoints: Sequence[Endpoint] = (TEST,),
    sleep: Callable[[float], Any] = asyncio.sleep,
    **more: Any,
) -> Setup:
    """Return what the app starts with: scripted endpoints and everything on disk below one folder."""
    chosen = Setup(
        config=Config(path=folder / "config" / "config.toml"),
        endpoints=(*endpoints, DEMO),
        connect=lambda: QuietClient(
            transports={endpoint.name: transport for endpoint in (*endpoints, DEMO)}, sleep=sleep, environ={}
        ),
        open_store=lambda: SessionStore(folder / "sessions"),
        state=StateFile(folder / "state" / "state.toml"),
    )
    return replace(chosen, **more)


def app(folder: Path, transport: ScriptedTransport, **more: Any) -> FmtuiApp:
    """Return the app, to be started with `run_test`."""
    return FmtuiApp(setup(folder, transport, **more))


def screen_text(pilot: Pilot[None]) -> str:
    """Return what is on the screen, row by row, as a user reads it."""
    width, height = pilot.app.size
    compositor = pilot.app.screen._compositor
    rows = compositor.render_strips()
    return "\n".join(row.text.ljust(width) for row in rows[:height])


def notices(pilot: Pilot[None]) -> list[str]:
    """Return the notices above the prompt, in the order in which they came."""
    return [words for shown in chat_screen(pilot).query(Notices) for words in shown.words]


async def until(pilot: Pilot[None], condition: Callable[[], bool] | str, limit_s: float = 60.0) -> None:
    """Let the app work until a condition holds or a text is on the screen.

    Raises:
        AssertionError: it did not in time; the message holds the screen.
    """

    def holds() -> bool:
        return condition in screen_text(pilot) if isinstance(condition, str) else condition()

    deadline = asyncio.get_running_loop().time() + limit_s
    while not holds():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"never came: {condition!r}; the screen:\n{screen_text(pilot)}")
        await pilot.pause(0.02)


def chat_screen(pilot: Pilot[None]) -> ChatScreen:
    """Return the chat screen, whatever is on top of it."""
    return next(s for s in pilot.app.screen_stack if isinstance(s, ChatScreen))


def at_once(pilot: Pilot[None], *keys: str) -> None:
    """Press keys as a slow line brings them: all are there before the first has had its effect."""
    for key in keys:
        pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))


async def say(pilot: Pilot[None], text: str) -> None:
    """Type a prompt and press Enter."""
    chat_screen(pilot).prompt.insert(text)
    await pilot.press("enter")
