"""The examination of an endpoint: how far the way to an answer goes, and what mends where it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fmtui.core import doctor_endpoint, doctor_reach
from fmtui.core.auth import Credential
from fmtui.core.client import Client
from fmtui.core.doctor import Finding, worst
from fmtui.core.doctor_endpoint import Examiner
from fmtui.core.endpoints import DEMO, Endpoint
from fmtui.core.network import Network
from fmtui.core.origins import origin
from fmtui.core.sign_ins import chosen
from tests.core.asking import BEARER, TOKEN, endpoint_at
from tests.core.certificates import AUTHORITY, serving
from tests.proxy import Proxy
from tests.servers import E, Ending, ScriptedServer, answer, hang, stream
from tests.workspace import PAT, Scenario, Workspace, write_cli

pytestmark = pytest.mark.anyio

LISTED = answer({"data": [{"id": "tiny"}, {"id": "large"}]})
CONFIG = "/home/u/.config/fmtui/config.toml"


async def examined(
    endpoint: Endpoint, environ: Mapping[str, str] | None = None, **settings: Any
) -> dict[str, Finding]:
    """Return the findings about an endpoint by their names."""
    given = environ or {}
    client = Client(environ=given)
    found: list[Finding] = []
    try:
        examiner = Examiner(client, Network(given), given, CONFIG, **settings)
        await examiner.examine(endpoint, origin(endpoint, given), found.append)
    finally:
        await client.aclose()
    assert {each.endpoint for each in found} == {endpoint.name}
    assert TOKEN not in str(found)
    assert PAT not in str(found)
    return {each.name: each for each in found}


def by_name(url: str) -> str:
    return url.replace("127.0.0.1", "localhost")


def configured(url: str, **changes: Any) -> Endpoint:
    """Return an endpoint of the configuration."""
    settings: dict[str, Any] = {"source": "config.toml", "credential": BEARER} | changes
    return endpoint_at(url, **settings)


def workspace_at(workspace: Workspace, credential: Credential) -> Endpoint:
    return Endpoint("work", workspace.origin, "databricks", credential, source="DATABRICKS_HOST")


def person(variable: str = "") -> Credential:
    return Credential("bearer", token="" if variable else PAT, env=variable, source="DATABRICKS_TOKEN")


async def test_a_sound_endpoint_is_told_step_by_step_with_times() -> None:
    async with ScriptedServer(LISTED) as server:
        found = await examined(configured(f"{by_name(server.url)}?key=query-secret&api-version=1"))
        by_address = await examined(configured(server.url))
    assert "name" not in by_address  # an address needs no looking up
    assert worst(found.values()) == "ok"
    assert list(found) == ["address", "key", "way", "name", "connection", "models"]
    assert found["address"].value == f"{by_name(server.url)} (openai), from config.toml"
    assert "query-secret" not in str(found)
    assert found["way"].value == "direct, on this machine, not encrypted"
    assert found["models"].value == "2"
    assert all(found[name].took_s is not None for name in ("name", "connection", "models"))
    # To connect, nothing is sent.
    assert len(server.requests) == 2


async def test_the_certificate_and_whose_word_is_taken_are_told() -> None:
    async with ScriptedServer(LISTED, tls=serving("server")) as server:
        found = await examined(configured(server.url, ca_file=str(AUTHORITY)))
        assert worst(found.values()) in ("ok", "warning")
        assert f"trusts ca_file {AUTHORITY}" in found["way"].value
        assert found["certificate"].value.startswith("TLSv1.3, signed by ")
        assert "days left" in found["certificate"].value
        by_variable = await examined(configured(server.url), {"SSL_CERT_FILE": str(AUTHORITY)})
        assert by_variable["way"].value.endswith("trusts SSL_CERT_FILE")
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("certificate", "said", "mend"),
    [
        (
            "server",
            "signed by nobody who is trusted here",
            f'ca_file = "/path/to/authority.pem"  # below [endpoints.scripted] in {CONFIG}',
        ),
        (
            "expired",
            "has expired",
            "",
        ),
    ],
)
async def test_a_certificate_that_is_not_right_ends_it(certificate: str, said: str, mend: str) -> None:
    async with ScriptedServer(LISTED, tls=serving(certificate)) as server:
        trusted = {} if certificate == "server" else {"ca_file": str(AUTHORITY)}
        found = await examined(configured(server.url, **trusted))
        assert list(found)[-1] == "connection"
        assert said in found["connection"].sentence
        assert found["connection"].mend == mend
        if certificate == "server":
            given = await examined(endpoint_at(server.url, source="OPENAI_BASE_URL", credential=BEARER))
            assert given["connection"].mend == "export SSL_CERT_FILE=/path/to/authority.pem"
        assert server.requests == []


async def test_a_certificate_that_expires_soon_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedServer(LISTED, tls=serving("server")) as server:
        monkeypatch.setattr(doctor_endpoint, "_EXPIRES_SOON", 1_000_000)
        found = await examined(configured(server.url, ca_file=str(AUTHORITY)))
    assert found["certificate"].level == "warning"
    assert "expires soon" in found["certificate"].sentence
    assert found["models"].level == "ok"


async def test_a_name_that_nobody_knows_and_a_server_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with ScriptedServer(LISTED) as server:
        url = server.url
    found = await examined(configured(url))
    assert found["connection"].level == "error"
    assert "the connection was refused" in found["connection"].sentence
    assert "models" not in found

    async def unknown(*_: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    found = await examined(configured("https://nowhere.invalid/v1"))
    assert found["name"].level == "error"
    assert found["name"].sentence == "The host name nowhere.invalid was not found."
    assert "on-line" in found["name"].hint
    assert found["name"].mend == f'url = "https://…"  # below [endpoints.scripted] in {CONFIG}'
    assert list(found)[-1] == "name"


async def test_each_step_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_endpoint, "LISTING_S", 0.05)
    async with ScriptedServer(hang()) as server:
        found = await examined(configured(server.url))
    assert found["models"].level == "error"
    assert "did not list its models within 0.05 s" in found["models"].sentence

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(doctor_reach, "DNS_S", 0.01)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    found = await examined(configured("https://nowhere.invalid/v1"))
    assert "was not looked up within 0.01 s" in found["name"].sentence


async def test_a_list_that_is_slow_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_endpoint, "_SLOW_S", 0.0)
    async with ScriptedServer(LISTED) as server:
        found = await examined(configured(server.url))
    assert found["models"].level == "warning"


async def test_a_proxy_is_named_by_its_variable_and_a_dead_one_is_told() -> None:
    async with ScriptedServer(LISTED) as server, Proxy(server.port) as proxy:
        environ = {"HTTP_PROXY": f"http://me:proxy-secret@{proxy.address}"}
        endpoint = configured("http://models.example/v1", allow_http=True)
        found = await examined(endpoint, environ)
        assert worst(found.values()) == "ok"
        assert found["way"].value == "through the proxy in HTTP_PROXY, not encrypted"
        assert "name" not in found  # the proxy looks it up
    found = await examined(endpoint, environ)
    assert found["connection"].level == "error"
    assert "The proxy in HTTP_PROXY does not answer" in found["connection"].sentence
    assert found["connection"].mend == "export NO_PROXY=models.example  # or another HTTP_PROXY"
    assert "proxy-secret" not in str(found)


async def test_a_proxy_that_wants_a_password_and_one_that_leads_to_a_secure_server() -> None:
    async with ScriptedServer(LISTED, tls=serving("other")) as server:
        endpoint = configured("https://other.example/v1", ca_file=str(AUTHORITY))
        async with Proxy(server.port, user="bWU6eA==") as proxy:
            found = await examined(endpoint, {"HTTPS_PROXY": f"http://{proxy.address}"})
            assert found["connection"].mend == "export HTTPS_PROXY=http://user:password@host:port"
        assert server.requests == []
        async with Proxy(server.port) as proxy:
            found = await examined(endpoint, {"HTTPS_PROXY": f"http://{proxy.address}"})
        assert worst(found.values()) in ("ok", "warning")
        assert found["way"].value.startswith("through the proxy in HTTPS_PROXY, trusts ca_file")
        assert found["certificate"].value.startswith("TLSv1.3")
        assert len(server.requests) == 1


async def test_a_key_that_is_refused_and_one_that_is_not_there() -> None:
    async with Workspace(Scenario(login="expired")) as workspace:
        environ = {"DATABRICKS_TOKEN": PAT}
        found = await examined(workspace_at(workspace, person("DATABRICKS_TOKEN")), environ)
        assert found["sign-in"].level == "error"
        assert found["sign-in"].mend == "export DATABRICKS_TOKEN=…"
        unset = await examined(workspace_at(workspace, person("DATABRICKS_TOKEN")), {})
        assert unset["key"].level == "error"
        assert unset["key"].mend == "export DATABRICKS_TOKEN=…"
        assert unset["connection"].level == "ok"
        assert "models" not in unset


async def test_the_key_of_another_workspace_is_told_as_one() -> None:
    async with Workspace(Scenario(login="elsewhere")) as workspace:
        found = await examined(workspace_at(workspace, person()), model="any")
    assert found["sign-in"].level == "error"
    assert "Invalid access token." in found["sign-in"].sentence


async def test_the_databricks_cli_missing_and_signed_out(tmp_path: Path) -> None:
    by_cli = Credential("bearer", sign_in="databricks-cli", profile="p 1", source="the Databricks CLI")
    async with Workspace() as workspace:
        login = f"databricks auth login --host {workspace.origin}"
        missing = await examined(workspace_at(workspace, by_cli), {"PATH": str(tmp_path)})
        assert "was not found" in missing["sign-in"].sentence
        assert "DATABRICKS_CLI_PATH" in missing["sign-in"].hint
        assert missing["sign-in"].mend == f"{login} --profile 'p 1'"
        cli = write_cli(tmp_path, workspace.origin, "expired")
        environ = {"PATH": "/usr/bin:/bin", "DATABRICKS_CLI_PATH": str(cli)}
        expired = await examined(workspace_at(workspace, by_cli), environ)
        assert expired["sign-in"].level == "error"
        assert "refresh token is invalid" in expired["sign-in"].sentence
        assert expired["sign-in"].mend == f"{login} --profile 'p 1'"


@pytest.mark.parametrize("model", ["", "tiny"])
async def test_a_list_that_is_refused_or_no_list_is_grave_only_without_a_models_name(model: str) -> None:
    level = "warning" if model else "error"
    async with Workspace(Scenario(listing="forbidden")) as workspace:
        endpoint = workspace_at(workspace, person())
        found = await examined(endpoint, model=model)
        assert found["models"].level == level
        assert "name one by hand" in found["models"].hint
        assert found["models"].mend == "fmtui -e work -m MODEL"
    async with Workspace(Scenario(listing="page")) as workspace:
        found = await examined(workspace_at(workspace, person()), model=model)
        assert found["models"].level == level
        assert found["models"].mend == "export DATABRICKS_HOST=https://…"


async def test_nothing_is_asked_of_a_model_unless_that_is_wanted() -> None:
    async with Workspace() as workspace:
        endpoint = workspace_at(workspace, person())
        found = await examined(endpoint)
        assert found["models"].level == "ok"
        assert "of them ready" in found["models"].value
        assert {each.method for each in workspace.routed} == {"GET"}
        asked = await examined(endpoint, request=True)
        assert asked["request"].level == "ok"
        assert "replied, its first word after " in asked["request"].value
        (prompt,) = (each for each in workspace.routed if each.method == "POST")
        assert prompt.json["max_tokens"] == doctor_endpoint.REQUEST_TOKENS
        refused = await examined(endpoint, request=True, model="private-llama")
        assert refused["request"].level == "error"
        assert refused["request"].value == "private-llama"


async def test_a_request_without_a_model_and_one_that_is_cut() -> None:
    cut = stream(E("o"), Ending.CLOSE)
    async with ScriptedServer(cut, routes={"/v1/models": [answer({"data": []}), LISTED]}) as server:
        none = await examined(configured(server.url), request=True)
        assert none["models"].level == "warning"
        assert none["request"].mend == "fmtui doctor --request -e scripted -m MODEL"
        found = await examined(configured(server.url), request=True)
        assert found["request"].level == "error"
        assert found["request"].value == "tiny"


async def test_text_of_servers_is_told_with_keys_hidden() -> None:
    said = answer({"error": {"message": f"no such key: {TOKEN}"}}, 401)
    async with ScriptedServer(said) as server:
        found = await examined(configured(server.url))
    assert "[hidden]" in found["sign-in"].sentence


async def test_a_key_over_plain_http_is_not_sent_and_the_line_that_mends_it_is_told() -> None:
    found = await examined(configured("http://models.example/v1"))
    assert found["name"].level == "error"
    assert found["name"].mend == (f'url = "https://models.example"  # below [endpoints.scripted] in {CONFIG}')


async def test_the_demo_needs_no_way() -> None:
    found = await examined(DEMO)
    assert found["address"].value == "built in, needs no network"
    assert "connection" not in found


async def test_who_stops_it_keeps_what_was_found() -> None:
    async with ScriptedServer(hang()) as server:
        client = Client(environ={})
        found: list[Finding] = []
        endpoint = configured(server.url)
        examiner = Examiner(client, Network({}), {}, CONFIG)
        task = asyncio.create_task(examiner.examine(endpoint, origin(endpoint, {}), found.append))
        await server.asked()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await client.aclose()
    assert [each.name for each in found][-1] == "connection"


def test_what_gives_the_key_is_said_once() -> None:
    """Where the sign-in names the place of the key already, the line does not."""
    credential = chosen(lambda _: "", str, source="the environment")
    found = doctor_endpoint.key_finding(origin(endpoint_at("https://w.example", credential=credential), {}))
    assert found.value == (
        "OAuth of a person, from the Databricks CLI (by address), as the environment names no other sign-in"
    )
