"""`fmtui doctor`: looks at everything that fmtui needs, and says what mends what is wrong.

Nothing is written anywhere, and nothing is sent but what lists models, unless one tiny
request is asked for. What is found comes piece by piece, so Ctrl+C ends with what is known.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import partial

from fmtui.asking_terminal import ask_terminal, ask_tmux, parents
from fmtui.copying import tools_of
from fmtui.core import loop
from fmtui.core.client import Client
from fmtui.core.config import Config
from fmtui.core.doctor import Area, Finding, versions, worst
from fmtui.core.doctor_endpoint import Examiner
from fmtui.core.doctor_files import Places, examine_config, examine_files
from fmtui.core.doctor_terminal import Terminal, examine_terminal, is_utf8
from fmtui.core.endpoints import Endpoint
from fmtui.core.network import Network
from fmtui.core.origins import Origin
from fmtui.doctor_text import Row, ascii_only, rows, styled, summary
from fmtui.options import Options
from fmtui.output import Outlet, Streams, note
from fmtui.workbench import Workbench

_WIDEST = 100
_AREAS: tuple[Area, ...] = ("versions", "terminal", "files", "configuration")
_STOPPED = 130
_BILLED = "Each endpoint is asked for a word, of 16 tokens at most; that may be billed."
_OFFER = "fmtui doctor --request also asks each endpoint for a word, which may be billed."

Tell = Callable[[Finding], None]
Done = Callable[[Area, str], None]


def _nothing(*_: object) -> None:
    """Hear of something and do nothing."""


class Examination:
    """One look at everything; `findings` holds what is known so far.

    Args:
        bench: what is configured.
        environ: the environment variables.
        terminal: what is known of the terminal; tmux is still to be asked.
        endpoint: the one to look at; all when empty.
        model: the model to ask.
        request: whether each endpoint gets one tiny request, which may be billed.
    """

    def __init__(
        self,
        bench: Workbench,
        environ: Mapping[str, str],
        terminal: Terminal,
        *,
        endpoint: str = "",
        model: str = "",
        request: bool = False,
    ) -> None:
        self.findings: list[Finding] = []
        self.names: list[str] = []
        """The endpoints that are looked at, in their order."""
        self._bench = bench
        self._environ = environ
        self._terminal = terminal
        self._endpoint = endpoint
        self._model = model
        self._request = request
        self._tell: Tell = _nothing

    async def run(self, tell: Tell = _nothing, done: Done = _nothing) -> None:
        """Look at everything.

        Args:
            tell: hears of each finding when it is there.
            done: hears of each area, and each endpoint, when all of it is known; in their order.

        Raises:
            UsageError: there is no endpoint of that name.
            ConfigError: the same, because of what is wrong with its table or profile.
        """
        self._tell = tell
        self._add(await asyncio.to_thread(versions))
        done("versions", "")
        terminal = replace(self._terminal, tmux=await ask_tmux(self._environ))
        self._add(examine_terminal(terminal))
        done("terminal", "")
        self._add(await asyncio.to_thread(self._files))
        done("files", "")
        client = self._bench.connect()
        try:
            found = await self._configured(client)
            done("configuration", "")
            examiner = Examiner(
                client,
                Network(self._environ),
                self._environ,
                str(self._bench.config_path),
                self._model,
                self._request,
            )
            async with asyncio.TaskGroup() as together:
                looking = [
                    (each.name, together.create_task(examiner.examine(each, origin, self._one)))
                    for each, origin in found
                ]
                for name, task in looking:
                    await task
                    done("endpoint", name)
        finally:
            await client.aclose()

    def of_area(self, area: Area, endpoint: str = "") -> list[Finding]:
        """Return what is known of one area, or of one endpoint."""
        return [each for each in self.findings if each.area == area and each.endpoint == endpoint]

    def rows(self, width: int) -> list[Row]:
        """Return all that is known as text."""
        found = [self.of_area(area) for area in _AREAS]
        found += [self.of_area("endpoint", name) for name in self.names]
        return [row for each in found for row in rows(each, width)]

    def _one(self, finding: Finding) -> None:
        self.findings.append(finding)
        self._tell(finding)

    def _add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self._one(finding)

    def _files(self) -> list[Finding]:
        bench = self._bench
        state = bench.state.path.parent
        return list(
            examine_files(
                Places(
                    bench.config_path, bench.profiles_path, bench.store.folder.parent, state, bench.log_path
                )
            )
        )

    async def _configured(self, client: Client) -> list[tuple[Endpoint, Origin]]:
        """Tell what is wrong with the configuration; return the endpoints to look at and their origins."""
        bench = self._bench
        offered, asked = await asyncio.to_thread(bench.endpoints_for_app, self._endpoint)
        # A server of this machine that was named is looked at whether it answers or not.
        local = [each for each in offered if each not in bench.endpoints]
        local += [] if asked else await client.local_servers()
        origins, unused = await asyncio.to_thread(bench.origins, local)
        self._add(examine_config(bench.problems, bench.problems_for_all()))
        self._add(await asyncio.to_thread(_appearance, bench.config, self._environ))
        self._add(Finding("configuration", each.what, "not used", "note", each.why) for each in unused)
        by_name = {each.name: each for each in (*local, *bench.endpoints)}
        found = [(by_name[each.name], each) for each in origins if not asked or each.name == asked]
        self.names = [each.name for each, _ in found]
        return found


def _appearance(config: Config, environ: Mapping[str, str]) -> list[Finding]:
    """Return what is wrong with keys and themes."""
    from textual.theme import BUILTIN_THEMES  # noqa: PLC0415 - with the screen's parts

    from fmtui.ui.commands import with_keys  # noqa: PLC0415 - same
    from fmtui.ui.key_doubts import kept  # noqa: PLC0415 - same
    from fmtui.ui.keymap import keymap  # noqa: PLC0415 - same
    from fmtui.ui.themes import ThemeFiles, shipped_folder  # noqa: PLC0415 - same

    keys, problems = keymap(config.keys, environ)
    found = [Finding("configuration", "keys", "", "warning", told) for told in problems]
    found += [Finding("configuration", "keys", "", "note", told) for told in kept(with_keys(keys), environ)]
    themes = ThemeFiles(shipped_folder(), config.path.parent / "themes")
    themes.read_all()
    found += [Finding("configuration", "themes", "", "warning", told) for told in themes.problems]
    names = sorted({*(theme.name for theme in themes.themes), *BUILTIN_THEMES})
    if config.theme and config.theme not in names and not themes.mistake(config.theme):
        words = f"There is no theme “{config.theme}”."
        line = f'theme = "{next(iter(get_close_matches(config.theme, names, 1, 0.0)), names[0])}"'
        mend = f"{line}  # in {config.path}"
        found.append(Finding("configuration", "theme", config.theme, "warning", words, mend))
    return found


def run(bench: Workbench, options: Options, streams: Streams, environ: Mapping[str, str]) -> int:
    """Run the command and return the exit status: 0 when nothing is wrong, 1 otherwise, 130 when stopped."""
    out, err = streams.out, streams.err
    examination = Examination(
        bench,
        environ,
        _terminal(bench, options, streams, environ),
        endpoint=options.endpoint,
        model=options.model,
        request=options.request,
    )
    report = _Report(examination, out, _style(out, environ))
    if options.request:
        err.write(note(_BILLED))
    stopped = False
    try:
        loop.run(examination.run(done=_nothing if options.json else report.group))
    except KeyboardInterrupt:
        stopped = True
    if options.json:
        value = {
            "worst": worst(examination.findings),
            "stopped": stopped,
            "findings": [each.as_json() for each in examination.findings],
        }
        out.write(json.dumps(value, indent=2) + "\n")
    else:
        report.rest()
        report.words(f"{'Stopped. So far: ' if stopped else ''}{summary(examination.findings)}")
        if not (options.request or stopped):
            report.words(_OFFER)
    if stopped:
        return _STOPPED
    return 1 if worst(examination.findings) == "error" else 0


def _style(out: Outlet, environ: Mapping[str, str]) -> Callable[[Row], str]:
    """Return what writes a row on this output: a terminal may have styles and colours."""
    if not out.is_terminal or environ.get("TERM") == "dumb":
        return lambda row: row.text
    return partial(styled, colours=not environ.get("NO_COLOR"))


class _Report:
    """Writes each area and each endpoint when it is known.

    Args:
        examination: what is told of.
        out: where to.
        style: gives a row as it is to be written.
    """

    def __init__(self, examination: Examination, out: Outlet, style: Callable[[Row], str]) -> None:
        self._examination = examination
        self._out = out
        self._style = style
        self._width = min(shutil.get_terminal_size().columns - 1, _WIDEST) if out.is_terminal else _WIDEST
        self._written: set[tuple[Area, str]] = set()

    def group(self, area: Area, endpoint: str = "") -> None:
        """Write an area or an endpoint."""
        self._written.add((area, endpoint))
        found = self._examination.of_area(area, endpoint)
        text = map(self._style, rows(found, self._width))
        whole = "".join(f"{line}\n" for line in text)
        self._out.write(whole if is_utf8(self._out.encoding) else ascii_only(whole))

    def words(self, text: str) -> None:
        """Write words of our own."""
        self._out.write(textwrap.fill(text, self._width) + "\n")

    def rest(self) -> None:
        """Write what was not written yet, as it was not done when the examination was stopped."""
        for each in self._examination.findings:
            if (each.area, each.endpoint) not in self._written:
                self.group(each.area, each.endpoint)


def _terminal(bench: Workbench, options: Options, streams: Streams, environ: Mapping[str, str]) -> Terminal:
    """Return what is known of the terminal that the command runs on."""
    from rich.console import Console  # noqa: PLC0415 - the app, which has a terminal already, does without

    from fmtui.ui.terminal.abilities import fit_colours  # noqa: PLC0415 - same
    from fmtui.ui.terminal.known import strange  # noqa: PLC0415 - same

    both = streams.out.is_terminal and streams.input is not None and streams.input.isatty()
    dumb = environ.get("TERM", "") in ("", "dumb", "unknown")
    answers = ask_terminal(streams.input.fileno(), environ) if both and streams.input and not dumb else None
    configured = bench.config.terminal.writer
    writer, why = configured, "terminal.writer of the configuration" if configured == "stock" else ""
    if options.stock_writer:
        writer, why = "stock", "--stock-writer"
    elif configured == "lean" and (unknown := strange()):
        writer, why = "stock", f"{unknown} of Textual is not the known one"
    console = Console(force_terminal=True, _environ=environ)
    fit_colours(console, environ)
    size = shutil.get_terminal_size((0, 0)) if streams.out.is_terminal else os.terminal_size((0, 0))
    return Terminal(
        environ,
        both,
        (size.columns, size.lines),
        streams.out.encoding,
        console.color_system or "",
        writer,
        why,
        options.low_bandwidth or bench.config.terminal.low_bandwidth,
        answers,
        "TERM says that it answers nothing" if dumb else "input or output is no terminal",
        parents=parents(),
        platform=sys.platform,
        tools=tools_of(environ),
    )
