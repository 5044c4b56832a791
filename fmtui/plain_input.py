"""Reading prompts line by line: with the editing and history of readline where somebody types."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType, ModuleType
from typing import TextIO

from fmtui.core.text import printable
from fmtui.output import Streams

YOU = "You: "
MORE = "...  "
_LONGEST = 2000
"""Characters of a prompt that is offered again; longer ones fill the screen with one line."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks to stop, or to end."""
_AGAIN_S = 0.05
"""Seconds after which a signal is sent again that was not heard."""


class Ended(Exception):  # noqa: N818 - it is no error
    """The system or the terminal asked the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Lines:
    """The prompts that a person or a pipe gives.

    Args:
        streams: standard input and output.
        keep: keeps what was typed and not sent, when the program is ended.
    """

    def __init__(self, streams: Streams, keep: Callable[[str], None]) -> None:
        self._streams = streams
        self._keep = keep
        self._input: TextIO | None = streams.input
        self.typed = streams.input is not None and streams.input.isatty() and streams.out.is_terminal
        """Whether somebody types at a terminal."""
        self.dropped = ""
        """What was on the line when Ctrl+C was pressed."""
        self._readline = _readline() if self.typed else None
        self._before: list[str] = []

    def remember(self, prompts: Sequence[str]) -> None:
        """Offer earlier prompts with the Up key.

        Args:
            prompts: the newest first.
        """
        if self._readline is not None:
            self._readline.set_auto_history(False)
            for text in reversed(prompts):
                self._add(text)

    def _add(self, text: str) -> None:
        if self._readline is not None and "\n" not in text and 0 < len(text) <= _LONGEST:
            self._readline.add_history(printable(text))

    def read(self, draft: str = "") -> str | None:
        """Return the next prompt, of several lines where one ends with a backslash; None at the end.

        Args:
            draft: what stands in the line already.

        Raises:
            KeyboardInterrupt: Ctrl+C was pressed; `dropped` has the line.
            Ended: the program is to end; what was typed is kept.
        """
        self._before = []
        label = YOU
        while (line := self._line(label, draft)) is not None:
            draft, label = "", MORE
            if not line.endswith("\\"):
                text = "\n".join([*self._before, line])
                self._before = []
                self._add(text)
                return text
            self._before.append(line[:-1])
        return "\n".join(self._before) if self._before else None

    def answer(self, label: str) -> str:
        """Return what is typed at a question, in one line; empty at its end, and for Ctrl+C.

        Raises:
            Ended: the program is to end; an answer is not kept as a draft.
        """
        self._before = []
        try:
            return self._line(label, "", kept=False) or ""
        except KeyboardInterrupt:
            self.dropped = ""
            self._streams.out.write("\n")
            return ""

    def _line(self, label: str, draft: str, *, kept: bool = True) -> str | None:
        if not self.typed:
            return self._piped(label)
        if self._readline is not None and draft:
            # No function of Python: what a signal raises that comes while one runs would be forgotten.
            self._readline.set_startup_hook(partial(self._readline.insert_text, draft))
        try:
            with self._signals(kept=kept):
                return input(label)
        except EOFError:
            self._streams.out.write("\n")
            return None
        finally:
            if self._readline is not None:
                self._readline.set_startup_hook(None)

    def _piped(self, label: str) -> str | None:
        """Return a line of what is piped in; it is shown, as nobody has seen it."""
        if self._input is None:
            return None
        raw = getattr(self._input, "buffer", None)
        line = self._input.readline() if raw is None else raw.readline().decode("utf-8", "replace")
        if not line:
            return None
        line = line.rstrip("\r\n")
        if not self._input.isatty():
            shown = printable(line) if self._streams.out.is_terminal else line
            self._streams.out.write(f"{label}{shown}\n")
        return line

    @contextmanager
    def _signals(self, *, kept: bool) -> Iterator[None]:
        """Know what is on the line when a signal comes, to keep it where it is a prompt."""
        stop: KeyboardInterrupt | None = None
        number = 0
        line = ""
        over = False
        heard = threading.Event()

        def caught(signal_number: int, _frame: FrameType | None) -> None:
            # Python may call this for a second signal with the exception of the first one set: whatever
            # is called or made then fails, so that there is but one exception, made for the first.
            nonlocal stop, number, line
            if signal_number != signal.SIGINT:
                number = signal_number
            if over:
                return  # what is being kept is to be kept whole
            if stop is None:
                stop = KeyboardInterrupt()
                heard.set()
                line = self._readline.get_line_buffer() if self._readline is not None else ""
            raise stop

        # What the program was told to ignore, as `nohup` does, stays ignored.
        wanted = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
        before = {each: signal.signal(each, caught) for each in wanted}
        try:
            with _sent_again(wanted, heard):
                yield
        except KeyboardInterrupt:
            over = True
            self._keep_line(line, kept=kept and number > 0)
        finally:
            stopped, over = over, True
            for each, handler in before.items():
                # One that comes while the program ends changes nothing, neither its status.
                ends = stopped and number and each != signal.SIGINT
                signal.signal(each, signal.SIG_IGN if ends else handler)
        if stopped and not number:
            self.dropped = line
            self._add(line)
            raise KeyboardInterrupt
        if stopped:
            self._keep_line(line, kept=kept)  # once more, as the end may have been asked for right behind
            raise Ended(number)
        if number:
            signal.raise_signal(number)

    def _keep_line(self, line: str, *, kept: bool) -> None:
        if kept:
            self._keep("\n".join([*self._before, line]))


@contextmanager
def _sent_again(numbers: Container[int], heard: threading.Event) -> Iterator[None]:
    """Send a signal again until it is heard.

    One that comes when the label is there already, and before readline waits for a key, would not
    be heard before a line was typed, which would be lost with it.
    """
    told, tells = os.pipe()
    os.set_blocking(tells, False)  # as Python has it for what its signals write to
    typing = threading.get_ident()

    def listen() -> None:
        while number := os.read(told, 1)[0]:
            if number in numbers:
                while not heard.wait(_AGAIN_S):
                    signal.pthread_kill(typing, number)
                return

    listening = threading.Thread(target=listen, name="fmtui-signals", daemon=True)
    listening.start()
    before = signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    try:
        yield
    finally:
        heard.set()
        signal.set_wakeup_fd(before)
        os.write(tells, b"\0")
        listening.join()
        os.close(told)
        os.close(tells)


def _readline() -> ModuleType | None:
    """Return the module, if this Python has it."""
    with suppress(ImportError):
        import readline  # noqa: PLC0415 - it changes what `input` does

        return readline
    return None
