"""Reading back what fmtui exported: TOML, JSON, and the marks in its markdown and HTML. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any

from fmtui.core.chat import Turn
from fmtui.core.context import cuts_from
from fmtui.core.export import MARK, REASONING, TURNS, Document, counted, further
from fmtui.core.export_html import HEAD_NAME, TURN_ATTRIBUTE
from fmtui.core.importing_values import count_of, moment_of, parsed, refused, text_of
from fmtui.core.parameters import settings_from
from fmtui.core.session_file import BrokenError, turn_from, turn_tables
from fmtui.core.session_head import FORMAT, HISTORY
from fmtui.core.session_scan import scan
from fmtui.core.session_toml import value as toml_value

_NEWER = "a newer fmtui wrote it"
_UPDATE = "Update fmtui to import it."

_TURN = re.compile(rf"^<!-- {MARK}: (\{{[^\n]*\}}) -->\n\n## [^\n]*\n\n", re.MULTILINE)
_BEGUN = re.compile(rf"<!-- {MARK}: [^\n]*(?:\n\n?(?:##?(?: [^\n]*\n?)?)?)?")
"""What is left of the beginning of a turn where the file ends in it."""
_START = re.compile(rf"^<!-- {MARK}: ", re.MULTILINE)
_END = f"\n\n<!-- /{MARK} -->"
_MARKED = re.compile(rf"^(<!-- /?\\*)\\(?={MARK})", re.MULTILINE)
_QUOTED = re.compile(r"(?:>[^\n]*(?:\n|\Z))*")
_COUNTED = re.compile(rf"^# {counted(2).replace('2', '([0-9]{1,9})')}?$", re.MULTILINE)
_PAGE = re.compile(rf'<meta name="{HEAD_NAME}" content="([^"]*)"')
_ARTICLE = re.compile(rf'<article\b[^<>]*? {TURN_ATTRIBUTE}="([^"]*)"')


def from_toml(name: str, text: str) -> Iterator[Document]:
    """Yield the session of a session file.

    Raises:
        UsageError: it is none, or it is damaged.
    """
    data = text.encode()
    found = scan(data, "", thorough=True)
    table = found.head.table
    if found.trouble and found.entries:
        raise refused(
            name,
            one_line_of(found.trouble),
            "Put it into the folder of the sessions: opened there, it keeps what is whole.",
        )
    if found.trouble or not ({"format", "turns"} & table.keys() or found.entries):
        raise refused(name, "it is no session of fmtui")
    if found.head.format > FORMAT:
        raise refused(name, _NEWER, _UPDATE)
    turns: list[Turn] = []
    for entry in found.entries:
        try:
            tables = turn_tables(data[entry.start : entry.end])
        except BrokenError as error:
            raise refused(name, str(error)) from error
        turns.append(turn_from(tables[entry.nth], entry.id, entry.parent))
    yield Document(
        str(table.get("id") or name),
        found.head.title,
        found.head.created,
        turns,
        found.head.settings,
        further(table),
        found.head.history,
        _missing(int(said[1]) if (said := _COUNTED.search(text[: found.first])) else None, turns),
    )


def _missing(said: object, turns: Sequence[object]) -> int:
    """Return how many turns are not there, of those that a file says it has; 0 where it says nothing."""
    return max((count_of(said) or 0) - len(turns), 0)


def one_line_of(trouble: str) -> str:
    """Return a sentence so that it can stand inside another."""
    return trouble[:1].lower() + trouble[1:].rstrip(".")


def from_plain(table: Mapping[str, Any]) -> Document:
    """Return the session that is described by the JSON that `fmtui.core.export.to_json` writes.

    Raises:
        UsageError: a newer fmtui wrote it.
    """
    title = text_of(table.get("title"))
    number = table.get("format")
    if isinstance(number, int) and number > FORMAT:
        raise refused(title or "the file", _NEWER, _UPDATE)
    turns = table.get("turns")
    more = table.get("more")
    return Document(
        text_of(table.get("id")) or title,
        title,
        moment_of(table.get("created")),
        [turn_of(each) for each in turns if isinstance(each, dict)] if isinstance(turns, list) else [],
        settings_from(table.get("settings")),
        dict(_sayable(further(more))) if isinstance(more, dict) else {},
        cuts_from(_dated(table.get(HISTORY))),
    )


def _dated(tables: object) -> list[dict[str, Any]]:
    """Return tables with a date, which JSON writes as a text."""
    found = tables if isinstance(tables, list) else []
    return [each | {"since": moment_of(each.get("since"))} for each in found if isinstance(each, dict)]


def _sayable(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what TOML can say of a table."""
    for key, value in table.items():
        try:
            toml_value(value)
        except (TypeError, ValueError, RecursionError):
            continue
        yield key, value


def turn_of(table: Mapping[str, Any]) -> Turn:
    """Return the turn that JSON describes: the same table as in a session file, but for what lies deeper."""
    flat: dict[str, Any] = {**table, "text": text_of(table.get("text"))}
    flat["created"] = moment_of(table.get("created"))
    params, usage, error, timing = (table.get(name) for name in ("params", "usage", "error", "timing"))
    if isinstance(params, dict):
        flat |= params | {"body": params.get("extra", {})}
    if isinstance(usage, dict):
        flat |= usage | {"usage_estimated": usage.get("estimated")}
    if isinstance(error, dict):
        flat |= {f"error_{key}": value for key, value in error.items()}
    if isinstance(timing, dict):
        flat |= timing
    return turn_from(flat, text_of(table.get("id")), text_of(table.get("parent")))


# ---- markdown ---------------------------------------------------------------


def from_markdown(name: str, text: str) -> Iterator[Document]:
    """Yield the session of markdown with our marks.

    Raises:
        UsageError: it has none, or they are damaged.
    """
    if text.startswith("---\r\n"):
        text = text.replace("\r\n", "\n")
    front, _, body = text.removeprefix("---\n").partition("\n---\n")
    head: dict[str, Any] = {}
    for row in front.split("\n"):
        key, _, value = row.partition(": ")
        head[key] = _value(value)
    if MARK not in head:
        raise refused(
            name, "it has none of the marks that fmtui leaves in markdown", "Export it as JSON or TOML."
        )
    turns: list[dict[str, Any]] = []
    starts = [start.start() for start in _START.finditer(body)]
    for start in starts:
        match = _TURN.match(body, start)
        end = body.find(_END, match.end()) if match is not None else -1
        if match is None or end < 0:
            if start == starts[-1] and (match is not None or _BEGUN.fullmatch(body, start)):
                raise refused(name, "it is cut off within a turn", "Fetch or export it again.")
            hint = f"Each <!-- {MARK}: … --> needs a heading below it, and <!-- /{MARK} --> after the text."
            raise refused(name, "its marks are damaged", hint)
        turns.append(_turn_of(parsed(match[1]), body[match.end() : end]))
    document = from_plain({**head, "format": head[MARK], "turns": turns})
    yield document._replace(missing=_missing(head.get(TURNS), turns))


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _turn_of(about: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return a turn as JSON has it, made of its mark and what stands below its heading."""
    table = dict(about)
    if table.pop("follows", None):
        text = text.partition("\n\n")[2]
    if table.get("reasoning") is True:
        text = text.removeprefix(REASONING)
        quoted = _QUOTED.match(text)
        end = quoted.end() if quoted is not None else 0
        rows = text[:end].removesuffix("\n").split("\n")
        table["reasoning"] = "\n".join(row.removeprefix(">").removeprefix(" ") for row in rows)
        text = text[end:].removeprefix("\n")
    text = _MARKED.sub(r"\1", text)
    fence = table.pop("fence", "")
    if isinstance(fence, str) and fence:
        text = text.removesuffix(f"\n{fence}")
    return {**table, "text": text}


# ---- HTML -------------------------------------------------------------------


def from_html(name: str, text: str) -> Iterator[Document]:
    """Yield the session of a page that fmtui wrote.

    Raises:
        UsageError: it is another page, or a part of one.
    """
    head = _PAGE.search(text)
    if head is None:
        raise refused(name, "it is no page that fmtui wrote", "Export it as JSON or TOML.")
    if "</html>" not in text[-1000:].lower():
        raise refused(name, "it is cut off", "Fetch or export it again.")
    turns = [parsed(unescape(found)) for found in _ARTICLE.findall(text)]
    if not all(turns):
        raise refused(name, "a turn in it is damaged", "Export it again, as JSON or TOML.")
    yield from_plain({**parsed(unescape(head[1])), "turns": turns})
