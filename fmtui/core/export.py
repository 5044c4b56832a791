"""A session as one document for other programs and people: markdown, JSON or TOML.

JSON and TOML hold all that is known. So does the markdown that is written to files: what it
cannot say for people stands in comments, and `fmtui.core.importing` reads it back. HTML is
in `fmtui.core.export_html`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fmtui.core.attachments import Named, named_in
from fmtui.core.chat import Turn
from fmtui.core.context import Cut, cut_tables
from fmtui.core.record import NamedTuple
from fmtui.core.session_file import block
from fmtui.core.session_head import DELETED, FORMAT, HISTORY, SETTINGS, SHOWN, Head, head_bytes
from fmtui.core.text import one_line, whole_characters

if TYPE_CHECKING:
    from fmtui.core.session_reading import SessionReader

MARK = "fmtui"
"""Begins the comments of markdown that are ours."""
TURNS = "turns"
"""What markdown calls the number of its turns: one that was cut off behind one of them looks whole."""
REASONING = "> **Reasoning**\n>\n"
"""Stands before what a model thought."""

_HEAD_KEYS = frozenset({"format", "id", "title", "created", "turns", SETTINGS, HISTORY, DELETED, SHOWN})
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_MEANT, _AS_IT_IS = re.compile(r"([\\`*_<>&\[\]~])"), r"\\\1"
"""What markdown could take for its own in a name, and what stands for it there."""
_LIKE_MARK = re.compile(rf"^(<!-- /?\\*)(?={MARK})", re.MULTILINE)
_ENDINGS = {
    "stopped": "stopped by the user",
    "cut_off": "cut off: part of the reply is missing",
    "interrupted": "interrupted: the program ended while it was received",
}


class Document(NamedTuple):
    """A session, or a branch of one, apart from any file."""

    id: str
    title: str
    """For people; may be empty."""
    created: datetime
    turns: Sequence[Turn]
    """The last is the one that is shown when the session is opened."""
    settings: Mapping[str, Any] = MappingProxyType({})
    """The parameters that were set for the session."""
    more: Mapping[str, Any] = MappingProxyType({})
    """Further keys of the head of its file."""
    history: Sequence[Cut] = ()
    """Where what is sent of its branches begins, where that is not at their first turn."""
    missing: int = 0
    """Turns that were exported, and are not in the file that it was read from."""


def document_of(session: SessionReader, leaf: str = "", *, whole: bool = False) -> Document:
    """Return an open session as a document.

    Args:
        session: the session.
        leaf: the last turn of the branch; empty for that of the one to show.
        whole: whether to take all branches.

    Raises:
        StorageError: it cannot be read.
    """
    if whole:
        turns: Sequence[Turn] = session.all_turns()
    else:
        path = session.path_to(leaf)
        turns = [session.turn(path.id_of(index)) for index in range(len(path))]
    there = {turn.id for turn in turns}
    return Document(
        session.id,
        session.title,
        session.created,
        turns,
        session.settings,
        further(session.head),
        tuple(cut for cut in session.cuts if cut.first in there),
    )


def further(head: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a head that are no fields of a document."""
    return {name: value for name, value in head.items() if name not in _HEAD_KEYS}


def to_markdown(document: Document, *, marks: bool = True) -> str:
    """Return markdown, each turn under a heading of its own.

    Args:
        document: the session.
        marks: whether to put what is needed to import it again into comments and front matter.
    """
    title = f"# {one_line(document.title) or document.id}"
    parts = [title, f"*{document.created:%Y-%m-%d %H:%M} UTC*"]
    if marks:
        parts.insert(0, _front_matter(document))
    for turn, before in zip(document.turns, branches(document.turns), strict=True):
        parts.append(_turn(turn, before, marks=marks))
        parts += [f"*{note}*" for note in notes(turn)]
        parts += [f"*{_MEANT.sub(_AS_IT_IS, _not_here(each))}*" for each in pictures_of([turn]) if marks]
    return whole_characters("\n\n".join(parts)) + "\n"


def for_reading(turn: Turn) -> str:
    """Return one turn under its heading, as `to_markdown` has it for people."""
    return "\n\n".join([_turn(turn, None, marks=False), *(f"*{note}*" for note in notes(turn))])


def to_json(document: Document) -> str:
    """Return one JSON object with all turns of it; what is not known is left out."""
    value = head_of(document) | {"turns": [plain(turn) for turn in document.turns]}
    named = pictures_of(document.turns)
    if named:
        value["pictures"] = [{"name": each.name, "type": each.type, "file": _kept_as(each)} for each in named]
    # A lone half of a surrogate pair could not be written to any file or pipe.
    return whole_characters(json.dumps(value, ensure_ascii=False, indent=2)) + "\n"


def to_toml(document: Document, *, commented: bool = False) -> str:
    """Return a session file with these turns, which fmtui can open again.

    Args:
        document: the session.
        commented: whether to say in comments how many turns are in it, and which pictures are not.
    """
    head = Head(
        document.id,
        document.title,
        document.created,
        settings=document.settings,
        history=document.history,
        table=dict(document.more),
    )
    # A file that was cut off behind a turn looks like a whole one: it may go on growing.
    rows = [f"# {counted(len(document.turns))}\n"] if commented else []
    rows += [f"# {_not_here(each)}\n" for each in pictures_of(document.turns) if commented]
    said = whole_characters("".join(rows)).encode()
    return b"".join([head_bytes(head), said, *(block(turn) for turn in document.turns)]).decode()


def counted(turns: int) -> str:
    """Return how many turns an export holds, as its file says it."""
    return f"Exported with {turns} {'turn' if turns == 1 else 'turns'}"


def head_of(document: Document) -> dict[str, object]:
    """Return all but the turns, as JSON has it."""
    value: dict[str, object] = {
        "format": FORMAT,
        "id": document.id,
        "title": document.title,
        "created": document.created.isoformat(),
    }
    for name in ("settings", "more"):
        if getattr(document, name):
            value[name] = plain(getattr(document, name))
    if document.history:
        value[HISTORY] = plain(cut_tables(document.history))
    return value


def plain(thing: object) -> Any:
    """Return values as JSON has them, empty ones left out of objects."""
    names: Sequence[str] = getattr(thing, "_fields", ())
    if is_dataclass(thing):
        names = [item.name for item in fields(thing)]
    if names:
        pairs = ((name, getattr(thing, name)) for name in names)
        return {name: plain(value) for name, value in pairs if _says_something(name, value)}
    if isinstance(thing, list | tuple):
        return [plain(item) for item in thing]
    if isinstance(thing, Mapping):
        return {str(name): plain(value) for name, value in thing.items()}
    if isinstance(thing, date | time):
        return thing.isoformat()
    return thing


def branches(turns: Sequence[Turn]) -> Iterator[Turn | None]:
    """Yield for each turn the one that it follows, where that is not the turn just before it."""
    known = {turn.id: turn for turn in turns}
    last = ""
    for turn in turns:
        yield known.get(turn.parent) if turn.parent != last else None
        last = turn.id


def speaker(turn: Turn) -> str:
    """Return who says a turn, for people."""
    if turn.role != "assistant":
        return {"user": "You", "system": "System"}[turn.role]
    return one_line(turn.params.model) if turn.params is not None and turn.params.model else "Assistant"


def notes(turn: Turn) -> list[str]:
    """Return what is to be known of a turn besides its text, as markdown."""
    found = [f"Tool call: `{one_line(call.name).replace('`', '')}`" for call in turn.tool_calls]
    if turn.finish_reason == "length":
        found.append("max_tokens ended this reply")
    if turn.outcome in _ENDINGS:
        found.append(_ENDINGS[turn.outcome])
    if turn.error is not None:
        found.append(one_line(turn.error.message, 500))
    return found


def pictures_of(turns: Sequence[Turn]) -> list[Named]:
    """Return the pictures that were attached to the prompts among turns, each once."""
    found: dict[str, Named] = {}
    for turn in turns:
        for each in named_in(turn.text) if turn.role == "user" else ():
            found.setdefault(each.digest, each)
    return list(found.values())


def _kept_as(picture: Named) -> str:
    """Return where a picture is, seen from the folder of the sessions."""
    return f"attachments/{picture.digest}"


def _not_here(picture: Named) -> str:
    name = one_line(picture.name)
    return f"The picture {name} is not in this file: {_kept_as(picture)} beside the sessions of fmtui"


def _says_something(name: str, value: object) -> bool:
    return name in ("text", "estimated") or (value is not None and value not in ("", (), {}))


# ---- markdown ---------------------------------------------------------------


def _front_matter(document: Document) -> str:
    rows = [f"{MARK}: {FORMAT}"]
    rows += [f"{name}: {_quoted(value)}" for name, value in head_of(document).items() if name != "format"]
    rows.append(f"{TURNS}: {len(document.turns)}")
    return "\n".join(["---", *rows, "---"])


def _turn(turn: Turn, before: Turn | None, *, marks: bool) -> str:
    """Return heading, reasoning and text, in a form that can be taken apart again."""
    parts = [f"## {speaker(turn)}"]
    if before is not None:
        parts.append(f"*Follows: {one_line(before.text, 60) or before.id}*")
    if turn.reasoning:
        rows = (f"> {row}" if row else ">" for row in turn.reasoning.split("\n"))
        parts.append(REASONING + "\n".join(rows))
    fence = open_fence(turn.text)
    text = f"{turn.text}\n{fence}" if fence else turn.text
    if not marks:
        return "\n\n".join([*parts, text] if text else parts)
    about = plain(turn)
    del about["text"]
    about |= {"reasoning": True} if turn.reasoning else {}
    about |= {"fence": fence} if fence else {}
    about |= {"follows": True} if before is not None else {}
    text = _LIKE_MARK.sub(r"\1\\", text)
    return "\n\n".join([f"<!-- {MARK}: {_quoted(about)} -->", *parts, text, f"<!-- /{MARK} -->"])


def _quoted(value: object) -> str:
    """Return JSON that ends no comment and is YAML as well."""
    written = whole_characters(json.dumps(value, ensure_ascii=False))
    for letter in "\x7f\x85\u2028\u2029":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return written.replace("--", "-\\u002d").replace(">", "\\u003e")


def open_fence(text: str) -> str:
    """Return the code fence that a text left open, so that it would swallow what follows; mostly none."""
    fence = ""
    for row in text.split("\n"):
        match = _FENCE.fullmatch(row)
        if match is None:
            continue
        marks, rest = match.groups()
        if not fence:
            fence = "" if marks[0] == "`" and "`" in rest else marks
        elif marks[0] == fence[0] and len(marks) >= len(fence) and not rest.strip():
            fence = ""
    return fence
