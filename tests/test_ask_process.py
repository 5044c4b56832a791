"""`fmtui ask` as a process: what comes when, and what ends it: signals, readers that leave, terminals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.command import LIMIT_S, Home
from tests.servers import D, E, Ending, F, Scripted, ScriptedServer, stream
from tests.terminal import Terminal


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home folder."""
    return Home(tmp_path)


async def read_until(process: asyncio.subprocess.Process, text: str) -> str:
    """Return what standard output holds once it holds the text."""
    assert process.stdout is not None
    got = b""
    async with asyncio.timeout(LIMIT_S):
        while text.encode() not in got:
            piece = await process.stdout.read(1000)
            assert piece, f"standard output ended: {got!r}"
            got += piece
    return got.decode()


async def rest_of(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    """Return status, and what is left of standard output and error."""
    async with asyncio.timeout(LIMIT_S):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, (out or b"").decode(), err.decode()


def wait_for_turns(home: Home, count: int) -> None:
    """Return when the newest session has so many turns on the disk."""
    deadline = time.monotonic() + LIMIT_S
    while home.store.latest() is None or len(home.turns()) < count:
        assert time.monotonic() < deadline, "they never came"
        time.sleep(0.01)


# ---- when ----


@pytest.mark.parametrize("as_json", [False, True])
async def test_the_first_text_is_out_before_the_second_was_sent(home: Home, *, as_json: bool) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(stream(E("first"), gate, E(" second"), F("stop"), D)) as server:
        home.configure(server)
        process = await home.start("ask", "hi", *(["--json"] if as_json else []), fresh=True)
        seen = await read_until(process, "first")
        assert "second" not in seen
        gate.set()
        status, out, _ = await rest_of(process)
    assert status == 0
    assert "second" in out


async def test_a_standard_input_on_which_nothing_comes_does_not_hold_up_a_typed_prompt(home: Home) -> None:
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(server)
        # Both at once: each waits for some seconds.
        processes = [
            await home.start("ask", "hi", *options, stdin=subprocess.PIPE) for options in ([], ["--json"])
        ]
        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*(process.wait() for process in processes))
        for request in server.requests:
            assert request.json["messages"][-1]["content"] == "hi"
        (status, _, said), (json_status, events, _) = [await rest_of(process) for process in processes]
    assert (status, json_status, len(server.requests)) == (0, 0, 2)
    assert "Nothing came on standard input" in said
    assert "Nothing came on standard input" in events


async def test_standard_input_that_is_asked_for_is_waited_for(home: Home) -> None:
    async with ScriptedServer(stream(E("x"), F("stop"), D)) as server:
        home.configure(server)
        process = await home.start("ask", "sum it up:", "-", stdin=subprocess.PIPE)
        out, _ = await process.communicate(b"all of it\n")
        assert server.requests[0].json["messages"][-1]["content"] == "sum it up:\n\nall of it"
    assert out == b"x"


async def test_the_prompt_is_on_the_disk_before_the_request_leaves(home: Home) -> None:
    async with ScriptedServer(stream(Ending.HANG)) as server:
        home.configure(server)
        process = await home.start("ask", "remember me")
        await server.asked(within_s=LIMIT_S)
        assert [turn.text for turn in home.turns()] == ["remember me"]
        process.kill()
        await rest_of(process)


# ---- stopping ---------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_case_085_a_signal_stops_it_and_keeps_what_came(home: Home, number: signal.Signals) -> None:
    async with ScriptedServer(stream(E("partial"), Ending.HANG)) as server:
        home.configure(server)
        process = await home.start("ask", "hi")
        await read_until(process, "partial")
        process.send_signal(number)
        status, out, err = await rest_of(process)
        await asyncio.wait_for(server.requests[0].gone.wait(), LIMIT_S)
    assert (status, out) == (130, "")
    assert "kept in session" in err
    assert "Traceback" not in err
    reply = home.turns()[-1]
    assert (reply.text, reply.outcome) == ("partial", "stopped")


async def test_stopping_before_the_answer_keeps_the_prompt(home: Home) -> None:
    async with ScriptedServer(Scripted([], before_headers=[Ending.HANG])) as server:
        home.configure(server)
        process = await home.start("ask", "hi", "--json")
        await server.asked(within_s=LIMIT_S)
        process.send_signal(signal.SIGINT)
        status, out, err = await rest_of(process)
    end = json.loads(out.splitlines()[-1])
    assert (status, err) == (130, "")
    assert (end["event"], end["outcome"], end["text"]) == ("end", "stopped", "")
    assert [turn.text for turn in home.turns()] == ["hi"]


async def test_a_signal_that_is_ignored_from_the_start_stays_ignored(home: Home) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(stream(E("a"), gate, E("b"), F("stop"), D)) as server:
        home.configure(server)
        previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        try:
            process = await home.start("ask", "hi", fresh=True)
        finally:
            signal.signal(signal.SIGHUP, previous)
        await read_until(process, "a")
        process.send_signal(signal.SIGHUP)
        gate.set()
        status, out, _ = await rest_of(process)
    assert (status, out) == (0, "b")


async def test_a_reader_that_leaves_ends_it_quietly_and_the_reply_is_kept(home: Home) -> None:
    gate = asyncio.Event()
    async with ScriptedServer(stream(E("first"), gate, E(" second"), Ending.HANG)) as server:
        home.configure(server)
        reading, writing = os.pipe()
        process = await home.start("ask", "hi", stdout=writing)
        os.close(writing)
        assert await asyncio.to_thread(os.read, reading, 100) == b"first"
        os.close(reading)
        gate.set()
        status, _, err = await rest_of(process)
    assert (status, err) == (130, "")
    reply = home.turns()[-1]
    assert (reply.text, reply.outcome) == ("first second", "stopped")


async def test_ctrl_c_works_while_the_reader_takes_nothing(home: Home) -> None:
    """A pager that waits must not keep fmtui from stopping, nor from receiving."""
    flood = "x" * 500_000
    async with ScriptedServer(stream(E(flood), E("last"), F("stop"), D)) as server:
        home.configure(server)
        reading, writing = os.pipe()
        process = await home.start("ask", "hi", stdout=writing)
        os.close(writing)

        await asyncio.to_thread(wait_for_turns, home, 2)
        process.send_signal(signal.SIGINT)
        status, _, _ = await rest_of(process)
        os.close(reading)
    assert status == 130
    assert home.turns()[-1].text == flood + "last"


def test_a_full_disk_behind_standard_output_is_an_error_in_a_sentence(home: Home) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            home.command("ask", "-e", "demo", "hi"),
            env=home.environ,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=LIMIT_S,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.decode() == "fmtui: Standard output cannot be written: No space left on device.\n"


# ---- the demo and the terminal ----------------------------------------------


def test_on_a_terminal_nothing_of_a_hostile_answer_acts(home: Home) -> None:
    command = home.command("ask", "-e", "demo", "escape")
    with Terminal(command, home.environ, columns=100, rows=30) as terminal:
        terminal.wait()
    assert terminal.status == 0
    assert b"\x1b" not in terminal.raw
    assert b"\x07" not in terminal.raw
    assert "\u202e".encode() not in terminal.raw
    assert "\x9b".encode() not in terminal.raw
    assert bytes(terminal.raw).endswith(b"\r\n")


def test_ctrl_c_on_a_terminal_says_what_was_kept_on_a_line_of_its_own(home: Home) -> None:
    with Terminal(home.command("ask", "-e", "demo", "long"), home.environ, columns=100, rows=30) as terminal:
        terminal.until("canned text")
        terminal.type("\x03")
        assert terminal.wait() == 130
    assert any(row.startswith("fmtui: Stopped; what came is kept in session") for row in terminal.screen)
    assert home.turns()[-1].outcome == "stopped"


def test_closing_the_terminal_keeps_what_came(home: Home) -> None:
    with Terminal(home.command("ask", "-e", "demo", "long"), home.environ) as terminal:
        terminal.until("canned text")
        terminal.hang_up()
        deadline = time.monotonic() + LIMIT_S
        while not terminal.ended:
            assert time.monotonic() < deadline, "it runs on without a terminal"
            time.sleep(0.01)
    reply = home.turns()[-1]
    assert "canned text" in reply.text
    assert reply.outcome == "stopped"


def test_ask_never_imports_textual(home: Home) -> None:
    program = (
        "import sys; from fmtui.cli import main;"
        "status = main(['ask', '-e', 'demo', 'help', '--max-tokens', '3']);"
        "sys.exit(status or 10 * any(name.partition('.')[0] in ('textual', 'rich') for name in sys.modules))"
    )
    done = subprocess.run(
        [*home.command()[:1], "-c", program],
        env=home.environ,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
