"""The commands that look things up: models, endpoints, the configuration's path.

On a terminal they print aligned tables under a heading; into a pipe the same rows with
tabs between and no heading, for other programs.
"""

from __future__ import annotations

import json
import shutil
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from fmtui.choosing import endpoint_of
from fmtui.core import loop
from fmtui.core.auth import PassedOver
from fmtui.core.chat import Model
from fmtui.core.endpoints import Endpoint
from fmtui.core.origins import Origin
from fmtui.core.text import one_line, prices, printable, short_count
from fmtui.options import Options
from fmtui.output import Outlet, note
from fmtui.workbench import Workbench

GAP = "  "
_INDENT = "    "
_CELL_LIMIT = 60
_LINE_LIMIT = 300


def width(text: str) -> int:
    """Return how many columns a terminal gives the text, near enough for a table."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(char) or char in "\u200d\ufe0f"
        else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def table(heading: Sequence[str], rows: Sequence[Sequence[str]], *, terminal: bool) -> str:
    """Return rows as text: aligned under a heading, or with tabs between for a pipe.

    Texts may come from anywhere; each becomes one line, and on a terminal a printable one.
    """
    if not terminal:
        return "".join("\t".join(" ".join(cell.split()) for cell in row) + "\n" for row in rows)
    shown = _shown(heading, rows)
    return "".join(f"{line.rstrip()}\n" for line in _aligned(shown, _widths(shown)))


def _shown(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [list(heading), *([one_line(cell, _CELL_LIMIT) for cell in row] for row in rows)]


def _widths(shown: Iterable[Sequence[str]]) -> list[int]:
    """Return how wide the columns are."""
    return [max(map(width, column)) for column in zip(*shown, strict=True)]


def _aligned(shown: Iterable[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    """Yield the rows as lines, all of one width."""
    for row in shown:
        yield GAP.join(cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True))


def _total(widths: Sequence[int]) -> int:
    """Return how wide a line of columns is."""
    return sum(widths) + len(GAP) * (len(widths) - 1)


def run(bench: Workbench, options: Options, out: Outlet, err: Outlet) -> int:
    """Run the command and return the exit status."""
    if options.command == "models":
        return _list_models(bench, options, out, err)
    if options.command == "endpoints":
        return _list_endpoints(bench, options, out, err)
    write_line(str(bench.config_path), out)
    return 0


def write_line(text: str, out: Outlet) -> None:
    """Write one line; on a terminal a printable one."""
    out.write(f"{printable(text) if out.is_terminal else text}\n")


def _list_models(bench: Workbench, options: Options, out: Outlet, err: Outlet) -> int:
    """List the models of one endpoint."""
    endpoint, found = loop.run(_models(bench, options, err))
    if options.json:
        about = {"endpoint": endpoint.name, "source": endpoint.source}
        rows = [bench.hinted(endpoint, m)._asdict() | {"mode": m.mode} | about for m in found]
        out.write(json.dumps(rows, indent=2) + "\n")
        return 0
    if not found:
        err.write(note(f"{endpoint.name} lists no models.", "Type a model's name with -m all the same."))
    hinted = [bench.hinted(endpoint, model) for model in found]
    if out.is_terminal:
        out.write(one_line(f"{endpoint.name} ({endpoint.source})", _LINE_LIMIT) + "\n")
        out.write(models_table(hinted, columns_of(out)))
        return 0
    rows_for_programs = []
    for model in hinted:
        *row, note_of = _model_row(model)
        rows_for_programs.append((*row, endpoint.name, endpoint.source, note_of))
    out.write(table((), rows_for_programs, terminal=False))
    return 0


def models_table(models: Sequence[Model], columns: int) -> str:
    """Return models as a table for a terminal of so many columns."""
    heading = ("MODEL", "TASK", "READY", "WINDOW", "$/M IN/OUT", "NOTE")
    rows = [_model_row(model._replace(task=model.task.removeprefix("llm/v1/"))) for model in models]
    return told_columns(heading, rows, columns)


def _model_row(model: Model) -> tuple[str, ...]:
    return (
        model.name,
        model.task,
        "yes" if model.ready else "no",
        "" if model.context_window is None else short_count(model.context_window),
        prices(model.price_in, model.price_out),
        model.note or model.label,
    )


def local_time(when: datetime) -> str:
    """Return a time as the user's clock has it, to the minute: `2026-11-22 21:14`."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M")


def columns_of(out: Outlet) -> int:
    """Return the columns of the terminal that is written to; 0 for a pipe or a file."""
    return shutil.get_terminal_size().columns if out.is_terminal else 0


def told_columns(
    heading: Sequence[str], rows: Sequence[Sequence[str]], columns: int, *, cut: str = ""
) -> str:
    """Return a table; programs find each column where it always is, people need none that is empty.

    Args:
        heading: names of the columns.
        rows: their texts.
        columns: of the terminal; 0 for programs. What of the last column has no room in its row
            stands below it, whole.
        cut: the column that is cut where it is too narrow for the others as well.
    """
    if not columns:
        return table(heading, rows, terminal=False)
    told = [at for at in range(len(heading)) if any(row[at] for row in rows)]
    names, *texts = [[row[at] for at in told] for row in (heading, *rows)]
    shown = _shown(names, texts)
    widths = _widths(shown)
    if _total(widths) <= columns or len(told) < 2:
        return "".join(f"{line.rstrip()}\n" for line in _aligned(shown, widths))
    *above, _ = zip(*shown, strict=True)
    surplus = _total(widths[:-1]) - columns
    if surplus > 0 and cut in names[:-1]:
        at = names.index(cut)
        above[at] = tuple(one_line(cell, max(widths[at] - surplus, len(cut))) for cell in above[at])
    rows_above = list(zip(*above, strict=True))
    widths = _widths(rows_above)
    lines = []
    for line, (*_, last) in zip(_aligned(rows_above, widths), (names, *texts), strict=True):
        text = one_line(last, _LINE_LIMIT)
        if _total(widths) + len(GAP) + width(text) <= columns:
            lines.append(f"{line}{GAP}{text}".rstrip())
        else:
            said = textwrap.wrap(text, max(columns - len(_INDENT), 20))
            lines += [line.rstrip(), *(_INDENT + part for part in said)]
    return "".join(f"{line}\n" for line in lines)


async def _models(bench: Workbench, options: Options, err: Outlet) -> tuple[Endpoint, list[Model]]:
    client = bench.connect()
    try:
        endpoint = await endpoint_of(
            bench,
            client,
            asked=options.endpoint,
            used="",
            remembered=bench.state.load().endpoint,
            tell=lambda problem: err.write(note(problem.message, problem.hint)),
        )
        return endpoint, await client.models(endpoint)
    finally:
        await client.aclose()


def _list_endpoints(bench: Workbench, options: Options, out: Outlet, err: Outlet) -> int:
    """List what can be talked to, local servers that answer now among it."""
    found, unused = bench.origins(loop.run(_local(bench)))
    if options.json:
        value = {
            "endpoints": [each.as_json() for each in found],
            "left_out": [each._asdict() for each in unused],
            "problems": [{"message": each.message, "hint": each.hint} for each in bench.problems],
        }
        out.write(json.dumps(value, indent=2) + "\n")
        return 0
    if not options.verbose:
        models = {endpoint.name: endpoint.model for endpoint in bench.endpoints}
        rows = [(each.name, each.kind, each.url, models.get(each.name, ""), each.source) for each in found]
        out.write(told_columns(("ENDPOINT", "KIND", "URL", "MODEL", "FROM"), rows, columns_of(out)))
    elif out.is_terminal:
        out.write(_told(found, unused))
    else:
        out.write(table((), [_row(each) for each in found], terminal=False))
    told = {each.problem for each in found} if options.verbose and out.is_terminal else set()
    for problem in bench.problems:
        if problem.message in told:
            continue
        err.write(note(problem.message, problem.hint))
    return 0


def _row(found: Origin) -> tuple[str, ...]:
    """Return all that is known of an endpoint, for programs."""
    passed_over = "; ".join(f"{each.what}: {each.why}" for each in found.passed_over)
    return (
        *(found.name, found.kind, found.url, found.source, found.sign_in, found.key, found.why, passed_over),
        *(found.first, found.problem),
    )


def _told(found: Sequence[Origin], unused: Sequence[PassedOver]) -> str:
    """Return all that is known of the endpoints, a block for each: a row of it fits no terminal."""
    lines: list[str] = []
    for each in found:
        lines.append(GAP.join(one_line(text, _LINE_LIMIT) for text in (each.name, each.kind, each.url)))
        facts = [("from", each.source), ("sign-in", each.sign_in), ("key", each.key), ("why", each.why)]
        facts += [("not", f"{other.what}: {other.why}") for other in each.passed_over]
        facts += [("problem", each.problem), ("hint", each.hint), ("first", each.first)]
        lines += [f"    {name:9}{one_line(text, _LINE_LIMIT)}" for name, text in facts if text]
    if unused:
        lines += ["", "Found and not offered:"]
        lines += ["    " + one_line(f"{each.what}: {each.why}", _LINE_LIMIT) for each in unused]
    return "".join(f"{line}\n" for line in lines)


async def _local(bench: Workbench) -> list[Endpoint]:
    client = bench.connect()
    try:
        return await client.local_servers()
    finally:
        await client.aclose()
