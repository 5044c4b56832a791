"""A key goes to the origin that it was configured for, and nothing a server says leads it elsewhere."""

from pathlib import Path

import httpx
import pytest

from fmtui.core.auth import Credential
from fmtui.core.client import Client
from fmtui.core.connection import check_origin, check_safe
from fmtui.core.endpoints import shown_url, url_secrets
from fmtui.core.errors import ConfigError, ConnectError, CredentialError, FmtuiError, ProtocolError
from tests.core.asking import BEARER, TOKEN, ask, collect, endpoint_at
from tests.core.certificates import AUTHORITY, serving
from tests.servers import OIDC, D, E, F, Scripted, ScriptedServer, answer, stream

GOOD = stream(E("ok"), F("stop"), D)
LISTED = answer({"data": [{"id": "m"}]})
CLIENT = Credential("bearer", sign_in="oauth-m2m", client_id="i", token=TOKEN, source="a test")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    """To another port, another host, down to http, on the same server: for prompts, lists and tokens."""
    async with ScriptedServer(GOOD, routes={"/v1/models": LISTED}) as other, ScriptedServer() as server:
        for target in (f"{other.url}/chat/completions", f"//localhost:{other.port}/v1/models", "/elsewhere"):
            server.answers = [Scripted([], status, {"Location": target, "Refresh": f"0; url={other.url}"})]
            server.routes = {OIDC: server.answers[0]}
            asked = await ask(server.url, credential=BEARER)
            assert isinstance(asked.error, ProtocolError)
            signed = await ask(server.origin, kind="databricks", credential=CLIENT)
            assert isinstance(signed.error, CredentialError)
            client = Client(environ={})
            with pytest.raises(ProtocolError):
                await client.models(endpoint_at(server.url, credential=BEARER))
            await client.aclose()
        assert other.connections == 0
        assert "/elsewhere" not in [request.target for request in server.requests]


async def test_no_redirect_leads_down_to_plain_http() -> None:
    async with ScriptedServer(GOOD) as plain:
        script = Scripted([], 307, {"Location": f"{plain.url}/chat/completions"})
        async with ScriptedServer(script, tls=serving("server")) as server:
            result = await ask(server.url, ca_file=str(AUTHORITY), credential=BEARER)
    assert isinstance(result.error, ProtocolError)
    assert plain.connections == 0


async def test_a_redirect_is_told_without_what_its_query_holds() -> None:
    script = Scripted([], 302, {"Location": f"https://login.example/?state=abcdef&back={TOKEN}"})
    async with ScriptedServer(script) as server:
        result = await ask(server.url)
    assert result.error is not None
    assert "https://login.example/?state=[hidden]&back=[hidden]" in result.error.message


async def test_two_endpoints_on_one_host_keep_their_keys_and_cookies_to_themselves() -> None:
    cookie = {"Set-Cookie": "session=abc; Path=/", "Content-Type": "text/event-stream"}
    first_answer = Scripted([E("a"), F("stop"), D], headers=cookie, framing="chunked")
    async with ScriptedServer(first_answer) as first, ScriptedServer(GOOD) as second:
        client = Client(environ={})
        for _ in range(2):
            await collect(client, endpoint_at(first.url, credential=BEARER, headers={"api-key": "first-key"}))
        # The same name, as after the configuration was changed, and the same host at another port.
        await collect(client, endpoint_at(second.url))
        await client.aclose()
    assert [request.headers.get("authorization") for request in first.requests] == [f"Bearer {TOKEN}"] * 2
    assert not {"authorization", "api-key"} & set(second.requests[0].headers)
    assert all("cookie" not in request.headers for request in (*first.requests, *second.requests))


async def test_no_netrc_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ann password hunter22\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    async with ScriptedServer(GOOD) as server:
        assert (await ask(server.url)).text == "ok"
    assert "authorization" not in server.requests[0].headers


async def test_no_proxy_or_certificate_is_taken_from_an_environment_that_was_not_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    async with ScriptedServer(GOOD, tls=serving("server")) as server:
        result = await ask(server.url)
    assert isinstance(result.error, ConnectError)
    assert "signed by nobody" in result.error.message


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost@evil.example/v1",
        "https://ann:secret@host.example/v1",
        "http://localhost\\@evil.example/v1",
        "https://host.example\t.evil/v1",
        "https://\u24db\u24deocalhost/v1",
        "https://host.example:0/v1",
    ],
)
def test_a_url_that_may_be_read_in_two_ways_is_not_asked(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_safe(endpoint_at(url, credential=BEARER))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://h\u00f6st.example/v1", "https://HOST.example/v1", "http://[::1]:80/v1"]
)
def test_names_in_all_letters_and_addresses_are_asked(url: str) -> None:
    check_safe(endpoint_at(url, credential=BEARER))


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost.evil.example/v1",
        "http://127.0.0.1.nip.io/v1",
        "http://me.localhost/v1",
        "http://10.0.0.1/v1",
        "HTTP://host.example/v1",
    ],
)
async def test_a_key_of_any_kind_stays_off_plain_http(url: str) -> None:
    for changes in (
        {"credential": BEARER},
        {"credential": Credential("basic", env="K")},
        {"headers": {"X-Custom": "Bearer sk-secret"}},
        {"headers": {"api-key": "k"}},
        {"body": {"auth": {"api_key": "sk-secret"}}},
    ):
        with pytest.raises(FmtuiError, match="plain http"):
            check_safe(endpoint_at(url, **changes))
    with pytest.raises(FmtuiError, match="plain http"):
        check_safe(endpoint_at(f"{url}?key=sk-secret"))
    check_safe(endpoint_at(f"{url}?api-version=1", body={"stop_token": "</s>", "max_tokens": 9}))
    check_safe(endpoint_at(url, credential=BEARER, allow_http=True))


@pytest.mark.parametrize(
    "url", ["https://host.example:8443/v1", "http://host.example/v1", "https://host.example.evil/v1"]
)
def test_a_request_to_another_origin_is_refused(url: str) -> None:
    endpoint = endpoint_at("https://host.example/v1")
    check_origin(endpoint, httpx.URL("https://HOST.example:443/v1/models"))
    with pytest.raises(ConnectError, match="nothing was sent"):
        check_origin(endpoint, httpx.URL(url))


@pytest.mark.parametrize(
    ("url", "shown", "secrets"),
    [
        ("https://x/v1", "https://x/v1", ()),
        ("https://x/v1?api-version=2", "https://x/v1?api-version=2", ()),
        ("https://x/v1?a=k%20y&api-version=2", "https://x/v1?a=[hidden]&api-version=2", ("k%20y", "k y")),
        ("https://x/v1?abcdef", "https://x/v1?[hidden]", ("abcdef",)),
        ("https://ann:p%40ss@x/v1#f", "https://x/v1", ("ann", "p%40ss", "p@ss")),
        ("", "", ()),
    ],
)
def test_what_may_be_a_key_in_a_url_is_hidden(url: str, shown: str, secrets: tuple[str, ...]) -> None:
    assert shown_url(url) == shown
    assert url_secrets(url) == secrets
