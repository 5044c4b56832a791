"""Certificates of servers and of the client: what is trusted and shown, and one sentence for the rest."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path

import certifi
import pytest

from fmtui.core.client import Client
from fmtui.core.errors import ConfigError, ConnectError, FmtuiError
from fmtui.core.tls import tls_context
from tests.core.asking import BEARER, Answer, ask, collect, endpoint_at
from tests.core.certificates import AUTHORITY, FOLDER, LOCKED_WITH, private_copy, serving
from tests.core.configuring import Write, only
from tests.servers import D, E, F, ScriptedServer, stream
from tests.sharing import WORLD

GOOD = stream(E("ok"), F("stop"), D)


async def test_a_private_authority_is_trusted_by_setting_or_environment(tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    folder.mkdir()
    # OpenSSL finds a certificate in a folder by the hash of its subject.
    hashed = ssl.create_default_context(cafile=AUTHORITY).get_ca_certs()
    assert len(hashed) == 1
    (folder / f"{SUBJECT_HASH}.0").write_bytes(AUTHORITY.read_bytes())
    async with ScriptedServer(GOOD, tls=serving("server")) as server:
        for environ in (
            {"SSL_CERT_FILE": str(AUTHORITY)},
            {"SSL_CERT_DIR": str(folder)},
            {"SSL_CERT_DIR": f"{tmp_path / 'none'}:{folder}"},
            {"SSL_CERT_FILE": str(FOLDER / "client.pem"), "SSL_CERT_DIR": str(folder)},
        ):
            assert (await ask(server.url, environ=environ, credential=BEARER)).text == "ok", environ
        by_name = server.url.replace("127.0.0.1", "localhost")
        assert (await ask(by_name, ca_file=str(AUTHORITY))).text == "ok"
        # What the endpoint names counts alone.
        narrowed = await ask(server.url, environ={"SSL_CERT_FILE": str(AUTHORITY)}, ca_file=CERTIFIED)
        assert isinstance(narrowed.error, ConnectError)


@pytest.mark.parametrize("form", ["folder", "file", "both, of which the file is broken"])
async def test_the_systems_own_authorities_are_trusted_beside_the_usual_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Where an organisation puts its own certificates, as other programs find them."""
    file, folder = tmp_path / "cert.pem", tmp_path / "certs"
    if form != "file":
        folder.mkdir()
        (folder / f"{SUBJECT_HASH}.0").write_bytes(AUTHORITY.read_bytes())
    file.write_bytes(AUTHORITY.read_bytes() if form == "file" else b"broken")
    paths = ssl.get_default_verify_paths()._replace(openssl_cafile=str(file), openssl_capath=str(folder))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(certifi, "where", lambda: WORLD)
    async with ScriptedServer(GOOD, tls=serving("server")) as server:
        assert (await ask(server.url, credential=BEARER)).text == "ok"
        for environ, ca_file in (({"SSL_CERT_FILE": CERTIFIED}, ""), ({}, CERTIFIED)):
            narrowed = await ask(server.url, environ=environ, ca_file=ca_file)
            assert isinstance(narrowed.error, ConnectError), "what was named counts alone"
    context = tls_context(endpoint_at("https://host.example"), {})
    assert len(context.get_ca_certs()) > 100, "the usual ones are there too"


def pem(path: Path) -> str:
    return path.read_text("ascii")


async def ask_with(
    url: str, settings: Mapping[str, object], environ: Mapping[str, str], certificate: str = ""
) -> Answer:
    """Ask with a client certificate, as an endpoint with these settings does."""
    given = {"client_cert": certificate, "ca_file": str(AUTHORITY), "credential": BEARER} | dict(settings)
    client = Client(environ=environ)
    try:
        return await collect(client, endpoint_at(url, **given))  # type: ignore[arg-type] # the names are checked by the dataclass
    finally:
        await client.aclose()


CERTIFIED = str(FOLDER / "client.pem")
SUBJECT_HASH = "8de0758e"


@pytest.mark.parametrize(
    ("name", "trusted", "said"),
    [
        ("server", False, "was signed by nobody who is trusted here; nothing was sent."),
        ("expired", True, "has expired; nothing was sent."),
        ("other", True, "is for another host; nothing was sent."),
    ],
)
async def test_a_certificate_that_is_not_right_is_one_sentence_and_nothing_is_sent(
    name: str,
    trusted: bool,  # noqa: FBT001 - a table of cases
    said: str,
) -> None:
    async with ScriptedServer(GOOD, tls=serving(name)) as server:
        ca_file = str(AUTHORITY) if trusted else ""
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            result = await ask(url, ca_file=ca_file, credential=BEARER)
            assert isinstance(result.error, ConnectError)
            assert result.error.message.endswith(said)
            assert result.error.message.startswith("The certificate of ")
            assert "[SSL" not in str(result.error)
            assert len(result.retries) == 2
        assert server.requests == []


async def test_certificates_named_by_the_environment_that_are_not_there_are_told(tmp_path: Path) -> None:
    result = await ask("https://127.0.0.1:1/v1", environ={"SSL_CERT_DIR": str(tmp_path / "none")})
    assert isinstance(result.error, ConfigError)
    assert "none is no folder of certificates" in result.error.message
    assert "SSL_CERT_DIR" in result.error.hint


# ---- the client's own certificate -------------------------------------------


async def test_a_server_that_asks_is_shown_the_clients_certificate(tmp_path: Path) -> None:
    certificate = str(FOLDER / "client.pem")
    plain, locked = private_copy("client.key", tmp_path), private_copy("client-locked.key", tmp_path)
    both = private_copy("client.key", tmp_path).with_name("both.pem")
    both.write_text(pem(FOLDER / "client.pem") + pem(plain))
    both.chmod(0o600)
    async with ScriptedServer(GOOD, tls=serving("server", asks=True)) as server:
        for settings in (
            {"client_cert": certificate, "client_key": str(plain)},
            {"client_cert": str(both)},
            {"client_cert": certificate, "client_key": str(locked), "client_key_password_env": "PW"},
        ):
            result = await ask_with(server.url, settings, {"PW": LOCKED_WITH})
            assert result.text == "ok", result.error


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_asks_in_vain_is_one_sentence(version: ssl.TLSVersion) -> None:
    context = serving("server", asks=True)
    context.minimum_version = context.maximum_version = version
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # Not asyncio's server: that one hangs up without saying why.
        refusing = asyncio.create_task(asyncio.to_thread(refuse, listening, context))
        port = listening.getsockname()[1]
        result = await ask(f"https://127.0.0.1:{port}/v1", ca_file=str(AUTHORITY), credential=BEARER)
        listening.shutdown(socket.SHUT_RDWR)
        await refusing
    assert isinstance(result.error, FmtuiError)
    assert f"127.0.0.1:{port} wants a client certificate" in result.error.message
    assert "client_cert" in result.error.hint


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_asks_in_vain_and_hangs_up_without_a_word_is_told_with_the_likely_cause(
    version: ssl.TLSVersion,
) -> None:
    context = serving("server", asks=True)
    context.minimum_version = context.maximum_version = version
    async with ScriptedServer(GOOD, tls=context) as server:
        result = await ask(server.url, ca_file=str(AUTHORITY), credential=BEARER)
        assert server.requests == []
    assert isinstance(result.error, FmtuiError)
    assert f"127.0.0.1:{server.port}" in result.error.message
    assert "only clients with a certificate" in result.error.hint
    assert "client_cert" in result.error.hint


def refuse(listening: socket.socket, context: ssl.SSLContext) -> None:
    """Shake hands with whoever comes, and refuse who shows no certificate, as servers do."""
    while True:
        try:
            raw, _ = listening.accept()
        except OSError:
            return
        with (
            contextlib.suppress(OSError),
            context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False) as secure,
        ):
            try:
                secure.do_handshake()
            except ssl.SSLError:
                plain = socket.socket(fileno=secure.detach())
                plain.settimeout(5)
                with plain:
                    while plain.recv(65536):
                        pass


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
async def test_a_key_that_others_can_read_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    folder = tmp_path / "my keys"
    folder.mkdir()
    key = private_copy("client.key", folder)
    key.chmod(mode)
    async with ScriptedServer(GOOD, tls=serving("server", asks=True)) as server:
        result = await ask(
            server.url, ca_file=str(AUTHORITY), client_cert=str(FOLDER / "client.pem"), client_key=str(key)
        )
        assert server.connections == 0
    assert isinstance(result.error, ConfigError)
    assert result.error.message == f"The key in {key} is not used, as other users can read it."
    assert result.error.hint == f"Run: chmod 600 '{key}'"


async def test_a_client_certificate_that_cannot_be_used_is_told_and_never_asks_on_the_terminal(
    tmp_path: Path,
) -> None:
    certificate = str(FOLDER / "client.pem")
    plain, locked = private_copy("client.key", tmp_path), private_copy("client-locked.key", tmp_path)
    other = tmp_path / "other.key"
    other.write_text(pem(FOLDER / "server.pem"))
    other.chmod(0o600)
    cases: tuple[tuple[dict[str, str], str], ...] = (
        ({"client_key": str(locked)}, "needs a password."),
        ({"client_key": str(locked), "client_key_password_env": "UNSET"}, "and UNSET is not set."),
        ({"client_key": str(locked), "client_key_password_env": "WRONG"}, "or the password is wrong."),
        ({"client_key": str(other)}, "are no certificate and its key."),
        ({"client_key": str(tmp_path / "none.key")}, "none.key cannot be read: No such file"),
        ({"client_cert": str(tmp_path / "none.pem"), "client_key": str(plain)}, "none.pem cannot be read"),
    )
    for settings, said in cases:
        environ = {"WRONG": "not-the-password"}
        result = await ask_with("https://127.0.0.1:1/v1", settings, environ, certificate)
        assert isinstance(result.error, ConfigError), settings
        assert said in result.error.message
        assert "not-the-password" not in str(result.error)


def test_the_configuration_names_them_beside_itself(write: Write, tmp_path: Path) -> None:
    endpoint = only(
        write(
            '[endpoints.a]\nurl = "https://x"\ntoken_env = "K"\nclient_cert = "c.pem"\n'
            'client_key = "c.key"\nclient_key_password_env = "PW"\n'
        )
    )
    assert (endpoint.client_cert, endpoint.client_key) == (str(tmp_path / "c.pem"), str(tmp_path / "c.key"))
    assert endpoint.client_key_password_env == "PW"
