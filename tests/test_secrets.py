"""Keys in every place where one can be configured, against servers that echo them: none is found anywhere.

Each key is looked for as it is, percent-encoded and in base64 at any alignment, in all that
is written and shown; only the files that the user put it into may hold it. The text of an
answer is the user's and kept as it came, so these servers echo in everything else.
"""

from __future__ import annotations

import asyncio
import json
import shlex
from base64 import b64encode
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.command import Home
from tests.servers import OIDC, D, E, F, Scripted, ScriptedServer, answer, data, stream
from tests.terminal import Terminal, fmtui

PLACES = ("env", "token", "file", "command", "header", "profile", "basic", "query", "body", "secret")
KEYS = {place: f"CANARY/{place}+0123456789~=" for place in PLACES}
OTHERS = {"proxy": "CANARY-proxy-0123456789", "userinfo": "CANARY-userinfo-0123456789"}
HELD_BY_THE_USER = ("config.toml", ".databrickscfg", "key")


@cache
def forms(key: str) -> tuple[str, ...]:
    """Return what a key looks like, however it is encoded."""
    # Base64 is of something that holds it, such as a name and a colon before it.
    encoded = [(before, b64encode(bytes(before) + key.encode()).decode()) for before in range(3)]
    held = [text[4 if before else 0 : len(text) - 4] for before, text in encoded]
    return (key, quote(key, safe=""), quote(key), *held)


def found_in(content: str) -> set[str]:
    """Return the places whose keys are in a text."""
    return {place for place, key in (KEYS | OTHERS).items() if any(form in content for form in forms(key))}


def echo(key: str) -> str:
    """Return what a server says that repeats all it was sent."""
    basic = b64encode(f"ann:{key}".encode()).decode()
    client = b64encode(f"id:{key}".encode()).decode()
    parts = (f"Bearer {key}", f"Basic {basic}", client, quote(key, safe=""), b64encode(key.encode()).decode())
    return "you sent " + " and ".join((*parts, f"{key!r}", json.dumps(key)))


def calls(id_: str, name: str) -> str:
    """Return an event with a tool call."""
    call = {"index": 0, "id": id_, "function": {"name": name, "arguments": "{}"}}
    return data({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Make a home with a key in every place."""
    home = Home(tmp_path)
    home.environ |= {"MY_KEY": KEYS["env"], "OPENAI_API_KEY": KEYS["env"]}
    home.environ |= {"HTTPS_PROXY": f"http://ann:{OTHERS['proxy']}@127.0.0.1:1"}
    key = tmp_path / "key"
    key.touch(mode=0o600)
    return home


def written(value: object) -> str:
    """Return a value as TOML has it on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {written(inner)}" for name, inner in value.items()) + " }"
    return json.dumps(value)


def configure(home: Home, server: ScriptedServer, *, mistaken: bool = False) -> None:
    """Write the configuration for its owner alone; a mistake in it is told over the screen."""
    key, profiles = home.folder / "key", home.folder / ".databrickscfg"
    command = ["sh", "-c", f"env > {shlex.quote(str(home.folder / 'child'))}; cat {shlex.quote(str(key))}"]
    tables: dict[str, dict[str, object]] = {
        "env": {"token_env": "MY_KEY"},
        "token": {"token": KEYS["token"]},
        "file": {"token_file": str(key)},
        "command": {"token_command": command},
        "header": {"headers": {"api-key": KEYS["header"]}},
        "basic": {"username": "ann", "token": KEYS["basic"]},
        "body": {"body": {"auth": {"api_key": KEYS["body"]}}},
        "query": {"url": f"{server.url}?key={quote(KEYS['query'], safe='')}"},
        "secret": {
            "client_id": "id",
            "client_secret": KEYS["secret"],
            "kind": "databricks",
            "url": server.origin,
        },
    }
    if mistaken:
        tables["userinfo"] = {"url": f"http://ann:{OTHERS['userinfo']}@127.0.0.1:{server.port}/v1"}
    text = ""
    for name, table in tables.items():
        text += f"[endpoints.{name}]\n"
        for field, value in ({"url": server.url, "model": "m"} | table).items():
            text += f"{field} = {written(value)}\n"
    home.configure(text=text)
    profiles.write_text(f"[profile]\nhost = {server.origin}\ntoken = {KEYS['profile']}\n")
    for path in (home.config, profiles):
        path.chmod(0o600)


def leaks(folder: Path) -> dict[str, set[str]]:
    """Return which files hold keys that they should not, by their path."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in HELD_BY_THE_USER:
            found[str(path.relative_to(folder))] = found_in(path.read_bytes().decode("latin-1"))
    return {path: places for path, places in found.items() if places}


def arguments_of(pid: int) -> str:
    """Return the arguments of a process, as all users of the machine can see them; empty without `/proc`."""
    file = Path(f"/proc/{pid}/cmdline")
    return file.read_text() if file.exists() else ""


async def test_no_command_shows_or_keeps_a_key_that_a_server_echoes(home: Home) -> None:
    async with ScriptedServer() as server:
        configure(home, server, mistaken=True)
        for at, (place, key) in enumerate(KEYS.items()):
            (home.folder / "key").write_text(key + "\n")
            said = echo(key)
            headers = {"x-request-id": key, "x-ratelimit-remaining-tokens": key, "x-should-retry": "false"}
            listing = {
                "data": [{"id": said, "owned_by": said}],
                "endpoints": [{"name": said, "task": "llm/v1/chat"}],
            }
            server.routes = {OIDC: answer({"error": key, "error_description": said}, 401)}
            server.routes |= {path: answer(listing) for path in ("/v1/models", "/api/2.0/serving-endpoints")}
            scripts = (
                answer({"error": {"message": said, "code": key, "type": said}}, 404),
                answer({"error": said}, 429, headers),
                answer(f"<html><title>{said}</title>", 502, headers),
                Scripted([], 302, {"Location": f"https://x.example/{quote(key, safe='')}?k={key}"}),
                stream(E("Hi"), f"data: {json.dumps({'error': {'message': said}})}\n\n"),
                answer(f"<html>{said}"),
                stream(E("Hi"), data({key: said, "object": key, "choices": []}), F("stop"), D),
                stream(
                    E("Hi"), calls(said, said), data({"model": said, "system_fingerprint": said}), F(said)
                ),
                stream(E("Hi"), calls(key, f"{'x' * 190}{key}"), F(f"{'x' * 190}{key}"), D),
                answer({"id": said, "choices": [{"message": {"content": "Hi"}, "finish_reason": said}]}),
                stream(E("Hi"), f": {key}\n\nevent: {key}\n\nid: {key}\n\n", F("stop"), D),
            )
            for script in scripts[at % 3 :: 3]:  # each with a third of the places: one gate masks for all
                server.answers = [script]
                done = await home.ask("ask", "--debug", "--json", "-e", place, "-m", "m", "Hello")
                assert found_in(done.out + done.err) == set(), (place, script)
                assert '"outcome"' in done.out
            plain = await home.ask("ask", "-e", place, "-m", "m", "Hello")
            listed = await home.ask("models", "--json", "-e", place)
            assert found_in(plain.out + plain.err + listed.out + listed.err) == set(), place
        shown = await home.ask("endpoints")
        sessions = await home.ask("sessions")
    sent = "\n".join(
        f"{request.target} {request.headers} {request.body!r}"
        for request in (*server.requests, *server.routed)
    )
    assert found_in(sent) == set(PLACES), "every key was sent, or this proves nothing"
    assert "?key=[hidden]" in shown.out
    assert "user name or password" in shown.err
    assert found_in(shown.out + shown.err + sessions.out + sessions.err) == set()
    assert leaks(home.folder) == {"child": {"proxy"}}, "a token command needs the proxy, and no key"


async def test_no_key_reaches_the_screen_the_files_or_what_the_app_starts(home: Home) -> None:
    """Also: with a umask that takes nothing away, all that is made is for its owner alone."""
    browser = home.folder / "browser"
    browser.write_text('#!/bin/sh\nenv > "$HOME/child"\necho "$1" > "$HOME/opened"\n')
    browser.chmod(0o700)
    home.environ |= {"BROWSER": f"{browser} %s", "DISPLAY": ":0", "COLORTERM": "truecolor"}
    said = echo(KEYS["env"])
    listing = answer({"data": [{"id": "m"}, {"id": said}]})
    async with ScriptedServer(routes={"/v1/models": listing}) as server:
        configure(home, server)
        server.answers = [
            stream(E("Read [this](https://example.com/page) first."), F("stop"), D),
            answer({"error": {"message": said}}, 400, {"x-request-id": KEYS["env"]}),
        ]
        command = ["sh", "-c", 'umask 0; exec "$@"', "sh", *fmtui("-e", "env", "--debug")]
        with Terminal(command, home.environ, columns=120) as terminal:
            await asyncio.to_thread(terminal.until, "max_tokens")
            terminal.type("first prompt\r")
            await asyncio.to_thread(terminal.until, "m · stop")
            await asyncio.to_thread(terminal.until, "(https://example.com/page)")
            started_with = arguments_of(terminal.pid)
            row = next(number for number, text in enumerate(terminal.screen) if "example.com" in text)
            place = f"{terminal.screen[row].index('example.com') + 1};{row + 1}"
            terminal.type(f"\x1b[<0;{place}M\x1b[<0;{place}m")
            await asyncio.to_thread(terminal.until, lambda _: (home.folder / "opened").exists())
            terminal.type("second prompt\r")
            await asyncio.to_thread(terminal.until, "[hidden]")
            terminal.type("\x11")
            assert await asyncio.to_thread(terminal.wait) == 0
            raw = terminal.raw.decode("latin-1")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEYS['env']}"
    assert len(server.requests) == 2
    assert found_in(raw + terminal.text + started_with) == set()
    (home.folder / "child").chmod(0o600)
    given = (home.folder / "child").read_text()
    assert "DISPLAY=:0" in given
    assert found_in(given) <= {"proxy"}, "a browser needs the proxy"
    (home.folder / "child").unlink()
    assert leaks(home.folder) == {}
    made = [path for name in ("data", "state") for path in (home.folder / name).rglob("*")]
    assert len(made) > 3
    modes = {str(path): path.stat().st_mode & 0o777 for path in made}
    assert {path: f"{mode:o}" for path, mode in modes.items() if mode & 0o077} == {}
