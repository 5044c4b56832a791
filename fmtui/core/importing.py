"""Taking sessions over from files: fmtui's own exports, ChatGPT's and llm's.

What kind of file it is is seen from its content. Nothing in it is trusted: sizes are bounded,
wrong types count as not said, and a session is written whole or not at all. Each gets an id
made of its date and of what its maker calls it, so that the same one is known again.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat as modes
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from fmtui.core.chat import Turn
from fmtui.core.errors import StorageError, UsageError
from fmtui.core.export import Document, to_toml
from fmtui.core.foreign_json import read_json
from fmtui.core.importing_values import Broken, refused
from fmtui.core.session_file import EPOCH
from fmtui.core.text import one_line

MAX_BYTES = 512_000_000
"""Of a file, or of what is packed in one: the exports of years have some hundred megabytes."""
MAX_VALUES = 20_000_000
MAX_TURNS = 100_000
"""Of a session."""

_SQLITE = b"SQLite format 3\0"
_ID = re.compile(r"[\w.:-]{1,100}", re.ASCII)
_OURS = re.compile(r"\d{8}-\d{6}-[\w-]{1,80}", re.ASCII)
"""An id of a session as fmtui makes them; no other becomes the name of a file."""


def read_file(path: Path) -> Iterator[Document | Broken]:
    """Yield the sessions of a file.

    Raises:
        UsageError: it is none of the known kinds, damaged, or too big.
        StorageError: it cannot be read.
    """
    name = path.name or str(path)
    try:
        stat = path.stat()
        if modes.S_ISDIR(stat.st_mode):
            raise refused(name, "it is a folder", "Name the files in it.")
        with path.open("rb") as file:
            if stat.st_size > MAX_BYTES:
                raise _too_big(name)
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(
            f"fmtui could not read {one_line(str(path))}: {reason}.",
            "Check its name, and whether you may read it.",
        ) from error
    return read(name, data)


def read(name: str, data: bytes) -> Iterator[Document | Broken]:
    """Yield the sessions that bytes hold, each as soon as it is known.

    Args:
        name: of the file, for people.
        data: all of it.

    Raises:
        UsageError: as `read_file` does.
    """
    if len(data) > MAX_BYTES:
        raise _too_big(name)
    for each in _found(name, data):
        if isinstance(each, Broken):
            yield each
        elif not each.turns:
            yield Broken(
                each.title, refused(each.title or name, "it has no turns", "There is nothing to take over.")
            )
        elif len(each.turns) > MAX_TURNS:
            yield Broken(
                each.title, refused(name, f"“{one_line(each.title, 60)}” has too many turns", "Split it.")
            )
        else:
            yield sane(each)


def _found(name: str, data: bytes) -> Iterable[Document | Broken]:
    if data.startswith(_SQLITE):
        from fmtui.core.importing_llm import from_database  # noqa: PLC0415 - brings sqlite3

        return from_database(name, data)
    if data.startswith(b"PK\x03\x04"):
        return _from_zip(name, data)
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError:
        raise refused(name, "it is neither text nor a known kind of archive") from None
    if not text or text.isspace():
        raise refused(name, "it is empty")
    start = text[:2000].lstrip()
    if start.startswith(("[", "{")) and not start.startswith("[["):
        return _from_json(name, text)
    from fmtui.core.importing_own import from_html, from_markdown, from_toml  # noqa: PLC0415 - for these kinds

    if start[:9].lower() == "<!doctype":
        return from_html(name, text)
    if start.startswith("---"):
        return from_markdown(name, text)
    return from_toml(name, text)


def _from_json(name: str, text: str) -> Iterable[Document | Broken]:
    try:
        value = read_json(text, MAX_VALUES)
    except RecursionError:
        raise refused(name, "its values lie too deep in each other") from None
    except ValueError as error:
        if text.lstrip().startswith("[") and "\n[[turns]]" in text:  # a table of TOML begins like a list
            from fmtui.core.importing_own import from_toml  # noqa: PLC0415 - for this kind

            return from_toml(name, text)
        raise refused(name, f"its JSON is damaged ({one_line(str(error), 100)})") from None
    return _from_values(name, value)


def _from_values(name: str, value: object) -> Iterable[Document | Broken]:
    several = value if isinstance(value, list) else [value]
    tables = [each for each in several if isinstance(each, dict)]
    first = tables[0] if tables else {}
    if "mapping" in first:
        from fmtui.core.importing_chatgpt import from_conversations  # noqa: PLC0415 - for this kind

        return from_conversations(tables)
    if isinstance(first.get("turns"), list):
        from fmtui.core.importing_own import from_plain  # noqa: PLC0415 - for this kind

        return (from_plain(each) for each in tables)
    if "response" in first and "prompt" in first:
        from fmtui.core.importing_llm import from_logs  # noqa: PLC0415 - for this kind

        return from_logs(tables)
    if isinstance(value, list) and not value:
        return ()
    raise refused(name, "it is JSON of an unknown kind")


def _from_zip(name: str, data: bytes) -> Iterator[Document | Broken]:
    """Yield what ChatGPT's archive holds: one file of conversations, or several that are numbered."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [each for each in archive.infolist() if _is_conversations(each.filename)]
            if not members:
                raise refused(name, "there is no conversations.json in it")
            if sum(each.file_size for each in members) > MAX_BYTES:
                raise _too_big(name)
            for member in members:
                with archive.open(member) as file:
                    content = file.read(member.file_size + 1)
                text = content.decode()
                del content
                yield from _from_json(f"{name}: {member.filename}", text)
    except UnicodeDecodeError:
        raise refused(name, "what is in it is no text") from None
    except (
        zipfile.BadZipFile,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        zlib.error,
    ) as error:
        raise refused(name, f"the archive is damaged ({one_line(str(error), 100)})") from None


def _is_conversations(name: str) -> bool:
    return re.fullmatch(r"conversations(-\d+)?\.json", name.rpartition("/")[2]) is not None


def _too_big(name: str) -> UsageError:
    return refused(name, f"it is larger than {MAX_BYTES // 1_000_000} MB", "Split it into smaller ones.")


# ---- what is common to all kinds --------------------------------------------


def new_id(created: datetime, source: str) -> str:
    """Return the id of a session that others made, always the same for the same one."""
    return f"{created:%Y%m%d-%H%M%S}-{hashlib.sha256(source.encode(errors='replace')).hexdigest()[:12]}"


def sane(document: Document) -> Document:
    """Return the session with an id that can be a file's name, and turns that make a tree."""
    turns = in_order(document.turns)
    created = document.created
    if created == EPOCH:
        created = min((turn.created for turn in turns if turn.created != EPOCH), default=EPOCH)
    created = created.replace(microsecond=0)
    session_id = document.id if _OURS.fullmatch(document.id) else new_id(created, document.id)
    prompt = next((turn.text for turn in turns if turn.role == "user"), "")
    title = one_line(document.title) or one_line(prompt, 60)
    return document._replace(id=session_id, title=title, created=created, turns=turns)


def in_order(turns: Sequence[Turn]) -> list[Turn]:
    """Return turns with ids that differ, each behind the one that it follows; loops are cut."""
    names: dict[str, str] = {}
    used: set[str] = set()
    found: list[Turn] = []
    for turn in turns:
        if turn.id in names:  # a double id counts once, as in a session file
            continue
        turn_id = turn.id if _ID.fullmatch(turn.id) else f"turn-{len(found) + 1}"
        while turn_id in used:
            turn_id += "-"
        used.add(turn_id)
        if turn.id:
            names[turn.id] = turn_id
        found.append(replace(turn, id=turn_id))
    return _placed([replace(turn, parent=names.get(turn.parent, "")) for turn in found])


def _placed(turns: list[Turn]) -> list[Turn]:
    """Return turns so that none stands before the one that it follows."""
    placed: dict[str, Turn] = {}
    waiting: dict[str, list[Turn]] = {}
    for turn in turns:
        if turn.parent and turn.parent not in placed:
            waiting.setdefault(turn.parent, []).append(turn)
            continue
        ready = [turn]
        while ready:
            each = ready.pop()
            placed[each.id] = each
            ready += reversed(waiting.pop(each.id, []))
    for turn in (each for some in waiting.values() for each in some):  # they follow each other in a loop
        placed[turn.id] = replace(turn, parent=turn.parent if turn.parent in placed else "")
    return list(placed.values())


def as_file(document: Document) -> bytes:
    """Return a session as the bytes of its file.

    Raises:
        UsageError: it holds what no file can.
    """
    try:
        return to_toml(document).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise refused(
            document.title, f"it holds what no session can ({one_line(str(error), 100)})"
        ) from error


def changed(document: Document) -> datetime:
    """Return when a session was changed last: the date of its newest turn."""
    return max([document.created, *(turn.created for turn in document.turns)])
