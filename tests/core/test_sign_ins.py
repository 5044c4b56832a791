"""Which sign-in the environment, a profile or the configuration means."""

from pathlib import Path

import pytest

from fmtui.core.auth import Credential
from fmtui.core.config import load, offered
from fmtui.core.endpoints import Endpoint
from fmtui.core.environment import from_environment
from tests.core.configuring import Write, only, told

HOST = "https://dbc-1.cloud.databricks.com"
SECRET = "dose-my-secret-0123456789"


def environment(**settings: str) -> Credential:
    """Return the credential of the environment with these settings, besides a host."""
    found, problems = from_environment(
        {f"DATABRICKS_{name.upper()}": value for name, value in settings.items()} | {"DATABRICKS_HOST": HOST}
    )
    assert problems == []
    return found[0].credential


def profile(folder: Path, keys: str) -> Credential:
    """Return the credential of a profile with these keys."""
    (folder / ".databrickscfg").write_text(f"[p]\nhost = {HOST}\n{keys}\n")
    (folder / ".databrickscfg").chmod(0o600)
    endpoints, problems = offered(load(folder / "none"), {}, folder)
    assert problems == ()
    return endpoints[0].credential


# ---- the environment ----------------------------------------------------------


def test_a_client_id_and_secret_sign_in_and_the_secret_is_read_later() -> None:
    credential = environment(client_id="i", client_secret=SECRET)
    assert (credential.sign_in, credential.client_id) == ("oauth-m2m", "i")
    assert (credential.env, credential.token) == ("DATABRICKS_CLIENT_SECRET", "")
    assert credential.source == "DATABRICKS_CLIENT_SECRET"


def test_a_host_alone_stands_for_the_databricks_cli() -> None:
    credential = environment()
    assert (credential.sign_in, credential.profile) == ("databricks-cli", "")
    assert credential.source == "the Databricks CLI"
    assert credential.why == "the environment names no other sign-in"


def test_of_several_sign_ins_none_is_guessed() -> None:
    credential = environment(token="t", client_id="i", client_secret=SECRET)
    assert "More than one sign-in is configured in the environment: pat and oauth-m2m." in credential.problem
    assert "DATABRICKS_AUTH_TYPE = pat" in credential.hint
    assert SECRET not in repr(credential)
    assert environment(token="t", client_id="").problem == "", "an empty value is unset"


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("pat", ("key", "DATABRICKS_TOKEN", "DATABRICKS_TOKEN")),
        (
            "OAuth-M2M",
            ("oauth-m2m", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_CLIENT_SECRET"),
        ),
        ("databricks-cli", ("databricks-cli", "", "the Databricks CLI")),
    ],
)
def test_auth_type_says_which_one_is_meant(method: str, expected: tuple[str, str, str]) -> None:
    credential = environment(token="t", client_id="i", client_secret="s", auth_type=method)
    assert (credential.sign_in, credential.env, credential.source) == expected
    assert credential.why == f"DATABRICKS_AUTH_TYPE says {method.lower()}"


def test_half_of_a_client_is_told() -> None:
    assert "oauth-m2m and no DATABRICKS_CLIENT_SECRET." in environment(client_id="i").problem
    assert "oauth-m2m and no DATABRICKS_CLIENT_ID." in environment(client_secret="s").problem


# ---- profiles -----------------------------------------------------------------


def test_a_profile_signs_in_with_what_it_holds(tmp_path: Path) -> None:
    credential = profile(tmp_path, f"client_id = i\nclient_secret = {SECRET}")
    assert (credential.sign_in, credential.client_id, credential.token) == ("oauth-m2m", "i", SECRET)
    assert credential.source == ".databrickscfg [p]"
    assert SECRET not in repr(credential)
    for keys in ("auth_type = databricks-cli", "auth_type = databricks-cli\ntoken = t", ""):
        credential = profile(tmp_path, keys)
        assert (credential.sign_in, credential.profile, credential.token) == ("databricks-cli", "p", "")


def test_a_profile_with_several_sign_ins_has_to_say_which(tmp_path: Path) -> None:
    both = f"token = dapi-x\nclient_id = i\nclient_secret = {SECRET}\n"
    credential = profile(tmp_path, both)
    assert (
        "More than one sign-in is configured in .databrickscfg [p]: pat and oauth-m2m." in credential.problem
    )
    assert credential.token == ""
    credential = profile(tmp_path, both + "auth_type = pat")
    assert (credential.token, credential.source) == ("dapi-x", ".databrickscfg [p]")


# ---- the configuration --------------------------------------------------------

TABLE = f'[endpoints.a]\nurl = "{HOST}"\n'


def test_a_client_of_the_configuration(write: Write) -> None:
    credential = only(write(f'{TABLE}client_id = "i"\nclient_secret = "{SECRET}"\n')).credential
    assert (credential.sign_in, credential.client_id, credential.token) == ("oauth-m2m", "i", SECRET)
    assert credential.source == "config.toml [endpoints.a] client_secret"
    credential = only(
        write(f'{TABLE}auth = "oauth-m2m"\nclient_id = "i"\nclient_secret_env = "S"\n')
    ).credential
    assert (credential.sign_in, credential.env, credential.token) == ("oauth-m2m", "S", "")


def test_the_databricks_cli_of_the_configuration(write: Write) -> None:
    credential = only(write(f'{TABLE}auth = "databricks-cli"\n')).credential
    assert (credential.sign_in, credential.profile) == ("databricks-cli", "")


def test_a_client_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'{TABLE}client_id = "i"\nclient_secret = "{SECRET}"\n')
    path.chmod(0o644)
    config = load(path)
    assert "endpoints.a.client_secret is not used, as other users can read the file." in told(config)
    assert "chmod 600" in config.endpoints[0].credential.hint
    assert config.endpoints[0].credential.token == ""


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('client_secret_env = "S"', "No client_id is configured"),
        ('client_id = "i"', "No client_secret_env is configured"),
        ('client_id = "i"\nclient_secret = "s"\nclient_secret_env = "S"', "only one may be given"),
        ('client_id = "i"\nclient_secret_env = "S"\ntoken_env = "T"', "only one sign-in may be given"),
        (
            'client_id = "i"\nclient_secret_env = "dose0123456789abcdef0123"',
            "client_secret_env of endpoints.a",
        ),
        (f'client_id = "i"\nclient_secret = ["{SECRET}"]', "client_secret of endpoints.a cannot be used"),
    ],
)
def test_a_client_that_cannot_be_used_says_so_and_nothing_is_sent(
    write: Write, lines: str, said: str
) -> None:
    config = write(f"{TABLE}{lines}\n")
    (endpoint,) = config.endpoints
    assert said in endpoint.credential.problem
    assert endpoint.credential.hint
    assert SECRET not in " ".join(map(str, config.problems)) + repr(config)


def test_what_the_chosen_sign_in_does_not_use_is_pointed_out(write: Write) -> None:
    config = write(f'{TABLE}auth = "databricks-cli"\ntoken_env = "T"\n')
    assert 'has auth = "databricks-cli" and a token_env. It is not used.' in told(config)
    config = write(f'{TABLE}token_env = "T"\ntoken_ttl = 60\n')
    assert "token_ttl is for token_command" in told(config)


def test_an_endpoint_may_sign_in_as_its_profile_or_otherwise(tmp_path: Path) -> None:
    (tmp_path / ".databrickscfg").write_text(
        f"[ci]\nhost = {HOST}\nclient_id = i\nclient_secret = {SECRET}\n[pat]\nhost = {HOST}\ntoken = t\n"
    )
    (tmp_path / ".databrickscfg").chmod(0o600)
    (tmp_path / "config.toml").write_text(
        '[endpoints.a]\nprofile = "ci"\nauth = "oauth-m2m"\n'
        '[endpoints.b]\nprofile = "pat"\nauth = "oauth-m2m"\n'
        '[endpoints.c]\nprofile = "pat"\nauth = "databricks-cli"\n'
        '[endpoints.d]\nprofile = "pat"\nclient_id = "j"\nclient_secret_env = "S"\n'
    )
    endpoints, problems = offered(load(tmp_path / "config.toml"), {}, tmp_path)
    assert problems == ()
    a, b, c, d = (endpoint.credential for endpoint in endpoints[:4])
    assert (a.client_id, a.token) == ("i", SECRET)
    assert "the profile signs in another way" in b.problem
    assert (c.sign_in, c.profile) == ("databricks-cli", "pat")
    assert (d.client_id, d.env) == ("j", "S")


def test_a_program_is_kept_from_the_variables_of_the_other_endpoints(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[endpoints.a]\nurl = "https://x"\ntoken_command = ["pass"]\ntoken_ttl = 60\n'
        '[endpoints.b]\nurl = "https://y"\ntoken_env = "TEAM_KEY"\n'
        f'[endpoints.c]\nurl = "{HOST}"\nclient_id = "i"\nclient_secret_env = "APP_SECRET"\n'
        '[endpoints.d]\nurl = "https://z"\nclient_key_password_env = "CLIENT_KEY_PASSWORD"\n'
    )
    endpoints, _ = offered(load(tmp_path / "config.toml"), {"OPENAI_API_KEY": "sk"}, tmp_path)
    by_name: dict[str, Endpoint] = {endpoint.name: endpoint for endpoint in endpoints}
    assert by_name["a"].credential.withheld == (
        *("APP_SECRET", "CLIENT_KEY_PASSWORD", "OPENAI_API_KEY", "TEAM_KEY"),
    )
    assert by_name["a"].credential.ttl_s == 60
    assert by_name["b"].credential.withheld == ()


def test_a_client_secret_without_a_host_is_pointed_out(tmp_path: Path) -> None:
    _, (problem,) = offered(load(tmp_path / "none"), {"DATABRICKS_CLIENT_SECRET": SECRET}, tmp_path)
    assert "DATABRICKS_CLIENT_SECRET is set but DATABRICKS_HOST is not" in problem.message
    assert SECRET not in str(problem)
