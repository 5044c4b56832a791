"""Listing models, finding local servers, and what the client costs."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fmtui.core import client as module
from fmtui.core import network
from fmtui.core.auth import Credential
from fmtui.core.chat import TextDelta, UsageUpdate
from fmtui.core.client import Client
from fmtui.core.connection import host_of, secret_headers
from fmtui.core.endpoints import LOCAL_SERVERS, Endpoint
from fmtui.core.errors import AuthError, ConnectError, FmtuiError, IdleTimeoutError, ProtocolError
from fmtui.core.failures import duration
from fmtui.core.tls import tls_context
from tests.core.asking import BEARER, NAME, ask, collect, endpoint_at, play, request_for
from tests.in_process import InProcess
from tests.servers import D, E, F, Scripted, ScriptedServer, answer, data, hang, seed, stream

GOOD = stream(E("ok"), F("stop"), D)
MODELS = answer({"object": "list", "data": [{"id": "b"}, {"id": "a"}]})


async def listed(script: Scripted | Exception, **changes: object) -> list[str]:
    client = Client(transports={NAME: InProcess(script)}, environ={})
    try:
        endpoint = endpoint_at("https://host.example/v1", **changes)  # type: ignore[arg-type] # checked there
        return [model.name for model in await client.models(endpoint)]
    finally:
        await client.aclose()


async def test_models_are_listed_with_the_key() -> None:
    async with ScriptedServer(MODELS) as server:
        client = Client(environ={})
        found = await client.models(endpoint_at(server.url, credential=BEARER))
        await client.aclose()
    assert [model.name for model in found] == ["b", "a"]
    assert (server.requests[0].method, server.requests[0].target) == ("GET", "/v1/models")
    assert server.requests[0].headers["authorization"].startswith("Bearer ")


async def test_case_123_a_listing_that_is_refused_or_no_listing_is_one_clear_error() -> None:
    for script in (answer({"error": "m"}, 403), answer("<html><title>Sign in</title>"), answer("")):
        with pytest.raises(FmtuiError) as caught:
            await listed(script)
        assert caught.value.message


async def test_case_123_configured_models_stand_in_for_a_listing_that_fails() -> None:
    for script in (answer({"error": "m"}, 404), answer("<html><title>Sign in</title>")):
        assert await listed(script, models=("mine",)) == ["mine"]
    with pytest.raises(AuthError):
        await listed(answer({"error": "m"}, 401), models=("mine",))


async def test_an_empty_listing_is_empty() -> None:
    assert await listed(answer({"data": []})) == []
    assert await listed(answer({}), kind="databricks") == []


async def test_a_listing_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LISTING_S", 0.1)
    async with ScriptedServer(hang()) as server:
        client = Client(environ={})
        with pytest.raises(IdleTimeoutError) as caught:
            await client.models(endpoint_at(server.url))
        await asyncio.wait_for(server.requests[0].gone.wait(), 20)
        await client.aclose()
    assert "0.1 s" in caught.value.message


async def test_a_listing_never_follows_a_redirect_or_sends_a_key_in_the_clear() -> None:
    with pytest.raises(ProtocolError):
        await listed(Scripted([], 302, {"Location": "https://elsewhere.example/"}))
    client = Client(environ={})
    with pytest.raises(ConnectError):
        await client.models(endpoint_at("http://10.0.0.1:9/v1", credential=BEARER))
    await client.aclose()


async def test_local_servers_that_answer_are_found_and_the_others_cost_no_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with ScriptedServer(MODELS) as good, ScriptedServer(hang()) as silent:
        async with ScriptedServer(answer("<html>")) as page:
            servers = tuple(
                Endpoint(name=name, url=server.url)
                for name, server in (("good", good), ("silent", silent), ("page", page))
            )
        monkeypatch.setattr(module, "LOCAL_SERVERS", servers)
        client = Client(environ={})
        started = time.monotonic()
        found = await client.local_servers()
        taken = time.monotonic() - started
        await client.aclose()
    assert [endpoint.name for endpoint in found] == ["good"]
    assert taken < 5
    assert len(LOCAL_SERVERS) == 4


async def test_one_endpoint_of_a_client_never_gets_the_key_of_another() -> None:
    async with ScriptedServer(stream(E("a"), F("stop"), D)) as server:
        client = Client(environ={})
        await collect(client, endpoint_at(server.url, credential=BEARER))
        await collect(client, endpoint_at(server.url, name="other", credential=Credential()))
        await client.aclose()
    assert "authorization" in server.requests[0].headers
    assert "authorization" not in server.requests[1].headers


async def test_two_replies_of_one_client_run_at_once() -> None:
    gate = asyncio.Event()
    async with ScriptedServer(stream(E("a"), gate, F("stop"), D), stream(E("b"), F("stop"), D)) as server:
        client = Client(environ={})
        first = asyncio.create_task(collect(client, endpoint_at(server.url)))
        await server.asked()
        second = await collect(client, endpoint_at(server.url))
        gate.set()
        assert ((await first).text, second.text) == ("a", "b")
        await client.aclose()


async def test_usage_on_every_event_comes_with_its_text() -> None:
    async with ScriptedServer(stream(*seed("chat"), D)) as server:
        result = await ask(server.origin, kind="databricks")
    assert [type(event) for event in result.events[:4]] == [TextDelta, UsageUpdate] * 2


@pytest.mark.usefixtures("young_heap")
async def test_a_token_costs_little() -> None:
    event = data({"choices": [{"index": 0, "delta": {"content": " word"}, "finish_reason": None}]})
    count = 5000
    client = Client(transports={NAME: InProcess(stream(*[event * 100] * (count // 100), D))}, environ={})
    started = time.process_time()
    result = await collect(client, endpoint_at("https://host.example/v1"))
    taken = time.process_time() - started
    await client.aclose()
    assert len(result.of(TextDelta)) == count
    assert taken / count < 0.0005, "about 40 µs on a quiet machine"


def test_importing_the_client_makes_no_tls_context_and_loads_no_screen() -> None:
    code = (
        "import ssl, sys\n"
        "made = []\n"
        "ssl.create_default_context = lambda *a, **k: made.append(a)\n"
        "import fmtui.core.client as c\n"
        "c.Client(environ={})\n"
        "print(made, 'textual' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False"


async def test_the_tls_context_is_made_in_a_thread_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def slow(endpoint: Endpoint, environ: dict[str, str]) -> object:
        time.sleep(0.2)
        made.append(endpoint.ca_file)
        return tls_context(endpoint, environ)

    monkeypatch.setattr(network, "tls_context", slow)
    client = Client(environ={})
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    for _ in range(2):
        with pytest.raises(ConnectError):
            await client.models(endpoint_at("https://127.0.0.1:1/v1"))
    ticking.cancel()
    await client.aclose()
    assert made == [""]
    assert ticks > 5, "the event loop went on meanwhile"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0.2 s"), (2, "2 s"), (90, "1 min 30 s"), (120, "2 min"), (3600, "1 h"), (5400, "1 h 30 min")],
)
def test_time_spans_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://user:secret@host.example:8443/v1", "host.example:8443"),
        ("http://[::1]:80/v1", "[::1]:80"),
        ("host", "host"),
    ],
)
def test_a_host_is_named_without_a_password(url: str, host: str) -> None:
    assert host_of(url) == host


async def test_a_certificate_file_of_the_environment_is_used(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    result = await ask("https://127.0.0.1:1/v1", environ={"SSL_CERT_FILE": missing})
    assert result.error is not None
    assert "SSL_CERT_FILE" in result.error.hint


async def test_a_request_names_its_model_on_an_openai_endpoint() -> None:
    async with ScriptedServer(stream(E("a"), F("stop"), D)) as server:
        await ask(server.url, request_for(model="tiny"))
    assert server.requests[0].json["model"] == "tiny"
    assert server.requests[0].json["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    ("name", "is_key"),
    [
        ("Authorization", True),
        ("api-key", True),
        ("X-Auth-Token", True),
        ("X-Author", False),
        ("X-Team", False),
        ("X-Signature", True),
        ("X-JWT", True),
    ],
)
def test_headers_that_hold_keys_are_known_by_their_names(name: str, is_key: bool) -> None:  # noqa: FBT001 - one case
    assert bool(secret_headers({name: "abcd"})) is is_key
    assert secret_headers({name: "Bearer abcd"}) == ("Bearer abcd", "abcd")


async def test_the_limit_for_the_first_event_counts_from_when_the_prompt_goes_out() -> None:
    """A token command has a limit of its own."""
    slow = Credential("bearer", command=("sh", "-c", "sleep 1.1; echo tok"))
    result = await play(GOOD, credential=slow, first_event_timeout=1.0)
    assert (result.text, result.error) == ("ok", None)
