"""`fmtui sessions` where it changes sessions as a whole: titles, marks, copies and the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fmtui.core.errors import UsageError
from fmtui.core.session_marks import retagged
from fmtui.core.text import one_line
from fmtui.listings import columns_of, local_time, table, told_columns, write_line
from fmtui.options import Options
from fmtui.output import Outlet, Streams, note
from fmtui.workbench import Workbench

if TYPE_CHECKING:
    from fmtui.core.session_trash import Deleted

_TITLE = 60


def run(bench: Workbench, options: Options, streams: Streams) -> int:
    """Do one of the actions, and return the exit status."""
    out, err = streams.out, streams.err
    store, action = bench.store, options.action
    match action:
        case "trash":
            _trash(store.deleted(), out, err)
        case "restore":
            found = store.restore(options.target or "")
            _said(out, "restored", found.session_id, found.title)
        case "purge":
            for each in store.purge(options.days):
                _said(out, "purged", each.session_id, each.title)
        case _:
            session_id = _id(bench, options.target)
            if action == "duplicate":
                write_line(store.duplicate(session_id), out)
            elif action == "delete":
                store.delete(session_id)
                err.write(
                    note("It is in the trash.", f"To bring it back: fmtui sessions restore {session_id}")
                )
            else:
                _mark(bench, options, session_id, out)
    return 0


def _id(bench: Workbench, asked: str) -> str:
    """Return the whole id of the session that is meant; raises what `open_session` does."""
    session = bench.open_session(asked, write=False)
    session.close()
    return session.id


def _mark(bench: Workbench, options: Options, session_id: str, out: Outlet) -> None:
    store, text = bench.store, " ".join(options.words)
    match options.action:
        case "rename":
            if not text.strip():
                raise UsageError("A title cannot be empty.", "See: fmtui sessions rename --help")
            store.rename(session_id, text)
        case "pin" | "unpin":
            store.mark(session_id, "pinned", options.action == "pin")
        case "archive" | "unarchive":
            store.mark(session_id, "archived", options.action == "archive")
        case _:
            session = store.open(session_id, write=False)
            tags = session.marks.tags
            session.close()
            if text:
                store.mark(session_id, "tags", retagged(tags, text))
            else:
                for tag in tags:
                    write_line(tag, out)


def _said(out: Outlet, what: str, session_id: str, title: str) -> None:
    out.write(table((), [(what, session_id, one_line(title, _TITLE))], terminal=out.is_terminal))


def _trash(found: list[Deleted], out: Outlet, err: Outlet) -> None:
    if not found:
        err.write(note("There is nothing in the trash."))
        return
    rows = [(each.session_id, local_time(each.at), each.title) for each in found]
    out.write(told_columns(("SESSION", "DELETED", "TITLE"), rows, columns_of(out)))
