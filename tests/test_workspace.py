"""The client against a whole workspace, as far as one can be had on a loopback socket."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from fmtui.core.auth import Credential
from fmtui.core.chat import Event, Params, ReasoningDelta, Request, Retrying, TextDelta, Turn
from fmtui.core.client import Client
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import FmtuiError
from tests.workspace import CLIENT_ID, CLIENT_SECRET, PAT, Scenario, Workspace
from tests.workspace_models import CATALOGUE

PERSON = Credential("bearer", token=PAT, source="DATABRICKS_TOKEN")
PROGRAM = Credential(
    "bearer", sign_in="oauth-m2m", token=CLIENT_SECRET, client_id=CLIENT_ID, source=".databrickscfg [ci]"
)


async def no_sleep(seconds: float) -> None:
    """Wait for nothing."""


def at(workspace: Workspace, credential: Credential = PERSON) -> Endpoint:
    return Endpoint("work", workspace.origin, "databricks", credential)


async def told(workspace: Workspace, model: str, said: str = "Hi", **params: object) -> Sequence[Event]:
    """Return the events of one answer."""
    request = Request(Params("work", model, **params), (Turn.prompt(said),))  # type: ignore[arg-type]  # fields of Params
    async with aclosing(Client(environ={}, sleep=no_sleep)) as client:
        return [event async for event in client.stream(at(workspace), request)]


def text(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def refused(workspace: Workspace, model: str, said: str = "Hi", **params: object) -> FmtuiError:
    with pytest.raises(FmtuiError) as caught:
        await told(workspace, model, said, **params)
    return caught.value


async def test_a_workspace_lists_what_can_be_talked_to() -> None:
    async with Workspace() as workspace, aclosing(Client(environ={})) as client:
        models = {model.name: model for model in await client.models(at(workspace))}
    assert models.keys() == {served.name for served in CATALOGUE} - {"databricks-gte-large-en", "churn-xgb"}
    assert models["my-openai"].label == "gpt-4o at openai"
    assert models["my-completions"].mode == "completion"
    assert (models["old-completions"].ready, models["old-completions"].note) == (
        False,
        "not ready: it is being deployed",
    )
    assert "scales to zero" in models["cold-llama"].note


@pytest.mark.parametrize(
    "model",
    [
        "databricks-meta-llama-3-3-70b-instruct",
        "databricks-claude-opus-5-5",
        "my-openai",
        "my-agent",
        "system.ai.claude-sonnet-4-5",
        "cold-llama",
    ],
)
async def test_every_kind_of_chat_model_answers(model: str) -> None:
    async with Workspace(Scenario(cold_s=0.01)) as workspace:
        events = await told(workspace, model, "How are you?")
    assert "of the fake workspace. You wrote: “How are you?”" in text(events)


async def test_reasoning_and_completions_come_in_their_own_forms() -> None:
    async with Workspace() as workspace:
        events = await told(workspace, "databricks-gpt-oss-120b")
        assert [e.text for e in events if isinstance(e, ReasoningDelta)] == ["Let me ", "think of it. "]
        assert text(events).startswith("This is **databricks-gpt-oss-120b**")
        events = await told(workspace, "my-completions", mode="completion")
        assert text(events) == " and that is how the fake workspace goes on with a text."
        assert [request.target for request in workspace.routed] == [
            "/serving-endpoints/databricks-gpt-oss-120b/invocations",
            "/serving-endpoints/my-completions/invocations",
        ]


async def test_a_limit_that_passes_is_waited_for_and_one_that_does_not_is_told() -> None:
    async with Workspace() as workspace:
        events = await told(workspace, "busy-llama")
        assert [event.after_s for event in events if isinstance(event, Retrying)] == [1.0]
        assert text(events)
        error = await refused(workspace, "spent-llama")
        assert "OTPM limit" in error.message
        assert "asks to wait 1 h" in error.hint


async def test_a_retired_model_is_answered_with_what_is_there() -> None:
    async with Workspace() as workspace:
        error = await refused(workspace, "databricks-meta-llama-3-1-405b-instruct")
    assert "does not exist" in error.message
    assert "Offered here: databricks-meta-llama-3-3-70b-instruct" in error.hint
    assert "old-completions" not in error.hint


async def test_a_model_that_does_something_else_says_what_the_list_knows_of_it() -> None:
    async with Workspace() as workspace:
        error = await refused(workspace, "databricks-gte-large-en")
        assert error.kind == "wrong_task"
        assert error.hint.startswith(
            "“databricks-gte-large-en” answers neither chat nor completion: it makes embeddings. Offered"
        )
        error = await refused(workspace, "my-completions")
        assert error.hint.startswith(
            "“my-completions” is listed as one that completes text: choose the mode completion."
        )
    async with Workspace(Scenario(listing="forbidden")) as workspace:
        error = await refused(workspace, "databricks-gte-large-en")
        assert "try the other mode, chat or completion" in error.hint


async def test_parallel_requests_share_one_token_and_a_revoked_one_is_renewed_once() -> None:
    async with Workspace(Scenario(token_uses=5)) as workspace:
        client, endpoint = Client(environ={}), at(workspace, PROGRAM)

        async def one() -> str:
            request = Request(Params("work", "my-openai"), (Turn.prompt("Hi"),))
            return text([event async for event in client.stream(endpoint, request)])

        assert all(await asyncio.gather(*(one() for _ in range(5))))
        assert [request.target for request in workspace.routed].count("/oidc/v1/token") == 1
        assert await one()
        assert [request.target for request in workspace.routed].count("/oidc/v1/token") == 2
        await client.aclose()


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        (Scenario(login="expired"), "Access token expired. HOST refused the key from DATABRICKS_TOKEN"),
        (Scenario(login="elsewhere"), "Invalid access token. HOST refused the key from DATABRICKS_TOKEN"),
        (Scenario(private_link=True), "The workspace is reached through a private link"),
        (Scenario(listing="forbidden"), "or is of another workspace: name one by hand."),
        (Scenario(listing="page"), "The list of models is not JSON"),
    ],
)
async def test_a_list_that_cannot_be_had_says_why_and_what_to_do(scenario: Scenario, said: str) -> None:
    async with Workspace(scenario) as workspace, aclosing(Client(environ={})) as client:
        with pytest.raises(FmtuiError) as caught:
            await client.models(at(workspace))
        whole = str(caught.value).replace(f"127.0.0.1:{workspace.port}", "HOST")
    assert said in whole
    assert PAT not in whole
    assert caught.value.hint


def test_by_hand_it_says_how_to_try_it_and_ends_cleanly(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or "What is asked" not in lines[-1]:
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "closed" in out
    said = "".join(lines)
    assert f"DATABRICKS_TOKEN={PAT} fmtui" in said
    assert f"DATABRICKS_CLIENT_SECRET={CLIENT_SECRET}" in said
    assert list(tmp_path.iterdir()) == []
