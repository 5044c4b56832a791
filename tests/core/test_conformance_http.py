"""Statuses, errors, retries and keys: the protocol's cases, by their numbers."""

import asyncio
import time
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fmtui.core.auth import Credential
from fmtui.core.client import Client
from fmtui.core.errors import (
    AuthError,
    ConfigError,
    ConnectError,
    ContextLengthError,
    CredentialError,
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    ServerError,
    StreamFailedError,
    UnavailableError,
    WrongTaskError,
)
from tests.core.asking import BEARER, NAME, TOKEN, Answer, ask, collect, endpoint_at, play, request_for
from tests.in_process import InProcess
from tests.servers import D, E, Ending, F, Scripted, ScriptedServer, answer, hang, stream

GOOD = stream(E("ok"), F("stop"), D)
BODY = {
    "id": None,
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 28, "completion_tokens": 2, "total_tokens": 30},
}
LISTING = {
    "endpoints": [
        {"name": name, "task": "llm/v1/chat", "state": {"ready": "READY"}}
        for name in ("databricks-gpt-oss-20b", "databricks-meta-llama-3-3-70b-instruct", "databricks-inkling")
    ]
}


async def test_case_086_json_200() -> None:
    result = await play(answer(BODY))
    assert (result.text, result.outcome, result.finish_reason) == ("Hi.", "complete", "stop")
    assert result.counts == (28, 2, 30)


async def test_case_086_a_whole_completion_body() -> None:
    body = {"choices": [{"index": 0, "text": "Sure", "finish_reason": "length"}]}
    result = await play(answer(body), request=request_for(mode="completion"))
    assert (result.text, result.finish_reason) == ("Sure", "length")


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"error": "Unexpected endpoint or method. (POST /v2). Returning 200 anyway"}, "Unexpected endpoint"),
        ({"error_code": "INTERNAL_ERROR", "message": "m"}, "m"),
    ],
)
async def test_an_error_in_a_json_200_is_an_error(body: object, part: str) -> None:
    result = await play(answer(body))
    assert isinstance(result.error, StreamFailedError)
    assert part in result.error.message


@pytest.mark.parametrize(
    ("script", "part"),
    [
        (answer("<!DOCTYPE html><html><head><title>Sign &amp; in</title></head></html>"), "Sign & in"),
        (answer({"models": []}), "instead of a model's reply"),
        (answer("{oops"), "oops"),
        (answer("OK"), "OK"),
        (answer({"choices": []}), "empty response"),
        (answer(BODY | {"choices": [{"message": {"content": ""}}]}), "empty response"),
        (Scripted([], 204), "204"),
    ],
)
async def test_a_200_that_is_no_answer_is_one_clear_error(script: Scripted, part: str) -> None:
    result = await play(script)
    assert isinstance(result.error, ProtocolError)
    assert "host.example" in result.error.message
    assert part in result.error.message
    assert result.error.hint or script.status == 204


async def test_case_089_redirect_never_carries_the_key() -> None:
    async with ScriptedServer(GOOD) as target:
        location = f"{target.origin}/login.html?error=private-link-validation-error:1"
        async with ScriptedServer(Scripted([], 303, {"Location": location}, "length")) as server:
            result = await ask(server.url, credential=BEARER)
        assert target.requests == []
    assert isinstance(result.error, ProtocolError)
    assert "private link" in result.error.hint
    assert "/login.html?error=private-link-validation-error:1 instead of" in result.error.message
    assert result.retries == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error_code": "BAD_REQUEST", "message": "m"}, "m"),
        ({"error": {"message": "m", "type": "invalid_request_error", "param": None, "code": "x"}}, "m"),
        ({"error": "m"}, "m"),
        ({"detail": "m", "status": "404", "scimType": "x"}, "m"),
        ({"detail": [{"loc": ["body", "n"], "msg": "m", "type": "x"}]}, "body.n: m"),
        ([{"error": {"code": 400, "message": "m"}}], "m"),
        ("INVALID_PARAMETER_VALUE: m", "m"),
        ("<html><pre>m &lt;1&gt;</pre><title>t</title></html>", "m <1>"),
        ("<html><title>t</title></html>", "t"),
        (
            "Bad request: rpc error: code = InvalidArgument desc = m",
            "Bad request: rpc error: code = InvalidArgument desc = m",
        ),
        ({"error": {"message": '{"error_code": "X", "message": "m"}'}}, "m"),
        ({"unknown": "shape"}, '{"unknown": "shape"}'),
        (b"\xff\xfe broken", "\ufffd\ufffd broken"),
        ("", "400 Bad Request"),
    ],
)
async def test_cases_090_and_091_bad_requests_in_every_shape(body: object, message: str) -> None:
    server = InProcess(answer(body, 400))
    result = await play(server=server)
    assert type(result.error) is ServerError
    assert result.error.message == message
    assert result.error.status == 400
    assert len(server.requests) == 1


async def test_case_093_stream_options_are_left_out_after_a_refusal_and_it_is_remembered() -> None:
    refusal = answer({"error": {"message": 'json: unknown field "stream_options"'}}, 400)
    async with ScriptedServer(refusal, GOOD) as server:
        client = Client(environ={})
        assert (await collect(client, endpoint_at(server.url))).text == "ok"
        assert (await collect(client, endpoint_at(server.url))).text == "ok"
        await client.aclose()
    assert ["stream_options" in request.json for request in server.requests] == [True, False, False]


async def test_a_second_refusal_of_stream_options_is_an_error() -> None:
    server = InProcess(answer({"error": "stream_options?"}, 400))
    result = await play(server=server)
    assert isinstance(result.error, ServerError)
    assert len(server.requests) == 2


async def test_max_tokens_gets_its_newer_name_when_the_server_asks_for_it() -> None:
    told = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    server = InProcess(answer({"error": {"message": told}}, 400), GOOD)
    assert (await play(server=server)).text == "ok"
    assert server.requests[1].json["max_completion_tokens"] == 2048
    assert "max_tokens" not in server.requests[1].json


@pytest.mark.parametrize(
    "body",
    [
        {
            "error_code": "BAD_REQUEST",
            "message": "max_tokens (10000) cannot exceed 8192. Please reduce the length",
        },
        {"message": "prompt is too long: 202609 tokens > 200000 maximum"},
        {"error": {"message": "too much", "code": "context_length_exceeded"}},
        {"error": {"message": "This model's maximum context length is 8192 tokens."}},
        {
            "error": {
                "message": "the request exceeds the available context size",
                "type": "exceed_context_size_error",
            }
        },
    ],
)
async def test_case_095_length(body: object) -> None:
    result = await play(answer(body, 400))
    assert isinstance(result.error, ContextLengthError)
    assert "max_tokens" in result.error.hint


async def test_case_096_invalid_token_as_400() -> None:
    result = await play(answer("Invalid Token", 400), credential=BEARER)
    assert isinstance(result.error, AuthError)
    assert "TEST_TOKEN" in result.error.hint


async def test_case_097_unauthorised() -> None:
    server = InProcess(answer({"error_code": "UNAUTHENTICATED", "message": f"bad {TOKEN}"}, 401))
    result = await play(server=server, credential=BEARER)
    assert isinstance(result.error, AuthError)
    assert NAME in result.error.hint
    assert "TEST_TOKEN" in result.error.hint
    assert TOKEN not in str(result.error)
    assert len(server.requests) == 1
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_a_server_that_wants_a_key_where_none_is_configured_says_how_to_set_it() -> None:
    result = await play(answer({"error": "no key"}, 401))
    assert isinstance(result.error, AuthError)
    assert "token_env" in result.error.hint


async def test_no_token_means_that_nothing_is_sent() -> None:
    server = InProcess(GOOD)
    result = await play(server=server, credential=Credential("bearer", env="NOT_SET"))
    assert isinstance(result.error, CredentialError)
    assert "NOT_SET" in str(result.error)
    assert server.requests == []
    assert result.retries == []


async def test_case_100_forbidden() -> None:
    result = await play(answer({"error_code": "PERMISSION_DENIED", "message": "m"}, 403), credential=BEARER)
    assert isinstance(result.error, ForbiddenError)
    assert result.error.hint.startswith("The key from TEST_TOKEN may not use this model")
    assert "CAN QUERY" in result.error.hint


async def test_case_100_not_found_offers_the_models_that_there_are() -> None:
    gone = answer(
        {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "m"}, 404, headers={"x-request-id": "r-1"}
    )
    routes = {"/api/2.0/serving-endpoints": answer(LISTING)}
    async with ScriptedServer(gone, routes=routes) as server:
        asked = request_for(model="databricks-meta-llama-3-70b-instruct")
        result = await ask(server.origin, asked, kind="databricks")
    assert isinstance(result.error, NotFoundError)
    assert result.error.offered[0] == "databricks-meta-llama-3-3-70b-instruct"
    assert set(result.error.offered) == {entry["name"] for entry in LISTING["endpoints"]}
    assert result.error.hint == (
        "Offered here: databricks-meta-llama-3-3-70b-instruct, databricks-gpt-oss-20b, databricks-inkling. "
        "Request id: r-1."
    )


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "/chat/completions: Invalid model name passed in model=mocc."}},
        {"error": {"message": "no such thing", "code": "model_not_found"}},
        {"error": {"message": "The model `mocc` does not exist or you do not have access to it."}},
    ],
)
async def test_a_bad_request_that_is_about_the_model_offers_models_too(body: object) -> None:
    routes = {"/v1/models": answer({"data": [{"id": "mock"}, {"id": "other"}]})}
    result = await play(answer(body, 400), routes=routes, request=request_for(model="mocc"))
    assert isinstance(result.error, NotFoundError)
    assert result.error.status == 400
    assert result.error.offered == ("mock", "other")


async def test_not_found_without_a_listing_still_has_a_hint() -> None:
    result = await play(answer("", 404))
    assert isinstance(result.error, NotFoundError)
    assert result.error.message == "404 Not Found"
    assert "retired, of another region, or not ready yet" in result.error.hint


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"ready": "READY"}, "“m” is listed all the same: it may be starting."),
        (
            {"ready": "NOT_READY", "config_update": "IN_PROGRESS"},
            "“m” is listed as not ready: it is being deployed.",
        ),
    ],
)
async def test_a_model_that_is_not_found_although_it_is_listed_says_so(
    state: dict[str, str], said: str
) -> None:
    listed = [{"name": "m", "task": "llm/v1/chat", "state": state}, *LISTING["endpoints"]]
    routes = {"/api/2.0/serving-endpoints": answer({"endpoints": listed})}
    gone = answer({"error_code": "ENDPOINT_NOT_FOUND", "message": "m"}, 404, {"x-request-id": "r-1"})
    async with ScriptedServer(gone, routes=routes) as server:
        result = await ask(server.origin, kind="databricks")
    assert isinstance(result.error, NotFoundError)
    assert result.error.hint.startswith(said)
    assert result.error.hint.endswith("Request id: r-1.")
    assert result.error.offered == ()


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, {"message": "API type 'x' is not supported by 'm'"}, ServerError, "Responses API"),
        (400, {"message": "temperature is not supported"}, ServerError, "sampling parameters"),
        (403, {"message": "token has no required scopes"}, ForbiddenError, "lacks a scope"),
        (403, {"message": "Source IP address: 1.2.3.4 is blocked"}, ForbiddenError, "network address"),
        (
            403,
            {"message": "Invalid access token."},
            AuthError,
            "wrong, expired, revoked, or another workspace's",
        ),
        (403, {"message": "Invalid token scope."}, ForbiddenError, "lacks a scope"),
        (413, "", ServerError, "too large"),
        (422, {"detail": [{"loc": ["body"], "msg": "bad"}]}, ServerError, ""),
        (499, {"error_code": "CANCELLED", "message": "m"}, ServerError, "cancelled the request"),
        (501, {"error_code": "NOT_IMPLEMENTED", "message": "m"}, WrongTaskError, "other mode"),
        (504, {"error_code": "DEADLINE_EXCEEDED", "message": "m"}, UnavailableError, "took longer"),
    ],
)
async def test_each_status_says_what_to_do(
    status: int, body: object, kind: type[ServerError], said: str
) -> None:
    """Section 5.2 of the description, what its cases do not list."""
    result = await play(answer(body, status), credential=BEARER)
    assert isinstance(result.error, kind)
    assert result.error.status == status
    assert said in result.error.hint


async def test_a_route_optimised_endpoint_says_that_it_takes_no_personal_token() -> None:
    for status in (401, 403):
        client = Client(transports={NAME: InProcess(answer({"message": "m"}, status))}, environ={})
        url = "https://abc.serving.cloud.databricks.com/123"
        result = await collect(client, endpoint_at(url, "databricks", credential=BEARER))
        await client.aclose()
        assert result.error is not None
        assert "OAuth tokens only" in result.error.hint


@pytest.mark.parametrize(
    "credential", [BEARER, Credential("basic", token=TOKEN), Credential("bearer", env="SCRIPTED_TOKEN")]
)
async def test_case_113_secret_echo(credential: Credential) -> None:
    server = ScriptedServer()

    async with server:
        echo = "you sent "
        for auth in (TOKEN, "dG9rZW46ZGFwaS10ZXN0LTAxMjM0NTY3ODk="):
            echo += f"{auth} and Bearer {auth} "
        server.answers = [answer({"error": {"message": echo}}, 400), stream(E("a"), f"error: {echo}\n\n")]
        environ = {"SCRIPTED_TOKEN": TOKEN}
        refused = await ask(server.url, credential=credential, environ=environ)
        server.answers = server.answers[1:]
        in_stream = await ask(server.url, credential=credential, environ=environ)
    for result in (refused, in_stream):
        assert result.error is not None
        assert TOKEN not in repr(result.error)
        assert TOKEN not in str(result.error)
        assert "[hidden]" in result.error.message
    sent = server.requests[0].headers["authorization"].removeprefix("Basic ")
    if credential.kind == "basic":
        assert b64decode(sent) == f"token:{TOKEN}".encode()
        assert refused.error is not None
        assert sent not in str(refused.error)


async def test_keys_in_configured_headers_are_masked_too() -> None:
    script = answer({"error": {"message": f"key {TOKEN} is bad"}}, 401)
    result = await play(script, headers={"api-key": TOKEN})
    assert result.error is not None
    assert result.error.message == "key [hidden] is bad"


async def test_error_text_is_one_capped_line_that_cannot_act_on_a_terminal() -> None:
    text = "\x1b]52;c;AA==\x07 first\nsecond \x9b31m " + "x" * 5000
    result = await play(answer({"error": {"message": text}}, 400))
    assert result.error is not None
    assert len(result.error.message) == 2000
    assert not set(result.error.message) & {"\x1b", "\x07", "\x9b", "\n"}


async def test_an_endless_error_body_is_read_only_so_far() -> None:
    async with ScriptedServer(Scripted(["x" * 100_000, Ending.HANG], 400)) as server:
        result = await ask(server.url)
        await asyncio.wait_for(server.requests[0].gone.wait(), 20)
    assert result.error is not None
    assert result.error.message.startswith("xxx")


async def test_case_115_basic() -> None:
    server = InProcess(GOOD)
    await play(server=server, credential=Credential("basic", token="dapi-test"))
    assert server.requests[0].headers["authorization"] == "Basic dG9rZW46ZGFwaS10ZXN0"


async def test_case_126_body() -> None:
    server = InProcess(GOOD)
    await play(server=server, kind="databricks", request=request_for("Hi", model="a/b"))
    assert server.requests[0].json == {
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "max_tokens": 2048,
    }
    assert server.requests[0].target.endswith("/serving-endpoints/a%2Fb/invocations")


async def test_a_key_is_never_sent_over_plain_http_to_another_machine() -> None:
    for changes in ({"credential": BEARER}, {"headers": {"Authorization": f"Bearer {TOKEN}"}}):
        server = InProcess(GOOD)
        client = Client(transports={NAME: server}, environ={})
        endpoint = endpoint_at("http://10.0.0.1:9/v1", **changes)
        result = await collect(client, endpoint)
        assert isinstance(result.error, ConnectError)
        assert "plain http" in result.error.message
        assert server.requests == []
        assert result.retries == []
        allowed = endpoint_at("http://10.0.0.1:9/v1", allow_http=True, **changes)
        assert (await collect(client, allowed)).text == "ok"
        await client.aclose()


@pytest.mark.parametrize(
    "url", ["", "ftp://x/v1", "https:///v1", "https://[::1/v1", "http://x:99999/v1", "x"]
)
async def test_a_url_that_is_none_is_a_configuration_error(url: str) -> None:
    client = Client(transports={NAME: InProcess(GOOD)}, environ={})
    result = await collect(client, endpoint_at(url))
    assert isinstance(result.error, ConfigError)
    assert result.retries == []
    await client.aclose()


async def test_a_header_that_cannot_be_sent_is_told_without_its_value() -> None:
    async with ScriptedServer(GOOD) as server:
        for value in (f"{TOKEN}\r\nX: y", f"{TOKEN}é"):
            result = await ask(server.url, headers={"X-Key": value})
            assert isinstance(result.error, ConfigError)
            assert TOKEN not in str(result.error)


async def test_certificates_that_cannot_be_read_are_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("missing.pem", "empty.pem"):
        result = await ask("https://127.0.0.1:9/v1", ca_file=str(tmp_path / name))
        assert isinstance(result.error, ConfigError)
        assert name in result.error.message


async def test_values_that_json_has_no_form_for_are_told() -> None:
    for value in (float("nan"), datetime.now(UTC)):
        result: Answer = await play(GOOD, body={"x": value})
        assert result.error is not None
        assert result.error.kind == "usage"


async def test_an_empty_prompt_is_not_sent() -> None:
    server = InProcess(GOOD)
    result = await play(server=server, request=request_for("  \n"))
    assert result.error is not None
    assert result.error.kind == "usage"
    assert server.requests == []


async def test_a_closed_client_says_so() -> None:
    client = Client(transports={NAME: InProcess(GOOD)}, environ={})
    await client.aclose()
    result = await collect(client, endpoint_at("https://host.example/v1"))
    assert result.error is not None
    assert result.error.kind == "usage"


async def test_waiting_for_headers_costs_no_more_than_its_limit() -> None:
    async with ScriptedServer(hang()) as server:
        client = Client(environ={})
        started = time.monotonic()
        task = asyncio.create_task(collect(client, endpoint_at(server.url, first_event_timeout=30.0)))
        await server.asked()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - started < 2
        await client.aclose()
