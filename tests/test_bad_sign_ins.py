"""What is wrong with a sign-in, a profile or a model is one sentence and a hint, against a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.command import Home
from tests.workspace import CLIENT_ID, PAT, Scenario, Workspace, write_cli

OK = {"DATABRICKS_HOST": "HOST", "DATABRICKS_TOKEN": PAT}
CLI = "[work]\nhost = HOST\nauth_type = databricks-cli\n"
GOOD = f"[work]\nhost = HOST\ntoken = {PAT}\n"
SCRIPT = "#!/bin/sh\n"


class Case(NamedTuple):
    """What is set up, and what is said of it."""

    message: str
    hint: str
    asked: tuple[str, ...] = ("-m", "my-openai", "Hi")
    environ: Mapping[str, str] = {}
    profiles: str = ""
    cli: str | None = None
    """The Databricks CLI: none, one of `write_cli`, or a script."""
    scenario: Scenario = Scenario()


CASES = {
    "profile missing": Case(
        "DATABRICKS_CONFIG_PROFILE names wrok",
        "Did you mean work?",
        environ={"DATABRICKS_CONFIG_PROFILE": "wrok"},
        profiles=GOOD,
    ),
    "profile asked for and missing": Case(
        "There is no endpoint “wrok”.", "Did you mean work?", ("-e", "wrok", "Hi"), profiles=GOOD
    ),
    "profile without host": Case(
        "has a token but no host", "Add host = https://…", ("-e", "a", "Hi"), profiles="[a]\ntoken = x\n"
    ),
    "profile broken": Case("line 1: there is a value before", "[DEFAULT]", profiles=f"x = 1\n{GOOD}"),
    "percent in a token": Case(
        "Invalid access token.",
        "the key from .databrickscfg [work] of endpoint “work”: it is wrong, expired, revoked, or another",
        profiles="[work]\nhost = HOST\ntoken = da%(x)spi%%\n",
    ),
    "cli missing": Case("was not found", "Install it as https://", profiles=CLI, cli=""),
    "cli garbage": Case("holds no token", "databricks auth login", profiles=CLI, cli=f"{SCRIPT}echo hello\n"),
    "login expired": Case(
        "because the refresh token is invalid",
        "databricks auth login --host HOST --profile work",
        profiles=CLI,
        cli="expired",
    ),
    "token expired": Case(
        "Access token expired.",
        "HOST refused the key from DATABRICKS_TOKEN",
        environ=OK,
        scenario=Scenario(login="expired"),
    ),
    "wrong workspace": Case(
        "Invalid access token.",
        "or another workspace's.",
        environ=OK,
        scenario=Scenario(login="elsewhere"),
    ),
    "wrong client": Case(
        "invalid_client: Client authentication failed",
        "Check client id and secret, from DATABRICKS_CLIENT_SECRET",
        environ={
            "DATABRICKS_HOST": "HOST",
            "DATABRICKS_CLIENT_ID": CLIENT_ID,
            "DATABRICKS_CLIENT_SECRET": "dose-wrong-0123456789",
        },
    ),
    "no list": Case(
        "User does not have permission to list serving endpoints.",
        "name one by hand",
        ("Hi",),
        environ=OK,
        scenario=Scenario(listing="forbidden"),
    ),
    "not ready": Case(
        "is not ready", "listed as not ready: it is being deployed", ("-m", "old-completions", "Hi"), OK
    ),
    "retired": Case(
        "does not exist",
        "Offered here: databricks-meta-llama-3-3-70b-instruct",
        ("-m", "databricks-dbrx-instruct", "Hi"),
        OK,
    ),
    "private link": Case(
        "redirects to", "through a private link", environ=OK, scenario=Scenario(private_link=True)
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_is_wrong_is_a_sentence_and_a_hint(tmp_path: Path, name: str) -> None:
    case, home = CASES[name], Home(tmp_path)
    async with Workspace(case.scenario) as workspace:
        _set_up(home, case, workspace.origin)
        done = await home.ask("ask", *case.asked)
        said = done.err.replace(workspace.origin, "HOST").replace(f"127.0.0.1:{workspace.port}", "HOST")
    assert done.status in (1, 2)
    assert done.out == ""
    message, _, hint = said.partition("\n")
    assert case.message in message
    assert case.hint in hint
    assert said.count("\n") == 2, "one sentence and a hint"
    assert not [key for key in (PAT, "dose-wrong", "da%(x)spi") if key in said]


async def test_a_cli_that_is_signed_in_and_a_list_that_is_refused_keep_nobody_from_asking(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    async with Workspace(Scenario(listing="forbidden")) as workspace:
        _set_up(home, Case("", "", profiles=CLI, cli="good"), workspace.origin)
        done = await home.ask("ask", "-m", "my-openai", "Hi")
    assert (done.status, done.err) == (0, "")
    assert "of the fake workspace" in done.out


def _set_up(home: Home, case: Case, origin: str) -> None:
    """Write what the case has into the home folder."""
    home.environ |= {name: value.replace("HOST", origin) for name, value in case.environ.items()}
    if case.profiles:
        path = home.folder / ".databrickscfg"
        path.write_text(case.profiles.replace("HOST", origin))
        path.chmod(0o600)
    if case.cli is not None:
        folder = home.folder / "bin"
        folder.mkdir()
        home.environ["PATH"] = f"{folder}:/usr/bin:/bin"
        if case.cli.startswith(SCRIPT):
            (folder / "databricks").write_text(case.cli)
            (folder / "databricks").chmod(0o755)
        elif case.cli:
            write_cli(folder, origin, case.cli)
