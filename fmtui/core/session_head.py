"""The format of a session file's head: what stands before its first turn.

Pure: bytes in, values out. A person may have written it, so nothing here trusts it: what has
a wrong type counts as not said, and unknown keys are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from fmtui.core import session_toml as toml
from fmtui.core.context import Cut, cut_tables, cuts_from
from fmtui.core.parameters import settings_from
from fmtui.core.session_file import EPOCH, BrokenError, moment_in, tables, text_in, utc
from fmtui.core.session_marks import MARKS
from fmtui.core.session_tree import (
    Deletion,
    Shown,
    deletion_tables,
    deletions_from,
    shown_from,
    shown_table,
)
from fmtui.core.text import encoded

FORMAT = 1
SETTINGS = "params"
"""Key of the parameters that were set for a session."""
HISTORY = "history"
"""Key of where the sent history begins, a table for each choice: `from`, `since` and `summary`."""

DELETED = "deleted"
"""Key of what was deleted, a table for each deletion: `turn` and `at`."""
SHOWN = "shown"
"""Key of the branch that was shown last, a table of `leaf` and `after`."""

HeadKey = Literal["id", "title", "settings", "history", "deleted", "shown", "pinned", "archived", "tags"]
"""What of a head changes; marks are kept in its table alone."""
_CREATED = rb"(?m)^created[ \t]*=[^\r\n]*\r?\n"


@dataclass(slots=True)
class Head:
    """What a session file says before its first turn."""

    id: str
    title: str = ""
    created: datetime = EPOCH
    format: int = FORMAT
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The parameters that were set for this session."""
    history: Sequence[Cut] = ()
    """Where the sent history of its branches begins, in the order in which that was chosen."""
    table: dict[str, Any] = field(default_factory=dict)
    """Every key as it was read, known or not."""
    deleted: Sequence[Deletion] = ()
    """What was deleted, in the order in which that was done."""
    shown: Shown | None = None
    """The branch that was shown last; None where nobody went to another than the newest."""

    def change(self, changes: Mapping[HeadKey, object]) -> None:
        """Take other values of some keys."""
        for name, value in changes.items():
            if name in MARKS:
                self.table[name] = value
            else:
                setattr(self, name, value)


def head_bytes(head: Head) -> bytes:
    """Return a fresh head, with the unknown keys of the table kept."""
    known = {"format": head.format, "id": head.id, "title": head.title, "created": utc(head.created)}
    known |= {name: head.table[name] for name in MARKS if name in head.table}
    if head.settings:
        known[SETTINGS] = head.settings
    if head.history:
        known[HISTORY] = cut_tables(head.history)
    if head.deleted:
        known[DELETED] = deletion_tables(head.deleted)
    if head.shown is not None:
        known[SHOWN] = shown_table(head.shown)
    rest = {
        name: item
        for name, item in head.table.items()
        if name not in known and name not in {"turns", SETTINGS, HISTORY, DELETED, SHOWN}
    }
    rows = (f"{toml.key(name)} = {toml.value(item)}\n" for name, item in (known | rest).items())
    return encoded("".join(rows))


def rewritten(old: bytes, head: Head, *names: HeadKey) -> bytes:
    """Return the head with some values as they are now, the rest untouched where possible."""
    table = head.table
    for name in names:
        key, value = _value(head, name)
        wanted = table | {key: value}
        new = _with_row(old, wanted, key, value)
        if new is None:
            # Turns inside the head, which only a person puts there, are worth more than the rest of it.
            return old if "turns" in head.table else head_bytes(head)
        old, table = new, wanted
    return old


def _value(head: Head, name: HeadKey) -> tuple[str, object]:
    """Return the key that something is kept under, and its value as TOML has it."""
    match name:
        case "settings":
            return SETTINGS, dict(head.settings)
        case "history":
            return HISTORY, cut_tables(head.history)
        case "deleted":
            return DELETED, deletion_tables(head.deleted)
        case "shown":
            return SHOWN, shown_table(head.shown)
        case _:
            return name, head.table[name] if name in MARKS else getattr(head, name)


def _with_row(old: bytes, wanted: Mapping[str, object], name: str, value: object) -> bytes | None:
    """Return the head with another value of a key, as is wanted; None where that cannot be."""
    row = f"{name} = ".encode() + encoded(toml.value(value))
    line = re.compile(rb"^%b[ \t]*=[^\r\n]*" % name.encode(), re.MULTILINE)
    body = old.rstrip(b"\r\n")
    # At the end: a list of sessions reads the beginning of each.
    added = b"".join((body, b"\n" if body else b"", row, old[len(body) :] or b"\n"))
    news = [line.sub(lambda _: row, old, count=1), added, row + b"\n" + old]
    if name in MARKS and not line.search(old):  # where lists find them without parsing
        news.insert(0, re.sub(_CREATED, lambda found: found[0] + row + b"\n", old, count=1))
    for new in news:
        try:
            if tables(new) == wanted:
                return new
        except BrokenError:
            continue
    return None


def head_from(data: bytes, session_id: str) -> tuple[Head, str]:
    """Return the head, and what is wrong with it or nothing.

    Of a head that is no TOML every line that is some is kept.
    """
    trouble = ""
    try:
        table = tables(data)
    except BrokenError as error:
        trouble = str(error)
        table = {}
        for row in data.splitlines()[:100]:
            try:
                table = tables(row) | table
            except BrokenError:
                continue
    number = table.get("format")
    return (
        Head(
            # The file's name counts: it is what a copied or renamed file is opened by.
            session_id,
            text_in(table, "title"),
            moment_in(table),
            number if isinstance(number, int) and not isinstance(number, bool) else FORMAT,
            settings_from(table.get(SETTINGS)),
            cuts_from(table.get(HISTORY)),
            table,
            deletions_from(table.get(DELETED)),
            shown_from(table.get(SHOWN)),
        ),
        trouble,
    )
