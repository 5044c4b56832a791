"""The app in a real terminal with everything around it hostile: which bytes the terminal gets."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from tests.servers import JSON, D, F, Scripted, ScriptedServer, delta, stream
from tests.terminal import Terminal, clean_environ, fmtui

EVIL = (
    "\x1b]52;c;ZXZpbA==\x07\x1b]0;owned\x07\x1b]8;;http://evil\x1b\\\x1b[2J\x1b[6n\x1b[?1049l\x1bc"
    "\x1bPq#0\x1b\\\x1b_Gf=100;AAAA\x1b\\\x1b^pm\x1b\\\x1bXs\x1b\\\x9b31m\x9d52;c;eA==\x9c\x90q\x9c"
    "\u202e\u2066\u2069\x00\x07\x08\x0b\x0c\x0e\x0f\x7f\x85\ud800[/x][bold]"
)
_CSI = rb"\x1b\[(?:[0-9;:]*[mHABCDGdJKLMSTrXP@f]|[?>=<]?[0-9;]*\$?[hlupqt]|[0-9]* q)"
_OSC = rb"\x1b\]22;[a-z]*\x07"
"""Textual's own request for the mouse pointer's shape; nothing else may set what is outside the screen."""
_ALLOWED = re.compile(_CSI + b"|" + _OSC + rb"|\x1b[78=>(][B0]?")


def unexpected(written: bytes) -> list[bytes]:
    """Return what acts on a terminal and is not on the list, each with a little of what follows.

    The backspace is left out: with it the program itself moves the cursor.
    """
    rest = _ALLOWED.sub(b"", written)
    controls = re.finditer(rb"[\x00-\x07\x0b\x0c\x0e-\x1f\x7f]", rest)
    found = [rest[at.start() : at.start() + 24] for at in controls]
    text = rest.decode("utf-8", "replace")
    return found + [c.encode() for c in re.findall("[\x80-\x9f\u202a-\u202e\u2066-\u2069]", text)]


def prepare(folder: Path, url: str) -> Terminal:
    """Start the app with a hostile configuration, theme, state and session."""
    quoted = json.dumps(EVIL.replace("\ud800", ""))  # TOML reads the escapes of JSON
    (folder / "config.toml").write_text(
        f"theme = {quoted}\n[keys]\n{quoted} = {quoted}\n"
        f'[endpoints.local]\nurl = "{url}/v1"\nmodel = {quoted}\n'
        f'[endpoints.{quoted}]\nurl = "{url}/v1"\nmodel = "m"\n'
    )
    sessions = folder / "data" / "sessions"
    sessions.mkdir(parents=True)
    (sessions / "20240101-000000-aaaa.toml").write_text(
        f'format = 1\nid = "20240101-000000-aaaa"\ntitle = {quoted}\ncreated = 2024-01-01T00:00:00Z\n\n'
        f'[[turns]]\nid = "u"\nrole = "user"\ntext = {quoted}\n\n'
        f'[[turns]]\nid = "r"\nparent = "u"\nrole = "assistant"\nmodel = {quoted}\nendpoint = {quoted}\n'
        f'error_type = "x"\nerror_message = {quoted}\nerror_hint = {quoted}\nfinish_reason = {quoted}\n'
        f"notices = [{quoted}]\nreasoning = {quoted}\n"
        f"tool_calls = [{{name = {quoted}, arguments = {quoted}}}]\ntext = {quoted}\n"
    )
    config, data = str(folder / "config.toml"), str(folder / "data")
    command = fmtui("--config", config, "--data-dir", data, "-e", "local", "--continue")
    return Terminal(command, clean_environ(folder), columns=120, rows=40)


def answered(terminal: Terminal) -> bool:
    """Whether the first reply is over: a prompt that is sent before is not taken."""
    return "first-end" in terminal.text and "Esc stops" not in terminal.text


async def test_nothing_hostile_acts_on_the_terminal(tmp_path: Path) -> None:
    calls = [{"index": 0, "id": EVIL, "function": {"name": EVIL, "arguments": EVIL}}]
    table = f"| {EVIL} | b |\n|---|---|\n| {EVIL} | c |"
    markdown = f"# {EVIL}\n\n{table}\n\n```{EVIL}\n{EVIL}\n```\n\n[{EVIL}](http://{EVIL})\n"
    said = stream(
        delta(reasoning_content=f"{EVIL} thought").encode("utf-8", "replace"),
        delta(content=f"{EVIL}\n\n{markdown}\n\nfirst-end").encode("utf-8", "replace"),
        delta(tool_calls=calls).encode("utf-8", "replace"),
        F(EVIL).encode("utf-8", "replace"),
        D,
    )
    refused = Scripted([json.dumps({"error": {"message": f"second-end {EVIL}", "code": EVIL}})], 400, JSON)
    listed = {"data": [{"id": f"model {EVIL}", "name": EVIL}, {"id": "plain"}]}
    models = Scripted([json.dumps(listed)], 200, JSON)
    async with ScriptedServer(said, refused, routes={"/v1/models": models}) as server:
        with prepare(tmp_path, server.origin) as terminal:
            await asyncio.to_thread(terminal.until, "max_tokens")
            terminal.type(b"\x1b[200~" + EVIL.encode("utf-8", "replace") + b" pasted\x1b[201~")
            await asyncio.to_thread(terminal.until, "pasted")
            terminal.type("\r")
            await asyncio.to_thread(terminal.until, answered)
            terminal.type("again\r")
            await asyncio.to_thread(terminal.until, "second-end")
            terminal.resize(70, 24)
            terminal.type("\x11")
            await asyncio.to_thread(terminal.wait)
            assert terminal.status == 0
            assert "Traceback" not in terminal.raw.decode("utf-8", "replace")
            assert unexpected(bytes(terminal.raw)) == []
