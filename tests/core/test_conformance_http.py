"""Statuses, errors, retries and keys: the protocol's cases, by their numbers."""

import asyncio
import ssl
import time
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from fmtui.core.auth import Credential
from fmtui.core.chat import Retrying
from fmtui.core.client import Client
from fmtui.core.errors import (
    AuthError,
    ConfigError,
    ConnectError,
    ConnectionLostError,
    ContextLengthError,
    CredentialError,
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    RateLimitError,
    ServerError,
    StreamFailedError,
    UnavailableError,
)
from tests.core.asking import BEARER, NAME, TOKEN, Answer, ask, collect, endpoint_at, play, request_for
from tests.in_process import InProcess
from tests.servers import DATA, D, E, Ending, F, Scripted, ScriptedServer, answer, hang, stream

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
    assert "CAN QUERY" in result.error.hint


async def test_case_100_not_found_offers_the_models_that_there_are() -> None:
    gone = answer({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "m"}, 404)
    routes = {"/api/2.0/serving-endpoints": answer(LISTING)}
    async with ScriptedServer(gone, routes=routes) as server:
        asked = request_for(model="databricks-meta-llama-3-70b-instruct")
        result = await ask(server.origin, asked, kind="databricks")
    assert isinstance(result.error, NotFoundError)
    assert result.error.offered[0] == "databricks-meta-llama-3-3-70b-instruct"
    assert set(result.error.offered) == {entry["name"] for entry in LISTING["endpoints"]}
    assert "databricks-meta-llama-3-3-70b-instruct" in result.error.hint


async def test_not_found_without_a_listing_still_has_a_hint() -> None:
    result = await play(answer("", 404))
    assert isinstance(result.error, NotFoundError)
    assert result.error.message == "404 Not Found"
    assert result.error.hint


async def test_case_101_retry_after_seconds_over_a_socket() -> None:
    slow = answer({"error": {"message": "m"}}, 429, {"Retry-After": "2"})
    async with ScriptedServer(slow, GOOD) as server:
        result = await ask(server.url)
    assert result.text == "ok"
    assert result.waits == [2.0]
    assert result.retries == [Retrying(2.0, "429: too many requests", 2)]


@pytest.mark.parametrize(
    ("headers", "body", "low", "high"),
    [
        ({"retry-after-ms": "250"}, {}, 0.25, 0.25),
        ({"Retry-After": "1.5"}, {}, 1.5, 1.5),
        ({"Retry-After": "120"}, {}, 120, 120),
        ({"Retry-After": "DATE"}, {}, 8, 10),
        ({}, {"error": {"message": "m", "retry_after": 1}}, 1, 1),
        ({}, {"error": {"message": "m", "retry_after": "1"}}, 1, 1),
        ({"Retry-After": "2"}, {"error": {"message": "m", "retry_after": 1}}, 2, 2),
        ({"Retry-After": "0"}, {}, 0.375, 0.5),
        ({"Retry-After": "-5"}, {}, 0.375, 0.5),
        ({"Retry-After": "soon"}, {}, 0.375, 0.5),
        ({"Retry-After": "nan"}, {}, 0.375, 0.5),
        ({}, {"error": {"message": "m", "retry_after": []}}, 0.375, 0.5),
        ({}, {}, 0.375, 0.5),
    ],
)
async def test_cases_101_and_103_every_source_of_the_wait(
    headers: dict[str, str], body: object, low: float, high: float
) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=10), usegmt=True)
    headers = {name: date if value == "DATE" else value for name, value in headers.items()}
    result = await play(answer(body, 429, headers), GOOD)
    assert result.text == "ok"
    assert len(result.waits) == 1
    assert low <= result.waits[0] <= high


async def test_case_104_no_hint_backs_off_and_gives_up_after_two_retries() -> None:
    server = InProcess(answer({"error": {"message": "m"}}, 429))
    result = await play(server=server)
    assert isinstance(result.error, RateLimitError)
    assert len(server.requests) == 3
    assert 0.375 <= result.waits[0] <= 0.5
    assert 0.75 <= result.waits[1] <= 1.0
    assert [retry.attempt for retry in result.retries] == [2, 3]


async def test_case_105_a_long_wait_is_told_and_not_waited() -> None:
    server = InProcess(answer({"error": {"message": "m"}}, 429, {"Retry-After": "3600"}))
    result = await play(server=server)
    assert isinstance(result.error, RateLimitError)
    assert result.error.retry_after_s == 3600
    assert "1 h" in result.error.hint
    assert len(server.requests) == 1


async def test_what_is_left_of_a_limit_and_the_request_id_are_told() -> None:
    headers = {"x-ratelimit-remaining-tokens": "0", "x-request-id": "r-1", "Retry-After": "999"}
    result = await play(answer({"error": {"message": "m"}}, 429, headers))
    assert result.error is not None
    assert "x-ratelimit-remaining-tokens: 0" in result.error.hint
    assert "r-1" in result.error.hint


async def test_case_107_unavailable_then_good() -> None:
    result = await play(answer({"error_code": "TEMPORARILY_UNAVAILABLE", "message": "m"}, 503), GOOD)
    assert result.text == "ok"
    assert "starting" in result.retries[0].reason


@pytest.mark.parametrize(("status", "requests"), [(500, 3), (502, 3), (408, 3), (409, 3), (504, 2), (501, 1)])
async def test_case_108_server_errors_are_tried_again(status: int, requests: int) -> None:
    server = InProcess(answer({"message": "m"}, status))
    result = await play(server=server)
    assert isinstance(result.error, UnavailableError)
    assert result.error.message == "m"
    assert len(server.requests) == requests


@pytest.mark.parametrize(("status", "told", "requests"), [(500, "false", 1), (400, "true", 3)])
async def test_the_servers_own_word_on_retries_wins(status: int, told: str, requests: int) -> None:
    server = InProcess(answer({"message": "m"}, status, {"x-should-retry": told}))
    await play(server=server)
    assert len(server.requests) == requests


async def test_case_111_empty_504() -> None:
    result = await play(Scripted([], 504))
    assert result.error is not None
    assert result.error.message == "504 Gateway Timeout"


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
        await asyncio.wait_for(server.requests[0].gone.wait(), 1)
    assert result.error is not None
    assert result.error.message.startswith("xxx")


async def closed_port() -> int:
    async with ScriptedServer(GOOD) as server:
        return server.port


async def test_case_114_refused() -> None:
    port = await closed_port()
    result = await ask(f"http://127.0.0.1:{port}/v1")
    assert isinstance(result.error, ConnectError)
    assert result.error.message == f"Nothing answers at 127.0.0.1:{port}: the connection was refused."
    assert [retry.attempt for retry in result.retries] == [2, 3]
    assert 0.375 <= result.waits[0] <= 0.5


async def test_case_114_name_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    result = await ask("https://nothing.invalid/v1")
    assert isinstance(result.error, ConnectError)
    assert result.error.message == "The host name nothing.invalid was not found."
    assert len(result.retries) == 2


CERTIFICATE = DATA / "loopback.pem"


async def test_case_114_tls() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    async with ScriptedServer(GOOD, tls=context) as server:
        refused = await ask(server.url)
        trusted = await ask(server.url, ca_file=str(CERTIFICATE), credential=BEARER)
    assert isinstance(refused.error, ConnectError)
    assert f"The certificate of 127.0.0.1:{server.port} was not accepted" in refused.error.message
    assert "ca_file" in refused.error.hint
    assert trusted.text == "ok"


async def test_https_to_a_plain_server_says_so() -> None:
    async def answer_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer_plainly, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        result = await ask(f"https://127.0.0.1:{port}/v1")
    assert isinstance(result.error, ConnectError)
    assert "TLS" in result.error.message
    assert "http://" in result.error.hint


async def test_connecting_has_a_limit_of_its_own() -> None:
    error = httpx.ConnectTimeout("")
    result = await play(error, connect_timeout=7.0)
    assert isinstance(result.error, ConnectError)
    assert result.error.message == "No connection to host.example came about within 7 s."
    assert len(result.retries) == 2


async def test_a_server_that_hangs_up_without_an_answer_is_asked_again() -> None:
    script = Scripted([], before_headers=[Ending.CLOSE])
    async with ScriptedServer(script, script, GOOD) as server:
        result = await ask(server.url)
    assert result.text == "ok"
    async with ScriptedServer(script) as server:
        result = await ask(server.url)
        assert len(server.requests) == 3
    assert isinstance(result.error, ConnectionLostError)
    assert "without an answer" in result.error.message


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
