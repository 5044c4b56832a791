"""Where a key is found, how it is sent, and that nothing else ever shows it."""

import asyncio
import base64
import os
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from fmtui.core.auth import NO_CREDENTIAL, Credential, header_value
from fmtui.core.auth_flow import TokenAuth, auth_for
from fmtui.core.errors import CredentialError
from fmtui.core.outgoing import Way

PATH = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
SECRET = "dapi-very-secret"


def shell(script: str) -> Credential:
    return Credential(
        "bearer", command=("sh", "-c", script), source="config.toml [endpoints.x] token_command"
    )


async def resolve(credential: Credential, environ: dict[str, str]) -> str:
    """Return the secret of a credential, as the first request would find it."""
    return await TokenAuth(credential, environ).secret()


async def failure(credential: Credential, environ: dict[str, str] | None = None) -> CredentialError:
    with pytest.raises(CredentialError) as caught:
        await resolve(credential, PATH if environ is None else environ)
    return caught.value


class Server:
    """Takes requests in memory and answers with the statuses it was given, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.sent: list[str | None] = []
        self._statuses = list(statuses)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request.headers.get("Authorization"))
        return httpx.Response(self._statuses.pop(0) if self._statuses else 200, text="answer")

    async def ask(self, auth: TokenAuth, times: int = 1) -> list[int]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self)) as http:
            requests = [http.build_request("POST", "https://host/x", json={}) for _ in range(times)]
            answers = await asyncio.gather(*(auth.send(Way(http), request) for request in requests))
            return [answer.status_code for answer in answers]


# ---- headers ----------------------------------------------------------------


async def test_a_bearer_token_goes_into_the_authorization_header() -> None:
    server = Server()
    await server.ask(TokenAuth(Credential("bearer", token=SECRET), {}))
    assert server.sent == [f"Bearer {SECRET}"]


async def test_azures_openai_gets_its_key_in_a_header_of_its_own() -> None:
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200)

    auth = TokenAuth(Credential("api-key", token="0123456789abcdef"), {})
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        await auth.send(Way(http), http.build_request("GET", "https://x.openai.azure.com/openai/v1/models"))
    assert seen[0]["api-key"] == "0123456789abcdef"
    assert "authorization" not in seen[0]


def test_basic_authorization_is_what_databricks_documents() -> None:
    assert header_value(Credential("basic"), "dapi-test") == "Basic dG9rZW46ZGFwaS10ZXN0"


async def test_a_password_outside_ascii_works_with_basic() -> None:
    server = Server()
    await server.ask(TokenAuth(Credential("basic", token="pä ss", username="ann"), {}))
    sent = (server.sent[0] or "").removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == "ann:pä ss"


def test_without_a_credential_there_is_nothing_to_send() -> None:
    assert auth_for(NO_CREDENTIAL, {}) is None


# ---- sources ----------------------------------------------------------------


async def test_the_environment_is_read_when_the_request_is_made() -> None:
    environ: dict[str, str] = {}
    auth = TokenAuth(Credential("bearer", env="KEY"), environ)
    environ["KEY"] = f" {SECRET}\n"
    assert await auth.secret() == SECRET


@pytest.mark.parametrize("environ", [{}, {"KEY": ""}, {"KEY": "  "}])
async def test_a_variable_that_is_unset_or_empty_is_named(environ: dict[str, str]) -> None:
    error = await failure(Credential("bearer", env="KEY"), environ)
    assert "KEY is not set" in error.message
    assert "export KEY=" in error.hint


async def test_a_token_file_gives_its_first_line(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"\n{SECRET}\nnotes\n")
    file.chmod(0o600)
    assert await resolve(Credential("bearer", file=str(file)), {}) == SECRET


async def test_a_missing_or_empty_token_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "token"
    error = await failure(Credential("bearer", file=str(file)))
    assert str(file) in error.message
    assert "No such file" in error.message
    file.write_text("\n")
    file.chmod(0o600)
    assert "is empty" in (await failure(Credential("bearer", file=str(file)))).message


async def test_a_credential_without_any_source_says_what_to_set() -> None:
    error = await failure(Credential("bearer", source="config.toml [endpoints.x]"))
    assert "No token" in error.message
    assert "token_env" in error.hint
    assert "[endpoints.x]" in error.hint


async def test_a_credential_that_cannot_be_used_says_why_and_nothing_is_sent() -> None:
    server = Server()
    credential = Credential("bearer", token=SECRET, problem="Not supported yet.", hint="Use a token.")
    with pytest.raises(CredentialError, match="Not supported yet") as caught:
        await server.ask(TokenAuth(credential, {}))
    assert caught.value.hint == "Use a token."
    assert server.sent == []


@pytest.mark.parametrize("pasted", ["Bearer dapi-very-secret", "dapi\nvery", "dapi-sécret", "dapi\x1b[0m"])
async def test_what_cannot_be_a_token_is_refused_without_showing_it(pasted: str) -> None:
    error = await failure(Credential("bearer", token=pasted, source="~/.databrickscfg [x]"))
    assert "cannot be a token" in error.message
    assert "[x]" in error.hint
    assert "dapi" not in str(error)


# ---- commands ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "token"),
    [
        ("echo abc", "abc"),
        ("printf abc", "abc"),
        ("printf 'abc\\nuser: me\\n'", "abc"),
        ("echo noise >&2; echo abc", "abc"),
        ("""echo '{"access_token": "abc", "token_type": "Bearer"}'""", "abc"),
        ("""printf '{\\n  "accessToken": "abc"\\n}'""", "abc"),
    ],
)
async def test_a_command_prints_the_token_on_its_first_line_or_as_json(script: str, token: str) -> None:
    assert await resolve(shell(script), PATH) == token


async def test_a_command_is_not_read_by_a_shell() -> None:
    assert await resolve(Credential("bearer", command=("echo", "$HOME;id")), PATH) == "$HOME;id"


async def test_a_command_sees_the_environment_and_no_terminal() -> None:
    environ = {**PATH, "VAULT": "kitchen"}
    script = "read answer; (: </dev/tty) 2>/dev/null && echo terminal || echo $VAULT$answer"
    assert await resolve(shell(script), environ) == "kitchen"


async def test_a_failing_command_shows_the_first_line_of_its_complaint() -> None:
    error = await failure(shell("printf '\\n\\033[31mgpg: no key\\nmore\\n' >&2; exit 3"))
    assert "exit status 3" in error.message
    assert "gpg: no key" in error.message
    assert "more" not in error.message
    assert "\x1b" not in error.message
    assert "token_command" in error.hint


async def test_a_complaint_that_holds_the_token_is_masked() -> None:
    error = await failure(shell(f"echo {SECRET}; echo 'bad {SECRET}' >&2; exit 1"))
    assert SECRET not in str(error)
    assert "bad" in error.message


async def test_a_command_killed_by_a_signal_says_so() -> None:
    assert "signal 9" in (await failure(shell("kill -9 $$"))).message


async def test_what_a_command_leaves_running_does_not_delay_its_token() -> None:
    started = time.monotonic()
    assert await resolve(shell("sleep 20 & echo abc"), PATH) == "abc"
    assert time.monotonic() - started < 10


async def test_a_command_that_prints_nothing_is_an_error() -> None:
    assert "printed nothing" in (await failure(shell("echo; echo locked >&2"))).message


async def test_a_program_that_is_missing_is_named_and_its_arguments_are_not() -> None:
    error = await failure(Credential("bearer", command=("no-such-program", SECRET)))
    assert "no-such-program cannot be started" in error.message
    assert "No such file" in error.message
    assert SECRET not in str(error)


async def test_a_command_that_writes_without_end_is_stopped_and_takes_no_memory() -> None:
    auth = TokenAuth(Credential("bearer", command=("yes", "token")), PATH, command_limit_s=0.2)
    with pytest.raises(CredentialError, match="took longer than"):
        await auth.secret()


def _hanging(folder: Path) -> tuple[Credential, int]:
    """Return a command whose grandchild hangs, and a descriptor at whose end both are gone."""
    fifo = folder / "alive"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    return shell(f"exec 3>'{fifo}'; echo started >&3; sleep 60 & wait"), reader


async def test_a_command_that_hangs_is_killed_with_all_it_started(tmp_path: Path) -> None:
    credential, reader = _hanging(tmp_path)
    started = time.monotonic()
    auth = TokenAuth(credential, PATH, command_limit_s=0.3)
    with pytest.raises(CredentialError, match=r"took longer than 0\.3 s"):
        await auth.secret()
    assert await asyncio.to_thread(os.read, reader, 100) == b"started\n"
    assert await asyncio.to_thread(os.read, reader, 100) == b""
    assert time.monotonic() - started < 10
    os.close(reader)


async def test_stopping_the_request_kills_the_command(tmp_path: Path) -> None:
    credential, reader = _hanging(tmp_path)
    asking = asyncio.create_task(TokenAuth(credential, PATH).secret())
    started = asyncio.Event()
    asyncio.get_running_loop().add_reader(reader, started.set)
    await started.wait()
    asyncio.get_running_loop().remove_reader(reader)
    assert await asyncio.to_thread(os.read, reader, 100) == b"started\n"
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await asyncio.to_thread(os.read, reader, 100) == b""
    os.close(reader)


@pytest.mark.parametrize("steps", range(6))
async def test_stopping_while_the_command_starts_leaves_nothing_running(tmp_path: Path, steps: int) -> None:
    credential, reader = _hanging(tmp_path)
    asking = asyncio.create_task(TokenAuth(credential, PATH).secret())
    for _ in range(steps):
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    while await asyncio.to_thread(os.read, reader, 100):
        pass
    os.close(reader)


def _counting(folder: Path) -> Credential:
    """Return a command that prints `token-1`, then `token-2`, and so on."""
    return shell(f"echo x >> '{folder}/runs'; echo token-$(wc -l < '{folder}/runs' | tr -d ' ')")


async def test_requests_that_start_together_run_the_command_once(tmp_path: Path) -> None:
    server = Server()
    auth = TokenAuth(_counting(tmp_path), PATH)
    assert await server.ask(auth, times=5) == [200] * 5
    await server.ask(auth)
    assert server.sent == ["Bearer token-1"] * 6


async def test_after_a_401_the_command_runs_again_and_the_request_is_sent_once_more(tmp_path: Path) -> None:
    server = Server(200, 401, 200)
    auth = TokenAuth(_counting(tmp_path), PATH)
    assert await server.ask(auth) == [200]
    assert await server.ask(auth) == [200]
    assert server.sent == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


async def test_a_server_that_always_says_401_is_asked_twice_at_most(tmp_path: Path) -> None:
    server = Server(401, 401, 401)
    assert await server.ask(TokenAuth(_counting(tmp_path), PATH)) == [401]
    assert len(server.sent) == 2


async def test_a_401_with_the_same_token_again_is_not_sent_twice() -> None:
    for credential in (shell("echo same"), Credential("bearer", token=SECRET)):
        server = Server(401)
        assert await server.ask(TokenAuth(credential, PATH)) == [401]
        assert len(server.sent) == 1


@pytest.mark.parametrize(
    ("printed", "ttl_s", "kept_s"),
    [
        ('{"access_token": "t", "expires_in": 600}', 0, 540),
        ('{"access_token": "t", "expires_in": 600}', 100, 100),
        ("t", 100, 100),
        ("t", 0, 1e9),
    ],
)
async def test_a_commands_token_is_used_for_its_lifetime_or_the_time_that_is_set(
    tmp_path: Path, printed: str, ttl_s: float, kept_s: float
) -> None:
    runs = tmp_path / "runs"
    credential = replace(shell(f"echo x >> '{runs}'; echo '{printed}'"), ttl_s=ttl_s)
    now = [1000.0, 5.0]
    auth = TokenAuth(credential, PATH, clock=lambda: tuple(now))
    await auth.secret()
    now[0] += kept_s - 1
    await auth.secret()
    assert runs.read_text() == "x\n"
    if kept_s < 1e9:
        now[0], now[1] = 0.0, now[1] + kept_s + 1  # set back meanwhile: the other clock tells
        await auth.secret()
        assert runs.read_text() == "x\nx\n"


async def test_a_command_does_not_see_the_keys_of_others_unless_it_names_them() -> None:
    environ = {**PATH, "DATABRICKS_TOKEN": "dapi", "TEAM_KEY": "tk", "OPENAI_API_KEY": "sk", "AGENT": "sock"}
    script = "env | grep -E '^(DATABRICKS_|TEAM_|OPENAI_|AGENT)' | sort | tr '\\n' ' ' | tr ' ' ,"
    credential = replace(shell(script), withheld=("TEAM_KEY",))
    assert await resolve(credential, environ) == "AGENT=sock,"
    named = replace(shell("echo $OPENAI_API_KEY$DATABRICKS_TOKEN$TEAM_KEY"), withheld=("TEAM_KEY",))
    assert await resolve(named, environ) == "skdapitk"


async def test_json_without_a_token_is_not_taken_for_one() -> None:
    error = await failure(shell("""printf '{\\n "token": "x"}'"""))
    assert "printed JSON without a token" in error.message


async def test_forgetting_a_refused_token_keeps_a_newer_one(tmp_path: Path) -> None:
    auth = TokenAuth(_counting(tmp_path), PATH)
    assert await auth.secret() == "token-1"
    auth.forget("an older one")
    assert await auth.secret() == "token-1"
    auth.forget()
    assert await auth.secret() == "token-2"


# ---- nothing shows it -------------------------------------------------------


async def test_no_repr_holds_a_secret() -> None:
    for credential in (
        Credential("bearer", token=SECRET),
        Credential("bearer", command=("echo", SECRET)),
    ):
        auth = TokenAuth(credential, PATH)
        await auth.secret()
        assert SECRET not in repr(credential)
        assert SECRET not in repr(auth)


async def test_the_secrets_to_mask_are_known_in_every_form_that_was_sent(tmp_path: Path) -> None:
    auth = TokenAuth(Credential("basic", env="KEY"), {"KEY": "dapi-test"})
    assert not auth.secrets
    await auth.secret()
    assert auth.secrets == ("dG9rZW46ZGFwaS10ZXN0", "dapi-test")
    assert TokenAuth(Credential("bearer", token=SECRET), {}).secrets == (SECRET,)
