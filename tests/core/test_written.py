"""A request that is written down is the one that is sent, without its keys; other programs can send it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import httpx
import pytest

from fmtui.core.auth import AuthKind, Credential
from fmtui.core.chat import Params, Request, Turn
from fmtui.core.client import Client
from fmtui.core.endpoints import Endpoint
from fmtui.core.written import Header, Written, write_down
from tests.core.asking import NAME
from tests.in_process import InProcess
from tests.servers import D, E, F, stream

KEY = "dapi-0123456789"
SAID = Turn.prompt('It\'s $HOME, `id` \\ "quoted"\n\ta tab, ümlaut 😀 and \x1b[2J\nJSON\n', "")
PICTURE = "data:image/png;base64," + "A" * 4000

# Stands for the program: what it would be given, one argument in a line, and what it would read.
CURL = 'curl() { for each; do printf "%s\\n" "$each"; done; printf "=\\n"; cat; }\n'


def endpoint(kind: AuthKind, **more: Any) -> Endpoint:
    headers = {"X-Team": "it's us", "X-Api-Key": "secret-header"}
    body = {"user": "me", "inner": {"api_key": "secret-body"}}
    credential = Credential(kind, env="MY_TOKEN", **more)
    return Endpoint(
        NAME, "https://host.example/v1", "openai", credential=credential, headers=headers, body=body
    )


async def both(there: Endpoint) -> tuple[Written, InProcess]:
    """Return a request as it is written down, and who was sent it."""
    server = InProcess(stream(E("ok"), F("stop"), D))
    client = Client(transports={NAME: server}, environ={"MY_TOKEN": KEY})
    request = Request(Params(NAME, "tiny", max_tokens=64, system="Be brief."), (SAID,))
    try:
        written = await client.written(there, request)
        assert not server.requests
        async for _ in client.stream(there, request):
            pass
    finally:
        await client.aclose()
    return written, server


def in_a_shell(script: str, environ: dict[str, str]) -> str:
    command = ["/bin/sh", "-euc", script]
    return subprocess.run(command, env=environ, capture_output=True, check=True, text=True).stdout


@pytest.mark.parametrize("kind", ["bearer", "basic", "api-key", "none"])
async def test_it_is_what_is_sent_with_names_in_the_place_of_keys(kind: AuthKind) -> None:
    written, server = await both(endpoint(kind))
    sent = server.requests[0]
    body = json.loads(sent.body)
    assert body["inner"] == {"api_key": "secret-body"}
    body["inner"]["api_key"] = "[hidden]"
    assert written.body == body
    for name, value, variable in written.headers:
        assert sent.headers[name.lower()].startswith(value)
        assert variable or sent.headers[name.lower()] == value
    everything = "".join(
        [written.form("request"), *(written.form(form) for form in ("json", "curl", "python"))]
    )
    for secret in (KEY, "secret-header", "secret-body"):
        assert secret not in everything
    assert "POST https://host.example/v1/chat/completions\n" in written.form("request")
    assert "\nX-Api-Key: [hidden]\n" in written.form("request")
    assert ("Authorization: B" in written.form("request")) == (kind in ("bearer", "basic"))


@pytest.mark.parametrize("kind", ["bearer", "basic", "api-key"])
async def test_a_shell_gives_curl_the_same_request(kind: AuthKind) -> None:
    written, server = await both(endpoint(kind))
    environ = {"MY_TOKEN": KEY, "X_API_KEY": "secret-header"}
    told, _, read = in_a_shell(CURL + written.form("curl"), environ).partition("=\n")
    sent = server.requests[0]
    assert json.loads(read) == written.body
    arguments = told.splitlines()
    assert arguments[:2] == ["-sSgN", "https://host.example/v1/chat/completions"]
    assert {"X-Api-Key: secret-header", "X-Team: it's us"} <= set(arguments)
    assert "content-length" not in told.lower(), "the body is laid out otherwise, so curl counts it"
    if kind == "basic":
        assert arguments[arguments.index("-u") + 1] == f"token:{KEY}"
    else:
        name = "api-key" if kind == "api-key" else "Authorization"
        assert f"{name}: {sent.headers[name.lower()]}" in arguments


@pytest.mark.parametrize("kind", ["bearer", "basic", "none"])
async def test_the_script_sends_the_same_request(kind: AuthKind, monkeypatch: pytest.MonkeyPatch) -> None:
    written, server = await both(endpoint(kind))
    monkeypatch.setenv("MY_TOKEN", KEY)
    monkeypatch.setenv("X_API_KEY", "secret-header")
    made: list[tuple[tuple[str, str], dict[str, Any]]] = []

    class Stopped(Exception):  # noqa: N818 - ends the script before it sends
        pass

    def stand_in(*where: str, **options: Any) -> None:
        made.append(((where[0], where[1]), options))
        raise Stopped

    monkeypatch.setattr(httpx, "stream", stand_in)
    with pytest.raises(Stopped):
        exec(compile(written.form("python"), "script", "exec"), {})  # noqa: S102 - what is tested
    ((where, options),) = made
    sent = server.requests[0]
    assert where == ("POST", "https://host.example/v1/chat/completions")
    assert options["json"] == written.body
    headers = {name.lower(): value for name, value in options["headers"].items()}
    assert headers["x-api-key"] == "secret-header"
    assert "content-length" not in headers
    if kind == "bearer":
        assert headers["authorization"] == sent.headers["authorization"]
    elif kind == "basic":
        assert options["auth"] == ("token", KEY)
    else:
        assert "authorization" not in headers


def test_a_token_that_a_secret_is_changed_for_has_a_name_of_its_own_and_files_are_named() -> None:
    credential = Credential("bearer", sign_in="oauth-m2m", env="CLIENT_SECRET", client_id="me")
    there = Endpoint(
        "e", "https://host.example/v1?key=hush-hush", "openai", credential=credential, ca_file="/a ca.pem"
    )
    body = json.dumps(
        {"messages": [{"content": [{"image_url": {"url": PICTURE}}], "api_key": "theirs-it-is"}]}
    )
    written = write_down(there, there.url, {"Accept": "*/*"}, body.encode())
    assert written.headers[-1] == Header("Authorization", "Bearer ", "TOKEN")
    assert "--cacert '/a ca.pem'" in written.form("curl")
    assert "verify='/a ca.pem'" in written.form("python")
    assert "hush-hush" not in written.form("request") + written.form("curl")
    assert "base64,… (3,000 bytes)" in written.form("request")
    assert PICTURE in written.form("json")
    assert "theirs-it-is" in written.form("json"), "what was said is not looked through"
    signed = Endpoint("e", "https://host.example/v1", "openai", client_cert="/c.pem", client_key="/k.pem")
    assert "cert=('/c.pem', '/k.pem')" in write_down(signed, signed.url, {}, b"{}").form("python")


HEADERS = {
    "Cookie": "sid=header1; csrf=header2",
    "X-Api-Key": "header3 header4",
    "Authorization": 'Token token="header5", realm=header6',
    "1-Key": "header7",
    "X-Upstream": "https://me:header8@up.example/?t=header9",
    "My-Token": "header0",
    "X-Empty": "",
}
BODY = {
    "tools": [
        {
            "server_url": "https://me:below-a1@mcp.example/sse?token=below-a2",
            "headers": {"Authorization": "Bearer below-a3"},
            "authorization": "below-a4",
        }
    ],
    "accessKeys": ["below-b1"],
    "clientSecret": {"value": "below-b2"},
    "line": "Bearer below-b3",
    "prompt_key": "below-b4",
    "inner": {"messages": {"api_key": "below-b5"}},
}


def test_no_key_is_shown_wherever_the_configuration_has_it() -> None:
    credential = Credential("bearer", env="MY_TOKEN")
    there = Endpoint(NAME, "https://host.example/v1?sig=query-1", "openai", credential=credential)
    written = write_down(there, there.url, HEADERS, json.dumps(BODY).encode())
    for form in ("request", "json", "curl", "python"):
        text = written.form(form)
        for part in ("header", "below-", "query-1"):
            assert part not in text.replace("headers", "")
    assert written.form("request").count("Authorization: ") == 1, "that of the sign-in takes its place"
    assert '"server_url": "https://mcp.example/sse?token=[hidden]"' in written.form("json")


def test_what_only_looks_like_a_key_is_shown() -> None:
    fields = {
        "schema": {"properties": {"api_key": {"type": "string", "description": "how it is named"}}},
        "$schema": "http://json-schema.org/draft-07/schema#",
        "stop_token": "END",
        "style": "Basic words, token by token",
        "max_tokens": 20_000_000,
    }
    there = Endpoint(NAME, "https://host.example/v1", "openai")
    assert write_down(there, there.url, {"X-Level": "basic"}, json.dumps(fields).encode()).body == fields


def test_every_key_has_a_variable_of_its_own_in_a_shell_and_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    credential = Credential("bearer", env="MY_TOKEN")
    url = "https://host.example/v1?a[0]={x}&sig=it's"
    there = Endpoint(NAME, url, "openai", credential=credential)
    written = write_down(there, url, HEADERS, b"{}")
    environ = {"MY_TOKEN": KEY, "SIG": "s1", "A_0_": "{x}", "COOKIE": "c o", "KEY_1_KEY": "one"}
    environ |= {"MY_TOKEN_HEADER": "other", "X_API_KEY": "x k", "X_UPSTREAM": "up"}
    told = in_a_shell(CURL + written.form("curl"), environ).splitlines()
    assert told[:2] == ["-sSgN", "https://host.example/v1?a[0]={x}&sig=s1"]
    headers = {"Cookie: c o", "1-Key: one", "My-Token: other", "X-Api-Key: x k", "X-Upstream: up", "X-Empty;"}
    assert {*headers, f"Authorization: Bearer {KEY}"} <= set(told)

    monkeypatch.setattr("os.environ", environ)
    sent: list[tuple[str, dict[str, str]]] = []

    def stand_in(_method: str, address: str, **options: Any) -> None:
        sent.append((address, options["headers"]))
        raise InterruptedError

    monkeypatch.setattr(httpx, "stream", stand_in)
    with pytest.raises(InterruptedError):
        exec(compile(written.form("python"), "script", "exec"), {})  # noqa: S102 - what is tested
    assert sent[0][0] == told[1]
    assert {f"{name}: {value}" if value else f"{name};" for name, value in sent[0][1].items()} == {
        *headers,
        f"Authorization: Bearer {KEY}",
    }


def test_a_variable_that_no_shell_can_have_is_not_named() -> None:
    there = Endpoint(
        NAME, "https://host.example/v1", "openai", credential=Credential("bearer", env="my-token")
    )
    assert write_down(there, there.url, {}, b"{}").headers[-1].variable == "TOKEN"


def test_signs_that_a_terminal_acts_on_are_written_as_json_can() -> None:
    there = Endpoint(NAME, "https://host.example/v1", "openai")
    body = {"messages": "\x7f \x9b \u2028 \x1b é"}
    written = write_down(there, there.url, {}, json.dumps(body).encode())
    assert json.loads(written.form("json")) == body
    assert '"\\u007f \\u009b \\u2028 \\u001b é"' in written.form("curl")
