"""Reading what the terminal sends, where Textual 8.2 reads it wrongly.

Two things go wrong there: an escape character in pasted text ends the paste, and the rest
arrives as keys, so that a pasted line end sends the prompt; and Alt+Enter is taken for Enter.
Nothing that is pasted may ever be taken for a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._time import get_time
from textual._xterm_parser import XTermParser
from textual.keys import Keys
from textual.message import Message

PASTE_START = "\x1b[200~"
PASTE_END = "\x1b[201~"
_STATUS = {"\x1b[0n", "\x1b[3n"}
"""What terminals answer when they are asked how they are: well, or not."""
_WHAT = r"\x1b\[\?(\d{1,4}u|[\d;]*c)"
"""What they answer when they are asked which key protocol is in use, and what they are."""
_TELLING = 3
"""Characters of a mark from which a cut one is waited for; fewer may be the Esc key."""


class PasteParser(XTermParser):
    """Textual's parser, which no longer sees pastes: they are taken out before it, whatever they hold.

    Args:
        debug: whether Textual is to log what comes.
        answered: called for each answer to the question how the terminal is.
        told: called with each answer to the question what the terminal is, or which keys it knows.
    """

    def __init__(
        self,
        debug: bool = False,  # noqa: FBT001, FBT002 - Textual's own signature
        *,
        answered: Callable[[], None] = lambda: None,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(debug)
        self._answered = answered
        self._told = told
        self._pasted: list[str] | None = None
        """What came of a paste so far; None outside of one."""
        self._held = ""
        """The end of what came last, which may be the start of a mark."""

    @property
    def patience_s(self) -> float | None:
        """Seconds after which `tick` must be called if nothing more comes; None when it need not be."""
        return None if self._timeout_time is None else max(0.0, self._timeout_time - get_time())

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:  # noqa: FBT001, FBT002 - Textual's own signature
        if sequence in _STATUS:
            self._answered()
            return (events.Key(Keys.Ignore, sequence),)
        if sequence[-1:] in "uc" and re.fullmatch(_WHAT, sequence):
            self._told(sequence)
            return (events.Key(Keys.Ignore, sequence),)
        return super()._sequence_to_key_events(sequence, alt)

    def feed(self, data: str) -> Iterable[Message]:
        """Return the events in the next piece of input; nothing at all means its end."""
        return self._events(data) if data else super().feed(data)

    def _events(self, data: str) -> Iterator[Message]:
        data, self._held = self._held + data, ""
        while data:
            mark = PASTE_START if self._pasted is None else PASTE_END
            before, found, after = data.partition(mark)
            if not found:
                cut = _cut_mark(data, mark, _TELLING if self._pasted is None else 1)
                before, self._held = data[: len(data) - cut], data[len(data) - cut :]
            if self._pasted is not None:
                self._pasted.append(before)
            elif before:
                yield from super().feed(before)
            if not found:
                return
            if self._pasted is None:
                self._pasted = []
            else:
                text = "".join(self._pasted)
                self._pasted = None
                yield events.Paste(text)
            data = after


def _cut_mark(data: str, mark: str, least: int) -> int:
    """Return how many characters at the end of the data may begin a mark; 0 if fewer than the least."""
    for length in range(min(len(mark) - 1, len(data)), least - 1, -1):
        if data.endswith(mark[:length]):
            return length
    return 0


def mend_input() -> None:
    """Have Textual know Alt+Enter from now on."""
    # ESC and CR is what Alt+Enter sends without extended keys. As Ctrl+J it adds a line, too.
    cast("dict[str, Any]", ANSI_SEQUENCES_KEYS).setdefault("\x1b\r", (Keys.ControlJ,))
