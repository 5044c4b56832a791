"""What a list shows of one session beside its head: how it begins and ends, and how much it is.

Read as bytes: only the first prompt and the last answer are parsed.
"""

from __future__ import annotations

import re

from fmtui.core.chat import Turn
from fmtui.core.record import NamedTuple
from fmtui.core.session_file import BrokenError, turn_from, turn_tables
from fmtui.core.session_scan import BOM, Entry, scan

MOST = 4000
"""Characters of a prompt and of an answer."""

_SYSTEM = re.compile(rb'^system = """.*?"""', re.MULTILINE | re.DOTALL)
_TEXTS = re.compile(rb'^(?:text|reasoning) = """', re.MULTILINE)
_TOKENS = re.compile(rb"^(?:prompt|completion)_tokens = (\d{1,12})\r?$", re.MULTILINE)
_REPLY = re.compile(rb'^role = "assistant"', re.MULTILINE)


class Preview(NamedTuple):
    """A look at a session."""

    prompt: str
    """How its first prompt begins."""
    answer: str
    """How the last answer of the branch begins that was gone on with last."""
    model: str
    """The model of that answer."""
    turns: int
    """Of all branches."""
    tokens: int
    """Of all prompts and answers, as far as servers said how many they were."""


def preview(data: bytes, session_id: str) -> Preview:
    """Return a look at the bytes of a session file; what cannot be read is left out."""
    entries = scan(data, session_id).entries
    branch = _branch(entries)
    prompt = _parsed(data, branch[0]) if branch else None
    answer: Turn | None = None
    for entry in reversed(branch):
        if _REPLY.search(_keys(data, entry)):
            answer = _parsed(data, entry)
            break
    tokens = sum(int(count) for entry in entries for count in _TOKENS.findall(_keys(data, entry)))
    return Preview(
        prompt.text[:MOST] if prompt is not None else "",
        (answer.text or answer.reasoning)[:MOST] if answer is not None else "",
        answer.params.model if answer is not None and answer.params is not None else "",
        len(entries),
        tokens,
    )


def _branch(entries: list[Entry]) -> list[Entry]:
    """Return the turns up to the newest."""
    by_id = {entry.id: entry for entry in entries}
    found: list[Entry] = []
    entry = entries[-1] if entries else None
    while entry is not None:
        found.append(by_id.pop(entry.id, entry))
        entry = by_id.get(entry.parent)
    return found[::-1]


def _keys(data: bytes, entry: Entry) -> bytes:
    """Return what a turn says beside its texts, which may look like keys."""
    piece = _SYSTEM.sub(b"", data[entry.start : entry.end], count=1)
    text = _TEXTS.search(piece)
    return piece if text is None else piece[: text.start()]


def _parsed(data: bytes, entry: Entry) -> Turn | None:
    try:
        table = turn_tables(data[entry.start : entry.end].removeprefix(BOM))[entry.nth]
    except (BrokenError, IndexError):
        return None
    return turn_from(table, entry.id, entry.parent)
