"""When a request is made again, and connections that fail: the protocol's cases, by their numbers."""

import asyncio
import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpcore
import httpx
import pytest

from fmtui.core import connection
from fmtui.core.chat import Retrying
from fmtui.core.client import Client
from fmtui.core.connection import Journey
from fmtui.core.errors import (
    ConnectError,
    ConnectionLostError,
    RateLimitError,
    ServerError,
    UnavailableError,
    WrongTaskError,
)
from tests.core.asking import BEARER, ask, collect, endpoint_at, play, request_for
from tests.in_process import InProcess
from tests.servers import DATA, D, E, Ending, F, Scripted, ScriptedServer, answer, stream

GOOD = stream(E("ok"), F("stop"), D)


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


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


async def test_what_headers_say_of_an_error_is_told() -> None:
    """Section 1.3 of the description: the request id, also of `server-timing`, limits and the wait."""
    headers = {
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "12s",
        "anthropic-ratelimit-requests-reset": "2050-01-01T00:00:00Z",
        "x-request-id": "r-1",
        "Retry-After": "999",
    }
    result = await play(answer({"error": {"message": "m"}}, 429, headers))
    assert result.error is not None
    assert result.error.hint.endswith(
        "The server asks to wait 16 min 39 s, too long to wait here. Try again then. "
        "anthropic-ratelimit-requests-reset: 2050-01-01T00:00:00Z, x-ratelimit-remaining-tokens: 0, "
        "x-ratelimit-reset-tokens: 12s. Request id: r-1."
    )


@pytest.mark.parametrize(
    ("timing", "request_id"),
    [
        ('request_id;dur=0;desc="5b2b-1e4e";client_protocol="HTTP/2.0"', "5b2b-1e4e"),
        ("cache;desc=hit, x-request-id; desc = a1", "a1"),
        ("cache;desc=hit, db;dur=53", ""),
        ("request_id" * 5000 + ";" * 5000, ""),
    ],
)
async def test_a_request_id_of_server_timing_is_told_whatever_the_status(
    timing: str, request_id: str
) -> None:
    for status in (400, 403, 404, 429, 500):
        result = await play(answer({"message": "m"}, status, {"Server-Timing": timing}))
        assert isinstance(result.error, ServerError)
        assert result.error.request_id == request_id
        assert (f"Request id: {request_id}." in result.error.hint) is bool(request_id)


async def test_a_wait_that_was_in_vain_is_told_at_the_end() -> None:
    result = await play(answer({"error": {"message": "m"}}, 429, {"Retry-After": "2"}))
    assert result.waits == [2, 2]
    assert result.error is not None
    assert "The server asks to wait 2 s." in result.error.hint
    busy = await play(answer({"message": "m"}, 503, {"Retry-After": "3600"}))
    assert busy.waits == []
    assert busy.error is not None
    assert "asks to wait 1 h, too long" in busy.error.hint


async def test_a_limit_without_a_time_may_be_no_quota_at_all() -> None:
    result = await play(answer({"error": {"message": "m"}}, 429))
    assert result.error is not None
    assert "no quota for this model" in result.error.hint
    assert "max_tokens counts against the limit" in result.error.hint


async def test_case_107_unavailable_then_good() -> None:
    result = await play(answer({"error_code": "TEMPORARILY_UNAVAILABLE", "message": "m"}, 503), GOOD)
    assert result.text == "ok"
    assert "starting" in result.retries[0].reason


@pytest.mark.parametrize(("status", "requests"), [(500, 3), (502, 3), (408, 3), (409, 3), (504, 2)])
async def test_case_108_server_errors_are_tried_again(status: int, requests: int) -> None:
    server = InProcess(answer({"message": "m"}, status))
    result = await play(server=server)
    assert isinstance(result.error, UnavailableError)
    assert result.error.message == "m"
    assert len(server.requests) == requests


async def test_case_108_a_model_of_another_task_is_not_asked_again() -> None:
    server = InProcess(answer({"error_code": "NOT_IMPLEMENTED", "message": "m"}, 501))
    result = await play(server=server)
    assert isinstance(result.error, WrongTaskError)
    assert [request.method for request in server.requests] == [
        "POST",
        "GET",
    ]  # and what there is, for the hint


@pytest.mark.parametrize(("status", "told", "requests"), [(500, "false", 1), (400, "true", 3)])
async def test_the_servers_own_word_on_retries_wins(status: int, told: str, requests: int) -> None:
    server = InProcess(answer({"message": "m"}, status, {"x-should-retry": told}))
    await play(server=server)
    assert len(server.requests) == requests


async def test_case_111_empty_504() -> None:
    result = await play(Scripted([], 504))
    assert result.error is not None
    assert result.error.message == "504 Gateway Timeout"


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


async def test_case_114_a_proxy_that_does_not_answer_is_not_taken_for_the_server() -> None:
    environ = {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "not.example"}
    result = await ask("https://host.example/v1", environ=environ)
    assert isinstance(result.error, ConnectError)
    assert "The proxy in HTTPS_PROXY does not answer, so host.example was not asked" in result.error.message
    assert "proxy" not in str((await ask("http://127.0.0.1:1/v1", environ=environ)).error)
    assert "proxy" not in str((await ask("https://127.0.0.1:1/v1", environ=environ)).error)


async def test_case_114_name_not_found() -> None:
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
    assert f"The certificate of 127.0.0.1:{server.port} was signed by nobody" in refused.error.message
    assert "ca_file" in refused.error.hint
    assert len(refused.retries) == 2, "as refused connections and names that are not found"
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


HANGS_UP = Scripted([], before_headers=[Ending.CLOSE])
KEPT = Scripted([E("ok"), F("stop"), D], framing="chunked")


async def test_a_request_that_went_out_and_may_be_billed_is_not_sent_again_by_itself() -> None:
    async with ScriptedServer(HANGS_UP, GOOD) as server:
        result = await ask(server.url)
        assert (len(server.requests), result.retries) == (1, [])
    assert isinstance(result.error, ConnectionLostError)
    assert "without an answer" in result.error.message
    assert "not sent again by itself" in result.error.hint


async def test_a_connection_that_was_kept_open_and_broke_is_made_anew_once() -> None:
    async with ScriptedServer(KEPT, HANGS_UP, KEPT, HANGS_UP, HANGS_UP) as server:
        client = Client(environ={}, sleep=no_wait)
        first, second, third = [await collect(client, endpoint_at(server.url)) for _ in range(3)]
        await client.aclose()
        assert server.connections == 3
        assert len(server.requests) == 5
    assert (first.text, second.text) == ("ok", "ok")
    assert [retry.reason for retry in second.retries] == [
        f"127.0.0.1:{server.port} closed the connection without an answer"
    ]
    assert len(third.retries) == 1
    assert isinstance(third.error, ConnectionLostError)
    assert "not sent again by itself" in third.error.hint, "the second time it went out on a new connection"


async def test_a_connection_that_broke_after_a_while_may_have_carried_a_prompt_that_is_billed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "STALE_S", 0.0)  # whatever it took, it was not at once
    async with ScriptedServer(KEPT, HANGS_UP, KEPT) as server:
        client = Client(environ={}, sleep=no_wait)
        await collect(client, endpoint_at(server.url))
        second = await collect(client, endpoint_at(server.url))
        await client.aclose()
        assert (len(server.requests), second.retries) == (2, [])
    assert isinstance(second.error, ConnectionLostError)
    assert "not sent again by itself" in second.error.hint


CONNECTING, CONNECTED, GOES, GONE = (
    *("connection.connect_tcp.started", "connection.start_tls.started"),
    *("http11.send_request_headers.started", "http11.send_request_body.complete"),
)


@pytest.mark.parametrize(
    ("steps", "seconds", "sent"),
    [
        ((), 0, "whole"),  # a transport that says nothing
        ((CONNECTING, CONNECTED), 9, "partly"),
        ((CONNECTING, CONNECTED, GOES), 9, "partly"),
        ((CONNECTING, CONNECTED, GOES, GONE), 0, "whole"),
        ((GOES,), 9, "partly"),
        ((GOES, GONE), 0.9, "reused"),
        ((GOES, GONE), 1.1, "whole"),
        ((CONNECTING, "CONNECT", GONE), 9, "partly"),  # only the proxy was asked
        ((CONNECTING, "CONNECT", GONE, CONNECTED), 9, "partly"),
        ((CONNECTING, "CONNECT", GONE, CONNECTED, GOES, GONE), 0, "whole"),
    ],
)
async def test_how_much_of_a_request_a_server_may_have_got(
    steps: tuple[str, ...], seconds: float, sent: str
) -> None:
    now = 100.0
    journey = Journey(clock=lambda: now)
    for step in steps:
        method = b"CONNECT" if step == "CONNECT" else b"POST"
        await journey.trace(
            GOES if step == "CONNECT" else step, {"request": httpcore.Request(method, "http://x")}
        )
    now += seconds
    assert journey.sent == sent


async def test_a_request_that_did_not_go_out_in_full_is_sent_again() -> None:
    connections = 0

    async def hang_up_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read(1000)
        writer.transport.abort()

    async with await asyncio.start_server(hang_up_early, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        result = await ask(f"http://127.0.0.1:{port}/v1", request_for("x" * 20_000_000))
    assert isinstance(result.error, ConnectionLostError)
    assert (connections, len(result.retries)) == (3, 2)
    assert "by itself" not in result.error.hint


@pytest.mark.parametrize(
    ("status", "headers", "low", "high"),
    [
        (400, {"x-should-retry": "true", "Retry-After": "3"}, 3, 3),
        (503, {"Retry-After": "Sat, 01 Jan 2050 00:00:07", "Date": "Sat, 01 Jan 2050 00:00:00 GMT"}, 7, 7),
        (503, {"Retry-After": "Sat, 01 Jan 2050 00:00:07 GMT", "Date": "Sat, 01 Jan 2050 00:00:00"}, 7, 7),
        (503, {"Retry-After": "Sat, 01 Jan 2050 00:00:07", "Date": "soon"}, -1, -1),
    ],
)
async def test_a_date_without_a_zone_is_utc_and_by_the_servers_clock(
    status: int, headers: dict[str, str], low: float, high: float
) -> None:
    result = await play(answer({"message": "m"}, status, headers), GOOD)
    assert [low <= wait <= high for wait in result.waits] == ([True] if low > 0 else [])


async def test_a_date_without_a_zone_is_not_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        date = (datetime.now(UTC) + timedelta(seconds=10)).strftime("%a, %d %b %Y %H:%M:%S")
        result = await play(answer({"message": "m"}, 429, {"Retry-After": date}), GOOD)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert [8 <= wait <= 10 for wait in result.waits] == [True]
