"""The proxies of the environment: which is taken, what it is told, and what it is never told."""

from base64 import b64encode

import pytest

from fmtui.core.errors import ConnectError, FmtuiError
from fmtui.core.proxies import proxy_for
from tests.core.asking import BEARER, TOKEN, ask
from tests.core.certificates import AUTHORITY, serving
from tests.proxy import Proxy
from tests.servers import D, E, F, ScriptedServer, stream

GOOD = stream(E("ok"), F("stop"), D)
PASSWORD = "p@ss:w/rd-%"
QUOTED = "p%40ss%3Aw%2Frd-%25"
USER = b64encode(f"ann:{PASSWORD}".encode()).decode()


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, ("", "")),
        ({"HTTPS_PROXY": "http://p:1"}, ("http://p:1", "HTTPS_PROXY")),
        ({"https_proxy": "p:1"}, ("http://p:1", "https_proxy")),
        ({"HTTPS_PROXY": "a:1", "https_proxy": "b:1"}, ("http://b:1", "https_proxy")),
        ({"HTTPS_PROXY": "a:1", "https_proxy": ""}, ("", "")),
        ({"ALL_PROXY": "a:1"}, ("http://a:1", "ALL_PROXY")),
        ({"all_proxy": "a:1", "HTTPS_PROXY": "https://b:1"}, ("https://b:1", "HTTPS_PROXY")),
        ({"HTTP_PROXY": "a:1", "http_proxy": "a:1"}, ("", "")),
    ],
)
def test_the_proxy_of_a_scheme_is_taken_in_both_cases_of_letters(
    environ: dict[str, str], proxy: tuple[str, str]
) -> None:
    assert proxy_for("https://host.example/v1", environ) == proxy


def test_plain_http_has_a_proxy_of_its_own() -> None:
    environ = {"HTTP_PROXY": "a:1", "HTTPS_PROXY": "b:1"}
    assert proxy_for("http://host.example/v1", environ) == ("http://a:1", "HTTP_PROXY")


@pytest.mark.parametrize(
    ("exceptions", "url"),
    [
        ("*", "https://host.example"),
        ("host.example", "https://host.example"),
        ("HOST.example.", "https://host.EXAMPLE./v1"),
        ("example", "https://host.example"),
        (".example", "https://host.example"),
        (".host.example", "https://host.example"),
        ("*.example", "https://host.example"),
        ("a.test, b.test host.example", "https://host.example"),
        ("host.example:443", "https://host.example"),
        ("host.example:8443", "https://host.example:8443"),
        ("https://host.example", "https://host.example"),
        ("10.1.2.3", "https://10.1.2.3"),
        ("10.0.0.0/8", "https://10.1.2.3:8443/v1"),
        ("10.1.2.3/8", "https://10.1.2.3"),
        ("fd00::/8", "https://[fd00::1]"),
        ("fd00::1", "https://[fd00:0::1]:8443"),
        ("[fd00::1]:8443", "https://[fd00::1]:8443"),
    ],
)
def test_no_proxy_names_hosts_in_all_usual_forms(exceptions: str, url: str) -> None:
    assert proxy_for(url, {"HTTPS_PROXY": "p:1", "NO_PROXY": exceptions}) == ("", "")
    assert proxy_for(url, {"https_proxy": "p:1", "no_proxy": exceptions, "NO_PROXY": ""}) == ("", "")


@pytest.mark.parametrize(
    ("exceptions", "url"),
    [
        ("", "https://host.example"),
        ("ample", "https://host.example"),
        ("host.example.org", "https://host.example"),
        ("host.example:8443", "https://host.example"),
        ("10.0.0.0/8", "https://11.1.2.3"),
        ("10.0.0.0/8", "https://10.example"),
        ("10.1.2", "https://10.1.2.3"),
        ("fd00::/8", "https://[fe00::1]"),
        ("[ , / :", "https://host.example"),
        (".", "https://host.example"),
        ("300.0.0.0/99", "https://host.example"),
    ],
)
def test_no_proxy_names_nothing_else(exceptions: str, url: str) -> None:
    assert proxy_for(url, {"HTTPS_PROXY": "p:1", "NO_PROXY": exceptions})[0] == "http://p:1"


async def test_a_key_goes_through_a_proxy_and_the_proxy_sees_only_its_own_password() -> None:
    async with (
        ScriptedServer(GOOD, tls=serving("other")) as server,
        Proxy(server.port, user=USER) as proxy,
    ):
        environ = {"HTTPS_PROXY": f"http://ann:{QUOTED}@{proxy.address}"}
        result = await ask(
            "https://other.example/v1", environ=environ, credential=BEARER, ca_file=str(AUTHORITY)
        )
    assert result.text == "ok"
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert "proxy-authorization" not in server.requests[0].headers
    (head,) = proxy.heads
    assert head.startswith("CONNECT other.example:443 ")
    assert TOKEN not in head


async def test_a_proxy_may_itself_be_reached_by_tls_and_its_certificate_is_checked() -> None:
    async with (
        ScriptedServer(GOOD, tls=serving("other")) as server,
        Proxy(server.port, tls=serving("server")) as proxy,
    ):
        trusting = {"SSL_CERT_FILE": str(AUTHORITY), "HTTPS_PROXY": f"https://{proxy.address}"}
        result = await ask("https://other.example/v1", environ=trusting)
        assert result.text == "ok"
        doubting = {"HTTPS_PROXY": f"https://{proxy.address}"}
        refused = await ask("https://other.example/v1", environ=doubting, ca_file=str(AUTHORITY))
    assert isinstance(refused.error, ConnectError)
    assert "signed by nobody who is trusted" in refused.error.message
    assert len(proxy.heads) == 1


@pytest.mark.parametrize(
    ("user", "refuses", "said"),
    [
        (USER, 0, "wants a user name and password, or refused the ones it was given"),
        ("", 403, "did not connect to other.example and answered with status 403"),
    ],
)
async def test_a_proxy_that_refuses_is_told_apart_from_the_server(user: str, refuses: int, said: str) -> None:
    async with Proxy(1, user=user, refuses=refuses) as proxy:
        environ = {"all_proxy": f"http://ann:wrong-password@{proxy.address}"}
        result = await ask("https://other.example/v1", environ=environ, credential=BEARER)
    assert isinstance(result.error, ConnectError)
    assert result.error.message.startswith("The proxy in all_proxy ")
    assert said in result.error.message
    assert len(result.retries) == (2 if refuses else 0)
    assert "wrong-password" not in str(result.error)
    assert all(TOKEN not in head for head in proxy.heads)


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://ann:hunter22@127.0.0.1:1",
        "nonsense://ann:hunter22@x",
        "http://ann:hunter22@[::1",
        "http://ann:hunter@22@127.0.0.1:1",
        "http://ann:hunter22@127.0.0.1:port",
        "http://",
    ],
)
async def test_a_proxy_that_cannot_be_used_is_one_clear_error_without_its_password(proxy: str) -> None:
    result = await ask("https://host.example/v1", environ={"HTTPS_PROXY": proxy}, credential=BEARER)
    assert isinstance(result.error, ConnectError)
    assert "The proxy in HTTPS_PROXY" in result.error.message
    assert bool(result.retries) is ("does not answer" in result.error.message), "no setting mends itself"
    chain: list[str] = []
    error: BaseException | None = result.error
    while error is not None:
        chain.append(f"{error} {error!r}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert "hunter" not in " ".join(chain)


async def test_servers_of_this_machine_are_asked_without_a_proxy() -> None:
    environ = {"HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}
    async with ScriptedServer(GOOD) as server:
        assert (await ask(server.url, environ=environ)).text == "ok"


async def test_plain_http_through_a_proxy_needs_allow_http_all_the_same() -> None:
    async with ScriptedServer(GOOD) as server, Proxy(server.port) as proxy:
        environ = {"http_proxy": f"http://{proxy.address}"}
        refused = await ask("http://other.example/v1", environ=environ, credential=BEARER)
        assert proxy.heads == []
        allowed = await ask("http://other.example/v1", environ=environ, credential=BEARER, allow_http=True)
    assert isinstance(refused.error, FmtuiError)
    assert "plain http" in refused.error.message
    assert allowed.text == "ok"
