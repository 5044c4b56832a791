"""The app in a real pseudo-terminal, on a real socket: what is drawn, written and left behind."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from fmtui.core.chat import Turn
from fmtui.core.sessions import SessionStore
from tests.servers import D, E, F, Scripted, ScriptedServer, seed, stream
from tests.terminal import Terminal, clean_environ, fmtui

MODELS = '{"data": [{"id": "m"}]}'


def start(folder: Path, url: str, *arguments: str, mode: str = "chat", fresh: bool = False) -> Terminal:
    """Start the app in a terminal against one endpoint, with an empty home."""
    config = folder / "config.toml"
    config.write_text(f'[endpoints.local]\nurl = "{url}/v1"\nmodel = "m"\nmode = "{mode}"\nmodels = ["m"]\n')
    command = fmtui("--config", str(config), "--data-dir", str(folder / "data"), "-e", "local", *arguments)
    return Terminal(command, clean_environ(folder), fresh=fresh)


def kept(folder: Path) -> list[Turn]:
    """Return the turns of the only session."""
    store = SessionStore(folder / "data" / "sessions")
    (head,) = store.heads()
    session = store.open(head.id, write=False)
    try:
        return session.all_turns()
    finally:
        session.close()


async def until(terminal: Terminal, condition: Callable[[Terminal], bool] | str) -> None:
    """Wait for the screen while the server goes on in this thread."""
    await asyncio.to_thread(terminal.until, condition)


async def leave(terminal: Terminal) -> int:
    """Leave the app by its key and return its exit status."""
    terminal.type("\x11")
    return await asyncio.to_thread(terminal.wait)


@pytest.mark.parametrize("mode", ["chat", "completion"])
async def test_recorded_streams_show_their_text_and_usage_and_the_first_before_the_second_was_sent(
    tmp_path: Path, mode: str
) -> None:
    events = seed("chat" if mode == "chat" else "completion")
    gate = asyncio.Event()
    async with ScriptedServer(stream(events[0], gate, *events[1:], *ENDS[mode])) as server:
        with start(tmp_path, server.url, mode=mode) as terminal:
            await until(terminal, "max_tokens")
            terminal.type("cookies?\r")
            await until(terminal, lambda t: any(row.strip(" ▕│").endswith(FIRST[mode]) for row in t.screen))
            gate.set()
            await until(terminal, USAGE[mode])
            assert await leave(terminal) == 0
    answer = kept(tmp_path)[1]
    assert answer.text == TEXT[mode]
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == COUNTS[mode]


ENDS = {"chat": (F("stop"), D), "completion": (D,)}
FIRST = {"chat": "1", "completion": "Sure"}
TEXT = {"chat": "1. G they are soft", "completion": "Sure, you’ and bake for"}
USAGE = {"chat": "28 + 724 tokens", "completion": "39 + 84 tokens"}
COUNTS = {"chat": (28, 724), "completion": (39, 84)}


async def test_no_byte_of_a_message_acts_on_the_terminal(tmp_path: Path) -> None:
    hostile = "one\x1b]52;c;ZXZpbA==\x07two\x1b[2Jthree\x9b31mfour[/x]five\u202esix the-end"
    async with ScriptedServer(stream(E(hostile), F("stop"), D)) as server:
        with start(tmp_path, server.url) as terminal:
            await until(terminal, "max_tokens")
            terminal.type("\x1b[200~paste\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m\x1b[201~\r")
            await until(terminal, "the-end")
            await until(terminal, "stop")
            assert "[/x]" in terminal.text
            assert await leave(terminal) == 0
            written = bytes(terminal.raw)
    assert b"\x1b]52" not in written
    assert b"\x1b[2J" not in written
    # Textual ends its own request for the mouse pointer's shape with a bell character.
    assert b"\x07" not in written.replace(b"\x1b]22;default\x07", b"")
    assert "\x9b".encode() not in written
    assert "\u202e".encode() not in written
    assert kept(tmp_path)[1].text == hostile


async def test_leaving_gives_the_terminal_back_as_it_was(tmp_path: Path) -> None:
    async with ScriptedServer(stream(E("a"), F("stop"), D)) as server:
        with start(tmp_path, server.url, fresh=True) as terminal:
            await until(terminal, "max_tokens")
            terminal.type(
                "ab\x18bcd"
            )  # in one piece: the key that does nothing is not typed, those around it are
            await until(terminal, "Ctrl+X b does nothing")
            await until(terminal, "abcd")
            # The terminal's own cursor, at which it shows what is composed, goes along with the editor.
            for keys, there in (("", "abcd"), ("\n\n\n", "▌ "), ("\x7f\x7f\x7f", "abcd")):
                terminal.type(keys)
                await until(terminal, partial(Terminal.is_cursor_behind, text=there))
            assert await leave(terminal) == 0
            written = bytes(terminal.raw)
    for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?1000h", b"\x1b[?1000l")):
        assert written.rfind(off) > written.rfind(on) >= 0
    # Where there is no other screen to go back to, as in GNU screen, the shell goes on in an empty one.
    assert written.rfind(b"\x1b[?1049h") < written.rfind(b"\x1b[m\x1b[H\x1b[J") < written.find(b"\x1b[?1049l")
    assert written.rfind(b"\x1b[?25h") > written.rfind(b"\x1b[?25l")
    assert written.rfind(b"\x1b[?2004l") > written.rfind(b"\x1b[?2004h")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_the_app_with_everything_kept(tmp_path: Path, number: signal.Signals) -> None:
    async with ScriptedServer(stream(E("so far"), asyncio.Event())) as server:
        with start(tmp_path, server.url) as terminal:
            await until(terminal, "max_tokens")
            terminal.type("go\r")
            await until(terminal, "so far")
            terminal.kill(number)
            await asyncio.to_thread(terminal.wait)
    # Nobody wished it: a line that is lost is not what the user did.
    assert [(turn.text, turn.outcome) for turn in kept(tmp_path)] == [("go", None), ("so far", "interrupted")]


@pytest.mark.parametrize(
    ("name", "script", "words"),
    [
        ("401", Scripted([b'{"error_code": "UNAUTHENTICATED", "message": "no"}'], 401), "key"),
        ("empty", stream(), "empty"),
        ("html", Scripted([b"<!doctype html><title>Sign in</title>"], 200), "web page"),
    ],
    ids=["401", "empty", "html"],
)
async def test_a_failure_leaves_a_sentence_and_no_traceback(
    tmp_path: Path, name: str, script: Scripted, words: str
) -> None:
    async with ScriptedServer(script) as server:
        with start(tmp_path, server.url) as terminal:
            await until(terminal, "max_tokens")
            terminal.type("will it work\r")
            await until(terminal, words)
            assert "Traceback" not in terminal.text
            assert await leave(terminal) == 0
