"""The path of a conversation as servers take it: a list of messages, or one prompt. Pure.

Servers refuse what does not keep to their rules, whatever happened on the way: one system message
at most, and first; no empty message; user and assistant by turns. So what a failed, stopped or
edited reply left side by side is joined, and what is empty is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import Literal

from fmtui.core.attachments import Pictures, pictures_of
from fmtui.core.chat import Said, Turn
from fmtui.core.text import encoded

Reasoning = Literal["", "parts", "field"]
"""How earlier reasoning is sent back: not at all, as a part of the content, or as `reasoning_content`."""

_BETWEEN = "\n\n"


def _message(role: str, text: str, thought: str = "", reasoning: Reasoning = "") -> bytes:
    content = encode_basestring(text)
    if thought and reasoning == "field":
        content += f',"reasoning_content":{encode_basestring(thought)}'
    elif thought and reasoning == "parts":
        summary = json.dumps([{"type": "summary_text", "text": thought}], ensure_ascii=False)
        content = f'[{{"type":"reasoning","summary":{summary}}},{{"type":"text","text":{content}}}]'
    return b'{"role":"%b","content":%b}' % (role.encode(), encoded(content))


def _seen(text: str, pictures: Pictures | None) -> bytes:
    """Return the message of a prompt that has pictures in it."""
    said, addresses = (pictures or Pictures(lambda _: None, sees=False)).split(text)
    if not addresses:
        return _message("user", said)
    shown = b"".join(b',{"type":"image_url","image_url":{"url":"%b"}}' % each.encode() for each in addresses)
    return b'{"role":"user","content":[{"type":"text","text":%b}%b]}' % (
        encoded(encode_basestring(said)),
        shown,
    )


def messages(
    system: str,
    turns: Iterable[Turn | Said],
    reasoning: Reasoning = "",
    pictures: Pictures | None = None,
) -> list[bytes]:
    """Return the history as a JSON list, in pieces; none when there is nothing to say.

    Args:
        system: the system prompt; those among the turns are added to it.
        turns: the path, gone through once.
        reasoning: how the reasoning of replies is sent back.
        pictures: fetches those that prompts name; without it their names are sent.
    """

    def message() -> bytes:
        text = _BETWEEN.join(parts)
        if role == "user" and pictures_of(text):
            return _seen(text, pictures)
        return _message(role, text, _BETWEEN.join(thoughts), reasoning)

    systems = [system]
    pieces: list[bytes] = [b"[", b""]
    role, parts, thoughts = "", list[str](), list[str]()
    for turn in turns:
        if turn.role == "system":
            systems.append(turn.text)
        elif turn.text.strip():
            if parts and turn.role != role:
                pieces += (message(), b",")
                parts.clear()
                thoughts.clear()
            role = turn.role
            parts.append(turn.text)
            if reasoning and role == "assistant" and turn.reasoning.strip():
                thoughts.append(turn.reasoning)
    if not parts:
        return []
    if role == "assistant":  # some servers refuse to go on from a trailing blank
        parts = [_BETWEEN.join(parts).rstrip()]
    pieces += (message(), b"]")
    joined = _BETWEEN.join(text for text in systems if text.strip())
    if joined:
        pieces[1] = _message("system", joined) + b","
    return pieces


def prompt(turns: Iterable[Turn | Said]) -> list[bytes]:
    """Return the path as one prompt: an answer goes straight on, a new prompt begins a paragraph.

    An answer that begins with all that came before it, as it was asked to, adds only the rest.
    """
    pieces: list[bytes] = [b'"']
    end, blank = "", True
    for turn in turns:
        if turn.role == "system" or not turn.text:
            continue
        between, said = _before(turn, end), turn.text
        if turn.role == "assistant" and _echoes(turn):
            said = _without(b"".join(pieces[1:]), said)
        pieces.append(encoded(encode_basestring(between + said)[1:-1]))
        end = (end + between + said)[-2:]
        blank = blank and not turn.text.strip()
    return [] if blank else [*pieces, b'"']


def _before(turn: Turn | Said, text: str) -> str:
    """Return what stands between a prompt so far, of which the end is enough, and its next turn."""
    if turn.role != "user" or not text:
        return ""
    end = text[-2:]
    return "\n\n"[: 2 - (len(end) - len(end.rstrip("\n")))]


class Echoes:
    """The prompts of a path as they grew, so that what an answer repeats of its own is known.

    An answer repeats all that it was asked with, also what is no longer sent.

    Args:
        begins: the indices of the turns with which the prompts began, and what stood before each.
    """

    def __init__(self, begins: Mapping[int, str]) -> None:
        self._begins = begins
        self._prompts: list[str] = []
        self._index = 0

    def add(self, said: Said) -> Said:
        """Take the next turn of the path; return it without what it repeats."""
        if self._index in self._begins:
            self._prompts.append(self._begins[self._index])
        self._index += 1
        if said.role == "system":
            return said
        if said.echoes:
            repeated = max(filter(said.text.startswith, self._prompts), key=len, default="")
            if repeated:
                said = said._replace(text=said.text[len(repeated) :], echoes=False)
        self._prompts = [text + _before(said, text) + said.text for text in self._prompts]
        return said


def _echoes(turn: Turn | Said) -> bool:
    if isinstance(turn, Turn):
        return turn.params is not None and turn.params.echo is True
    return turn.echoes


def _without(before: bytes, text: str) -> str:
    """Return a text without what came before, as JSON has that, if it begins with it."""
    known = json.loads(b'"' + before + b'"')
    return text.removeprefix(known)
