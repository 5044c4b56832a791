"""Where the configuration says that a key is, and that nothing else shows or uses it."""

from pathlib import Path

import pytest

from fmtui.core.auth import NO_CREDENTIAL
from fmtui.core.config import load
from tests.core.configuring import Write, only, told


def test_what_is_not_given_is_guessed(write: Write) -> None:
    remote = only(write('[endpoints.a]\nurl = "x.example"\ntoken_env = "K"\n'))
    assert (remote.kind, remote.url, remote.credential.kind) == ("openai", "https://x.example/v1", "bearer")
    local = only(write('[endpoints.a]\nurl = "localhost:8000"\n'))
    assert (local.url, local.credential) == ("http://localhost:8000/v1", NO_CREDENTIAL)
    url = "https://dbc-1.cloud.databricks.com/serving-endpoints/my-model/invocations"
    pasted = only(write(f'[endpoints.a]\nurl = "{url}"\ntoken_env = "K"\n'))
    assert (pasted.kind, pasted.url, pasted.model) == (
        "databricks",
        "https://dbc-1.cloud.databricks.com",
        "my-model",
    )
    basic = only(write('[endpoints.a]\nurl = "https://x"\nusername = "ann"\ntoken_env = "K"\n'))
    assert (basic.credential.kind, basic.credential.username) == ("basic", "ann")
    azure = only(write('[endpoints.a]\nurl = "https://x"\nauth = "api-key"\ntoken_env = "K"\n'))
    assert (azure.credential.kind, azure.credential.env) == ("api-key", "K")


def test_each_source_of_a_token_is_taken(write: Write, tmp_path: Path) -> None:
    table = '[endpoints.a]\nurl = "https://x"\n'
    assert only(write(table + 'token = "dapi-1"')).credential.token == "dapi-1"
    assert only(write(table + 'token_command = ["pass", "show", "x y"]')).credential.command == (
        "pass",
        "show",
        "x y",
    )
    assert only(write(table + 'token_file = "key"')).credential.file == str(tmp_path / "key")
    assert only(write(table + 'token_file = "/run/key"')).credential.file == "/run/key"
    assert only(write(table + 'token_env = "K"')).credential.source == "config.toml [endpoints.a] token_env"
    assert only(write(table + 'ca_file = "ca.pem"')).ca_file == str(tmp_path / "ca.pem")


def test_a_workspace_without_a_token_says_where_to_put_one_when_it_is_used(write: Write) -> None:
    endpoint = only(write('[endpoints.a]\nurl = "https://dbc-1.cloud.databricks.com"\n'))
    assert "No token is configured for the endpoint a" in endpoint.credential.problem
    assert 'token_env = "NAME" to [endpoints.a]' in endpoint.credential.hint


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o606, 0o610])
def test_a_token_in_a_file_that_others_can_read_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "my config.toml"
    path.write_text('[endpoints.a]\nurl = "https://x"\ntoken = "dapi-secret"\n')
    path.chmod(mode)
    config = load(path)
    said = f"Run: chmod 600 '{path}'"
    assert told(config) == f"line 3: endpoints.a.token is not used, as other users can read the file. {said}"
    (endpoint,) = config.endpoints
    assert endpoint.credential.token == ""
    assert "other users can read" in endpoint.credential.problem
    assert endpoint.credential.hint == said


def test_a_key_in_a_header_is_refused_alike_and_other_headers_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[endpoints.a]\nurl = "https://x"\nheaders = { Api-Key = "sk-secret", X-Team = "a" }\n')
    path.chmod(0o644)
    config = load(path)
    assert "Api-Key of endpoints.a is not sent" in told(config)
    assert config.endpoints[0].headers == {"X-Team": "a"}
    path.chmod(0o600)
    assert load(path).endpoints[0].headers == {"Api-Key": "sk-secret", "X-Team": "a"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('token_command = "pass show x"', 'Write it as ["pass", "show", "llm"]; no shell reads it.'),
        ("token_command = []", "must be a list: the program and its arguments"),
        ('token_command = [""]', "begins with a program"),
        ('token_env = "MY KEY"', "must be the name of an environment variable"),
        ('token_env = "dapi0123456789abcdef0123"', "must be the name of an environment variable"),
        ("token = 3", "endpoints.a.token must be text in quotes, not a number."),
        ('token_env = "A"\ntoken_command = ["b"]', "has token_env and token_command: only one may be given."),
    ],
)
def test_a_key_that_was_meant_but_cannot_be_used_is_never_left_out_quietly(
    write: Write, lines: str, said: str
) -> None:
    config = write(f'[endpoints.a]\nurl = "https://x/v1"\n{lines}\n')
    assert said in told(config)
    (endpoint,) = config.endpoints
    assert endpoint.credential.kind == "bearer"
    assert endpoint.credential.problem


def test_auth_none_with_a_key_sends_nothing_and_is_pointed_out(write: Write) -> None:
    config = write('[endpoints.a]\nurl = "https://x/v1"\nauth = "none"\ntoken_env = "K"\n')
    assert "No key is sent." in told(config)
    assert config.endpoints[0].credential.kind == "none"


@pytest.mark.parametrize(
    "line",
    [
        'token_env = "dapi-my-secret-0123456789"',
        'token = ["dapi-my-secret-0123456789"]',
        'token_command = "echo dapi-my-secret-0123456789"',
        'url = "https://me:dapi-my-secret-0123456789@x"',
        'headers = { Authorization = ["dapi-my-secret-0123456789"] }',
        'body = { key = ["dapi-my-secret-0123456789", nan] }',
        'token = "dapi-my-secret-0123456789"\ntoken_env = "K"',
        'token_command = ["echo", "dapi-my-secret-0123456789"]',
        'headers = { Authorization = "Bearer dapi-my-secret-0123456789" }',
        'token = "dapi-my-secret-0123456789',
    ],
)
def test_no_problem_and_no_repr_shows_a_secret(write: Write, line: str) -> None:
    config = write(
        f'[endpoints.a]\n{line}\nurl = "https://x"\n' if "url" not in line else f"[endpoints.a]\n{line}\n"
    )
    assert "my-secret" not in repr(config)
    assert "my-secret" not in " ".join(map(str, config.problems))
