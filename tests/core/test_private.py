"""Who else can get at what fmtui keeps and reads: it is closed, refused or told, with the command."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fmtui.core.auth import Credential
from fmtui.core.auth_flow import TokenAuth
from fmtui.core.config import load, offered
from fmtui.core.errors import CredentialError
from fmtui.core.private import changeable, close_to_others, exposed_key
from fmtui.core.profiles import from_profiles
from fmtui.core.session_disk import make_folder
from fmtui.core.state import State, StateFile
from tests.core.configuring import told

TOKEN = '[endpoints.a]\nurl = "https://x"\ntoken_env = "K"\n'


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Set what new files may not be."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_folders_are_for_their_owner_also_those_made_on_the_way(tmp_path: Path) -> None:
    make_folder(tmp_path / "data" / "fmtui" / "sessions")
    made = [tmp_path / "data", tmp_path / "data" / "fmtui", tmp_path / "data" / "fmtui" / "sessions"]
    assert [mode(folder) for folder in made] == [0o700] * 3
    state = StateFile(tmp_path / "state" / "fmtui" / "state.toml")
    state.save(State(endpoint="a"))
    assert (mode(state.path.parent.parent), mode(state.path.parent), mode(state.path)) == (
        0o700,
        0o700,
        0o600,
    )


def test_what_was_open_to_others_is_closed_and_links_are_left_alone(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "sessions", tmp_path / "elsewhere"
    folder.mkdir(mode=0o755)
    for path, bits in ((folder / "a.toml", 0o644), (folder / "run", 0o755), (elsewhere, 0o644)):
        path.write_text("x")
        path.chmod(bits)
    folder.chmod(0o777)
    (folder / "link").symlink_to(elsewhere)
    assert close_to_others([folder, tmp_path / "missing"], files=True) == []
    assert (mode(folder), mode(folder / "a.toml"), mode(folder / "run")) == (0o700, 0o600, 0o700)
    assert mode(elsewhere) == 0o644


def test_what_cannot_be_closed_is_told_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my sessions"
    folder.mkdir(mode=0o700)
    (folder / "a.toml").write_text("x")
    (folder / "a.toml").chmod(0o644)

    def refuse(_path: Path, _mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    assert close_to_others([folder], files=False) == []
    (problem,) = close_to_others([folder], files=True)
    assert f"Other users can get at what is in {folder}" in problem.message
    assert problem.hint == f"Run: sudo chown -R {os.geteuid()} '{folder}' && chmod -R go= '{folder}'"


# ---- the configuration says where keys go -----------------------------------


def test_no_key_is_used_while_others_can_change_the_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "conf"
    folder.mkdir(mode=0o700)
    path = folder / "config.toml"
    for lines in ('token_env = "K"', 'token_command = ["pass"]', 'token_file = "k"', 'token = "t"'):
        path.write_text(f'[endpoints.a]\nurl = "https://x"\n{lines}\n')
        path.chmod(0o602)
        (endpoint,) = load(path).endpoints
        assert endpoint.credential.problem
        assert endpoint.credential.hint.startswith("Run: chmod ")
        assert not endpoint.credential.token
        path.chmod(0o600)
        assert not load(path).endpoints[0].credential.problem
    path.write_text(TOKEN)
    folder.chmod(0o777)
    config = load(path)
    assert "endpoints.a.token_env is not used, as other users can change the file." in told(config)
    assert f"Run: chmod go-w {folder}" in told(config)
    folder.chmod(0o1777)
    assert load(path).problems == (), "nobody can replace another's file in such a folder"


def test_the_folder_of_what_a_link_leads_to_counts_too(tmp_path: Path) -> None:
    open_folder, link = tmp_path / "open", tmp_path / "config.toml"
    open_folder.mkdir()
    (open_folder / "real.toml").write_text(TOKEN)
    (open_folder / "real.toml").chmod(0o600)
    link.symlink_to(open_folder / "real.toml")
    assert changeable(link) == ""
    open_folder.chmod(0o777)
    assert changeable(link) == f"chmod go-w {open_folder}"
    link.unlink()
    assert changeable(link) == ""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('headers = { X-Custom = "Bearer sk-secret" }', "X-Custom of endpoints.a is not sent"),
        ('body = { api_key = "sk-secret", top_k = 4 }', "api_key of endpoints.a is not sent"),
        ('client_id = "i"\nclient_secret = "sk-secret"', "client_secret is not used"),
    ],
)
def test_a_key_anywhere_in_a_file_that_others_can_read_is_not_used(
    tmp_path: Path, line: str, said: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[endpoints.a]\nurl = "https://x"\n{line}\n')
    path.chmod(0o644)
    config = load(path)
    assert said in told(config)
    assert f"Run: chmod 600 {path}" in told(config)
    (endpoint,) = config.endpoints
    assert "sk-secret" not in f"{endpoint.headers} {endpoint.body} {endpoint.credential.token}"
    assert "sk-secret" not in told(config)


def test_a_url_with_a_key_is_not_used_from_a_file_that_others_can_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[endpoints.a]\nurl = "https://x/v1?key=sk-secret"\n')
    path.chmod(0o644)
    config = load(path)
    assert config.endpoints == ()
    assert "endpoints.a.url holds a key and is not used" in told(config)
    assert "sk-secret" not in told(config)
    path.chmod(0o600)
    (endpoint,) = load(path).endpoints
    assert endpoint.url.endswith("?key=sk-secret")
    assert "sk-secret" not in repr(endpoint)


async def test_a_token_file_that_others_can_read_is_refused_with_the_command(tmp_path: Path) -> None:
    path = tmp_path / "my key"
    path.write_text("dapi-1\n")
    path.chmod(0o640)
    auth = TokenAuth(Credential("bearer", file=str(path)), {})
    with pytest.raises(CredentialError) as caught:
        await auth.secret()
    assert caught.value.message == f"No token: the file {path} is not used, as other users can read it."
    assert caught.value.hint == f"Run: chmod 600 '{path}'"
    path.chmod(0o400)
    assert await auth.secret() == "dapi-1"


def test_what_cannot_be_mended_here_is_let_be() -> None:
    def stat(bits: int, owner: int) -> os.stat_result:
        return os.stat_result((bits, 0, 0, 1, owner, owner, 1, 0, 0, 0))

    me = os.geteuid()
    assert exposed_key(stat(0o100644, me), "/home/k") == "chmod 600 /home/k"
    assert exposed_key(stat(0o100600, me), "/home/k") == ""
    assert exposed_key(stat(0o100644, me + 1), "/home/k") == "", "another user's"
    assert exposed_key(stat(0o100444, me), "/run/secrets/k") == "", "a container's"
    assert exposed_key(stat(0o010644, me), "/dev/fd/63") == "", "a pipe"


KEYS = ("token = dapi-secret", "username = u\npassword = p-secret", "client_id = i\nclient_secret = s-secret")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_no_key_of_a_profile_that_others_can_read_is_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / ".databrickscfg"
    profiles = [f"[{number}]\nhost = https://x\n{key}\n" for number, key in enumerate(KEYS)]
    path.write_text("".join(profiles))
    path.chmod(mode)
    endpoints, (problem,) = from_profiles(path)
    assert problem.message == f"The keys in {path} are not used, as other users can read it."
    assert problem.hint == f"Run: chmod 600 {path}"
    assert [endpoint.url for endpoint in endpoints] == ["https://x"] * 3, "they are listed all the same"
    for endpoint in endpoints:
        assert (endpoint.credential.problem, endpoint.credential.hint) == (problem.message, problem.hint)
        assert not endpoint.credential.token
        assert "secret" not in repr(endpoint)
    path.chmod(0o600)
    endpoints, problems = from_profiles(path)
    assert all(endpoint.credential.token and not endpoint.credential.problem for endpoint in endpoints)
    assert problems == []


def test_a_profile_without_a_key_may_be_read_by_others_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / ".databrickscfg"
    path.write_text("[a]\nhost = https://x\nauth_type = databricks-cli\n")
    path.chmod(0o644)
    (endpoint,), problems = from_profiles(path)
    assert (endpoint.credential.problem, problems) == ("", [])
    path.chmod(0o646)
    (endpoint,), (problem,) = from_profiles(path)
    assert problem.message == f"No key goes to the hosts in {path}, as other users can change it."
    assert problem.hint == f"Run: chmod go-w {path}"
    assert (endpoint.credential.problem, endpoint.credential.hint) == (problem.message, problem.hint)


def test_no_key_goes_to_a_host_that_others_can_choose_in_a_profile(tmp_path: Path) -> None:
    path, config = tmp_path / ".databrickscfg", tmp_path / "config.toml"
    path.write_text("[p]\nhost = https://x\nauth_type = databricks-cli\n")
    config.write_text(
        '[endpoints.a]\nprofile = "p"\ntoken_env = "K"\n'
        '[endpoints.b]\nprofile = "p"\nauth = "none"\n'
        '[endpoints.c]\nprofile = "p"\nauth = "none"\nheaders = { Api-Key = "sk-secret" }\n'
    )
    config.chmod(0o600)
    path.chmod(0o644)
    assert [e.credential.problem for e in offered(load(config), {}, tmp_path)[0]] == ["", "", "", ""]
    path.chmod(0o646)
    (a, b, c, _), (problem,) = offered(load(config), {}, tmp_path)
    assert "as other users can change it" in problem.message
    assert [each.credential.problem for each in (a, b, c)] == [problem.message, "", problem.message]
