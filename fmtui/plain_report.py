"""How the plain mode tells what happens: line by line, each speaker named, no colour and no cursor moved."""

from __future__ import annotations

from fmtui.core.chat import Event, Params, ReasoningDelta, TextDelta, Turn
from fmtui.core.text import one_line
from fmtui.output import Outlet
from fmtui.report import TextReport
from fmtui.writer import Direct, Writer


class PlainReport(TextReport):
    """Tells of one reply after another.

    Args:
        stdout: where answers go.
        stderr: where everything else goes.
    """

    _writer: Writer | Direct

    def __init__(self, stdout: Outlet, stderr: Outlet) -> None:
        super().__init__(Direct(), stdout, stderr, dim=False)
        self._out = stdout
        self._err = stderr
        self._told: set[str] = set()
        """What was said before a request: it is as true before the next one."""
        self._label = ""
        self._asking = True

    def begin(self, writer: Writer) -> None:
        """Begin with another reply, written by another writer."""
        super().__init__(writer, self._out, self._err, dim=False)
        self._label, self._asking = "", True

    def rest(self) -> None:
        """Write all by oneself from now on: no reply comes, and its writer has ended."""
        self._writer = Direct()
        self._asking = True

    def asked(self, params: Params) -> None:
        """Take what the answer will be from."""
        self._label = f"{one_line(params.model, 80)}:\n"
        self._asking = False

    def event(self, event: Event) -> None:
        """Write one event of the reply; who speaks comes first."""
        match event:
            case TextDelta(text) if text:
                self._close_reasoning()
                self._name_speaker()
            case ReasoningDelta(text) if text and not self._reasoning_open:
                self._close_answer()
                self._writer.put(self._err, "Reasoning:\n")
        super().event(event)

    def note(self, message: str, hint: str = "") -> None:
        """Write a line to standard error; once, if it is about what will be asked."""
        if self._asking and message in self._told:
            return
        if self._asking:
            self._told.add(message)
        super().note(message, hint)

    def end(self, turn: Turn) -> None:
        """Write what is left to say."""
        self._asking = False
        super().end(turn)

    def _name_speaker(self) -> None:
        label, self._label = self._label, ""
        self._writer.put(self._out, label)

    def _close_answer(self) -> None:
        """Put what follows on a line of its own, into a pipe too."""
        if self._answer_open:
            self._writer.put(self._out, "\n")
            self._answer_open = False
