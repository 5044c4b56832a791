"""`fmtui doctor` as a user runs it: what it says, its exit status, and that it ends when told to."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import pytest

from fmtui import asking_terminal
from fmtui.asking_terminal import ask_tmux
from fmtui.core.doctor import Finding
from fmtui.doctor_text import rows, styled, summary
from tests.command import Home
from tests.servers import ScriptedServer, answer, hang
from tests.terminal import Terminal, clean_environ, fmtui
from tests.workspace import PAT, Scenario, Workspace

pytestmark = pytest.mark.anyio

LISTED = answer({"data": [{"id": "tiny"}]})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home folder."""
    return Home(tmp_path)


async def test_all_is_well_or_one_endpoint_is_not(home: Home) -> None:
    async with ScriptedServer(LISTED) as server:
        home.configure(server, allow_http=True)
        done = await home.ask("doctor")
        assert done.status == 0, done.out
        assert "Endpoint local" in done.out
        assert "Nothing is wrong." in done.out
        before = sorted(home.folder.rglob("*"))
    broken = await home.ask("doctor")
    assert broken.status == 1
    assert "the connection was refused" in " ".join(broken.out.split())
    assert "1 error" in broken.out
    only_demo = await home.ask("doctor", "-e", "demo")
    assert only_demo.status == 0
    assert "Endpoint local" not in only_demo.out
    assert sorted(home.folder.rglob("*")) == before, "it writes nothing"
    unknown = await home.ask("doctor", "-e", "lokal")
    assert unknown.status == 2
    assert "local" in unknown.err


async def test_json_holds_every_finding_and_no_key(home: Home) -> None:
    async with Workspace(Scenario(login="expired")) as workspace:
        home.environ |= {"DATABRICKS_HOST": workspace.origin, "DATABRICKS_TOKEN": PAT}
        home.configure(text='theme = "fmtui-dork"\nthem = "y"\n[keys]\n"no.such" = "f9"\n')
        done = await home.ask("doctor", "--json")
    assert done.status == 1
    assert PAT not in done.out
    told = json.loads(done.out)
    assert (told["worst"], told["stopped"]) == ("error", False)
    wrong = {each["name"]: each for each in told["findings"] if each["level"] == "error"}
    assert set(wrong) == {"them", "sign-in"}
    warned = {each["name"]: each for each in told["findings"] if each["level"] == "warning"}
    assert "there is no command 'no.such'" in warned["keys"]["sentence"]
    assert warned["theme"]["mend"] == f'theme = "fmtui-dark"  # in {home.config}'
    assert wrong["sign-in"]["endpoint"] == "databricks"
    assert wrong["sign-in"]["mend"] == "export DATABRICKS_TOKEN=…"
    assert {each["area"] for each in told["findings"]} == {
        *("versions", "terminal", "files", "configuration", "endpoint")
    }


async def test_a_request_is_made_only_when_asked_for_and_said_to_cost(home: Home) -> None:
    async with Workspace() as workspace:
        home.environ |= {"DATABRICKS_HOST": workspace.origin, "DATABRICKS_TOKEN": PAT}
        done = await home.ask("doctor", "--request", "-e", "databricks")
        assert done.status == 0, done.out
        assert "may be billed" in done.err
        assert "replied" in done.out
        assert sum(each.method == "POST" for each in workspace.routed) == 1


async def test_ctrl_c_ends_it_at_once_with_what_is_known(home: Home) -> None:
    async with ScriptedServer(hang()) as server:
        home.configure(server)
        for json_wanted in (False, True):
            server.requests.clear()
            process = await home.start("doctor", *(["--json"] if json_wanted else []))
            await server.asked(within_s=20)
            process.send_signal(signal.SIGINT)
            out, _ = await asyncio.wait_for(process.communicate(), 20)
            assert process.returncode == 130
            if json_wanted:
                told = json.loads(out)
                assert told["stopped"]
                assert "connection" in {each["name"] for each in told["findings"]}
            else:
                assert "connection" in out.decode()
                assert "Stopped. So far: Nothing is wrong." in out.decode()


def test_on_a_terminal_it_asks_and_a_silent_one_does_not_hold_it_up(tmp_path: Path) -> None:
    with Terminal(fmtui("doctor"), clean_environ(tmp_path), columns=60, rows=100) as terminal:
        terminal.until(lambda t: b"\x1b[c" in t.raw)
        terminal.type(b"\x1bP>|test-term(1)\x1b\\\x1b[?0u\x1b[?2026;2$y\x1b[?62c")
        assert terminal.wait() == 0
        assert "says test-term(1)" in " ".join(terminal.text.split())
        assert "kitty protocol" in terminal.text
        assert "yes (synchronized output)" in terminal.text
        assert "\x1b]" not in terminal.raw.decode()
    with Terminal(fmtui("doctor", "-e", "demo"), clean_environ(tmp_path), rows=100) as terminal:
        assert terminal.wait() == 0
        assert "did not answer in time" in terminal.text
    dumb = clean_environ(tmp_path, TERM="dumb", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    with Terminal(fmtui("doctor", "-e", "demo"), dumb, rows=100) as terminal:
        assert terminal.wait() == 1
        assert b"\x1b[c" not in terminal.raw
        assert "export TERM=xterm-256color" in terminal.text
        assert "x locale" in terminal.text
        assert "export LC_ALL=C.UTF-8" in terminal.text


def test_in_the_app_the_terminal_is_asked_too_and_its_answer_is_not_typed(tmp_path: Path) -> None:
    with Terminal(fmtui("-e", "demo"), clean_environ(tmp_path), columns=80, rows=24) as terminal:
        terminal.until("demo-chat")
        terminal.type("/doctor\r")
        terminal.until(lambda t: b"\x1b[?u\x1b[c" in t.raw)
        terminal.type("\x1b[?1u\x1b[?62;4;22c")
        terminal.until("Doctor: ")
        terminal.until(lambda t: "looking" not in t.text)
        terminal.type("\x1b[6~")
        terminal.until("kitty protocol")
        terminal.type("\x1b")
        terminal.until(lambda t: "Doctor: " not in t.text)
        assert "62;4" not in terminal.text
        terminal.type("\x11")
        assert terminal.wait() == 0


async def test_tmux_is_asked_and_one_that_hangs_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await ask_tmux({"PATH": "/usr/bin"}) is None
    environ = {"TMUX": "x", "PATH": f"{tmp_path}:/usr/bin:/bin"}
    program = tmp_path / "tmux"
    program.write_text('#!/bin/sh\nprintf "3.4\\txterm\\tRGB\\nset-clipboard off\\n"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", environ["PATH"])
    found = await ask_tmux(environ)
    assert found is not None
    assert (found.version, found.options["set-clipboard"]) == ("3.4", "off")
    monkeypatch.setattr(asking_terminal, "_TMUX_S", 0.05)
    program.write_text("#!/bin/sh\nsleep 60\n")
    assert await ask_tmux(environ) is None
    program.unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await ask_tmux(environ) is None


HOSTILE = "\x1b]52;c;eA==\x07 [bold]x[/bold]"


@pytest.mark.parametrize("width", [20, 59, 119])
def test_rows_fit_and_hold_nothing_that_acts_on_a_terminal(width: int) -> None:
    finding = Finding(
        "endpoint",
        f"n{HOSTILE}",
        f"{HOSTILE} {'word ' * 40}",
        "error",
        sentence=f"What is wrong {HOSTILE} " * 5,
        mend=f"chmod 600 {HOSTILE} {'x' * 150}",
        hint=f"A hint. {HOSTILE}",
        endpoint="e\x9b2J",
        took_s=0.0123,
    )
    told = list(rows([finding], width))
    assert told[0].text == "Endpoint e\ufffd2J"
    assert all(row.text.isprintable() for row in told)
    assert all(len(row.text) <= max(width, 30) for row in told if row.kind != "line")
    (line,) = (row for row in told if row.kind == "line")
    assert not line.text.startswith(" "), "no column is lost to a line that is too long"
    assert line.text.endswith("x" * 150)  # whole, to be copied
    assert any("(12 ms)" in row.text for row in told)
    assert styled(line, colours=True) == f"\x1b[1m{line.text}\x1b[0m"
    wrong = next(row for row in told if row.kind == "error")
    assert styled(wrong, colours=True).startswith("\x1b[31m")
    assert styled(wrong, colours=False).startswith("\x1b[1m")
    assert list(rows([], width)) == []


def test_a_long_name_has_its_value_beside_it_where_there_is_room() -> None:
    frames = Finding("terminal", "whole frames", "not asked")
    profile = Finding("configuration", ".databrickscfg [nohost]", "not used", "note")
    assert [row.text for row in rows([frames, profile], 80)][1:3] == [
        "✓ whole frames  not asked",
        "· .databrickscfg [nohost]  not used",
    ]
    narrow = [row.text for row in rows([profile], 30)]
    assert narrow[1:3] == ["· .databrickscfg [nohost]", " " * 16 + "not used"]


def test_the_summary_counts() -> None:
    error, warning = Finding("files", "a", level="error"), Finding("files", "b", level="warning")
    assert summary([]) == "Nothing is wrong."
    assert summary([warning, warning]) == "2 warnings, no error."
    assert summary([error, warning]) == "1 error and 1 warning."
