"""`fmtui` with endpoints that have to sign in before they are asked."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.command import Home
from tests.servers import OIDC, D, E, F, ScriptedServer, answer, hang, stream, token
from tests.terminal import Terminal

SECRET = "dose-0123456789abcdef"
SERVING = "/serving-endpoints/m/invocations"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(stream(E("Hello"), F("stop"), D), routes={OIDC: token("eyJ-1")}) as running:
        yield running


async def test_a_client_of_the_environment_is_listed_and_answers(home: Home, server: ScriptedServer) -> None:
    home.environ |= {
        "DATABRICKS_HOST": server.origin,
        "DATABRICKS_CLIENT_ID": "id",
        "DATABRICKS_CLIENT_SECRET": SECRET,
    }
    listed = await home.ask("endpoints")
    assert (listed.status, listed.err) == (0, "")
    assert f"databricks\tdatabricks\t{server.origin}\t\tDATABRICKS_HOST" in listed.out
    asked = await home.ask("ask", "-e", "databricks", "-m", "m", "Hi")
    assert (asked.status, asked.out) == (0, "Hello")
    assert server.requests[-1].target == SERVING
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer eyJ-1"}
    assert len(server.routed) == 1
    kept = [path.read_text("utf-8") for path in home.folder.rglob("*") if path.is_file()]
    assert kept
    assert not [text for text in kept if SECRET in text or "eyJ-1" in text]


async def test_a_profile_of_the_databricks_cli_is_listed_and_answers(
    home: Home, server: ScriptedServer
) -> None:
    (home.folder / ".databrickscfg").write_text(
        f"[work]\nhost = {server.origin}\nauth_type = databricks-cli\n"
    )
    program = home.folder / "databricks"
    program.write_text(
        '#!/bin/sh\n[ "$*" = "auth token --profile work" ] && echo \'{"access_token": "eyJ-2"}\'\n'
    )
    program.chmod(0o755)
    home.environ["PATH"] = f"{home.folder}:{home.environ['PATH']}"
    listed = await home.ask("endpoints")
    assert f"work\tdatabricks\t{server.origin}\t\t.databrickscfg [work]" in listed.out
    assert (await home.ask("ask", "-e", "work", "-m", "m", "Hi")).out == "Hello"
    assert server.requests[0].headers["authorization"] == "Bearer eyJ-2"


async def test_a_refused_sign_in_is_told_without_its_secret(home: Home, server: ScriptedServer) -> None:
    server.routes[OIDC] = answer({"error": "invalid_client", "error_description": f"bad {SECRET}"}, 401)
    (home.folder / ".databrickscfg").write_text(
        f"[ci]\nhost = {server.origin}\nclient_id = id\nclient_secret = {SECRET}\n"
    )
    (home.folder / ".databrickscfg").chmod(0o600)
    asked = await home.ask("ask", "-e", "ci", "-m", "m", "Hi")
    assert asked.status != 0
    assert "refused the sign-in of id: invalid_client: bad [hidden]" in asked.err
    assert ".databrickscfg [ci]" in asked.err
    assert server.requests == []


async def test_interrupting_while_it_signs_in_ends_at_once_and_closes_the_connection(
    home: Home, server: ScriptedServer
) -> None:
    server.routes[OIDC] = hang()
    home.environ |= {
        "DATABRICKS_HOST": server.origin,
        "DATABRICKS_CLIENT_ID": "id",
        "DATABRICKS_CLIENT_SECRET": SECRET,
    }
    process = await home.start("ask", "-e", "databricks", "-m", "databricks-x", "Hi")
    signing_in = await server.asked(routed=True, within_s=20)
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(signing_in.gone.wait(), 20)
    _, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert SECRET.encode() not in err


async def test_a_key_that_others_can_read_is_refused_once_with_the_command_and_all_else_goes_on(
    home: Home, server: ScriptedServer
) -> None:
    profiles = home.folder / ".databrickscfg"
    profiles.write_text(f"[work]\nhost = {server.origin}\ntoken = dapi-0123456789\n")
    profiles.chmod(0o644)
    home.configure(text=f'[endpoints.own]\nurl = "{server.url}"\nmodel = "m"\ntoken = "sk-0123456789"\n')
    home.config.chmod(0o644)
    refusals = {
        "work": f"fmtui: The keys in {profiles} are not used, as other users can read it.\n"
        f"       Run: chmod 600 {profiles}\n",
        "own": f"fmtui: {home.config}, line 4: endpoints.own.token is not used, as other users can read the "
        f"file.\n       Run: chmod 600 {home.config}\n",
    }
    asked = await home.ask("ask", "-e", "own", "-m", "m", "Hi")
    assert (asked.status, asked.err) == (2, refusals["own"])
    asked = await home.ask("ask", "-e", "work", "-m", "m", "Hi")
    assert (asked.status, asked.err) == (2, refusals["own"] + refusals["work"])
    assert server.requests == []
    listed = await home.ask("endpoints")
    assert (listed.status, listed.err) == (0, refusals["own"] + refusals["work"])
    assert [row.partition("\t")[0] for row in listed.out.splitlines()] == ["own", "work", "demo"]
    with Terminal(home.command("endpoints", "-v"), home.environ, columns=300) as terminal:
        assert terminal.wait() == 0
    assert terminal.text.count("as other users can read") == 2
    assert terminal.text.count("hint     Run: chmod 600 ") == 2
    asked = await home.ask("ask", "-e", "demo", "help")
    assert (asked.status, asked.err) == (0, refusals["own"])
