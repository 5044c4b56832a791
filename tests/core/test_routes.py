"""Where a prompt goes: models with an address of their own, gateways, names of Unity Catalog."""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from fmtui.core.auth import Credential
from fmtui.core.chat import Model, Params, Request, TextDelta, Turn
from fmtui.core.client import Client
from fmtui.core.config import load
from fmtui.core.endpoints import (
    Endpoint,
    completion_url,
    guess_kind,
    listing_url,
    lists_as,
    normalise_url,
    workspace_url,
)
from fmtui.core.errors import AuthError, NotFoundError
from fmtui.core.routes import OAUTH_ONLY, own_address
from tests.servers import Recorded, Scripted, answer
from tests.workspace import CLI_TOKEN, CLIENT_ID, CLIENT_SECRET, PAT, Workspace, write_cli
from tests.workspace_models import CATALOGUE

HOST = "https://dbc-1234.cloud.databricks.com"
ROUTE = "https://u1.serving.cloud.databricks.com/99/serving-endpoints/fast/invocations"
PERSON = Credential("bearer", token=PAT, source="DATABRICKS_TOKEN")
PROGRAM = Credential("bearer", sign_in="oauth-m2m", token=CLIENT_SECRET, client_id=CLIENT_ID, source="ci")
CLI = Credential("bearer", sign_in="databricks-cli", source="the Databricks CLI")


@pytest.mark.parametrize(
    ("typed", "model", "asked", "listed"),
    [
        (HOST, "m", "/serving-endpoints/m/invocations", "/api/2.0/serving-endpoints"),
        (HOST, "system.ai.m-4-5", "/ai-gateway/mlflow/v1/chat/completions", "/api/2.0/serving-endpoints"),
        (
            f"{HOST}/ai-gateway/mlflow/v1",
            "system.ai.m",
            "/ai-gateway/mlflow/v1/chat/completions",
            "/api/2.0/serving-endpoints",
        ),
        (
            f"{HOST}/ai-gateway/mlflow/v1/chat/completions",
            "m",
            "/ai-gateway/mlflow/v1/chat/completions",
            "/api/2.0/serving-endpoints",
        ),
    ],
)
def test_a_workspace_and_its_gateway_are_asked_and_listed_by_rule(
    typed: str, model: str, asked: str, listed: str
) -> None:
    kind = guess_kind(typed)
    endpoint = Endpoint("w", normalise_url(kind, typed), kind)
    assert completion_url(endpoint, Params(model=model)) == HOST + asked
    assert (listing_url(endpoint), lists_as(endpoint)) == (HOST + listed, "databricks")


def test_the_openai_form_of_a_workspace_sends_names_of_the_catalogue_to_the_gateway() -> None:
    for typed in (
        HOST,
        f"{HOST}/",
        f"{HOST}/serving-endpoints",
        f"{HOST}/serving-endpoints/chat/completions",
    ):
        endpoint = Endpoint("w", normalise_url("openai", typed), "openai")
        assert completion_url(endpoint, Params(model="m")) == f"{HOST}/serving-endpoints/chat/completions"
        gateway = f"{HOST}/ai-gateway/mlflow/v1/chat/completions"
        assert completion_url(endpoint, Params(model="system.ai.m")) == gateway
        assert listing_url(endpoint) == f"{HOST}/api/2.0/serving-endpoints"
    own = Endpoint("w", normalise_url("openai", f"{HOST}/my/path"), "openai")
    assert completion_url(own, Params(model="system.ai.m")) == f"{HOST}/my/path/chat/completions"


def test_the_gateway_with_a_host_of_its_own_is_left_as_it_is() -> None:
    typed = "https://99.ai-gateway.cloud.databricks.com/mlflow/v1"
    endpoint = Endpoint("g", normalise_url(guess_kind(typed), typed))
    assert completion_url(endpoint, Params(model="system.ai.m")) == f"{typed}/chat/completions"
    assert listing_url(endpoint) == f"{typed}/models"


# ---- route-optimised models ---------------------------------------------------


def test_a_route_is_asked_with_a_token_of_the_workspace_for_it_alone() -> None:
    own = own_address(Endpoint("w", HOST, "databricks", PROGRAM), Model("fast", url=ROUTE, id="u1"))
    assert own is not None
    assert completion_url(own, Params(model="fast")) == ROUTE
    assert workspace_url(own) == HOST
    assert own.credential.route == "u1"
    own = own_address(Endpoint("w", HOST, "databricks", CLI), Model("fast", url=ROUTE, id="u1"))
    assert own is not None
    assert (workspace_url(own), own.credential.route) == (HOST, "u1")


@pytest.mark.parametrize(
    ("home", "credential", "url"),
    [
        (HOST, PERSON, ROUTE),
        (HOST, PROGRAM, ROUTE.replace("databricks.com", "databricks.com.evil.example")),
        (HOST, PROGRAM, ROUTE.replace("https:", "http:")),
        (HOST, PROGRAM, ROUTE.replace(".com/", ".com:8443/")),
        (HOST, PROGRAM, ROUTE.replace("u1.serving.", "u1.")),
        (HOST, PROGRAM, ROUTE.replace("u1.", "me:pw@u1.")),
        (HOST, PROGRAM, ROUTE.replace("/fast/", "/other/")),
        (HOST, PROGRAM, f"{HOST}/serving-endpoints/fast/invocations"),
        (HOST, PROGRAM, "not a url"),
        ("https://proxy.example", PROGRAM, ROUTE),
    ],
)
def test_no_key_follows_an_address_that_is_not_plainly_the_workspaces(
    home: str, credential: Credential, url: str
) -> None:
    assert own_address(Endpoint("w", home, "databricks", credential), Model("fast", url=url, id="u1")) is None


def test_an_endpoint_of_the_configuration_may_be_a_route(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        f'[endpoints.fast]\nurl = "{ROUTE}"\nworkspace = "{HOST}/"\nclient_id = "i"\n'
        'client_secret_env = "S"\n[endpoints.bad]\nurl = "https://x"\nworkspace = "ftp://x"\n'
    )
    config = load(tmp_path / "config.toml")
    fast = config.endpoints[0]
    assert (fast.kind, fast.model, fast.credential.route) == ("databricks", "fast", "u1")
    assert completion_url(fast, Params(model=fast.model)) == ROUTE
    assert workspace_url(fast) == HOST
    (problem,) = config.problems
    assert "endpoints.bad.workspace cannot be used" in problem.message


async def test_a_route_lists_the_model_of_its_address_and_asks_nobody() -> None:
    async with aclosing(Client(environ={})) as client:
        fast = Endpoint("fast", normalise_url("databricks", ROUTE), "databricks", PROGRAM, model="fast")
        assert await client.models(fast) == [Model("fast")]


async def text_of(client: Client, endpoint: Endpoint, model: str) -> str:
    request = Request(Params(endpoint.name, model), (Turn.prompt("Hi"),))
    events = [event async for event in client.stream(endpoint, request)]
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize("listed", [True, False])
async def test_a_route_is_found_in_the_list_of_its_workspace(*, listed: bool) -> None:
    async with Workspace() as workspace, aclosing(Client(environ={})) as client:
        endpoint = Endpoint("work", workspace.origin, "databricks", PROGRAM)
        if listed:
            await client.models(endpoint)
        assert "fast-llama" in await text_of(client, endpoint, "fast-llama")
        assert "fast-llama" in await text_of(client, endpoint, "fast-llama")
        assert "my-openai" in await text_of(client, endpoint, "my-openai")
        asked = [request.target for request in workspace.routed if "/invocations" in request.target]
        tokens = [parse_qs(each.body.decode()) for each in workspace.routed if "/oidc/" in each.target]
    own = "/4242/serving-endpoints/fast-llama/invocations"
    tried = [] if listed else ["/serving-endpoints/fast-llama/invocations"]
    assert asked == [*tried, own, own, "/serving-endpoints/my-openai/invocations"]
    assert ["authorization_details" in form for form in tokens] == [False, True]
    (detail,) = json.loads(tokens[1]["authorization_details"][0])
    assert detail["actions"] == ["query_inference_endpoint"]


class Restless(Workspace):
    """Lists another address for a model each time, at none of which it answers."""

    def script_for(self, request: Recorded) -> Scripted:
        """Return the answer of the workspace."""
        script = super().script_for(request)
        if request.target.endswith("/api/2.0/serving-endpoints"):
            path = f"/moved-{len(self.routed)}/serving-endpoints/fast-llama/invocations"
            name = "fast-llama"
            own_id = next(each.id for each in CATALOGUE if each.name == name)
            entry = {"name": name, "id": own_id, "endpoint_url": self.origin + path}
            return answer({"endpoints": [entry]})
        return script


async def test_an_address_that_changes_all_the_time_is_followed_once() -> None:
    async with Restless() as workspace, aclosing(Client(environ={})) as client:
        endpoint = Endpoint("work", workspace.origin, "databricks", PROGRAM)
        with pytest.raises(NotFoundError):
            await text_of(client, endpoint, "fast-llama")
        asked = [each.target for each in workspace.routed if "/invocations" in each.target]
    assert len(asked) == 2


async def test_a_persons_token_is_changed_for_one_of_the_route(tmp_path: Path) -> None:
    async with Workspace() as workspace:
        environ = {"PATH": "/usr/bin:/bin", "DATABRICKS_CLI_PATH": str(write_cli(tmp_path, workspace.origin))}
        async with aclosing(Client(environ=environ)) as client:
            endpoint = Endpoint("work", workspace.origin, "databricks", CLI)
            await client.models(endpoint)
            assert "fast-llama" in await text_of(client, endpoint, "fast-llama")
            bad = replace(endpoint, credential=replace(CLI, route="nonsense"), workspace=workspace.origin)
            with pytest.raises(AuthError) as caught:
                await text_of(client, bad, "my-openai")
        (exchanged, _) = (each for each in workspace.routed if "/oidc/" in each.target)
    assert "authorization" not in exchanged.headers
    assert parse_qs(exchanged.body.decode())["assertion"] == [CLI_TOKEN]
    assert "refused the sign-in of the Databricks CLI: invalid_authorization_details" in caught.value.message
    assert "CAN QUERY" in caught.value.hint
    assert CLI_TOKEN not in str(caught.value)


async def test_a_route_with_a_personal_token_says_what_it_takes() -> None:
    async with Workspace() as workspace, aclosing(Client(environ={})) as client:
        endpoint = Endpoint("work", workspace.origin, "databricks", PERSON)
        with pytest.raises(NotFoundError) as caught:
            await text_of(client, endpoint, "fast-llama")
    assert caught.value.hint == OAUTH_ONLY
