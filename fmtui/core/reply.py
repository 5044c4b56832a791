"""A running reply: events go in, a turn comes out.

Pure but for the clock it is given. The truth about a running reply lives here, never in
a widget.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import assert_never

from fmtui.core.chat import (
    Event,
    Failure,
    Finished,
    Notice,
    Outcome,
    Params,
    Progress,
    ReasoningDelta,
    Retrying,
    TextDelta,
    Timing,
    ToolCall,
    ToolCallDelta,
    Turn,
    Usage,
    UsageUpdate,
    new_turn_id,
)
from fmtui.core.errors import CutOffError, FmtuiError
from fmtui.core.text import normalised


def outcome_of(error: BaseException | None) -> Outcome:
    """Return how a reply ended, given what ended it."""
    if error is None:
        return "complete"
    if isinstance(error, CutOffError):
        return "cut_off"
    if isinstance(error, FmtuiError):
        return "error"
    return "stopped"


class Reply:
    """Folds the events of one running reply into a turn: the truth about it lives here.

    `add` costs the same however long the answer is. One that goes on with an answer that was
    cut begins with what that had; all its figures are of what is added.
    """

    def __init__(
        self,
        params: Params,
        parent: str = "",
        *,
        turn_id: str = "",
        begun: Turn | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = turn_id or new_turn_id()
        self.parent = parent
        self.params = params
        self.created = datetime.now(UTC)
        self.usage: Usage | None = None
        self.finish_reason: str | None = None
        self.retrying: Retrying | None = None
        self._clock = clock
        self._started = clock()
        self._first: float | None = None
        self._thought_from: float | None = None
        self._thought_until: float | None = None
        self._text: list[str] = [begun.text] if begun is not None else []
        self._reasoning: list[str] = [begun.reasoning] if begun is not None else []
        self._new_text: list[str] = [*self._text]
        self._new_reasoning: list[str] = [*self._reasoning]
        self._characters = 0
        self._calls: dict[int, ToolCallDelta] = {}
        self._call_arguments: dict[int, list[str]] = {}
        self._notices: list[str] = []

    def add(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case TextDelta(text):
                self._text.append(text)
                self._new_text.append(text)
                self._arrived(len(text))
                if self._thought_until is None and self._thought_from is not None and not text.isspace():
                    self._thought_until = self._clock()
            case ReasoningDelta(text):
                self._reasoning.append(text)
                self._new_reasoning.append(text)
                self._arrived(len(text))
                if self._thought_from is None:
                    self._thought_from = self._first
            case ToolCallDelta(index, id_, name, arguments):
                known = self._calls.get(index, ToolCallDelta(index))
                self._calls[index] = ToolCallDelta(index, known.id or id_, known.name or name)
                self._call_arguments.setdefault(index, []).append(arguments)
                self._arrived(len(arguments))
            case UsageUpdate(usage):
                self.usage = usage if self.usage is None else self.usage.merged(usage)
            case Finished(reason):
                self.finish_reason = reason
            case Notice(message):
                self._notices.append(message)
            case Retrying():
                self.retrying = event
            case _:
                assert_never(event)

    def _arrived(self, characters: int) -> None:
        self.retrying = None
        self._characters += characters
        if self._first is None:
            self._first = self._clock()

    @property
    def text(self) -> str:
        """The answer so far."""
        return _joined(self._text)

    @property
    def reasoning(self) -> str:
        """The reasoning so far."""
        return _joined(self._reasoning)

    @property
    def started(self) -> bool:
        """Whether anything of the answer has come."""
        return self._first is not None

    def take_new(self) -> tuple[str, str]:
        """Return the text and reasoning that came since the last call: what a checkpoint writes."""
        new = "".join(self._new_text), "".join(self._new_reasoning)
        self._new_text.clear()
        self._new_reasoning.clear()
        return new

    def _counted(self) -> int | None:
        """Return the server's count of tokens; some send 0 for every answer, which is no count."""
        counted = self.usage.completion_tokens if self.usage is not None else None
        return None if counted == 0 and self._characters else counted

    def _usage(self) -> Usage | None:
        """Return the server's counts, with an estimate of the reply's tokens where it did not count them."""
        if not self.started or self._counted() is not None:
            return self.usage
        known = self.usage or Usage()
        tokens = _estimate(self._characters)
        prompt = known.prompt_tokens or None  # where the answer's 0 is no count, the prompt's is none either
        total = None if prompt is None else prompt + tokens
        return Usage(prompt, tokens, total, known.reasoning_tokens, estimated=True)

    def _thought_s(self, now: float) -> float | None:
        if self._thought_from is None:
            return None
        return (now if self._thought_until is None else self._thought_until) - self._thought_from

    def progress(self) -> Progress:
        """Return the figures to show while the reply runs."""
        now = self._clock()
        counted = self._counted()
        tokens = _estimate(self._characters) if counted is None else counted
        first = None if self._first is None else self._first - self._started
        return Progress(
            elapsed_s=now - self._started,
            first_token_s=first,
            tokens=tokens,
            estimated=counted is None,
            tokens_per_s=speed(tokens, first, now - self._started),
        )

    def head(self) -> Turn:
        """Return the reply as a turn without its text: what a checkpoint must know."""
        return Turn(
            id=self.id,
            role="assistant",
            text="",
            parent=self.parent,
            created=self.created,
            params=self.params,
            outcome="interrupted",
        )

    def turn(self, outcome: Outcome, error: FmtuiError | None = None) -> Turn:
        """Return the reply as a turn, whatever has come of it."""
        now = self._clock()
        first = None if self._first is None else self._first - self._started
        return Turn(
            id=self.id,
            role="assistant",
            text=normalised(self.text),
            parent=self.parent,
            created=self.created,
            reasoning=normalised(self.reasoning),
            params=self.params,
            outcome=outcome,
            finish_reason=self.finish_reason,
            usage=self._usage(),
            timing=Timing(first, now - self._started, self._thought_s(now)),
            error=None if error is None else Failure.of(error),
            tool_calls=tuple(
                ToolCall(call.name, _joined(self._call_arguments[index]), call.id)
                for index, call in sorted(self._calls.items())
            ),
            notices=tuple(self._notices),
        )


def _joined(parts: list[str]) -> str:
    """Join the parts in place, so that reading a long answer again and again stays cheap."""
    if len(parts) > 1:
        parts[:] = ["".join(parts)]
    return parts[0] if parts else ""


def _estimate(characters: int) -> int:
    """Return about how many tokens a text has: four characters each, as English has."""
    return (characters + 3) // 4


def speed(tokens: int, first_token_s: float | None, total_s: float) -> float | None:
    """Return tokens per second of generation: the wait for the first token is not part of it."""
    if first_token_s is None or tokens < 2 or total_s - first_token_s < 0.05:
        return None
    return (tokens - 1) / (total_s - first_token_s)
