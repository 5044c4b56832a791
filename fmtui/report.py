"""How `fmtui ask` tells what happens: text for people and pipes, JSON lines for scripts.

Standard output gets the answer and nothing else; everything else goes to standard error.
Raw text may hold what acts on a terminal, so a terminal is only sent `printable` text.
"""

from __future__ import annotations

import io
import json
from typing import Protocol

from fmtui.core.chat import (
    Event,
    Failure,
    Notice,
    Outcome,
    ReasoningDelta,
    Retrying,
    TextDelta,
    Timing,
    ToolCall,
    ToolCallDelta,
    Turn,
)
from fmtui.core.text import printable
from fmtui.output import Outlet, note
from fmtui.writer import Direct, Writer


class Report(Protocol):
    """Whatever tells what happens while a reply comes."""

    def event(self, event: Event) -> None:
        """Tell one event of the reply."""
        ...

    def note(self, message: str, hint: str = "") -> None:
        """Tell something that the user should know."""
        ...

    def end(self, turn: Turn) -> None:
        """Tell how it ended; nothing follows."""
        ...


def ended(outcome: Outcome, error: Failure | None) -> Turn:
    """Return the turn to report when there was never a reply."""
    return Turn("", "assistant", "", outcome=outcome, error=error, timing=Timing(None, 0.0))


class TextReport:
    """The answer as text.

    Args:
        writer: does the writing.
        stdout: where the answer goes.
        stderr: where everything else goes.
        dim: whether reasoning may be dimmed on a terminal.
    """

    def __init__(self, writer: Writer | Direct, stdout: Outlet, stderr: Outlet, *, dim: bool) -> None:
        self._writer = writer
        self._stdout = stdout
        self._stderr = stderr
        self._dim = ("\x1b[2m", "\x1b[22m") if dim and stderr.is_terminal else ("", "")
        self._lines = io.IncrementalNewlineDecoder(None, translate=True)
        self._answer_open = False
        self._reasoning_open = False

    def event(self, event: Event) -> None:
        """Write one event of the reply."""
        match event:
            case TextDelta(text):
                self._close_reasoning()
                self._answer(text)
            case ReasoningDelta(text):
                if text:
                    self._close_answer()
                    on, off = self._dim
                    self._writer.put(self._stderr, f"{on}{printable(text)}{off}")
                    self._reasoning_open = True
            case Notice(message):
                self.note(message)
            case Retrying(after_s, reason, _):
                self.note(f"{reason.rstrip('.')}; trying again in {after_s:.1f} s.")
            case _:
                pass

    def _answer(self, text: str, *, last: bool = False) -> None:
        if self._stdout.is_terminal:
            # A carriage return at the end of a delta waits for the line feed that may follow it.
            text = printable(self._lines.decode(text, final=last))
        if text:
            self._writer.put(self._stdout, text)
            self._answer_open = not text.endswith("\n")

    def _close_answer(self) -> None:
        """Put what follows on a line of its own, where both streams are one terminal."""
        if self._answer_open and self._stdout.is_terminal:
            self._answer("\n")

    def _close_reasoning(self) -> None:
        if self._reasoning_open:
            self._writer.put(self._stderr, "\n\n")
            self._reasoning_open = False

    def note(self, message: str, hint: str = "") -> None:
        """Write a line to standard error."""
        self._close_reasoning()
        self._close_answer()
        self._writer.put(self._stderr, note(message, hint))

    def end(self, turn: Turn) -> None:
        """Write what is left to say: tool calls, an empty or shortened answer, the error."""
        self._answer("", last=True)
        self._close_reasoning()
        self._close_answer()
        for call in turn.tool_calls:
            self.note(f"The model asked for a tool, which fmtui does not run: {_called(call)}")
        if turn.error is not None:
            self.note(turn.error.message, turn.error.hint)
        elif turn.outcome == "complete":
            self._remark(turn)

    def _remark(self, turn: Turn) -> None:
        limit = turn.params.max_tokens if turn.params is not None else None
        more = "A larger --max-tokens lets more through."
        if turn.finish_reason == "length" and not turn.text and turn.reasoning:
            self.note("There is no reply: all of max_tokens went into reasoning.", more)
        elif turn.finish_reason == "length":
            self.note(f"max_tokens ({limit}) cut the reply here.", more)
        elif turn.finish_reason == "content_filter":
            self.note("The server's content filter ended the reply.")
        elif not turn.text and not turn.tool_calls:
            self.note("The reply is empty.")


class CodeReport(TextReport):
    """The first code block of the answer alone, once it has ended: nobody runs half a script."""

    def event(self, event: Event) -> None:
        """Write one event of the reply, but for its text."""
        if not isinstance(event, TextDelta):
            super().event(event)

    def end(self, turn: Turn) -> None:
        """Write the code, and what is left to say."""
        from fmtui.core.code_blocks import code_blocks  # noqa: PLC0415 - only this form needs it

        blocks = code_blocks(turn.text)
        if blocks:
            super().event(TextDelta(blocks[0].rstrip("\n") + "\n"))
        super().end(turn)
        if turn.text and not blocks:
            self.note("The reply has no code block.", "Without --code all of it is written.")
        elif len(blocks) > 1:
            self.note(f"This is the first of {len(blocks)} code blocks.", "Without --code all are written.")


def _called(call: ToolCall) -> str:
    return f"{call.name}({call.arguments})"


class JsonReport:
    """One JSON object a line; the last tells the end.

    The lines are plain ASCII: no encoding can spoil them, and nothing in them acts on a
    terminal.
    """

    def __init__(self, writer: Writer, stdout: Outlet) -> None:
        self._writer = writer
        self._stdout = stdout

    def event(self, event: Event) -> None:
        """Write one event of the reply; token counts come with the end."""
        match event:
            case TextDelta(text):
                self._line("text", text=text)
            case ReasoningDelta(text):
                self._line("reasoning", text=text)
            case ToolCallDelta(index, id_, name, arguments):
                self._line("tool_call", index=index, id=id_, name=name, arguments=arguments)
            case Notice(message):
                self.note(message)
            case Retrying(after_s, reason, _):
                self._line("retry", after_s=after_s, reason=reason)
            case _:
                pass

    def note(self, message: str, hint: str = "") -> None:
        """Write a notice."""
        self._line("notice", message=f"{message} {hint}".rstrip())

    def end(self, turn: Turn) -> None:
        """Write how it ended."""
        self._writer.put(self._stdout, end_line(turn))

    def _line(self, kind: str, **fields: object) -> None:
        self._writer.put(self._stdout, _json_line(kind, **fields))


def end_line(turn: Turn) -> str:
    """Return the last of the JSON lines."""
    return _json_line(
        "end",
        outcome=turn.outcome,
        finish_reason=turn.finish_reason,
        usage=None if turn.usage is None else turn.usage._asdict(),
        cost=turn.cost,
        timing=None if turn.timing is None else turn.timing._asdict(),
        error=None if turn.error is None else turn.error._asdict(),
        text=turn.text,
        reasoning=turn.reasoning,
    )


def _json_line(kind: str, **fields: object) -> str:
    return json.dumps({"event": kind, **fields}) + "\n"
