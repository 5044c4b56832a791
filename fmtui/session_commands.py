"""`fmtui sessions`: lists, shows, exports, imports and searches what was kept."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fmtui.core.errors import FmtuiError, UsageError
from fmtui.core.export import Document, document_of, to_markdown
from fmtui.core.export_file import WHOLE, Format, format_of, save, written
from fmtui.core.text import money, one_line, printable
from fmtui.listings import GAP, columns_of, local_time, table, told_columns, write_line
from fmtui.options import Options
from fmtui.output import Outlet, Streams, complaint, note
from fmtui.workbench import Workbench

if TYPE_CHECKING:  # each is imported by the command that needs it
    from fmtui.core.costs import Spent
    from fmtui.core.importing_values import Broken
    from fmtui.core.session_marks import Marks
    from fmtui.core.session_search import Hit

STDIN = "-"
"""Stands for standard input or output where a file is named."""

_TITLE_LIMIT = 60
_HITS_SHOWN = 3
"""Hits of one session that a terminal gets; programs get all."""


def run(bench: Workbench, options: Options, streams: Streams) -> int:
    """Do what `fmtui sessions` was asked to, and return the exit status."""
    out, err = streams.out, streams.err
    match options.action:
        case "path":
            write_line(str(bench.store.folder), out)
        case "show":
            text = to_markdown(_opened(bench, options, err), marks=False)
            out.write(printable(text) if out.is_terminal else text)
        case "export":
            _export(bench, options, out, err)
        case "import":
            return _import(bench, options, streams)
        case "search":
            return _search(bench, options, out)
        case "list":
            _list(bench, options, out, err)
        case _:
            from fmtui import session_actions  # noqa: PLC0415 - the others do without

            return session_actions.run(bench, options, streams)
    return 0


def _list(bench: Workbench, options: Options, out: Outlet, err: Outlet) -> None:
    heads = [
        bench.store.whole(head) for head in bench.store.heads() if options.all or not head.marks.archived
    ]
    if not heads:
        err.write(note("There are no sessions yet.", "Start one: fmtui, or fmtui ask."))
        return
    costs = bench.costs.of_sessions()
    rows = [
        (
            head.id,
            local_time(head.updated),
            "" if head.turns is None else str(head.turns),
            head.model,
            _cost(costs.get(head.id), terminal=out.is_terminal),
            _marks(head.marks),
            head.title,
        )
        for head in heads
    ]
    heading = ("SESSION", "CHANGED", "TURNS", "MODEL", "COST", "MARKS", "TITLE")
    out.write(told_columns(heading, rows, columns_of(out), cut="MODEL"))


def _marks(marks: Marks) -> str:
    words = ["pinned"] if marks.pinned else []
    words += ["archived"] if marks.archived else []
    return " ".join([*words, *(f"#{tag}" for tag in marks.tags)])


def _cost(spent: Spent | None, *, terminal: bool) -> str:
    """Return what a session cost as the app has it, and for programs as a number that is not cut."""
    if spent is None:
        return ""
    if not terminal:
        return f"{spent.dollars:.8f}"
    return ("~" if spent.estimated else "") + money(spent.dollars)


# ---- search -----------------------------------------------------------------


def _search(bench: Workbench, options: Options, out: Outlet) -> int:
    """Print what holds all words; status 1 when nothing does, as grep has it."""
    from fmtui.core.session_search import Query  # noqa: PLC0415 - the others do without

    if not Query(options.target):
        raise UsageError("There is nothing to search for.", "Name words, or a phrase in quotes.")
    found = False
    # One by one: the first is shown while the rest is still being searched.
    for _, hits in itertools.groupby(bench.store.search(options.target), key=lambda hit: hit.session_id):
        found = True
        if options.json:
            for hit in hits:
                out.write(json.dumps(_plain(hit)) + "\n")
        elif out.is_terminal:
            _show_hits(hits, out)
        else:
            for hit in hits:
                out.write(table((), [_row(hit)], terminal=False))
    return 0 if found else 1


def _row(hit: Hit) -> tuple[str, ...]:
    place = f"{hit.session_id}#{hit.turn_id}" if hit.turn_id else hit.session_id
    return (hit.session_id, place, hit.created.isoformat(), hit.role or "title", hit.title, hit.snippet)


def _plain(hit: Hit) -> dict[str, object]:
    times = {"updated": hit.updated.isoformat(), "created": hit.created.isoformat()}
    return hit._asdict() | times | {"turn_id": hit.turn_id or None, "model": hit.model or None}


def _show_hits(hits: Iterator[Hit], out: Outlet) -> None:
    """Print the hits of one session below its title."""
    for number, hit in enumerate(hits):
        if not number:
            facts = GAP.join((hit.session_id, local_time(hit.updated), one_line(hit.title, _TITLE_LIMIT)))
            out.write(f"{printable(facts)}\n")
        if number < _HITS_SHOWN:
            who = {"user": "You", "assistant": hit.model or "Assistant", "system": "System"}
            said = one_line(who[hit.role], 30) if hit.role else "Title"
            turn = f"{GAP}#{one_line(hit.turn_id, 30)}" if hit.turn_id else ""
            out.write(f"    {said}{GAP}{local_time(hit.created)}{turn}\n      {_marked(hit)}\n")
    if number >= _HITS_SHOWN:
        more = number + 1 - _HITS_SHOWN
        out.write(f"    {more} more {'place' if more == 1 else 'places'} in this session\n")


def _marked(hit: Hit) -> str:
    """Return the snippet with what was found in quotes, which every terminal and reader can show."""
    shown, at = "", 0
    for start, end in hit.marks:
        shown += f"{hit.snippet[at:start]}«{hit.snippet[start:end]}»"
        at = end
    return printable(shown + hit.snippet[at:])


# ---- export -----------------------------------------------------------------


def _opened(bench: Workbench, options: Options, err: Outlet) -> Document:
    """Return the session that is meant: all of it where that is asked for or the format has it so."""
    session = bench.open_session(options.target, write=False)
    try:
        whole = options.all or (options.action == "export" and _format(options) in WHOLE)
        document = document_of(session, whole=whole)
        for notice in session.notices:
            err.write(note(notice))
        return document
    finally:
        session.close()


def _format(options: Options) -> Format:
    return options.format or format_of(options.output) or "md"


def _export(bench: Workbench, options: Options, out: Outlet, err: Outlet) -> None:
    document = _opened(bench, options, err)
    text = written(document, _format(options), bench.store.pictures.fetch)
    if options.output in ("", STDIN):
        out.write(printable(text) if out.is_terminal else text)
        return
    path = Path(options.output).expanduser()
    save(path, text, force=options.force)
    err.write(note(f"Written to {path}."))


# ---- import -----------------------------------------------------------------


def _import(bench: Workbench, options: Options, streams: Streams) -> int:
    """Take over each session of each file; status 1 when something could not be."""
    from fmtui.core import importing  # noqa: PLC0415 - the others do without

    failed = False
    for name in options.files or (STDIN,):
        done = 0
        try:
            found = _standard_input(streams) if name == STDIN else importing.read_file(Path(name))
            for each in found:
                if not isinstance(each, Document):
                    failed = True
                    streams.err.write(complaint(each.problem))
                    continue
                done += 1
                _take_over(bench, each, streams.out, again=options.again)
                if each.missing:
                    streams.err.write(_cut_off(name, each))
        except FmtuiError as error:
            failed = True
            streams.err.write(complaint(error))
            continue
        if not done:
            streams.err.write(note(f"There is no session in {name}."))
    return 1 if failed else 0


def _cut_off(name: str, document: Document) -> str:
    """Return what to say of a file that holds fewer turns than were exported."""
    there = len(document.turns)
    file = "Standard input" if name == STDIN else one_line(name)
    return note(
        f"{file} was exported with {there + document.missing} turns and holds {there}: "
        "it was cut off, or turns were taken out of it.",
        "If you have the whole file, import that with --again, and delete this session.",
    )


def _standard_input(streams: Streams) -> Iterator[Document | Broken]:
    from fmtui.core import importing  # noqa: PLC0415 - the others do without

    stream = streams.input
    if stream is None or stream.isatty():
        raise UsageError(
            "There is nothing to import.", "Name files, or pipe one in: fmtui sessions import FILE…"
        )
    return importing.read("standard input", stream.buffer.read(importing.MAX_BYTES + 1))


def _take_over(bench: Workbench, document: Document, out: Outlet, *, again: bool) -> None:
    """Write one session, unless it is there already."""
    from fmtui.core import importing  # noqa: PLC0415 - the others do without
    from fmtui.core.session_adding import add  # noqa: PLC0415 - same

    folder = bench.store.folder
    first = document.id
    changed = importing.changed(document)
    taken = add(folder, first, importing.as_file(document), changed)
    while again and not taken:
        document = document._replace(id=f"{first}-{os.urandom(2).hex()}")
        taken = add(folder, document.id, importing.as_file(document), changed)
    row = ("imported" if taken else "known", document.id, str(len(document.turns)), document.title)
    if out.is_terminal:
        what = (
            f"{row[2]} {'turn' if row[2] == '1' else 'turns'}"
            if taken
            else "is here already; --again takes it once more"
        )
        out.write(f"{printable(document.id)}{GAP}{one_line(document.title, _TITLE_LIMIT)}{GAP}({what})\n")
    else:
        out.write(table((), [row], terminal=False))
