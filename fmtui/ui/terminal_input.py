"""Reading what the terminal sends: keys, pastes, the mouse, and the terminal's answers.

Textual 8.2 knows a sequence by comparing what came so far with all that it knows, and types
what it does not know: an answer that nobody asked for, a report that a slow line cut, a key
with more told about it than it asks for. An escape character in pasted text ends the paste.
Here the grammar of ECMA-48 tells where a sequence begins and ends, and Textual is asked only
what a whole one means. Nothing that is a part of one, or of a paste, is ever taken for a key.

A terminal without the kitty protocol sends Alt as ESC in front of the key. So ESC is the Esc
key if nothing follows at once, or what cannot be meant with Alt; what else follows at once was
pressed with Alt, as for readline, Emacs and tmux. Esc and a key that a slow line delivers
together are taken for that: nothing tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator

from textual import constants, events, messages
from textual._time import get_time
from textual._xterm_parser import (
    FOCUSIN,
    FOCUSOUT,
    IS_ITERM,
    XTermParser,
    _re_cursor_position,
    _re_in_band_window_resize,
    _re_mouse_event,
    _re_terminal_mode_response,
)
from textual.keys import Keys
from textual.message import Message

PASTE_START = "\x1b[200~"
PASTE_END = "\x1b[201~"
_PASTE_CUTS = tuple(PASTE_START[:length] for length in range(3, len(PASTE_START)))
_ESC = "\x1b"
_STATUS = {"\x1b[0n", "\x1b[3n"}
"""What terminals answer when they are asked how they are: well, or not."""
_WHAT = re.compile(r"\x1b\[\?(\d{1,4}u|[\d;]*c)")
"""What they answer when they are asked which key protocol is in use, and what they are."""

_SEQUENCE = re.compile(
    r"""\x1b(?:
        \[\d{1,2}\$                     # rxvt's way to tell Shift; elsewhere a sequence goes on behind it
        | \[\[[@-~]                     # a function key of the Linux console
        | \[M[^\x00-\x1f]{3}            # the mouse, as old terminals tell it
        | \[(?![M\[])[\ -?]*[@-~]
        | O(?:[A-DFHMP-Sa-dj-y]|[\d;]+[A-Za-z])
    )""",
    re.VERBOSE,
)
"""A whole sequence."""
_STRING = re.compile(r"\x1b(?:\]\d|P[\d;]*[>=$+!|?]|_G)")
"""How an answer in words begins: a colour, a name, a picture that was drawn."""
_CUT = re.compile(r"\x1b?\x1b(?:\[(?:\[|M[^\x00-\x1f]{0,2}|(?![M\[])[ -?]*)?|O[\d;]*|\]|P[\d;]*|_)?")
"""What may go on to be one of these."""
_BROKEN = re.compile(r"\x1b(?:\[(?:\[|M[^\x00-\x1f]*|[ -?]+)|O[\d;]+|P[\d;]+)")
"""What was to be one, but did not go on so."""
_STRING_END = re.compile(r"\x07|\x1b\\|(?=[\x00-\x1a\x1c-\x1f]|\x1b[^\\])")
"""Its own end, or what is in no answer."""
_SEQUENCE_END = re.compile(r"[@-~]|(?=[^ -~])")
_WITH_ALT = re.compile(r"\x1b\x1b(?:\[(?:[A-DFHZ]|\d{1,2}[~^$@])|O[A-DFHP-Sa-d])")
"""Keys as PuTTY, rxvt and others send them with Alt."""
_LATE = re.compile(r"\x1b\[(?:200~|<\d+;-?\d+;-?\d+[Mm]|\?[\d;]+(?:[cu]|\$y))")
"""What nobody types at one go, though it begins as a key does."""
_TOLD_MORE = re.compile(r"\x1b\[(\d*)[:\d]*(?:(;\d*)(?::(\d*))?[:\d]*(;[:\d]*)?)?([u~A-HPQRS])")
"""A key with what the kitty protocol may tell besides: other keys at its place, and what was done to it."""
_RELEASED = "3"
_ALT_AS_OTHERS = {"\x08": "\x1b\x7f", "\x7f": "\x1b\x7f", "\t": "\x1b\t", "b": "\x1bb", "f": "\x1bf"}
"""What Textual knows by other names when it comes with Alt."""
_LONGEST = 256
"""Characters of the longest sequence that means anything."""
_STALL_S = 2.0
"""Seconds that the rest of a sequence has; a slow line may cut one anywhere."""


class InputParser(XTermParser):
    """Makes events of what the terminal sends, wherever reading cuts it.

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
        self._until: re.Pattern[str] | None = None
        """What ends that which is passed over; None while nothing is."""
        self._held = ""
        """The end of what came last, which may be the start of a sequence."""
        self._given_up = ""
        """What was held last, if the rest did not come in time."""
        self._deadline: float | None = None

    @property
    def patience_s(self) -> float | None:
        """Seconds after which `tick` must be called if nothing more comes; None when it need not be."""
        return None if self._deadline is None else max(0.0, self._deadline - get_time())

    def tick(self) -> Iterator[Message]:
        """Return the events in what was waited on for long enough."""
        if self._deadline is not None and get_time() >= self._deadline:
            yield from self._give_up()

    def feed(self, data: str) -> Iterable[Message]:
        """Return the events in the next piece of input; nothing at all means its end."""
        return self._events(data) if data else self._end()

    def _end(self) -> Iterator[Message]:
        yield from self._give_up()
        yield from super().feed("")

    def _events(self, data: str) -> Iterator[Message]:
        self.debug_log(f"FEED {data!r}")
        if self._given_up and (late := _LATE.match(self._given_up + data)):
            yield from self._meant_by(late[0])
            data = data[late.end() - len(self._given_up) :]
        self._given_up = ""
        data, self._held, self._deadline = self._held + data, "", None
        while data:
            if self._pasted is not None:
                data = yield from self._paste(data, self._pasted)
            elif self._until is not None:
                data = self._pass_over(data, self._until)
            else:
                data = yield from self._next(data)

    def _hold(self, data: str, limit_s: float | None) -> str:
        self._held = data
        self._deadline = None if limit_s is None else get_time() + limit_s
        return ""

    def _paste(self, data: str, pasted: list[str]) -> Generator[Message, None, str]:
        """Take a part of a paste; return what is behind it."""
        text, end, rest = data.partition(PASTE_END)
        if not end:
            cut = _cut_mark(data, PASTE_END)
            pasted.append(data[: len(data) - cut])
            return self._hold(data[len(data) - cut :], None)
        self._pasted = None
        yield events.Paste("".join((*pasted, text)))
        return rest

    def _pass_over(self, data: str, until: re.Pattern[str]) -> str:
        """Return what is behind that which means nothing here."""
        if end := until.search(data):
            self._until = None
            return data[end.end() :]
        return self._hold(_ESC if data.endswith(_ESC) else "", _STALL_S)

    def _next(self, data: str) -> Generator[Message, None, str]:
        """Take plain keys and one sequence; return what is behind it."""
        plain, escape, rest = data.partition(_ESC)
        for character in plain:
            yield from self._keys(character)
        data = escape + rest
        if whole := _SEQUENCE.match(data):
            yield from self._meant_by(whole[0])
            return data[whole.end() :]
        if key := _WITH_ALT.match(data):
            yield from _with_alt(self._keys(key[0][1:]))
            return data[key.end() :]
        if words := _STRING.match(data):
            self._until = _STRING_END
            return data[words.end() :]
        if _CUT.fullmatch(data):
            if len(data) <= _LONGEST:
                return self._hold(data, _patience_s(data))
            self._until = _SEQUENCE_END
            return self._hold("", _STALL_S)
        if broken := _BROKEN.match(data):
            return data[broken.end() :]
        return (yield from self._escape(data)) if data else ""

    def _escape(self, data: str) -> Generator[Message, None, str]:
        """Take the Esc key, or a key that was pressed with Alt; return what is behind it."""
        after = data[1]
        if after in _ALT_AS_OTHERS:
            yield from self._keys(_ALT_AS_OTHERS[after])
        elif after >= " " or after == "\r":
            yield from _with_alt(self._keys(after))
        else:  # no key with Ctrl and Alt is used, so that this is Esc, and what was pressed right after it
            yield events.Key("escape", _ESC)
            return data[1:]
        return data[2:]

    def _give_up(self) -> Iterator[Message]:
        """Take what is held for what it is without the rest of it."""
        held, self._held, self._deadline = self._held, "", None
        if self._until is not None or self._pasted is not None:
            self._until = None
            return
        if held.startswith(_ESC * 2):
            yield events.Key("escape", _ESC)
            held = held[1:]
        self._given_up = held
        if held == _ESC:
            yield events.Key("escape", _ESC)
        elif held and _may_be_keys(held):
            yield from _with_alt(self._keys(held[1]))

    def _meant_by(self, sequence: str) -> Iterator[Message]:
        """Return what a whole sequence means; nothing if it has no meaning here."""
        if sequence == PASTE_START:
            self._pasted = []
        elif sequence in _STATUS:
            self._answered()
        elif _WHAT.fullmatch(sequence):
            self._told(sequence)
        elif sequence == FOCUSIN:
            yield events.AppFocus()
        elif sequence == FOCUSOUT:
            yield events.AppBlur()
        elif len(sequence) <= _LONGEST:
            try:
                found = [*self._reported(sequence)]
            except (ValueError, ArithmeticError):  # it holds numbers that stand for nothing
                return
            yield from found

    def _reported(self, sequence: str) -> Iterator[Message]:
        if resized := _re_in_band_window_resize.fullmatch(sequence):
            height, width, pixel_height, pixel_width = (
                int(group.partition(":")[0]) for group in resized.groups()
            )
            event = events.Resize.from_dimensions((width, height), (pixel_width, pixel_height))
            self.terminal_size, self.terminal_pixel_size = event.size, event.pixel_size
            self.mouse_pixels = True
            yield event
        elif place := _re_cursor_position.fullmatch(sequence):
            yield events.CursorPosition(int(place["col"]) - 1, int(place["row"]) - 1)
        elif keys := [*self._keys(sequence)]:
            yield from keys
        elif _re_mouse_event.match(sequence):
            if (mouse := self.parse_mouse_code(sequence)) is not None:
                yield mouse
        elif mode := _re_terminal_mode_response.fullmatch(sequence):
            setting = int(mode["setting_parameter"])
            if mode["mode_id"] == "2026" and setting > 0:
                yield messages.TerminalSupportsSynchronizedOutput()
            elif mode["mode_id"] == "2048" and constants.SMOOTH_SCROLL and not IS_ITERM:
                yield messages.InBandWindowResize.from_setting_parameter(setting)

    def _keys(self, sequence: str) -> Iterator[events.Key]:
        if ":" in sequence and (more := _TOLD_MORE.fullmatch(sequence)):
            key, modifiers, done, text, end = more.groups(default="")
            if done == _RELEASED:
                return
            sequence = f"\x1b[{key}{modifiers}{text}{end}"
        for event in self._sequence_to_key_events(sequence):
            if event.key != Keys.Ignore:
                yield event


def _patience_s(held: str) -> float | None:
    """Return how many seconds the rest of a sequence has; None where it is waited for."""
    if _may_be_keys(held):
        return constants.ESCAPE_DELAY
    # Nothing in a paste may ever be taken for a key, however late it comes.
    return None if held.endswith(_PASTE_CUTS) else _STALL_S


def _may_be_keys(held: str) -> bool:
    """Return whether what came of a sequence may also be Esc, or a key with Alt."""
    return len(held) - held.startswith(_ESC * 2) <= len("\x1b[")


def _with_alt(keys: Iterable[events.Key]) -> Iterator[events.Key]:
    for event in keys:
        name = event.key
        if len(name) == 1 and name.isupper():
            name = f"shift+{name.lower()}"
        printable = event.character if event.is_printable else None
        yield events.Key(f"alt+{name}", printable)


def _cut_mark(data: str, mark: str) -> int:
    """Return how many characters at the end of the data may begin a mark."""
    return next((length for length in range(len(mark) - 1, 0, -1) if data.endswith(mark[:length])), 0)
