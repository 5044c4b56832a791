"""Going on with an answer that was cut: how to ask for the rest, and how the rest is joined to it.

Some servers take an answer's beginning as the last message and go on with it; a text completion
always does. All others are told to: they are asked to begin with the last words once more, so
that the place where the two belong together is found, and what stands there twice goes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from fmtui.core.chat import Event, Notice, Request, Said, TextDelta, Turn
from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.errors import FmtuiError

LOCAL = frozenset({"ollama", "llama-cpp", DEMO.name})
"""Endpoints of this machine whose servers go on with an answer that is the last message."""
NOTE = "continued; the figures are those of the continuation"
_TAIL = 60
"""Characters of the answer's end that the model is asked to repeat."""
_BACK = 8_000
"""Characters from the end in which the beginning of the rest is looked for."""
_LEAST_TOLD, _LEAST_UNTOLD = 8, 48
"""Letters and digits that stand twice on purpose: of a model that was told to repeat, of one that was not."""
_REFUSED = frozenset({400, 422})


def can_continue(turn: Turn) -> str:
    """Return why there is no going on with a turn; empty where there is."""
    if turn.role != "assistant":
        return "Only a reply can be continued."
    if turn.outcome == "complete" and turn.finish_reason not in {"length", "max_tokens"}:
        return "This reply is complete; a prompt asks for more."
    if not turn.text.strip():
        return "There is no text of it to go on with; ask again, with more max_tokens if it was cut by that."
    if turn.tool_calls:
        return "It asks for a tool call, which cannot be continued."
    return ""


def goes_on_by_itself(endpoint: Endpoint, model: str) -> bool:
    """Return whether a chat server is likely to go on with an answer that is the last message."""
    return endpoint.name in LOCAL or "claude" in model.lower()


class Streams(Protocol):
    """Whatever can stream a reply."""

    def stream(self, endpoint: Endpoint, request: Request) -> AsyncGenerator[Event, None]:
        """Yield the events of one reply; raise `FmtuiError` when it fails."""
        ...


class Continuing:
    """Streams the rest of an answer.

    Args:
        streams: asks the server.
        cut: the answer so far.
        refused: endpoints and models that are known not to take an answer's beginning; one that
            turns out not to is added.
    """

    def __init__(self, streams: Streams, cut: Turn, refused: set[tuple[str, str]]) -> None:
        self._streams = streams
        self._cut = cut
        self._refused = refused

    async def stream(self, endpoint: Endpoint, request: Request) -> AsyncGenerator[Event, None]:
        """Yield the events of the rest; the request is that of the whole answer."""
        key = endpoint.name, request.params.model
        chat = request.params.mode == "chat"
        if not chat or (key not in self._refused and goes_on_by_itself(endpoint, key[1])):
            begun = False
            try:
                async with aclosing(self._asked(endpoint, request, told=False)) as events:
                    async for event in events:
                        begun = begun or isinstance(event, TextDelta)
                        yield event
            except FmtuiError as error:
                if begun or not chat or error.status not in _REFUSED or error.kind == "context_length":
                    raise
                self._refused.add(key)
            else:
                return
        async with aclosing(self._asked(endpoint, request, told=True)) as events:
            async for event in events:
                yield event

    async def _asked(
        self, endpoint: Endpoint, request: Request, *, told: bool
    ) -> AsyncGenerator[Event, None]:
        # What was completed so far is in the prompt, so that it must not come back with the answer.
        asked = request._replace(
            params=replace(request.params, echo=None), turns=_Going(request.turns, self._cut, told=told)
        )
        joint = Joint(self._cut.text, told=told)
        noted = False
        async with aclosing(self._streams.stream(endpoint, asked)) as events:
            failure: FmtuiError | None = None
            try:
                async for event in events:
                    if not isinstance(event, TextDelta):
                        yield event
                        continue
                    if not noted:
                        noted = True
                        yield Notice(NOTE)
                    if text := joint.feed(event.text):
                        yield TextDelta(text)
            except FmtuiError as error:
                failure = error
            # Where the user stops it, what is held back goes: it only says what was said before.
            if rest := joint.finish():
                yield TextDelta(rest)
            if failure is not None:
                raise failure


class _Going:
    """The turns before an answer, what there is of it, and what tells the model to go on."""

    def __init__(self, before: Iterable[Turn | Said], cut: Turn, *, told: bool) -> None:
        self._before = before
        self._cut = cut
        self._told = told

    def __iter__(self) -> Iterator[Turn | Said]:
        yield from self._before
        cut = self._cut
        echoes = cut.params is not None and cut.params.echo is True
        yield Said("assistant", cut.text, echoes=echoes)
        if self._told:
            yield Said("user", instruction(cut.text))


def instruction(text: str) -> str:
    """Return what tells a model to go on with a text."""
    words = text.rstrip()[-_TAIL:]
    if len(text.rstrip()) > _TAIL and " " in words:
        words = words[words.index(" ") + 1 :]
    return (
        "Your last message was cut off. Go on exactly where it stopped, with nothing before that: no "
        "introduction, no apology, no new code fence. Begin by repeating its last words once, exactly as "
        f"they are:\n\n{words}"
    )


class Joint:
    """Joins the rest of an answer to its beginning, as the rest comes.

    What may be a repetition is held back until that is known: all of it in the worst case.

    Args:
        text: the beginning.
        told: whether the model was told to repeat the last words.
    """

    def __init__(self, text: str, *, told: bool) -> None:
        self._before = text[-_BACK:]
        self._told = told
        self._least = _LEAST_TOLD if told else _LEAST_UNTOLD
        self._held = ""
        self._joined = False

    def feed(self, text: str) -> str:
        """Return what is to be added to the beginning, now that more has come."""
        if self._joined:
            return text
        self._held += text
        return "" if self._may_repeat() else self._join()

    def finish(self) -> str:
        """Return what was held back, once nothing more comes."""
        return "" if self._joined else self._join()

    def _may_repeat(self) -> bool:
        """Return whether more could show that the beginning goes on repeating, or repeats at all."""
        said = self._held.strip()
        return not said or (len(said) < len(self._before) and said in self._before)

    def _join(self) -> str:
        self._joined = True
        held, before = self._held, self._before
        start = held.lstrip()
        # The longest end of the beginning that the rest begins with; blanks at its end may differ.
        end = before.rstrip()
        for length in range(min(len(start), len(end)), 0, -1):
            if end.endswith(start[:length]):
                if sum(map(str.isalnum, start[:length])) >= self._least:
                    return _without_blanks(before[len(end) :], start[length:])
                break
        blanks = held[: len(held) - len(start)]
        if blanks:
            return _without_blanks(before[len(end) :], held)
        between = " " if self._told and before[-1:].isalnum() and start[:1].isalnum() else ""
        return between + held


def _without_blanks(there: str, text: str) -> str:
    """Return a text without the blanks at its start that stand before it already."""
    count = 0
    while count < min(len(there), len(text)) and there[count] == text[count]:
        count += 1
    return text[count:]
