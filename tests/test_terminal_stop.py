"""Stopping the app to use the shell, and going on: by its key, and by signals that it cannot hear."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import time
from pathlib import Path

from tests.servers import D, E, F, ScriptedServer, stream
from tests.terminal import LIMIT_S, Terminal, clean_environ, fmtui
from tests.test_terminal import kept, leave, start, until


def shell(folder: Path) -> Terminal:
    """Start a shell that can stop programs and have them go on."""
    return Terminal(["bash", "--norc", "--noprofile", "-i"], clean_environ(folder, PS1="shell> "))


async def test_the_key_goes_to_the_shell_and_back_and_no_text_is_lost(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(stream(E("first words"), gate, E(" and the rest"), F("stop"), D)) as server:
        config = tmp_path / "config.toml"
        config.write_text(f'[endpoints.local]\nurl = "{server.url}/v1"\nmodel = "m"\nmodels = ["m"]\n')
        command = fmtui("--config", str(config), "--data-dir", str(tmp_path / "data"), "-e", "local")
        with shell(tmp_path) as terminal:
            # Another program that waits for it, as a launcher does: the shell waits for both.
            terminal.type(f"bash -c {shlex.quote(shlex.join(command) + '; echo over')}\r")
            await until(terminal, "max_tokens")
            terminal.type("go\r")
            await until(terminal, "first words")
            terminal.type("draft\x1a")
            await until(terminal, "Stopped")
            gate.set()
            terminal.type("echo 'line\\n'{1..30}\r")
            await until(terminal, lambda t: "30" in t.text)
            terminal.type("fg\r")
            await until(terminal, lambda t: "and the rest" in t.text and "m · stop" in t.text)
            # This terminal has no second screen, so what the shell wrote is written over cell by cell.
            await until(terminal, lambda t: all(row[33] == "▕" for row in t.screen[:-1]))
            assert not [word for word in ("shell>", "Stopped", "line") if word in terminal.text]
            assert "draft" in terminal.text
            terminal.type(" goes on")
            await until(terminal, "draft goes on")
            terminal.type("\x11")
            await until(terminal, "over")
            terminal.type("exit\r")
            assert await asyncio.to_thread(terminal.wait) == 0
    assert kept(tmp_path)[1].text == "first words and the rest"


async def test_without_a_shell_nothing_stops_and_that_is_said(tmp_path: Path) -> None:
    async with ScriptedServer(stream(E("a"), F("stop"), D)) as server:
        with start(tmp_path, server.url) as terminal:
            await until(terminal, "max_tokens")
            terminal.type("one\x1atwo")
            await until(terminal, lambda t: "onetwo" in t.text and "No shell started fmtui here" in t.text)
            terminal.kill(signal.SIGTSTP)
            terminal.type("three")
            await until(terminal, "onetwothree")
            assert taken(terminal) == 1
            assert await leave(terminal) == 0


async def test_a_stop_that_is_not_told_costs_no_key_and_makes_no_key_of_a_paste(tmp_path: Path) -> None:
    async with ScriptedServer(stream(E("a"), F("stop"), D)) as server:
        with start(tmp_path, server.url) as terminal:
            await until(terminal, "max_tokens")
            typed = "abcdefghijklmnopqrstuvwxyz" * 2
            for number, key in enumerate(typed):
                terminal.type(key)
                if number % 10 == 5:
                    stop_untold(terminal)
                await asyncio.to_thread(terminal.read, 0.004)  # as fast as hands or a slow line bring them
            await until(terminal, typed)
            before = taken(terminal)
            terminal.type("\x1b[200~ pasted\xc3".encode("latin-1"))
            stop_untold(terminal)
            await until(terminal, lambda t: taken(t) > before)
            terminal.type(b"\xa9\rsecond line\x1b[201~ typed")
            await until(terminal, "second line typed")
            assert f"{typed} pastedé" in terminal.text
            assert not [asked for asked in server.requests if asked.method == "POST"]
            assert await leave(terminal) == 0


def stop_untold(terminal: Terminal) -> None:
    """Stop the program so that it cannot hear of it, and have it go on."""
    os.kill(terminal.pid, signal.SIGSTOP)
    os.kill(terminal.pid, signal.SIGCONT)


async def test_the_title_the_mouse_and_the_whole_screen_are_lent_and_taken_again(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(stream(E("**first** words"), gate, E(" and the rest"), F("stop"), D)) as server:
        with start(tmp_path, server.url) as terminal:
            await until(terminal, "max_tokens")
            terminal.type("a question\r")
            await until(terminal, "first words")
            await until(terminal, lambda t: b"\x1b]2;a question" in t.raw)
            assert b"\x1b[22;0t" in terminal.raw
            terminal.type("\x1bm")
            await until(terminal, "mouse off")
            assert bytes(terminal.raw).rfind(b"\x1b[?1003l") > bytes(terminal.raw).rfind(b"\x1b[?1003h")
            terminal.type("draft\x1b[20~")
            await until(terminal, "Press a key to go back")
            assert "**first** words" in terminal.text
            assert terminal.raw.endswith(b"--\r\n")
            assert b"\x1b[23;0t" in terminal.raw
            terminal.type("\x03")
            await until(terminal, lambda t: taken(t) == 2 and "mouse off" in t.text and "draft" in t.text)
            assert bytes(terminal.raw).rfind(b"\x1b[?1003h") < bytes(terminal.raw).rfind(b"\x1b[?1003l")
            terminal.type("\x1b[20~")
            await until(terminal, lambda t: t.raw.endswith(b"--\r\n") and "Press a key" in t.text)
            gate.set()  # it goes on while the terminal is lent
            await asyncio.to_thread(until_kept, tmp_path)
            terminal.type("x")
            await until(terminal, lambda t: taken(t) == 3 and "mouse off" in t.text)
            for step in range(100):  # a window that is dragged, down to nothing and back
                terminal.resize(20 + step * 7 % 100, 5 + step * 5 % 40)
            terminal.resize(100, 30)
            terminal.type("\x1bm")
            await until(terminal, lambda t: t.raw.rfind(b"\x1b[?1003h") > t.raw.rfind(b"\x1b[?1003l"))
            await until(terminal, lambda t: "and the rest" in t.text and "mouse off" not in t.text)
            assert "Press a key" not in terminal.text
            assert await leave(terminal) == 0
    assert kept(tmp_path)[1].text == "**first** words and the rest"


def taken(terminal: Terminal) -> int:
    """Return how often the program has taken the whole screen."""
    return terminal.raw.count(b"\x1b[?1049h")


def until_kept(folder: Path) -> None:
    """Wait until the reply is on the disk as a whole."""
    end = time.monotonic() + LIMIT_S
    while kept(folder)[-1].outcome != "complete":
        assert time.monotonic() < end
        time.sleep(0.02)
