"""fmtui in a real terminal with everything around it hostile: which bytes the terminal gets."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tests.fuzz.written import ACTS, EVIL, unexpected, unexpected_lines
from tests.servers import JSON, D, F, Scripted, ScriptedServer, delta, stream
from tests.terminal import Terminal, clean_environ, fmtui

QUOTED = json.dumps(EVIL.replace("\ud800", ""))
"""For a TOML file, which reads the escapes of JSON."""
NAME = EVIL.translate({0: None, ord("/"): None, 0xD800: None})
"""For names of files, and for values of the environment."""
SESSION = "20240101-000000-aaaa"
PASTED = b"\x1b[200~" + EVIL.encode("utf-8", "replace") + b" pasted\x1b[201~"

SOUGHT = b"\x1b[200~" + f"{ACTS[0]}\x9b31m\u202e\u2066\u2069".encode() + b"sought\x1b[201~"


def prepare(folder: Path, url: str) -> tuple[list[str], dict[str, str]]:
    """Lay out a home with a hostile configuration, themes, a state, a session, profiles and environment.

    Returns:
        The options that name the files, and the environment.
    """
    home, data, state = folder / "home", folder / f"data {NAME[:60]}", folder / "state" / "fmtui"
    for made in (home, data / "sessions", state, folder / "themes"):
        made.mkdir(parents=True)
    config = folder / "config.toml"
    config.write_text(
        # Told to be quick, the terminal of a busy machine is not asked how far behind it is.
        f"theme = {QUOTED}\n{QUOTED} = 1\n[terminal]\nlow_bandwidth = false\n[keys]\n{QUOTED} = {QUOTED}\n"
        f'[endpoints.local]\nurl = "{url}/v1"\nmodel = {QUOTED}\n'
        f'[endpoints.{QUOTED}]\nurl = "{url}/v1"\nmodel = "m"\n'
        f'[endpoints.other]\nurl = "{url}/v1"\nmodel = {QUOTED}\ntoken_env = {QUOTED}\n'
    )
    (folder / "themes" / f"a {NAME[:60]}.toml").write_text(f"primary = {QUOTED}\n")
    (folder / "themes" / "b.toml").write_text(f'name = {QUOTED}\nprimary = "#123456"\n')
    (state / "state.toml").write_text(f"endpoint = {QUOTED}\ntheme = {QUOTED}\n")
    (home / ".databrickscfg").write_text(f"[{NAME}]\nhost = {NAME}\ntoken = x\n".replace("\x85", ""))
    (data / "sessions" / f"b {NAME[:60]}.toml").write_text(f"title = {QUOTED}\n")
    (data / "sessions" / f"{SESSION}.toml").write_text(
        f'format = 1\nid = "{SESSION}"\ntitle = {QUOTED}\ncreated = 2024-01-01T00:00:00Z\n\n'
        f'[[turns]]\nid = "u"\nrole = "user"\ntext = {QUOTED}\n\n'
        f'[[turns]]\nid = "r"\nparent = "u"\nrole = "assistant"\nmodel = {QUOTED}\nendpoint = {QUOTED}\n'
        f'error_type = "x"\nerror_message = {QUOTED}\nerror_hint = {QUOTED}\nfinish_reason = {QUOTED}\n'
        f"notices = [{QUOTED}]\nreasoning = {QUOTED}\n"
        f"tool_calls = [{{name = {QUOTED}, arguments = {QUOTED}}}]\ntext = {QUOTED}\n"
    )
    hostile = ("DATABRICKS_HOST", "DATABRICKS_CONFIG_PROFILE", "OPENAI_BASE_URL", "FMTUI_X", "USER", "EDITOR")
    environ = clean_environ(
        home, XDG_STATE_HOME=str(folder / "state"), OPENAI_API_KEY="k", **dict.fromkeys(hostile, NAME)
    )
    return ["--config", str(config), "--data-dir", str(data)], environ


def served() -> ScriptedServer:
    """Return a server that is hostile in an answer, in a refusal and in its list of models."""
    calls = [{"index": 0, "id": EVIL, "function": {"name": EVIL, "arguments": EVIL}}]
    table = f"| {EVIL} | b |\n|---|---|\n| {EVIL} | c |"
    links = f"[{EVIL}](http://{EVIL}) [a](<http://h/{EVIL}> {QUOTED}) ![{EVIL}](x) http://h.example/{EVIL}"
    markdown = f"# {EVIL}\n\n{table}\n\n```{EVIL}\n{EVIL}\n```\n\n> - {EVIL}\n\n{links}\n"
    entities = "".join(f"&#{ord(sign)};" for sign in EVIL)
    said = stream(
        delta(reasoning_content=f"{EVIL} thought").encode("utf-8", "replace"),
        delta(content=f"{EVIL}\n\n{markdown}\n\n{entities}\n\nfirst-end").encode("utf-8", "replace"),
        delta(tool_calls=calls).encode("utf-8", "replace"),
        F(EVIL).encode("utf-8", "replace"),
        D,
    )
    refused = Scripted([json.dumps({"error": {"message": f"second-end {EVIL}", "code": EVIL}})], 400, JSON)
    listed = {"data": [{"id": f"model {EVIL}", "name": EVIL}, {"id": "plain"}, {"id": "", "error": EVIL}]}
    models = Scripted([json.dumps(listed)], 200, JSON)
    return ScriptedServer(said, refused, routes={"/v1/models": models})


KEYS: tuple[tuple[str | bytes, str], ...] = (
    ("\x1b[15~", "Switch model"),
    ("\x1bOR", "Sessions"),
    ("\x1b[19~", "PgUp PgDn scroll"),
    ("\x10", "what it does"),
    ("\x06", "Find: "),
)
"""What opens what, and what is then on the screen: models, sessions, the log, the palette, the find bar."""


def _drive(terminal: Terminal) -> None:
    """Go through the app."""
    terminal.until("max_tokens")
    terminal.type(PASTED)
    terminal.until("pasted")
    terminal.type("\r")
    terminal.until("first-end")
    for at, (opening, shown) in enumerate(KEYS):
        terminal.type(opening)
        terminal.until(shown)
        terminal.type(SOUGHT)
        terminal.until("sought")
        written = len(terminal.raw)
        terminal.resize(118 + at % 2, 39)
        # Drawn anew by then: Esc and a key that comes right behind it would be one key.
        terminal.until(partial(_drawn_anew, written))
        terminal.type("\x1b")
        terminal.until(partial(_left, shown))
    for command in ("/theme ", "/model "):
        terminal.type(command.encode() + SOUGHT)
        terminal.until(command + ACTS[0].replace("\x1b", "␛").replace("\x07", "␇"))
        terminal.type("\r")
        terminal.until("Ask anything")
    terminal.type("again\r")
    terminal.until("second-end")
    terminal.type("\x11")


def _drawn_anew(written: int, terminal: Terminal) -> bool:
    return len(terminal.raw) > written + 1_000 and "sought" in terminal.text


def _left(dialog: str, terminal: Terminal) -> bool:
    shown = terminal.text
    gone = all(sign not in shown for sign in (dialog, "sought", "Esc leaves"))
    return gone and "Ask anything" in shown


async def test_nothing_hostile_acts_on_the_terminal(tmp_path: Path) -> None:
    async with served() as server:
        options, environ = prepare(tmp_path, server.origin)
        command = fmtui(*options, "-e", "local", "--continue", "--debug")
        with Terminal(command, environ, columns=120, rows=40) as terminal:
            await asyncio.to_thread(_drive, terminal)
            await asyncio.to_thread(terminal.wait)
            assert terminal.status == 0
            assert "Traceback" not in terminal.raw.decode("utf-8", "replace")
            assert unexpected(bytes(terminal.raw)) == []


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("ask", "-e", "local", "Hi"),
    ("ask", "-e", "local", "Hi"),  # this one is refused
    ("models", "-e", "local"),
    ("endpoints",),
    ("endpoints", "-v"),
    ("sessions", "list"),
    ("sessions", "show", SESSION),
    ("ask", "-e", NAME, "Hi"),
)


def _printed(options: list[str], environ: Mapping[str, str], command: tuple[str, ...]) -> bytes:
    with Terminal(fmtui(*command, *options), environ, columns=120, rows=40) as terminal:
        terminal.wait()
        return bytes(terminal.raw)


async def test_nothing_hostile_that_a_command_prints_acts_on_the_terminal(tmp_path: Path) -> None:
    async with served() as server:
        options, environ = prepare(tmp_path, server.origin)
        for command in COMMANDS:
            written = await asyncio.to_thread(_printed, options, environ, command)
            assert written, command
            assert b"Traceback" not in written, command
            assert unexpected_lines(written) == [], command


UNGATED = (
    "import re, runpy, sys; import fmtui.core.text as text; import fmtui.ui.terminal.cells as cells; "
    "text.printable = lambda given: given; cells.all_narrow = lambda: re.compile('(?s:.*)'); "
    "sys.argv[0] = 'fmtui'; runpy.run_module('fmtui', run_name='__main__')"
)
"""fmtui without its gates, for text and for cells: everything reaches the terminal as it came."""


async def test_the_check_sees_what_gets_through_without_the_gate(tmp_path: Path) -> None:
    async with served() as server:
        options, environ = prepare(tmp_path, server.origin)
        start = [sys.executable, "-c", UNGATED]
        with Terminal([*start, "sessions", "show", SESSION, *options], environ) as terminal:
            await asyncio.to_thread(terminal.wait)
            assert b"\x1b]52;c;ZXZpbA==\x07" in b"".join(unexpected_lines(bytes(terminal.raw)))
        with Terminal([*start, *options, "-e", "local", "--continue"], environ) as terminal:
            await asyncio.to_thread(terminal.until, lambda t: b"\x1b]52;c;" in t.raw)
            assert any(found.startswith(b"\x1b]52;c;") for found in unexpected(bytes(terminal.raw)))
