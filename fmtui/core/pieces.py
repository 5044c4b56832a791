"""Putting together what servers cut into pieces: characters, think tags, tool calls.

Each class takes one kind of piece as it comes and gives out what can be shown now. Each
holds back only what cannot be told yet, a few characters at most, and `finish` lets go of
it, so that nothing of an answer is ever lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from fmtui.core.chat import Event, ReasoningDelta, TextDelta, ToolCallDelta
from fmtui.core.text import whole_characters

_OPEN = "<think>"
_CLOSE = "</think>"
_MOST_BLANKS = 1000
"""White space before a tag; an answer that begins with more begins with no tag."""
MAX_CALLS = 1000
"""No model asks for more calls in one answer; each one is kept in memory."""


class Characters:
    """Joins the two halves of a character that came in two events.

    JSON can write a character beyond U+FFFF as two escapes, and a server that cuts its text
    by code units sends them apart. A half without its other half becomes U+FFFD, since
    neither a terminal nor a file can hold it.
    """

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """Return the text, without a last half, which waits for the next piece."""
        if self._half and text:
            text = self._half + text
            self._half = ""
        if text.isascii():
            return text
        if "\ud800" <= text[-1] <= "\udbff":
            self._half = text[-1]
            text = text[:-1]
        return whole_characters(text)

    def finish(self) -> str:
        """Return what stands in for a half whose other half never came."""
        half, self._half = self._half, ""
        return "\ufffd" if half else ""


class ThinkTags:
    """Tells reasoning from answer where a server leaves `<think>…</think>` in the text.

    Only a tag at the very start, after white space, opens reasoning: later on the text may
    be about such tags. White space round the reasoning is dropped.
    """

    def __init__(self) -> None:
        self._held = ""
        self._state = "start"
        self._begun = False

    def feed(self, text: str) -> list[Event]:
        """Return what of the text can be told to be answer or reasoning."""
        if self._state == "answer":
            return [TextDelta(text)] if text else []
        self._held += text
        events: list[Event] = []
        if self._state == "start":
            self._start(events)
        if self._state == "thinking":
            self._think(events)
        if self._state == "gap":
            self._held = self._held.lstrip()
            if self._held:
                self._answer(events)
        return events

    def finish(self) -> list[Event]:
        """Return what is still held back; later text is answer."""
        events: list[Event] = []
        if self._state == "thinking" and self._held:
            events.append(ReasoningDelta(self._held))
        elif self._state == "start" and self._held:
            events.append(TextDelta(self._held))
        self._held = ""
        self._state = "answer"
        return events

    def _start(self, events: list[Event]) -> None:
        begin = self._held.lstrip()
        if len(self._held) - len(begin) > _MOST_BLANKS:
            self._answer(events)
        elif begin.startswith(_OPEN):
            self._held = begin[len(_OPEN) :]
            self._state = "thinking"
        elif not _OPEN.startswith(begin):
            self._answer(events)

    def _think(self, events: list[Event]) -> None:
        if not self._begun:
            self._held = self._held.lstrip()
            self._begun = bool(self._held)
        end = self._held.find(_CLOSE)
        if end >= 0:
            reasoning, self._held = self._held[:end], self._held[end + len(_CLOSE) :]
            self._state = "gap"
        else:
            cut = len(self._held) - _overlap(self._held, _CLOSE)
            reasoning, self._held = self._held[:cut], self._held[cut:]
        if reasoning:
            events.append(ReasoningDelta(reasoning))

    def _answer(self, events: list[Event]) -> None:
        events.append(TextDelta(self._held))
        self._held = ""
        self._state = "answer"


def _overlap(text: str, tag: str) -> int:
    """Return how many characters at the end of the text may be the beginning of the tag."""
    for length in range(min(len(text), len(tag) - 1), 0, -1):
        if tag.startswith(text[-length:]):
            return length
    return 0


class ToolCalls:
    """Numbers the tool calls of one answer and drops the placeholders of their arguments.

    Servers number calls by `index`, by position, or not at all, and some give two calls the
    same number; an id that differs tells them apart. Some write `{}` before the real
    arguments come, some mean it: it is held back until that is known.
    """

    def __init__(self) -> None:
        self.dropped = False
        """Whether there were more calls than `MAX_CALLS`."""
        self._current: dict[int, int] = {}
        self._ids: list[str] = []
        self._halves: dict[int, Characters] = {}
        self._placeholders: set[int] = set()

    def feed(self, calls: object) -> list[Event]:
        """Return the calls of one delta; what is no call at all is left out."""
        if isinstance(calls, Mapping):
            calls = [calls]
        if not isinstance(calls, list):
            return []
        if len(calls) > MAX_CALLS:
            calls = calls[:MAX_CALLS]
            self.dropped = True
        return [event for call in calls if isinstance(call, Mapping) for event in self._one(call)]

    def finish(self) -> list[Event]:
        """Return the arguments that turned out to be really empty, and what stands in for lost halves."""
        events: list[Event] = [ToolCallDelta(index, arguments="{}") for index in sorted(self._placeholders)]
        for index, halves in sorted(self._halves.items()):
            if rest := halves.finish():
                events.append(ToolCallDelta(index, arguments=rest))
        self._placeholders.clear()
        self._halves.clear()
        return events

    def _one(self, call: Mapping[str, object]) -> list[Event]:
        function = call.get("function")
        part = function if isinstance(function, Mapping) else call
        id_, name = _string(call.get("id")), _string(part.get("name"))
        arguments = part.get("arguments")
        if isinstance(arguments, Mapping | list):
            try:
                arguments = json.dumps(arguments, ensure_ascii=False)
            except RecursionError:
                arguments = ""
        pieces = _string(arguments)
        if not (id_ or name or pieces):
            return []
        index, new = self._number(call.get("index"), id_, name)
        if index >= MAX_CALLS:
            self.dropped = True
            return []
        if index in self._halves or not pieces.isascii():
            pieces = self._halves.setdefault(index, Characters()).feed(pieces)
        if new and pieces.strip() == "{}":
            self._placeholders.add(index)
            pieces = ""
        elif pieces:
            self._placeholders.discard(index)
        return [ToolCallDelta(index, whole_characters(id_), whole_characters(name), pieces)]

    def _number(self, given: object, id_: str, name: str) -> tuple[int, bool]:
        """Return our number for a call, and whether it has just begun."""
        last = len(self._ids) - 1
        if isinstance(given, int):
            known = self._current.get(given)
            if known is not None and (not id_ or self._ids[known] in ("", id_)):
                self._ids[known] = self._ids[known] or id_
                return known, False
        elif last >= 0 and (id_ == self._ids[last] if id_ else not name):
            return last, False
        if last + 1 < MAX_CALLS:
            self._ids.append(id_)
            if isinstance(given, int):
                self._current[given] = last + 1
        return last + 1, True


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
