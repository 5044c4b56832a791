"""Reading what the terminal sends, where Textual 8.2 reads it wrongly.

Three things go wrong there: an escape character in pasted text ends the paste, and the rest
arrives as keys, so that a pasted line end sends the prompt; bytes that are no UTF-8 (a
terminal set to Latin-1) end the program; and Alt+Enter is taken for Enter. Nothing that is
pasted may ever be taken for a key.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.keys import Keys
from textual.message import Message

PASTE_START = "\x1b[200~"
PASTE_END = "\x1b[201~"
_TELLING = 3
"""Characters of a mark from which a cut one is waited for; fewer may be the Esc key."""


class PasteParser(XTermParser):
    """Textual's parser, which no longer sees pastes: they are taken out before it, whatever they hold."""

    def __init__(self, debug: bool = False) -> None:  # noqa: FBT001, FBT002 - Textual's own signature
        super().__init__(debug)
        self._pasted: list[str] | None = None
        """What came of a paste so far; None outside of one."""
        self._held = ""
        """The end of what came last, which may be the start of a mark."""

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


def _forgiving(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    """Return what makes decoders that replace wrong bytes instead of ending the program."""
    return lambda: codecs.getincrementaldecoder(encoding)("replace")


def mend_input() -> None:
    """Have Textual's driver read with these from now on."""
    vars(linux_driver).update(XTermParser=PasteParser, getincrementaldecoder=_forgiving)
    # ESC and CR is what Alt+Enter sends without extended keys. As Ctrl+J it adds a line, too.
    cast("dict[str, Any]", ANSI_SEQUENCES_KEYS).setdefault("\x1b\r", (Keys.ControlJ,))
