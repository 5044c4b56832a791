"""What fmtui is measured against: the smallest chat one would write with the framework's own means.

httpx and httpx-sse receive; Textual's `MarkdownStream`, made for this purpose, shows: a
Markdown widget for each message in a scroll view that is anchored to its end, an input
below. It keeps nothing and knows no settings, so it has less to do than fmtui. The cursor
of its input does not blink, or one could not tell when it has come to rest.
"""

from __future__ import annotations

import json
import sys

import httpx
from httpx_sse import aconnect_sse
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Input, Markdown

READY = "Ask something"


class Reference(App[None]):
    """A chat with one endpoint."""

    BINDINGS = [Binding("escape", "stop", priority=True)]

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._client = httpx.AsyncClient(timeout=None)  # noqa: S113 - the benchmark ends it
        self._messages: list[dict[str, str]] = []

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield VerticalScroll()
        prompt = Input(placeholder=READY)
        prompt.cursor_blink = False
        yield prompt

    def on_mount(self) -> None:
        """Follow what comes."""
        self.query_one(VerticalScroll).anchor()
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.query_one(Input).clear()
        self.run_worker(self._ask(event.value), group="reply", exclusive=True)

    def action_stop(self) -> None:
        """Stop the reply."""
        self.workers.cancel_group(self, "reply")

    async def _ask(self, prompt: str) -> None:
        reply = Markdown()
        await self.query_one(VerticalScroll).mount(Markdown(prompt), reply)
        self._messages.append({"role": "user", "content": prompt})
        body = {"model": "m", "stream": True, "messages": self._messages}
        text: list[str] = []
        shown = Markdown.get_stream(reply)
        try:
            async with aconnect_sse(
                self._client, "POST", f"{self._url}/chat/completions", json=body
            ) as source:
                async for event in source.aiter_sse():
                    if event.data == "[DONE]":
                        break
                    delta = json.loads(event.data)["choices"][0]["delta"]
                    if content := delta.get("content"):
                        text.append(content)
                        await shown.write(content)
        finally:
            await shown.stop()
        self._messages.append({"role": "assistant", "content": "".join(text)})


def run(url: str) -> int:
    """Run it until it is ended."""
    Reference(url).run()
    return 0


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
