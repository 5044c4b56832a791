"""What a list shows of one session beside its head: how it begins and ends, and how much it is.

Read as bytes: only the first prompt and the last answer are parsed.
"""

from __future__ import annotations

import re

from fmtui.core.chat import Turn
from fmtui.core.record import NamedTuple
from fmtui.core.session_file import BrokenError, turn_from, turn_tables
from fmtui.core.session_scan import BOM, Entry, Scan, scan
from fmtui.core.session_tree import Tree

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
    """How the last answer of the branch begins that is shown when it is opened."""
    model: str
    """The model of that answer."""
    turns: int
    """Of all branches."""
    tokens: int
    """Of all prompts and answers, as far as servers said how many they were."""


def preview(data: bytes, session_id: str) -> Preview:
    """Return a look at the bytes of a session file; what cannot be read is left out."""
    found = scan(data, session_id)
    entries = found.entries
    branch = _branch(found)
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


def _branch(found: Scan) -> list[Entry]:
    """Return the turns of the branch that is shown when the session is opened."""
    by_id = {entry.id: entry for entry in found.entries}
    turns = Tree(((entry.id, entry.parent) for entry in found.entries), {d.turn for d in found.head.deleted})
    last, shown = found.entries[-1].id if found.entries else "", found.head.shown
    at = shown.leaf if shown is not None and shown.after == last else next(reversed(tuple(turns)), "")
    branch: list[Entry] = []
    while at in turns and len(branch) < len(by_id):
        branch.append(by_id[at])
        at = turns.parent(at)
    return branch[::-1]


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
