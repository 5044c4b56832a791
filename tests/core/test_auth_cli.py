"""Signing in through the Databricks CLI, with a program of that name that says what a test wrote."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from fmtui.core import auth_flow
from fmtui.core.auth import Credential
from fmtui.core.auth_flow import TokenAuth
from fmtui.core.client import Client
from fmtui.core.databricks_cli import ask
from fmtui.core.errors import AuthError, CredentialError
from fmtui.core.sign_ins import by_cli
from tests.core.asking import collect, endpoint_at
from tests.servers import D, E, F, ScriptedServer, answer, stream

HOST = "https://dbc-1.cloud.databricks.com"
STAGING = by_cli(".databrickscfg [staging]", "staging")
TOKEN = "eyJ-of-the-cli"
JSON = json.dumps({"access_token": TOKEN, "token_type": "Bearer", "expiry": "2999-11-22T21:41:57.123456789Z"})
NEXT = 'printf \'{"access_token": "token-%s"}\' $(wc -l < "$0.log" | tr -d \' \')'
"""Prints `token-1` at the first run, `token-2` at the second."""


class Fake:
    """The program `databricks` on a PATH of its own; it notes how it was called."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bin" / "databricks"
        self.path.parent.mkdir()
        self.environ = {"PATH": f"{self.path.parent}:/usr/bin:/bin", "HOME": str(folder)}

    def does(self, script: str) -> None:
        self.path.write_text(f'#!/bin/sh\necho "$*" >> "$0.log"\n{script}\n')
        self.path.chmod(0o755)

    def prints(self, text: str) -> None:
        self.does(f"printf %s {shlex.quote(text)}")

    @property
    def calls(self) -> list[str]:
        log = self.path.with_name("databricks.log")
        return log.read_text().splitlines() if log.exists() else []

    async def token(self, credential: Credential = STAGING, *, refused: bool = False) -> str:
        return (await ask(credential, HOST, self.environ, 10.0, refused=refused)).text

    async def failure(self, credential: Credential = STAGING) -> CredentialError:
        with pytest.raises(CredentialError) as caught:
            await self.token(credential)
        return caught.value


@pytest.fixture
def cli(tmp_path: Path) -> Fake:
    return Fake(tmp_path)


async def test_case_119_cli_ok(cli: Fake) -> None:
    cli.prints(JSON)
    assert await cli.token() == TOKEN
    assert await cli.token(by_cli("a test", "")) == TOKEN
    assert cli.calls == ["auth token --profile staging", f"auth token --host {HOST}"]


async def test_case_119_cli_exit_1(cli: Fake) -> None:
    said = "A new access token could not be retrieved because the refresh token is invalid. "
    said += "To reauthenticate, run the following command:"
    command = f"databricks auth login --host {HOST} --profile staging"
    cli.does(f"printf 'Error: {said}\\n  \\033[1m$ {command}\\n' >&2; exit 1")
    error = await cli.failure()
    assert "exit status 1" in error.message
    assert str(error).count("databricks auth login") == 1
    assert error.message.endswith("because the refresh token is invalid.")
    assert error.hint == f"Sign in with: {command}"
    assert "\x1b" not in str(error)
    other = "Try logging in again with `databricks auth login --host X` before retrying. Else report this"
    cli.does(f"printf 'Error: cache: not configured for this host. {other}' >&2; exit 1")
    assert (await cli.failure()).message.endswith(f"host. {other}.")  # as it is


async def test_case_119_cli_hang(cli: Fake) -> None:
    fifo = cli.path.with_name("alive")
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    cli.does(f"exec 3>'{fifo}'; echo started >&3; sleep 60 & wait")
    with pytest.raises(CredentialError, match=r"took longer than 0\.4 s and was stopped"):
        await ask(STAGING, HOST, cli.environ, 0.4, refused=False)
    while await asyncio.to_thread(os.read, reader, 100):  # its child has the other end until it is killed too
        pass
    os.close(reader)


@pytest.mark.parametrize(
    "printed",
    ["", "token", "{", "[]", "{}", '{"access_token": 3}', '{"access_token": "a b\\u001b"}', "{" * 5000],
)
async def test_case_119_cli_garbage(cli: Fake, printed: str) -> None:
    cli.prints(printed)
    error = await cli.failure()
    assert "printed something that holds no token" in error.message
    assert "databricks auth login" in error.hint


async def test_case_119_cli_missing(cli: Fake) -> None:
    error = await cli.failure()
    assert "was not found" in error.message
    assert "https://docs.databricks.com/dev-tools/cli/install.html" in error.hint
    assert "DATABRICKS_CLI_PATH" in error.hint
    cli.environ["DATABRICKS_CLI_PATH"] = "/none/databricks"
    assert "there is no /none/databricks" in (await cli.failure()).message
    cli.path.write_text("no program")
    cli.environ["DATABRICKS_CLI_PATH"] = str(cli.path)
    assert "cannot be started: Permission denied" in (await cli.failure()).message


async def test_the_program_may_be_named_by_the_environment(cli: Fake) -> None:
    cli.prints(JSON)
    cli.environ |= {"PATH": "/usr/bin:/bin", "DATABRICKS_CLI_PATH": str(cli.path)}
    assert await cli.token() == TOKEN


@pytest.mark.parametrize(
    "script",
    [
        'echo "Error: No such command \\"auth\\"." >&2; exit 2',
        '[ "$1" = --version ] && echo "Version 0.18.0" || { echo "Usage: databricks" >&2; exit 2; }',
    ],
)
async def test_the_old_program_from_pip_is_refused(cli: Fake, script: str) -> None:
    cli.does(script)
    error = await cli.failure()
    assert "is the old one" in error.message
    assert "Install the new one" in error.hint


async def test_a_new_program_that_fails_is_not_called_old(cli: Fake) -> None:
    cli.does('[ "$1" = --version ] && echo "Databricks CLI v0.296.0" || { echo "cache: x" >&2; exit 1; }')
    assert "cache: x" in (await cli.failure()).message


@pytest.mark.parametrize("fault", ["exit 45", "echo 'cache update: locked' >&2; exit 1"])
async def test_a_cache_that_is_busy_is_tried_again_three_times(
    cli: Fake, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fmtui.core.databricks_cli._PAUSE_S", 0.001)
    cli.does(f'[ $(wc -l < "$0.log") -gt 3 ] || {{ {fault}; }}; printf %s {shlex.quote(JSON)}')
    assert await cli.token() == TOKEN
    assert len(cli.calls) == 4
    cli.path.with_name("databricks.log").unlink()
    cli.does(fault)
    assert "gave no token" in (await cli.failure()).message
    assert [call for call in cli.calls if call.startswith("auth")] == ["auth token --profile staging"] * 4


async def test_a_complaint_that_holds_the_token_is_masked(cli: Fake) -> None:
    cli.does(f"echo 'bad {TOKEN}' >&2; printf %s {shlex.quote(JSON)}; exit 1")
    error = await cli.failure()
    assert "bad [hidden]" in error.message
    assert TOKEN not in str(error)


async def test_it_sees_no_key_and_nothing_that_makes_it_choose_another_workspace(cli: Fake) -> None:
    cli.does('env > "$0.env"; printf %s \'' + JSON + "'")
    cli.environ |= {
        "DATABRICKS_TOKEN": "dapi",
        "DATABRICKS_CLIENT_SECRET": "dose",
        "OPENAI_API_KEY": "sk",
        "TEAM_KEY": "tk",
        "DATABRICKS_HOST": "https://other",
        "DATABRICKS_CONFIG_PROFILE": "other",
        "DATABRICKS_CONFIG_FILE": "/x/cfg",
        "HTTPS_PROXY": "http://proxy",
    }
    await cli.token(replace(STAGING, withheld=("TEAM_KEY",)))
    seen = cli.path.with_name("databricks.env").read_text().splitlines()
    names = {line.partition("=")[0] for line in seen}
    assert {"DATABRICKS_CONFIG_FILE", "HTTPS_PROXY", "HOME", "PATH"} <= names
    assert not names & {"DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "OPENAI_API_KEY", "TEAM_KEY"}
    assert not names & {"DATABRICKS_HOST", "DATABRICKS_CONFIG_PROFILE"}


# ---- when it runs -------------------------------------------------------------


async def test_its_token_is_kept_until_a_minute_before_its_end(cli: Fake) -> None:
    cli.prints(json.dumps({"access_token": TOKEN, "expires_in": 600}))
    now = [1000.0]
    auth = TokenAuth(STAGING, cli.environ, HOST, clock=lambda: tuple(now))
    await asyncio.gather(*(auth.secret() for _ in range(5)))
    now[0] += 539
    await auth.secret()
    assert len(cli.calls) == 1
    now[0] += 2
    await auth.secret()
    assert len(cli.calls) == 2


@pytest.mark.parametrize("forced", [True, False])
async def test_after_a_401_a_new_token_is_forced_where_the_program_can(cli: Fake, *, forced: bool) -> None:
    old = 'case "$*" in *force-refresh*) echo "Error: unknown flag: --force-refresh" >&2; exit 1;; esac\n'
    cli.does(("" if forced else old) + NEXT)
    reply = stream(E("a"), F("stop"), D)
    async with ScriptedServer(answer({"message": "expired"}, 401), reply) as server:
        client = Client(environ=cli.environ)
        result = await collect(client, endpoint_at(server.url, credential=STAGING))
        await client.aclose()
        assert (result.error, result.text) == (None, "a")
        keys = [request.headers["authorization"] for request in server.requests]
    first, second = "auth token --profile staging", "auth token --profile staging --force-refresh"
    assert cli.calls == ([first, second] if forced else [first, second, first])
    assert keys == ["Bearer token-1", f"Bearer token-{len(cli.calls)}"]


async def test_a_token_that_is_refused_and_stays_the_same_is_not_sent_twice(cli: Fake) -> None:
    cli.prints(JSON)
    async with ScriptedServer(answer({"message": "expired"}, 401)) as server:
        client = Client(environ=cli.environ)
        result = await collect(client, endpoint_at(server.url, credential=STAGING))
        await client.aclose()
        assert isinstance(result.error, AuthError)
        assert len(server.requests) == 1


async def test_a_cli_that_takes_long_is_told_of(cli: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth_flow, "TELL_S", 0.0)
    told: list[str] = []
    cli.does("sleep 0.3")
    flow = TokenAuth(STAGING, cli.environ, HOST, waits=told.append)
    with pytest.raises(CredentialError):
        await flow._found(None)
    with pytest.raises(CredentialError):
        await flow._found(None)
    assert told == ["Waiting for the Databricks CLI to give a token."]
