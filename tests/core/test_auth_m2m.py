"""Signing in with a client id and secret: OAuth machine-to-machine."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs

import httpx
import pytest

from fmtui.core import oauth
from fmtui.core.auth import Credential
from fmtui.core.auth_flow import TokenAuth
from fmtui.core.client import Client
from fmtui.core.endpoints import Endpoint
from fmtui.core.errors import (
    AuthError,
    ConnectError,
    CredentialError,
    FmtuiError,
    RateLimitError,
    UnavailableError,
)
from fmtui.core.outgoing import Way
from fmtui.core.tokens import Token
from tests.core.asking import Answer, collect, endpoint_at
from tests.servers import OIDC, D, E, Ending, F, Scripted, ScriptedServer, Step, answer, hang, stream, token

SECRET = "dose-0123456789abcdef"
CLIENT = Credential(
    "bearer", sign_in="oauth-m2m", client_id="11111111-2222", token=SECRET, source=".databrickscfg [ci]"
)
BASIC = base64.b64encode(f"11111111-2222:{SECRET}".encode()).decode()
REPLY = stream(E("a"), F("stop"), D)
REFUSED = answer({"error_code": "UNAUTHENTICATED", "message": "Token is expired"}, 401)


def workspace(server: ScriptedServer, **changes: object) -> Endpoint:
    return endpoint_at(server.origin, "openai", credential=CLIENT, **changes)


@contextlib.asynccontextmanager
async def asking() -> AsyncIterator[Client]:
    """Enter a client that does not wait between tries."""

    async def at_once(_seconds: float) -> None:
        await asyncio.sleep(0)

    client = Client(sleep=at_once, environ={})
    try:
        yield client
    finally:
        await client.aclose()


async def failing(*given: Scripted, credential: Credential = CLIENT) -> FmtuiError:
    """Return the error of a prompt to a workspace that answers so when a token is asked for."""
    async with ScriptedServer(REPLY, routes={OIDC: given}) as server, asking() as client:
        result = await collect(client, replace(workspace(server), credential=credential))
        assert server.requests == [], "the prompt never left"
    assert result.error is not None
    assert SECRET not in str(result.error)
    assert BASIC not in str(result.error)
    return result.error


def bearers(server: ScriptedServer) -> list[str]:
    return [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]


# ---- getting a token ----------------------------------------------------------


async def test_the_client_id_and_secret_are_changed_for_a_token_that_is_kept() -> None:
    async with ScriptedServer(REPLY, routes={OIDC: token("t1")}) as server, asking() as client:
        for _ in range(2):
            assert (await collect(client, workspace(server))).text == "a"
        (asked,) = server.routed
        assert (asked.method, asked.headers["authorization"]) == ("POST", f"Basic {BASIC}")
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
        assert asked.headers["user-agent"] == server.requests[0].headers["user-agent"]
        form = parse_qs(asked.body.decode())
        assert form == {"grant_type": ["client_credentials"], "scope": ["all-apis"]}
        assert bearers(server) == ["t1", "t1"]


async def test_case_098_401_refresh() -> None:
    routes = {OIDC: [token("t1"), token("t2")]}
    async with ScriptedServer(REPLY, REFUSED, REPLY, routes=routes) as server, asking() as client:
        await collect(client, workspace(server))
        result = await collect(client, workspace(server))
        assert (result.error, result.text) == (None, "a")
        assert len(server.routed) == 2, "one more token call"
        assert bearers(server) == ["t1", "t1", "t2"]


async def test_case_099_401_twice() -> None:
    routes = {OIDC: token("same")}  # a server may give the same one within a second
    async with ScriptedServer(REFUSED, routes=routes) as server, asking() as client:
        result = await collect(client, workspace(server))
        assert isinstance(result.error, AuthError)
        assert "Token is expired" in result.error.message
        assert ".databrickscfg [ci]" in result.error.hint
        assert len(server.requests) == 2
        assert len(server.routed) == 2


async def test_case_116_m2m_concurrent() -> None:
    async with ScriptedServer(REPLY, routes={OIDC: token("t1")}) as server, asking() as client:
        results = await asyncio.gather(*(collect(client, workspace(server)) for _ in range(5)))
        assert [result.text for result in results] == ["a"] * 5
        assert len(server.routed) == 1


async def test_a_refusal_without_end_is_let_go_before_the_request_is_sent_again() -> None:
    endless = Scripted([b"x" * 200_000, Ending.HANG], 401)
    async with ScriptedServer(endless, REPLY, routes={OIDC: token("t")}) as server, asking() as client:
        assert (await collect(client, workspace(server))).text == "a"
        await asyncio.wait_for(server.requests[0].gone.wait(), 20)


async def test_requests_that_are_refused_together_ask_for_one_new_token() -> None:
    gate = asyncio.Event()
    late = Scripted([b"{}"], 401, {}, "length", before_headers=[gate])
    routes = {OIDC: [token("t1"), token("t2")]}
    scripts = [late, late, late, REPLY]
    async with ScriptedServer(*scripts, routes=routes) as server, asking() as client:
        running = [asyncio.create_task(collect(client, workspace(server))) for _ in range(3)]
        await server.asked(3)
        gate.set()
        assert [(await task).error for task in running] == [None] * 3
        assert len(server.routed) == 2


async def test_no_token_goes_to_a_redirects_target_or_over_plain_http() -> None:
    async with ScriptedServer(REPLY) as elsewhere:
        moved = answer("", 307, {"Location": f"{elsewhere.origin}{OIDC}"})
        error = await failing(moved)
        assert isinstance(error, CredentialError)
        assert "redirects" in error.message
        assert elsewhere.requests == []
    async with asking() as client:
        result = await collect(client, endpoint_at("http://far.example", credential=CLIENT))
        assert isinstance(result.error, ConnectError)
        assert "plain http" in result.error.message


async def test_the_token_comes_from_the_origin_of_a_gateways_route() -> None:
    async with ScriptedServer(REPLY, routes={OIDC: token("t1")}) as server, asking() as client:
        url = f"{server.origin}/ai-gateway/mlflow/v1"
        await collect(client, endpoint_at(url, credential=CLIENT))
        assert server.requests[0].target == "/ai-gateway/mlflow/v1/chat/completions"
        assert len(server.routed) == 1


# ---- how long it is kept ------------------------------------------------------


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> tuple[float, ...]:
        return (self.now,)


async def lifetimes(*given: Scripted, seconds: float) -> int:
    """Return how many tokens were asked for by two requests that are so many seconds apart."""
    clock = Time()
    async with ScriptedServer(REPLY, routes={OIDC: given}) as server, httpx.AsyncClient() as http:
        auth = TokenAuth(CLIENT, {}, server.origin, clock=clock)
        await auth.secret(Way(http))
        clock.now += seconds
        await auth.secret(Way(http))
        return len(server.routed)


@pytest.mark.parametrize("said", [3600, "3600", 3600.0, None, "soon", [1], True, float("inf")])
async def test_a_token_is_used_until_a_minute_before_its_end(said: object) -> None:
    given = answer(json.dumps({"access_token": "t", "expires_in": said}).encode())
    assert await lifetimes(given, seconds=3539) == 1
    assert await lifetimes(given, seconds=3541) == 2


@pytest.mark.parametrize("said", [59, 0, -1, "-1"])
async def test_a_token_that_is_at_its_end_is_used_once(said: object) -> None:
    assert await lifetimes(token("t", expires_in=said), seconds=0) == 2


async def test_a_missing_lifetime_is_the_usual_one() -> None:
    assert await lifetimes(token("t", expires_in=None), seconds=3541) == 2


# ---- what goes wrong ----------------------------------------------------------


async def test_case_118_m2m_bad() -> None:
    bad = {
        "error": "invalid_client",
        "error_description": f"Client authentication failed for {SECRET} {BASIC}",
    }
    error = await failing(answer(bad, 401))
    assert isinstance(error, AuthError)
    assert "invalid_client: Client authentication failed" in error.message
    assert "[hidden]" in error.message
    assert ".databrickscfg [ci]" in error.hint


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (answer({"errorCode": "E1", "errorSummary": "No such client"}, 400), "E1: No such client"),
        (answer({"error": "invalid_scope"}, 200), "invalid_scope"),
        (answer("", 404), "no sign-in for programs"),
        (answer("<html>Log in</html>"), "a web page"),
        (answer(b""), "with nothing"),
        (answer("OK"), "something else"),
        (answer("{oops"), "holds no token"),
        (answer({"token_type": "Bearer"}), "holds no token"),
        (answer({"access_token": ["x"]}), "holds no token"),
        (answer({"access_token": "a\x1b[31m\r\nX-Evil: 1"}), "holds no token"),
        (answer({"access_token": ""}), "holds no token"),
        (answer(b"{" + b'"a":' * 100_000), "holds no token"),
        (answer(b'{"a": "' + b"x" * 1_000_000), "holds no token"),
    ],
)
async def test_an_answer_without_a_token_is_told_in_one_sentence(given: Scripted, said: str) -> None:
    error = await failing(given)
    assert isinstance(error, AuthError | CredentialError)
    assert said in error.message
    assert "127.0.0.1" in error.message
    assert "\x1b" not in str(error)
    assert error.hint


@pytest.mark.parametrize(
    ("status", "kind"), [(429, RateLimitError), (503, UnavailableError), (500, UnavailableError)]
)
async def test_a_sign_in_that_may_work_later_is_tried_again(status: int, kind: type[FmtuiError]) -> None:
    busy = answer({"message": "busy"}, status)
    async with ScriptedServer(REPLY, routes={OIDC: [busy, token("t")]}) as server, asking() as client:
        result = await collect(client, workspace(server))
        assert (result.text, len(result.retries), len(server.routed)) == ("a", 1, 2)
    error = await failing(busy)
    assert isinstance(error, kind)
    assert "gave no token: busy" in error.message


async def test_a_sign_in_that_breaks_off_or_cannot_be_reached_names_the_host() -> None:
    error = await failing(Scripted([b'{"acc', Ending.RESET], framing="raw"))
    assert "127.0.0.1" in error.message
    async with ScriptedServer() as server:
        gone = workspace(server)
    async with asking() as client:
        result = await collect(client, gone)
    assert isinstance(result.error, ConnectError)


async def test_a_sign_in_that_is_lost_is_asked_for_again_as_no_prompt_was_sent() -> None:
    lost = Scripted([], before_headers=[Ending.CLOSE])
    async with ScriptedServer(REPLY, routes={OIDC: [lost, token("t")]}) as server, asking() as client:
        result = await collect(client, workspace(server))
        assert (result.text, len(result.retries), len(server.routed)) == ("a", 1, 2)
    error = await failing(lost)
    assert error.message.startswith("No token: 127.0.0.1")
    assert error.message.endswith("closed the connection without an answer.")
    assert "counted" not in error.hint


async def test_a_sign_in_that_hangs_ends_after_its_limit() -> None:
    for given in (hang(), Scripted([b'{"access', Ending.HANG], framing="until_close")):
        async with ScriptedServer(REPLY, routes={OIDC: given}) as server, httpx.AsyncClient() as http:
            client = oauth.Client(server.origin, "id", SECRET, "a test")
            with pytest.raises(CredentialError, match=r"gave no token within 0\.1 s"):
                await oauth.exchange(Way(http), client, limit_s=0.1)
            await asyncio.wait_for(server.routed[0].gone.wait(), 20)


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    error = await failing(Scripted([b'{"a": "', b"x" * 200_000, Ending.HANG]))
    assert "holds no token" in error.message


async def test_a_client_id_or_secret_that_is_missing_is_told_before_anything_is_sent() -> None:
    error = await failing(token("t"), credential=replace(CLIENT, token="", env="NOT_SET"))
    assert isinstance(error, CredentialError)
    assert "NOT_SET" in error.message


# ---- stopping -----------------------------------------------------------------


async def waiting(client: Client, server: ScriptedServer, count: int) -> list[asyncio.Task[Answer]]:
    """Return requests of which the first asks for a token that does not come yet."""
    tasks = [asyncio.create_task(collect(client, workspace(server))) for _ in range(count)]
    await server.asked(1, routed=True)
    await asyncio.sleep(0)
    return tasks


@pytest.mark.parametrize("stopped", [0, 1])
async def test_stopping_one_request_does_not_stop_the_sign_in_of_the_others(stopped: int) -> None:
    gate = asyncio.Event()
    steps: list[Step] = [gate, token("t").steps[0]]
    given = Scripted(steps)
    async with ScriptedServer(REPLY, routes={OIDC: given}) as server, asking() as client:
        tasks = await waiting(client, server, 3)
        tasks[stopped].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[stopped]
        gate.set()
        for task in tasks:
            if task is not tasks[stopped]:
                assert (await task).text == "a"
        assert len(server.routed) == 1
        assert (await collect(client, workspace(server))).text == "a"


async def test_stopping_all_closes_the_sign_in_and_the_next_request_starts_anew() -> None:
    async with ScriptedServer(REPLY, routes={OIDC: [hang(), token("t")]}) as server, asking() as client:
        tasks = await waiting(client, server, 2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.wait_for(server.routed[0].gone.wait(), 20)
        assert (await collect(client, workspace(server))).text == "a"
        assert len(server.routed) == 2


async def test_a_failed_sign_in_fails_all_that_wait_and_is_not_remembered() -> None:
    gate = asyncio.Event()
    bad = Scripted([b'{"error": "invalid_client"}'], 401, {}, "length", before_headers=[gate])
    async with ScriptedServer(REPLY, routes={OIDC: [bad, token("t")]}) as server, asking() as client:
        tasks = await waiting(client, server, 3)
        gate.set()
        assert [type((await task).error) for task in tasks] == [AuthError] * 3
        assert len(server.routed) == 1
        assert (await collect(client, workspace(server))).text == "a"


# ---- nothing shows it -----------------------------------------------------------


async def test_a_server_that_echoes_token_or_secret_has_them_masked_and_no_repr_holds_them() -> None:
    echo = answer({"message": f"no right for eyJ-long-token by {BASIC} {SECRET}"}, 403)
    async with ScriptedServer(echo, routes={OIDC: token("eyJ-long-token")}) as server, asking() as client:
        result = await collect(client, workspace(server))
        for secret in ("eyJ-long-token", BASIC, SECRET):
            assert secret not in str(result.error)
        assert "no right for [hidden] by [hidden] [hidden]" in str(result.error)
    shown = repr((CLIENT, oauth.Client("https://x", "id", SECRET, "s"), TokenAuth(CLIENT, {}), Token("eyJ")))
    assert SECRET not in shown
    assert "eyJ" not in shown
